//! What retry budgets report: `retry_budgets.csv`.

use crate::mechanism::{Column, Kind};

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "granted",
        unit: "retries",
        kind: Kind::Count,
        meaning: "Retries that the budget granted. One whose call ends during its backoff is not sent.",
    },
    Column {
        name: "denied",
        unit: "retries",
        kind: Kind::Count,
        meaning: "Retries that the budget denied; their calls failed at once, with the failure they had.",
    },
    Column {
        name: "clients_exhausted",
        unit: "clients",
        kind: Kind::Last,
        meaning: "Budgets that would deny a retry at the end of the interval; one per client, or as few as `scope` says.",
    },
    Column {
        name: "retries_left",
        unit: "retries",
        kind: Kind::Last,
        meaning: "Retries that the budgets together would grant one after the other at the end of the interval; empty for `failure_rate`.",
    },
];
