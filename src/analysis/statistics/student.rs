//! Student's t distribution.

use super::crossing;
use crate::kernel::num;

/// Terms of the continued fraction; a few dozen are enough for any number of seeds.
const TERMS_MAX: u32 = 10_000;

/// The number that the absolute value of Student's t exceeds with probability 1 - `confidence`: the half-width of a two-sided confidence interval in standard
/// errors (Student, Biometrika 1908).
///
/// # Panics
///
/// If there is no degree of freedom, or the confidence is not between 0 and 1.
///
/// ```
/// use metastable::analysis::student_t_critical;
/// assert!((student_t_critical(0.95, 9) - 2.262_157).abs() < 1e-6);
/// ```
pub fn student_t_critical(confidence: f64, degrees_of_freedom: u64) -> f64 {
    assert!(degrees_of_freedom > 0, "a t distribution without degrees of freedom");
    assert!(0.0 < confidence && confidence < 1.0, "a confidence of {confidence}");
    let tails = 1.0 - confidence;
    let is_common = |t: f64| beyond(t, degrees_of_freedom as f64) > tails;
    let mut high = 1.0;
    while is_common(high) {
        high *= 2.0;
    }
    crossing(0.0, high, is_common)
}

/// The probability that the absolute value of t exceeds this.
fn beyond(t: f64, degrees_of_freedom: f64) -> f64 {
    incomplete_beta(degrees_of_freedom / 2.0, 0.5, degrees_of_freedom / (degrees_of_freedom + t * t))
}

/// The regularised incomplete beta function, by the continued fraction 8.17.22 of the NIST Digital Library of Mathematical Functions.
pub(super) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front =
        num::ln_gamma(a + b) - num::ln_gamma(a) - num::ln_gamma(b) + a * num::ln(x) + b * num::ln_1p(-x);
    // It converges fast below the mean, and each side is the rest of the other.
    if x < (a + 1.0) / (a + b + 2.0) {
        num::exp(front) * continued_fraction(a, b, x) / a
    } else {
        1.0 - num::exp(front) * continued_fraction(b, a, 1.0 - x) / b
    }
}

/// The fraction, evaluated from the front (W. Lentz, Applied Optics 1976).
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for term in 1..TERMS_MAX {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + coefficient * d);
            c = away_from_zero(1.0 + coefficient / c);
            step = c * d;
            fraction *= step;
        }
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;

    #[test]
    fn agrees_with_the_tables() {
        for (confidence, degrees, expected) in [
            (0.95, 1, 12.706_205),
            (0.95, 2, 4.302_653),
            (0.95, 19, 2.093_024),
            (0.99, 29, 2.756_386),
            (0.90, 58, 1.671_553),
            (0.95, 1_000_000, 1.959_966),
        ] {
            let found = student_t_critical(confidence, degrees);
            assert!((found - expected).abs() < 1e-6, "{confidence} with {degrees}: {found}");
        }
    }

    #[test]
    fn agrees_with_another_implementation() {
        for degrees in [1_u64, 2, 3, 5, 10, 30, 100, 999] {
            for confidence in [0.5, 0.8, 0.9, 0.95, 0.99, 0.999] {
                let distribution = StudentsT::new(0.0, 1.0, degrees as f64).unwrap();
                let critical = student_t_critical(confidence, degrees);
                let inside = 2.0 * distribution.cdf(critical) - 1.0;
                assert!((inside - confidence).abs() < 1e-9, "{confidence} with {degrees}: {inside}");
            }
        }
    }
}
