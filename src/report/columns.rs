//! The columns of the CSV files, each defined once: name, unit, kind, meaning, and how its cell comes out of a row.
//!
//! Headers, rows and the reference page `docs/columns.md` are derived from these tables.

use std::fmt::Write as _;

use super::decimal::{quotient, rounded_quotient, seconds};
use super::replicates::RUNS_COLUMNS;
use crate::kernel::Duration;
use crate::mechanism::{
    Class, Column, Kind, arrivals, contention, network, queue, rate_limit, resource, retry,
};
use crate::observe::{EdgeRow, Gauge, GroupRow, Quantiles, ServiceEnd, ServiceRow, WorkloadRow};

/// A column, and how its cell comes out of a row.
#[derive(Clone, Copy, Debug)]
pub struct Field<R> {
    /// What the column is.
    pub column: Column,
    /// Its value in one row.
    pub cell: fn(&R, Interval) -> Cell,
}

/// What a cell needs to know besides its row.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// How long the row is.
    pub length: Duration,
    /// Threads of a service; `None`: unlimited, or no service.
    pub threads: Option<u64>,
}

/// The value of one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    /// There is no value.
    Empty,
    /// A whole number.
    Count(u64),
    /// A time in nanoseconds, written in seconds.
    Time(u128),
    /// A quotient, written with nine decimals.
    Quotient {
        /// Above the line.
        numerator: u128,
        /// Below the line; if 0 there is no value.
        denominator: u128,
    },
}

impl Cell {
    /// The text in the file.
    pub fn render(self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Count(count) => count.to_string(),
            Self::Time(ns) => seconds(ns),
            Self::Quotient { numerator, denominator } => quotient(numerator, denominator).unwrap_or_default(),
        }
    }

    fn quantile(of: &Quantiles, value_ns: u64) -> Self {
        if of.count == 0 { Self::Empty } else { Self::Time(u128::from(value_ns)) }
    }

    fn average(of: &Quantiles) -> Self {
        rounded_quotient(of.sum_ns, u128::from(of.count)).map_or(Self::Empty, Self::Time)
    }

    fn mean(of: &Gauge, interval: Interval) -> Self {
        Self::Quotient { numerator: of.integral, denominator: u128::from(interval.length.as_ns()) }
    }

    fn utilisation(busy: &Gauge, interval: Interval) -> Self {
        let Some(threads) = interval.threads else { return Self::Empty };
        let denominator = u128::from(interval.length.as_ns()) * u128::from(threads);
        Self::Quotient { numerator: busy.integral, denominator }
    }
}

/// A table of fields: `"name" Kind "unit": "meaning" => cell`, with `row` and `interval` in scope of the cell.
macro_rules! fields {
    ($row_type:ty, |$row:ident, $interval:ident|
     $($name:expr, $kind:ident, $unit:literal, $meaning:expr => $cell:expr;)*) => {
        &[$(Field {
            column: Column { name: $name, unit: $unit, kind: Kind::$kind, meaning: $meaning },
            cell: |$row: &$row_type, $interval: Interval| {
                let _ = $interval;
                $cell
            },
        }),*]
    };
}

/// The same for columns that a mechanism describes in its own folder: `"name" => cell`.
macro_rules! mechanism_fields {
    ($row_type:ty, $columns:path, |$row:ident, $interval:ident| $($name:literal => $cell:expr;)*) => {
        &[$(Field {
            column: Column::named($columns, $name),
            cell: |$row: &$row_type, $interval: Interval| {
                let _ = $interval;
                $cell
            },
        }),*]
    };
}

/// One count per class of failure, in the order of [`Class::ALL`].
macro_rules! failure_fields {
    ($row_type:ty, $prefix:literal, $unit:literal, $ended:ident) => {
        fields! { $row_type, |row, interval|
            concat!($prefix, "app_error"), Count, $unit, "Ended with an application failure." => Cell::Count(row.$ended[Class::AppError.index()]);
            concat!($prefix, "server_error"), Count, $unit, "Ended with a failure of the service itself." => Cell::Count(row.$ended[Class::ServerError.index()]);
            concat!($prefix, "gateway_error"), Count, $unit, "Ended with a failure of something behind the service." => Cell::Count(row.$ended[Class::GatewayError.index()]);
            concat!($prefix, "overloaded"), Count, $unit, "Turned away by the service because it was too busy." => Cell::Count(row.$ended[Class::Overloaded.index()]);
            concat!($prefix, "connect_failure"), Count, $unit, "Found no connection." => Cell::Count(row.$ended[Class::ConnectFailure.index()]);
            concat!($prefix, "refused_stream"), Count, $unit, "Declined by the service before any processing." => Cell::Count(row.$ended[Class::RefusedStream.index()]);
            concat!($prefix, "reset"), Count, $unit, "Lost their connection after the request was sent." => Cell::Count(row.$ended[Class::Reset.index()]);
            concat!($prefix, "attempt_timeout"), Count, $unit, "Ended by the timer of one attempt." => Cell::Count(row.$ended[Class::AttemptTimeout.index()]);
            concat!($prefix, "deadline_exceeded"), Count, $unit, "Ended by the timer of the whole call." => Cell::Count(row.$ended[Class::DeadlineExceeded.index()]);
            concat!($prefix, "cancelled"), Count, $unit, "Ended because the caller went away." => Cell::Count(row.$ended[Class::Cancelled.index()]);
            concat!($prefix, "local_reject"), Count, $unit, "Refused before leaving the client." => Cell::Count(row.$ended[Class::LocalReject.index()]);
            concat!($prefix, "conflict"), Count, $unit, "Somebody else was there first." => Cell::Count(row.$ended[Class::Conflict.index()]);
        }
    };
}

/// Mean, quantiles and maximum of one duration.
macro_rules! latency_fields {
    ($row_type:ty, $prefix:literal, $of:literal, $latency:ident) => {
        fields! { $row_type, |row, interval|
            concat!($prefix, "mean_s"), Average, "s", concat!("Mean ", $of) => Cell::average(&row.$latency);
            concat!($prefix, "p50_s"), Quantile, "s", concat!("Median ", $of) => Cell::quantile(&row.$latency, row.$latency.p50_ns);
            concat!($prefix, "p90_s"), Quantile, "s", concat!("90th percentile of the ", $of) => Cell::quantile(&row.$latency, row.$latency.p90_ns);
            concat!($prefix, "p99_s"), Quantile, "s", concat!("99th percentile of the ", $of) => Cell::quantile(&row.$latency, row.$latency.p99_ns);
            concat!($prefix, "p999_s"), Quantile, "s", concat!("99.9th percentile of the ", $of) => Cell::quantile(&row.$latency, row.$latency.p999_ns);
            concat!($prefix, "max_s"), Quantile, "s", concat!("Exact maximum of the ", $of) => Cell::quantile(&row.$latency, row.$latency.max_ns);
        }
    };
}

/// The columns of `workloads.csv` after the keys.
pub const WORKLOADS: &[&[Field<WorkloadRow>]] = &[
    mechanism_fields! { WorkloadRow, arrivals::COLUMNS, |row, interval|
        "offered" => Cell::Count(row.offered);
    },
    fields! { WorkloadRow, |row, interval|
        "user_retries", Count, "requests", "Of those, the ones with which users repeated an earlier one." => Cell::Count(row.user_retries);
        "good", Count, "requests", "Requests that succeeded while their user still wanted the answer." => Cell::Count(row.good);
        "ok_late", Count, "requests", "Requests that succeeded after their user had lost patience." => Cell::Count(row.ok_late);
    },
    failure_fields!(WorkloadRow, "failed_", "requests", failed),
    fields! { WorkloadRow, |row, interval|
        "inside", Last, "requests", "Requests in progress at the end of the interval." => Cell::Count(row.inside);
    },
    mechanism_fields! { WorkloadRow, arrivals::COLUMNS, |row, interval|
        "extra_offered" => Cell::Count(row.extra_offered);
    },
    fields! { WorkloadRow, |row, interval|
        "extra_good", Count, "requests", "Of the added requests, those that succeeded." => Cell::Count(row.extra_good);
        "extra_failed", Count, "requests", "Of the added requests, those that failed." => Cell::Count(row.extra_failed);
        "extra_inside", Last, "requests", "Of the added requests, those in progress at the end of the interval." => Cell::Count(row.extra_inside);
    },
    latency_fields!(
        WorkloadRow,
        "latency_",
        "time from intended start to success, added requests included.",
        latency
    ),
    fields! { WorkloadRow, |row, interval|
        "failure_latency_p50_s", Quantile, "s", "Median time from intended start to failure, added requests included." => Cell::quantile(&row.failure_latency, row.failure_latency.p50_ns);
        "failure_latency_p99_s", Quantile, "s", "99th percentile of the time from intended start to failure, added requests included." => Cell::quantile(&row.failure_latency, row.failure_latency.p99_ns);
    },
];

/// The columns of the files that tell parts of a workload's requests apart.
macro_rules! group_fields {
    ($of:literal) => {
        &[
            fields! { GroupRow, |row, interval|
                "offered", Count, "requests", concat!("Requests of ", $of, " that entered, without those that a trigger added.") => Cell::Count(row.offered);
                "good", Count, "requests", concat!("Of ", $of, ", those that succeeded while their user still wanted the answer.") => Cell::Count(row.good);
                "ok_late", Count, "requests", concat!("Of ", $of, ", those that succeeded after their user had lost patience.") => Cell::Count(row.ok_late);
                "failed", Count, "requests", concat!("Of ", $of, ", those that failed.") => Cell::Count(row.failed);
                "inside", Last, "requests", concat!("Of ", $of, ", those in progress at the end of the interval.") => Cell::Count(row.inside);
            },
            latency_fields!(GroupRow, "latency_", "time from intended start to success.", latency),
        ]
    };
}

/// The columns of `operations.csv` after the keys.
pub const OPERATIONS: &[&[Field<GroupRow>]] = group_fields!("this kind");

/// The columns of `tenants.csv` after the keys.
pub const TENANTS: &[&[Field<GroupRow>]] = group_fields!("this tenant");

/// The columns of `edges.csv` after the keys.
pub const EDGES: &[&[Field<EdgeRow>]] = &[
    mechanism_fields! { EdgeRow, retry::COLUMNS, |row, interval|
        "calls" => Cell::Count(row.calls);
    },
    fields! { EdgeRow, |row, interval|
        "call_ok", Count, "calls", "Ended with success." => Cell::Count(row.call_ended[Class::Ok.index()]);
    },
    failure_fields!(EdgeRow, "call_", "calls", call_ended),
    fields! { EdgeRow, |row, interval|
        "calls_inside", Last, "calls", "Calls in progress at the end of the interval." => Cell::Count(row.calls_inside);
    },
    mechanism_fields! { EdgeRow, retry::COLUMNS, |row, interval|
        "attempts" => Cell::Count(row.attempts);
        "retries" => Cell::Count(row.retries);
    },
    fields! { EdgeRow, |row, interval|
        "attempt_ok", Count, "attempts", "Ended with success." => Cell::Count(row.attempt_ended[Class::Ok.index()]);
    },
    failure_fields!(EdgeRow, "attempt_", "attempts", attempt_ended),
    fields! { EdgeRow, |row, interval|
        "attempts_inside", Last, "attempts", "Attempts that their caller was waiting for at the end of the interval." => Cell::Count(row.attempts_inside);
    },
    mechanism_fields! { EdgeRow, network::COLUMNS, |row, interval|
        "attempt_lost" => Cell::Count(row.attempts_lost);
        "reply_lost" => Cell::Count(row.replies_lost);
    },
    latency_fields!(EdgeRow, "call_latency_", "time from the begin of a call to its success.", call_latency),
    latency_fields!(
        EdgeRow,
        "attempt_latency_",
        "time from sending an attempt to its success.",
        attempt_latency
    ),
];

mod caches;
mod callers;
mod locks;
mod memory;
mod registers;
pub use caches::CACHES;
pub use callers::{
    ADAPTIVE_THROTTLES, BULKHEADS, CIRCUIT_BREAKERS, HEDGES, OUTLIER_DETECTION, POOLS, RATE_LIMITS,
    RETRY_BUDGETS,
};
pub use locks::LOCKS;
pub use memory::MEMORY;
pub use registers::REGISTERS;

/// The columns of `services.csv` after the keys.
pub const SERVICES: &[&[Field<ServiceRow>]] = &[
    fields! { ServiceRow, |row, interval|
        "received", Count, "attempts", "Attempts that reached the service." => Cell::Count(row.received);
        "ok", Count, "attempts", "Handled with success, wanted or not." => Cell::Count(row.ended[ServiceEnd::Ok.index()]);
        "app_error", Count, "attempts", "Handled, with an application failure." => Cell::Count(row.ended[ServiceEnd::AppError.index()]);
        "server_error", Count, "attempts", "Handled, with a failure of the service itself." => Cell::Count(row.ended[ServiceEnd::ServerError.index()]);
        "gateway_error", Count, "attempts", "Handled, with a failure of something behind the service." => Cell::Count(row.ended[ServiceEnd::GatewayError.index()]);
    },
    mechanism_fields! { ServiceRow, queue::COLUMNS, |row, interval|
        "overloaded" => Cell::Count(row.ended[ServiceEnd::Overloaded.index()]);
        "dropped" => Cell::Count(row.ended[ServiceEnd::Dropped.index()]);
    },
    fields! { ServiceRow, |row, interval|
        "expired", Count, "attempts", "Taken from the queue after their caller had given up, and dropped." => Cell::Count(row.ended[ServiceEnd::Expired.index()]);
        "cancelled", Count, "attempts", "Removed or aborted because their caller cancelled them." => Cell::Count(row.ended[ServiceEnd::Cancelled.index()]);
        "reset", Count, "attempts", "Lost in a crash." => Cell::Count(row.ended[ServiceEnd::Reset.index()]);
        "conflict", Count, "attempts", "Handled, and somebody else was there first: what was read had changed, or a lock could not be had in time." => Cell::Count(row.ended[ServiceEnd::Conflict.index()]);
        "attempts_inside", Last, "attempts", "Attempts waiting or being handled at the end of the interval." => Cell::Count(row.inside.last);
        "attempts_inside_mean", Mean, "attempts", "Time average of the attempts waiting or being handled." => Cell::mean(&row.inside, interval);
        "attempts_inside_max", Max, "attempts", "Most attempts waiting or being handled at once." => Cell::Count(row.inside.max);
    },
    mechanism_fields! { ServiceRow, queue::COLUMNS, |row, interval|
        "attempts_queued" => Cell::Count(row.queued.last);
        "attempts_queued_mean" => Cell::mean(&row.queued, interval);
        "attempts_queued_max" => Cell::Count(row.queued.max);
    },
    fields! { ServiceRow, |row, interval|
        "threads_busy", Last, "threads", "Threads held at the end of the interval." => Cell::Count(row.busy.last);
        "threads_busy_mean", Mean, "threads", "Time average of the threads held." => Cell::mean(&row.busy, interval);
        "threads_busy_max", Max, "threads", "Most threads held at once." => Cell::Count(row.busy.max);
    },
    mechanism_fields! { ServiceRow, contention::COLUMNS, |row, interval|
        "attempts_working_mean" => Cell::mean(&row.working, interval);
    },
    fields! { ServiceRow, |row, interval|
        "utilisation_ratio", Mean, "ratio", "`threads_busy_mean` as a share of all threads; empty if these are unlimited." => Cell::utilisation(&row.busy, interval);
        "orphaned", Count, "attempts", "Attempts whose caller gave up while the service still had them." => Cell::Count(row.orphaned);
        "queue_timeouts", Count, "attempts", "Turned away because they had waited too long for a thread; they are among the `overloaded`." => Cell::Count(row.queue_timeouts);
        "duplicate_executions", Count, "attempts", "Handled with success although the same call of a request that is not `idempotent` had been before: by a retry, an orphan, or a user who asked again." => Cell::Count(row.duplicate_executions);
        "fallbacks", Count, "times", "How often a handler went on with `otherwise`, because what it tried had failed." => Cell::Count(row.fallbacks);
    },
    mechanism_fields! { ServiceRow, resource::COLUMNS, |row, interval|
        "attempts_waiting_for_cpu_mean" => Cell::mean(&row.waiting_for_cpu, interval);
        "attempts_in_io_mean" => Cell::mean(&row.in_io, interval);
        "attempts_waiting_for_io_mean" => Cell::mean(&row.waiting_for_io, interval);
    },
    mechanism_fields! { ServiceRow, rate_limit::SERVICE_COLUMNS, |row, interval|
        "rate_limited" => Cell::Count(row.rate_limited);
        "attempts_waiting_for_permit_mean" => Cell::mean(&row.waiting_for_permit, interval);
    },
    mechanism_fields! { ServiceRow, contention::COLUMNS, |row, interval|
        "work_s" => Cell::Time(row.working.integral);
    },
    fields! { ServiceRow, |row, interval|
        "wasted_work_s", Sum, "thread-seconds", "Time spent in `work` steps for attempts that ended in this interval and whose result nobody used." => Cell::Time(row.wasted_work_ns);
        "time_in_queue_p50_s", Quantile, "s", "Median time from arrival to a thread." => Cell::quantile(&row.time_in_queue, row.time_in_queue.p50_ns);
        "time_in_queue_p99_s", Quantile, "s", "99th percentile of the time from arrival to a thread." => Cell::quantile(&row.time_in_queue, row.time_in_queue.p99_ns);
        "time_in_queue_max_s", Quantile, "s", "Exact maximum of the time from arrival to a thread." => Cell::quantile(&row.time_in_queue, row.time_in_queue.max_ns);
        "time_in_service_p50_s", Quantile, "s", "Median time from arrival to the end, of the attempts handled with success." => Cell::quantile(&row.time_in_service, row.time_in_service.p50_ns);
        "time_in_service_p99_s", Quantile, "s", "99th percentile of the time from arrival to the end, of the attempts handled with success." => Cell::quantile(&row.time_in_service, row.time_in_service.p99_ns);
        "time_in_service_p999_s", Quantile, "s", "99.9th percentile of the time from arrival to the end, of the attempts handled with success." => Cell::quantile(&row.time_in_service, row.time_in_service.p999_ns);
    },
];

/// What every row begins with: names and meanings.
pub const KEYS: [(&str, &str); 3] = [
    ("seed", "The seed of the run."),
    ("run", "`actual`, or `twin`: the same world and seed without the triggers."),
    ("interval_start_s", "When the interval begins, in seconds since the start of the run."),
];

/// The names that tell the rows of `workloads.csv` apart.
pub const WORKLOAD_KEYS: &[(&str, &str)] = &[("workload", "The workload.")];
/// The names that tell the rows of `operations.csv` apart.
pub const OPERATION_KEYS: &[(&str, &str)] =
    &[("workload", "The workload."), ("operation", "The kind of request, by its name in the `mix`.")];
/// The names that tell the rows of `tenants.csv` apart.
pub const TENANT_KEYS: &[(&str, &str)] =
    &[("workload", "The workload."), ("tenant", "The tenant, by its name in `tenants`.")];
/// The names that tell the rows of `edges.csv` apart.
pub const EDGE_KEYS: &[(&str, &str)] = &[
    ("caller", "The workload or service that calls."),
    ("target", "The service that is called."),
    ("policy", "The policy under which it is called."),
];
/// The names that tell the rows of `services.csv` apart.
pub const SERVICE_KEYS: &[(&str, &str)] = &[("service", "The service.")];
/// The names that tell the rows of `caches.csv` apart.
pub const CACHE_KEYS: &[(&str, &str)] = &[("cache", "The cache.")];

/// The names that tell the rows of `locks.csv` apart.
pub const LOCK_KEYS: &[(&str, &str)] = &[("lock", "The lock.")];
/// The names that tell the rows of `registers.csv` apart.
pub const REGISTER_KEYS: &[(&str, &str)] = &[("register", "The register.")];

/// The reference page of all columns, in Markdown: `docs/columns.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# Columns of the CSV files\n\n\
         Generated from `src/report/columns.rs`; a test keeps it current.\n\n\
         Times are seconds as exact decimals, counts are bare, an empty cell means that there is no value. Rows are in the order of \
         run, interval, name. A count belongs to the interval in which the thing ended (arrivals: began). `operations.csv` exists if a workload has a `mix`, \
         `tenants.csv` if one has `tenants`, `retry_budgets.csv` if a policy has a `budget` of retries, `circuit_breakers.csv` if one has a `circuit_breaker`, `bulkheads.csv` if one has a `bulkhead`, `pools.csv` if one has a `pool`, `adaptive_throttles.csv` if one has an `adaptive_throttle`, `rate_limits.csv` if one has a `rate_limit`, `hedges.csv` if one has a `hedge`, `outlier_detection.csv` if one has that, `caches.csv` if there are caches, `memory.csv` if a service has `memory`, `locks.csv` if there are locks, `registers.csv` if there are registers.\n",
    );
    section(&mut page, "workloads.csv", WORKLOAD_KEYS, WORKLOADS);
    section(&mut page, "operations.csv", OPERATION_KEYS, OPERATIONS);
    section(&mut page, "tenants.csv", TENANT_KEYS, TENANTS);
    section(&mut page, "edges.csv", EDGE_KEYS, EDGES);
    section(&mut page, "retry_budgets.csv", EDGE_KEYS, RETRY_BUDGETS);
    section(&mut page, "circuit_breakers.csv", EDGE_KEYS, CIRCUIT_BREAKERS);
    section(&mut page, "bulkheads.csv", EDGE_KEYS, BULKHEADS);
    section(&mut page, "pools.csv", EDGE_KEYS, POOLS);
    section(&mut page, "adaptive_throttles.csv", EDGE_KEYS, ADAPTIVE_THROTTLES);
    section(&mut page, "rate_limits.csv", EDGE_KEYS, RATE_LIMITS);
    section(&mut page, "hedges.csv", EDGE_KEYS, HEDGES);
    section(&mut page, "outlier_detection.csv", EDGE_KEYS, OUTLIER_DETECTION);
    section(&mut page, "services.csv", SERVICE_KEYS, SERVICES);
    section(&mut page, "caches.csv", CACHE_KEYS, CACHES);
    section(&mut page, "memory.csv", SERVICE_KEYS, MEMORY);
    section(&mut page, "locks.csv", LOCK_KEYS, LOCKS);
    section(&mut page, "registers.csv", REGISTER_KEYS, REGISTERS);
    page.push_str("\n## `runs.csv`\n\nWritten by `metastable run --seeds`: a row per seed and workload.\n\n| column | meaning |\n|---|---|\n");
    for (name, meaning) in RUNS_COLUMNS {
        let _ = writeln!(page, "| `{name}` | {meaning} |");
    }
    page
}

fn section<R>(page: &mut String, file: &str, keys: &[(&str, &str)], groups: &[&[Field<R>]]) {
    let _ = write!(page, "\n## `{file}`\n\n| column | unit | kind | meaning |\n|---|---|---|---|\n");
    for (name, meaning) in KEYS.iter().chain(keys) {
        let _ = writeln!(page, "| `{name}` | | key | {meaning} |");
    }
    for Field { column, .. } in groups.iter().copied().flatten() {
        let Column { name, unit, kind, meaning } = column;
        let _ = writeln!(page, "| `{name}` | {unit} | {} | {meaning} |", kind_name(*kind));
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Count => "count",
        Kind::Sum => "sum",
        Kind::Mean => "time average",
        Kind::Max => "maximum",
        Kind::Last => "last",
        Kind::Average => "mean",
        Kind::Quantile => "quantile",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names<R>(groups: &[&[Field<R>]]) -> Vec<&'static str> {
        groups.iter().copied().flatten().map(|field| field.column.name).collect()
    }

    #[test]
    fn every_class_has_its_column_in_the_order_of_the_classes() {
        let with = |prefix: &str, skip| -> Vec<String> {
            Class::ALL.iter().skip(skip).map(|class| format!("{prefix}{}", class.name())).collect()
        };
        let places = |names: &[&str], wanted: &[String]| -> Vec<usize> {
            wanted.iter().map(|name| names.iter().position(|other| other == name).expect(name)).collect()
        };
        for (names, wanted) in [
            (names(WORKLOADS), with("failed_", 1)),
            (names(EDGES), with("call_", 0)),
            (names(EDGES), with("attempt_", 0)),
            (names(SERVICES), ServiceEnd::ALL.iter().map(|end| end.name().to_owned()).collect()),
        ] {
            let places = places(&names, &wanted);
            assert!(places.windows(2).all(|pair| pair[1] == pair[0] + 1), "{wanted:?} at {places:?}");
        }
    }

    #[test]
    fn the_cell_of_a_class_shows_that_class() {
        let mut row = WorkloadRow::default();
        let mut edge = EdgeRow::default();
        for class in Class::ALL {
            row.failed[class.index()] = 100 + class.index() as u64;
            edge.call_ended[class.index()] = 200 + class.index() as u64;
            edge.attempt_ended[class.index()] = 300 + class.index() as u64;
        }
        let interval = Interval { length: Duration::from_secs(1), threads: None };
        let count = |class: Class, base| Cell::Count(base + class.index() as u64);
        for class in Class::ALL {
            for field in WORKLOADS.iter().copied().flatten() {
                if field.column.name == format!("failed_{class}") {
                    assert_eq!((field.cell)(&row, interval), count(class, 100));
                }
            }
            for field in EDGES.iter().copied().flatten() {
                if field.column.name == format!("call_{class}") {
                    assert_eq!((field.cell)(&edge, interval), count(class, 200));
                }
                if field.column.name == format!("attempt_{class}") {
                    assert_eq!((field.cell)(&edge, interval), count(class, 300));
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_say_their_unit() {
        for names in [names(WORKLOADS), names(EDGES), names(SERVICES)] {
            let unique: BTreeSet<_> = names.iter().collect();
            assert_eq!(unique.len(), names.len());
        }
        for column in WORKLOADS.iter().copied().flatten().map(|field| field.column) {
            assert_eq!(column.unit == "s", column.name.ends_with("_s"), "{column:?}");
        }
    }

    #[test]
    fn the_reference_page_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/columns.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        if written != reference() {
            std::fs::write(path, reference()).expect("docs/ can be written");
            panic!("docs/columns.md was out of date and has been rewritten; commit it");
        }
    }
}
