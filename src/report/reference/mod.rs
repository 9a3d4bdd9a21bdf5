//! The reference of the model language, `docs/reference.md`: a section per table and choice, written from the settings themselves.
//!
//! It walks the JSON Schema, whose texts are the doc comments of the settings, so a new field needs nothing here.

mod cells;
mod sections;

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::model::structure;
use cells::{default_cell, in_cell};
use sections::{Section, Sections};

const INTRODUCTION: &str = "# Reference of the model language

<!-- Written by the program: cargo test --lib report::reference -->

Every table, field and choice, with its default. [language.md](language.md) is the guide, with examples;
[semantics.md](semantics.md) says how it behaves; `metastable schema` prints the same for editors.

A field whose default is *absent* may be left out, and then does what its meaning says. `\"$name\"` in place of a whole value
stands for a [parameter](language.md#params).
";

/// The page.
pub fn reference() -> String {
    let root = structure();
    let sections = Sections::of(&root);
    let mut page = INTRODUCTION.to_owned();
    for section in sections.all() {
        write_section(&mut page, section, &sections);
    }
    write_quantities(&mut page, &sections);
    page
}

fn write_section(page: &mut String, section: &Section<'_>, sections: &Sections<'_>) {
    let hashes = "#".repeat(section.depth.clamp(1, 3) + 1);
    let _ = write!(page, "\n{hashes} {}\n\n", section.title);
    if !section.path.is_empty() {
        let _ = write!(page, "`{}`\n\n", section.path);
    }
    if let Some(description) = section.schema.get("description").and_then(Value::as_str) {
        let _ = write!(page, "{}\n\n", description.trim());
    }
    if let Some(fields) = section.schema.get("properties").and_then(Value::as_object) {
        write_fields(page, section, fields, sections);
    } else {
        write_choices(page, section, sections);
    }
}

fn write_fields(
    page: &mut String,
    section: &Section<'_>,
    fields: &Map<String, Value>,
    sections: &Sections<'_>,
) {
    page.push_str("| field | type | default | meaning |\n|---|---|---|---|\n");
    let required: Vec<&str> = section
        .schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, field) in fields {
        let _ = writeln!(
            page,
            "| `{name}` | {} | {} | {} |",
            sections.kind(field),
            default_cell(field, required.contains(&name.as_str())),
            in_cell(field.get("description")),
        );
    }
}

fn write_choices(page: &mut String, section: &Section<'_>, sections: &Sections<'_>) {
    let choices = sections::choices(section.schema);
    let has_settings = choices.iter().any(|choice| choice.settings.is_some());
    page.push_str(if has_settings {
        "| choice | settings | meaning |\n|---|---|---|\n"
    } else {
        "| choice | meaning |\n|---|---|\n"
    });
    for choice in choices {
        let written = match (choice.name, choice.settings) {
            (Some(name), Some(_)) => format!("`{{ {name} = … }}`"),
            (Some(name), None) => format!("`\"{name}\"`"),
            (None, _) => sections.kind(choice.schema),
        };
        let settings = match (has_settings, choice.settings) {
            (true, Some(settings)) => format!(" {} |", sections.kind(settings)),
            (true, None) => " |".to_owned(),
            (false, _) => String::new(),
        };
        let _ = writeln!(page, "| {written} |{settings} {} |", in_cell(choice.schema.get("description")));
    }
}

fn write_quantities(page: &mut String, sections: &Sections<'_>) {
    page.push_str("\n## Quantities\n\nMore about them: [language.md](language.md#quantities).\n");
    for (title, schema) in sections.quantities() {
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let _ = write!(page, "\n### {title}\n\n{}\n", description.trim());
        let examples = schema.get("examples").and_then(Value::as_array);
        let examples: Vec<String> = examples.into_iter().flatten().map(|it| format!("`{it}`")).collect();
        if !examples.is_empty() {
            let _ = write!(page, "\nExamples: {}.\n", examples.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_page_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        if written != reference() {
            std::fs::write(path, reference()).expect("docs/ can be written");
            panic!("docs/reference.md was out of date and has been rewritten; commit it");
        }
    }

    /// What a reader looks for is there: fields with defaults, choices with and without settings, limits, and no heading twice.
    #[test]
    fn the_page_says_what_can_be_written() {
        let page = reference();
        for line in [
            "| `interval` | [duration](#duration) | `\"1s\"` | One row of every time series per interval. |",
            "| `{ exponential = … }` | [table](#exponential) | `base · multiplier^(n-1)`, at most `max`. |",
            "| `\"drop\"` | Silence: the caller only sees its timer. |",
            "`policies.<name>.retry.backoff.exponential`",
        ] {
            assert!(page.contains(line), "`{line}` is not in the page");
        }
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
        let mut names: Vec<&str> = headings.iter().map(|line| line.trim_start_matches('#').trim()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "a heading stands twice");
    }
}
