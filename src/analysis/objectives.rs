//! Whether the promises of a model were kept.

use super::{Judgement, Verdict, WorkloadJudgement};
use crate::kernel::Duration;
use crate::model::ObjectiveSettings;
use crate::observe::{Quantiles, Run, WorkloadTotals};
use crate::quantity::Share;

/// One promise to one workload.
#[derive(Clone, PartialEq, Debug)]
pub struct ObjectiveJudgement {
    /// The workload.
    pub workload: String,
    /// What was promised, and what came out.
    pub objective: Objective,
    /// Whether it was kept; `None`: that cannot be said.
    pub met: Option<bool>,
}

/// What was promised, and what came out; `None`: there is no such figure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Objective {
    /// Good requests / requests that ended, without those that a trigger added.
    Availability {
        /// At least this.
        target: Share,
        /// The share that was good.
        found: Option<f64>,
    },
    /// A quantile of the latency of what succeeded.
    Latency {
        /// Which: `p50`, `p90`, `p99` or `p999`.
        quantile: &'static str,
        /// At most this.
        target: Duration,
        /// As it was.
        found: Option<Duration>,
    },
    /// From the end of the last trigger until goodput was back for good.
    Recovery {
        /// At most this.
        target: Duration,
        /// As it was.
        found: Option<Duration>,
    },
}

impl Objective {
    /// What it is called in results: `availability_ratio`, `latency_p99_s`, `recovery_s`.
    pub fn name(self) -> String {
        match self {
            Self::Availability { .. } => "availability_ratio".to_owned(),
            Self::Latency { quantile, .. } => format!("latency_{quantile}_s"),
            Self::Recovery { .. } => "recovery_s".to_owned(),
        }
    }

    /// What was promised, in the unit that the name says.
    pub fn target(self) -> f64 {
        match self {
            Self::Availability { target, .. } => target.as_f64(),
            Self::Latency { target, .. } | Self::Recovery { target, .. } => target.as_secs_f64(),
        }
    }

    /// What came out, in the unit that the name says.
    pub fn found(self) -> Option<f64> {
        match self {
            Self::Availability { found, .. } => found,
            Self::Latency { found, .. } | Self::Recovery { found, .. } => found.map(Duration::as_secs_f64),
        }
    }
}

/// Judges every promise to every workload, in their order. `judgement` is that of the run, which recovery is read from.
pub fn judge_objectives(
    settings: &ObjectiveSettings,
    run: &Run,
    judgement: Option<&Judgement>,
) -> Vec<ObjectiveJudgement> {
    let mut found = Vec::new();
    for workload in &run.workloads {
        let mut add = |(objective, met): (Objective, Option<bool>)| {
            found.push(ObjectiveJudgement { workload: workload.name.clone(), objective, met });
        };
        if let Some(target) = settings.availability {
            add(availability(target, &workload.totals));
        }
        let wanted = settings.latency.clone().unwrap_or_default();
        let latency = &workload.totals.latency;
        for (quantile, target, ns) in [
            ("p50", wanted.p50, latency.p50_ns),
            ("p90", wanted.p90, latency.p90_ns),
            ("p99", wanted.p99, latency.p99_ns),
            ("p999", wanted.p999, latency.p999_ns),
        ] {
            if let Some(target) = target {
                add(self::latency(quantile, target, latency, ns, ended(&workload.totals)));
            }
        }
        if let Some(target) = settings.recovery {
            let judged =
                judgement.and_then(|it| it.workloads.iter().find(|judged| judged.name == workload.name));
            add(recovery(target, judged));
        }
    }
    found
}

/// Requests that have ended, and could be good.
fn ended(totals: &WorkloadTotals) -> u64 {
    totals.good + totals.ok_late + totals.failed.iter().sum::<u64>()
}

fn availability(target: Share, totals: &WorkloadTotals) -> (Objective, Option<bool>) {
    let valid = ended(totals);
    let found = (valid > 0).then(|| totals.good as f64 / valid as f64);
    // Exactly: good / valid >= target.
    let met = u128::from(totals.good) * 1_000_000_000 >= u128::from(valid) * u128::from(target.billionths());
    (Objective::Availability { target, found }, found.map(|_| met))
}

fn latency(
    quantile: &'static str,
    target: Duration,
    latency: &Quantiles,
    ns: u64,
    ended: u64,
) -> (Objective, Option<bool>) {
    let found = (latency.count > 0).then(|| Duration::from_ns(ns));
    // Where everything fails, nothing was fast enough.
    let met = found.map_or((ended > 0).then_some(false), |found| Some(found <= target));
    (Objective::Latency { quantile, target, found }, met)
}

fn recovery(target: Duration, judged: Option<&WorkloadJudgement>) -> (Objective, Option<bool>) {
    let (found, met) = match judged.map(|judged| (judged.verdict, judged.time_to_recovery)) {
        // There is nothing to recover from.
        Some((Verdict::Healthy, _)) => (None, Some(true)),
        Some((Verdict::Unaffected, _)) => (Some(Duration::ZERO), Some(true)),
        Some((Verdict::Recovered, found)) => (found, found.map(|found| found <= target)),
        Some((Verdict::Metastable | Verdict::Unstable(_), _)) => (None, Some(false)),
        Some((Verdict::Undecided(_), _)) | None => (None, None),
    };
    (Objective::Recovery { target, found }, met)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::Class;

    fn totals(good: u64, failed: u64, unfinished: u64) -> WorkloadTotals {
        let mut totals =
            WorkloadTotals { offered: good + failed + unfinished, good, unfinished, ..Default::default() };
        totals.failed[Class::ServerError.index()] = failed;
        totals
    }

    #[test]
    fn what_has_not_ended_is_neither_good_nor_bad() {
        let target: Share = "99.9%".parse().unwrap();
        assert_eq!(availability(target, &totals(999, 1, 500)).1, Some(true), "exactly the target");
        assert_eq!(availability(target, &totals(998, 1, 0)).1, Some(false));
        assert_eq!(availability(target, &totals(0, 0, 5)).1, None);
        assert_eq!(availability(Share::ONE, &totals(3, 0, 0)).1, Some(true));
    }

    #[test]
    fn nothing_that_succeeds_is_not_fast() {
        let target = Duration::from_secs(1);
        let mut quantiles = Quantiles::default();
        assert_eq!(latency("p99", target, &quantiles, 0, 0).1, None);
        assert_eq!(latency("p99", target, &quantiles, 0, 7).1, Some(false));
        quantiles.count = 1;
        assert_eq!(latency("p99", target, &quantiles, 1_000_000_000, 7).1, Some(true));
        assert_eq!(latency("p99", target, &quantiles, 1_000_000_001, 7).1, Some(false));
    }
}
