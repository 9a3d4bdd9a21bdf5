//! The same trial under several seeds.

use rayon::prelude::*;

use super::{Progress, Stopped, Trial, TrialOptions};
use crate::analysis::{Judgement, Verdict};
use crate::kernel::Duration;
use crate::model::Model;
use crate::observe::Violation;
use crate::plan::Plan;

/// What is kept of the trial under one seed.
#[derive(Clone, PartialEq, Debug)]
pub struct Replicate {
    /// The seed.
    pub seed: u64,
    /// The verdict; `None` if it needs a twin that was not asked for.
    pub verdict: Option<Verdict>,
    /// One per workload, by name.
    pub workloads: Vec<ReplicateWorkload>,
    /// The digest of the run.
    pub digest: [u8; 32],
    /// The laws of conservation that did not hold, if they were checked.
    pub violations: Vec<Violation>,
}

/// One workload under one seed.
#[derive(Clone, PartialEq, Debug)]
pub struct ReplicateWorkload {
    /// The name in the model.
    pub name: String,
    /// Its verdict.
    pub verdict: Option<Verdict>,
    /// Requests after the warm-up, without those that a trigger added.
    pub offered: u64,
    /// Of those, the ones that succeeded while still wanted.
    pub good: u64,
    /// Goodput in the final window as a share of the twin's.
    pub final_ratio: Option<f64>,
    /// From the trigger's end until goodput was back for good; only if it recovered.
    pub time_to_recovery: Option<Duration>,
}

/// Conducts a trial per seed, many at a time, and keeps what fits into a line; the result does not depend on how many at a time.
///
/// # Errors
/// If `progress` was told to cancel.
pub fn conduct_replicates(
    model: &Model,
    plan: &Plan,
    seeds: &[u64],
    options: TrialOptions,
    progress: &Progress,
) -> Result<Vec<Replicate>, Stopped> {
    seeds
        .par_iter()
        .map(|&seed| Trial::conduct(model, plan, seed, options, progress).map(Replicate::new))
        .collect()
}

impl Replicate {
    fn new(trial: Trial) -> Self {
        let Trial { run, judgement, violations, .. } = trial;
        let of_workload = |name: &str| {
            let of = |judgement: &Judgement| {
                judgement.workloads.iter().find(|workload| workload.name == name).cloned()
            };
            judgement.as_ref().and_then(of)
        };
        let workloads = run.workloads.iter().map(|workload| {
            let judged = of_workload(&workload.name);
            ReplicateWorkload {
                name: workload.name.clone(),
                verdict: judged.as_ref().map(|judged| judged.verdict),
                offered: workload.totals.offered,
                good: workload.totals.good,
                final_ratio: judged.as_ref().and_then(|judged| judged.final_ratio),
                time_to_recovery: judged.as_ref().and_then(|judged| judged.time_to_recovery),
            }
        });
        Self {
            seed: run.seed,
            verdict: judgement.as_ref().map(|judgement| judgement.verdict),
            workloads: workloads.collect(),
            digest: run.digest,
            violations,
        }
    }
}
