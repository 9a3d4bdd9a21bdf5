//! The draw of a key.

use super::KeySettings;
use crate::kernel::num;
use crate::kernel::random::Bits;

/// How popular each key is, ready to be drawn from.
#[derive(Clone, PartialEq, Debug)]
pub struct Popularity(Law);

#[derive(Clone, PartialEq, Debug)]
enum Law {
    Uniform { count: u32 },
    HotSpot { count: u32, hot: u32, billionths: u32 },
    Zipf(Zipf),
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
            KeySettings::Zipf(zipf) => Law::Zipf(Zipf::new(zipf.exponent.get(), zipf.count)),
        })
    }

    /// The rank of a key, drawn by its popularity; 0 is the most popular.
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
        }
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
