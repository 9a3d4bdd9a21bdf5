//! What connection pools report: `pools.csv`.

use crate::mechanism::{Column, Kind};

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "acquired",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that got a connection, at once or after waiting.",
    },
    Column {
        name: "acquire_wait_mean_s",
        unit: "s",
        kind: Kind::Mean,
        meaning: "Mean time from asking for a connection to getting one, of the attempts that got one.",
    },
    Column {
        name: "rejected_full",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that found no connection and `max_pending` others waiting.",
    },
    Column {
        name: "rejected_timeout",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that waited for a connection as long as they might, and got none.",
    },
    Column {
        name: "waiting",
        unit: "attempts",
        kind: Kind::Last,
        meaning: "Attempts that wait for a connection at the end of the interval.",
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
        name: "in_use",
        unit: "connections",
        kind: Kind::Last,
        meaning: "Connections taken at the end of the interval.",
    },
    Column {
        name: "in_use_mean",
        unit: "connections",
        kind: Kind::Mean,
        meaning: "Time average of the connections taken.",
    },
    Column {
        name: "in_use_max",
        unit: "connections",
        kind: Kind::Max,
        meaning: "Most connections taken at once.",
    },
    Column {
        name: "idle",
        unit: "connections",
        kind: Kind::Last,
        meaning: "Open connections that nobody uses at the end of the interval.",
    },
    Column {
        name: "connecting",
        unit: "connections",
        kind: Kind::Last,
        meaning: "Connections being opened, or waiting to be tried again, at the end of the interval.",
    },
    Column { name: "connecting_max", unit: "connections", kind: Kind::Max, meaning: "Most of them at once." },
    Column {
        name: "opened",
        unit: "connections",
        kind: Kind::Count,
        meaning: "Connections that were opened.",
    },
    Column {
        name: "connect_failures",
        unit: "tries",
        kind: Kind::Count,
        meaning: "How often a connection could not be opened.",
    },
    Column {
        name: "closed_expired",
        unit: "connections",
        kind: Kind::Count,
        meaning: "Connections closed because they were older than `max_lifetime`.",
    },
    Column {
        name: "closed_unused",
        unit: "connections",
        kind: Kind::Count,
        meaning: "Connections closed because nobody used them for `idle_timeout`.",
    },
    Column {
        name: "closed_abandoned",
        unit: "connections",
        kind: Kind::Count,
        meaning: "Connections closed because their caller gave up before the answer.",
    },
    Column {
        name: "closed_broken",
        unit: "connections",
        kind: Kind::Count,
        meaning: "Connections found dead: by a keepalive, by a validation, or by an attempt.",
    },
];
