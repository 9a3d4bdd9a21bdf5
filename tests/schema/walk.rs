//! As much of JSON Schema as the schema of the model language uses. A keyword that is not known here is a failure, not a pass.

use regex::Regex;
use serde_json::Value;

/// What in `value` does not satisfy `schema`: a line each, with its path.
pub(crate) fn misfits(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Walk { root: schema, found: &mut found }.visit(schema, value, "");
    found
}

struct Walk<'a> {
    root: &'a Value,
    found: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn visit(&mut self, schema: &Value, value: &Value, path: &str) {
        if let Some(allowed) = schema.as_bool() {
            return self.require(allowed, path, "is not expected here");
        }
        for (keyword, rule) in schema.as_object().unwrap_or_else(|| panic!("not a schema: {schema}")) {
            self.apply(keyword, rule, schema, value, path);
        }
    }

    fn apply(&mut self, keyword: &str, rule: &Value, schema: &Value, value: &Value, path: &str) {
        match keyword {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" | "writeOnly" => {}
            "$ref" => {
                let target = rule.as_str().unwrap().trim_start_matches('#');
                let target = self.root.pointer(target).unwrap_or_else(|| panic!("{rule} leads nowhere"));
                Walk { root: self.root, found: self.found }.visit(target, value, path);
            }
            "type" => self.require(has_type(rule.as_str().unwrap(), value), path, &format!("is not {rule}")),
            "const" => self.require(rule == value, path, &format!("is not {rule}")),
            "enum" => {
                let is_one = rule.as_array().unwrap().contains(value);
                self.require(is_one, path, &format!("is none of {rule}"));
            }
            "pattern" => {
                let pattern = Regex::new(rule.as_str().unwrap()).unwrap();
                let is_match = value.as_str().is_none_or(|text| pattern.is_match(text));
                self.require(is_match, path, &format!("does not match {rule}"));
            }
            "minimum" | "maximum" => {
                let (limit, number) = (rule.as_f64().unwrap(), value.as_f64());
                let fits = |number: f64| if keyword == "minimum" { number >= limit } else { number <= limit };
                self.require(number.is_none_or(fits), path, &format!("is beyond {rule}"));
            }
            "anyOf" | "oneOf" => {
                let fitting =
                    rule.as_array().unwrap().iter().filter(|choice| self.fits(choice, value)).count();
                let is_right = if keyword == "anyOf" { fitting > 0 } else { fitting == 1 };
                self.require(is_right, path, &format!("fits {fitting} of the choices"));
            }
            "required" => {
                for name in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
                    let is_there = !value.is_object() || value.get(name).is_some();
                    self.require(is_there, path, &format!("has no `{name}`"));
                }
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    if let Some(of) = rule.get(name) {
                        self.visit(of, inner, &format!("{path}.{name}"));
                    }
                }
            }
            "additionalProperties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    if schema.pointer("/properties").and_then(|known| known.get(name)).is_none() {
                        self.visit(rule, inner, &format!("{path}.{name}"));
                    }
                }
            }
            "items" => {
                for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                    self.visit(rule, inner, &format!("{path}[{index}]"));
                }
            }
            "minItems" => {
                let (least, elements) = (rule.as_u64().unwrap(), value.as_array());
                let is_enough = elements.is_none_or(|elements| elements.len() as u64 >= least);
                self.require(is_enough, path, &format!("has fewer elements than {rule}"));
            }
            _ => panic!("the keyword `{keyword}` is not known to this test"),
        }
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut found = Vec::new();
        Walk { root: self.root, found: &mut found }.visit(schema, value, "");
        found.is_empty()
    }

    fn require(&mut self, holds: bool, path: &str, otherwise: &str) {
        if !holds {
            self.found.push(format!("`{path}` {otherwise}"));
        }
    }
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => panic!("the type `{name}` is not known to this test"),
    }
}
