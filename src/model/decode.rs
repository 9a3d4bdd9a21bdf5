//! From the tree of a document to typed values, with the exact place of every error.
//!
//! The deserialiser is our own because the one of the `toml` crate turns every complaint into a sentence; here a complaint
//! stays data (which field, which fields are possible) until it is worded, and values from the command line or from a
//! parameter carry their own places. Decoding stops at the first error, so it is repeated without the part that is wrong
//! until it goes through: that collects the errors of all parts without every type having to know about it.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::diagnostic::ERRORS_MAX;
use super::node::{Node, Value};
use super::path::Step;
use super::spelling::{listed, meant};

/// What does not fit the type of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Complaint {
    /// A table has a field that does not exist.
    UnknownField { field: String, expected: &'static [&'static str] },
    /// A table lacks a field.
    MissingField(&'static str),
    /// A value has the wrong type or is outside the range of its type.
    WrongType { expected: String, found: String },
    /// A word is none of the possible ones.
    UnknownVariant { found: String, expected: &'static [&'static str] },
    /// A table must have exactly one of these entries.
    ExactlyOne { variants: &'static [&'static str], found: Vec<String> },
    /// A word that needs a value was written alone.
    NeedsValue(String),
    /// A word that stands alone was written with a value.
    NeedsNoValue(String),
    /// What the type itself says.
    Custom(String),
}

/// A complaint and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DecodeError {
    /// Where, from the root.
    pub(crate) steps: Vec<Step>,
    /// Whether the key is meant, not the value.
    pub(crate) is_key: bool,
    /// What.
    pub(crate) complaint: Complaint,
}

/// The model (or experiment), if the document is one; otherwise everything that keeps it from being one.
pub(crate) fn decode<T: de::DeserializeOwned>(root: &mut Node) -> (Option<T>, Vec<DecodeError>) {
    let mut errors = Vec::new();
    let mut is_whole = true;
    loop {
        match T::deserialize(NodeDeserializer { node: root }) {
            Ok(decoded) => return (is_whole.then_some(decoded), errors),
            Err(error) => {
                is_whole = false;
                let steps = error.steps.clone();
                if !error.is_consequence(root) && !errors.iter().any(|earlier| error.is_misspelt_in(earlier))
                {
                    errors.push(error);
                }
                let part = root.descend_mut(&steps).filter(|part| !part.broken && !steps.is_empty());
                match part {
                    Some(part) if errors.len() < ERRORS_MAX => part.broken = true,
                    _ => return (None, errors),
                }
            }
        }
    }
}

/// What settings as JSON say by their types. Read as a document is, so that no setting needs a second reader.
pub(crate) fn decode_json<T: de::DeserializeOwned>(json: &serde_json::Value) -> Option<T> {
    decode(&mut Node::from_json(json)).0
}

impl DecodeError {
    fn new(complaint: Complaint) -> Self {
        Self { steps: Vec::new(), is_key: false, complaint }
    }

    fn under(mut self, step: Step) -> Self {
        self.steps.insert(0, step);
        self
    }

    /// A type only sees what is left of the value; the node knows what was written.
    fn found(mut self, node: &Node) -> Self {
        if let Complaint::WrongType { found, .. } = &mut self.complaint
            && found.is_empty()
        {
            *found = node.described();
        }
        self
    }

    /// Whether it only complains about the absence of what was left out as wrong.
    fn is_consequence(&self, root: &Node) -> bool {
        let Some(node) = root.descend(&self.steps) else { return false };
        match &self.complaint {
            Complaint::MissingField(field) => node.get(field).is_some(),
            Complaint::ExactlyOne { .. } => {
                node.entries().into_iter().flatten().any(|(_, entry)| entry.broken)
            }
            _ => false,
        }
    }

    /// Whether it misses the field that `earlier` found under another name.
    fn is_misspelt_in(&self, earlier: &Self) -> bool {
        let (Complaint::MissingField(missing), Complaint::UnknownField { field, expected }) =
            (&self.complaint, &earlier.complaint)
        else {
            return false;
        };
        let table = earlier.steps.split_last().map(|(_, table)| table);
        table == Some(self.steps.as_slice()) && meant(field, expected) == Some(*missing)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.complaint)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Complaint::Custom(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Complaint::WrongType { expected: expectation(expected), found: String::new() })
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Complaint::WrongType { expected: expectation(expected), found: String::new() })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Complaint::UnknownVariant { found: variant.to_owned(), expected })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Complaint::UnknownField { field: field.to_owned(), expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Complaint::MissingField(field))
    }
}

/// What a type expects, in words of the model language instead of Rust.
fn expectation(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u32" => "a whole number from 0 to 4294967295".to_owned(),
        "u64" | "usize" => "a whole number from 0 to 18446744073709551615".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        _ => text,
    }
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'a> {
    node: &'a Node,
}

impl NodeDeserializer<'_> {
    fn wrong_type(self, expected: impl Into<String>) -> DecodeError {
        DecodeError::new(Complaint::WrongType { expected: expected.into(), found: self.node.described() })
    }
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let result = match &self.node.value {
            Value::String(text) => visitor.visit_str(text),
            Value::Integer(integer) => {
                match integer.map(|value| (i64::try_from(value), u64::try_from(value))) {
                    Some((Ok(value), _)) => visitor.visit_i64(value),
                    Some((_, Ok(value))) => visitor.visit_u64(value),
                    _ => Err(self.wrong_type("a number of at most 64 bits")),
                }
            }
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Boolean(boolean) => visitor.visit_bool(*boolean),
            Value::Datetime(_) => Err(de::Error::invalid_type(Unexpected::Other("date or time"), &visitor)),
            Value::Array(elements) => visitor.visit_seq(Elements { elements, next: 0 }),
            Value::Table(entries) => visitor.visit_map(Entries { entries, next: 0 }),
        };
        result.map_err(|error| error.found(self.node))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::Array(_) => self.deserialize_any(visitor),
            _ => Err(self.wrong_type("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::Table(_) => self.deserialize_any(visitor),
            _ => Err(self.wrong_type("a table")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::Table(_) => self.deserialize_any(visitor),
            _ => Err(self.wrong_type(format!("a table with the fields {}", listed(fields)))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::String(word) => visitor.visit_enum(Variant { word, content: None }),
            Value::Table(entries) => {
                let present: Vec<_> = entries.iter().filter(|(_, entry)| !entry.broken).collect();
                let [(word, content)] = present.as_slice() else {
                    let found = present.iter().map(|(name, _)| name.clone()).collect();
                    return Err(DecodeError::new(Complaint::ExactlyOne { variants, found }));
                };
                visitor.visit_enum(Variant { word, content: Some(content) })
            }
            _ => Err(self.wrong_type(format!("one of {}", listed(variants)))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
    }
}

struct Elements<'a> {
    elements: &'a [Node],
    next: usize,
}

impl<'de> de::SeqAccess<'de> for Elements<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        while let Some(node) = self.elements.get(self.next) {
            let index = self.next;
            self.next += 1;
            if !node.broken {
                let value = seed.deserialize(NodeDeserializer { node });
                return value.map(Some).map_err(|error| error.under(Step::Index(index)));
            }
        }
        Ok(None)
    }
}

struct Entries<'a> {
    entries: &'a [(String, Node)],
    next: usize,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        while let Some((key, node)) = self.entries.get(self.next) {
            if !node.broken {
                let key_deserializer: de::value::StrDeserializer<'_, DecodeError> =
                    key.as_str().into_deserializer();
                let result = seed.deserialize(key_deserializer);
                return result.map(Some).map_err(|error| {
                    let error = error.under(Step::Key(key.clone()));
                    DecodeError { is_key: true, ..error }
                });
            }
            self.next += 1;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let (key, node) = &self.entries[self.next];
        self.next += 1;
        seed.deserialize(NodeDeserializer { node }).map_err(|error| error.under(Step::Key(key.clone())))
    }
}

/// `"full"` (no content) or `{ ratio = "20%" }`.
struct Variant<'a> {
    word: &'a str,
    content: Option<&'a Node>,
}

impl<'de> de::EnumAccess<'de> for Variant<'_> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DecodeError> {
        let word: de::value::StrDeserializer<'_, DecodeError> = self.word.into_deserializer();
        match seed.deserialize(word) {
            Ok(value) => Ok((value, self)),
            // The unknown word is the value itself, or the only key of the table.
            Err(error) if self.content.is_some() => {
                Err(DecodeError { is_key: true, ..error.under(Step::Key(self.word.to_owned())) })
            }
            Err(error) => Err(error),
        }
    }
}

impl Variant<'_> {
    fn content(&self) -> Result<NodeDeserializer<'_>, DecodeError> {
        match self.content {
            Some(node) => Ok(NodeDeserializer { node }),
            None => Err(DecodeError::new(Complaint::NeedsValue(self.word.to_owned()))),
        }
    }

    fn under(&self, error: DecodeError) -> DecodeError {
        if self.content.is_some() { error.under(Step::Key(self.word.to_owned())) } else { error }
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(DecodeError::new(Complaint::NeedsNoValue(self.word.to_owned()))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        self.content().and_then(|content| seed.deserialize(content)).map_err(|error| self.under(error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.content().and_then(|content| content.deserialize_seq(visitor)).map_err(|error| self.under(error))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.content()
            .and_then(|content| content.deserialize_struct("", fields, visitor))
            .map_err(|error| self.under(error))
    }
}
