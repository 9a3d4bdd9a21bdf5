//! What resources report: columns of `services.csv`, over all instances of the service.

use crate::mechanism::{Column, Kind};

/// The columns that show who waits for what; who works is among the columns of [contention](crate::mechanism::contention).
pub const COLUMNS: &[Column] = &[
    Column {
        name: "attempts_waiting_for_cpu_mean",
        unit: "attempts",
        kind: Kind::Mean,
        meaning: "Time average of the attempts in a `work` step that wait for a CPU.",
    },
    Column {
        name: "attempts_in_io_mean",
        unit: "attempts",
        kind: Kind::Mean,
        meaning: "Time average of the attempts that have an I/O channel.",
    },
    Column {
        name: "attempts_waiting_for_io_mean",
        unit: "attempts",
        kind: Kind::Mean,
        meaning: "Time average of the attempts in an `io` step that wait for a channel.",
    },
];
