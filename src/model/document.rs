//! One TOML file with the overrides of a command line applied: a tree in which every value knows its place.

use toml::de::DeTable;

use super::codes;
use super::diagnostic::{Diagnostic, Diagnostics, ERRORS_MAX, Location, quotable};
use super::node::{Node, Place, Source, Value};
use super::overrides::Overrides;
use super::params;
use super::path::{Path, Step};
use super::presets;

/// A parsed file, with overrides and parameters applied. It knows where everything was written.
#[derive(Clone, Debug)]
pub struct Document {
    texts: Texts,
    root: Node,
    kind: Kind,
}

/// What a file is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A system, with overrides, parameters and presets.
    Model,
    /// Variants of one.
    Experiment,
    /// A run of one, and what came out.
    Case,
}

/// The texts that places point into.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    name: String,
    file: String,
    overrides: Overrides,
}

impl Texts {
    /// The name under which the file was opened.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The place, ready to be shown.
    pub(crate) fn location(&self, place: &Place) -> Location {
        match place.source {
            Source::File => Location::in_file(&self.name, &self.file, place.span.clone()),
            Source::Override(index) => self.overrides.location(index, place.span.clone()),
        }
    }
}

impl Document {
    /// Parses `text` and applies the overrides. `source_name` is what messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with the syntax, the overrides and the parameters, as far as it can be found at once.
    pub fn parse(source_name: &str, text: &str, overrides: &Overrides) -> Result<Self, Diagnostics> {
        let (document, found) = Self::read(source_name, text, overrides, Kind::Model);
        match document {
            Some(document) if !found.has_errors() => Ok(document),
            _ => Err(found),
        }
    }

    /// Like [`Document::parse`] for the contents of a file that may not be text.
    ///
    /// # Errors
    /// Those of [`Document::parse`], and a message with the offset where the bytes stop being UTF-8.
    pub fn from_bytes(source_name: &str, bytes: &[u8], overrides: &Overrides) -> Result<Self, Diagnostics> {
        let text = decode_text(source_name, bytes)?;
        Self::parse(source_name, text, overrides)
    }

    /// The document as far as there is one, and everything that was found, warnings too.
    pub(crate) fn read(
        source_name: &str,
        text: &str,
        overrides: &Overrides,
        kind: Kind,
    ) -> (Option<Self>, Diagnostics) {
        // Spans count from behind the byte order mark; nobody's editor shows it as a column.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let texts =
            Texts { name: source_name.to_owned(), file: text.to_owned(), overrides: overrides.clone() };
        let mut found = Diagnostics::new();
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            found.extend(syntax_errors(&errors, &texts));
            return (None, found);
        }
        let mut root = Node::from_document(table.get_ref());
        if root.entries().is_some_and(<[_]>::is_empty) {
            found.push(empty(source_name, kind));
            return (None, found);
        }
        if kind == Kind::Model {
            found.extend(overrides.apply(&mut root));
            found.extend(params::substitute(&mut root, &texts));
            presets::expand(&mut root);
        }
        (Some(Self { texts, root, kind }), found)
    }

    /// What a file says, before anything is made of it, without comments and ways of writing; `None` if it is no TOML.
    pub fn bare_text(bytes: &[u8]) -> Option<String> {
        let text = decode_text("", bytes).ok()?;
        // As an experiment nothing is put in for parameters and presets.
        let (document, _) = Self::read("", text, &Overrides::new(), Kind::Experiment);
        document.map(|document| document.root.to_toml())
    }

    /// The name under which the file was opened.
    pub fn name(&self) -> &str {
        &self.texts.name
    }

    /// Where `path` was written: in the file or on the command line. A path that was not written (a default) is at the
    /// nearest table around it that was; the start of the file, if there is none.
    pub fn locate(&self, path: &str) -> Location {
        let steps = Path::parse(path).map(Path::into_steps).unwrap_or_default();
        let mut node = &self.root;
        let mut is_whole = true;
        for step in &steps {
            let Some(child) = node.child(step) else {
                is_whole = false;
                break;
            };
            node = child;
        }
        let place = match (&node.value, &node.key) {
            (Value::Table(_) | Value::Array(_), Some(key)) => key,
            (_, Some(key)) if !is_whole => key,
            _ => &node.place,
        };
        self.texts.location(place)
    }

    /// Where the value at exactly this path comes from; `None` when it was not written.
    pub(crate) fn origin(&self, steps: &[Step]) -> Option<String> {
        let node = self.root.descend(steps)?;
        let place = match node.place.source {
            Source::File => format!("line {}", self.texts.location(&node.place).line),
            Source::Override(index) => self.texts.overrides.origin(index).to_owned(),
        };
        Some(match (&node.param, &node.preset) {
            (Some(name), _) => format!("param {name}, {place}"),
            (None, Some(name)) => format!("preset {name}, {place}"),
            (None, None) => place,
        })
    }

    /// What the whole of it is called in a sentence.
    pub(crate) fn whole(&self) -> &'static str {
        match self.kind {
            Kind::Model => "the model",
            Kind::Experiment => "the experiment",
            Kind::Case => "the case",
        }
    }

    /// Takes a table out of the root, as a document of its own with the same texts.
    pub(crate) fn take(&mut self, name: &str) -> Option<Self> {
        let Value::Table(entries) = &mut self.root.value else { return None };
        let index = entries.iter().position(|(entry, _)| entry == name)?;
        let root = Node::new(Value::Table(vec![entries.remove(index)]), self.root.place.clone());
        Some(Self { texts: self.texts.clone(), root, kind: self.kind })
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    pub(crate) fn root_mut(&mut self) -> &mut Node {
        &mut self.root
    }
}

/// The bytes as text.
pub(crate) fn decode_text<'a>(source_name: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostics> {
    std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let line = bytes[..offset].split(|byte| *byte == b'\n').count();
        let message = format!(
            "`{}` is not UTF-8 text: byte 0x{:02x} at offset {offset}, line {line}",
            quotable(source_name),
            bytes[offset]
        );
        let help = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "it looks like UTF-16; save it as UTF-8"
        } else {
            "a model is a TOML file, saved as UTF-8"
        };
        let mut found = Diagnostics::new();
        found.push(Diagnostic::error(codes::NOT_TEXT, message).help(help));
        found
    })
}

fn empty(source_name: &str, kind: Kind) -> Diagnostic {
    let message = format!("`{}` is empty", quotable(source_name));
    let help = match kind {
        Kind::Model => "a model needs at least a `name`, a `[run]`, a workload and a service",
        Kind::Experiment => "an experiment needs at least a `model`, `seeds` and a variant",
        Kind::Case => "a case is a model with a table `[case]`; `metastable hunt` writes them",
    };
    Diagnostic::error(codes::EMPTY, message).help(help)
}

/// One message per line, and none that only repeats the one before: these are usually consequences of the first.
fn syntax_errors(errors: &[toml::de::Error], texts: &Texts) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut last_line = 0;
    let mut ordered: Vec<&toml::de::Error> = errors.iter().collect();
    ordered.sort_by_key(|error| error.span().map_or(0, |span| span.start));
    ordered.truncate(ERRORS_MAX);
    for error in ordered {
        let place = Place { source: Source::File, span: error.span().unwrap_or(0..0) };
        let diagnostic = syntax_error(error.message(), texts.location(&place));
        let line = diagnostic.location.as_ref().map_or(0, |location| location.line);
        let is_new = found.last().is_none_or(|last| {
            line != last_line && (last.message != diagnostic.message || last.code == codes::DUPLICATE_KEY)
        });
        last_line = line;
        if is_new {
            found.push(diagnostic);
        }
    }
    found
}

fn syntax_error(message: &str, location: Location) -> Diagnostic {
    let marked = quotable(location.marked_text());
    if message == "duplicate key" {
        let message = format!("`{marked}` is written twice in the same table");
        let help = "keep one of the two; the header of a table may appear only once, too";
        return Diagnostic::error(codes::DUPLICATE_KEY, message).help(help).at(location);
    }
    let (message, help) = if message.starts_with("string values must be quoted") {
        let example = "texts and quantities stand in quotes: `rate = \"800/s\"`";
        (if marked.is_empty() { "a value is missing" } else { "this value must stand in quotes" }, example)
    } else if message.starts_with("unclosed") {
        (message, "close what was opened here")
    } else if message.contains("recur") {
        ("nested too deeply", "no model needs more than a dozen levels")
    } else {
        (message, "TOML has lines such as `threads = 4` below the header of a table such as `[services.db]`")
    };
    Diagnostic::error(codes::SYNTAX, format!("not TOML: {message}")).help(help).at(location)
}
