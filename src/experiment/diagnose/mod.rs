//! Why a system does not come back, and what would bring it back.
//!
//! The world is copied soon after the last trigger has ended, and each copy goes on without one of the feedbacks that it has: those without which it comes back keep it down. "Soon" is as long
//! as goodput must hold to count: a flush of a cache is over at once, and at that instant there is no backlog yet that could be taken away. Later, when a person acts, it is copied again, and in
//! each copy an operator does one thing. All of them have the past and the luck of the run that is explained.

mod intervention;
mod search;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::forest::advance;
use super::parallel::each;
use super::{Progress, Stopped, Trial, TrialOptions};
use crate::analysis::{Evidence, Judgement, Verdict, judge};
use crate::kernel::{Duration, Time};
use crate::mechanism::Problem;
use crate::mechanism::fault::Role;
use crate::model::{Diagnostics, Model};
use crate::observe::{Facts, Metrics, Run};
use crate::plan::{Feedback, Plan};
use crate::quantity::Files;
use crate::sim::Simulation;

use self::intervention::{Operator, Unprepared};

pub use self::intervention::{Action, Remedy};

/// What a run shows when something is taken away, or done.
#[derive(Clone, PartialEq, Debug)]
pub struct Aftermath {
    /// That of the worst workload.
    pub verdict: Verdict,
    /// From then to the begin of the first hold window after which goodput stayed up; only if recovered.
    pub time_to_recovery: Option<Duration>,
    /// Goodput in the final window as a share of the twin's.
    pub final_ratio: Option<f64>,
}

impl Aftermath {
    /// Whether it came back.
    pub fn is_back(&self) -> bool {
        matches!(self.verdict, Verdict::Recovered | Verdict::Unaffected | Verdict::Healthy)
    }
}

/// A feedback that was taken away alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Removal {
    /// Which.
    pub feedback: Feedback,
    /// What it is called.
    pub name: String,
    /// What followed.
    pub after: Aftermath,
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub enum Finding {
    /// The run is not one that stays down after its triggers: there is no loop to look for.
    NotDown,
    /// It is down after the triggers.
    Down {
        /// Each feedback that the system has, taken away alone.
        removals: Vec<Removal>,
        /// If none alone is enough: the fewest that are, taken away together; empty if not even all of them are.
        together: Vec<String>,
        /// What an operator may do, in the order in which it is told.
        remedies: Vec<Remedy>,
    },
}

/// Why a system does not come back.
#[derive(Clone, PartialEq, Debug)]
pub struct Diagnosis {
    /// The run that is explained.
    pub judgement: Judgement,
    /// When feedbacks were taken away: so long after the last trigger that what it left behind is there, namely as long as goodput must hold to count.
    pub down: Option<Time>,
    /// When the operator acts.
    pub acts: Option<Time>,
    /// What was found.
    pub finding: Finding,
}

impl Diagnosis {
    /// The names of what keeps it down: each alone is needed for that, or all of them together are.
    pub fn loops(&self) -> Vec<&str> {
        match &self.finding {
            Finding::NotDown => Vec::new(),
            Finding::Down { removals, together, .. } if together.is_empty() => {
                let needed = removals.iter().filter(|removal| removal.after.is_back());
                needed.map(|removal| removal.name.as_str()).collect()
            }
            Finding::Down { together, .. } => together.iter().map(String::as_str).collect(),
        }
    }
}

/// Why there is no diagnosis.
#[derive(Debug)]
pub enum Undiagnosed {
    /// A run came to no end.
    Stopped(Stopped),
    /// The model with all that an operator may do is none.
    Model(Diagnostics),
    /// A file that the model refers to is not what it should be.
    Files(Vec<Problem>),
    /// The operator would act when the run is over: when the triggers have ended, and how long it lasts.
    TooLate(Time, Duration),
}

impl From<Unprepared> for Undiagnosed {
    fn from(unprepared: Unprepared) -> Self {
        match unprepared {
            Unprepared::Model(findings) => Self::Model(findings),
            Unprepared::Files(problems) => Self::Files(problems),
        }
    }
}

impl From<Stopped> for Undiagnosed {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

/// Runs a model under its seed and, if it stays down after its triggers, looks for what keeps it there and what brings it back. The operator acts so long after the end of the last trigger.
///
/// # Errors
/// If `progress` was told to cancel, a trace was changed while it was replayed, or the run ends before the operator acts.
pub fn diagnose(
    model: &Model,
    files: &dyn Files,
    reaction: Duration,
    progress: &Progress,
) -> Result<Diagnosis, Undiagnosed> {
    let operator = Operator::new(model, files)?;
    let seed = model.run.seed;
    let options = TrialOptions { with_twin: true, check: false };
    let trial = Trial::conduct(model, &operator.idle, seed, options, progress)?;
    let judgement = trial.judgement.expect("invariant: with its twin a run is judged");
    let ended = triggers_ended(&trial.run);
    let (Some(ended), Some(twin), Verdict::Metastable) = (ended, &trial.twin, judgement.verdict) else {
        return Ok(Diagnosis { judgement, down: None, acts: None, finding: Finding::NotDown });
    };
    let down = ended + hold(&judgement);
    let acts = down.max(ended + reaction);
    if acts >= Time::ZERO + model.run.duration {
        return Err(Undiagnosed::TooLate(ended, model.run.duration));
    }
    let ward = Ward { model, operator: &operator, seed, twin, ended, progress };
    let mut world = Simulation::new(&operator.idle, seed, Metrics::new(&operator.idle));
    ward.advance(&mut world, down)?;
    let (removals, together) = ward.remove(&world, down)?;
    ward.advance(&mut world, acts)?;
    let remedies = ward.treat(&world, acts)?;
    let finding = Finding::Down { removals, together, remedies };
    Ok(Diagnosis { judgement, down: Some(down), acts: Some(acts), finding })
}

/// How long goodput must hold to count, of the workload that takes longest.
fn hold(judgement: &Judgement) -> Duration {
    let holds = judgement.workloads.iter().map(|workload| workload.hold).filter(|&hold| hold < Duration::MAX);
    holds.max().unwrap_or_default()
}

/// When the last occurrence of a trigger ended; `None`: there was none, or one goes on.
fn triggers_ended(run: &Run) -> Option<Time> {
    let triggers = run.faults.iter().filter(|fault| fault.role == Role::Trigger);
    triggers.map(|fault| fault.end).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// A world under observation.
struct Ward<'a> {
    model: &'a Model,
    operator: &'a Operator,
    seed: u64,
    twin: &'a Run,
    ended: Time,
    progress: &'a Progress,
}

impl<'a> Ward<'a> {
    fn advance(&self, world: &mut Simulation<'_, Metrics>, until: Time) -> Result<(), Stopped> {
        let slice = Duration::from_ns(self.model.run.duration.as_ns().div_ceil(100).max(1));
        advance(world, until, slice, 1, self.progress)
    }

    /// Goes on to the end of the run.
    fn finish(&self, mut world: Simulation<'_, Metrics>, plan: &Plan) -> Result<Run, Stopped> {
        self.advance(&mut world, Time::ZERO + plan.duration)?;
        if let Some((workload, error)) = world.trace_error() {
            return Err(Stopped::Trace(workload.to_owned(), error.clone()));
        }
        let facts = Facts { seed: self.seed, faults: world.faults(), events: world.events() };
        Ok(world.into_observer().into_run(plan, facts))
    }

    /// What a run shows since an instant, compared with a twin.
    fn aftermath(&self, run: &Run, twin: &Run, since: Time) -> Aftermath {
        let evidence =
            Evidence { faults: &self.model.faults, run, twin: Some(twin), single_attempt_twin: None };
        // The twin is healthy, or the run would not have been metastable; with less load it is the more so.
        let Ok(judgement) = judge(&self.model.judge, &evidence) else {
            return Aftermath {
                verdict: Verdict::Undecided(crate::analysis::Undecided::NothingToCompare),
                time_to_recovery: None,
                final_ratio: None,
            };
        };
        let slowest = judgement.workloads.iter().map(|workload| workload.time_to_recovery).max().flatten();
        let before = since.since(self.ended);
        Aftermath {
            verdict: judgement.verdict,
            time_to_recovery: slowest.map(|after| after.saturating_sub(before)),
            final_ratio: judgement.worst().and_then(|worst| worst.final_ratio),
        }
    }

    /// What follows if these are taken away now.
    fn without(
        &self,
        world: &Simulation<'a, Metrics>,
        removed: &[Feedback],
        at: Time,
    ) -> Result<Aftermath, Stopped> {
        let plan = self.operator.idle.without_feedbacks(removed);
        // The copy lives no longer than its plan.
        let run = self.finish(relieved(world.clone(), &plan, removed), &plan)?;
        Ok(self.aftermath(&run, self.twin, at))
    }

    /// Takes each feedback away alone and, if none is enough, the fewest together that are.
    fn remove(
        &self,
        world: &Simulation<'a, Metrics>,
        at: Time,
    ) -> Result<(Vec<Removal>, Vec<String>), Stopped> {
        let plan = &self.operator.idle;
        let all = plan.feedbacks();
        let alone = each(all.clone(), |feedback| {
            let after = self.without(world, &[feedback], at)?;
            Ok(Removal { feedback, name: plan.feedback_name(feedback), after })
        })?;
        let is_enough = |removed: &[Feedback]| Ok(self.without(world, removed, at)?.is_back());
        if alone.iter().any(|removal| removal.after.is_back()) || !is_enough(&all)? {
            return Ok((alone, Vec::new()));
        }
        let fewest = search::fewest(all, is_enough)?;
        Ok((alone, fewest.into_iter().map(|feedback| plan.feedback_name(feedback)).collect()))
    }
}

/// A world without some feedbacks, under the plan without them.
fn relieved<'p>(
    mut world: Simulation<'p, Metrics>,
    plan: &'p Plan,
    removed: &[Feedback],
) -> Simulation<'p, Metrics> {
    world.relieve(plan, removed);
    world
}

/// A world that goes on under another plan of its kin.
fn following<'p>(mut world: Simulation<'p, Metrics>, plan: &'p Plan) -> Simulation<'p, Metrics> {
    world.follow(plan);
    world
}

/// Names of faults, with their settings as TOML.
type Written = BTreeMap<String, String>;
