//! What circuit breakers report: `circuit_breakers.csv`.

use crate::mechanism::{Column, Kind};

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "rejected_open",
        unit: "calls",
        kind: Kind::Count,
        meaning: "Calls that were refused because the breaker was open (with `per = \"host\"`: those of all hosts).",
    },
    Column {
        name: "rejected_half_open",
        unit: "calls",
        kind: Kind::Count,
        meaning: "Calls that were refused because as many probes as are permitted had been let through.",
    },
    Column {
        name: "opened",
        unit: "times",
        kind: Kind::Count,
        meaning: "How often a breaker opened, from closed or half-open.",
    },
    Column {
        name: "half_opened",
        unit: "times",
        kind: Kind::Count,
        meaning: "How often an open breaker let a first probe through.",
    },
    Column { name: "closed", unit: "times", kind: Kind::Count, meaning: "How often a breaker closed again." },
    Column {
        name: "open",
        unit: "breakers",
        kind: Kind::Last,
        meaning: "Breakers that are open at the end of the interval. One whose time is over stays open until somebody calls.",
    },
    Column {
        name: "open_mean",
        unit: "breakers",
        kind: Kind::Mean,
        meaning: "Time average of the breakers that are open.",
    },
    Column {
        name: "half_open",
        unit: "breakers",
        kind: Kind::Last,
        meaning: "Breakers that are half-open at the end of the interval.",
    },
    Column {
        name: "breakers",
        unit: "breakers",
        kind: Kind::Last,
        meaning: "How many there are: one per client, or per client and host, or as few as `scope` says.",
    },
];
