//! What properties look at in a run.

use std::ops::Range;

use super::PropertyEvidence;
use crate::kernel::{Duration, Time};
use crate::model::Model;
use crate::observe::{EdgeSeries, Run};
use crate::quantity::Distribution;

/// The most attempts per call that a caller made in a hold window.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Amplification<'a> {
    pub(super) edge: &'a EdgeSeries,
    pub(super) attempts: u64,
    pub(super) calls: u64,
    pub(super) begin: Time,
    pub(super) end: Time,
}

impl Amplification<'_> {
    pub(super) fn as_f64(self) -> f64 {
        self.attempts as f64 / self.calls as f64
    }
}

/// The most attempts that waited for a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Waiting<'a> {
    pub(super) service: &'a str,
    pub(super) attempts: u64,
    pub(super) at: Time,
}

/// The requests that did not get what they wanted in some rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lost<'a> {
    pub(super) workload: &'a str,
    pub(super) from: Time,
    pub(super) failed: u64,
    pub(super) late: u64,
    pub(super) offered: u64,
}

/// The whole rows that begin after the warm-up.
pub(super) fn judged_rows(run: &Run) -> Range<usize> {
    let interval = run.interval.as_ns().max(1);
    let first = run.warmup.as_ns().div_ceil(interval) as usize;
    let end = (run.duration.as_ns() / interval) as usize;
    first.min(end)..end
}

/// How much more is inside all services, from an instant to the end, than in the twin: 1 is twice as much.
///
/// Ten attempts more are never much, so that a twin in which nearly nothing is inside is no reason for alarm.
pub(super) fn strain(evidence: &PropertyEvidence<'_>, from: Time) -> f64 {
    let Some(twin) = evidence.twin else { return 0.0 };
    let interval = evidence.run.interval.as_ns().max(1);
    let first = (from.as_ns() / interval) as usize;
    let inside = |run: &Run| -> u128 {
        run.services
            .iter()
            .flat_map(|service| service.rows.iter().skip(first))
            .map(|row| row.inside.integral)
            .sum()
    };
    let span = u128::from(evidence.run.duration.as_ns()).saturating_sub(u128::from(from.as_ns()));
    let (here, there) = (inside(evidence.run), inside(twin));
    here.saturating_sub(there) as f64 / (there + 10 * span.max(1)) as f64
}

/// The caller and the hold window with the most attempts per call; `None` if nobody makes enough calls to say.
pub(super) fn amplification<'a>(model: &Model, run: &'a Run) -> Option<Amplification<'a>> {
    let rows = judged_rows(run);
    let length = (model.judge.hold.intervals.max(1) as usize).min(rows.len().max(1));
    let wanted = u64::from(model.judge.hold.requests.max(1));
    let mut most: Option<Amplification<'a>> = None;
    for edge in &run.edges {
        let rows_of_edge = edge.rows.get(rows.clone()).unwrap_or_default();
        for (index, window) in rows_of_edge.windows(length).enumerate() {
            let calls: u64 = window.iter().map(|row| row.calls).sum();
            let attempts: u64 = window.iter().map(|row| row.attempts).sum();
            let is_more = most.is_none_or(|most| {
                u128::from(attempts) * u128::from(most.calls) > u128::from(most.attempts) * u128::from(calls)
            });
            if calls >= wanted && is_more {
                let first = rows.start + index;
                let (begin, end) = (run.row_start(first), run.row_start(first + length));
                most = Some(Amplification { edge, attempts, calls, begin, end });
            }
        }
    }
    most
}

/// The longest queue of a service after the warm-up.
pub(super) fn longest_queue(run: &Run) -> Option<Waiting<'_>> {
    let first = judged_rows(run).start;
    let mut longest: Option<Waiting<'_>> = None;
    for service in &run.services {
        for (index, row) in service.rows.iter().enumerate().skip(first) {
            if longest.is_none_or(|longest| row.queued.max > longest.attempts) {
                let at = run.row_start(index);
                longest = Some(Waiting { service: &service.name, attempts: row.queued.max, at });
            }
        }
    }
    longest
}

/// What each workload lost after an instant, and the time that its requests may still take then.
pub(super) fn lost<'a>(model: &Model, run: &'a Run, after: Time) -> Vec<Lost<'a>> {
    let interval = run.interval.as_ns().max(1);
    run.workloads
        .iter()
        .map(|workload| {
            let from = after + longest_request(model, &workload.name);
            let first = from.as_ns().div_ceil(interval) as usize;
            let rows = workload.rows.get(first..).unwrap_or_default();
            Lost {
                workload: &workload.name,
                from,
                failed: rows.iter().map(|row| row.failed.iter().sum::<u64>()).sum(),
                late: rows.iter().map(|row| row.ok_late).sum(),
                offered: rows.iter().map(|row| row.offered).sum(),
            }
        })
        .collect()
}

/// How long a request of a workload may take before it has failed or is late; zero if nothing bounds it.
fn longest_request(model: &Model, workload: &str) -> Duration {
    let Some(settings) = model.workloads.get(workload) else { return Duration::ZERO };
    let timeout = model.policies.get(&settings.policy).and_then(|policy| policy.timeout.limited());
    let patience = settings.patience.as_ref().and_then(constant);
    timeout.max(patience).unwrap_or(Duration::ZERO)
}

fn constant(length: &Distribution) -> Option<Duration> {
    match length {
        Distribution::Constant(length) => Some(*length),
        _ => None,
    }
}
