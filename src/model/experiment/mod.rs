//! An experiment: one TOML file that names a model, variants of it, and what is expected of them.
//!
//! It is read like a model: syntax, types, meaning, every message with its place. What a variant changes is an edit of the model's document, exactly as by
//! `--set` and `--unset`, with the same messages at their places in the experiment.

mod check;
mod metric;
mod settings;
mod sweep;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::codes;
use super::decode::decode;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::{Document, Kind, decode_text};
use super::node::Node;
use super::overrides::{Overrides, SourceText};
use super::path::{Step, written};
use super::wording::worded;
use crate::mechanism::{Problem, Problems};

pub use metric::{Bound, Metric, Precision, Unit, VerdictName};
pub use settings::{
    Assignments, ExpectSettings, Experiment, Named, SeedSettings, UntilSettings, VariantSettings,
};
pub use sweep::{
    Axis, AxisSettings, AxisValue, DesignMatrix, DesignSettings, LatinHypercubeSettings, Points,
    RangeSettings, Scale, SobolSettings, Values, Written,
};

/// An experiment that makes sense, with what is known about where it comes from.
#[derive(Clone, Debug)]
pub struct LoadedExperiment {
    /// What it says.
    pub experiment: Experiment,
    /// Where each value was written.
    pub document: Document,
}

impl Experiment {
    /// Reads an experiment: syntax, types, meaning. Opens nothing. `source_name` is what messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with the document, as far as it can be found at once, in the order of its text.
    pub fn parse(source_name: &str, text: &str) -> Result<LoadedExperiment, Diagnostics> {
        let (document, mut found) = Document::read(source_name, text, &Overrides::new(), Kind::Experiment);
        let Some(mut document) = document else { return Err(found) };
        let (experiment, errors) = decode::<Self>(document.root_mut());
        found.extend(errors.iter().map(|error| worded(error, &document)));
        let Some(experiment) = experiment.filter(|_| !found.has_errors()) else { return Err(found) };
        let mut problems = Problems::new();
        experiment.check(&mut problems);
        found.extend(problems.into_found().into_iter().map(|problem| document.diagnose(problem)));
        let loaded = LoadedExperiment { experiment, document };
        found.extend(loaded.unquoted_paths());
        if found.has_errors() { Err(found) } else { Ok(loaded) }
    }

    /// Like [`Experiment::parse`] for the contents of a file that may not be text.
    ///
    /// # Errors
    /// Those of [`Experiment::parse`], and a message with the offset where the bytes stop being UTF-8.
    pub fn parse_bytes(source_name: &str, bytes: &[u8]) -> Result<LoadedExperiment, Diagnostics> {
        Self::parse(source_name, decode_text(source_name, bytes)?)
    }
}

impl LoadedExperiment {
    /// What the variant of this name changes in the model.
    pub fn overrides(&self, variant: &str) -> Overrides {
        let source = Arc::new(self.source());
        let mut overrides = Overrides::new();
        for node in self.elements(variant, "unset") {
            if let super::node::Value::String(path) = &node.value {
                overrides.unset_in(&source, path, node.place.span.clone());
            }
        }
        for (path, node) in self.assignments(variant) {
            overrides.set_in(&source, path, node);
        }
        overrides
    }

    /// The same as arguments of a command line, each an option and what follows it.
    pub fn arguments(&self, variant: &str) -> Vec<(&'static str, String)> {
        let unset = self.elements(variant, "unset").into_iter().filter_map(|node| match &node.value {
            super::node::Value::String(path) => Some(("--unset", path.clone())),
            _ => None,
        });
        let set = self
            .assignments(variant)
            .iter()
            .map(|(path, node)| ("--set", format!("{path}={}", plain_or_toml(node))));
        unset.chain(set).collect()
    }

    /// That a variant is the same model as an earlier one.
    pub fn same_as(&self, variant: &str, earlier: &str) -> Diagnostic {
        let problem = Problem {
            is_error: false,
            code: Some(codes::SAME_VARIANTS),
            path: format!("variants.{}", written(variant)),
            message: format!("`{variant}` is the same model as `{earlier}`"),
            help: Some("what it sets is what the model says anyway, or its defaults".to_owned()),
        };
        self.document.diagnose(problem)
    }

    /// That so many seeds, asked for instead of those of the experiment, reach beyond the last one that there is.
    pub fn beyond_seeds(&self, count: u64) -> Option<Diagnostic> {
        let first = self.experiment.first_seed;
        let problem = Problem {
            is_error: true,
            code: Some(codes::OUT_OF_RANGE),
            path: "first_seed".to_owned(),
            message: format!("there are no {count} seeds from {first} on"),
            help: Some("write `first_seed = 1`".to_owned()),
        };
        first.checked_add(count).is_none().then(|| self.document.diagnose(problem))
    }

    fn source(&self) -> SourceText {
        let texts = self.document.texts();
        SourceText { name: texts.name().to_owned(), text: texts.file().to_owned() }
    }

    fn field(&self, variant: &str, field: &str) -> Option<&Node> {
        let steps = ["variants", variant, field].map(|step| Step::Key(step.to_owned()));
        self.document.root().descend(&steps)
    }

    fn elements(&self, variant: &str, field: &str) -> Vec<&Node> {
        match self.field(variant, field).map(|node| &node.value) {
            Some(super::node::Value::Array(elements)) => elements.iter().collect(),
            _ => Vec::new(),
        }
    }

    fn assignments(&self, variant: &str) -> &[(String, Node)] {
        self.field(variant, "set").and_then(Node::entries).unwrap_or_default()
    }

    /// TOML reads `run.duration = "5s"` as a table `run` with one field; taken at its word, that would replace the whole section.
    fn unquoted_paths(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for variant in self.experiment.variants.names() {
            for (path, node) in self.assignments(variant) {
                let is_section = !path.contains(['.', '[']);
                let Some([(first, _), ..]) = node.entries().filter(|_| is_section) else { continue };
                let place = node.key.as_ref().unwrap_or(&node.place);
                found.push(
                    Diagnostic::error(
                        codes::MALFORMED_OVERRIDE,
                        format!("a variant does not set the whole of `{path}`"),
                    )
                    .help(format!("a path stands in quotes: `\"{path}.{first}\" = …`"))
                    .path(format!("variants.{variant}.set"))
                    .at(self.document.texts().location(place)),
                );
            }
        }
        found
    }
}

/// A value as it is typed behind `--set path=`.
fn plain_or_toml(node: &Node) -> String {
    match &node.value {
        super::node::Value::String(text) if is_plain(text) => text.clone(),
        _ => node.to_toml(),
    }
}

/// Whether a text behind `--set path=` is taken as this text without quotes.
fn is_plain(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:%$".contains(c);
    !text.is_empty() && text.chars().all(is_plain) && toml::de::DeValue::parse(text).is_err()
}
