//! A case: one run that is worth keeping, in one file.
//!
//! A case is a model with every default written out and every fault at its instant, and a table `[case]` that says what came out. It needs nothing else: files
//! that the model reads are in it, too. `[case]` belongs to no model, so nobody takes a case for one by accident; everything else in it is read by the same
//! machinery as a model, with the same messages at their places.

mod files;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::decode::decode;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::document::{Document, Kind, decode_text};
use super::load::{Loaded, load_document};
use super::overrides::Overrides;
use super::wording::worded;
use super::{Model, VerdictName, codes, hexadecimal};
use crate::quantity::{Files, ReadAt};

pub use files::EMBEDDED_BYTES_MAX;

/// What somebody who opens the file reads first.
const HEADER: &str = "A case of metastable: `metastable replay` runs it again.";
/// A line of a comment is at most so wide.
const COMMENT_CHARS_MAX: usize = 78;

/// A run that is worth keeping, and what came out.
///
/// ```
/// use metastable::model::Case;
///
/// let text = std::fs::read_to_string("tests/hunt/storm.case.toml")?;
/// let case = Case::parse("storm.case.toml", &text)?.case;
/// assert_eq!(case.record.property, "recovers");
/// assert_eq!(Case::parse("again", &case.to_toml(""))?.case, case);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// What was run, `run.seed` included. Every fault says when it happens.
    pub model: Model,
    /// What came out.
    pub record: CaseRecord,
}

/// `[case]`: what came out of a run, and of which.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// What the run was asked to keep, as text (see `Property`).
    pub property: String,
    /// The verdict.
    pub verdict: VerdictName,
    /// Whether the property held.
    pub holds: bool,
    /// The version of the program that ran it.
    pub version: String,
    /// Which source that program was built from.
    pub build: String,
    /// SHA-256 over the model, in hexadecimal digits.
    pub model_digest: String,
    /// SHA-256 over the rows of the run, in hexadecimal digits.
    pub run_digest: String,
    /// What the files hold that the model reads, by the path that the model names; those that are too large stay where they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

/// The part of the document that no model has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseTable {
    case: CaseRecord,
}

/// A case that can run, with what is known about where it comes from.
#[derive(Clone, Debug)]
pub struct LoadedCase {
    /// What it says.
    pub case: Case,
    /// Where each value of the model was written.
    pub document: Document,
    /// What is probably not meant in the model, in the order of the text.
    pub warnings: Diagnostics,
}

/// The files of a case: what it holds itself, and otherwise what lies beside it.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "there is nothing to say of files that somebody else opens")]
pub struct CaseFiles<'a> {
    held: &'a BTreeMap<String, String>,
    beside: &'a dyn Files,
}

impl Case {
    /// Whether a text is a case and not a model: whether it has a table `[case]`.
    pub fn is_written_in(text: &str) -> bool {
        toml::de::DeTable::parse(text).is_ok_and(|table| table.get_ref().contains_key("case"))
    }

    /// Reads a case: syntax, types, meaning. Opens nothing. `source_name` is what messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with it, as far as it can be found at once, in the order of its text.
    pub fn parse(source_name: &str, text: &str) -> Result<LoadedCase, Diagnostics> {
        let (document, mut found) = Document::read(source_name, text, &Overrides::new(), Kind::Case);
        let Some(mut document) = document else { return Err(found) };
        let Some(mut table) = document.take("case") else {
            found.push(no_case(&document));
            return Err(found);
        };
        let (record, errors) = decode::<CaseTable>(table.root_mut());
        found.extend(errors.iter().map(|error| worded(error, &table)));
        let Loaded { model, document, warnings } = load_document(document, found)?;
        let Some(record) = record else { return Err(warnings) };
        Ok(LoadedCase { case: Self { model, record: record.case }, document, warnings })
    }

    /// Like [`Case::parse`] for the contents of a file that may not be text.
    ///
    /// # Errors
    /// Those of [`Case::parse`], and a message with the offset where the bytes stop being UTF-8.
    pub fn parse_bytes(source_name: &str, bytes: &[u8]) -> Result<LoadedCase, Diagnostics> {
        Self::parse(source_name, decode_text(source_name, bytes)?)
    }

    /// The whole of it as TOML; it parses back to the same case. `story` is told above it, in comments.
    pub fn to_toml(&self, story: &str) -> String {
        let model = self.model.effective_toml();
        let record = toml::to_string(&self.record).expect("invariant: a record is texts and a flag");
        // Tables of TOML below `[case]` must say so.
        let record = record.replace("\n[files]", "\n[case.files]");
        let (top, sections) = model
            .split_once("\n[")
            .map_or((model.as_str(), String::new()), |(top, rest)| (top, format!("\n[{rest}")));
        format!("{}\n{top}\n[case]\n{record}{sections}", comment(story))
    }

    /// The files that its model reads: those that it holds, and otherwise those that lie beside it.
    pub fn files<'a>(&'a self, beside: &'a dyn Files) -> CaseFiles<'a> {
        CaseFiles { held: &self.record.files, beside }
    }

    /// [`Model::digest`] of its model, in hexadecimal digits.
    pub fn model_digest(&self, beside: &dyn Files) -> String {
        hexadecimal(&self.model.digest(&self.files(beside)))
    }
}

impl Files for CaseFiles<'_> {
    fn read(&self, path: &str) -> std::io::Result<String> {
        self.held.get(path).map_or_else(|| self.beside.read(path), |text| Ok(text.clone()))
    }

    fn open(&self, path: &str) -> std::io::Result<Arc<dyn ReadAt>> {
        match self.held.get(path) {
            Some(text) => Ok(Arc::new(text.clone().into_bytes())),
            None => self.beside.open(path),
        }
    }
}

fn no_case(document: &Document) -> Diagnostic {
    Diagnostic::error(codes::MISSING_FIELD, "this is no case: it has no `[case]`")
        .help("`metastable hunt` and `metastable shrink` write cases; a model runs with `metastable run`")
        .at(document.locate(""))
}

/// A text as the comment at the head of the file, no line of which is too long.
fn comment(story: &str) -> String {
    let mut out = format!("# {HEADER}\n");
    for paragraph in story.lines() {
        out.push('#');
        let mut width = 1;
        for word in paragraph.split_whitespace() {
            if width + 1 + word.chars().count() > COMMENT_CHARS_MAX {
                out.push_str("\n#");
                width = 1;
            }
            out.extend([" ", word]);
            width += 1 + word.chars().count();
        }
        out.push('\n');
    }
    out
}
