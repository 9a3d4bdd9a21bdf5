//! Every model in the pages, whole or in part, is a model.

use std::io;

use metastable::model::{Loaded, Model, Overrides};
use metastable::plan::Plan;
use metastable::quantity::Files;

use crate::page::{Page, root};

/// A fragment may add a policy that nothing in the skeleton uses.
const UNUSED: &str = "M105";

/// Any file that a page speaks of.
struct AnyFile;

impl Files for AnyFile {
    fn read(&self, path: &str) -> io::Result<String> {
        let of_trace = path == "monday.csv";
        Ok(if of_trace { "time_s\n1\n" } else { "duration\n5ms\n" }.to_owned())
    }
}

/// The first model of the language reference, which its fragments are parts of.
fn skeleton(language: &Page) -> String {
    let blocks = language.blocks();
    let first = blocks.iter().find(|block| block.info == "toml").expect("the reference begins with a model");
    first.body.to_owned()
}

/// The skeleton, with what the fragment says put in or added: entries of sections, and fields of entries.
fn completed(skeleton: &str, fragment: &str) -> String {
    let mut whole: toml::Table = skeleton.parse().expect("the skeleton is TOML");
    let fragment: toml::Table = fragment.parse().expect("the fragment is TOML");
    for (section, value) in fragment {
        match (whole.get_mut(&section), value) {
            (Some(toml::Value::Table(entries)), toml::Value::Table(added)) => {
                for (entry, value) in added {
                    match (entries.get_mut(&entry), value) {
                        (Some(toml::Value::Table(fields)), toml::Value::Table(added)) => fields.extend(added),
                        (_, value) => _ = entries.insert(entry, value),
                    }
                }
            }
            (_, value) => _ = whole.insert(section, value),
        }
    }
    toml::to_string(&whole).expect("a table can be written")
}

/// The models of a page, each with its place.
pub(crate) fn models(page: &Page) -> Vec<(String, Loaded)> {
    let skeleton = skeleton(&Page::read("docs/language.md"));
    let mut models = Vec::new();
    for block in page.blocks() {
        let text = match block.info.split_once(' ').unwrap_or((block.info, "")) {
            ("toml", "fragment") => completed(&skeleton, block.body),
            ("toml", _) => block.body.to_owned(),
            _ => continue,
        };
        let place = page.place(&block);
        match Model::parse(&place, &text, &Overrides::new()) {
            Ok(loaded) => models.push((place, loaded)),
            Err(found) => panic!("{place} is not a model:\n{found}\n{text}"),
        }
    }
    models
}

#[test]
fn every_model_in_the_pages_can_run_and_says_nothing_doubtful() {
    for name in ["README.md", "docs/language.md", "docs/semantics.md"] {
        let models = models(&Page::read(name));
        assert!(name == "docs/semantics.md" || !models.is_empty(), "the models of {name} were found");
        for (place, loaded) in models {
            let plan = Plan::compile(&loaded.model, &AnyFile);
            assert!(plan.is_ok(), "{place}: {plan:?}");
            let doubts: Vec<_> = loaded.warnings.iter().filter(|warning| warning.code != UNUSED).collect();
            assert!(doubts.is_empty(), "{place}: {doubts:?}");
        }
    }
}

#[test]
fn a_fragment_replaces_fields_and_adds_entries() {
    let whole = completed(
        "name = 'a'\n[services.db]\nthreads = 1\nqueue = { capacity = 1 }\n",
        "[services.db]\nqueue = { order = 'lifo' }\n[services.web]\nthreads = 2\n",
    );
    let expected =
        "name = 'a'\n[services]\ndb = { threads = 1, queue = { order = 'lifo' } }\nweb = { threads = 2 }\n";
    let tables: [toml::Table; 2] = [&whole, expected].map(|text| text.parse().expect("it is TOML"));
    assert_eq!(tables[0], tables[1]);
}

/// The example of the README is a doctest of the library: there it is compiled and run.
#[test]
fn the_library_example_of_the_readme_is_that_of_the_library() {
    let library = std::fs::read_to_string(root().join("src/lib.rs")).expect("the library can be read");
    let lines = library.lines().filter_map(|line| line.strip_prefix("//!"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let documentation = lines.join("\n") + "\n";
    let library = Page { name: "src/lib.rs".to_owned(), text: documentation };
    let readme = Page::read("README.md");
    let rust = |page: &Page| -> Vec<String> {
        let blocks = page.blocks().into_iter().filter(|block| ["rust", ""].contains(&block.info));
        // Lines that begin with `# ` are hidden where the documentation is shown.
        let shown = blocks.map(|block| block.body.lines().filter(|line| !line.starts_with("# ")).collect());
        shown
            .filter(|lines: &Vec<&str>| lines.contains(&"use metastable::plan::Plan;"))
            .map(|lines| lines.join("\n"))
            .collect()
    };
    assert_eq!(rust(&readme).len(), 1, "the README has one example");
    assert_eq!(rust(&readme), rust(&library));
}
