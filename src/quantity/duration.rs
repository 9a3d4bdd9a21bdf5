//! Durations as written: `"250ms"`, `"1.5s"`, `"10min"`, `"1h30m"`.
//!
//! The type itself lives in the kernel, which knows nothing of text. Vendors mix milliseconds, seconds and ISO 8601
//! (`HikariCP` ms, `pgbouncer` s, Kubernetes `*Seconds`), so a number without a unit is never guessed at.

use std::fmt;
use std::str::FromStr;

use super::decimal::{Decimal, Misfit, fixed, split_number};
use super::text::{refuse_spaces, serde_as_text};
use super::{Duration, ParseError};

/// The units that can be written, with their length in nanoseconds.
const UNITS: [(&str, u64); 10] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Other spellings that people bring along, with the one to use.
const ALIASES: [(&str, &[&str]); 7] = [
    ("ns", &["nsec", "nsecs", "nanos", "nanosecond", "nanoseconds"]),
    ("us", &["usec", "usecs", "micros", "microsecond", "microseconds"]),
    ("ms", &["msec", "msecs", "millis", "millisecond", "milliseconds"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    ("min", &["mins", "minute", "minutes"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("d", &["day", "days"]),
];

/// The length of a unit in nanoseconds.
pub(super) fn unit_ns(unit: &str) -> Option<u64> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ns)| *ns)
}

/// The unit that was probably meant.
pub(super) fn meant_unit(unit: &str) -> Option<&'static str> {
    let unit = unit.to_lowercase();
    let is_meant = |(name, others): &&(&str, &[&str])| *name == unit || others.contains(&unit.as_str());
    ALIASES.iter().find(is_meant).map(|(name, _)| *name)
}

impl FromStr for Duration {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        refuse_spaces(text)?;
        if let Some(positive) = text.strip_prefix('-')
            && Decimal::parse(split_number(positive).0).is_ok()
        {
            return Err(ParseError::new(format!(
                "negative duration `{text}`: a duration is at least \"0s\""
            )));
        }
        let mut total_ns = 0_u64;
        let mut previous_unit_ns = u64::MAX;
        let mut rest = text;
        loop {
            let (part_ns, part_unit_ns, after) = parse_part(rest, text)?;
            if part_unit_ns >= previous_unit_ns {
                return Err(ParseError::new(format!(
                    "`{text}` names its units in the wrong order: write the larger unit first, such as \"1h30m\""
                )));
            }
            total_ns = total_ns.checked_add(part_ns).ok_or_else(|| misfit(text, Misfit::TooLarge))?;
            if after.is_empty() {
                return Ok(Self::from_ns(total_ns));
            }
            previous_unit_ns = part_unit_ns;
            rest = after;
        }
    }
}

/// Reads one number with its unit: nanoseconds, nanoseconds of the unit, and what follows.
fn parse_part<'a>(rest: &'a str, text: &str) -> Result<(u64, u64, &'a str), ParseError> {
    let (number, behind) = split_number(rest);
    let decimal = Decimal::parse(number).map_err(|why| misfit(text, why))?;
    let unit_end = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
    let (unit, after) = behind.split_at(unit_end);
    if unit.is_empty() {
        return Err(if number == text { bare_number(text) } else { misfit(text, Misfit::Malformed) });
    }
    let unit_ns = unit_ns(unit).ok_or_else(|| unknown_unit(text, number, unit, after.is_empty()))?;
    let ns = decimal.times(unit_ns).map_err(|why| misfit(text, why))?;
    Ok((ns, unit_ns, after))
}

fn bare_number(text: &str) -> ParseError {
    let hint = if text == "0" { "\"0s\"".to_owned() } else { format!("\"{text}ms\" or \"{text}s\"") };
    ParseError::new(format!("bare number `{text}`: a duration needs a unit, such as {hint}"))
}

fn unknown_unit(text: &str, number: &str, unit: &str, is_last: bool) -> ParseError {
    let help = match meant_unit(unit) {
        Some(meant) if is_last => {
            let before = text.len() - unit.len() - number.len();
            format!("write \"{}{number}{meant}\"", &text[..before])
        }
        Some(_) | None => "a unit is ns, us, ms, s, min, h or d, such as in \"5ms\"".to_owned(),
    };
    ParseError::new(format!("unknown unit `{unit}` in `{text}`: {help}"))
}

fn misfit(text: &str, why: Misfit) -> ParseError {
    ParseError::new(match why {
        Misfit::Malformed => format!("`{text}` is not a duration: write for example \"5ms\" or \"1.5s\""),
        Misfit::TooFine => {
            format!("duration `{text}` is finer than a nanosecond: the shortest step is \"1ns\"")
        }
        Misfit::TooLarge => format!("duration `{text}` is too long: the longest is \"213503d\""),
    })
}

/// Whole minutes, hours and days are written so; the rest in the largest unit from seconds down that is not longer.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ns = self.as_ns();
        let whole = [("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000)];
        if ns > 0
            && let Some((unit, unit_ns)) = whole.into_iter().find(|(_, unit_ns)| ns.is_multiple_of(*unit_ns))
        {
            return write!(f, "{}{unit}", ns / unit_ns);
        }
        let (unit, decimals) = match ns {
            0 | 1_000_000_000.. => ("s", 9),
            1_000_000.. => ("ms", 6),
            1_000.. => ("us", 3),
            1.. => ("ns", 0),
        };
        write!(f, "{}{unit}", fixed(u128::from(ns), decimals))
    }
}

serde_as_text!(Duration, "a duration such as \"5ms\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact_and_have_one_canonical_form() {
        for (text, ns, canonical) in [
            ("0s", 0, "0s"),
            ("0d", 0, "0s"),
            ("1ns", 1, "1ns"),
            ("250us", 250_000, "250us"),
            ("250µs", 250_000, "250us"),
            ("250μs", 250_000, "250us"),
            ("0.25ms", 250_000, "250us"),
            ("1500ms", 1_500_000_000, "1.5s"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("60s", 60_000_000_000, "1min"),
            ("90s", 90_000_000_000, "90s"),
            ("10min", 600_000_000_000, "10min"),
            ("10m", 600_000_000_000, "10min"),
            ("1h30m", 5_400_000_000_000, "90min"),
            ("1m0.5s", 60_500_000_000, "60.5s"),
            ("12h", 43_200_000_000_000, "12h"),
            ("3d", 259_200_000_000_000, "3d"),
            ("18446744073709551615ns", u64::MAX, "18446744073.709551615s"),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!((duration.as_ns(), duration.to_string().as_str()), (ns, canonical), "{text}");
        }
    }

    #[test]
    fn mistakes_are_answered_with_the_right_spelling() {
        for (text, message) in [
            ("5", r#"bare number `5`: a duration needs a unit, such as "5ms" or "5s""#),
            ("0", r#"bare number `0`: a duration needs a unit, such as "0s""#),
            ("-5ms", r#"negative duration `-5ms`: a duration is at least "0s""#),
            ("-5", r#"negative duration `-5`: a duration is at least "0s""#),
            ("5 ms", r#"`5 ms` contains a space: write "5ms""#),
            ("5sec", r#"unknown unit `sec` in `5sec`: write "5s""#),
            ("1h30mins", r#"unknown unit `mins` in `1h30mins`: write "1h30min""#),
            ("5MS", r#"unknown unit `MS` in `5MS`: write "5ms""#),
            ("5y", r#"unknown unit `y` in `5y`: a unit is ns, us, ms, s, min, h or d, such as in "5ms""#),
            ("0.1ns", r#"duration `0.1ns` is finer than a nanosecond: the shortest step is "1ns""#),
            ("213504d", r#"duration `213504d` is too long: the longest is "213503d""#),
            ("213503d24h", r#"duration `213503d24h` is too long: the longest is "213503d""#),
            (
                "30m1h",
                r#"`30m1h` names its units in the wrong order: write the larger unit first, such as "1h30m""#,
            ),
            ("", r#"`` is not a duration: write for example "5ms" or "1.5s""#),
            ("PT5S", r#"`PT5S` is not a duration: write for example "5ms" or "1.5s""#),
            ("1h30", r#"`1h30` is not a duration: write for example "5ms" or "1.5s""#),
            ("1.s", r#"`1.s` is not a duration: write for example "5ms" or "1.5s""#),
            ("-", r#"`-` is not a duration: write for example "5ms" or "1.5s""#),
        ] {
            assert_eq!(text.parse::<Duration>().unwrap_err().message(), message, "{text}");
        }
    }
}
