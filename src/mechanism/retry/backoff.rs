//! How long to wait before each retry.
//!
//! Every wait is a whole number of nanoseconds. Products with shares are exact (128-bit integers) and rounded down; a uniform draw `U(a, b)` is
//! a whole number of `a..b`, so the upper bound is never reached; `base · multiplier^(n-1)` is rounded to the nearest nanosecond; Polly's formula,
//! the only one that needs real numbers throughout, is cut to whole nanoseconds. What exceeds 2^64 ns saturates. A wait takes one draw, or none
//! where the formula has nothing random.

use super::{BackoffSettings, JitterSettings};
use crate::kernel::num;
use crate::kernel::random::Bits;
use crate::quantity::{Duration, Limit};

const BILLION: u64 = 1_000_000_000;
const MILLISECOND_NS: u64 = 1_000_000;

/// Polly's `RpScalingFactor` is `1 / 1.4`: it brings the medians of the waits near `base · 2^(n-1)`.
const POLLY_SCALE: f64 = 1.4;

/// A backoff formula with its parameters; all times in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Backoff {
    base_ns: u64,
    max_ns: u64,
    growth: Growth,
    jitter: Jitter,
}

/// How the wait grows with the ordinal of the retry, before jitter.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Growth {
    Constant,
    Linear,
    Exponential { multiplier: f64 },
}

/// [`JitterSettings`] with shares in billionths.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Jitter {
    None,
    Full,
    Equal,
    Decorrelated,
    Ratio(u32),
    Envoy,
    Resilience4j(u32),
    PollyV2,
    Tower(u32),
    FinagleEqual,
    FinagleDecorrelated,
}

/// What a formula remembers from one retry of a call to the next; lives as long as the call, and begins as its default.
///
/// The previous wait in nanoseconds (the decorrelated formulas), the bits of the last `f(t)` (Polly), or nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BackoffState(u64);

impl BackoffState {
    /// Nothing was waited for yet.
    pub const fn new() -> Self {
        Self(0)
    }
}

impl Backoff {
    /// Compiles settings that [`BackoffSettings::check`] found no error in.
    pub fn new(settings: &BackoffSettings) -> Self {
        match settings {
            BackoffSettings::None => {
                Self { base_ns: 0, max_ns: 0, growth: Growth::Constant, jitter: Jitter::None }
            }
            BackoffSettings::Fixed(fixed) => Self {
                base_ns: fixed.base.as_ns(),
                max_ns: u64::MAX,
                growth: Growth::Constant,
                jitter: Jitter::new(&fixed.jitter),
            },
            BackoffSettings::Linear(linear) => Self {
                base_ns: linear.base.as_ns(),
                max_ns: limit_ns(linear.max),
                growth: Growth::Linear,
                jitter: Jitter::new(&linear.jitter),
            },
            BackoffSettings::Exponential(exponential) => {
                let base_ns = exponential.base.as_ns();
                let jitter = Jitter::new(&exponential.jitter);
                let max_ns = match (jitter, exponential.max) {
                    (Jitter::Envoy, Limit::Unlimited) => base_ns.saturating_mul(10),
                    (_, max) => limit_ns(max),
                };
                let growth = Growth::Exponential { multiplier: exponential.multiplier.get() };
                Self { base_ns, max_ns, growth, jitter }
            }
        }
    }

    /// How long to wait before the `n`-th retry of a call (n = 1, 2, …; the formulas that remember must be asked in this order).
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    pub fn delay(&self, n: u32, state: &mut BackoffState, bits: &mut impl Bits) -> Duration {
        assert!(n >= 1, "retries are counted from 1");
        let wait_ns = match self.jitter {
            Jitter::None => self.grown_ns(n),
            Jitter::Full => uniform(bits, 0, self.grown_ns(n)),
            Jitter::Equal => {
                let grown_ns = self.grown_ns(n);
                uniform(bits, grown_ns / 2, grown_ns)
            }
            Jitter::Decorrelated => {
                let previous_ns = self.previous_ns(n, *state);
                let wait_ns = uniform(bits, self.base_ns, previous_ns.saturating_mul(3)).min(self.max_ns);
                *state = BackoffState(wait_ns);
                wait_ns
            }
            Jitter::Ratio(ratio) => {
                let (low_ns, high_ns) = around(self.grown_ns(n), ratio);
                uniform(bits, low_ns, high_ns)
            }
            Jitter::Envoy => uniform(bits, 0, self.envoy_bound_ms(n)).saturating_mul(MILLISECOND_NS),
            Jitter::Resilience4j(ratio) => {
                let (low_ns, high_ns) = around(self.grown_ns(n), ratio);
                uniform(bits, low_ns, high_ns.saturating_add(MILLISECOND_NS)).max(MILLISECOND_NS)
            }
            Jitter::PollyV2 => self.polly_ns(n, state, bits),
            Jitter::Tower(ratio) => {
                let grown_ns = self.grown_ns(n);
                let extra_ns = share_of(grown_ns, u64::from(ratio));
                uniform(bits, grown_ns, grown_ns.saturating_add(extra_ns)).min(self.max_ns)
            }
            Jitter::FinagleEqual if n == 1 => self.base_ns,
            Jitter::FinagleEqual => {
                let half_ns = self.grown_ns(n - 1);
                uniform(bits, half_ns, half_ns.saturating_mul(2)).min(self.max_ns)
            }
            Jitter::FinagleDecorrelated => {
                // As in `Backoff.scala`, the first wait is `base`, and the cap is on the upper bound of the draw, not on what is drawn.
                let previous_ns = self.previous_ns(n, *state);
                let bound_ns =
                    if n == 1 { self.base_ns } else { previous_ns.saturating_mul(3).min(self.max_ns) };
                let wait_ns = uniform(bits, previous_ns, bound_ns);
                *state = BackoffState(wait_ns);
                wait_ns
            }
        };
        Duration::from_ns(wait_ns)
    }

    /// The wait before every retry, if it is always the same.
    pub fn as_constant(&self) -> Option<Duration> {
        (self.growth == Growth::Constant && self.jitter == Jitter::None)
            .then(|| Duration::from_ns(self.base_ns))
    }

    /// Whether some wait can be 0, so that unlimited attempts might never let time pass. What is merely unlikely counts too: a full jitter draws
    /// from `[0, v)`.
    pub fn can_be_zero(&self) -> bool {
        // No formula waits less later on than it can before the first retry.
        let shortest_ns = match self.jitter {
            Jitter::None | Jitter::Tower(_) => self.grown_ns(1),
            Jitter::Full | Jitter::Envoy | Jitter::PollyV2 => 0,
            Jitter::Equal => self.grown_ns(1) / 2,
            Jitter::Ratio(ratio) => around(self.grown_ns(1), ratio).0,
            Jitter::Resilience4j(_) => MILLISECOND_NS,
            Jitter::Decorrelated | Jitter::FinagleEqual | Jitter::FinagleDecorrelated => self.base_ns,
        };
        shortest_ns == 0
    }

    /// The capped wait before jitter: `min(max, base · multiplier^(n-1))`, or what stands for it.
    fn grown_ns(&self, n: u32) -> u64 {
        let wait_ns = match self.growth {
            Growth::Constant => self.base_ns,
            Growth::Linear => self.base_ns.saturating_mul(u64::from(n)),
            // Exact for the first retry, and whenever the multiplier is 1: no detour through a float.
            Growth::Exponential { multiplier } if n == 1 || multiplier == 1.0 => self.base_ns,
            Growth::Exponential { multiplier } => {
                // A float that is too large, infinity included, becomes the largest integer.
                (self.base_ns as f64 * num::pow(multiplier, f64::from(n - 1))).round() as u64
            }
        };
        wait_ns.min(self.max_ns)
    }

    fn previous_ns(&self, n: u32, state: BackoffState) -> u64 {
        if n == 1 { self.base_ns } else { state.0 }
    }

    /// Envoy `backoff_strategy.cc`: the bound doubles while it is below half of `max`, and is `max` from then on.
    fn envoy_bound_ms(&self, n: u32) -> u64 {
        let max_ms = self.max_ns / MILLISECOND_NS;
        let mut bound_ms = self.base_ns / MILLISECOND_NS;
        for _ in 1..n {
            if bound_ms >= max_ms / 2 {
                return max_ms;
            }
            bound_ms *= 2;
        }
        bound_ms
    }

    /// Polly v8 `RetryHelper.DecorrelatedJitterBackoffV2`: `base · (f(t_n) - f(t_{n-1})) / 1.4` with `f(t) = 2^t · tanh(sqrt(4t))` and
    /// `t_n = n - 1 + U(0, 1)`; the cap comes last.
    fn polly_ns(&self, n: u32, state: &mut BackoffState, bits: &mut impl Bits) -> u64 {
        let t = f64::from(n - 1) + bits.unit();
        let value = num::pow(2.0, t) * num::tanh((4.0 * t).sqrt());
        let previous = if n == 1 { 0.0 } else { f64::from_bits(state.0) };
        *state = BackoffState(value.to_bits());
        let step = value - previous;
        // Beyond the 1024th retry both are infinite and their difference is no number; the wait is at its cap long before.
        if step.is_finite() {
            ((self.base_ns as f64 * step / POLLY_SCALE) as u64).min(self.max_ns)
        } else {
            self.max_ns
        }
    }
}

impl Jitter {
    fn new(settings: &JitterSettings) -> Self {
        match settings {
            JitterSettings::None => Self::None,
            JitterSettings::Full => Self::Full,
            JitterSettings::Equal => Self::Equal,
            JitterSettings::Decorrelated => Self::Decorrelated,
            JitterSettings::Ratio(share) => Self::Ratio(share.billionths()),
            JitterSettings::Envoy => Self::Envoy,
            JitterSettings::Resilience4j(share) => Self::Resilience4j(share.billionths()),
            JitterSettings::PollyV2 => Self::PollyV2,
            JitterSettings::Tower(share) => Self::Tower(share.billionths()),
            JitterSettings::FinagleEqual => Self::FinagleEqual,
            JitterSettings::FinagleDecorrelated => Self::FinagleDecorrelated,
        }
    }
}

fn limit_ns(limit: Limit<Duration>) -> u64 {
    limit.limited().map_or(u64::MAX, Duration::as_ns)
}

/// `value · billionths / 10^9`, rounded down, at most 2^64 - 1.
fn share_of(value: u64, billionths: u64) -> u64 {
    let share = u128::from(value) * u128::from(billionths) / u128::from(BILLION);
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// `value · (1 - ratio)` and `value · (1 + ratio)`, the ratio in billionths.
fn around(value: u64, ratio: u32) -> (u64, u64) {
    (share_of(value, BILLION - u64::from(ratio)), share_of(value, BILLION + u64::from(ratio)))
}

/// A whole number of `low..high`, from exactly one draw; `low` if there is none. Each is hit with the same probability to within 2^-64.
fn uniform(bits: &mut impl Bits, low: u64, high: u64) -> u64 {
    let width = high.saturating_sub(low);
    low + ((u128::from(bits.next_u64()) * u128::from(width)) >> 64) as u64
}
