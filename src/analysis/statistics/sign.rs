//! Which of two halves of a pair has the upper hand.

use super::proportion::at_least;

/// The probability that pairs fall as unevenly as this or more if neither side is favoured, ties left out: the exact two-sided sign test; of pairs of yes and no it is
/// the exact test of Q. `McNemar` (Psychometrika 1947).
///
/// ```
/// use metastable::analysis::sign_test;
/// assert_eq!(sign_test(0, 0), 1.0);
/// assert!((sign_test(8, 0) - 0.007_812_5).abs() < 1e-12);
/// ```
pub fn sign_test(plus: u64, minus: u64) -> f64 {
    let (more, all) = (plus.max(minus), plus + minus);
    if plus == minus {
        return 1.0;
    }
    (2.0 * at_least(more, all, 0.5)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 10 pairs, 9 on one side: 2 (10 + 1) / 1024.
    #[test]
    fn agrees_with_counting() {
        assert!((sign_test(9, 1) - 22.0 / 1024.0).abs() < 1e-12);
        assert!((sign_test(1, 9) - 22.0 / 1024.0).abs() < 1e-12);
        assert_eq!(sign_test(5, 5), 1.0);
        assert!((sign_test(3, 2) - 1.0).abs() < 1e-12);
    }
}
