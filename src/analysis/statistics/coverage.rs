//! Goal: an interval of 95 % covers the truth as often as it says. Method: a thousand samples from known distributions, with a fixed seed; how often the truth is covered is
//! itself judged by an exact interval.

use super::{Estimate, MedianEstimate, clopper_pearson};
use crate::kernel::num;

pub(in crate::analysis) const REPETITIONS: u64 = 1000;

/// `SplitMix64`: uniform numbers above 0 and up to 1.
pub(in crate::analysis) struct Uniform(pub(in crate::analysis) u64);

impl Uniform {
    pub(in crate::analysis) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + f64::EPSILON / 4.0
    }

    pub(in crate::analysis) fn normal(&mut self) -> f64 {
        let (radius, turn) = ((-2.0 * num::ln(self.next())).sqrt(), self.next());
        radius * num::cos(std::f64::consts::TAU * turn)
    }

    fn exponential(&mut self) -> f64 {
        -num::ln(self.next())
    }
}

/// How often the 95 % interval of a sample of this size covers the mean.
fn covered(size: usize, mean: f64, draw: impl Fn(&mut Uniform) -> f64) -> u64 {
    let mut uniform = Uniform(7);
    let covers = |_| {
        let sample: Vec<f64> = (0..size).map(|_| draw(&mut uniform)).collect();
        let (low, high) = Estimate::of(&sample).unwrap().interval(0.95).unwrap();
        u64::from(low <= mean && mean <= high)
    };
    (0..REPETITIONS).map(covers).sum()
}

#[test]
fn the_interval_of_a_mean_covers_it_in_95_of_100_cases() {
    for size in [2, 5, 20, 100] {
        let covered = covered(size, 3.0, |uniform| 3.0 + 2.0 * uniform.normal());
        let (low, high) = clopper_pearson(covered, REPETITIONS, 0.999);
        assert!(low <= 0.95 && 0.95 <= high, "{covered} of {REPETITIONS} with {size} numbers");
    }
}

/// Of skewed numbers it covers a little less often; how much less is what the documentation says: 92 % instead of 95 % of 20 exponential ones.
#[test]
fn the_interval_of_skewed_numbers_is_a_little_too_short() {
    let of_20 = covered(20, 1.0, Uniform::exponential);
    let of_200 = covered(200, 1.0, Uniform::exponential);
    assert!(clopper_pearson(of_20, REPETITIONS, 0.999).1 < 0.96, "{of_20}");
    assert!(clopper_pearson(of_20, REPETITIONS, 0.999).0 > 0.88, "{of_20}");
    assert!(clopper_pearson(of_200, REPETITIONS, 0.999).1 > 0.945, "{of_200}");
}

/// Times to recovery as they are where a collapse is rare: some 11 s, or all of the 90 s that are looked at.
fn recovery(uniform: &mut Uniform, collapses: f64) -> f64 {
    if uniform.next() <= collapses { 90.0 } else { 10.0 + 2.0 * uniform.next() }
}

/// By Student alone the 95 % interval covers the mean in 10 % of the cases (2 seeds), 22 % (5), 64 % (20) and 77 % (29).
#[test]
fn a_collapse_that_was_never_seen_is_inside_the_interval_where_the_range_is_known() {
    for (size, collapses) in [(2, 0.05), (5, 0.05), (20, 0.05), (29, 0.05), (59, 0.01), (20, 0.3)] {
        let mean = 90.0 * collapses + 11.0 * (1.0 - collapses);
        let mut uniform = Uniform(13);
        let (mut both, mut above, mut below, mut student) = (0, 0, 0, 0);
        for _ in 0..REPETITIONS {
            let sample: Vec<f64> = (0..size).map(|_| recovery(&mut uniform, collapses)).collect();
            let estimate = Estimate::of(&sample).unwrap();
            let (low, high) = estimate.interval(0.95).unwrap();
            student += u64::from(low <= mean && mean <= high);
            let (low, high) = estimate.within(0.0, 90.0).interval(0.95).unwrap();
            both += u64::from(low <= mean && mean <= high);
            // The ends of the interval of 90 % are the bounds of claims, each of 95 %.
            let (low, high) = estimate.within(0.0, 90.0).interval(0.9).unwrap();
            above += u64::from(low <= mean);
            below += u64::from(mean <= high);
        }
        let upper = |covered| clopper_pearson(covered, REPETITIONS, 0.999).1;
        for covered in [both, above, below] {
            assert!(upper(covered) >= 0.95, "{covered} of {REPETITIONS} with {size} seeds and {collapses}");
        }
        assert!(collapses > 0.1 || upper(student) < 0.95, "{student} with {size} seeds by Student alone");
    }
}

#[test]
fn the_exact_interval_of_a_share_covers_it_at_least_as_often_as_it_says() {
    for (trials, share) in [(20, 0.05), (20, 0.5), (20, 0.95), (59, 0.9), (59, 0.99)] {
        let mut uniform = Uniform(11);
        let covers = |_| {
            let successes = (0..trials).filter(|_| uniform.next() <= share).count() as u64;
            let (low, high) = clopper_pearson(successes, trials, 0.95);
            u64::from(low <= share && share <= high)
        };
        let covered: u64 = (0..REPETITIONS).map(covers).sum();
        let (_, high) = clopper_pearson(covered, REPETITIONS, 0.999);
        assert!(high >= 0.95, "{covered} of {REPETITIONS} with {share} of {trials}");
    }
}

/// Whatever the distribution; of a discrete one, with ties, more often still.
#[test]
fn the_interval_of_a_median_covers_it_at_least_as_often_as_it_says() {
    let median_of_exponential = -num::ln(0.5);
    for size in [6, 20, 101] {
        let mut uniform = Uniform(13);
        let covers = |_| {
            let sample: Vec<f64> = (0..size).map(|_| uniform.exponential()).collect();
            let (low, high) = MedianEstimate::of(&sample, 0.95).unwrap().interval.unwrap();
            u64::from(low <= median_of_exponential && median_of_exponential <= high)
        };
        let covered: u64 = (0..REPETITIONS).map(covers).sum();
        let (low, high) = clopper_pearson(covered, REPETITIONS, 0.999);
        assert!(high >= 0.95, "{covered} of {REPETITIONS} with {size} numbers");
        // Ranks come in steps: of six numbers it is 31 of 32 at best.
        assert!(low <= 0.97, "{covered} of {REPETITIONS} with {size} numbers");
    }
}
