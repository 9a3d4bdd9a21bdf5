//! What retries report: columns of `edges.csv`.

use crate::mechanism::{Column, Kind};

/// The columns that show what retries do to an edge; `attempts / calls` is the amplification.
pub const COLUMNS: &[Column] = &[
    Column { name: "calls", unit: "calls", kind: Kind::Count, meaning: "Calls that began." },
    Column { name: "attempts", unit: "attempts", kind: Kind::Count, meaning: "Attempts that were sent." },
    Column {
        name: "retries",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Of those, the ones that were not the first of their call.",
    },
];
