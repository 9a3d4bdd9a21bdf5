//! The state machine of a circuit breaker.

use super::window::{Extent, Tally, Window};
use super::{CircuitBreakerSettings, LateResults, Level, Per, SuccessRule};
use crate::kernel::random::Draws;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::retry::{Backoff, BackoffState};

const BILLION: u64 = 1_000_000_000;
/// A threshold that no share reaches.
const NEVER: u64 = u64::MAX;

/// A circuit breaker, ready to be asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CircuitBreaker {
    level: Level,
    per: Per,
    extent: Extent,
    minimum_calls: u64,
    /// While it is half-open.
    minimum_probes: u64,
    /// In billionths.
    failure_threshold: u64,
    slow_threshold: u64,
    consecutive_failures: u32,
    slow_after: Duration,
    open_duration: Backoff,
    half_open_max_calls: u32,
    half_open_max_wait: Option<Duration>,
    success_rule: SuccessRule,
    discards_late: bool,
    /// A bit for each [`Class::index`].
    failures: u16,
    ignored: u16,
}

/// Where a breaker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Everything passes.
    Closed,
    /// Nothing passes, until after this instant.
    Open {
        /// Somebody who calls later is let through.
        until: Time,
    },
    /// A few pass.
    HalfOpen {
        /// Since when.
        since: Time,
        /// How many were let through.
        admitted: u32,
    },
}

/// What a breaker remembers.
#[derive(Clone, PartialEq, Debug)]
pub struct CircuitBreakerState {
    phase: Phase,
    /// The outcomes of the phase; while it is open, those of the one before.
    window: Window,
    half_open: Tally,
    /// Failures in a row, or successes in a row while it is half-open.
    in_a_row: u32,
    /// How often it opened since it was last closed.
    opens: u32,
    backoff: BackoffState,
    /// How often it opened at all.
    opened: u64,
    /// Changes with the phase.
    generation: u32,
}

/// A call that was let through. It is given back with the outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Permit(u32);

/// Why a call was not let through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The breaker is open.
    Open,
    /// It is half-open, and as many as may pass have passed.
    HalfOpenFull,
}

impl CircuitBreakerState {
    /// Where the breaker is, as it was left by the last use.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation = self.generation.wrapping_add(1);
        self.in_a_row = 0;
        self.half_open = Tally::default();
    }
}

impl CircuitBreaker {
    /// Compiles settings that [`CircuitBreakerSettings::check`] found no error in.
    pub fn new(settings: &CircuitBreakerSettings) -> Self {
        let bits = |classes: &[Class]| classes.iter().fold(0, |bits, class| bits | 1 << class.index());
        let threshold = |share: crate::quantity::Limit<crate::quantity::Share>| {
            share.limited().map_or(NEVER, |share| u64::from(share.billionths()))
        };
        Self {
            level: settings.level,
            per: settings.per,
            extent: Extent::new(&settings.window),
            minimum_calls: u64::from(match Extent::new(&settings.window) {
                Extent::Count(size) => settings.minimum_calls.min(size),
                Extent::Time { .. } => settings.minimum_calls,
            }),
            minimum_probes: u64::from(settings.minimum_calls.min(settings.half_open_max_calls)),
            failure_threshold: threshold(settings.failure_rate_threshold),
            slow_threshold: threshold(settings.slow_call_rate_threshold),
            consecutive_failures: settings.consecutive_failures.limited().unwrap_or(u32::MAX),
            slow_after: settings.slow_call_duration_threshold,
            open_duration: Backoff::new(&settings.open_duration),
            half_open_max_calls: settings.half_open_max_calls,
            half_open_max_wait: settings.half_open_max_wait.limited(),
            success_rule: settings.half_open_success_rule,
            discards_late: settings.late_results == LateResults::Discard,
            failures: bits(&settings.counts_as_failure),
            ignored: bits(&settings.counts_as_ignored),
        }
    }

    /// What it lets through or refuses.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// What it protects.
    pub const fn per(&self) -> Per {
        self.per
    }

    /// A breaker at the beginning: closed.
    pub const fn start(&self) -> CircuitBreakerState {
        CircuitBreakerState {
            phase: Phase::Closed,
            window: Window::new(self.extent),
            half_open: Tally { calls: 0, failed: 0, slow: 0 },
            in_a_row: 0,
            opens: 0,
            backoff: BackoffState::new(),
            opened: 0,
            generation: 0,
        }
    }

    /// As at the beginning, but for how often it opened: what is drawn next is another length.
    pub fn restart(&self, state: &mut CircuitBreakerState) {
        *state = CircuitBreakerState { opened: state.opened, ..self.start() };
    }

    /// Whether it would let a call through.
    pub fn would_admit(
        &self,
        state: &mut CircuitBreakerState,
        now: Time,
        draws: impl Fn(u64) -> Draws,
    ) -> bool {
        self.settle(state, now, draws);
        match state.phase {
            Phase::Closed => true,
            Phase::Open { until } => now > until,
            Phase::HalfOpen { admitted, .. } => admitted < self.half_open_max_calls,
        }
    }

    fn has_waited_too_long(&self, since: Time, now: Time) -> bool {
        self.half_open_max_wait.is_some_and(|wait| now > since + wait)
    }

    /// Lets a call through, or not. `draws` gives what is drawn for the n-th time that it opens.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(
        &self,
        state: &mut CircuitBreakerState,
        now: Time,
        draws: impl Fn(u64) -> Draws,
    ) -> Result<Permit, Refusal> {
        self.settle(state, now, draws);
        match &mut state.phase {
            Phase::Closed => {}
            Phase::Open { until } if now > *until => {
                state.enter(Phase::HalfOpen { since: now, admitted: 1 });
            }
            Phase::Open { .. } => return Err(Refusal::Open),
            Phase::HalfOpen { admitted, .. } if *admitted < self.half_open_max_calls => *admitted += 1,
            Phase::HalfOpen { .. } => return Err(Refusal::HalfOpenFull),
        }
        Ok(Permit(state.generation))
    }

    /// A half-open breaker whose probes have taken too long opened at that instant. Every other function begins with this.
    pub fn settle(&self, state: &mut CircuitBreakerState, now: Time, draws: impl Fn(u64) -> Draws) {
        if let Phase::HalfOpen { since, .. } = state.phase
            && self.has_waited_too_long(since, now)
        {
            let at = self.half_open_max_wait.map_or(now, |wait| since + wait);
            self.open(state, at, draws);
        }
    }

    fn open(&self, state: &mut CircuitBreakerState, at: Time, draws: impl Fn(u64) -> Draws) {
        state.opens = state.opens.saturating_add(1);
        let mut drawn = draws(state.opened);
        state.opened += 1;
        let length = self.open_duration.delay(state.opens, &mut state.backoff, &mut drawn);
        state.enter(Phase::Open { until: at + length });
    }

    fn close(state: &mut CircuitBreakerState) {
        state.enter(Phase::Closed);
        state.window.clear();
        state.opens = 0;
        state.backoff = BackoffState::new();
    }

    /// What was let through with `permit` has ended with `class` after `took`.
    pub fn record(
        &self,
        state: &mut CircuitBreakerState,
        now: Time,
        permit: Permit,
        (class, took): (Class, Duration),
        draws: impl Fn(u64) -> Draws,
    ) {
        self.settle(state, now, &draws);
        let is_late = permit.0 != state.generation;
        if is_late && self.discards_late {
            return;
        }
        if self.ignored >> class.index() & 1 == 1 {
            // Somebody else may take its place.
            if let Phase::HalfOpen { admitted, .. } = &mut state.phase
                && !is_late
            {
                *admitted -= 1;
            }
            return;
        }
        let has_failed = self.failures >> class.index() & 1 == 1;
        let outcome =
            Tally { calls: 1, failed: u64::from(has_failed), slow: u64::from(took > self.slow_after) };
        match state.phase {
            Phase::Closed => {
                let sum = state.window.record(now, outcome);
                state.in_a_row = if has_failed { state.in_a_row.saturating_add(1) } else { 0 };
                let is_enough = sum.calls >= self.minimum_calls && self.is_too_high(sum);
                if is_enough || state.in_a_row >= self.consecutive_failures {
                    self.open(state, now, draws);
                }
            }
            // Counted, for nobody: what closes it again begins anew.
            Phase::Open { .. } => {}
            Phase::HalfOpen { .. } => self.judge_probe(state, now, outcome, draws),
        }
    }

    fn judge_probe(
        &self,
        state: &mut CircuitBreakerState,
        now: Time,
        outcome: Tally,
        draws: impl Fn(u64) -> Draws,
    ) {
        let sum = &mut state.half_open;
        sum.calls += outcome.calls;
        sum.failed += outcome.failed;
        sum.slow += outcome.slow;
        let sum = *sum;
        let permitted = u64::from(self.half_open_max_calls);
        let (is_bad, is_decided) = match self.success_rule {
            SuccessRule::Rate => (self.is_too_high(sum), sum.calls >= self.minimum_probes),
            SuccessRule::AllConsecutive => (sum.failed > 0, sum.failed > 0 || sum.calls >= permitted),
            SuccessRule::First => (sum.failed > 0, true),
        };
        match (is_decided, is_bad) {
            (true, true) => self.open(state, now, draws),
            (true, false) => Self::close(state),
            (false, _) => {}
        }
    }

    fn is_too_high(&self, sum: Tally) -> bool {
        let reaches = |part: u64, threshold: u64| {
            threshold != NEVER
                && u128::from(part) * u128::from(BILLION) >= u128::from(threshold) * u128::from(sum.calls)
        };
        reaches(sum.failed, self.failure_threshold) || reaches(sum.slow, self.slow_threshold)
    }
}
