//! A published case, tried under many seeds.

use metastable::analysis::{Evidence, Verdict, judge};
use metastable::model::Model;
use metastable::observe::Run;
use metastable::plan::Plan;

use crate::util::{self, for_seeds};

/// A case: a model and the seconds that its source looks at.
#[derive(Debug)]
pub(crate) struct Case {
    model: Model,
    plan: Plan,
    twin: Plan,
    window_s: (usize, usize),
}

/// What one seed showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    pub(crate) verdict: Verdict,
    pub(crate) window: Window,
}

/// What was counted in the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) seconds: u64,
    pub(crate) offered: u64,
    pub(crate) good: u64,
    pub(crate) attempts: u64,
}

impl Case {
    /// A model with intervals of 1 s, judged in `[window_s.0, window_s.1)`.
    pub(crate) fn new(text: &str, window_s: (usize, usize)) -> Self {
        Self::of(util::model(text), window_s)
    }

    /// The same of a model that was read.
    pub(crate) fn of(model: Model, window_s: (usize, usize)) -> Self {
        let plan = util::plan(&model);
        let twin = plan.without_triggers();
        assert_eq!(model.run.interval.as_ns(), 1_000_000_000);
        assert!(plan.has_triggers() && !twin.has_triggers());
        Self { model, plan, twin, window_s }
    }

    /// Tries the seeds `1..=seeds`. The first is run twice: the same seed gives the same run, to the last bit.
    pub(crate) fn try_seeds(&self, seeds: u64) -> Vec<Outcome> {
        let again = util::run(&self.plan, 1);
        for_seeds(seeds, |seed| {
            let run = util::run(&self.plan, seed);
            if seed == again.seed {
                assert_eq!(run.digest, again.digest, "the same seed gives the same digest");
                assert!(run == again, "the same seed gives the same run");
            }
            self.outcome(&run)
        })
    }

    fn outcome(&self, run: &Run) -> Outcome {
        let twin = util::run(&self.twin, run.seed);
        // Whole minutes, from the second on: a shorter stretch, or the first requests, may miss the mark by chance alone.
        for begin_s in (60..twin.row_count().saturating_sub(59)).step_by(60) {
            let minute = Window::of(&twin, (begin_s, begin_s + 60));
            assert!(
                minute.has_recovered(),
                "the twin of seed {} is unhealthy at {begin_s} s: {minute:?}",
                run.seed
            );
        }
        assert!(Window::of(&twin, (0, twin.row_count())).has_recovered(), "the twin of seed {}", run.seed);
        let evidence =
            Evidence { faults: &self.model.faults, run, twin: Some(&twin), single_attempt_twin: None };
        let judgement =
            judge(&self.model.judge, &evidence).expect("the twin is healthy, so its word is enough");
        Outcome { seed: run.seed, verdict: judgement.verdict, window: Window::of(run, self.window_s) }
    }
}

impl Window {
    fn of(run: &Run, (begin_s, end_s): (usize, usize)) -> Self {
        let requests = &run.workloads[0].rows[begin_s..end_s];
        let calls = &run.edges[0].rows[begin_s..end_s];
        Self {
            seconds: requests.len() as u64,
            offered: requests.iter().map(|row| row.offered).sum(),
            good: requests.iter().map(|row| row.good).sum(),
            attempts: calls.iter().map(|row| row.attempts).sum(),
        }
    }

    /// The rule of the reference cases: nine tenths of what was offered.
    pub(crate) fn has_recovered(&self) -> bool {
        10 * self.good >= 9 * self.offered
    }

    /// Goodput of at most 2 % of the arrivals, and as many attempts for each as the policy allows, within 3 %.
    pub(crate) fn has_collapsed(&self, max_attempts: u64) -> bool {
        let all = self.offered * max_attempts;
        50 * self.good <= self.offered && 100 * self.attempts.abs_diff(all) <= 3 * all
    }

    /// Both windows together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            seconds: self.seconds + other.seconds,
            offered: self.offered + other.offered,
            good: self.good + other.good,
            attempts: self.attempts + other.attempts,
        }
    }

    pub(crate) fn attempts_per_s(&self) -> f64 {
        self.attempts as f64 / self.seconds as f64
    }

    /// The standard error of [`Window::attempts_per_s`], if requests come at random and each makes so many attempts.
    fn attempts_per_s_error(&self, max_attempts: u64) -> f64 {
        (self.offered as f64).sqrt() * max_attempts as f64 / self.seconds as f64
    }
}

impl Outcome {
    pub(crate) fn has_recovered(&self) -> bool {
        self.window.has_recovered() && self.verdict == Verdict::Recovered
    }

    fn has_collapsed(&self, max_attempts: u64) -> bool {
        self.window.has_collapsed(max_attempts) && self.verdict == Verdict::Metastable
    }
}

/// Every seed recovers, by the window and by the verdict.
#[track_caller]
pub(crate) fn assert_all_recover(outcomes: &[Outcome]) {
    let others: Vec<_> = outcomes.iter().filter(|outcome| !outcome.has_recovered()).collect();
    assert!(others.is_empty(), "{} of {} did not recover: {others:#?}", others.len(), outcomes.len());
}

/// Every seed stays down, by the window and by the verdict.
#[track_caller]
pub(crate) fn assert_all_collapse(outcomes: &[Outcome], max_attempts: u64) {
    let others: Vec<_> = outcomes.iter().filter(|outcome| !outcome.has_collapsed(max_attempts)).collect();
    assert!(others.is_empty(), "{} of {} did not stay down: {others:#?}", others.len(), outcomes.len());
}

/// All seeds together send so many attempts per second, within four standard errors.
#[track_caller]
pub(crate) fn assert_attempts_per_s(outcomes: &[Outcome], expected: f64, max_attempts: u64) {
    let windows = outcomes.iter().map(|outcome| outcome.window);
    let total = windows.reduce(Window::and).expect("invariant: at least one seed was tried");
    let (found, error) = (total.attempts_per_s(), total.attempts_per_s_error(max_attempts));
    assert!((found - expected).abs() <= 4.0 * error, "{found} attempts/s instead of {expected}, +-{error}");
}
