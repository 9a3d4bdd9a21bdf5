//! What memory reports: columns of `memory.csv`, over all instances of a service.

use crate::mechanism::{Column, Kind};

/// The columns that show what fills the heap, and what collecting it costs.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "live_bytes",
        unit: "bytes",
        kind: Kind::Last,
        meaning: "What is alive at the end of the interval, over all instances.",
    },
    Column {
        name: "occupied_bytes",
        unit: "bytes",
        kind: Kind::Last,
        meaning: "What is in the heap at the end of the interval: what is alive, and what was not collected yet.",
    },
    Column {
        name: "live_ratio",
        unit: "ratio",
        kind: Kind::Last,
        meaning: "`live_bytes` as a share of the heaps.",
    },
    Column {
        name: "collections",
        unit: "collections",
        kind: Kind::Count,
        meaning: "Collections that ended.",
    },
    Column { name: "freed_bytes", unit: "bytes", kind: Kind::Count, meaning: "What they freed." },
    Column {
        name: "allocation_stalls",
        unit: "collections",
        kind: Kind::Count,
        meaning: "Concurrent collections that were too late: the heap was full before they were done, and nothing went on until they were.",
    },
    Column {
        name: "collecting_mean",
        unit: "instances",
        kind: Kind::Mean,
        meaning: "Time average of the instances that collect.",
    },
    Column {
        name: "stopped_mean",
        unit: "instances",
        kind: Kind::Mean,
        meaning: "Time average of the instances on which nothing goes on because of that.",
    },
    Column {
        name: "stopped_ratio",
        unit: "ratio",
        kind: Kind::Average,
        meaning: "The same as a share of all instances: which part of the time is lost in pauses.",
    },
    Column {
        name: "pause_p50_s",
        unit: "s",
        kind: Kind::Quantile,
        meaning: "Median length of the pauses that ended.",
    },
    Column {
        name: "pause_p99_s",
        unit: "s",
        kind: Kind::Quantile,
        meaning: "99th percentile of the length of the pauses that ended.",
    },
    Column {
        name: "pause_max_s",
        unit: "s",
        kind: Kind::Quantile,
        meaning: "Exact maximum of the length of the pauses that ended.",
    },
    Column {
        name: "out_of_memory",
        unit: "instances",
        kind: Kind::Count,
        meaning: "Instances that were killed because what was alive did not fit, or collecting took all the time.",
    },
    Column {
        name: "down_mean",
        unit: "instances",
        kind: Kind::Mean,
        meaning: "Time average of the instances that were killed and are not back yet.",
    },
];
