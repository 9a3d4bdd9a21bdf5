//! The document as a tree in which every value knows where it was written.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::path::Step;

/// Which text a position points into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Source {
    /// The file.
    File,
    /// The override with this position on the command line, counted from 0.
    Override(usize),
}

/// A stretch of one of the texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// Which text.
    pub(crate) source: Source,
    /// Which bytes of it.
    pub(crate) span: Range<usize>,
}

/// A value and where it comes from.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Node {
    /// What was written.
    pub(crate) value: Value,
    /// Where the value is.
    pub(crate) place: Place,
    /// Where its key is; list elements have none.
    pub(crate) key: Option<Place>,
    /// The parameter that it was taken from.
    pub(crate) param: Option<String>,
    /// The preset that it belongs to.
    pub(crate) preset: Option<String>,
    /// Something is wrong with it and was reported already: whoever reads on leaves it out.
    pub(crate) broken: bool,
}

/// What can be written in TOML.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    /// Text.
    String(String),
    /// A whole number; `None` when it is too large for every use.
    Integer(Option<i128>),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time, as written; no field takes one.
    Datetime(String),
    /// A list.
    Array(Vec<Node>),
    /// A table, in the order of the text.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// A value that is not the entry of a table.
    pub(crate) fn new(value: Value, place: Place) -> Self {
        Self { value, place, key: None, param: None, preset: None, broken: false }
    }

    /// The tree of a whole document.
    pub(crate) fn from_document(table: &DeTable<'_>) -> Self {
        let place = Place { source: Source::File, span: 0..0 };
        Self::new(Value::Table(entries(table, Source::File, 0)), place)
    }

    /// The tree of one value, whose text begins at byte `shift` of its source.
    pub(crate) fn from_value(value: &Spanned<DeValue<'_>>, source: Source, shift: usize) -> Self {
        let tree = match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(integer) => {
                Value::Integer(i128::from_str_radix(integer.as_str(), integer.radix()).ok())
            }
            DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(boolean) => Value::Boolean(*boolean),
            DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
            DeValue::Array(array) => {
                Value::Array(array.iter().map(|element| Self::from_value(element, source, shift)).collect())
            }
            DeValue::Table(table) => Value::Table(entries(table, source, shift)),
        };
        Self::new(tree, Place { source, span: shifted(&value.span(), shift) })
    }

    /// The tree of what has no text: settings as JSON, of which those that are not there are null.
    pub(crate) fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let tree = match json {
            Json::Null => Value::Table(Vec::new()),
            Json::Bool(boolean) => Value::Boolean(*boolean),
            Json::Number(number) => match number.as_i128() {
                Some(integer) => Value::Integer(Some(integer)),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::String(text.clone()),
            Json::Array(elements) => Value::Array(elements.iter().map(Self::from_json).collect()),
            Json::Object(entries) => {
                let there = entries.iter().filter(|(_, value)| !value.is_null());
                Value::Table(there.map(|(key, value)| (key.clone(), Self::from_json(value))).collect())
            }
        };
        Self::new(tree, Place { source: Source::File, span: 0..0 })
    }

    /// The entries, if this is a table.
    pub(crate) fn entries(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entry called `key`, if this is a table that has one.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// What is one step further down.
    pub(crate) fn child(&self, step: &Step) -> Option<&Self> {
        match (step, &self.value) {
            (Step::Key(key), _) => self.get(key),
            (Step::Index(index), Value::Array(elements)) => elements.get(*index),
            (Step::Index(_), _) => None,
        }
    }

    /// Like [`Node::child`], to change it.
    pub(crate) fn child_mut(&mut self, step: &Step) -> Option<&mut Self> {
        match (step, &mut self.value) {
            (Step::Key(key), Value::Table(entries)) => {
                entries.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node)
            }
            (Step::Index(index), Value::Array(elements)) => elements.get_mut(*index),
            _ => None,
        }
    }

    /// What the path leads to.
    pub(crate) fn descend(&self, steps: &[Step]) -> Option<&Self> {
        steps.iter().try_fold(self, |node, step| node.child(step))
    }

    /// Like [`Node::descend`], to change it.
    pub(crate) fn descend_mut(&mut self, steps: &[Step]) -> Option<&mut Self> {
        steps.iter().try_fold(self, |node, step| node.child_mut(step))
    }

    /// The same tree, as if it stood in this source.
    pub(crate) fn resourced(&self, source: Source) -> Self {
        let place = |place: &Place| Place { source, span: place.span.clone() };
        let value = match &self.value {
            Value::Array(elements) => {
                Value::Array(elements.iter().map(|element| element.resourced(source)).collect())
            }
            Value::Table(entries) => Value::Table(
                entries.iter().map(|(name, entry)| (name.clone(), entry.resourced(source))).collect(),
            ),
            other => other.clone(),
        };
        Self { value, place: place(&self.place), key: self.key.as_ref().map(place), ..self.clone() }
    }

    /// The value on one line of TOML.
    pub(crate) fn to_toml(&self) -> String {
        match &self.value {
            Value::String(text) => toml::Value::String(text.clone()).to_string(),
            Value::Integer(Some(integer)) => integer.to_string(),
            Value::Integer(None) => String::new(),
            Value::Float(float) => format!("{float:?}"),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Datetime(datetime) => datetime.clone(),
            Value::Array(elements) => {
                let elements: Vec<String> = elements.iter().map(Self::to_toml).collect();
                format!("[{}]", elements.join(", "))
            }
            Value::Table(entries) if entries.is_empty() => "{}".to_owned(),
            Value::Table(entries) => {
                let entry = |(name, node): &(String, Self)| {
                    format!("{} = {}", super::path::written(name), node.to_toml())
                };
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }

    /// The kind of value and the value itself, as messages name it.
    pub(crate) fn described(&self) -> String {
        match &self.value {
            Value::String(text) => format!("the string `\"{}\"`", super::diagnostic::quotable(text)),
            Value::Integer(Some(integer)) => format!("the number `{integer}`"),
            Value::Integer(None) => "a number that is too large".to_owned(),
            Value::Float(float) => format!("the number `{float:?}`"),
            Value::Boolean(boolean) => format!("`{boolean}`"),
            Value::Datetime(datetime) => format!("the date or time `{datetime}`"),
            Value::Array(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

fn entries(table: &DeTable<'_>, source: Source, shift: usize) -> Vec<(String, Node)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            let mut node = Node::from_value(value, source, shift);
            node.key = Some(Place { source, span: shifted(&key.span(), shift) });
            (key.get_ref().to_string(), node)
        })
        .collect();
    // The parser takes a table out and puts it back when it meets a second header below it; the order of the text is restored here.
    entries.sort_by_key(|(_, node)| node.key.as_ref().map_or(0, |key| key.span.start));
    entries
}

fn shifted(span: &Range<usize>, shift: usize) -> Range<usize> {
    span.start + shift..span.end + shift
}
