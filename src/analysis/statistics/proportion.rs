//! What a count of seeds proves about a probability.

use super::student::incomplete_beta;
use super::{COUNT_MAX, Needed, crossing, fewest};
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

/// The largest probability of what none of so many trials has shown, if more than that is to be excluded but for `tail`: the upper bound of Clopper and Pearson for none.
pub(super) fn unseen(trials: u64, tail: f64) -> f64 {
    1.0 - num::exp(num::ln(tail) / trials as f64)
}

/// The fewest trials, and no fewer than there were, at which the share that was seen would prove with this one-sided confidence that the probability is at least `share`.
pub(crate) fn trials_needed(successes: u64, trials: u64, share: f64, confidence: f64) -> Needed {
    if trials == 0 || successes as f64 <= share * trials as f64 {
        return Needed::Never;
    }
    if share <= 0.0 {
        return Needed::Count(trials);
    }
    // So many or more of so many, also of fractions.
    let is_rare = |least: f64, all: f64| {
        least > 0.0 && incomplete_beta(least, all - least + 1.0, share) <= 1.0 - confidence
    };
    let seen = successes as f64 / trials as f64;
    // Whole successes prove no more than the fractions that they are cut off from, so fewer trials than these do not do.
    let Some(first) = fewest(COUNT_MAX, |all| is_rare(seen * all as f64, all as f64)) else {
        return Needed::TooMany;
    };
    let first = first.max(trials);
    let whole = (u128::from(successes) * u128::from(first) / u128::from(trials)) as u64;
    // Between two steps of the whole successes, trials only add failures: the first trials of a step prove the most.
    let step = |count: u64| {
        let all = (u128::from(count) * u128::from(trials)).div_ceil(u128::from(successes));
        (count, (all as u64).max(first))
    };
    let mut steps = (whole..).map(step).take_while(|(_, all)| *all <= COUNT_MAX);
    let proven = steps.find(|(count, all)| is_rare(*count as f64, *all as f64));
    proven.map_or(Needed::TooMany, |(_, all)| Needed::Count(all))
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
        assert_eq!(trials_needed(20, 20, 0.95, 0.95), Needed::Count(59));
        assert_eq!(trials_needed(20, 20, 0.9, 0.95), Needed::Count(29));
        assert_eq!(trials_needed(19, 20, 0.95, 0.95), Needed::Never);
        assert_eq!(trials_needed(0, 0, 0.5, 0.95), Needed::Never);
        // 0.99999^n is below 5 % from n = 299,572 on, and 0.999998^n from 1,497,865 on.
        assert_eq!(trials_needed(20, 20, 0.999_99, 0.95), Needed::Count(299_572));
        assert_eq!(trials_needed(20, 20, 0.999_998, 0.95), Needed::TooMany);
        assert_eq!(trials_needed(19, 20, 0.949_99, 0.95), Needed::TooMany);
    }

    /// What is proven comes and goes with the steps of the whole successes; the fewest are found by trying one number after the other.
    #[test]
    fn no_fewer_seeds_would_do() {
        for (successes, trials, share, known) in
            [(19, 20, 0.9, 116), (29, 30, 0.95, 506), (14, 15, 0.9, 239), (20, 20, 0.95, 59), (3, 4, 0.5, 16)]
        {
            let seen = |all: u64| successes * all / trials;
            let proves = |all: &u64| seen(*all) > 0 && at_least(seen(*all), *all, share) <= 0.05;
            let fewest = (trials..1000).find(proves).unwrap();
            assert_eq!(trials_needed(successes, trials, share, 0.95), Needed::Count(fewest));
            assert_eq!(fewest, known, "{successes} of {trials} for {share}");
        }
        for trials in 2..=25_u64 {
            for (successes, share) in
                (1..=trials).flat_map(|it| [0.1, 0.5, 0.7, 0.9].map(|share| (it, share)))
            {
                let seen = |all: u64| successes * all / trials;
                let proves = |all: &u64| seen(*all) > 0 && at_least(seen(*all), *all, share) <= 0.05;
                let found = trials_needed(successes, trials, share, 0.95);
                let Some(fewest) = (trials..400).find(proves) else { continue };
                assert_eq!(found, Needed::Count(fewest), "{successes} of {trials} for {share}");
            }
        }
    }

    #[test]
    fn what_was_never_seen_may_still_be_there() {
        for trials in [1, 2, 20, 59] {
            assert!((unseen(trials, 0.05) - clopper_pearson(0, trials, 0.9).1).abs() < 1e-9);
        }
    }
}
