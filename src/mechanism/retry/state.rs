//! Whether an attempt is followed by another one.

use super::{Backoff, BackoffSettings, RetryAfterSettings, RetrySettings};
use crate::kernel::Duration;
use crate::kernel::random::Bits;
use crate::mechanism::Class;
use crate::mechanism::class::ClassSet;
use crate::quantity::Limit;

/// A retry policy, ready to be asked. It has no state: how often a call was tried is known by the call.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Retry {
    max_attempts: u32,
    classes: ClassSet,
    backoff: Backoff,
    obeys: Option<RetryAfter>,
}

/// How far a service is obeyed that says when to come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct RetryAfter {
    max: Duration,
    jitter_billionths: u32,
}

impl RetryAfter {
    fn new(settings: &RetryAfterSettings) -> Self {
        let max = settings.max_interval.limited().unwrap_or(Duration::from_ns(u64::MAX));
        Self { max, jitter_billionths: settings.jitter.billionths() }
    }
}

impl Retry {
    /// Compiles settings that [`RetrySettings::check`] found no error in.
    pub fn new(settings: &RetrySettings) -> Self {
        let max_attempts = match settings.max_attempts {
            Limit::At(number) => number,
            Limit::Unlimited => u32::MAX,
        };
        let classes = ClassSet::of(&settings.retry_on);
        let obeys = settings.retry_after.as_ref().map(RetryAfter::new);
        Self { max_attempts, classes, backoff: Backoff::new(&settings.backoff), obeys }
    }

    /// One attempt, whatever it brings.
    pub fn never() -> Self {
        Self {
            max_attempts: 1,
            classes: ClassSet::default(),
            backoff: Backoff::new(&BackoffSettings::None),
            obeys: None,
        }
    }

    /// Attempts that one call may make, the first included; `u32::MAX` is unlimited.
    pub const fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// How long to wait before each retry.
    pub const fn backoff(&self) -> &Backoff {
        &self.backoff
    }

    /// Whether a call that made `attempts_made` attempts (at least 1), the last of which ended with `outcome`, makes another one.
    /// Deadlines and cancellation are the caller's to look at: they end a call before this is asked.
    pub const fn decide(&self, attempts_made: u32, outcome: Class) -> bool {
        let is_unlimited = self.max_attempts == u32::MAX;
        (is_unlimited || attempts_made < self.max_attempts) && self.retries_on(outcome)
    }

    /// Whether an outcome is one that is tried again, as far as its class is concerned.
    pub const fn retries_on(&self, outcome: Class) -> bool {
        self.classes.contains(outcome)
    }

    /// How long to wait when the service has asked for `asked`; `None` if it is not obeyed.
    pub fn obeyed(&self, asked: Duration, bits: &mut impl Bits) -> Option<Duration> {
        let RetryAfter { max, jitter_billionths } = self.obeys?;
        let most = u128::from(asked.as_ns()) * u128::from(jitter_billionths) / 1_000_000_000;
        (asked <= max).then(|| asked + Duration::from_ns((most as f64 * bits.unit()) as u64))
    }
}
