//! How much fits into something: a number of entries, or a size.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{Bytes, LimitValue, ParseError};

/// `1000` or `"256MiB"`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// So many, whatever each of them takes.
    Entries(u32),
    /// As many as take so much.
    Bytes(Bytes),
}

impl LimitValue for Room {
    const EXAMPLE: &'static str = "a whole number such as 1000, or a size such as \"256MiB\"";

    fn from_text(text: &str) -> Result<Self, ParseError> {
        if text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_alphabetic())
        {
            return text.parse().map(Self::Bytes);
        }
        u32::from_text(text).map(Self::Entries)
    }

    fn from_string(text: &str) -> Result<Self, ParseError> {
        match Self::from_text(text)? {
            Self::Entries(entries) => Err(ParseError::new(format!(
                "`\"{text}\"` is a string: write {entries} without quotes for entries, or a size such as \"{entries}MiB\""
            ))),
            room @ Self::Bytes(_) => Ok(room),
        }
    }
}

impl FromStr for Room {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::from_text(text)
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entries(entries) => entries.fmt(f),
            Self::Bytes(bytes) => bytes.fmt(f),
        }
    }
}

impl Serialize for Room {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Entries(entries) => entries.serialize(serializer),
            Self::Bytes(bytes) => bytes.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::quantity::Limit;

    #[derive(PartialEq, Debug, Serialize, Deserialize)]
    struct Line {
        x: Limit<Room>,
    }

    #[test]
    fn room_is_written_as_it_is_read() {
        for document in ["x = 0\n", "x = 1000\n", "x = \"256MiB\"\n", "x = \"unlimited\"\n"] {
            let line: Line = toml::from_str(document).unwrap();
            assert_eq!(toml::to_string(&line).unwrap(), document);
        }
        assert_eq!("256MiB".parse(), Ok(Limit::At(Room::Bytes(Bytes::new(256 << 20)))));
        assert_eq!("256".parse(), Ok(Limit::At(Room::Entries(256))));
    }

    #[test]
    fn mistakes_are_answered_with_what_may_be_meant() {
        for (value, message) in [
            (
                "\"256\"",
                "`\"256\"` is a string: write 256 without quotes for entries, or a size such as \"256MiB\"",
            ),
            ("\"256M\"", "unknown unit `M` in `256M`: write \"256MB\" (10^6) or \"256MiB\" (2^20)"),
            ("\"none\"", "`none` is not a limit: no limit is written \"unlimited\""),
            (
                "-1",
                "`-1` is not a limit: write a whole number such as 1000, or a size such as \"256MiB\", or \"unlimited\" for no limit",
            ),
            ("1.5", "`1.5` is not a whole number: write for example 3"),
        ] {
            let error = toml::from_str::<Line>(&format!("x = {value}")).unwrap_err();
            assert_eq!(error.message(), message, "{value}");
        }
    }
}
