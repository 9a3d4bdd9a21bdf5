//! Sizes: `"64MiB"` (binary) and `"64MB"` (decimal) are kept distinct.

use std::fmt;
use std::str::FromStr;

use super::ParseError;
use super::decimal::{Decimal, Misfit, split_number};
use super::text::{refuse_spaces, serde_as_text};

/// The units that can be written, with their size in bytes; the first of several names of one size is the canonical one.
const UNITS: [(&str, u64); 12] = [
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
    ("PB", 1_000_000_000_000_000),
    ("PiB", 1 << 50),
];

/// A size in bytes, from 0 to 2^64 - 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Bytes(u64);

impl Bytes {
    /// A size of so many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The size in bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether there is nothing.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Bytes {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        refuse_spaces(text)?;
        if let Some(positive) = text.strip_prefix('-')
            && Decimal::parse(split_number(positive).0).is_ok()
        {
            return Err(ParseError::new(format!("negative size `{text}`: a size is at least \"0B\"")));
        }
        let (number, unit) = split_number(text);
        let decimal = Decimal::parse(number).map_err(|why| misfit(text, why))?;
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let (_, unit_bytes) = known.ok_or_else(|| unknown_unit(text, number, unit))?;
        decimal.times(*unit_bytes).map(Self).map_err(|why| misfit(text, why))
    }
}

fn unknown_unit(text: &str, number: &str, unit: &str) -> ParseError {
    if unit.is_empty() {
        return ParseError::new(format!(
            "bare number `{text}`: a size needs a unit, such as \"{number}MiB\" or \"{number}B\""
        ));
    }
    let any_case = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let help = match (any_case, unit) {
        (Some((name, _)), _) => format!("write \"{number}{name}\""),
        (None, "k" | "K") => format!("write \"{number}kB\" (10^3) or \"{number}KiB\" (2^10)"),
        (None, "m" | "M") => format!("write \"{number}MB\" (10^6) or \"{number}MiB\" (2^20)"),
        (None, "g" | "G") => format!("write \"{number}GB\" (10^9) or \"{number}GiB\" (2^30)"),
        (None, "t" | "T") => format!("write \"{number}TB\" (10^12) or \"{number}TiB\" (2^40)"),
        (None, _) => {
            "a unit is B, kB, KiB, MB, MiB, GB, GiB, TB, TiB, PB or PiB, such as in \"64MiB\"".to_owned()
        }
    };
    ParseError::new(format!("unknown unit `{unit}` in `{text}`: {help}"))
}

fn misfit(text: &str, why: Misfit) -> ParseError {
    ParseError::new(match why {
        Misfit::Malformed => format!("`{text}` is not a size: write for example \"64MiB\" or \"1.5GB\""),
        Misfit::TooFine => format!("size `{text}` is finer than a byte: the smallest step is \"1B\""),
        Misfit::TooLarge => format!("size `{text}` is too large: the largest is \"16383PiB\""),
    })
}

/// The unit, binary or decimal, that gives the smallest whole number.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.into_iter().filter(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes));
        let (unit, bytes) = whole.min_by_key(|(_, bytes)| self.0 / bytes).unwrap_or(UNITS[0]);
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

serde_as_text!(Bytes, "a size such as \"64MiB\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_and_decimal_units_are_kept_apart() {
        for (text, bytes, canonical) in [
            ("0MB", 0, "0B"),
            ("17B", 17, "17B"),
            ("1kB", 1_000, "1kB"),
            ("1KB", 1_000, "1kB"),
            ("1KiB", 1_024, "1KiB"),
            ("64MB", 64_000_000, "64MB"),
            ("64MiB", 67_108_864, "64MiB"),
            ("1.5GiB", 1_610_612_736, "1536MiB"),
            ("1000KiB", 1_024_000, "1000KiB"),
            ("2TB", 2_000_000_000_000, "2TB"),
            ("16383PiB", 16_383 << 50, "16383PiB"),
        ] {
            let size: Bytes = text.parse().unwrap();
            assert_eq!((size.get(), size.to_string().as_str()), (bytes, canonical), "{text}");
        }
    }

    #[test]
    fn mistakes_are_answered_with_the_right_spelling() {
        for (text, message) in [
            ("64", r#"bare number `64`: a size needs a unit, such as "64MiB" or "64B""#),
            ("-1B", r#"negative size `-1B`: a size is at least "0B""#),
            ("64mb", r#"unknown unit `mb` in `64mb`: write "64MB""#),
            ("64M", r#"unknown unit `M` in `64M`: write "64MB" (10^6) or "64MiB" (2^20)"#),
            (
                "1bit",
                r#"unknown unit `bit` in `1bit`: a unit is B, kB, KiB, MB, MiB, GB, GiB, TB, TiB, PB or PiB, such as in "64MiB""#,
            ),
            ("0.5B", r#"size `0.5B` is finer than a byte: the smallest step is "1B""#),
            ("16384PiB", r#"size `16384PiB` is too large: the largest is "16383PiB""#),
            ("64 MB", r#"`64 MB` contains a space: write "64MB""#),
            ("big", r#"`big` is not a size: write for example "64MiB" or "1.5GB""#),
        ] {
            assert_eq!(text.parse::<Bytes>().unwrap_err().message(), message, "{text}");
        }
    }
}
