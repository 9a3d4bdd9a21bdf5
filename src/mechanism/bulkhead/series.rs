//! What bulkheads report: `bulkheads.csv`.

use crate::mechanism::{Column, Kind};

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "entered",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that got a place, at once or after waiting.",
    },
    Column {
        name: "rejected_full",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that found no place and might not wait for one.",
    },
    Column {
        name: "rejected_timeout",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that waited for a place as long as they might, and got none.",
    },
    Column {
        name: "in_use",
        unit: "places",
        kind: Kind::Last,
        meaning: "Places taken at the end of the interval.",
    },
    Column {
        name: "in_use_mean",
        unit: "places",
        kind: Kind::Mean,
        meaning: "Time average of the places taken.",
    },
    Column { name: "in_use_max", unit: "places", kind: Kind::Max, meaning: "Most places taken at once." },
    Column {
        name: "waiting",
        unit: "attempts",
        kind: Kind::Last,
        meaning: "Attempts that wait for a place at the end of the interval.",
    },
    Column {
        name: "waiting_mean",
        unit: "attempts",
        kind: Kind::Mean,
        meaning: "Time average of the attempts that wait.",
    },
    Column {
        name: "waiting_max",
        unit: "attempts",
        kind: Kind::Max,
        meaning: "Most attempts waiting at once.",
    },
    Column {
        name: "held_by_abandoned",
        unit: "places",
        kind: Kind::Last,
        meaning: "Of the places taken, those of workers whose caller has given up.",
    },
];
