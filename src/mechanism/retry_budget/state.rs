//! Whether a retry may be made.

use super::slots::{Cut, Slots};
use super::{Implementation, RetryBudgetSettings};
use crate::kernel::Time;
use crate::mechanism::Class;
use crate::quantity::Share;

/// What one call is worth in a `ratio` budget of Finagle's, and the precision of gRPC's tokens.
const THOUSAND: i64 = 1000;
/// The precision of a `bucket`.
const MILLION: i64 = 1_000_000;
const BILLION: u64 = 1_000_000_000;

/// A retry budget, ready to be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryBudget(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Ratio { cut: Cut, reserve: i64, deposit: i64, withdrawal: i64 },
    Concurrency { billionths: u64, min: u64 },
    Static { max: u64 },
    Token { max: i64, per_success: i64 },
    Quota { capacity: i64, retry: u32, timeout: u32, throttle: u32, first_success: u32 },
    Bucket { capacity: i64, per_call: i64 },
    FailureRate { billionths: u64, cut: Cut },
}

/// What a budget remembers. Each kind uses a part of it; settings that change keep it, within their own bounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetryBudgetState {
    /// Attempts in flight.
    requests: u64,
    /// Retries from the decision to their end.
    retries: u64,
    /// Tokens in the unit of the kind.
    tokens: i64,
    /// Calls and retries, or failures; and calls.
    windows: Box<(Slots, Slots)>,
}

impl RetryBudgetState {
    /// What is held: attempts in flight and retries in progress, as far as the kind counts them. 0 when all calls are over.
    pub const fn held(&self) -> u64 {
        self.requests + self.retries
    }
}

impl RetryBudget {
    /// Compiles settings that [`RetryBudgetSettings::check`] found no error in; `None` if they bound nothing.
    pub fn new(settings: &RetryBudgetSettings) -> Option<Self> {
        let kind = match *settings {
            RetryBudgetSettings::Unlimited => return None,
            RetryBudgetSettings::Ratio(ratio) => {
                let (deposit, withdrawal) = weights(ratio.percent, ratio.implementation);
                let seconds = (ratio.ttl.as_ns() / BILLION).cast_signed();
                let per_window = i64::from(ratio.min_retries_per_second) * seconds;
                let reserve = per_window.saturating_mul(withdrawal);
                Kind::Ratio { cut: Cut::new(ratio.ttl, ratio.implementation), reserve, deposit, withdrawal }
            }
            RetryBudgetSettings::Concurrency(share) => Kind::Concurrency {
                billionths: u64::from(share.percent.billionths()),
                min: u64::from(share.min_retry_concurrency),
            },
            RetryBudgetSettings::Static(number) => Kind::Static { max: u64::from(number.max_retries) },
            RetryBudgetSettings::Token(token) => Kind::Token {
                max: i64::from(token.max_tokens) * THOUSAND,
                per_success: (token.token_ratio.get() * 1e3 + 1e-6) as i64,
            },
            RetryBudgetSettings::Quota(quota) => Kind::Quota {
                capacity: i64::from(quota.capacity),
                retry: quota.retry_cost,
                timeout: quota.timeout_cost,
                throttle: quota.throttle_cost,
                first_success: quota.first_success_credit,
            },
            RetryBudgetSettings::Bucket(bucket) => Kind::Bucket {
                capacity: i64::from(bucket.capacity) * MILLION,
                per_call: (bucket.per_call.get() * 1e6).round() as i64,
            },
            RetryBudgetSettings::FailureRate(rate) => Kind::FailureRate {
                billionths: u64::from(rate.threshold.billionths()),
                cut: rate
                    .window
                    .limited()
                    .map_or(Cut::FOR_EVER, |window| Cut::new(window, Implementation::Finagle)),
            },
        };
        Some(Self(kind))
    }

    /// What a budget remembers at the beginning.
    pub fn start(&self, now: Time) -> RetryBudgetState {
        RetryBudgetState {
            requests: 0,
            retries: 0,
            tokens: self.tokens_max(),
            windows: Box::new((Slots::new(now), Slots::new(now))),
        }
    }

    const fn tokens_max(&self) -> i64 {
        match self.0 {
            Kind::Token { max, .. } => max,
            Kind::Quota { capacity, .. } | Kind::Bucket { capacity, .. } => capacity,
            Kind::Ratio { .. }
            | Kind::Concurrency { .. }
            | Kind::Static { .. }
            | Kind::FailureRate { .. } => 0,
        }
    }

    fn gain(&self, state: &mut RetryBudgetState, tokens: i64) {
        state.tokens = state.tokens.saturating_add(tokens).min(self.tokens_max());
    }

    /// A call begins.
    pub fn call_began(&self, state: &mut RetryBudgetState, now: Time) {
        match self.0 {
            Kind::Ratio { cut, deposit, .. } => state.windows.0.add(cut, now, deposit),
            Kind::Bucket { per_call, .. } => self.gain(state, per_call),
            Kind::FailureRate { cut, .. } => state.windows.1.add(cut, now, 1),
            Kind::Concurrency { .. } | Kind::Static { .. } | Kind::Token { .. } | Kind::Quota { .. } => {}
        }
    }

    /// An attempt is sent.
    pub const fn attempt_began(&self, state: &mut RetryBudgetState) {
        if let Kind::Concurrency { .. } = self.0 {
            state.requests += 1;
        }
    }

    /// An attempt ends for its caller. `is_retryable`: in a way that is tried again, as far as its class is concerned.
    pub fn attempt_ended(&self, state: &mut RetryBudgetState, now: Time, class: Class, is_retryable: bool) {
        match self.0 {
            Kind::Concurrency { .. } => state.requests -= 1,
            Kind::Token { per_success, .. } if class == Class::Ok => self.gain(state, per_success),
            Kind::Token { .. } if is_retryable => state.tokens = (state.tokens - THOUSAND).max(0),
            Kind::FailureRate { cut, .. } if is_retryable => state.windows.0.add(cut, now, 1),
            Kind::Ratio { .. }
            | Kind::Static { .. }
            | Kind::Token { .. }
            | Kind::Quota { .. }
            | Kind::Bucket { .. }
            | Kind::FailureRate { .. } => {}
        }
    }

    /// Asks for a retry, after an attempt that ended with `class`. If it is granted, gives what the call holds from now on, until
    /// [`RetryBudget::call_ended`].
    pub fn withdraw(&self, state: &mut RetryBudgetState, now: Time, class: Class) -> Option<u32> {
        if let Kind::Ratio { cut, .. } | Kind::FailureRate { cut, .. } = self.0 {
            state.windows.0.advance(cut, now);
            state.windows.1.advance(cut, now);
        }
        if self.left(state, now, class) == Some(0) {
            return None;
        }
        match self.0 {
            Kind::Ratio { cut, withdrawal, .. } => state.windows.0.add(cut, now, -withdrawal),
            Kind::Concurrency { .. } | Kind::Static { .. } => {
                state.retries += 1;
                return Some(1);
            }
            Kind::Quota { .. } => {
                let cost = self.cost(class);
                state.tokens -= i64::from(cost);
                return Some(cost);
            }
            Kind::Bucket { .. } => state.tokens -= MILLION,
            Kind::Token { .. } | Kind::FailureRate { .. } => {}
        }
        Some(0)
    }

    const fn cost(&self, class: Class) -> u32 {
        match (self.0, class) {
            (Kind::Quota { timeout, .. }, Class::AttemptTimeout) => timeout,
            (Kind::Quota { throttle, .. }, Class::Overloaded) => throttle,
            (Kind::Quota { retry, .. }, _) => retry,
            _ => 0,
        }
    }

    /// The retry that a call holds has ended, or will not be made, and the call goes on.
    pub fn retry_ended(&self, state: &mut RetryBudgetState, held: &mut u32) {
        if let Kind::Concurrency { .. } | Kind::Static { .. } = self.0 {
            state.retries -= u64::from(std::mem::take(held));
        }
    }

    /// A call is over, after so many attempts, with what it last held.
    pub fn call_ended(&self, state: &mut RetryBudgetState, mut held: u32, attempts_made: u32, class: Class) {
        self.retry_ended(state, &mut held);
        if let Kind::Quota { first_success, .. } = self.0
            && class == Class::Ok
        {
            let credit = if attempts_made == 1 { first_success } else { held };
            self.gain(state, i64::from(credit));
        }
    }

    /// How many retries after `class` would be granted now, one after the other; `None`: there is no such number.
    pub fn left(&self, state: &RetryBudgetState, now: Time, class: Class) -> Option<u64> {
        let tokens = state.tokens.min(self.tokens_max());
        let times = |tokens: i64, price: i64| tokens.max(0) as u64 / price as u64;
        Some(match self.0 {
            Kind::Ratio { cut, reserve, withdrawal, .. } => {
                times(reserve.saturating_add(state.windows.0.sum(cut, now)), withdrawal)
            }
            Kind::Concurrency { billionths, min } => {
                let share = u128::from(billionths) * u128::from(state.requests) / u128::from(BILLION);
                (share as u64).max(min).saturating_sub(state.retries)
            }
            Kind::Static { max } => max.saturating_sub(state.retries),
            // Each of them is granted above the half, and the failure that it follows takes one.
            Kind::Token { max, .. } => times(2 * tokens - max + 2 * THOUSAND - 1, 2 * THOUSAND),
            Kind::Quota { .. } => match self.cost(class) {
                0 => return None,
                cost => times(tokens, i64::from(cost)),
            },
            Kind::Bucket { .. } => times(tokens - 1, MILLION),
            Kind::FailureRate { billionths, cut } => {
                let (failed, calls) = (state.windows.0.sum(cut, now), state.windows.1.sum(cut, now));
                let is_too_many =
                    failed as u128 * u128::from(BILLION) > u128::from(billionths) * calls as u128;
                return is_too_many.then_some(0);
            }
        })
    }
}

/// What a call brings and what a retry takes.
fn weights(percent: Share, implementation: Implementation) -> (i64, i64) {
    let billionths = i64::from(percent.billionths());
    match implementation {
        _ if billionths == 0 => (0, 1),
        Implementation::Finagle => (THOUSAND, THOUSAND * BILLION.cast_signed() / billionths),
        Implementation::Tower => (1, BILLION.cast_signed() / billionths),
    }
}
