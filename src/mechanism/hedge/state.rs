//! When a copy is sent, and what the end of one means for the others.

use super::{HedgeDelaySettings, HedgeSettings, OnHedgeFailure};
use crate::kernel::histogram::Histogram;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::class::ClassSet;
use crate::mechanism::retry_budget::{
    Implementation, RatioSettings, RetryBudget, RetryBudgetSettings, RetryBudgetState,
};

/// How far back the extra load is looked at (Finagle's `RetryBudget.DefaultTtl`).
const EXTRA_LOAD_WINDOW: Duration = Duration::from_ns(10_000_000_000);
/// Full windows that count.
const WINDOWS: usize = 3;

/// Hedging, ready to be asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hedge {
    max_attempts: u32,
    delay: Delay,
    budget: Option<RetryBudget>,
    non_fatal: ClassSet,
    on_failure: OnHedgeFailure,
    cancels_losers: bool,
    distinct_hosts: bool,
    is_tied: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Delay {
    Fixed(Duration),
    Percentile { q: f64, slot: Duration, min: Duration, max: Duration },
}

/// What the failure of a copy means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The attempt has failed, whatever the other copies do.
    Fatal,
    /// The next copy is sent.
    SendNext,
    /// The other copies decide; if there are none, the attempt has failed.
    Wait,
}

/// What a client remembers for hedging.
#[derive(Clone, Debug)]
pub struct HedgeState {
    budget: Option<RetryBudgetState>,
    latencies: Option<Box<Latencies>>,
}

/// How long copies took lately.
#[derive(Clone, Debug)]
struct Latencies {
    /// When the window in progress began.
    began: Time,
    current: Histogram,
    /// The full ones.
    past: [Histogram; WINDOWS],
    /// Which of them the one in progress will replace.
    next: usize,
    percentile_ns: Option<u64>,
}

impl Latencies {
    fn new(now: Time) -> Self {
        Self {
            began: now,
            current: Histogram::new(),
            past: std::array::from_fn(|_| Histogram::new()),
            next: 0,
            percentile_ns: None,
        }
    }

    /// Ends the windows that are over, and looks at all that are full.
    fn advance(&mut self, now: Time, slot: Duration, q: f64) {
        let over = now.since(self.began).as_ns() / slot.as_ns();
        if over == 0 {
            return;
        }
        self.began = self.began + Duration::from_ns(over * slot.as_ns());
        for _ in 0..over.min(1 + WINDOWS as u64) {
            std::mem::swap(&mut self.current, &mut self.past[self.next]);
            self.current.clear();
            self.next = (self.next + 1) % WINDOWS;
        }
        let mut all = Histogram::new();
        self.past.iter().for_each(|window| window.merge_into(&mut all));
        self.percentile_ns = all.quantile(q);
    }
}

impl Hedge {
    /// Compiles settings that [`HedgeSettings::check`] found no error in.
    pub fn new(settings: &HedgeSettings) -> Self {
        let budget = settings.max_extra_load.limited().and_then(|percent| {
            RetryBudget::new(&RetryBudgetSettings::Ratio(RatioSettings {
                percent,
                min_retries_per_second: settings.min_hedges_per_second,
                ttl: EXTRA_LOAD_WINDOW,
                implementation: Implementation::Finagle,
            }))
        });
        let delay = match &settings.delay {
            HedgeDelaySettings::Fixed(delay) => Delay::Fixed(*delay),
            HedgeDelaySettings::Percentile(percentile) => Delay::Percentile {
                q: percentile.percentile.as_f64(),
                slot: Duration::from_ns(percentile.window.as_ns() / WINDOWS as u64),
                min: percentile.min,
                max: percentile.max.limited().unwrap_or(Duration::from_ns(u64::MAX)),
            },
        };
        Self {
            max_attempts: settings.max_attempts,
            delay,
            budget,
            non_fatal: ClassSet::of(&settings.non_fatal),
            on_failure: settings.on_failure,
            cancels_losers: settings.cancel_losers,
            distinct_hosts: settings.distinct_hosts,
            is_tied: settings.tied,
        }
    }

    /// Whether the other copies are given up when one has succeeded.
    pub const fn cancels_losers(&self) -> bool {
        self.cancels_losers
    }

    /// Whether a copy avoids the instances at which others are.
    pub const fn has_distinct_hosts(&self) -> bool {
        self.distinct_hosts
    }

    /// Whether the copy that begins to be handled takes the others away.
    pub const fn is_tied(&self) -> bool {
        self.is_tied
    }

    /// The delay, if it is always the same.
    pub const fn as_constant(&self) -> Option<Duration> {
        match self.delay {
            Delay::Fixed(delay) => Some(delay),
            Delay::Percentile { .. } => None,
        }
    }

    /// What a client remembers that begins now.
    pub fn start(&self, now: Time) -> HedgeState {
        let is_measured = matches!(self.delay, Delay::Percentile { .. });
        HedgeState {
            budget: self.budget.map(|budget| budget.start(now)),
            latencies: is_measured.then(|| Box::new(Latencies::new(now))),
        }
    }

    /// The first copy of an attempt is made.
    pub fn attempt_began(&self, state: &mut HedgeState, now: Time) {
        if let (Some(budget), Some(state)) = (&self.budget, &mut state.budget) {
            budget.call_began(state, now);
        }
    }

    /// How long after a copy of an attempt the next one is sent; `None`: never. There were `copies` of it.
    pub fn delay(&self, state: &mut HedgeState, now: Time, copies: u32) -> Option<Duration> {
        if copies >= self.max_attempts {
            return None;
        }
        self.current_delay(state, now)
    }

    /// What the delay is now, if it is known and short enough.
    pub fn current_delay(&self, state: &mut HedgeState, now: Time) -> Option<Duration> {
        match (self.delay, &mut state.latencies) {
            (Delay::Fixed(delay), _) => Some(delay),
            (Delay::Percentile { q, slot, min, max }, Some(latencies)) => {
                latencies.advance(now, slot, q);
                let delay = Duration::from_ns(latencies.percentile_ns?).max(min);
                (delay < max).then_some(delay)
            }
            (Delay::Percentile { .. }, None) => None,
        }
    }

    /// Whether one more copy may be sent without too much extra load; then it counts.
    pub fn withdraw(&self, state: &mut HedgeState, now: Time) -> bool {
        match (&self.budget, &mut state.budget) {
            (Some(budget), Some(state)) => budget.withdraw(state, now, Class::AttemptTimeout).is_some(),
            _ => true,
        }
    }

    /// What it means that one of so many copies has failed like this.
    pub const fn failed(&self, class: Class, copies: u32) -> Failure {
        match class {
            // The client itself had no room for it: that says nothing about the others.
            Class::LocalReject => Failure::Wait,
            _ if !self.non_fatal.contains(class) => Failure::Fatal,
            _ => match self.on_failure {
                OnHedgeFailure::SendNext if copies < self.max_attempts => Failure::SendNext,
                OnHedgeFailure::SendNext | OnHedgeFailure::Wait => Failure::Wait,
            },
        }
    }

    /// A copy has ended, for a client that counts how long those take that say how slow the service is: failures may be fast for another reason.
    pub fn ended(&self, state: &mut HedgeState, now: Time, class: Class, took: Duration) {
        let counts =
            matches!(class, Class::Ok | Class::AttemptTimeout | Class::DeadlineExceeded | Class::Cancelled);
        if let (Delay::Percentile { q, slot, .. }, Some(latencies)) = (self.delay, &mut state.latencies)
            && counts
        {
            latencies.advance(now, slot, q);
            latencies.current.record(took.as_ns());
        }
    }
}
