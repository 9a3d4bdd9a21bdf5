//! The model language as a JSON Schema (draft 2020-12), for editors, generators and other programs.
//!
//! It is derived from the settings, so it cannot disagree with them. What it cannot say (names that must exist, times that must fit together) is said by
//! `check`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Experiment, Model};

/// What a parameter looks like where it is used.
const PARAMETER: &str = "Parameter";

/// The types of the language, as they are behind parameters: a definition per table, choice and quantity, fields in the order of the source.
pub fn structure() -> Value {
    structure_of::<Model>()
}

fn structure_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut root = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut root);
    root
}

/// The JSON Schema of an experiment file.
pub fn experiment_schema() -> Value {
    let mut root = structure_of::<Experiment>();
    if let Value::Object(experiment) = &mut root {
        experiment.insert("title".to_owned(), json!("An experiment of metastable"));
    }
    root
}

/// [`experiment_schema`] as text, ready for a file.
pub fn experiment_schema_text() -> String {
    serde_json::to_string_pretty(&experiment_schema()).expect("invariant: a JSON value has a text") + "\n"
}

/// The JSON Schema of a model file.
pub fn schema() -> Value {
    let mut root = structure();
    if let Some(Value::Object(definitions)) = root.get_mut("$defs") {
        for definition in definitions.values_mut() {
            allow_parameters_inside(definition);
            allow_parameter(definition);
        }
        definitions.insert(
            PARAMETER.to_owned(),
            json!({
                "description": "A value of `[params]`, by its name: `\"$rate\"`.",
                "type": "string",
                "pattern": "^\\$[A-Za-z][A-Za-z0-9_-]*$",
            }),
        );
    }
    if let Value::Object(model) = &mut root {
        model.insert("title".to_owned(), json!("A model of metastable"));
        if let Some(Value::Object(fields)) = model.get_mut("properties") {
            let params = json!({
                "description": "Values with a name, used as `\"$name\"` in place of a whole value.",
                "type": "object",
            });
            fields.insert("params".to_owned(), params);
        }
    }
    root
}

/// [`schema`] as text, ready for a file.
pub fn schema_text() -> String {
    serde_json::to_string_pretty(&schema()).expect("invariant: a JSON value has a text") + "\n"
}

/// TOML has no null, and formats that only Rust knows say nothing to others.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.remove("format");
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            drop_null(object);
            for (name, inner) in object.iter_mut() {
                if name != "default" && name != "examples" {
                    tidy(inner);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What may be absent is not null: `anyOf: [x, null]` is x, and so is `type: [x, null]`.
fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(only)] = &choices[..] {
        let only = only.clone();
        object.remove("anyOf");
        for (name, value) in only {
            object.entry(name).or_insert(value);
        }
    }
}

/// Lets `"$name"` stand for the fields and elements of a definition that have no definition of their own.
fn allow_parameters_inside(value: &mut Value) {
    let Value::Object(object) = value else { return };
    let is_inline = |inner: &Value| {
        let simple = ["integer", "number", "boolean", "array"];
        inner.get("type").and_then(Value::as_str).is_some_and(|name| simple.contains(&name))
    };
    if let Some(Value::Object(fields)) = object.get_mut("properties") {
        for field in fields.values_mut() {
            allow_parameters_inside(field);
            if is_inline(field) {
                allow_parameter(field);
            }
        }
    }
    for name in ["items", "additionalProperties"] {
        if let Some(inner @ Value::Object(_)) = object.get_mut(name) {
            allow_parameters_inside(inner);
            if is_inline(inner) {
                allow_parameter(inner);
            }
        }
    }
    for name in ["oneOf", "anyOf"] {
        if let Some(Value::Array(choices)) = object.get_mut(name) {
            choices.iter_mut().for_each(allow_parameters_inside);
        }
    }
}

/// Lets `"$name"` stand for a value.
fn allow_parameter(value: &mut Value) {
    let Value::Object(object) = value else { return };
    let mut choices = Vec::new();
    for name in ["oneOf", "anyOf"] {
        if let Some(Value::Array(found)) = object.remove(name) {
            choices.extend(found);
        }
    }
    if choices.is_empty() {
        let mut only = Map::new();
        let about = ["description", "default", "examples", "title"];
        for name in object.keys().filter(|name| !about.contains(&name.as_str())).cloned().collect::<Vec<_>>()
        {
            if let Some(moved) = object.remove(&name) {
                only.insert(name, moved);
            }
        }
        choices.push(Value::Object(only));
    }
    choices.push(json!({ "$ref": format!("#/$defs/{PARAMETER}") }));
    object.insert("anyOf".to_owned(), Value::Array(choices));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The goal: no field of the language is without a meaning in the editor and in the reference.
    #[test]
    fn everything_has_a_description() {
        let root = structure();
        let definitions = root["$defs"].as_object().unwrap();
        assert!(definitions.len() > 40, "the definitions were found");
        let mut bare: Vec<String> = Vec::new();
        for (name, definition) in definitions.iter().chain([(&"Model".to_owned(), &root)]) {
            if definition["description"].as_str().is_none_or(str::is_empty) {
                bare.push(name.clone());
            }
            for (field, of) in definition["properties"].as_object().into_iter().flatten() {
                if of["description"].as_str().is_none_or(str::is_empty) {
                    bare.push(format!("{name}.{field}"));
                }
            }
            for choice in definition["oneOf"].as_array().into_iter().flatten() {
                let is_named = choice.get("const").is_some() || choice.get("properties").is_some();
                if is_named && choice["description"].as_str().is_none_or(str::is_empty) {
                    bare.push(format!("{name}: {choice}"));
                }
            }
        }
        assert_eq!(bare, Vec::<String>::new());
    }

    #[test]
    fn nothing_is_null_and_every_reference_leads_somewhere() {
        let text = schema_text();
        assert!(!text.contains("null") && !text.contains("\"format\""));
        let root = schema();
        for target in text.split("\"#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(root["$defs"][target].is_object(), "{target}");
        }
    }

    #[test]
    fn defaults_can_be_seen() {
        let root = schema();
        assert_eq!(root.pointer("/$defs/RunSettings/anyOf/0/properties/interval/default").unwrap(), "1s");
        assert_eq!(root.pointer("/$defs/RunSettings/anyOf/0/properties/seed/default").unwrap(), 1);
    }
}
