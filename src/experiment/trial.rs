//! A run and its twin.

use super::forest::simulate_plans;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::analysis::{Evidence, Judgement, MissingRun, ObjectiveJudgement, judge, judge_objectives};
use crate::kernel::Duration;
use crate::mechanism::arrivals::TraceError;
use crate::model::Model;
use crate::observe::{Checker, Facts, Metrics, Run, Violation};
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

    /// So many runs are further by so much.
    pub(super) fn simulated_more(&self, time: Duration, runs: u64) {
        self.simulated_ns.fetch_add(time.as_ns().saturating_mul(runs), Ordering::Relaxed);
    }

    pub(super) fn is_cancelled(&self) -> bool {
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

/// A system that can run, as what was written and as what the engine runs on.
#[derive(Clone, Copy, Debug)]
pub struct Variant<'a> {
    /// With what it changes.
    pub model: &'a Model,
    /// The same for the engine.
    pub plan: &'a Plan,
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
        let variant = Variant { model, plan };
        let mut trials = Self::conduct_all(&[variant], seed, options, progress)?;
        Ok(trials.pop().expect("invariant: one variant is one trial"))
    }

    /// The same for several variants under one seed. What their runs and twins have in common is simulated once.
    ///
    /// # Errors
    /// As those of [`Trial::conduct`].
    pub fn conduct_all(
        variants: &[Variant<'_>],
        seed: u64,
        options: TrialOptions,
        progress: &Progress,
    ) -> Result<Vec<Self>, Stopped> {
        let twin_of = |variant: &Variant<'_>| {
            (options.with_twin && variant.plan.has_triggers()).then(|| variant.plan.without_triggers())
        };
        let twins: Vec<Option<Plan>> = variants.iter().map(twin_of).collect();
        let plans = variants.iter().zip(&twins);
        let plans: Vec<&Plan> =
            plans.flat_map(|(variant, twin)| [variant.plan].into_iter().chain(twin)).collect();
        let mut runs = simulate_all(&plans, seed, options.check, progress)?.into_iter();
        let mut next = || runs.next().expect("invariant: every plan has its run");
        let with_twin = |(variant, twin): (&Variant<'_>, &Option<Plan>)| {
            let (run, mut violations) = next();
            let twin_run = twin.as_ref().map(|_| {
                let (run, more) = next();
                violations.extend(more);
                run
            });
            let Variant { model, plan } = *variant;
            let judgement =
                judgement(model, twin.as_ref().unwrap_or(plan), &run, twin_run.as_ref(), progress)?;
            let objectives = judge_objectives(&model.objectives, &run, judgement.as_ref());
            Ok(Self { run, twin: twin_run, judgement, objectives, violations })
        };
        variants.iter().zip(&twins).map(with_twin).collect()
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
            let single = simulate_one(&plan, run.seed, progress)?;
            let evidence = Evidence { single_attempt_twin: Some(&single), ..evidence };
            Ok(judge(&model.judge, &evidence).ok())
        }
    }
}

/// The run of one plan, from begin to end.
///
/// # Errors
/// As those of [`Trial::conduct`].
pub(super) fn simulate_one(plan: &Plan, seed: u64, progress: &Progress) -> Result<Run, Stopped> {
    let mut runs = simulate_all(&[plan], seed, false, progress)?;
    let (run, _) = runs.pop().expect("invariant: one plan is one run");
    Ok(run)
}

/// The runs of plans under a seed, with what breaks the laws of conservation if that is checked.
fn simulate_all(
    plans: &[&Plan],
    seed: u64,
    check: bool,
    progress: &Progress,
) -> Result<Vec<(Run, Vec<Violation>)>, Stopped> {
    if check {
        let observer = |plan: &Plan| (Metrics::new(plan), Checker::new(plan));
        let watched = simulate_plans(plans, seed, observer, progress)?;
        let ended = plans.iter().zip(watched).map(|(plan, (facts, (metrics, checker)))| {
            (metrics.into_run(plan, facts), checker.violations().to_vec())
        });
        return Ok(ended.collect());
    }
    let watched = simulate_plans(plans, seed, Metrics::new, progress)?;
    let ended = plans.iter().zip(watched);
    Ok(ended.map(|(plan, (facts, metrics))| (metrics.into_run(plan, facts), Vec::new())).collect())
}
