//! What all quantities share: the error of their parsers, and how they look to serde.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Why a text is not the quantity that it should be: one sentence without a full stop that shows the right spelling.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    message: String,
}

impl ParseError {
    /// An error with this message.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A quantity that is a string in TOML and JSON.
pub(super) trait Written: FromStr<Err = ParseError> {
    /// What is expected, with an example: completes "expected …".
    const EXPECTED: &'static str;
}

/// Reads a quantity from a string, and answers a bare number with the quantity's own message.
pub(super) struct WrittenVisitor<T>(PhantomData<T>);

impl<T> WrittenVisitor<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Written> serde::de::Visitor<'_> for WrittenVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    // A number is parsed as if it were a string: the parser knows best what to say about a missing unit.
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&format!("{number:?}"))
    }
}

/// Implements serde's traits with `Display` and `FromStr`.
macro_rules! serde_as_text {
    ($type:ty, $expected:literal) => {
        impl $crate::quantity::text::Written for $type {
            const EXPECTED: &'static str = $expected;
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::quantity::text::WrittenVisitor::<Self>::new())
            }
        }
    };
}
pub(super) use serde_as_text;

/// Refuses white space inside a quantity, and shows the text without it.
pub(super) fn refuse_spaces(text: &str) -> Result<(), ParseError> {
    if !text.contains(char::is_whitespace) {
        return Ok(());
    }
    let tight: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    Err(ParseError::new(format!("`{text}` contains a space: write \"{tight}\"")))
}
