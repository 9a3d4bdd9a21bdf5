//! Which metric a column is: its name in Prometheus' convention, its type, its label.
//!
//! Few names are written here, those that the field has words for; all others follow from the file and the column by rule, so a new column is a metric at once.

use std::borrow::Cow;

use crate::mechanism::{Class, Column, Kind};
use crate::observe::ServiceEnd;
use crate::report::csv::Series;

/// What stands before every name.
const PREFIX: &str = "metastable_";

/// The type of a family, as far as columns have one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FamilyType {
    /// It only rises: what happened since the begin of the run.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Quantiles of what ended in an interval.
    Summary,
}

impl FamilyType {
    /// The word in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
        }
    }
}

/// A metric, and the columns that it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Family {
    /// Without the `_total` of counters.
    pub name: String,
    /// How it is to be read.
    pub family_type: FamilyType,
    /// What it means.
    pub help: Cow<'static, str>,
    /// One; or several that a label tells apart.
    pub parts: Vec<Part>,
}

/// A column of a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The position of the column in its file.
    pub column: usize,
    /// What tells it from the other columns of the metric.
    pub label: Option<(&'static str, &'static str)>,
}

impl Family {
    /// The unit, which its name ends in.
    pub fn unit(&self) -> Option<&'static str> {
        ["seconds", "bytes", "ratio"].into_iter().find(|unit| self.name.ends_with(&format!("_{unit}")))
    }
}

/// The metrics of a file, in the order of their first columns.
pub fn families(series: Series) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for (column, described) in series.columns().iter().enumerate() {
        for (name, label) in metrics(series, described) {
            let (name, part) = (format!("{PREFIX}{name}"), Part { column, label });
            match families.iter_mut().find(|family| family.name == name) {
                Some(family) => family.parts.push(part),
                None => families.push(Family {
                    family_type: family_type(described),
                    help: help(&name, described),
                    parts: vec![part],
                    name,
                }),
            }
        }
    }
    families
}

const fn family_type(column: &Column) -> FamilyType {
    match column.kind {
        Kind::Count | Kind::Sum => FamilyType::Counter,
        Kind::Mean | Kind::Max | Kind::Last | Kind::Average => FamilyType::Gauge,
        Kind::Quantile => FamilyType::Summary,
    }
}

type Label = Option<(&'static str, &'static str)>;

/// What a metric of several columns means.
const HELPS: [(&str, &str); 10] = [
    ("requests", "Requests that ended, by outcome, without those that a trigger added."),
    ("extra_requests", "Requests that a trigger added and that ended, by outcome."),
    ("operation_requests", "Requests of one kind that ended, by outcome."),
    ("tenant_requests", "Requests of one tenant that ended, by outcome."),
    ("calls", "Calls that ended, by outcome."),
    ("attempts", "Attempts that ended for their caller, by outcome."),
    ("messages_lost", "Messages that were lost on the network."),
    ("service_attempts", "Attempts that the service was done with, by outcome."),
    ("cache_requests", "Look-ups, by what came of them."),
    ("circuit_breaker_state", "Circuit breakers that are in a state at the end of the interval."),
];

fn help(name: &str, column: &Column) -> Cow<'static, str> {
    let written = HELPS.iter().find(|(family, _)| name[PREFIX.len()..] == **family);
    if let Some((_, help)) = written {
        return Cow::Borrowed(help);
    }
    if column.kind != Kind::Quantile {
        return Cow::Borrowed(column.meaning);
    }
    let of = column.meaning.strip_prefix("Median ").unwrap_or(column.meaning).trim_end_matches('.');
    Cow::Owned(format!("Quantiles of what ended in the interval; 1 is the maximum: {of}."))
}

/// The names that do not follow by rule: file, column, metric, label.
const NAMED: &[(Series, &str, &str, Label)] = &[
    (Series::Workloads, "offered", "requests_offered", None),
    (Series::Workloads, "user_retries", "user_retries", None),
    (Series::Workloads, "good", "requests", Some(("outcome", "good"))),
    (Series::Workloads, "good", "goodput_requests", None),
    (Series::Workloads, "ok_late", "requests", Some(("outcome", "ok_late"))),
    (Series::Workloads, "inside", "inflight_requests", None),
    (Series::Workloads, "extra_offered", "extra_requests_offered", None),
    (Series::Workloads, "extra_good", "extra_requests", Some(("outcome", "good"))),
    (Series::Workloads, "extra_failed", "extra_requests", Some(("outcome", "failed"))),
    (Series::Workloads, "extra_inside", "inflight_extra_requests", None),
    (Series::Operations, "offered", "operation_requests_offered", None),
    (Series::Operations, "good", "operation_requests", Some(("outcome", "good"))),
    (Series::Operations, "ok_late", "operation_requests", Some(("outcome", "ok_late"))),
    (Series::Operations, "failed", "operation_requests", Some(("outcome", "failed"))),
    (Series::Operations, "inside", "operation_inflight_requests", None),
    (Series::Tenants, "offered", "tenant_requests_offered", None),
    (Series::Tenants, "good", "tenant_requests", Some(("outcome", "good"))),
    (Series::Tenants, "ok_late", "tenant_requests", Some(("outcome", "ok_late"))),
    (Series::Tenants, "failed", "tenant_requests", Some(("outcome", "failed"))),
    (Series::Tenants, "inside", "tenant_inflight_requests", None),
    (Series::Edges, "calls", "calls_begun", None),
    (Series::Edges, "calls_inside", "inflight_calls", None),
    (Series::Edges, "attempts", "attempts_sent", None),
    (Series::Edges, "retries", "retries", None),
    (Series::Edges, "attempts_inside", "inflight_attempts", None),
    (Series::Edges, "attempt_lost", "messages_lost", Some(("message", "request"))),
    (Series::Edges, "reply_lost", "messages_lost", Some(("message", "reply"))),
    (Series::RetryBudgets, "denied", "retry_budget_exhausted", None),
    (Series::CircuitBreakers, "open", "circuit_breaker_state", Some(("state", "open"))),
    (Series::CircuitBreakers, "half_open", "circuit_breaker_state", Some(("state", "half_open"))),
    (Series::CircuitBreakers, "breakers", "circuit_breakers", None),
    (Series::Hedges, "hedges", "hedges", None),
    (Series::OutlierDetection, "hosts_ejected", "ejected_hosts", None),
    (Series::OutlierDetection, "hosts_ejected_mean", "ejected_hosts_mean", None),
    (Series::OutlierDetection, "hosts_ejected_max", "ejected_hosts_max", None),
    (Series::Services, "received", "service_attempts_received", None),
    (Series::Services, "attempts_inside", "service_inflight_attempts", None),
    (Series::Services, "attempts_inside_mean", "service_inflight_attempts_mean", None),
    (Series::Services, "attempts_inside_max", "service_inflight_attempts_max", None),
    (Series::Services, "attempts_queued", "queue_depth", None),
    (Series::Services, "attempts_queued_mean", "queue_depth_mean", None),
    (Series::Services, "attempts_queued_max", "queue_depth_max", None),
    (Series::Services, "threads_busy", "threads_busy", None),
    (Series::Services, "threads_busy_mean", "threads_busy_mean", None),
    (Series::Services, "threads_busy_max", "threads_busy_max", None),
    (Series::Services, "utilisation_ratio", "thread_utilization_ratio", None),
    (Series::Services, "orphaned", "orphaned_attempts", None),
    (Series::Services, "work_s", "work_seconds", None),
    (Series::Services, "wasted_work_s", "wasted_work_seconds", None),
    (Series::Caches, "hits", "cache_requests", Some(("result", "hit"))),
    (Series::Caches, "misses", "cache_requests", Some(("result", "miss"))),
    (Series::Memory, "live_bytes", "heap_live_bytes", None),
    (Series::Memory, "live_ratio", "heap_live_ratio", None),
    (Series::Memory, "occupied_bytes", "heap_occupied_bytes", None),
    (Series::Memory, "collections", "gc_collections", None),
    (Series::Memory, "freed_bytes", "gc_freed_bytes", None),
];

/// Durations that the field has another word for: file, what the column begins with, metric.
const DURATIONS: &[(Series, &str, &str)] = &[
    (Series::Workloads, "latency", "request_duration"),
    (Series::Workloads, "failure_latency", "request_failure_duration"),
    (Series::Operations, "latency", "operation_request_duration"),
    (Series::Tenants, "latency", "tenant_request_duration"),
    (Series::Edges, "call_latency", "call_duration"),
    (Series::Edges, "attempt_latency", "attempt_duration"),
    (Series::Services, "time_in_queue", "queue_wait"),
    (Series::Services, "time_in_service", "service_duration"),
    (Series::Memory, "pause", "gc_pause"),
];

/// Quantiles: the end of the column, and the value of the label.
const QUANTILES: [(&str, &str); 5] =
    [("_p50_s", "0.5"), ("_p90_s", "0.9"), ("_p99_s", "0.99"), ("_p999_s", "0.999"), ("_max_s", "1")];

/// What the metrics of a file begin with.
const fn subject(series: Series) -> &'static str {
    match series {
        Series::Workloads => "workload",
        Series::Operations => "operation",
        Series::Tenants => "tenant",
        Series::Edges => "edge",
        Series::RetryBudgets => "retry_budget",
        Series::CircuitBreakers => "circuit_breaker",
        Series::Bulkheads => "bulkhead",
        Series::Pools => "connection_pool",
        Series::AdaptiveThrottles => "adaptive_throttle",
        Series::Hedges => "hedge",
        Series::RateLimits => "rate_limit",
        Series::OutlierDetection => "outlier_detection",
        Series::Services => "service",
        Series::Caches => "cache",
        Series::Memory => "memory",
        Series::Locks => "lock",
        Series::Registers => "register",
    }
}

/// The metrics that a column belongs to: one, as a rule.
fn metrics(series: Series, column: &Column) -> Vec<(String, Label)> {
    let named: Vec<(String, Label)> = NAMED
        .iter()
        .filter(|(file, name, ..)| (*file, *name) == (series, column.name))
        .map(|(_, _, metric, label)| ((*metric).to_owned(), *label))
        .collect();
    if !named.is_empty() {
        return named;
    }
    vec![outcome(series, column.name).unwrap_or_else(|| by_rule(series, column))]
}

/// Counts by outcome are one metric.
fn outcome(series: Series, column: &str) -> Option<(String, Label)> {
    let class_after = |prefix: &str| {
        let class = column.strip_prefix(prefix)?;
        Class::ALL.into_iter().map(Class::name).find(|name| *name == class)
    };
    let (metric, value) = match series {
        Series::Workloads => ("requests", class_after("failed_")?),
        Series::Edges => class_after("call_")
            .map(|class| ("calls", class))
            .or_else(|| class_after("attempt_").map(|class| ("attempts", class)))?,
        Series::Services => {
            let end = ServiceEnd::ALL.into_iter().map(ServiceEnd::name).find(|name| *name == column)?;
            ("service_attempts", end)
        }
        _ => return None,
    };
    Some((metric.to_owned(), Some(("outcome", value))))
}

fn by_rule(series: Series, column: &Column) -> (String, Label) {
    let stem_of = |stem: &str| {
        let known = DURATIONS.iter().find(|(file, name, _)| (*file, *name) == (series, stem));
        known.map_or_else(|| format!("{}_{stem}", subject(series)), |(_, _, metric)| (*metric).to_owned())
    };
    let quantile = QUANTILES.iter().find_map(|(end, value)| Some((column.name.strip_suffix(end)?, *value)));
    match (column.kind, quantile, column.name.strip_suffix("_mean_s"), column.name.strip_suffix("_s")) {
        (Kind::Quantile, Some((stem, value)), ..) => {
            (format!("{}_seconds", stem_of(stem)), Some(("quantile", value)))
        }
        (_, _, Some(stem), _) => (format!("{}_mean_seconds", stem_of(stem)), None),
        (_, _, None, Some(stem)) => (format!("{}_seconds", stem_of(stem)), None),
        (_, _, None, None) => (format!("{}_{}", subject(series), column.name), None),
    }
}
