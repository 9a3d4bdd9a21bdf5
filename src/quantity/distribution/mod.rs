//! Distributions as written, of durations: `"5ms"`, `"lognormal(p50=5ms, p99=40ms)"`, `"mixture(99%: 1ms, 1%: exponential(100ms))"`; or of sizes: `"lognormal(p50=1KiB, p99=64KiB)"`.
//!
//! Architects know percentiles, researchers know moments: both spellings are first class. What is written is kept, so that
//! it can be shown again; `sampler` turns it into what the engine draws from.

mod amount;
mod check;
mod compile;
mod parse;

use std::fmt;

use super::text::serde_as_text;
use super::{Bytes, Duration, Factor, Share};

pub use amount::Amount;

/// A distribution of sizes as it is written.
pub type SizeDistribution = Distribution<Bytes>;

/// A distribution of durations, or of other amounts, as it is written.
///
/// Parsing checks the ranges given with each form; values built by hand are checked by [`Distribution::check`].
/// "cv" is the coefficient of variation, standard deviation / mean.
#[derive(Clone, PartialEq, Debug)]
pub enum Distribution<T = Duration> {
    /// `5ms`: always this.
    Constant(T),
    /// `exponential(5ms)`: memoryless.
    Exponential {
        /// Above 0.
        mean: T,
    },
    /// `uniform(1ms, 9ms)`: every value between two is as likely as any other.
    Uniform {
        /// The least value.
        low: T,
        /// The greatest value, not below `low`.
        high: T,
    },
    /// `normal(mean=5ms, sd=1ms)`, truncated at 0; mean and deviation are those before truncation.
    Normal {
        /// The mean.
        mean: T,
        /// The standard deviation.
        sd: T,
    },
    /// `lognormal(p50=5ms, p99=40ms)`: by its median and its 99th percentile.
    LognormalByQuantiles {
        /// The median; above 0.
        p50: T,
        /// The 99th percentile; not below the median.
        p99: T,
    },
    /// `lognormal(mean=5ms, cv=1.5)`: by its moments.
    LognormalByMoments {
        /// Above 0.
        mean: T,
        /// From 0.001 to 1000.
        cv: Factor,
    },
    /// `gamma(mean=5ms, cv=0.5)`.
    Gamma {
        /// Above 0.
        mean: T,
        /// From 0.001 to 1000.
        cv: Factor,
    },
    /// `erlang(k=3, mean=5ms)`: the sum of `k` exponential phases.
    Erlang {
        /// How many phases; from 1 to 1000.
        k: u32,
        /// Of the sum; above 0.
        mean: T,
    },
    /// `weibull(shape=0.5, mean=5ms)`: below shape 1 with a heavier tail than the exponential.
    Weibull {
        /// From 0.1 to 1000.
        shape: Factor,
        /// Above 0.
        mean: T,
    },
    /// `pareto(min=1ms, alpha=1.5, max=10s)`: a power law, truncated at `max` if there is one.
    Pareto {
        /// The least value; above 0.
        min: T,
        /// The exponent of the tail, P(X > x) = (min/x)^alpha; from 0.01 to 1000.
        alpha: Factor,
        /// The greatest value; above `min`.
        max: Option<T>,
    },
    /// `hyperexponential(mean=5ms, cv=2)`: a mixture of two exponentials with balanced means.
    Hyperexponential {
        /// Above 0.
        mean: T,
        /// From 1 to 1000.
        cv: Factor,
    },
    /// `mixture(99%: 1ms, 1%: exponential(100ms))`: one of several; the shares sum to exactly 100 %.
    Mixture(Vec<(Share, Self)>),
    /// `quantiles(0%: 1ms, 50%: 5ms, 100%: 90ms)`: straight lines between the points of the inverse distribution function.
    ///
    /// From 0 % to 100 %; neither the shares nor the values decrease. Equal values make a lump, equal shares a gap.
    Quantiles(Vec<(Share, T)>),
    /// `empirical(latencies.csv)`: one of the values of a file with the header `duration`, or `size`, each as likely as any other.
    Empirical {
        /// As written; who reads the file decides what it is relative to. Without surrounding space or unpaired parentheses.
        path: String,
    },
}

impl<T: fmt::Display> fmt::Display for Distribution<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => write!(f, "{value}"),
            Self::Exponential { mean } => write!(f, "exponential({mean})"),
            Self::Uniform { low, high } => write!(f, "uniform({low}, {high})"),
            Self::Normal { mean, sd } => write!(f, "normal(mean={mean}, sd={sd})"),
            Self::LognormalByQuantiles { p50, p99 } => write!(f, "lognormal(p50={p50}, p99={p99})"),
            Self::LognormalByMoments { mean, cv } => write!(f, "lognormal(mean={mean}, cv={cv})"),
            Self::Gamma { mean, cv } => write!(f, "gamma(mean={mean}, cv={cv})"),
            Self::Erlang { k, mean } => write!(f, "erlang(k={k}, mean={mean})"),
            Self::Weibull { shape, mean } => write!(f, "weibull(shape={shape}, mean={mean})"),
            Self::Pareto { min, alpha, max: None } => write!(f, "pareto(min={min}, alpha={alpha})"),
            Self::Pareto { min, alpha, max: Some(max) } => {
                write!(f, "pareto(min={min}, alpha={alpha}, max={max})")
            }
            Self::Hyperexponential { mean, cv } => write!(f, "hyperexponential(mean={mean}, cv={cv})"),
            Self::Mixture(parts) => write_points(f, "mixture", parts),
            Self::Quantiles(points) => write_points(f, "quantiles", points),
            Self::Empirical { path } => write!(f, "empirical({path})"),
        }
    }
}

fn write_points<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    points: &[(Share, T)],
) -> fmt::Result {
    write!(f, "{name}(")?;
    for (i, (share, value)) in points.iter().enumerate() {
        let separator = if i == 0 { "" } else { ", " };
        write!(f, "{separator}{share}: {value}")?;
    }
    f.write_str(")")
}

serde_as_text!(Distribution<Duration>, "a distribution such as \"5ms\" or \"exponential(5ms)\"");
serde_as_text!(
    Distribution<Bytes>,
    "a distribution of sizes such as \"4KiB\" or \"lognormal(p50=1KiB, p99=64KiB)\""
);

#[cfg(test)]
mod tests;
