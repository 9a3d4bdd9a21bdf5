//! What contention reports: columns of `services.csv`.

use crate::mechanism::{Column, Kind};

/// The columns that show the concurrency that contention follows; `work_s` over the work demanded is the slowdown.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "attempts_working_mean",
        unit: "attempts",
        kind: Kind::Mean,
        meaning: "Time average of the attempts in a `work` step.",
    },
    Column {
        name: "work_s",
        unit: "thread-seconds",
        kind: Kind::Sum,
        meaning: "Time spent in `work` steps.",
    },
];
