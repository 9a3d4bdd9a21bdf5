//! Samplers of durations: what a distribution in a model becomes once the plan is made.
//!
//! A service time, a latency, a backoff or a time to repair is drawn from one of the shapes below, as whole nanoseconds. The
//! algorithms are ours, and not a library's, because a release that draws one number more would change every run. Parameters are
//! real numbers of nanoseconds; turning percentiles and coefficients of variation into them is the business of the
//! floors above. Left out on purpose: shapes with negative values, and dependence between samples.

mod constructors;
mod ziggurat;

#[cfg(test)]
mod fit_tests;
#[cfg(test)]
mod tests;

use super::num;
use super::random::Bits;
use super::time::Duration;

pub use ziggurat::{standard_normal, unit_exponential};

/// A distribution of durations, ready to be sampled.
///
/// A sample is rounded to the nearest nanosecond and saturates at [`Duration::MAX`]; it is never negative. It takes as many
/// bits as it needs, so each should be drawn from [`Draws`](super::random::Draws) of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Sampler(Shape);

#[derive(Clone, PartialEq, Debug)]
enum Shape {
    Constant(Duration),
    Exponential { mean: f64 },
    Uniform { low: f64, span: f64 },
    Normal { mean: f64, sd: f64 },
    Lognormal { mu: f64, sigma: f64 },
    Gamma { shape: f64, scale: f64 },
    Weibull { inverse_shape: f64, scale: f64 },
    Pareto { min: f64, alpha: f64 },
    BoundedPareto(Box<BoundedPareto>),
    Hyperexponential { rare: f64, mean: f64 },
    Mixture(Box<[Component]>),
    Quantiles(Box<[(f64, f64)]>),
    Empirical(Box<[u64]>),
}

#[derive(Clone, PartialEq, Debug)]
struct BoundedPareto {
    min: f64,
    max: f64,
    alpha: f64,
    /// `(min / max)^alpha`: what an unbounded Pareto distribution would put beyond `max`.
    tail: f64,
}

/// A part of a mixture; its sampler is never itself a mixture.
#[derive(Clone, PartialEq, Debug)]
struct Component {
    weight: f64,
    /// The weights up to and including this one's, divided by their sum.
    cumulative: f64,
    sampler: Sampler,
}

impl Sampler {
    /// Draws one duration.
    #[inline]
    pub fn sample<B: Bits>(&self, bits: &mut B) -> Duration {
        if let Shape::Exponential { mean } = &self.0 {
            whole_ns(mean * unit_exponential(bits))
        } else if let Shape::Constant(duration) = self.0 {
            duration
        } else {
            self.sample_other(bits)
        }
    }

    /// The duration that every sample has, if this is [`constant`](Self::constant).
    #[inline]
    pub fn as_constant(&self) -> Option<Duration> {
        if let Shape::Constant(duration) = self.0 { Some(duration) } else { None }
    }

    /// The mean in nanoseconds from the closed form, before rounding and saturation; infinite for an unbounded Pareto distribution with
    /// `alpha` <= 1. Relative error below 10^-10.
    pub fn mean_ns(&self) -> f64 {
        match &self.0 {
            Shape::Constant(duration) => duration.as_ns() as f64,
            Shape::Exponential { mean } | Shape::Hyperexponential { mean, .. } => *mean,
            Shape::Uniform { low, span } => low + span / 2.0,
            Shape::Normal { mean, sd } => truncated_normal_mean(*mean, *sd),
            Shape::Lognormal { mu, sigma } => num::exp(mu + sigma * sigma / 2.0),
            Shape::Gamma { shape, scale } => shape * scale,
            Shape::Weibull { scale: 0.0, .. } => 0.0,
            Shape::Weibull { inverse_shape, scale } => scale * num::exp(num::ln_gamma(1.0 + inverse_shape)),
            Shape::Pareto { min, alpha } if *alpha > 1.0 => min * (alpha / (alpha - 1.0)),
            Shape::Pareto { .. } => f64::INFINITY,
            Shape::BoundedPareto(pareto) => pareto.mean(),
            Shape::Mixture(parts) => parts.iter().map(|part| part.weight * part.sampler.mean_ns()).sum(),
            Shape::Quantiles(points) => points
                .windows(2)
                .map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1))
                .sum(),
            Shape::Empirical(values) => {
                values.iter().copied().map(u128::from).sum::<u128>() as f64 / values.len() as f64
            }
        }
    }

    /// Everything but the two shapes of which most models consist, kept out of their way.
    #[inline(never)]
    fn sample_other<B: Bits>(&self, bits: &mut B) -> Duration {
        let ns = match &self.0 {
            Shape::Constant(duration) => return *duration,
            Shape::Empirical(values) => {
                return Duration::from_ns(values[bits.below(values.len() as u64) as usize]);
            }
            Shape::Mixture(parts) => return choose(parts, bits.unit()).sample(bits),
            Shape::Exponential { mean } => mean * unit_exponential(bits),
            Shape::Uniform { low, span } => low + span * bits.unit(),
            Shape::Normal { mean, sd } => truncated_normal(*mean, *sd, bits),
            Shape::Lognormal { mu, sigma } => num::exp(mu + sigma * standard_normal(bits)),
            Shape::Gamma { shape, scale } => scale * unit_gamma(*shape, bits),
            Shape::Weibull { inverse_shape, scale } => {
                // Half the price of a power; its last bits are lost in the rounding anyway.
                scale * num::exp(num::ln(unit_exponential(bits)) * inverse_shape)
            }
            // By the logarithm, and not by a power of a uniform number, whose 53 bits would cut the tail.
            Shape::Pareto { min, alpha } => min * num::exp(unit_exponential(bits) / alpha),
            Shape::BoundedPareto(pareto) => pareto.invert(bits.unit()),
            Shape::Hyperexponential { rare, mean } => {
                let share = if bits.unit() < *rare { *rare } else { 1.0 - rare };
                mean / (2.0 * share) * unit_exponential(bits)
            }
            Shape::Quantiles(points) => interpolate(points, bits.unit()),
        };
        whole_ns(ns)
    }
}

impl BoundedPareto {
    /// The value that a share `u` of the distribution exceeds.
    fn invert(&self, u: f64) -> f64 {
        let exceedance = self.tail + u * (1.0 - self.tail);
        // The last bit may lie outside.
        (self.min * num::exp(-num::ln(exceedance) / self.alpha)).clamp(self.min, self.max)
    }

    /// `min g((alpha - 1) l) / g(alpha l)`, l = ln(max / min), g(t) = (1 - e^-t) / t: the textbook's quotient of differences of powers, without
    /// its poles at alpha = 1 and max = min.
    fn mean(&self) -> f64 {
        let log_ratio = num::ln(self.max / self.min);
        self.min * decay((self.alpha - 1.0) * log_ratio) / decay(self.alpha * log_ratio)
    }
}

/// `(1 - e^-t) / t`, and 1 at 0.
fn decay(t: f64) -> f64 {
    if t.abs() < 0.01 {
        // The first term left out is t^5 / 720.
        return 1.0 - t / 2.0 * (1.0 - t / 3.0 * (1.0 - t / 4.0 * (1.0 - t / 5.0)));
    }
    (1.0 - num::exp(-t)) / t
}

/// The nearest whole number of nanoseconds; 0 for what is negative, the longest duration for what is too long.
#[inline]
fn whole_ns(ns: f64) -> Duration {
    // From 2^52 on every number is whole, and one half more could round it to a neighbour.
    const WHOLE_FROM: f64 = (1_u64 << 52) as f64;
    Duration::from_ns(if ns < WHOLE_FROM { (ns + 0.5) as u64 } else { ns as u64 })
}

fn truncated_normal<B: Bits>(mean: f64, sd: f64, bits: &mut B) -> f64 {
    loop {
        let ns = mean + sd * standard_normal(bits);
        if ns >= 0.0 {
            return ns;
        }
    }
}

/// `mean + sd φ(a) / Φ(a)`, a = mean / sd (Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions", volume 1, 1994, section 13.10.1).
fn truncated_normal_mean(mean: f64, sd: f64) -> f64 {
    if sd == 0.0 {
        return mean;
    }
    let ratio = mean / sd;
    let density = num::exp(-0.5 * ratio * ratio) / (2.0 * std::f64::consts::PI).sqrt();
    let share_kept = 0.5 * num::erfc(-ratio / std::f64::consts::SQRT_2);
    mean + sd * density / share_kept
}

/// Gamma with scale 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000).
fn unit_gamma<B: Bits>(shape: f64, bits: &mut B) -> f64 {
    // Their section 6: below 1, a gamma of shape + 1 times U^(1 / shape), here as e^-(E / shape).
    let (shape, boost) =
        if shape < 1.0 { (shape + 1.0, num::exp(-unit_exponential(bits) / shape)) } else { (shape, 1.0) };
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = standard_normal(bits);
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = bits.unit_open();
        let square = x * x;
        if u < 1.0 - 0.0331 * square * square || num::ln(u) < 0.5 * square + d * (1.0 - v + num::ln(v)) {
            return boost * d * v;
        }
    }
}

fn choose(parts: &[Component], u: f64) -> &Sampler {
    let index = parts.partition_point(|part| part.cumulative <= u);
    // The last cumulative weight is total / total = 1 and u < 1; the bound only keeps the promise local.
    &parts[index.min(parts.len() - 1)].sampler
}

fn interpolate(points: &[(f64, f64)], u: f64) -> f64 {
    let above = points.partition_point(|point| point.0 <= u).clamp(1, points.len() - 1);
    let (low_p, low_ns) = points[above - 1];
    let (high_p, high_ns) = points[above];
    low_ns + (high_ns - low_ns) * ((u - low_p) / (high_p - low_p))
}
