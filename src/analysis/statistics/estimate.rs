//! The mean of some numbers, and how well it is known.

use super::{COUNT_MAX, Needed, fewest, student_t_critical, unseen};

/// So many numbers that are the same prove (one-sided, 95 %) that at most 5 % are others.
pub(crate) const SAME_MIN: u64 = 59;

/// What a sample says about the mean of what it was taken from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// How many numbers there are.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with one degree of freedom less than there are numbers; 0 of a single one.
    pub deviation: f64,
    /// Between what these numbers have to be, where that is known.
    pub range: Option<(f64, f64)>,
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
        Some(Self { count: values.len() as u64, mean, deviation, range: None })
    }

    /// The same, of numbers that are never below `least` nor above `most`.
    #[must_use]
    pub fn within(self, least: f64, most: f64) -> Self {
        Self { range: Some((least, most)), ..self }
    }

    /// The same of the numbers with their signs reversed.
    pub(crate) fn negated(self) -> Self {
        Self { mean: -self.mean, range: self.range.map(|(least, most)| (-most, -least)), ..self }
    }

    /// Whether all numbers are the same, but for rounding: they say nothing about how far others may lie from them.
    pub fn is_constant(&self) -> bool {
        self.deviation <= 1e-9 * self.mean.abs()
    }

    /// Whether these are too few numbers that are all the same, and nothing else is known about how far others may lie from them.
    pub fn lacks_spread(&self) -> bool {
        self.is_constant() && self.range.is_none() && self.count < SAME_MIN
    }

    /// The standard error of the mean.
    pub fn standard_error(&self) -> f64 {
        self.deviation / (self.count as f64).sqrt()
    }

    /// The two-sided confidence interval of the mean (Student 1908); `None` from a single number, which says nothing about it.
    ///
    /// It is exact for normal numbers and good for means of many; means of few and skewed numbers it covers less often than it says. Worst are numbers that are now and
    /// then quite other ones, for as long as none of those was seen. Where the range is known, that is taken into account: to either side the interval ends where the mean would be
    /// if as many were at the end of the range as may be without a single one being seen.
    pub fn interval(&self, confidence: f64) -> Option<(f64, f64)> {
        if self.count < 2 {
            return None;
        }
        let half = student_t_critical(confidence, self.count - 1) * self.standard_error();
        let (low, high) = (self.mean - half, self.mean + half);
        let Some((least, most)) = self.range else { return Some((low, high)) };
        let share = unseen(self.count, (1.0 - confidence) / 2.0);
        let towards = |end: f64, value: f64| value + share * (end - value);
        Some((towards(least, low).max(least), towards(most, high).min(most)))
    }

    /// How far the confidence interval of the mean reaches, to the side where it reaches further.
    pub fn half_width(&self, confidence: f64) -> Option<f64> {
        self.interval(confidence).map(|(low, high)| (self.mean - low).max(high - self.mean))
    }

    /// The sign of the mean, if 0 is outside its confidence interval.
    pub fn clear_sign(&self, confidence: f64) -> Option<f64> {
        let (low, high) = self.interval(confidence)?;
        (low > 0.0 || high < 0.0).then(|| self.mean.signum())
    }

    /// The fewest numbers with this mean and deviation whose interval lies above `bound` with its lower end.
    pub fn count_needed(&self, bound: f64, confidence: f64) -> Needed {
        if self.mean <= bound {
            return Needed::Never;
        }
        let is_enough = |count: u64| {
            let sample = Self { count, ..*self };
            sample.interval(confidence).is_some_and(|(low, _)| low >= bound)
        };
        fewest(COUNT_MAX, is_enough).map_or(Needed::TooMany, Needed::Count)
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
        let seen = Estimate { count: 5, mean: 10.0, deviation: 4.0, range: None };
        let Needed::Count(needed) = seen.count_needed(9.0, 0.9) else { panic!("some number does") };
        let low = |count| Estimate { count, ..seen }.interval(0.9).unwrap().0;
        assert!(low(needed) >= 9.0 && low(needed - 1) < 9.0, "{needed}");
        assert_eq!(seen.count_needed(10.0, 0.9), Needed::Never);
        assert_eq!(seen.count_needed(9.9999, 0.9), Needed::TooMany);
    }

    /// By hand: 59 of 59 leave room for 4.95 % (one-sided 95 %), which may all be at the end of the range.
    #[test]
    fn what_is_the_same_every_time_may_still_be_other_where_the_range_is_known() {
        let same = Estimate::of(&[10.0; 59]).unwrap();
        assert!(unseen(SAME_MIN, 0.05) < 0.05 && unseen(SAME_MIN - 1, 0.05) > 0.05);
        assert!(!same.lacks_spread() && Estimate::of(&[10.0; 58]).unwrap().lacks_spread());
        assert!(same.is_constant() && !Estimate::of(&[10.0, 10.1]).unwrap().is_constant());
        let (low, high) = same.within(0.0, 100.0).interval(0.9).unwrap();
        assert!((low - 9.505).abs() < 1e-3 && (high - 14.456).abs() < 1e-3, "{low} to {high}");
        assert_eq!(same.within(10.0, 10.0).interval(0.9), Some((10.0, 10.0)));
        let mirrored = same.within(0.0, 100.0).negated();
        assert_eq!(mirrored.interval(0.9), Some((-high, -low)));
        assert_eq!(mirrored.count_needed(-high, 0.9), Needed::Count(59));
    }
}
