//! What registers report: columns of `registers.csv`, over all values of a register.

use crate::mechanism::{Column, Kind};

const fn count(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column { name, unit, kind: Kind::Count, meaning }
}

/// The columns that show how many of those who wanted to write were too late.
pub const COLUMNS: &[Column] = &[
    count("reads", "reads", "Versions that were noted by a `read` step."),
    count("writes", "writes", "`compare_and_set` steps, with success or not."),
    count(
        "conflicts",
        "writes",
        "Of the `writes`, those that came too late: somebody else had written since the read.",
    ),
    count(
        "blind",
        "writes",
        "Of the `writes`, those of somebody who had read nothing, and which always succeed.",
    ),
    Column {
        name: "conflict_ratio",
        unit: "ratio",
        kind: Kind::Average,
        meaning: "`conflicts` as a share of `writes`; empty if there were none.",
    },
];
