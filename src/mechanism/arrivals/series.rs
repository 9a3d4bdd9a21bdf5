//! What arrivals report: columns of `workloads.csv`.

use crate::mechanism::{Column, Kind};

/// The columns that show what the users asked for, whatever became of it.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "offered",
        unit: "requests",
        kind: Kind::Count,
        meaning: "Requests that entered, without those that a trigger added.",
    },
    Column {
        name: "extra_offered",
        unit: "requests",
        kind: Kind::Count,
        meaning: "Requests that a trigger added.",
    },
];
