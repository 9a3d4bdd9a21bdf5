//! What stands in the cells of the tables.

use serde_json::Value;

/// What a field has if it is not written.
pub(super) fn default_cell(field: &Value, is_required: bool) -> String {
    match field.get("default") {
        _ if is_required => "must be written".to_owned(),
        None => "absent".to_owned(),
        Some(Value::Object(entries)) if entries.is_empty() => "none".to_owned(),
        Some(value) => format!("`{}`", in_toml(value)),
    }
}

/// A text inside a table: one line, without bars.
pub(super) fn in_cell(description: Option<&Value>) -> String {
    let text = description.and_then(Value::as_str).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

/// A value as it is written in a model.
fn in_toml(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, value)| format!("{name} = {}", in_toml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(in_toml).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_written_as_in_a_model() {
        let field = |default: Value| default_cell(&json!({ "default": default }), false);
        assert_eq!(
            field(json!({ "intervals": 10, "of": ["a", 0.5] })),
            "`{ intervals = 10, of = [\"a\", 0.5] }`"
        );
        assert_eq!(field(json!("1s")), "`\"1s\"`");
        assert_eq!(field(json!({})), "none");
        assert_eq!(default_cell(&json!({}), false), "absent");
        assert_eq!(default_cell(&json!({}), true), "must be written");
    }

    #[test]
    fn a_cell_is_one_line_without_bars() {
        assert_eq!(in_cell(Some(&json!("a |\n\n b"))), "a \\| b");
        assert_eq!(in_cell(None), "");
    }
}
