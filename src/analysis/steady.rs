//! How well the figures of a run without a trigger are known, from that run alone.

use super::{BatchMeans, CONFIDENCE, warmup_by_mser};
use crate::kernel::Duration;
use crate::mechanism::fault::Role;
use crate::observe::{Run, WorkloadSeries};

/// A workload in its steady state: means after the warm-up, by batch means, and whether the warm-up was long enough.
#[derive(Clone, PartialEq, Debug)]
pub struct SteadyState {
    /// The name of the workload.
    pub workload: String,
    /// Successful requests per second.
    pub goodput_per_s: Option<BatchMeans>,
    /// The mean time from intended start to success, in seconds.
    pub mean_latency_s: Option<BatchMeans>,
    /// When the begin of the run has stopped to matter for that time, by MSER-5; `None`: it has not, or that cannot be said.
    pub settled_after: Option<Duration>,
    /// Whether that is later than the warm-up of the run, and without what lies between them that mean would be another one, outside its interval.
    pub needs_warmup: bool,
}

impl SteadyState {
    /// The steady state of every workload; none at all if something triggered a change.
    pub fn of_run(run: &Run) -> Vec<Self> {
        if run.faults.iter().any(|fault| fault.role == Role::Trigger) {
            return Vec::new();
        }
        run.workloads.iter().map(|workload| Self::of(run, workload)).collect()
    }

    fn of(run: &Run, workload: &WorkloadSeries) -> Self {
        let interval = run.interval.as_ns();
        // The last row may be shorter.
        let rows = &workload.rows[..(run.duration.as_ns() / interval) as usize];
        let row_s = run.interval.as_secs_f64();
        let latency: Vec<(f64, f64)> =
            rows.iter().map(|row| (row.latency.sum_ns as f64 / 1e9, row.latency.count as f64)).collect();
        let goodput: Vec<(f64, f64)> = rows.iter().map(|row| (row.good as f64, row_s)).collect();
        let from = (run.warmup.as_ns().div_ceil(interval) as usize).min(rows.len());
        let mean_latency_s = BatchMeans::of(&latency[from..]);
        let settled = warmup_by_mser(&latency);
        let later = settled.filter(|&rows| rows > from).and_then(|rows| BatchMeans::of(&latency[rows..]));
        let needs_warmup = mean_latency_s.zip(later).is_some_and(|(all, later)| {
            later.half_width(CONFIDENCE).is_some_and(|half| (all.mean - later.mean).abs() > half)
        });
        Self {
            workload: workload.name.clone(),
            goodput_per_s: BatchMeans::of(&goodput[from..]),
            mean_latency_s,
            settled_after: settled.map(|rows| Duration::from_ns(interval * rows as u64)),
            needs_warmup,
        }
    }

    /// How far both means may be off: the confidence of the intervals that are shown.
    pub const CONFIDENCE: f64 = CONFIDENCE;
}
