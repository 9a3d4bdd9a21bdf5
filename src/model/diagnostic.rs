//! What is wrong with a document, where, and what to do about it; as text in the style of a compiler, or as data.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::{Serialize, Serializer};

/// Longer lines are cut around the position, in characters.
const LINE_CHARS_MAX: usize = 160;
/// How much of a long line stays before the position, in characters.
const CHARS_BEFORE: usize = 50;
/// Longer texts of a user are cut when a message quotes them, in characters.
const QUOTE_CHARS_MAX: usize = 60;
/// After so many errors a document gets no more.
pub(crate) const ERRORS_MAX: usize = 50;

/// Whether the model can run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// Where a text comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SourceName {
    /// A file, by the name under which it was opened.
    File(String),
    /// An override given on the command line.
    CommandLine,
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) => f.write_str(name),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

impl Serialize for SourceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A position in a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Location {
    /// Which text.
    pub source: SourceName,
    /// The line, from 1; of an override: its position on the command line.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The bytes of the text that are meant.
    pub span: Range<usize>,
    /// The line around the position, cut if it is long.
    #[serde(skip)]
    excerpt: Excerpt,
}

/// One line, or the part of a long line that is shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Excerpt {
    text: String,
    marked: Range<usize>,
    is_cut: bool,
}

impl Location {
    /// The position of the bytes `span` in the file `name`.
    pub(crate) fn in_file(name: &str, text: &str, span: Range<usize>) -> Self {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[..line_start].matches('\n').count() + 1;
        let source = SourceName::File(name.to_owned());
        Self::in_line(source, line, text, line_start, start..floor_boundary(text, span.end).max(start))
    }

    /// The position of the bytes `span` in the override with the given position on the command line, counted from 0.
    pub(crate) fn in_override(index: usize, text: &str, span: Range<usize>) -> Self {
        Self::in_line(SourceName::CommandLine, index + 1, text, 0, span)
    }

    fn in_line(source: SourceName, line: usize, text: &str, line_start: usize, span: Range<usize>) -> Self {
        let rest = &text[line_start..];
        let line_text = rest[..rest.find('\n').unwrap_or(rest.len())].trim_end_matches('\r');
        let from = (span.start - line_start).min(line_text.len());
        let marked = from..(span.end - line_start).clamp(from, line_text.len());
        let column = line_text[..from].chars().count() + 1;
        Self { source, line, column, span, excerpt: Excerpt::cut(line_text, marked) }
    }

    /// The text that is meant, at most one line of it.
    pub(crate) fn marked_text(&self) -> &str {
        &self.excerpt.text[self.excerpt.marked.clone()]
    }
}

impl Excerpt {
    fn cut(line: &str, marked: Range<usize>) -> Self {
        // Bounds in bytes come first: counting the characters of a line of a megabyte for each of many errors would take long.
        let before = line[..marked.start].char_indices().rev().nth(CHARS_BEFORE - 1).map_or(0, |(at, _)| at);
        let whole = line.char_indices().nth(LINE_CHARS_MAX).is_none();
        let start = if whole { 0 } else { before };
        let length =
            line[start..].char_indices().nth(LINE_CHARS_MAX).map_or(line.len() - start, |(at, _)| at);
        let lead = if start > 0 { "…" } else { "" };
        let tail = if start + length < line.len() { "…" } else { "" };
        let text = format!("{lead}{}{tail}", &line[start..start + length]);
        let shift = |at: usize| (at - start).min(length) + lead.len();
        Self { marked: shift(marked.start)..shift(marked.end), text, is_cut: !whole }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A text of a user, fit to be quoted in a message: short, and without characters that a terminal would act on.
pub(crate) fn quotable(text: &str) -> String {
    let mut quoted = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == QUOTE_CHARS_MAX {
            quoted.push('…');
            break;
        }
        if c.is_control() {
            quoted.extend(c.escape_debug());
        } else {
            quoted.push(c);
        }
    }
    quoted
}

/// One thing that is wrong with a document, or that deserves a warning.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Diagnostic {
    /// `M010`; `docs/errors.md` has a section for each.
    pub code: &'static str,
    /// Whether the model can run with it.
    pub severity: Severity,
    /// What is wrong: one sentence without a full stop, literals in backticks.
    pub message: String,
    /// Where in the model, as a path of names.
    pub path: Option<String>,
    /// Where in the text.
    pub location: Option<Location>,
    /// The text that is meant, cut if it is long.
    pub text: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error that is not at any place yet.
    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, severity: Severity::Error, message, path: None, location: None, text: None, help: None }
    }

    /// A warning that is not at any place yet.
    pub(crate) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same with a place in the text.
    pub(crate) fn at(mut self, location: Location) -> Self {
        let text = location.marked_text();
        self.text = (!text.is_empty()).then(|| quotable(text));
        self.location = Some(location);
        self
    }

    /// The same with a path.
    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        let path = path.into();
        self.path = (!path.is_empty()).then_some(path);
        self
    }

    /// The same with advice; empty advice is none.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.help = (!help.is_empty()).then_some(help);
        self
    }

    /// As text of several lines, in the style of a compiler, with a newline at the end.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.clone().primary_title(self.message.as_str()).id(self.code);
        let help = self.help.as_deref().map(|help| Level::HELP.message(help));
        let groups = match &self.location {
            None => vec![title.elements(help)],
            Some(location) => {
                let snippet = location.snippet(self.path.as_deref());
                let name = location.source.to_string();
                if location.excerpt.is_cut {
                    // The renderer counts columns in what it is shown; of a line that was cut, only we know the column.
                    let origin = Origin::path(name).line(location.line).char_column(location.column);
                    vec![title.element(origin), Group::with_level(level).element(snippet).elements(help)]
                } else {
                    vec![title.element(snippet.path(name)).elements(help)]
                }
            }
        };
        let mut text = renderer.render(&groups);
        text.push('\n');
        text
    }
}

impl Location {
    fn snippet(&self, path: Option<&str>) -> Snippet<'_, Annotation<'_>> {
        let label = path.map(|path| format!("`{}`", quotable(path)));
        let annotation = AnnotationKind::Primary.span(self.excerpt.marked.clone()).label(label);
        Snippet::source(self.excerpt.text.as_str()).line_start(self.line).annotation(annotation)
    }
}

/// Everything that was found in a document, in the order of its text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Nothing found.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one, and keeps the order of the text: the file first, then the command line; what has no place comes before both.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let key = |d: &Diagnostic| d.location.as_ref().map(|l| (l.source.clone(), l.line, l.span.start));
        let place = key(&diagnostic);
        let at = self.list.partition_point(|other| key(other) <= place);
        self.list.insert(at, diagnostic);
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in others {
            self.push(diagnostic);
        }
    }

    /// In the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many were found.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All of them as text, with an empty line between two.
    pub fn render(&self, color: bool) -> String {
        let rendered: Vec<String> = self.list.iter().map(|diagnostic| diagnostic.render(color)).collect();
        rendered.join("\n")
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
