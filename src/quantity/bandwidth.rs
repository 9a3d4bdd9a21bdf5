//! Bandwidths: `"100MB/s"`, `"12.5MiB/s"`. Bytes, not bits: a line of 1 Gbit/s carries at most 125 MB/s.

use std::fmt;
use std::str::FromStr;

use super::decimal::{Decimal, split_number};
use super::limit::LimitValue;
use super::text::{refuse_spaces, serde_as_text};
use super::{Bytes, Duration, ParseError};

/// Names of bits per second that people bring along, in lower case, with their number of bits.
const BIT_ALIASES: [(&str, u64); 12] = [
    ("bps", 1),
    ("bit/s", 1),
    ("kbps", 1_000),
    ("kbit/s", 1_000),
    ("kbit", 1_000),
    ("mbps", 1_000_000),
    ("mbit/s", 1_000_000),
    ("mbit", 1_000_000),
    ("gbps", 1_000_000_000),
    ("gbit/s", 1_000_000_000),
    ("gbit", 1_000_000_000),
    ("tbit/s", 1_000_000_000_000),
];

/// How many bytes a link carries per second, from 1 to 2^64 - 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Bandwidth(u64);

impl Bandwidth {
    /// So many bytes per second; `None` for 0, which would carry nothing.
    pub const fn new(bytes_per_s: u64) -> Option<Self> {
        if bytes_per_s == 0 { None } else { Some(Self(bytes_per_s)) }
    }

    /// Bytes per second; never 0.
    pub const fn bytes_per_s(self) -> u64 {
        self.0
    }

    /// How long a message of this size takes to be put on the line, rounded up to the next nanosecond.
    pub fn time_for(self, size: Bytes) -> Duration {
        let ns = (u128::from(size.get()) * 1_000_000_000).div_ceil(u128::from(self.0));
        Duration::from_ns(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

impl FromStr for Bandwidth {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        refuse_spaces(text)?;
        if let Some(bytes) = meant_bytes_per_s(text) {
            return Err(ParseError::new(format!(
                "`{text}` counts bits: a bandwidth is in bytes, write \"{}/s\"",
                Bytes::new(bytes)
            )));
        }
        let malformed =
            || ParseError::new(format!("`{text}` is not a bandwidth: write for example \"100MB/s\""));
        let (size, period) = text.split_once('/').ok_or_else(malformed)?;
        if period != "s" {
            return Err(malformed());
        }
        let bytes: Bytes = size.parse()?;
        Self::new(bytes.get()).ok_or_else(|| {
            ParseError::new(format!(
                "`{text}` carries nothing: write for example \"100MB/s\"; for a link that is cut, write a `partition`"
            ))
        })
    }
}

/// Bytes per second for what is written in bits.
fn meant_bytes_per_s(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text);
    let unit = unit.to_lowercase();
    // Where the case of the `b` was kept, it meant bytes.
    if text.contains("B/s") {
        return None;
    }
    let (_, bits) = BIT_ALIASES.iter().find(|(name, _)| *name == unit)?;
    Some((Decimal::parse(number).ok()?.times(*bits).ok()? / 8).max(1))
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Bytes::new(self.0))
    }
}

impl LimitValue for Bandwidth {
    const EXAMPLE: &'static str = "a bandwidth such as \"100MB/s\"";

    fn from_text(text: &str) -> Result<Self, ParseError> {
        text.parse()
    }
}

serde_as_text!(Bandwidth, "a bandwidth such as \"100MB/s\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bandwidth_is_bytes_per_second() {
        for (text, bytes_per_s, canonical) in [
            ("1B/s", 1, "1B/s"),
            ("100MB/s", 100_000_000, "100MB/s"),
            ("1.5MiB/s", 1_572_864, "1536KiB/s"),
            ("0.125GB/s", 125_000_000, "125MB/s"),
        ] {
            let bandwidth: Bandwidth = text.parse().unwrap();
            let seen = (bandwidth.bytes_per_s(), bandwidth.to_string());
            assert_eq!(seen, (bytes_per_s, canonical.to_owned()), "{text}");
            assert_eq!(canonical.parse(), Ok(bandwidth), "{text}");
        }
    }

    #[test]
    fn sending_takes_no_less_than_it_must() {
        let third: Bandwidth = "3B/s".parse().unwrap();
        assert_eq!(third.time_for(Bytes::new(1)), Duration::from_ns(333_333_334));
        assert_eq!(third.time_for(Bytes::new(3)), Duration::from_secs(1));
        assert_eq!(third.time_for(Bytes::new(0)), Duration::ZERO);
        assert_eq!(Bandwidth(1).time_for(Bytes::new(u64::MAX)), Duration::MAX);
    }

    #[test]
    fn mistakes_are_answered_with_the_right_spelling() {
        for (text, message) in [
            ("100Mbps", r#"`100Mbps` counts bits: a bandwidth is in bytes, write "12500kB/s""#),
            ("1Gbit/s", r#"`1Gbit/s` counts bits: a bandwidth is in bytes, write "125MB/s""#),
            ("100MB", r#"`100MB` is not a bandwidth: write for example "100MB/s""#),
            ("100MB/min", r#"`100MB/min` is not a bandwidth: write for example "100MB/s""#),
            ("100/s", r#"bare number `100`: a size needs a unit, such as "100MiB" or "100B""#),
            ("1 MB/s", r#"`1 MB/s` contains a space: write "1MB/s""#),
            (
                "0B/s",
                r#"`0B/s` carries nothing: write for example "100MB/s"; for a link that is cut, write a `partition`"#,
            ),
        ] {
            assert_eq!(text.parse::<Bandwidth>().unwrap_err().message(), message, "{text}");
        }
    }
}
