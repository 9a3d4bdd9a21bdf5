//! Estimates with their standard errors, by batch means.
//!
//! Successive customers of a queue are far from independent; the means of long batches of them nearly are. Every row after the
//! warm-up is a batch: tens of thousands of time units where the queue forgets within hundreds.

use crate::util::by_depth;

/// The largest standard error allowed where the load is at most .8, as a share of the exact value.
pub(crate) const TIGHT: f64 = 0.005;
/// The largest standard error allowed elsewhere, and for probabilities.
pub(crate) const LOOSE: f64 = 0.01;
/// How far a percentile may be off, as a share of the exact value.
const PERCENTILE: f64 = 0.03;

/// An estimate of a mean or a probability.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) standard_error: f64,
}

impl Estimate {
    /// The ratio of two sums, from their parts per batch (W. G. Cochran, Sampling Techniques, 1977, §6.4).
    pub(crate) fn of_ratio(batches: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let batches: Vec<(f64, f64)> = batches.into_iter().collect();
        let count = batches.len() as f64;
        assert!(count >= 20.0, "{count} batches are too few to tell their spread");
        let above: f64 = batches.iter().map(|(above, _)| above).sum();
        let below: f64 = batches.iter().map(|(_, below)| below).sum();
        let value = above / below;
        let squares: f64 =
            batches.iter().map(|(above, below)| (above - value * below) * (above - value * below)).sum();
        let standard_error = (squares / (count - 1.0) * count).sqrt() / below;
        Self { value, standard_error }
    }

    /// The pass rule for exact means and probabilities. `error_max` is the standard error allowed in the deep run, as a share of `exact`; the quick run may have
    /// twice that.
    #[track_caller]
    pub(crate) fn assert_is(self, what: &str, exact: f64, error_max: f64) {
        let Self { value, standard_error } = self;
        let allowed = error_max * by_depth(2.0, 1.0) * exact;
        assert!(
            standard_error <= allowed,
            "{what}: standard error {standard_error} of {exact}, allowed {allowed}"
        );
        // What does not vary has no standard error, and must be exact.
        let off = (value - exact).abs();
        assert!(
            off <= 4.0 * standard_error,
            "{what}: {value} instead of {exact}, standard error {standard_error}"
        );
    }
}

impl Estimate {
    /// The pass rule for a mean that was itself estimated from as many runs, and printed with an error of at most `rounding`.
    #[track_caller]
    pub(crate) fn assert_is_like(self, what: &str, published: f64, rounding: f64) {
        let Self { value, standard_error } = self;
        let off = (value - published).abs();
        let allowed = 4.0 * std::f64::consts::SQRT_2 * standard_error + rounding;
        assert!(off <= allowed, "{what}: {value} instead of {published}, standard error {standard_error}");
    }
}

/// The pass rule for percentiles; both in time units.
#[track_caller]
pub(crate) fn assert_percentile(what: &str, value: f64, exact: f64) {
    let off = value / exact - 1.0;
    assert!(off.abs() <= PERCENTILE, "{what}: {value} instead of {exact}, off by {off}");
}

/// Two measurements of the same thing by different ways.
#[track_caller]
pub(crate) fn assert_within(what: &str, value: f64, expected: f64, share: f64) {
    let off = value / expected - 1.0;
    assert!(off.abs() <= share, "{what}: {value} against {expected}, off by {off}");
}
