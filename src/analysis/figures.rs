//! One line per component: what `summary.json` and the tables on the terminal say about a stretch of a run.
//!
//! Of a run as a whole: sums over the rows of [warm-up, duration), quantiles and the counts of workloads from the totals. Of a window: sums
//! over its rows, and no quantiles, because those of rows cannot be put together. Counts and integrals are summed as integers; only
//! the last division is in floating point.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Span;
use super::cache_figures::CacheFigures;
use super::lock_figures::LockFigures;
use super::memory_figures::MemoryFigures;
use super::policy_figures::PolicyFigures;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::observe::{
    EdgeRow, EdgeSeries, Quantiles, Run, ServiceEnd, ServiceRow, ServiceSeries, WorkloadRow, WorkloadSeries,
    WorkloadTotals,
};

/// The figures of all components of one run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Figures {
    /// The stretch that they cover, in seconds.
    pub span_s: [f64; 2],
    /// By name.
    pub workloads: Vec<WorkloadFigures>,
    /// By caller, target and policy.
    pub edges: Vec<EdgeFigures>,
    /// By caller, target and policy, of those whose policies have something to grant or to reject.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyFigures>,
    /// By name.
    pub services: Vec<ServiceFigures>,
    /// By name; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<CacheFigures>,
    /// By service, of those whose memory is limited; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memories: Vec<MemoryFigures>,
    /// By name; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<LockFigures>,
}

/// A workload. Of a whole run: requests whose intended start is at or after the warm-up. Of a window: what was offered in it, and what ended in it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WorkloadFigures {
    /// The name in the model.
    pub name: String,
    /// Requests that entered, without those that a trigger added.
    pub offered: u64,
    /// Of those, the ones that succeeded while still wanted.
    pub good: u64,
    /// Of those, the ones that succeeded too late for their user.
    pub ok_late: u64,
    /// Of those, the ones that failed, by class; classes without any are left out.
    pub failed: BTreeMap<&'static str, u64>,
    /// Requests in progress at the end; of a whole run only those that count.
    pub unfinished: u64,
    /// Requests that a trigger added.
    pub extra_offered: u64,
    /// Of those, the ones that succeeded.
    pub extra_good: u64,
    /// `offered` per second.
    pub offered_per_s: f64,
    /// `good` per second.
    pub goodput_per_s: f64,
    /// `good` / `offered`; null if nothing was offered. In a window it exceeds 1 while a backlog drains into it.
    pub good_ratio: Option<f64>,
    /// From intended start to success.
    pub latency: Spread,
    /// From intended start to failure.
    pub failure_latency: Spread,
}

/// An edge: the calls from one caller to one target under one policy.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct EdgeFigures {
    /// The workload or service that calls.
    pub caller: String,
    /// The service that is called.
    pub target: String,
    /// The policy under which it is called.
    pub policy: String,
    /// Calls that began.
    pub calls: u64,
    /// Calls that ended, by class; classes without any are left out.
    pub call_ended: BTreeMap<&'static str, u64>,
    /// Attempts that were sent.
    pub attempts: u64,
    /// Of those, the ones that were not the first of their call.
    pub retries: u64,
    /// Attempts that ended for their caller, by class; classes without any are left out.
    pub attempt_ended: BTreeMap<&'static str, u64>,
    /// `calls` per second.
    pub calls_per_s: f64,
    /// `attempts` per second.
    pub attempts_per_s: f64,
    /// `attempts` / `calls`, the amplification; null if there was no call.
    pub attempts_per_call: Option<f64>,
    /// Calls that ended with success / calls that ended; null if none ended.
    pub call_ok_ratio: Option<f64>,
    /// From the begin of a call to its success.
    pub call_latency: Spread,
    /// From sending an attempt to its success.
    pub attempt_latency: Spread,
}

/// A service: the attempts that it received.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ServiceFigures {
    /// The name in the model.
    pub name: String,
    /// Threads of all instances together; null: unlimited.
    pub threads: Option<u64>,
    /// Attempts that reached the service.
    pub received: u64,
    /// Attempts that it was done with, by the way they ended; ways that did not occur are left out.
    pub ended: BTreeMap<&'static str, u64>,
    /// `received` per second.
    pub received_per_s: f64,
    /// Attempts handled with success, per second.
    pub ok_per_s: f64,
    /// Time average of the threads held / `threads`; null if these are unlimited.
    pub utilisation_ratio: Option<f64>,
    /// Time average of the attempts waiting or being handled.
    pub attempts_inside_mean: f64,
    /// Time average of the attempts waiting for a thread.
    pub attempts_queued_mean: f64,
    /// Most attempts waiting for a thread at once.
    pub attempts_queued_max: u64,
    /// Attempts whose caller gave up while the service still had them.
    pub orphaned: u64,
    /// Time spent in `work` steps, in thread-seconds.
    pub work_s: f64,
    /// Of that, the part whose result nobody used.
    pub wasted_work_s: f64,
    /// `wasted_work_s` / `work_s`; null if no work was done.
    pub wasted_work_ratio: Option<f64>,
    /// From arrival to a thread.
    pub time_in_queue: Spread,
    /// From arrival to the end, of the attempts handled with success.
    pub time_in_service: Spread,
}

/// The distribution of a duration; all but `count` are null if nothing was recorded.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Spread {
    /// How many were recorded.
    pub count: u64,
    /// The mean.
    pub mean_s: Option<f64>,
    /// The median.
    pub p50_s: Option<f64>,
    /// The 90th percentile.
    pub p90_s: Option<f64>,
    /// The 99th percentile.
    pub p99_s: Option<f64>,
    /// The 99.9th percentile.
    pub p999_s: Option<f64>,
    /// The exact maximum.
    pub max_s: Option<f64>,
}

/// A stretch of a run.
#[derive(Clone, Copy)]
pub(super) struct Stretch {
    span: Span,
    first_row: usize,
    end_row: usize,
    is_whole: bool,
}

impl Figures {
    /// The figures of a run after its warm-up.
    pub fn new(run: &Run) -> Self {
        let span = Span { begin: Time::ZERO + run.warmup, end: Time::ZERO + run.duration };
        Self::of(run, span, true)
    }

    /// The figures of the rows that begin in a window of a run; nothing has quantiles there.
    pub fn of_window(run: &Run, window: Span) -> Self {
        Self::of(run, window, false)
    }

    fn of(run: &Run, span: Span, is_whole: bool) -> Self {
        let row_at = |time: Time| time.as_ns().div_ceil(run.interval.as_ns().max(1)) as usize;
        let stretch = Stretch { span, first_row: row_at(span.begin), end_row: row_at(span.end), is_whole };
        let in_seconds = |time: Time| time.since(Time::ZERO).as_secs_f64();
        Self {
            span_s: [in_seconds(span.begin), in_seconds(span.end)],
            workloads: run.workloads.iter().map(|series| WorkloadFigures::new(series, stretch)).collect(),
            edges: run.edges.iter().map(|series| EdgeFigures::new(series, stretch)).collect(),
            policies: PolicyFigures::of(run, stretch),
            services: run.services.iter().map(|series| ServiceFigures::new(series, stretch)).collect(),
            caches: run.caches.iter().map(|series| CacheFigures::new(series, stretch)).collect(),
            memories: run.memories.iter().map(|series| MemoryFigures::new(series, stretch)).collect(),
            locks: run.locks.iter().map(|series| LockFigures::new(series, stretch)).collect(),
        }
    }
}

impl Stretch {
    pub(super) fn length(self) -> Duration {
        self.span.length()
    }

    pub(super) fn rows<Row>(self, rows: &[Row]) -> &[Row] {
        let end = self.end_row.min(rows.len());
        rows.get(self.first_row..end).unwrap_or_default()
    }

    pub(super) fn spread(self, quantiles: &Quantiles) -> Spread {
        Spread::new(if self.is_whole { *quantiles } else { Quantiles::default() })
    }
}

impl WorkloadFigures {
    fn new(series: &WorkloadSeries, stretch: Stretch) -> Self {
        let counts =
            if stretch.is_whole { series.totals.clone() } else { window_counts(stretch.rows(&series.rows)) };
        let span = stretch.length();
        Self {
            name: series.name.clone(),
            offered: counts.offered,
            good: counts.good,
            ok_late: counts.ok_late,
            failed: by_class(&counts.failed),
            unfinished: counts.unfinished,
            extra_offered: counts.extra_offered,
            extra_good: counts.extra_good,
            offered_per_s: per_second(counts.offered, span),
            goodput_per_s: per_second(counts.good, span),
            good_ratio: ratio(counts.good, counts.offered),
            latency: stretch.spread(&counts.latency),
            failure_latency: stretch.spread(&counts.failure_latency),
        }
    }
}

fn window_counts(rows: &[WorkloadRow]) -> WorkloadTotals {
    let mut counts =
        WorkloadTotals { unfinished: rows.last().map_or(0, |row| row.inside), ..Default::default() };
    for row in rows {
        counts.offered += row.offered;
        counts.good += row.good;
        counts.ok_late += row.ok_late;
        counts.extra_offered += row.extra_offered;
        counts.extra_good += row.extra_good;
        add(&mut counts.failed, &row.failed);
    }
    counts
}

impl EdgeFigures {
    fn new(series: &EdgeSeries, stretch: Stretch) -> Self {
        let (rows, span) = (stretch.rows(&series.rows), stretch.length());
        let sum = |of: fn(&EdgeRow) -> u64| rows.iter().map(of).sum::<u64>();
        let mut call_ended = [0; Class::COUNT];
        let mut attempt_ended = [0; Class::COUNT];
        for row in rows {
            add(&mut call_ended, &row.call_ended);
            add(&mut attempt_ended, &row.attempt_ended);
        }
        let (calls, attempts) = (sum(|row| row.calls), sum(|row| row.attempts));
        Self {
            caller: series.caller.clone(),
            target: series.target.clone(),
            policy: series.policy.clone(),
            calls,
            call_ended: by_class(&call_ended),
            attempts,
            retries: sum(|row| row.retries),
            attempt_ended: by_class(&attempt_ended),
            calls_per_s: per_second(calls, span),
            attempts_per_s: per_second(attempts, span),
            attempts_per_call: ratio(attempts, calls),
            call_ok_ratio: ratio(call_ended[Class::Ok.index()], call_ended.iter().sum::<u64>()),
            call_latency: stretch.spread(&series.totals.call_latency),
            attempt_latency: stretch.spread(&series.totals.attempt_latency),
        }
    }
}

impl ServiceFigures {
    fn new(series: &ServiceSeries, stretch: Stretch) -> Self {
        let (rows, span) = (stretch.rows(&series.rows), stretch.length());
        let sum = |of: fn(&ServiceRow) -> u64| rows.iter().map(of).sum::<u64>();
        let level = |of: fn(&ServiceRow) -> u128| rows.iter().map(of).sum::<u128>();
        let mean = |integral: u128| if span.is_zero() { 0.0 } else { integral as f64 / span.as_ns() as f64 };
        let mut ended = [0; ServiceEnd::COUNT];
        for row in rows {
            add(&mut ended, &row.ended);
        }
        let (received, work_ns) = (sum(|row| row.received), level(|row| row.working.integral));
        let wasted_work_ns = level(|row| row.wasted_work_ns);
        let busy_mean = mean(level(|row| row.busy.integral));
        Self {
            name: series.name.clone(),
            threads: series.threads,
            received,
            ended: named(ServiceEnd::ALL.map(ServiceEnd::name), &ended),
            received_per_s: per_second(received, span),
            ok_per_s: per_second(ended[ServiceEnd::Ok.index()], span),
            utilisation_ratio: series
                .threads
                .filter(|&threads| threads > 0)
                .map(|threads| busy_mean / threads as f64),
            attempts_inside_mean: mean(level(|row| row.inside.integral)),
            attempts_queued_mean: mean(level(|row| row.queued.integral)),
            attempts_queued_max: rows.iter().map(|row| row.queued.max).max().unwrap_or(0),
            orphaned: sum(|row| row.orphaned),
            work_s: work_ns as f64 / 1e9,
            wasted_work_s: wasted_work_ns as f64 / 1e9,
            wasted_work_ratio: ratio(wasted_work_ns, work_ns),
            time_in_queue: stretch.spread(&series.totals.time_in_queue),
            time_in_service: stretch.spread(&series.totals.time_in_service),
        }
    }
}

impl Spread {
    fn new(quantiles: Quantiles) -> Self {
        let seconds = |ns: u64| (quantiles.count > 0).then(|| Duration::from_ns(ns).as_secs_f64());
        Self {
            count: quantiles.count,
            mean_s: quantiles.mean_ns().map(|ns| ns / 1e9),
            p50_s: seconds(quantiles.p50_ns),
            p90_s: seconds(quantiles.p90_ns),
            p99_s: seconds(quantiles.p99_ns),
            p999_s: seconds(quantiles.p999_ns),
            max_s: seconds(quantiles.max_ns),
        }
    }
}

fn add<const N: usize>(sums: &mut [u64; N], counts: &[u64; N]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += count;
    }
}

fn by_class(counts: &[u64; Class::COUNT]) -> BTreeMap<&'static str, u64> {
    named(Class::ALL.map(Class::name), counts)
}

fn named<const N: usize>(names: [&'static str; N], counts: &[u64; N]) -> BTreeMap<&'static str, u64> {
    names.into_iter().zip(counts.iter().copied()).filter(|&(_, count)| count > 0).collect()
}

pub(super) fn per_second(count: u64, span: Duration) -> f64 {
    if span.is_zero() { 0.0 } else { count as f64 / span.as_secs_f64() }
}

pub(super) fn ratio(part: impl Into<u128>, whole: impl Into<u128>) -> Option<f64> {
    let (part, whole) = (part.into(), whole.into());
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::{EdgeTotals, Gauge, GuardSeries, ServiceTotals};

    /// Three rows of 1 s, 1 s and 0.5 s, the first of them warm-up.
    fn run() -> Run {
        let mut ended = [0; Class::COUNT];
        ended[Class::Ok.index()] = 3;
        ended[Class::Overloaded.index()] = 1;
        let edge = EdgeRow { calls: 4, call_ended: ended, attempts: 10, retries: 6, ..Default::default() };
        let busy = Gauge { integral: 750_000_000, max: 2, last: 0 };
        let service = ServiceRow {
            received: 10,
            busy,
            working: Gauge { integral: 800, max: 1, last: 0 },
            wasted_work_ns: 200,
            ..Default::default()
        };
        let seconds = Duration::from_secs;
        Run {
            operations: Vec::new(),
            guards: GuardSeries::default(),
            caches: Vec::new(),
            memories: Vec::new(),
            locks: Vec::new(),
            registers: Vec::new(),
            tenants: Vec::new(),
            seed: 1,
            duration: Duration::from_ns(2_500_000_000),
            warmup: seconds(1),
            interval: seconds(1),
            workloads: vec![WorkloadSeries {
                name: "users".to_owned(),
                rows: vec![WorkloadRow { offered: 4, good: 2, inside: 1, ..Default::default() }; 3],
                totals: WorkloadTotals { offered: 6, good: 3, ok_late: 1, ..Default::default() },
            }],
            edges: vec![EdgeSeries {
                caller: "users".to_owned(),
                caller_is_workload: true,
                target: "db".to_owned(),
                policy: "default".to_owned(),
                rows: vec![edge; 3],
                totals: EdgeTotals::default(),
            }],
            services: vec![ServiceSeries {
                name: "db".to_owned(),
                threads: Some(4),
                rows: vec![service; 3],
                totals: ServiceTotals::default(),
            }],
            faults: vec![],
            events: 0,
            digest: [0; 32],
        }
    }

    #[test]
    fn the_warm_up_is_left_out() {
        let figures = Figures::new(&run());
        assert_eq!(figures.span_s, [1.0, 2.5]);
        let edge = &figures.edges[0];
        assert_eq!((edge.calls, edge.attempts, edge.retries), (8, 20, 12));
        assert_eq!((edge.attempts_per_call, edge.call_ok_ratio), (Some(2.5), Some(0.75)));
        assert_eq!(edge.call_ended, BTreeMap::from([("ok", 6), ("overloaded", 2)]));
        let service = &figures.services[0];
        assert_eq!(service.received_per_s, 20.0 / 1.5);
        assert_eq!(service.utilisation_ratio, Some(0.25));
        assert_eq!(service.wasted_work_ratio, Some(0.25));
    }

    #[test]
    fn workloads_come_from_the_totals_of_the_run() {
        let workload = &Figures::new(&run()).workloads[0];
        assert_eq!(
            (workload.offered_per_s, workload.goodput_per_s, workload.good_ratio),
            (4.0, 2.0, Some(0.5))
        );
        assert_eq!(workload.latency.p50_s, None);
    }

    #[test]
    fn a_window_has_the_sums_of_its_rows_and_no_quantiles() {
        let run = run();
        let window = Span { begin: Time::from_ns(1_000_000_000), end: Time::from_ns(2_000_000_000) };
        let figures = Figures::of_window(&run, window);
        let workload = &figures.workloads[0];
        assert_eq!((workload.offered, workload.good, workload.unfinished), (4, 2, 1));
        assert_eq!((workload.goodput_per_s, workload.latency.count), (2.0, 0));
        assert_eq!((figures.edges[0].attempts, figures.services[0].received_per_s), (10, 10.0));
    }

    #[test]
    fn nothing_divided_by_nothing_is_no_value() {
        let mut run = run();
        run.duration = run.warmup;
        run.workloads[0].totals = WorkloadTotals::default();
        run.edges[0].rows.clear();
        run.services[0].rows.clear();
        let figures = Figures::new(&run);
        assert_eq!(figures.workloads[0].good_ratio, None);
        assert_eq!(figures.edges[0].attempts_per_call, None);
        assert_eq!(figures.services[0].wasted_work_ratio, None);
        assert_eq!(figures.services[0].received_per_s, 0.0);
    }
}
