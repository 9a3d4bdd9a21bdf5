//! What queues report: columns of `services.csv`, over all instances of the service.

use crate::mechanism::{Column, Kind};

/// The columns that show how many wait, for how long, and whom the queue turned away.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "attempts_queued_mean",
        unit: "attempts",
        kind: Kind::Mean,
        meaning: "Time average of the attempts waiting for a thread.",
    },
    Column {
        name: "attempts_queued_max",
        unit: "attempts",
        kind: Kind::Max,
        meaning: "Most attempts waiting for a thread at once.",
    },
    Column {
        name: "attempts_queued",
        unit: "attempts",
        kind: Kind::Last,
        meaning: "Attempts waiting for a thread at the end of the interval.",
    },
    Column {
        name: "overloaded",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Turned away with an answer.",
    },
    Column {
        name: "dropped",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Turned away in silence, because the queue was full.",
    },
];
