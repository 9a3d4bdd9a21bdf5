//! The draw of a key.

use super::{KeyDriftSettings, KeySettings};
use crate::kernel::random::{Bits, hash64, mix};
use crate::kernel::{Duration, Time, num};
use crate::quantity::Limit;

/// How popular each key is, ready to be drawn from.
#[derive(Clone, PartialEq, Debug)]
pub struct Popularity(Law);

#[derive(Clone, PartialEq, Debug)]
enum Law {
    Uniform { count: u32 },
    HotSpot { count: u32, hot: u32, billionths: u32 },
    Zipf(Zipf),
    Endless(Endless),
}

impl Popularity {
    /// From checked settings.
    pub fn new(settings: &KeySettings) -> Self {
        Self(match settings {
            KeySettings::Uniform(uniform) => Law::Uniform { count: uniform.count },
            KeySettings::HotSpot(hot_spot) => Law::HotSpot {
                count: hot_spot.count,
                hot: hot_spot.hot,
                billionths: hot_spot.share.billionths(),
            },
            KeySettings::Zipf(zipf) => match zipf.count {
                Limit::At(count) => Law::Zipf(Zipf::new(zipf.exponent.get(), count)),
                Limit::Unlimited => Law::Endless(Endless::new(zipf.exponent.get())),
            },
        })
    }

    /// A key, drawn by its popularity. It is its rank, 0 is the most popular; where there is no end to them, from [`FOLDED`] on it is a hash of its rank.
    pub fn draw(&self, bits: &mut impl Bits) -> u32 {
        match &self.0 {
            Law::Uniform { count } => bits.below(u64::from(*count)) as u32,
            Law::HotSpot { count, hot, billionths } => {
                if bits.chance(*billionths) {
                    bits.below(u64::from(*hot)) as u32
                } else {
                    hot + bits.below(u64::from(count - hot)) as u32
                }
            }
            Law::Zipf(zipf) => zipf.draw(bits),
            Law::Endless(endless) => endless.draw(bits),
        }
    }
}

/// How popularity moves, ready to be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyDrift {
    every: Duration,
    by: u32,
    /// How many keys it goes round.
    count: u32,
}

impl KeyDrift {
    /// From checked settings. Of keys without end those that are their ranks go round.
    pub fn new(drift: &KeyDriftSettings, keys: &KeySettings) -> Self {
        Self { every: drift.every, by: drift.by, count: keys.count().limited().unwrap_or(FOLDED) }
    }

    /// What a request at this instant is about that was drawn to be about `key`.
    pub fn moved(&self, key: u32, at: Time) -> u32 {
        if key >= self.count {
            return key;
        }
        let count = u64::from(self.count);
        let steps = at.since(Time::ZERO).as_ns() / self.every.as_ns();
        let by = steps % count * u64::from(self.by) % count;
        ((u64::from(key) + by) % count) as u32
    }
}

/// Zipf's law by rejection-inversion: exact, in constant memory, with less than 1.1 tries on average (Hörmann and Derflinger, "Rejection-inversion to
/// generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996).
///
/// The area below a hat is inverted: h(x) = x^-s, whose integral H is known; rank k owns [H(k - 1/2), H(k + 1/2)], of which the last h(k) is accepted.
#[derive(Clone, PartialEq, Debug)]
struct Zipf {
    exponent: f64,
    count: f64,
    /// H(3/2) - h(1): where the area of rank 1 begins, cut to what is accepted of it.
    begin: f64,
    /// H(count + 1/2).
    end: f64,
    /// Within this of its rank an x is accepted without a look at the hat.
    squeeze: f64,
}

impl Zipf {
    fn new(exponent: f64, count: u32) -> Self {
        let count = f64::from(count);
        let mut zipf = Self { exponent, count, begin: 0.0, end: 0.0, squeeze: 0.0 };
        zipf.begin = zipf.area(1.5) - 1.0;
        zipf.end = zipf.area(count + 0.5);
        zipf.squeeze = 2.0 - zipf.inverse(zipf.area(2.5) - zipf.hat(2.0));
        zipf
    }

    fn draw(&self, bits: &mut impl Bits) -> u32 {
        loop {
            let area = self.end + bits.unit() * (self.begin - self.end);
            let x = self.inverse(area);
            let rank = (x + 0.5).floor().clamp(1.0, self.count);
            if rank - x <= self.squeeze || area >= self.area(rank + 0.5) - self.hat(rank) {
                return rank as u32 - 1;
            }
        }
    }

    fn hat(&self, x: f64) -> f64 {
        num::exp(-self.exponent * num::ln(x))
    }

    /// The integral of the hat from 1 to x, `(x^(1-s) - 1) / (1 - s)`, written so that s near 1 loses no digits.
    fn area(&self, x: f64) -> f64 {
        let logarithm = num::ln(x);
        let power = (1.0 - self.exponent) * logarithm;
        // Near 0 the quotient is 1 + power/2 + power²/6.
        let quotient = if power.abs() > 1e-8 { num::exp_m1(power) / power } else { 1.0 + power / 2.0 };
        quotient * logarithm
    }

    fn inverse(&self, area: f64) -> f64 {
        // Rounding must not carry it out of where the logarithm is defined.
        let grown = (area * (1.0 - self.exponent)).max(-1.0);
        let quotient = if grown.abs() > 1e-8 { num::ln_1p(grown) / grown } else { 1.0 - grown / 2.0 };
        num::exp(quotient * area)
    }
}

/// Where there is no end to the keys, the first so many are their ranks; the others have hashes from here on, 2^31 of them.
///
/// Those are asked for so rarely that two of them hardly ever meet. With an exponent of 1.3 they get 0.134 % of the requests: among a million requests, 1345 of which are for them, the probability
/// that two different ones have the same hash is at most 1345² / 2 / 2^31 = 0.04 %. With an exponent near 1 they get nearly everything, and it is the number of requests that decides.
pub const FOLDED: u32 = 1 << 31;

/// From here on, neighbouring ranks are the same float.
const EXACT: f64 = (1_u64 << 53) as f64;

/// Zipf's law without end, by rejection: exact, for every exponent above 1 (L. Devroye, "Non-Uniform Random Variate Generation", 1986, §X.6.1).
///
/// With b = 2^(s-1) and T = (1 + 1/X)^(s-1), X = floor(U^(-1/(s-1))) is accepted if V · X · (T - 1) / (b - 1) <= T / b.
#[derive(Clone, PartialEq, Debug)]
struct Endless {
    /// s - 1.
    excess: f64,
    /// b - 1.
    doubled: f64,
}

impl Endless {
    fn new(exponent: f64) -> Self {
        let excess = exponent - 1.0;
        Self { excess, doubled: num::exp_m1(excess * std::f64::consts::LN_2) }
    }

    fn draw(&self, bits: &mut impl Bits) -> u32 {
        loop {
            // 1 - u is never 0, and x may still be infinite.
            let x = num::pow(1.0 - bits.unit(), -1.0 / self.excess).floor();
            // Beyond `EXACT` the rule does not change any more: X · (T - 1) is s - 1.
            let looked_at = x.min(EXACT);
            let rise = num::exp_m1(self.excess * num::ln_1p(1.0 / looked_at));
            let is_below =
                bits.unit() * looked_at * rise * (self.doubled + 1.0) <= (rise + 1.0) * self.doubled;
            if is_below {
                return if x < EXACT { folded(x as u64 - 1) } else { upper(bits.next_u64()) };
            }
        }
    }
}

/// The key of a rank from 0.
fn folded(rank: u64) -> u32 {
    const KEY: u64 = hash64("key");
    if rank < u64::from(FOLDED) { rank as u32 } else { upper(mix(KEY, rank)) }
}

/// One of the upper half of all keys. Ranks beyond [`EXACT`] are never met twice, so that any bits serve them as a hash.
fn upper(bits: u64) -> u32 {
    FOLDED | (bits >> 33) as u32
}
