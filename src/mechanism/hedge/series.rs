//! What hedging reports: `hedges.csv`.

use crate::mechanism::{Column, Kind};

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "attempts",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts, with all their copies as one.",
    },
    Column {
        name: "hedges",
        unit: "copies",
        kind: Kind::Count,
        meaning: "Copies beyond the first of an attempt.",
    },
    Column {
        name: "won",
        unit: "copies",
        kind: Kind::Count,
        meaning: "Of these, those whose success ended the call.",
    },
    Column {
        name: "denied_extra_load",
        unit: "copies",
        kind: Kind::Count,
        meaning: "Copies that were not sent because of `max_extra_load`.",
    },
    Column {
        name: "denied_budget",
        unit: "copies",
        kind: Kind::Count,
        meaning: "Copies that were not sent because the retry budget denied them.",
    },
    Column {
        name: "overtaken",
        unit: "copies",
        kind: Kind::Count,
        meaning: "Copies, the first or another, that were under way when another one succeeded.",
    },
    Column {
        name: "untied",
        unit: "copies",
        kind: Kind::Count,
        meaning: "Copies that a tied one took away before they were handled.",
    },
    Column {
        name: "delay_mean_s",
        unit: "s",
        kind: Kind::Last,
        meaning: "The delay at the end of the interval, on average over the clients that have one; empty if none has.",
    },
];
