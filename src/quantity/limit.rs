//! Limits: a value, or the word `"unlimited"`.
//!
//! Elsewhere 0 means unlimited (pgbouncer), no waiting (resilience4j `maxWaitDuration`), 60 s (gobreaker) or for ever, so here it
//! never means "no limit". Whether a limit of 0 makes sense (a queue of capacity 0 does, 0 threads do not) is for the settings to say.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Duration, ParseError, Share};

/// What no limit is called here.
const UNLIMITED: &str = "unlimited";

/// What no limit is called elsewhere.
const ALIASES: [&str; 14] = [
    "unlimited",
    "none",
    "no",
    "inf",
    "infinite",
    "infinity",
    "unbounded",
    "unlimit",
    "off",
    "disabled",
    "never",
    "forever",
    "max",
    "\u{221e}",
];

/// A limit, or none. No limit is the word `"unlimited"`, never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Limit<T> {
    /// At most this.
    At(T),
    /// As much as there is.
    #[default]
    Unlimited,
}

impl<T> Limit<T> {
    /// The value, if there is a limit.
    pub fn limited(self) -> Option<T> {
        match self {
            Self::At(value) => Some(value),
            Self::Unlimited => None,
        }
    }
}

/// What can be limited.
pub trait LimitValue: Sized {
    /// What to write, with an example: completes "write …".
    const EXAMPLE: &'static str;

    /// Reads the value from its `Display`.
    ///
    /// # Errors
    ///
    /// If it is something else, with a message that shows the right spelling.
    fn from_text(text: &str) -> Result<Self, ParseError>;

    /// Reads the value where the document has a string.
    ///
    /// # Errors
    ///
    /// If it is something else, or not written as a string.
    fn from_string(text: &str) -> Result<Self, ParseError> {
        Self::from_text(text)
    }
}

impl LimitValue for Duration {
    const EXAMPLE: &'static str = "a duration such as \"5s\"";

    fn from_text(text: &str) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl LimitValue for Share {
    const EXAMPLE: &'static str = "a share such as \"50%\"";

    fn from_text(text: &str) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl LimitValue for u32 {
    const EXAMPLE: &'static str = "a whole number such as 3";

    fn from_text(text: &str) -> Result<Self, ParseError> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ParseError::new(format!("`{text}` is not a whole number: write for example 3")));
        }
        text.parse().map_err(|_| {
            ParseError::new(format!(
                "`{text}` is more than {}: no limit is written \"{UNLIMITED}\"",
                u32::MAX
            ))
        })
    }

    fn from_string(text: &str) -> Result<Self, ParseError> {
        let value = Self::from_text(text)?;
        Err(ParseError::new(format!("`\"{text}\"` is a string: write {value} without quotes")))
    }
}

/// Recognises "no limit" in other people's words, and a number that stands for it.
fn meant_unlimited<T: LimitValue>(text: &str) -> Option<ParseError> {
    if ALIASES.contains(&text.to_lowercase().as_str()) {
        return Some(ParseError::new(format!(
            "`{text}` is not a limit: no limit is written \"{UNLIMITED}\""
        )));
    }
    let is_stand_in = (text == "0" && T::from_text(text).is_err()) || text.starts_with('-');
    is_stand_in.then(|| {
        ParseError::new(format!(
            "`{text}` is not a limit: write {}, or \"{UNLIMITED}\" for no limit",
            T::EXAMPLE
        ))
    })
}

fn parse<T: LimitValue>(
    text: &str,
    value: impl FnOnce(&str) -> Result<T, ParseError>,
) -> Result<Limit<T>, ParseError> {
    if text == UNLIMITED {
        return Ok(Limit::Unlimited);
    }
    match meant_unlimited::<T>(text) {
        Some(error) => Err(error),
        None => value(text).map(Limit::At),
    }
}

impl<T: LimitValue> FromStr for Limit<T> {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text, T::from_text)
    }
}

impl<T: fmt::Display> fmt::Display for Limit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(value) => value.fmt(f),
            Self::Unlimited => f.write_str(UNLIMITED),
        }
    }
}

impl<T: Serialize> Serialize for Limit<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(value) => value.serialize(serializer),
            Self::Unlimited => serializer.serialize_str(UNLIMITED),
        }
    }
}

impl<'de, T: LimitValue> Deserialize<'de> for Limit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LimitVisitor(PhantomData))
    }
}

struct LimitVisitor<T>(PhantomData<T>);

impl<T: LimitValue> serde::de::Visitor<'_> for LimitVisitor<T> {
    type Value = Limit<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or \"{UNLIMITED}\"", T::EXAMPLE)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Limit<T>, E> {
        parse(text, T::from_string).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Limit<T>, E> {
        parse(&number.to_string(), T::from_text).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Limit<T>, E> {
        parse(&number.to_string(), T::from_text).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Limit<T>, E> {
        parse(&format!("{number:?}"), T::from_text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(PartialEq, Debug, Serialize, Deserialize)]
    #[serde(bound(serialize = "T: Serialize", deserialize = "T: LimitValue"))]
    struct Line<T> {
        x: Limit<T>,
    }

    fn check_error<T: LimitValue + fmt::Debug>(value: &str, message: &str) {
        let error = toml::from_str::<Line<T>>(&format!("x = {value}")).unwrap_err();
        assert_eq!(error.message(), message, "{value}");
        assert_eq!(error.span(), Some(4..4 + value.len()), "{value}");
    }

    #[test]
    fn limits_are_written_as_they_are_read() {
        for document in ["x = 0\n", "x = 3\n", "x = 4294967295\n", "x = \"unlimited\"\n"] {
            let line: Line<u32> = toml::from_str(document).unwrap();
            assert_eq!(toml::to_string(&line).unwrap(), document);
        }
        for document in ["x = \"0s\"\n", "x = \"5ms\"\n", "x = \"unlimited\"\n"] {
            let line: Line<Duration> = toml::from_str(document).unwrap();
            assert_eq!(toml::to_string(&line).unwrap(), document);
        }
        assert_eq!("3".parse(), Ok(Limit::At(3_u32)));
        assert_eq!("unlimited".parse(), Ok(Limit::<u32>::Unlimited));
    }

    #[test]
    fn no_limit_in_other_words_is_answered_with_ours() {
        check_error::<u32>("\"none\"", r#"`none` is not a limit: no limit is written "unlimited""#);
        check_error::<u32>("inf", r#"`inf` is not a limit: no limit is written "unlimited""#);
        check_error::<Duration>(
            "\"Infinity\"",
            r#"`Infinity` is not a limit: no limit is written "unlimited""#,
        );
        let number = r#"`-1` is not a limit: write a whole number such as 3, or "unlimited" for no limit"#;
        check_error::<u32>("-1", number);
        let duration = r#"`0` is not a limit: write a duration such as "5s", or "unlimited" for no limit"#;
        check_error::<Duration>("0", duration);
        check_error::<Duration>("\"0\"", duration);
    }

    #[test]
    fn mistakes_in_the_value_are_answered_as_without_a_limit() {
        check_error::<Duration>("5", r#"bare number `5`: a duration needs a unit, such as "5ms" or "5s""#);
        check_error::<u32>("\"5\"", "`\"5\"` is a string: write 5 without quotes");
        check_error::<u32>("1.5", "`1.5` is not a whole number: write for example 3");
        check_error::<u32>(
            "4294967296",
            r#"`4294967296` is more than 4294967295: no limit is written "unlimited""#,
        );
        check_error::<u32>(
            "true",
            r#"invalid type: boolean `true`, expected a whole number such as 3, or "unlimited""#,
        );
    }
}
