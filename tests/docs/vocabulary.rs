//! The language reference is complete: the words of the language are asked of the program itself, which lists the possible ones
//! whenever it meets one that it does not know.

use std::collections::BTreeSet;

use metastable::model::{Loaded, Model, Overrides};

use crate::models::models;
use crate::page::Page;

/// No field, no choice, and like neither.
const NONSENSE: &str = "zzzzzz";

/// The paths of all tables, and of all strings, of an effective model.
fn paths(path: &str, value: &toml::Value, tables: &mut Vec<String>, strings: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            tables.push(path.to_owned());
            for (name, value) in table {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                paths(&path, value, tables, strings);
            }
        }
        toml::Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                paths(&format!("{path}[{index}]"), value, tables, strings);
            }
        }
        toml::Value::String(_) => strings.push(path.to_owned()),
        _ => {}
    }
}

/// What the program says to `--set assignment`: the words in backticks behind `marker` in the help of the message `code`.
fn listed(effective: &str, assignment: &str, code: &str, marker: &str) -> Vec<String> {
    let mut overrides = Overrides::new();
    overrides.set(assignment);
    let Err(found) = Model::parse("effective", effective, &overrides) else { return Vec::new() };
    let helps = found.iter().filter(|diagnostic| diagnostic.code == code);
    let helps = helps.filter_map(|diagnostic| diagnostic.help.as_deref());
    let lists = helps.filter_map(|help| help.split_once(marker)).map(|(_, list)| list);
    let mut words = Vec::new();
    for list in lists {
        assert!(!list.ends_with(" more"), "the list is cut: {list}");
        words.extend(list.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    words
}

/// The fields and choices of everything that a model says.
fn words(loaded: &Loaded) -> BTreeSet<String> {
    let effective = loaded.model.effective_toml();
    let root: toml::Value = toml::Value::Table(effective.parse().expect("the effective model is TOML"));
    let (mut tables, mut strings) = (Vec::new(), Vec::new());
    paths("", &root, &mut tables, &mut strings);
    let mut words = BTreeSet::new();
    for table in tables {
        let separator = if table.is_empty() { "" } else { "." };
        words.extend(listed(
            &effective,
            &format!("{table}{separator}{NONSENSE}=1"),
            "M010",
            "possible here are ",
        ));
    }
    for string in strings {
        words.extend(listed(&effective, &format!("{string}={NONSENSE}"), "M013", "one of "));
    }
    words
}

#[test]
fn the_language_reference_mentions_every_field_and_every_choice() {
    let page = Page::read("docs/language.md");
    let words: BTreeSet<String> = models(&page).iter().flat_map(|(_, loaded)| words(loaded)).collect();
    for known in ["name", "max_attempts", "finagle_equal", "drop_on_dequeue", "per_request", "relapse"] {
        assert!(words.contains(known), "the words were found: {words:?}");
    }
    let missing: Vec<&String> =
        words.iter().filter(|word| !page.text.contains(&format!("`{word}`"))).collect();
    assert!(missing.is_empty(), "docs/language.md does not mention {missing:?}");
}
