//! What rate limits report: `rate_limits.csv`, and columns of `services.csv`.

use crate::mechanism::{Column, Kind};

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "passed",
        unit: "permits",
        kind: Kind::Count,
        meaning: "Calls, or attempts with `level = \"attempt\"`, that went on with a permit, at once or after waiting for it.",
    },
    Column { name: "waited", unit: "permits", kind: Kind::Count, meaning: "Of these, those that waited." },
    Column {
        name: "rejected",
        unit: "permits",
        kind: Kind::Count,
        meaning: "Calls or attempts that were rejected because there was no permit within `max_wait`, at once or after waiting in vain.",
    },
    Column {
        name: "left",
        unit: "permits",
        kind: Kind::Count,
        meaning: "Calls or attempts whose call was over before they had waited long enough. Their permits are lost.",
    },
    Column {
        name: "wait_mean_s",
        unit: "s",
        kind: Kind::Average,
        meaning: "How long those that passed had waited, on average, those that did not wait included.",
    },
    Column {
        name: "waiting",
        unit: "calls",
        kind: Kind::Last,
        meaning: "Calls or attempts that wait at the end of the interval.",
    },
    Column {
        name: "waiting_mean",
        unit: "calls",
        kind: Kind::Mean,
        meaning: "Time average of the calls or attempts that wait.",
    },
    Column {
        name: "waiting_max",
        unit: "calls",
        kind: Kind::Max,
        meaning: "Most calls or attempts waiting at once.",
    },
];

/// The columns that show whom the rate limit of a service turned away, and who waits for it.
pub const SERVICE_COLUMNS: &[Column] = &[
    Column {
        name: "rate_limited",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Turned away because the `rate_limit` of the service had no permit for them within `max_wait`; they are among the `overloaded`.",
    },
    Column {
        name: "attempts_waiting_for_permit_mean",
        unit: "attempts",
        kind: Kind::Mean,
        meaning: "Time average of the attempts that wait for a permit of the `rate_limit`. They are inside, but neither in the queue nor on a thread.",
    },
];
