//! Factors: bare numbers without a unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ParseError;

/// Above this, not every whole number is an `f64`, and a factor is written as a float.
const EXACT_INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

/// A finite number that is not negative: the only quantity without a unit, and the only one that is a float.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Factor(f64);

impl Factor {
    /// The factor, if it is finite and not negative.
    pub fn new(value: f64) -> Option<Self> {
        // Adding 0 turns -0 into 0, so that equal factors are written alike.
        (value.is_finite() && value >= 0.0).then_some(Self(value + 0.0))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<u32> for Factor {
    fn from(value: u32) -> Self {
        Self(f64::from(value))
    }
}

impl FromStr for Factor {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let value = if is_plain { text.parse::<f64>().ok() } else { None };
        let value = value.ok_or_else(|| not_a_number(text))?;
        Self::new(value).ok_or_else(|| refused(text, value))
    }
}

fn not_a_number(text: &str) -> ParseError {
    let number = text.trim_end_matches(|c: char| c.is_alphabetic() || c == '×' || c == '%').trim_end();
    let example = match number.parse::<f64>() {
        Ok(value) if value.is_finite() && !text.ends_with('%') => number,
        Ok(_) | Err(_) => "1.5",
    };
    ParseError::new(format!("`{text}` is not a factor: write a bare number, such as {example}"))
}

fn refused(text: &str, value: f64) -> ParseError {
    ParseError::new(if value < 0.0 {
        format!("negative factor `{text}`: a factor is at least 0")
    } else {
        format!("factor `{text}` is not finite: write a bare number, such as 1.5")
    })
}

impl fmt::Display for Factor {
    // Rust's shortest form that reads back, and never with an exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.trunc() == self.0 && self.0 <= EXACT_INTEGER_MAX {
            serializer.serialize_u64(self.0 as u64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FactorVisitor)
    }
}

struct FactorVisitor;

impl serde::de::Visitor<'_> for FactorVisitor {
    type Value = Factor;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bare number such as 3 or 1.5")
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Factor, E> {
        Factor::new(value).ok_or_else(|| E::custom(refused(&format!("{value:?}"), value)))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Factor, E> {
        Factor::new(value as f64).ok_or_else(|| E::custom(refused(&value.to_string(), value as f64)))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Factor, E> {
        self.visit_f64(value as f64)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Factor, E> {
        Err(E::custom(match text.parse::<Factor>() {
            Ok(_) => ParseError::new(format!("`\"{text}\"` is a string: write {text} without quotes")),
            Err(error) => error,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Line {
        x: Factor,
    }

    #[test]
    fn whole_factors_are_written_as_integers() {
        for (document, again) in [
            ("x = 3", "x = 3\n"),
            ("x = 3.0", "x = 3\n"),
            ("x = 1.5", "x = 1.5\n"),
            ("x = -0.0", "x = 0\n"),
            ("x = 1e17", "x = 100000000000000000.0\n"),
        ] {
            let line: Line = toml::from_str(document).unwrap();
            assert_eq!(toml::to_string(&line).unwrap(), again);
        }
    }

    #[test]
    fn mistakes_are_answered_with_the_right_spelling() {
        for (value, message) in [
            ("\"3x\"", "`3x` is not a factor: write a bare number, such as 3"),
            ("\"150%\"", "`150%` is not a factor: write a bare number, such as 1.5"),
            ("\"fast\"", "`fast` is not a factor: write a bare number, such as 1.5"),
            ("\"inf\"", "`inf` is not a factor: write a bare number, such as 1.5"),
            ("\"\"", "`` is not a factor: write a bare number, such as 1.5"),
            ("\"3\"", "`\"3\"` is a string: write 3 without quotes"),
            ("-1", "negative factor `-1`: a factor is at least 0"),
            ("-0.5", "negative factor `-0.5`: a factor is at least 0"),
            ("inf", "factor `inf` is not finite: write a bare number, such as 1.5"),
            ("nan", "factor `NaN` is not finite: write a bare number, such as 1.5"),
            ("true", "invalid type: boolean `true`, expected a bare number such as 3 or 1.5"),
        ] {
            let error = toml::from_str::<Line>(&format!("x = {value}")).unwrap_err();
            assert_eq!(error.message(), message, "{value}");
        }
    }
}
