//! What makes a distribution meaningful. Ranges keep every number derived from them finite and well away from rounding.

use super::parse::split_arguments;
use super::{Amount, Distribution, Factor, Share};

/// How deep mixtures may be nested; every level is a step of recursion.
pub(super) const NESTING_MAX: usize = 8;

/// Phases of an Erlang distribution at most; each costs a logarithm per draw.
const ERLANG_PHASES_MAX: u32 = 1000;

/// Coefficients of variation; beyond, the distribution is a constant, or a lottery that no run is long enough for.
const CV_RANGE: (f64, f64) = (0.001, 1000.0);
/// Below a coefficient of variation of 1 there is no hyperexponential distribution.
const HYPEREXPONENTIAL_CV_RANGE: (f64, f64) = (1.0, 1000.0);
/// Shapes of a Weibull distribution; the gamma function of 1 + 1/0.1 is 3.6 million.
const SHAPE_RANGE: (f64, f64) = (0.1, 1000.0);
/// Exponents of a Pareto tail.
const ALPHA_RANGE: (f64, f64) = (0.01, 1000.0);

impl<T: Amount> Distribution<T> {
    /// Whether every number is in its range; what was parsed always is.
    ///
    /// # Errors
    ///
    /// With a message that names the first number that is not.
    pub fn check(&self) -> Result<(), String> {
        self.check_nested(0).map_err(|reason| format!("{reason} in `{self}`"))
    }

    fn check_nested(&self, depth: usize) -> Result<(), String> {
        self.check_itself()?;
        let Self::Mixture(parts) = self else { return Ok(()) };
        if depth >= NESTING_MAX {
            return Err(format!("a mixture is nested more than {NESTING_MAX} deep"));
        }
        parts.iter().try_for_each(|(_, part)| part.check_nested(depth + 1))
    }

    /// Checks this distribution, but not those inside a mixture.
    pub(super) fn check_itself(&self) -> Result<(), String> {
        match self {
            Self::Constant(_) | Self::Normal { .. } => Ok(()),
            Self::Exponential { mean } => positive("mean", *mean),
            Self::Uniform { low, high } => ordered("low", *low, "high", *high),
            Self::LognormalByQuantiles { p50, p99 } => {
                positive("p50", *p50)?;
                ordered("p50", *p50, "p99", *p99)
            }
            Self::LognormalByMoments { mean, cv } | Self::Gamma { mean, cv } => {
                positive("mean", *mean)?;
                within("cv", *cv, CV_RANGE)
            }
            Self::Erlang { k, mean } => {
                positive("mean", *mean)?;
                within("k", (*k).into(), (1.0, f64::from(ERLANG_PHASES_MAX)))
            }
            Self::Weibull { shape, mean } => {
                positive("mean", *mean)?;
                within("shape", *shape, SHAPE_RANGE)
            }
            Self::Pareto { min, alpha, max } => {
                positive("min", *min)?;
                within("alpha", *alpha, ALPHA_RANGE)?;
                match max {
                    Some(max) if max <= min => Err(format!("`max` ({max}) is not above `min` ({min})")),
                    Some(_) | None => Ok(()),
                }
            }
            Self::Hyperexponential { mean, cv } => {
                positive("mean", *mean)?;
                within("cv", *cv, HYPEREXPONENTIAL_CV_RANGE)
            }
            Self::Mixture(parts) => check_mixture(parts),
            Self::Quantiles(points) => check_quantiles(points),
            Self::Empirical { path } => check_path(path),
        }
    }
}

fn positive<T: Amount>(name: &str, value: T) -> Result<(), String> {
    if value.whole() == 0 { Err(format!("`{name}` is not above 0")) } else { Ok(()) }
}

fn ordered<T: Amount>(low_name: &str, low: T, high_name: &str, high: T) -> Result<(), String> {
    if low > high {
        return Err(format!("`{high_name}` ({high}) is below `{low_name}` ({low})"));
    }
    Ok(())
}

fn within(name: &str, value: Factor, (least, greatest): (f64, f64)) -> Result<(), String> {
    if (least..=greatest).contains(&value.get()) {
        return Ok(());
    }
    Err(format!("`{name}` is not from {least} to {greatest}"))
}

fn check_mixture<T>(parts: &[(Share, Distribution<T>)]) -> Result<(), String> {
    let billionths: u64 = parts.iter().map(|(share, _)| u64::from(share.billionths())).sum();
    let whole = u64::from(Share::ONE.billionths());
    if billionths == whole {
        return Ok(());
    }
    let amount = if billionths < whole { "less" } else { "more" };
    Err(format!("the shares sum to {amount} than 100%"))
}

fn check_quantiles<T: Amount>(points: &[(Share, T)]) -> Result<(), String> {
    if points.first().is_none_or(|(share, _)| *share != Share::ZERO) {
        return Err("the quantiles do not start at 0%".to_owned());
    }
    if points.last().is_none_or(|(share, _)| *share != Share::ONE) {
        return Err("the quantiles do not end at 100%".to_owned());
    }
    for pair in points.windows(2) {
        let [(low_share, low), (high_share, high)] = pair else { continue };
        if low_share > high_share {
            return Err(format!("the shares decrease from {low_share} to {high_share}"));
        }
        if low > high {
            return Err(format!(
                "the {}s decrease from {low} at {low_share} to {high} at {high_share}",
                T::NOUN
            ));
        }
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("the file has no name".to_owned());
    }
    if path.trim() != path || split_arguments(path).is_none() {
        return Err("the name of the file has surrounding space or unpaired parentheses".to_owned());
    }
    Ok(())
}
