//! Rates: so many per time, `"800/s"`, `"0.5/s"`, `"60/min"`, `"1/90s"`.

use std::fmt;
use std::str::FromStr;

use super::decimal::{Decimal, Misfit, fixed, gcd, split_number};
use super::duration::{meant_unit, unit_ns};
use super::text::{refuse_spaces, serde_as_text};
use super::{Duration, ParseError};

/// Units that a rate is shown in, in order of preference, with their length in nanoseconds.
const SHOWN_UNITS: [(&str, u64); 4] =
    [("s", 1_000_000_000), ("min", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000)];

/// Names of "per second" that people bring along.
const PER_SECOND_ALIASES: [&str; 5] = ["rps", "qps", "tps", "hz", "ps"];

/// Decimals that are tried before a rate is shown as a fraction; the parser reads no more either.
const DECIMALS_MAX: u32 = 18;

const NS_PER_S: u128 = 1_000_000_000;

/// A rate as an exact fraction: `count` events per `per_ns` nanoseconds, in lowest terms.
///
/// Exact, because the k-th arrival of a constant process is at the rounded multiple of the exact period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    count: u64,
    per_ns: u64,
}

impl Rate {
    /// `count` events per `per_ns` nanoseconds, reduced to lowest terms.
    ///
    /// # Panics
    ///
    /// If `per_ns` is 0.
    pub fn new(count: u64, per_ns: u64) -> Self {
        assert!(per_ns > 0, "the period of a rate is longer than 0 ns, not {per_ns} ns");
        // Neither is larger than what it came from, so both fit again.
        let common = gcd(u128::from(count), u128::from(per_ns)) as u64;
        Self { count: count / common, per_ns: per_ns / common }
    }

    /// Events in the numerator of the exact fraction.
    pub const fn count(self) -> u64 {
        self.count
    }

    /// Nanoseconds in its denominator; never 0.
    pub const fn per_ns(self) -> u64 {
        self.per_ns
    }

    /// Whether nothing ever happens at this rate.
    pub const fn is_zero(self) -> bool {
        self.count == 0
    }

    /// Events per second: the representable number next to the fraction, or one beside that. Who decides by it in a run wants [`Rate::as_per_s_f64`], whose bits are part of every result.
    pub fn per_s(self) -> f64 {
        let common = gcd(u128::from(self.per_ns), NS_PER_S);
        // Both below 2^94: as floats they are rounded once each, and not at all if they are small.
        let numerator = u128::from(self.count) * (NS_PER_S / common);
        numerator as f64 / (u128::from(self.per_ns) / common) as f64
    }

    /// The first of the units `s`, `min`, `h`, `d` in which both rates are decimals that can be read back, and these.
    pub fn in_one_unit(one: Self, other: Self) -> Option<(&'static str, [String; 2])> {
        SHOWN_UNITS.into_iter().find_map(|(unit, unit_ns)| {
            Some((unit, [one.decimal_per(unit_ns)?, other.decimal_per(unit_ns)?]))
        })
    }

    /// Events per second, rounded to a representable number.
    pub fn as_per_s_f64(self) -> f64 {
        self.count as f64 / self.per_ns as f64 * 1e9
    }
}

impl FromStr for Rate {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        refuse_spaces(text)?;
        if let Some(positive) = text.strip_prefix('-')
            && Decimal::parse(split_number(positive).0).is_ok()
        {
            return Err(ParseError::new(format!("negative rate `{text}`: a rate is at least \"0/s\"")));
        }
        let (number, period) = text.split_once('/').ok_or_else(|| without_period(text))?;
        let decimal = Decimal::parse(number).map_err(|why| misfit(text, why))?;
        let period_ns = parse_period(text, number, period)?;
        let (numerator, power) = decimal.fraction();
        // At most 10^18 times 2^64: far below 2^128.
        let denominator = power * u128::from(period_ns);
        let common = gcd(numerator, denominator);
        let count = u64::try_from(numerator / common).map_err(|_| misfit(text, Misfit::TooLarge))?;
        let per_ns = u64::try_from(denominator / common).map_err(|_| misfit(text, Misfit::TooFine))?;
        Ok(Self { count, per_ns })
    }
}

/// The length of what stands behind the slash: a unit, or a duration.
fn parse_period(text: &str, number: &str, period: &str) -> Result<u64, ParseError> {
    if let Some(ns) = unit_ns(period) {
        return Ok(ns);
    }
    if let Some(unit) = meant_unit(period) {
        return Err(ParseError::new(format!(
            "unknown unit `{period}` in `{text}`: write \"{number}/{unit}\""
        )));
    }
    if !period.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(ParseError::new(format!(
            "unknown unit `{period}` in `{text}`: a rate is per ns, us, ms, s, min, h or d, such as \"{number}/s\""
        )));
    }
    match period.parse::<Duration>()?.as_ns() {
        0 => Err(ParseError::new(format!(
            "rate `{text}` has a period of no length: write for example \"1/10s\""
        ))),
        ns => Ok(ns),
    }
}

fn without_period(text: &str) -> ParseError {
    let (number, rest) = split_number(text);
    if Decimal::parse(number).is_err() {
        return misfit(text, Misfit::Malformed);
    }
    if rest.is_empty() {
        return ParseError::new(format!("bare number `{text}`: a rate needs a unit, such as \"{number}/s\""));
    }
    if PER_SECOND_ALIASES.contains(&rest.to_lowercase().as_str()) {
        return ParseError::new(format!("unknown unit `{rest}` in `{text}`: write \"{number}/s\""));
    }
    misfit(text, Misfit::Malformed)
}

fn misfit(text: &str, why: Misfit) -> ParseError {
    ParseError::new(match why {
        Misfit::Malformed => format!("`{text}` is not a rate: write for example \"800/s\" or \"0.5/s\""),
        Misfit::TooFine => {
            format!(
                "rate `{text}` is too fine: it must be a fraction of at most 2^64 - 1 nanoseconds, such as \"0.5/s\""
            )
        }
        Misfit::TooLarge => {
            format!("rate `{text}` is too large: at most 2^64 - 1 per nanosecond, such as \"800/s\"")
        }
    })
}

/// The first unit in which the rate is a finite decimal; otherwise the fraction itself, `"1/7ns"`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            SHOWN_UNITS.into_iter().find_map(|(unit, unit_ns)| Some((self.decimal_per(unit_ns)?, unit)));
        match shown {
            Some((number, unit)) => write!(f, "{number}/{unit}"),
            None => write!(f, "{}/{}ns", self.count, self.per_ns),
        }
    }
}

impl Rate {
    /// Events per `unit_ns` nanoseconds as a decimal, if it is finite and short enough to be read back.
    fn decimal_per(self, unit_ns: u64) -> Option<String> {
        let numerator = u128::from(self.count) * u128::from(unit_ns);
        let common = gcd(numerator, u128::from(self.per_ns));
        let (numerator, denominator) = (numerator / common, u128::from(self.per_ns) / common);
        let decimals = (0..=DECIMALS_MAX).find(|decimals| 10_u128.pow(*decimals) % denominator == 0)?;
        let scaled = numerator.checked_mul(10_u128.pow(decimals) / denominator)?;
        let text = fixed(scaled, decimals);
        Decimal::parse(&text).is_ok().then_some(text)
    }
}

serde_as_text!(Rate, "a rate such as \"800/s\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_fractions_in_lowest_terms() {
        for (text, count, per_ns, canonical) in [
            ("800/s", 1, 1_250_000, "800/s"),
            ("0.5/s", 1, 2_000_000_000, "0.5/s"),
            ("60/min", 1, 1_000_000_000, "1/s"),
            ("60/m", 1, 1_000_000_000, "1/s"),
            ("1/min", 1, 60_000_000_000, "1/min"),
            ("7/h", 7, 3_600_000_000_000, "7/h"),
            ("1/d", 1, 86_400_000_000_000, "1/d"),
            ("5/ms", 1, 200_000, "5000/s"),
            ("2/us", 1, 500, "2000000/s"),
            ("1/90s", 1, 90_000_000_000, "40/h"),
            ("1/7ns", 1, 7, "1/7ns"),
            ("0/h", 0, 1, "0/s"),
            ("18446744073709551615/ns", u64::MAX, 1, "18446744073709551615/1ns"),
        ] {
            let rate: Rate = text.parse().unwrap();
            let seen = (rate.count(), rate.per_ns(), rate.to_string());
            assert_eq!(seen, (count, per_ns, canonical.to_owned()), "{text}");
            assert_eq!(canonical.parse(), Ok(rate), "{text}");
        }
        assert_eq!(Rate::new(6, 4), Rate { count: 3, per_ns: 2 });
        assert_eq!(Rate::new(0, 4), Rate { count: 0, per_ns: 1 });
        assert_eq!("800/s".parse::<Rate>().unwrap().as_per_s_f64(), 800.0);
    }

    #[test]
    fn mistakes_are_answered_with_the_right_spelling() {
        for (text, message) in [
            ("800", r#"bare number `800`: a rate needs a unit, such as "800/s""#),
            ("-1/s", r#"negative rate `-1/s`: a rate is at least "0/s""#),
            ("800rps", r#"unknown unit `rps` in `800rps`: write "800/s""#),
            ("800/sec", r#"unknown unit `sec` in `800/sec`: write "800/s""#),
            ("800 / s", r#"`800 / s` contains a space: write "800/s""#),
            (
                "800/y",
                r#"unknown unit `y` in `800/y`: a rate is per ns, us, ms, s, min, h or d, such as "800/s""#,
            ),
            ("1/0s", r#"rate `1/0s` has a period of no length: write for example "1/10s""#),
            ("1/10", r#"bare number `10`: a duration needs a unit, such as "10ms" or "10s""#),
            ("fast", r#"`fast` is not a rate: write for example "800/s" or "0.5/s""#),
            ("/s", r#"`/s` is not a rate: write for example "800/s" or "0.5/s""#),
            ("", r#"`` is not a rate: write for example "800/s" or "0.5/s""#),
            (
                "18446744073709551616/ns",
                r#"rate `18446744073709551616/ns` is too large: at most 2^64 - 1 per nanosecond, such as "800/s""#,
            ),
            (
                "0.00000000001/s",
                r#"rate `0.00000000001/s` is too fine: it must be a fraction of at most 2^64 - 1 nanoseconds, such as "0.5/s""#,
            ),
        ] {
            assert_eq!(text.parse::<Rate>().unwrap_err().message(), message, "{text}");
        }
    }
}
