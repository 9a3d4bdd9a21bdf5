//! What the order of some numbers proves about a quantile.

use super::proportion::at_least;

/// Which of `count` numbers in their order, counted from 0, are the ends of a confidence interval for the quantile `share` of what they were taken from; `None`: there are too
/// few. It is exact whatever the distribution is: how many numbers lie below a quantile is binomial (W. Thompson, Annals of Mathematical Statistics 1936; H. David, H. Nagaraja, Order Statistics 2003, 7.1).
/// The two tails are cut by themselves, so that it covers the quantile with at least this confidence.
///
/// # Panics
///
/// If the share or the confidence is not between 0 and 1.
fn quantile_ranks(count: u64, share: f64, confidence: f64) -> Option<(usize, usize)> {
    assert!(0.0 < share && share < 1.0, "the quantile {share}");
    assert!(0.0 < confidence && confidence < 1.0, "a confidence of {confidence}");
    let tail = (1.0 - confidence) / 2.0;
    // The number of this rank is above the quantile if no more than `rank` numbers are below it.
    let is_above = |rank: u64| 1.0 - at_least(rank + 1, count, share);
    let expected = (count as f64 * share) as u64;
    let low = (0..=expected).rev().find(|&rank| is_above(rank) <= tail)?;
    // It is below the quantile if more than `rank` numbers are.
    let high = (expected..count).find(|&rank| at_least(rank + 1, count, share) <= tail)?;
    Some((low as usize, high as usize))
}

/// The median of some numbers, and its confidence interval; infinite numbers are as good as others.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MedianEstimate {
    /// Of how many numbers.
    pub count: u64,
    /// The median; of an even number of them the lower of the two in the middle.
    pub median: f64,
    /// The ends of the interval; `None`: there are too few numbers.
    pub interval: Option<(f64, f64)>,
}

impl MedianEstimate {
    /// The median of these numbers, if there are any.
    pub fn of(values: &[f64], confidence: f64) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let median = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
        let count = sorted.len() as u64;
        let interval = quantile_ranks(count, 0.5, confidence).map(|(low, high)| (sorted[low], sorted[high]));
        Some(Self { count, median, interval })
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Binomial, DiscreteCDF};

    use super::*;

    /// The table A.26 of G. Hahn, W. Meeker, Statistical Intervals (1991), and others like it: ranks from 1 for the median.
    #[test]
    fn agrees_with_the_tables_of_the_median() {
        for (count, low, high) in [
            (6, 1, 6),
            (8, 1, 8),
            (9, 2, 8),
            (10, 2, 9),
            (15, 4, 12),
            (20, 6, 15),
            (25, 8, 18),
            (50, 18, 33),
            (100, 40, 61),
        ] {
            assert_eq!(quantile_ranks(count, 0.5, 0.95), Some((low - 1, high - 1)), "of {count}");
        }
        assert_eq!(quantile_ranks(0, 0.5, 0.95), None);
    }

    #[test]
    fn the_ranks_are_the_narrowest_that_cut_each_tail() {
        for count in [100_u64, 150, 411] {
            for share in [0.1, 0.5, 0.9, 0.95] {
                let below = Binomial::new(share, count).unwrap();
                let (low, high) = quantile_ranks(count, share, 0.95).unwrap();
                // P(low-th number above the quantile) = P(at most `low` below it).
                let miss = |rank: usize| below.cdf(rank as u64);
                assert!(miss(low) <= 0.025 && miss(low + 1) > 0.025, "{share} of {count}: {low}");
                assert!(
                    1.0 - miss(high) <= 0.025 && 1.0 - miss(high - 1) > 0.025,
                    "{share} of {count}: {high}"
                );
            }
        }
    }

    #[test]
    fn infinite_numbers_have_a_median_too() {
        let values = [3.0, f64::INFINITY, 1.0, 2.0, f64::INFINITY, 4.0];
        let estimate = MedianEstimate::of(&values, 0.95).unwrap();
        assert_eq!((estimate.count, estimate.median), (6, 3.0));
        assert_eq!(estimate.interval, Some((1.0, f64::INFINITY)));
        assert_eq!(MedianEstimate::of(&[], 0.95), None);
        assert_eq!(MedianEstimate::of(&[1.0], 0.95).unwrap().interval, None);
    }
}
