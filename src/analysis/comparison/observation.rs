//! What is kept of one run.

use crate::analysis::{Figures, Judgement, Spread, Undecided, Verdict};
use crate::kernel::{Duration, Time};
use crate::model::{Metric, VerdictName};
use crate::observe::Run;

/// One variant under one seed.
#[derive(Clone, PartialEq, Debug)]
pub struct Observation {
    /// The seed.
    pub seed: u64,
    /// The verdict of the run.
    pub verdict: VerdictName,
    /// Why, where the word alone does not say.
    pub reason: Option<String>,
    /// By [`Metric::index`], in the units of the metrics; `None`: there is no such figure. Of the time to recovery: only if it recovered.
    pub values: [Option<f64>; Metric::ALL.len()],
    /// How long after the trigger's end the run goes on, in seconds, if it tells whether the system came back.
    pub observed_s: Option<f64>,
    /// The digest of the run.
    pub digest: [u8; 32],
}

impl Observation {
    /// The figures of a run that was judged.
    pub fn new(run: &Run, judgement: &Judgement) -> Self {
        let figures = Figures::new(run);
        let recovery = Recovery::of(run, judgement);
        let value = |metric| match metric {
            Metric::Goodput => Some(figures.workloads.iter().map(|workload| workload.goodput_per_s).sum()),
            Metric::Success => ratio(
                figures.workloads.iter().map(|workload| workload.good).sum(),
                figures.workloads.iter().map(|workload| workload.offered).sum(),
            ),
            Metric::P50 => slowest_workload(&figures, |latency| latency.p50_s),
            Metric::P99 => slowest_workload(&figures, |latency| latency.p99_s),
            Metric::P999 => slowest_workload(&figures, |latency| latency.p999_s),
            Metric::Recovery => recovery.time_s,
            Metric::Amplification => slowest(figures.edges.iter().map(|edge| edge.attempts_per_call)),
            Metric::WastedWork => {
                let work: f64 = figures.services.iter().map(|service| service.work_s).sum();
                let wasted: f64 = figures.services.iter().map(|service| service.wasted_work_s).sum();
                (work > 0.0).then(|| wasted / work)
            }
            Metric::Attempts => ratio(
                figures.edges.iter().map(|edge| edge.attempts).sum(),
                figures.workloads.iter().map(|workload| workload.offered + workload.extra_offered).sum(),
            ),
        };
        Self {
            seed: run.seed,
            verdict: judgement.verdict.into(),
            reason: judgement.verdict.reason().map(str::to_owned),
            values: Metric::ALL.map(value),
            observed_s: recovery.observed_s,
            digest: run.digest,
        }
    }

    /// A metric, if the run has it.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.values[metric.index()]
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The largest of those that there are.
fn slowest(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    values.flatten().reduce(f64::max)
}

/// The latency of the slowest workload. One of whose requests none succeeds has none, and is not faster than the others for that.
fn slowest_workload(figures: &Figures, quantile: impl Fn(&Spread) -> Option<f64>) -> Option<f64> {
    let workloads = &figures.workloads;
    let fails =
        workloads.iter().any(|workload| workload.offered > 0 && quantile(&workload.latency).is_none());
    slowest(workloads.iter().map(|workload| quantile(&workload.latency))).filter(|_| !fails)
}

/// Whether and when a system came back, as far as the run tells.
struct Recovery {
    time_s: Option<f64>,
    observed_s: Option<f64>,
}

impl Recovery {
    fn of(run: &Run, judgement: &Judgement) -> Self {
        let end = judgement.trigger.and_then(|trigger| trigger.end);
        let observed_s = end.map(|end| (Time::ZERO + run.duration).since(end).as_secs_f64());
        let slowest = judgement.workloads.iter().filter_map(|workload| workload.time_to_recovery).max();
        let (time_s, is_told) = match judgement.verdict {
            Verdict::Unaffected => (Some(0.0), true),
            Verdict::Recovered => (slowest.map(Duration::as_secs_f64), true),
            Verdict::Metastable | Verdict::Unstable(_) => (None, true),
            Verdict::Undecided(Undecided::StillDraining | Undecided::Flapping | Undecided::TooLate) => {
                (None, true)
            }
            Verdict::Healthy | Verdict::Undecided(_) => (None, false),
        };
        Self { time_s, observed_s: observed_s.filter(|_| is_told) }
    }
}

impl From<Verdict> for VerdictName {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Healthy => Self::Healthy,
            Verdict::Unaffected => Self::Unaffected,
            Verdict::Recovered => Self::Recovered,
            Verdict::Undecided(_) => Self::Undecided,
            Verdict::Metastable => Self::Metastable,
            Verdict::Unstable(_) => Self::Unstable,
        }
    }
}
