//! Trials that share a twin: the twin does not depend on the triggers, so many schedules of faults are judged against one.

use std::sync::OnceLock;

use super::trial::simulate_one;
use super::{Progress, Stopped, Trial};
use crate::analysis::{Evidence, MissingRun, judge, judge_objectives};
use crate::model::Model;
use crate::observe::Run;
use crate::plan::Plan;

/// A run without triggers, and what it takes to judge others by it.
#[derive(Debug)]
pub struct Twin {
    plan: Plan,
    run: Run,
    /// The same with one attempt per call; asked for only if the twin is not healthy.
    single: OnceLock<Run>,
}

impl Twin {
    /// Runs a plan without its triggers.
    ///
    /// # Errors
    /// If `progress` was told to cancel, or a trace was changed while it was replayed.
    pub fn of(plan: &Plan, seed: u64, progress: &Progress) -> Result<Self, Stopped> {
        let plan = plan.without_triggers();
        let run = simulate_one(&plan, seed, progress)?;
        Ok(Self { plan, run, single: OnceLock::new() })
    }

    fn single(&self, progress: &Progress) -> Result<&Run, Stopped> {
        if let Some(single) = self.single.get() {
            return Ok(single);
        }
        let run = simulate_one(&self.plan.with_single_attempts(), self.run.seed, progress)?;
        Ok(self.single.get_or_init(|| run))
    }

    /// Runs a model whose world is that of this twin, and judges it.
    ///
    /// # Errors
    /// If `progress` was told to cancel, or a trace was changed while it was replayed.
    pub fn conduct(&self, model: &Model, plan: &Plan, progress: &Progress) -> Result<Trial, Stopped> {
        let (run, twin) = if plan.has_triggers() {
            (simulate_one(plan, self.run.seed, progress)?, Some(self.run.clone()))
        } else {
            (self.run.clone(), None)
        };
        let evidence =
            Evidence { faults: &model.faults, run: &run, twin: twin.as_ref(), single_attempt_twin: None };
        let judgement = match judge(&model.judge, &evidence) {
            Ok(judgement) => Some(judgement),
            Err(MissingRun::Twin) => None,
            Err(MissingRun::SingleAttemptTwin) => {
                let single = self.single(progress)?;
                judge(&model.judge, &Evidence { single_attempt_twin: Some(single), ..evidence }).ok()
            }
        };
        let objectives = judge_objectives(&model.objectives, &run, judgement.as_ref());
        Ok(Trial { run, twin, judgement, objectives, violations: Vec::new() })
    }
}
