//! The mean of some numbers, and how well it is known.

use super::{fewest, student_t_critical};

/// What a sample says about the mean of what it was taken from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// How many numbers there are.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with one degree of freedom less than there are numbers; 0 of a single one.
    pub deviation: f64,
}

impl Estimate {
    /// The estimate from these numbers, if there are any.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        // In two passes: what is left after the mean is small, and squares of it lose nothing.
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = if values.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 };
        Some(Self { count: values.len() as u64, mean, deviation })
    }

    /// The standard error of the mean.
    pub fn standard_error(&self) -> f64 {
        self.deviation / (self.count as f64).sqrt()
    }

    /// How far the two-sided confidence interval of the mean reaches to either side (Student 1908); `None` from a single number, which says nothing about it.
    ///
    /// It is exact for normal numbers and good for means of many; means of few and skewed numbers it covers less often than it says.
    pub fn half_width(&self, confidence: f64) -> Option<f64> {
        (self.count > 1).then(|| student_t_critical(confidence, self.count - 1) * self.standard_error())
    }

    /// The two-sided confidence interval of the mean.
    pub fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        self.half_width(confidence).map(|half| (self.mean - half, self.mean + half))
    }

    /// The sign of the mean, if 0 is outside its confidence interval.
    pub fn clear_sign(&self, confidence: f64) -> Option<f64> {
        let (low, high) = self.interval(confidence)?;
        (low > 0.0 || high < 0.0).then(|| self.mean.signum())
    }

    /// The fewest numbers with this mean and deviation whose interval lies above `bound` with its lower end; `None` if the mean is not above it.
    pub fn count_needed(&self, bound: f64, confidence: f64) -> Option<u64> {
        const MOST: u64 = 1_000_000_000;
        if self.mean <= bound {
            return None;
        }
        let is_enough = |count: u64| {
            let sample = Self { count, ..*self };
            sample.interval(confidence).is_some_and(|(low, _)| low >= bound)
        };
        fewest(MOST, is_enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D. Darwin's maize: heights of pairs of plants, the example of R. A. Fisher, The Design of Experiments (1935), chapter III: a mean of 2.617 inches, t = 2.148.
    const MAIZE: [f64; 15] =
        [49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0, -48.0];

    #[test]
    fn agrees_with_fisher() {
        let eighths = Estimate::of(&MAIZE).unwrap();
        assert!((eighths.mean / 8.0 - 2.617).abs() < 1e-3);
        assert!((eighths.mean / eighths.standard_error() - 2.148).abs() < 1e-3);
        let (low, high) = eighths.interval(0.95).unwrap();
        assert!((low - 0.031).abs() < 1e-2 && (high - 41.836).abs() < 1e-2, "{low} to {high}");
        assert_eq!(eighths.clear_sign(0.95), Some(1.0));
        assert_eq!(eighths.clear_sign(0.99), None);
    }

    #[test]
    fn one_number_says_nothing_about_its_spread() {
        assert_eq!(Estimate::of(&[]), None);
        let single = Estimate::of(&[3.0]).unwrap();
        assert_eq!((single.mean, single.interval(0.95), single.clear_sign(0.95)), (3.0, None, None));
        let same = Estimate::of(&[3.0, 3.0]).unwrap();
        assert_eq!(same.interval(0.95), Some((3.0, 3.0)));
    }

    #[test]
    fn as_many_are_needed_as_bring_the_interval_above_the_bound() {
        let seen = Estimate { count: 5, mean: 10.0, deviation: 4.0 };
        let needed = seen.count_needed(9.0, 0.9).unwrap();
        let low = |count| Estimate { count, ..seen }.interval(0.9).unwrap().0;
        assert!(low(needed) >= 9.0 && low(needed - 1) < 9.0, "{needed}");
        assert_eq!(seen.count_needed(10.0, 0.9), None);
    }
}
