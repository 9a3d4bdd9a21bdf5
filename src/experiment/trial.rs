//! A run and its twin.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::analysis::{Evidence, Judgement, MissingRun, ObjectiveJudgement, judge, judge_objectives};
use crate::kernel::{Duration, Time};
use crate::mechanism::arrivals::TraceError;
use crate::model::Model;
use crate::observe::{Checker, Facts, Metrics, Observer, Run, Violation};
use crate::plan::Plan;
use crate::sim::Simulation;

/// Simulates a plan under a seed, from begin to end. A trace that cannot be read any more ends where it is; [`Trial::conduct`] refuses that.
pub fn simulate(plan: &Plan, seed: u64) -> Run {
    let mut simulation = Simulation::new(plan, seed, Metrics::new(plan));
    simulation.run();
    let facts = Facts { seed, faults: simulation.faults(), events: simulation.events() };
    simulation.into_observer().into_run(plan, facts)
}

/// What somebody outside may look at and ask for while a trial goes on. It never changes a result.
#[derive(Debug, Default)]
pub struct Progress {
    /// Simulated nanoseconds that are done, over all runs of the trial.
    simulated_ns: AtomicU64,
    is_cancelled: AtomicBool,
}

/// Why a trial has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// It was asked to stop before its end.
    Cancelled,
    /// A file that it reads as it goes on is not what it was when the model was loaded: which workload's, and what is wrong.
    Trace(String, TraceError),
}

impl Progress {
    /// Simulated time that is done, over all runs of the trial.
    pub fn simulated(&self) -> Duration {
        Duration::from_ns(self.simulated_ns.load(Ordering::Relaxed))
    }

    /// Asks the trial to stop soon.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

/// What a trial consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrialOptions {
    /// Whether to run the twin, without which a run with triggers cannot be judged.
    pub with_twin: bool,
    /// Whether to keep the books of conservation while running.
    pub check: bool,
}

/// A run, and what it is judged against.
#[derive(Clone, PartialEq, Debug)]
pub struct Trial {
    /// The world with its triggers.
    pub run: Run,
    /// The same world and seed without them; `None` if there are none, or if it was not asked for.
    pub twin: Option<Run>,
    /// The verdict; `None` if it needs a twin that was not asked for.
    pub judgement: Option<Judgement>,
    /// Whether the promises of the model were kept.
    pub objectives: Vec<ObjectiveJudgement>,
    /// The laws of conservation that did not hold, if they were checked.
    pub violations: Vec<Violation>,
}

impl Trial {
    /// Simulates a model and, if it has triggers, its twin, at the same time where there are threads for it; then judges.
    ///
    /// # Errors
    /// If `progress` was told to cancel, or a trace was changed while it was replayed.
    pub fn conduct(
        model: &Model,
        plan: &Plan,
        seed: u64,
        options: TrialOptions,
        progress: &Progress,
    ) -> Result<Self, Stopped> {
        let twin_plan = (options.with_twin && plan.has_triggers()).then(|| plan.without_triggers());
        let actual = || simulate_in_slices(plan, seed, options.check, progress);
        let twin = || {
            twin_plan.as_ref().map(|plan| simulate_in_slices(plan, seed, options.check, progress)).transpose()
        };
        #[cfg(feature = "cli")]
        let (actual, twin) = rayon::join(actual, twin);
        #[cfg(not(feature = "cli"))]
        let (actual, twin) = (actual(), twin());
        let (run, mut violations) = actual?;
        let twin = twin?.map(|(twin, more)| {
            violations.extend(more);
            twin
        });
        let judgement = judgement(model, twin_plan.as_ref().unwrap_or(plan), &run, twin.as_ref(), progress)?;
        let objectives = judge_objectives(&model.objectives, &run, judgement.as_ref());
        Ok(Self { run, twin, judgement, objectives, violations })
    }

    /// How many runs [`Trial::conduct`] simulates, a third one for an unhealthy twin left aside.
    pub fn run_count(plan: &Plan, options: TrialOptions) -> u64 {
        1 + u64::from(options.with_twin && plan.has_triggers())
    }
}

/// Judges; an unhealthy twin takes one more run, which tells overload from collapse without a trigger.
fn judgement(
    model: &Model,
    twin_plan: &Plan,
    run: &Run,
    twin: Option<&Run>,
    progress: &Progress,
) -> Result<Option<Judgement>, Stopped> {
    let evidence = Evidence { faults: &model.faults, run, twin, single_attempt_twin: None };
    match judge(&model.judge, &evidence) {
        Ok(judgement) => Ok(Some(judgement)),
        Err(MissingRun::Twin) => Ok(None),
        Err(MissingRun::SingleAttemptTwin) => {
            let plan = twin_plan.with_single_attempts();
            let (single, _) = simulate_in_slices(&plan, run.seed, false, progress)?;
            let evidence = Evidence { single_attempt_twin: Some(&single), ..evidence };
            Ok(judge(&model.judge, &evidence).ok())
        }
    }
}

/// One run, with what breaks the laws of conservation if that is checked.
pub(super) fn simulate_in_slices(
    plan: &Plan,
    seed: u64,
    check: bool,
    progress: &Progress,
) -> Result<(Run, Vec<Violation>), Stopped> {
    if check {
        let observer = (Metrics::new(plan), Checker::new(plan));
        let (facts, (metrics, checker)) = watch(plan, seed, observer, progress)?;
        return Ok((metrics.into_run(plan, facts), checker.violations().to_vec()));
    }
    let (facts, metrics) = watch(plan, seed, Metrics::new(plan), progress)?;
    Ok((metrics.into_run(plan, facts), Vec::new()))
}

/// Simulates in slices of a hundredth, between which progress is told and asked for.
fn watch<O: Observer>(
    plan: &Plan,
    seed: u64,
    observer: O,
    progress: &Progress,
) -> Result<(Facts, O), Stopped> {
    let mut simulation = Simulation::new(plan, seed, observer);
    let slice = Duration::from_ns(plan.duration.as_ns().div_ceil(100));
    let mut end = Time::ZERO;
    for _ in 0..100 {
        if progress.is_cancelled() {
            return Err(Stopped::Cancelled);
        }
        end = end + slice;
        simulation.run_until(end);
        progress.simulated_ns.fetch_add(slice.as_ns(), Ordering::Relaxed);
    }
    if let Some((workload, error)) = simulation.trace_error() {
        return Err(Stopped::Trace(workload.to_owned(), error.clone()));
    }
    let facts = Facts { seed, faults: simulation.faults(), events: simulation.events() };
    Ok((facts, simulation.into_observer()))
}
