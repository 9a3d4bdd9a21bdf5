//! What adaptive throttles report: `adaptive_throttles.csv`.

use crate::mechanism::{Column, Kind};

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    Column { name: "passed", unit: "calls", kind: Kind::Count, meaning: "Calls that were let through." },
    Column {
        name: "rejected",
        unit: "calls",
        kind: Kind::Count,
        meaning: "Calls that were rejected by their own client.",
    },
    Column {
        name: "rejection_probability_mean",
        unit: "ratio",
        kind: Kind::Last,
        meaning: "With which probability the next call would be rejected at the end of the interval, on average over the throttles: one per client, or as few as `scope` says.",
    },
    Column {
        name: "rejection_probability_max",
        unit: "ratio",
        kind: Kind::Last,
        meaning: "The same of the throttle that rejects most.",
    },
];
