//! What locks report: columns of `locks.csv`, over all that a lock consists of.

use crate::mechanism::{Column, Kind};

const fn column(name: &'static str, unit: &'static str, kind: Kind, meaning: &'static str) -> Column {
    Column { name, unit, kind, meaning }
}

/// The columns that show who has a lock, who waits for it, and for how long.
pub const COLUMNS: &[Column] = &[
    column("acquired", "attempts", Kind::Count, "Attempts that got the lock, at once or after waiting."),
    column("contended", "attempts", Kind::Count, "Of these, those that had to wait."),
    column(
        "contended_ratio",
        "ratio",
        Kind::Average,
        "`contended` as a share of `acquired`; empty if there were none.",
    ),
    column(
        "timed_out",
        "attempts",
        Kind::Count,
        "Attempts that waited as long as `wait_timeout` allows, in vain.",
    ),
    column(
        "left",
        "attempts",
        Kind::Count,
        "Attempts that left the line for another reason: they were stopped, or their instance crashed.",
    ),
    column(
        "wait_mean_s",
        "s",
        Kind::Average,
        "How long those that got the lock had waited, 0 for those that did not wait.",
    ),
    column("wait_p50_s", "s", Kind::Quantile, "Median of the same."),
    column("wait_p99_s", "s", Kind::Quantile, "99th percentile of the same."),
    column("wait_max_s", "s", Kind::Quantile, "Longest of the same."),
    column("hold_mean_s", "s", Kind::Average, "How long the lock was held by those that gave it back."),
    column("hold_p50_s", "s", Kind::Quantile, "Median of the same."),
    column("hold_p99_s", "s", Kind::Quantile, "99th percentile of the same."),
    column("hold_max_s", "s", Kind::Quantile, "Longest of the same."),
    column("waiting", "attempts", Kind::Last, "Attempts that wait at the end of the interval."),
    column("waiting_mean", "attempts", Kind::Mean, "Time average of the attempts that wait."),
    column("waiting_max", "attempts", Kind::Max, "Most attempts waiting at once."),
    column(
        "holding_mean",
        "attempts",
        Kind::Mean,
        "Time average of the attempts that have the lock, over all keys or instances.",
    ),
];
