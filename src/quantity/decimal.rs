//! Decimal numbers as written, exactly: an integer and a number of decimals, never a float.

/// Digits that a number may have before its point, and after it: both together fit a `u128`.
const INTEGER_DIGITS_MAX: usize = 20;
const FRACTION_DIGITS_MAX: usize = 18;

/// `mantissa / 10^scale`, not negative, with no trailing zeros behind the point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Decimal {
    mantissa: u128,
    scale: u32,
}

/// Why a number does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Misfit {
    /// It is not a decimal number.
    Malformed,
    /// It is not a whole multiple of the smallest unit.
    TooFine,
    /// It is above the largest value.
    TooLarge,
}

impl Decimal {
    /// Reads `12` or `1.5`: digits, and perhaps a point between digits.
    pub(super) fn parse(text: &str) -> Result<Self, Misfit> {
        let (integer, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(integer) || !is_digits(fraction) {
            return Err(Misfit::Malformed);
        }
        let integer = integer.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if integer.len() > INTEGER_DIGITS_MAX {
            return Err(Misfit::TooLarge);
        }
        if fraction.len() > FRACTION_DIGITS_MAX {
            return Err(Misfit::TooFine);
        }
        let digits = integer.bytes().chain(fraction.bytes());
        let mantissa = digits.fold(0, |sum, digit| sum * 10 + u128::from(digit - b'0'));
        Ok(Self { mantissa, scale: fraction.len() as u32 })
    }

    /// The number times `factor`, if that is a whole number that fits.
    pub(super) fn times(self, factor: u64) -> Result<u64, Misfit> {
        let (mantissa, power) = self.fraction();
        let common = gcd(power, u128::from(factor));
        let divisor = power / common;
        if mantissa % divisor != 0 {
            return Err(Misfit::TooFine);
        }
        let product = (mantissa / divisor).checked_mul(u128::from(factor) / common);
        product.and_then(|product| u64::try_from(product).ok()).ok_or(Misfit::TooLarge)
    }

    /// Numerator and denominator; the denominator is a power of ten, at most 10^18.
    pub(super) fn fraction(self) -> (u128, u128) {
        (self.mantissa, 10_u128.pow(self.scale))
    }
}

/// Splits a text behind its leading number (digits and points); either part may be empty.
pub(super) fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at(end)
}

/// Writes `value / 10^decimals` without trailing zeros.
pub(super) fn fixed(value: u128, decimals: u32) -> String {
    let power = 10_u128.pow(decimals);
    let fraction = value % power;
    if fraction == 0 {
        return (value / power).to_string();
    }
    let width = decimals as usize;
    let digits = format!("{fraction:0width$}");
    format!("{}.{}", value / power, digits.trim_end_matches('0'))
}

/// The greatest common divisor; that of 0 and `b` is `b`.
pub(super) fn gcd(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str, factor: u64) -> Result<u64, Misfit> {
        Decimal::parse(text)?.times(factor)
    }

    #[test]
    fn products_are_exact_or_refused() {
        assert_eq!(times("1.5", 1_000), Ok(1_500));
        assert_eq!(times("007.50", 60), Ok(450));
        assert_eq!(times("0.1", 1), Err(Misfit::TooFine));
        assert_eq!(times("0.0000000000000000001", 10), Err(Misfit::TooFine));
        assert_eq!(times("18446744073709551615", 1), Ok(u64::MAX));
        assert_eq!(times("18446744073709551616", 1), Err(Misfit::TooLarge));
        assert_eq!(times("99999999999999999999.999999999999999999", u64::MAX), Err(Misfit::TooFine));
        assert_eq!(times("999999999999999999999", 1), Err(Misfit::TooLarge));
        assert_eq!(times("99999999999999999999", u64::MAX), Err(Misfit::TooLarge));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", ".", "1.", ".5", "1.2.3", "-1", "+1", "1e3", "٣"] {
            assert_eq!(Decimal::parse(text), Err(Misfit::Malformed), "{text}");
        }
    }

    #[test]
    fn fixed_point_drops_what_is_not_needed() {
        assert_eq!(fixed(1_500, 3), "1.5");
        assert_eq!(fixed(2_000, 3), "2");
        assert_eq!(fixed(7, 3), "0.007");
        assert_eq!(fixed(0, 0), "0");
    }
}
