//! What a count of seeds proves about a probability.

use super::{crossing, fewest};
use crate::kernel::num;

/// The exact two-sided confidence interval for a probability, from `successes` of `trials` (C. Clopper, E. Pearson, Biometrika 1934): it covers the true value with at
/// least this confidence, whatever that value is. Without trials it is everything.
///
/// # Panics
///
/// If there are more successes than trials, or the confidence is not between 0 and 1.
///
/// ```
/// use metastable::analysis::clopper_pearson;
/// // 20 of 20 seeds prove only 83 %.
/// let (low, high) = clopper_pearson(20, 20, 0.95);
/// assert!((low - 0.8316).abs() < 1e-4 && high == 1.0);
/// ```
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> (f64, f64) {
    assert!(successes <= trials, "{successes} of {trials} trials succeeded");
    assert!(0.0 < confidence && confidence < 1.0, "a confidence of {confidence}");
    let tail = (1.0 - confidence) / 2.0;
    // The smallest probability under which so many or more are not too rare, and the largest for so many or fewer.
    let low =
        if successes == 0 { 0.0 } else { crossing(0.0, 1.0, |p| at_least(successes, trials, p) < tail) };
    let high = if successes == trials {
        1.0
    } else {
        crossing(0.0, 1.0, |p| 1.0 - at_least(successes + 1, trials, p) >= tail)
    };
    (low, high)
}

/// The fewest trials at which the share that was seen would prove with this one-sided confidence that the probability is at least `share`; `None` if the share seen is
/// not above it, so that no number of trials would do.
pub(crate) fn trials_needed(successes: u64, trials: u64, share: f64, confidence: f64) -> Option<u64> {
    const MOST: u64 = 1 << 20;
    if trials == 0 || successes as f64 <= share * trials as f64 {
        return None;
    }
    if share <= 0.0 {
        return Some(1);
    }
    let seen = |all: u64| (u128::from(successes) * u128::from(all) / u128::from(trials)) as u64;
    let proves = |all: u64| seen(all) > 0 && at_least(seen(all), all, share) <= 1.0 - confidence;
    let mut enough = fewest(MOST, proves)?;
    // Whole successes come in steps, so that fewer may do again.
    while enough > 1 && proves(enough - 1) {
        enough -= 1;
    }
    Some(enough)
}

/// The probability of `least` or more successes in `trials` of probability `p`, which is above 0 and below 1.
pub(super) fn at_least(least: u64, trials: u64, p: f64) -> f64 {
    let (n, ln_p, ln_q) = (trials as f64, num::ln(p), num::ln_1p(-p));
    let term = |k: u64| {
        let k = k as f64;
        let ways = num::ln_gamma(n + 1.0) - num::ln_gamma(k + 1.0) - num::ln_gamma(n - k + 1.0);
        num::exp(ways + k * ln_p + (n - k) * ln_q)
    };
    // The shorter sum; both are sums of positive terms.
    if least > trials / 2 {
        (least..=trials).map(term).sum()
    } else {
        1.0 - (0..least).map(term).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Beta, ContinuousCDF};

    use super::*;

    /// The bounds are quantiles of beta distributions.
    #[test]
    fn agrees_with_the_quantiles_of_the_beta_distribution() {
        for trials in [1_u64, 2, 20, 59, 1000] {
            for successes in [0, 1, trials / 3, trials / 2, trials - 1, trials] {
                for confidence in [0.9, 0.95, 0.99] {
                    let (low, high) = clopper_pearson(successes, trials, confidence);
                    let (k, n, tail) = (successes as f64, trials as f64, (1.0 - confidence) / 2.0);
                    let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).unwrap().inverse_cdf(p);
                    let expected_low = if successes == 0 { 0.0 } else { quantile(k, n - k + 1.0, tail) };
                    let expected_high =
                        if successes == trials { 1.0 } else { quantile(k + 1.0, n - k, 1.0 - tail) };
                    assert!(
                        (low - expected_low).abs() < 1e-6,
                        "{successes} of {trials}: {low}, {expected_low}"
                    );
                    assert!(
                        (high - expected_high).abs() < 1e-6,
                        "{successes} of {trials}: {high}, {expected_high}"
                    );
                }
            }
        }
    }

    /// 20 of 20 seeds prove 86 % one-sided with 95 %, 59 of 59 prove 95 %: two-sided with 90 % has the same lower bound.
    #[test]
    fn all_of_some_seeds_prove_less_than_one_thinks() {
        assert!((clopper_pearson(20, 20, 0.9).0 - 0.860_891_7).abs() < 1e-6);
        assert!(clopper_pearson(59, 59, 0.9).0 > 0.95 && clopper_pearson(58, 58, 0.9).0 < 0.95);
        assert_eq!(clopper_pearson(0, 0, 0.95), (0.0, 1.0));
    }

    #[test]
    fn as_many_seeds_are_needed_as_the_share_seen_asks_for() {
        assert_eq!(trials_needed(20, 20, 0.95, 0.95), Some(59));
        assert_eq!(trials_needed(20, 20, 0.9, 0.95), Some(29));
        assert_eq!(trials_needed(19, 20, 0.95, 0.95), None);
        assert_eq!(trials_needed(0, 0, 0.5, 0.95), None);
        let needed = trials_needed(19, 20, 0.9, 0.95).unwrap();
        let seen = needed * 19 / 20;
        assert!(clopper_pearson(seen, needed, 0.9).0 >= 0.9, "{seen} of {needed}");
        assert!((100..400).contains(&needed), "{needed}");
    }
}
