//! The shapes and the ranges of their parameters.
//!
//! A model whose parameters are out of range is refused, with an explanation, long before its plan is made; so here they are asserted.

use super::{BoundedPareto, Component, Sampler, Shape};
use crate::kernel::num;
use crate::kernel::time::Duration;

impl Sampler {
    /// Always `duration`.
    pub fn constant(duration: Duration) -> Self {
        Self(Shape::Constant(duration))
    }

    /// Exponential with this mean (>= 0).
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn exponential(mean: f64) -> Self {
        assert_finite("mean", mean, 0.0);
        Self(Shape::Exponential { mean })
    }

    /// Uniform on `[low, high)`, 0 <= low <= high.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn uniform(low: f64, high: f64) -> Self {
        assert_finite("low", low, 0.0);
        assert_finite("high", high, low);
        Self(Shape::Uniform { low, span: high - low })
    }

    /// Normal with this mean (>= 0) and standard deviation (>= 0) *before* it is truncated at 0: negative values are drawn again.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn normal(mean: f64, sd: f64) -> Self {
        // A mean below 0 would make the rejection as long as one likes; from 0 on it accepts at least every second attempt.
        assert_finite("mean", mean, 0.0);
        assert_finite("sd", sd, 0.0);
        Self(Shape::Normal { mean, sd })
    }

    /// Lognormal: `e^(mu + sigma z)` nanoseconds, z standard normal. `mu` is the logarithm of the median in nanoseconds, `sigma` >= 0.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn lognormal(mu_ln_ns: f64, sigma: f64) -> Self {
        assert!(mu_ln_ns.is_finite(), "mu = {mu_ln_ns} is not finite");
        assert_finite("sigma", sigma, 0.0);
        Self(Shape::Lognormal { mu: mu_ln_ns, sigma })
    }

    /// Gamma with this shape (> 0, a bare number) and scale (>= 0); its mean is `shape * scale`.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn gamma(shape: f64, scale: f64) -> Self {
        assert_positive("shape", shape);
        assert_finite("scale", scale, 0.0);
        Self(Shape::Gamma { shape, scale })
    }

    /// Erlang: the sum of `k` (>= 1) exponential stages, with this mean (>= 0) in total.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn erlang(k: u32, mean: f64) -> Self {
        assert!(k >= 1, "an Erlang distribution needs at least one stage");
        if k == 1 { Self::exponential(mean) } else { Self::gamma(f64::from(k), mean / f64::from(k)) }
    }

    /// Weibull with this shape (> 0, a bare number; below 1 the tail is heavier than exponential) and scale (>= 0).
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn weibull(shape: f64, scale: f64) -> Self {
        assert_positive("shape", shape);
        assert_finite("scale", scale, 0.0);
        Self(Shape::Weibull { inverse_shape: 1.0 / shape, scale })
    }

    /// Pareto from `min` (> 0) with tail index `alpha` (> 0, a bare number). With `max` (>= min): the distribution *conditioned* on being
    /// below `max`, so there is no lump at `max`.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn pareto(min: f64, alpha: f64, max: Option<f64>) -> Self {
        assert_positive("min", min);
        assert_positive("alpha", alpha);
        let Some(max) = max else { return Self(Shape::Pareto { min, alpha }) };
        assert_finite("max", max, min);
        let tail = num::exp(-alpha * num::ln(max / min));
        Self(Shape::BoundedPareto(Box::new(BoundedPareto { min, max, alpha, tail })))
    }

    /// A mixture of two exponentials with this mean (>= 0) and coefficient of variation (>= 1), each of which contributes half of the
    /// mean ("balanced means"; Tijms, "Stochastic Models", 1994, appendix B). At `cv` = 1 it is exponential. Beyond a `cv` of 10^7 the rare one
    /// is too rare to be drawn.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn hyperexponential(mean: f64, cv: f64) -> Self {
        assert_finite("mean", mean, 0.0);
        assert_finite("cv", cv, 1.0);
        if cv == 1.0 {
            return Self::exponential(mean);
        }
        let variation = cv * cv;
        let common = f64::midpoint(1.0, (1.0 - 2.0 / (variation + 1.0)).sqrt());
        // 1 - common, without the cancellation: common * rare = 1 / (2 (cv² + 1)).
        let rare = 1.0 / (2.0 * common * (variation + 1.0));
        Self(Shape::Hyperexponential { rare, mean })
    }

    /// One of several samplers, each with a probability proportional to its weight (>= 0, at least one > 0).
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn mixture(parts: Vec<(f64, Self)>) -> Self {
        let mut flat: Vec<(f64, Self)> = Vec::with_capacity(parts.len());
        for (weight, sampler) in parts {
            assert_finite("weight", weight, 0.0);
            match sampler.0 {
                // Mixtures of mixtures become flat, so that sampling is no recursion.
                Shape::Mixture(inner) => {
                    flat.extend(
                        Vec::from(inner).into_iter().map(|part| (weight * part.weight, part.sampler)),
                    );
                }
                shape => flat.push((weight, Self(shape))),
            }
        }
        flat.retain(|(weight, _)| *weight > 0.0);
        let total: f64 = flat.iter().map(|(weight, _)| weight).sum();
        assert!(total > 0.0 && total.is_finite(), "the weights of a mixture sum to {total}");
        let mut sum = 0.0;
        let components = flat.into_iter().map(|(weight, sampler)| {
            sum += weight;
            Component { weight: weight / total, cumulative: sum / total, sampler }
        });
        Self(Shape::Mixture(components.collect()))
    }

    /// Through these points `(p, ns)` of the inverse distribution function, linear between them. The first p is 0, the last 1; neither p nor ns
    /// decreases. Equal ns make a lump, equal p a gap.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn quantiles(points: Vec<(f64, f64)>) -> Self {
        assert!(points.len() >= 2, "an inverse distribution function needs two points, got {}", points.len());
        let (first, last) = (points[0], points[points.len() - 1]);
        assert!(first.0 == 0.0, "the first quantile is {}, not 0", first.0);
        assert!(last.0 == 1.0, "the last quantile is {}, not 1", last.0);
        assert_finite("ns", first.1, 0.0);
        assert_finite("ns", last.1, 0.0);
        for pair in points.windows(2) {
            assert!(pair[0].0 <= pair[1].0, "quantiles decrease: {} after {}", pair[1].0, pair[0].0);
            assert!(pair[0].1 <= pair[1].1, "values decrease: {} after {}", pair[1].1, pair[0].1);
        }
        Self(Shape::Quantiles(points.into_boxed_slice()))
    }

    /// One of these values in nanoseconds (at least one), all equally likely.
    ///
    /// # Panics
    ///
    /// If a parameter is outside its range.
    pub fn empirical(values_ns: Vec<u64>) -> Self {
        assert!(!values_ns.is_empty(), "an empirical distribution needs a value");
        Self(Shape::Empirical(values_ns.into_boxed_slice()))
    }
}

/// Refuses what is not a number at or above `least`.
fn assert_finite(name: &str, value: f64, least: f64) {
    assert!(value.is_finite(), "{name} = {value} is not finite");
    assert!(value >= least, "{name} = {value} is below {least}");
}

fn assert_positive(name: &str, value: f64) {
    assert!(value.is_finite(), "{name} = {value} is not finite");
    assert!(value > 0.0, "{name} = {value} is not above 0");
}
