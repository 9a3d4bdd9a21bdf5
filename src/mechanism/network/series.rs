//! What the network reports, by caller, target and policy.

use crate::mechanism::{Column, Kind};

/// Columns of `edges.csv`.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "attempt_lost",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that never reached the service: their request was lost on the network, or turned back by a partition.",
    },
    Column {
        name: "reply_lost",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that the service had answered, and whose reply was lost on the network.",
    },
];
