//! Which tables and choices there are, what they are called, and how one names the type of a field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// A choice with at most so many words is listed where it is used.
const WORDS_LISTED: usize = 4;

/// A table or a choice of the language.
pub(super) struct Section<'a> {
    /// Its heading, of which there is one.
    pub(super) title: String,
    /// Where it stands in a model first: `policies.<name>.retry`.
    pub(super) path: String,
    /// How deep it is: 0 for the whole model.
    pub(super) depth: usize,
    /// Its definition.
    pub(super) schema: &'a Value,
}

/// One way of a choice.
pub(super) struct Choice<'a> {
    /// The word; `None` where it is not a word but a kind of value.
    pub(super) name: Option<&'a str>,
    /// What stands behind it.
    pub(super) settings: Option<&'a Value>,
    /// The whole of it.
    pub(super) schema: &'a Value,
}

/// All sections, in the order of the page.
pub(super) struct Sections<'a> {
    definitions: &'a Map<String, Value>,
    listed: Vec<Section<'a>>,
    /// The headings by the names of the definitions.
    titles: BTreeMap<&'a str, String>,
}

impl<'a> Sections<'a> {
    /// The sections of a language with this structure.
    pub(super) fn of(root: &'a Value) -> Self {
        let definitions =
            root.get("$defs").and_then(Value::as_object).expect("invariant: the language has definitions");
        let mut titles = BTreeMap::new();
        for (name, schema) in definitions {
            if is_quantity(schema) {
                titles.insert(name.as_str(), name.to_lowercase());
            }
        }
        let whole = Section { title: "The model".to_owned(), path: String::new(), depth: 0, schema: root };
        let mut sections = Self { definitions, listed: vec![whole], titles };
        let mut taken: BTreeSet<String> = sections.titles.values().cloned().collect();
        taken.extend(["the model", "quantities"].map(str::to_owned));
        let place = Place { path: String::new(), title: "the model".to_owned(), depth: 0 };
        sections.visit_inside(root, &place, &mut taken);
        sections
    }

    /// In the order of the page.
    pub(super) fn all(&self) -> impl Iterator<Item = &Section<'a>> {
        self.listed.iter()
    }

    /// Heading and definition of every quantity that the language uses.
    pub(super) fn quantities(&self) -> impl Iterator<Item = (&str, &'a Value)> {
        self.titles.iter().filter_map(|(name, title)| {
            let schema = &self.definitions[*name];
            is_quantity(schema).then_some((title.as_str(), schema))
        })
    }

    /// Gives everything that a table or a choice refers to a section of its own.
    fn visit_inside(&mut self, schema: &'a Value, place: &Place, taken: &mut BTreeSet<String>) {
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.visit_field(name, field, place, taken);
        }
        for choice in choices(schema) {
            if let (Some(name), Some(settings)) = (choice.name, choice.settings) {
                self.visit_field(name, settings, place, taken);
            }
        }
    }

    fn visit_field(&mut self, name: &str, field: &'a Value, place: &Place, taken: &mut BTreeSet<String>) {
        let separator = if place.path.is_empty() { "" } else { "." };
        let path = format!("{}{separator}{name}", place.path);
        for (definition, suffix) in targets(field) {
            let schema = &self.definitions[definition];
            let is_limit = definition.ends_with("OrUnlimited");
            if is_limit || is_quantity(schema) || self.titles.contains_key(definition) {
                continue;
            }
            let title =
                if taken.contains(name) { format!("{name} of {}", place.title) } else { name.to_owned() };
            taken.insert(title.clone());
            self.titles.insert(definition, title.clone());
            let inner = Place { path: format!("{path}{suffix}"), title, depth: place.depth + 1 };
            self.listed.push(Section {
                title: inner.title.clone(),
                path: inner.path.clone(),
                depth: inner.depth,
                schema,
            });
            self.visit_inside(schema, &inner, taken);
        }
    }

    /// What may stand in a field, with links to where it is explained.
    pub(super) fn kind(&self, field: &Value) -> String {
        if let Some(definition) = reference(field) {
            return self.kind_of_definition(definition);
        }
        if let Some(choices) = alternatives(field) {
            let kinds: Vec<String> = choices.iter().map(|choice| self.kind(choice)).collect();
            return kinds.join(" or ");
        }
        if let Some(words) = field.get("enum").and_then(Value::as_array) {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            return words.join(" or ");
        }
        if let Some(word) = field.get("const") {
            return format!("`{word}`");
        }
        match field.get("type").and_then(Value::as_str) {
            Some("integer") => "whole number".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("string") => "text".to_owned(),
            Some("array") => {
                format!("list: {}", field.get("items").map_or_else(String::new, |it| self.kind(it)))
            }
            Some("object") => {
                let entry = field.get("additionalProperties").filter(|entry| entry.is_object());
                format!("by name: {}", entry.map_or_else(|| "anything".to_owned(), |it| self.kind(it)))
            }
            Some(other) => other.to_owned(),
            None => "anything".to_owned(),
        }
    }

    fn kind_of_definition(&self, definition: &str) -> String {
        let schema = &self.definitions[definition];
        let Some(title) = self.titles.get(definition) else {
            // A limit, which is explained by what it limits.
            return alternatives(schema).map_or_else(
                || definition.to_owned(),
                |choices| choices.iter().map(|it| self.kind(it)).collect::<Vec<_>>().join(" or "),
            );
        };
        let anchor = title.to_lowercase().replace(' ', "-");
        let choices = choices(schema);
        let words: Vec<String> = choices
            .iter()
            .filter(|choice| choice.settings.is_none())
            .filter_map(|choice| choice.name.map(|name| format!("`\"{name}\"`")))
            .collect();
        let text = if is_quantity(schema) {
            title.clone()
        } else if choices.is_empty() {
            "table".to_owned()
        } else if words.len() == choices.len() && words.len() <= WORDS_LISTED {
            words.join(" or ")
        } else {
            "choice".to_owned()
        };
        format!("[{text}](#{anchor})")
    }
}

/// Where the walk is.
struct Place {
    path: String,
    title: String,
    depth: usize,
}

/// The ways of a choice; none for a table or a quantity.
pub(super) fn choices(schema: &Value) -> Vec<Choice<'_>> {
    let listed = alternatives(schema).map(Vec::as_slice).unwrap_or_default();
    listed
        .iter()
        .map(|schema| {
            let word = schema.get("const").and_then(Value::as_str);
            let entry = schema.get("properties").and_then(Value::as_object).and_then(|it| it.iter().next());
            match (word, entry) {
                (None, Some((name, settings))) => {
                    Choice { name: Some(name), settings: Some(settings), schema }
                }
                (word, _) => Choice { name: word, settings: None, schema },
            }
        })
        .collect()
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"].iter().find_map(|name| schema.get(*name)?.as_array())
}

/// A value that is one text or number: neither a table nor a choice.
fn is_quantity(schema: &Value) -> bool {
    alternatives(schema).is_none() && schema.get("properties").is_none() && schema.get("enum").is_none()
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// The definitions that a field refers to, each with what its path has behind the field.
fn targets(field: &Value) -> Vec<(&str, String)> {
    if let Some(definition) = reference(field) {
        return vec![(definition, String::new())];
    }
    let mut found = Vec::new();
    for (name, suffix) in [("items", "[]"), ("additionalProperties", ".<name>")] {
        let inner = field.get(name).map(targets).unwrap_or_default();
        found.extend(inner.into_iter().map(|(definition, behind)| (definition, format!("{suffix}{behind}"))));
    }
    for choice in alternatives(field).into_iter().flatten() {
        found.extend(targets(choice));
    }
    found
}
