//! What outlier detection reports: `outlier_detection.csv`.

use crate::mechanism::{Column, Kind};

const fn ejections(name: &'static str, meaning: &'static str) -> Column {
    Column { name, unit: "ejections", kind: Kind::Count, meaning }
}

/// The columns after the names of the edge.
pub const COLUMNS: &[Column] = &[
    ejections("ejected_consecutive_5xx", "Ejections after failures in a row. Each client ejects for itself."),
    ejections("ejected_consecutive_gateway_failure", "Ejections after gateway failures in a row."),
    ejections(
        "ejected_consecutive_local_origin_failure",
        "Ejections after failures without an answer in a row.",
    ),
    ejections(
        "ejected_success_rate",
        "Ejections because of a low success rate, also of attempts that are answered at all.",
    ),
    ejections(
        "ejected_failure_percentage",
        "Ejections because of a high failure percentage, also of attempts that are not answered at all.",
    ),
    ejections("ejected_slow", "Ejections because of a high latency."),
    ejections(
        "overflowed",
        "Ejections that did not take place because too many instances were ejected already (`max_ejection_percent`).",
    ),
    ejections(
        "not_enforced",
        "Ejections that did not take place because their rule is not, or not always, enforced (`enforcing`).",
    ),
    Column { name: "returned", unit: "instances", kind: Kind::Count, meaning: "Ejections that ended." },
    Column {
        name: "hosts_ejected",
        unit: "instances",
        kind: Kind::Last,
        meaning: "Instances that are ejected at the end of the interval, summed over the clients.",
    },
    Column {
        name: "hosts_ejected_mean",
        unit: "instances",
        kind: Kind::Mean,
        meaning: "Time average of the instances that are ejected.",
    },
    Column {
        name: "hosts_ejected_max",
        unit: "instances",
        kind: Kind::Max,
        meaning: "Most instances ejected at once.",
    },
    Column {
        name: "hosts",
        unit: "instances",
        kind: Kind::Last,
        meaning: "How many there are: the instances of the target, once per client, or as often as `scope` says.",
    },
    Column {
        name: "panicking",
        unit: "clients",
        kind: Kind::Last,
        meaning: "Clients that use all instances at the end of the interval because too few are not ejected.",
    },
    Column {
        name: "attempts_in_panic",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that were sent by such clients.",
    },
    Column {
        name: "rejected_no_host",
        unit: "attempts",
        kind: Kind::Count,
        meaning: "Attempts that were refused because all instances were ejected and nobody panics (`healthy_panic_threshold` 0 %).",
    },
];
