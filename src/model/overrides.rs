//! `--set path=value` and `--unset path`, on the command line or in a variant of an experiment: edits of a document before it is checked, so that they get
//! the same messages as the file.

use std::ops::Range;
use std::sync::Arc;

use toml::de::DeValue;

use super::codes;
use super::diagnostic::{Diagnostic, Location, quotable};
use super::node::{Node, Place, Source, Value};
use super::path::{Path, PathError, Step, join};
use super::spelling::{closest, counted, listed};

/// The tables whose entries are named by the user: an override changes an entry but does not begin one half-way.
const NAMED: [&str; 4] = ["workloads", "services", "policies", "faults"];

/// Overrides in the order of the command line, or of a variant of an experiment; later ones win.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Overrides {
    list: Vec<Override>,
}

#[derive(Clone, PartialEq, Debug)]
struct Override {
    /// The path; on the command line with `=` and the value behind it.
    argument: String,
    is_set: bool,
    origin: Origin,
}

/// Where an override was written; messages show the place.
#[derive(Clone, PartialEq, Debug)]
enum Origin {
    /// Behind an option, which is shown with it.
    CommandLine(&'static str),
    /// In a file: its text, the bytes of the path, and the value if there is one.
    File { source: Arc<SourceText>, path: Range<usize>, value: Option<Node> },
}

/// A file that has overrides in it.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct SourceText {
    /// What messages call it.
    pub(crate) name: String,
    /// What stands in it.
    pub(crate) text: String,
}

impl Overrides {
    /// No overrides.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `--set assignment`, the assignment in the form `path=value`. A value that is not TOML is a string.
    pub fn set(&mut self, assignment: &str) {
        self.add(assignment, true, Origin::CommandLine("--set "));
    }

    /// Adds `--unset path`.
    pub fn unset(&mut self, path: &str) {
        self.add(path, false, Origin::CommandLine("--unset "));
    }

    /// Adds `--set run.seed=seed`.
    pub fn seed(&mut self, seed: u64) {
        self.set(&format!("run.seed={seed}"));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds what sets `path` to the value that stands in a file.
    pub(crate) fn set_in(&mut self, source: &Arc<SourceText>, path: &str, value: &Node) {
        let key = value.key.as_ref().unwrap_or(&value.place).span.clone();
        let origin = Origin::File { source: Arc::clone(source), path: key, value: Some(value.clone()) };
        self.add(path, true, origin);
    }

    /// Adds what removes the `path` that stands at these bytes of a file.
    pub(crate) fn unset_in(&mut self, source: &Arc<SourceText>, path: &str, span: Range<usize>) {
        self.add(path, false, Origin::File { source: Arc::clone(source), path: span, value: None });
    }

    fn add(&mut self, argument: &str, is_set: bool, origin: Origin) {
        self.list.push(Override { argument: argument.to_owned(), is_set, origin });
    }

    /// Where the bytes `span` of the override `index` are.
    pub(crate) fn location(&self, index: usize, span: Range<usize>) -> Location {
        self.list[index].location(index, span)
    }

    /// What `explain` says of a value that the override `index` has put there.
    pub(crate) fn origin(&self, index: usize) -> &'static str {
        match self.list[index].origin {
            Origin::CommandLine(_) => "--set",
            Origin::File { .. } => "variant",
        }
    }

    /// Edits the document; what cannot be done is left out and reported.
    pub(crate) fn apply(&self, root: &mut Node) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (index, edit) in self.list.iter().enumerate() {
            let editor = Editor { index, edit };
            if let Err(diagnostic) = editor.apply(root) {
                found.push(*diagnostic);
            }
        }
        found
    }
}

impl Override {
    /// Where these bytes of its text are: of the option with its argument, or of the file.
    fn location(&self, index: usize, span: Range<usize>) -> Location {
        match &self.origin {
            Origin::CommandLine(option) => {
                Location::in_override(index, &format!("{option}{}", self.argument), span)
            }
            Origin::File { source, .. } => Location::in_file(&source.name, &source.text, span),
        }
    }

    /// Where these bytes of the argument stand in its text.
    fn span(&self, span: &Range<usize>) -> Range<usize> {
        match &self.origin {
            Origin::CommandLine(option) => span.start + option.len()..span.end + option.len(),
            Origin::File { source, path, .. } => {
                // Quotes and escapes around the path are the file's; where it is spelled otherwise, the whole of it is meant.
                let written = source.text.get(path.clone()).unwrap_or_default();
                match written.find(&self.argument) {
                    Some(at) => path.start + at + span.start..path.start + at + span.end,
                    None => path.clone(),
                }
            }
        }
    }

    /// How this override would be written with another value: `--set 'path=value'`, or an entry of `set`.
    fn example(&self, path: &str, value: &str) -> String {
        match &self.origin {
            Origin::CommandLine(_) => format!("`--set '{path}={value}'`"),
            Origin::File { .. } => format!("`set = {{ \"{path}\" = {value} }}`"),
        }
    }
}

/// One override at work.
struct Editor<'a> {
    index: usize,
    edit: &'a Override,
}

type Edited = Result<(), Box<Diagnostic>>;

impl Editor<'_> {
    fn apply(&self, root: &mut Node) -> Edited {
        let argument = self.edit.argument.as_str();
        let path = Path::parse(argument).map_err(|error| self.malformed(error))?;
        let is_assignment = path.end < argument.len();
        let malformed =
            |message: &str| Err(self.malformed(PathError { at: path.end, message: message.to_owned() }));
        match (&self.edit.origin, self.edit.is_set) {
            (Origin::CommandLine(_), true) if !is_assignment => {
                malformed("`--set` needs a path, `=` and a value")
            }
            (Origin::CommandLine(_), false) if is_assignment => malformed("`--unset` takes a path alone"),
            (Origin::File { .. }, _) if is_assignment => {
                malformed("a path has no `=`; the value stands behind the closing quotes")
            }
            (_, true) => self.set(root, &path),
            (_, false) => self.unset(root, &path),
        }
    }

    /// The value that is set.
    fn value(&self, path: &Path) -> Node {
        let source = Source::Override(self.index);
        match &self.edit.origin {
            Origin::File { value: Some(value), .. } => value.resourced(source),
            Origin::File { value: None, .. } => empty_table(),
            Origin::CommandLine(option) => {
                parse_value(&self.edit.argument[path.end + 1..], source, option.len() + path.end + 1)
            }
        }
    }

    fn set(&self, root: &mut Node, path: &Path) -> Edited {
        self.refuse_half_an_entry(root, path)?;
        let mut node = self.value(path);
        let (last, parents) = path.steps.split_last().expect("invariant: a path has at least one step");
        let mut parent = root;
        for (done, (step, span)) in parents.iter().enumerate() {
            self.refuse_mismatch(parent, path, done)?;
            if let (Step::Key(key), Value::Table(entries)) = (step, &mut parent.value)
                && !entries.iter().any(|(name, _)| name == key)
            {
                // A position needs a list that is there; an empty table would only be a consequence to complain about.
                if let Step::Index(_) = path.steps[done + 1].0 {
                    return Err(self.absent(parent, path, done));
                }
                let mut table = Node::new(Value::Table(Vec::new()), self.place(span));
                table.key = Some(self.place(span));
                entries.push((key.clone(), table));
            }
            parent =
                parent.child_mut(step).expect("invariant: a mismatch was refused and a missing table added");
        }
        self.refuse_mismatch(parent, path, parents.len())?;
        if let Step::Key(_) = &last.0 {
            node.key = Some(self.place(&last.1));
        }
        match (&last.0, &mut parent.value) {
            (Step::Key(key), Value::Table(entries)) => match entries.iter_mut().find(|(name, _)| name == key)
            {
                Some((_, old)) => *old = node,
                None => entries.push((key.clone(), node)),
            },
            (Step::Index(index), Value::Array(elements)) => elements[*index] = node,
            _ => unreachable!("a mismatch was refused"),
        }
        Ok(())
    }

    fn unset(&self, root: &mut Node, path: &Path) -> Edited {
        let mut parent = root;
        for (done, (step, _)) in path.steps.iter().enumerate() {
            self.refuse_mismatch(parent, path, done)?;
            if let Step::Key(key) = step
                && parent.get(key).is_none()
            {
                return Err(self.absent(parent, path, done));
            }
            if done + 1 < path.steps.len() {
                parent = parent.child_mut(step).expect("invariant: absence was refused");
            }
        }
        let (last, _) = path.steps.last().expect("invariant: a path has at least one step");
        match (last, &mut parent.value) {
            (Step::Key(key), Value::Table(entries)) => entries.retain(|(name, _)| name != key),
            (Step::Index(index), Value::Array(elements)) => drop(elements.remove(*index)),
            _ => unreachable!("a mismatch was refused"),
        }
        Ok(())
    }

    /// `services.nosuch.threads=3` would begin a service that has nothing else.
    fn refuse_half_an_entry(&self, root: &Node, path: &Path) -> Edited {
        let [(Step::Key(table), _), (Step::Key(name), _), _, ..] = path.steps.as_slice() else {
            return Ok(());
        };
        let is_built_in = table == "policies" && name == "default";
        let Some(table_name) = NAMED.iter().find(|named| *named == table) else { return Ok(()) };
        match root.get(table_name) {
            Some(node) if node.get(name).is_none() && !is_built_in => Err(self.absent(node, path, 1)),
            None if !is_built_in => Err(self.absent(&empty_table(), path, 1)),
            _ => Ok(()),
        }
    }

    /// A name needs a table, a position a list that is long enough.
    fn refuse_mismatch(&self, parent: &Node, path: &Path, done: usize) -> Edited {
        let steps: Vec<Step> = path.steps[..done].iter().map(|(step, _)| step.clone()).collect();
        let whole = quotable(&join(&steps));
        let (step, span) = &path.steps[done];
        let (message, help) = match (step, &parent.value) {
            (Step::Key(_), Value::Table(_)) => return Ok(()),
            (Step::Index(index), Value::Array(elements)) if *index < elements.len() => return Ok(()),
            (Step::Index(_), Value::Array(elements)) => {
                let message =
                    format!("`{whole}` has {}, counted from 0", counted(elements.len() as u64, "element"));
                (message, format!("set the whole list: {}", self.edit.example(&whole, "[ … ]")))
            }
            (Step::Key(_), Value::Array(_)) => {
                (format!("`{whole}` is a list"), format!("write a position in brackets, as in `{whole}[0]`"))
            }
            (Step::Key(_), _) => {
                let message = format!("`{whole}` is {}, not a table", parent.described());
                (message, format!("set the whole value: {}", self.edit.example(&whole, "{ … }")))
            }
            (Step::Index(_), _) => {
                let message = format!("`{whole}` is {}, not a list", parent.described());
                (message, "only a list has positions in brackets, as in `services.db.handler[0]`".to_owned())
            }
        };
        Err(self.refused(codes::NO_SUCH_PATH, message, help, span))
    }

    fn absent(&self, parent: &Node, path: &Path, done: usize) -> Box<Diagnostic> {
        let (step, span) = &path.steps[done];
        let Step::Key(key) = step else { unreachable!("only names are looked up") };
        let names: Vec<&str> =
            parent.entries().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let steps: Vec<Step> = path.steps[..done].iter().map(|(step, _)| step.clone()).collect();
        let place =
            if steps.is_empty() { "the model".to_owned() } else { format!("`{}`", quotable(&join(&steps))) };
        let help = match closest(key, &names) {
            Some(name) => format!("did you mean `{name}`?"),
            None if names.is_empty() => String::new(),
            None => format!("{place} has {}", listed(&names)),
        };
        self.refused(codes::NO_SUCH_PATH, format!("{place} has no `{}`", quotable(key)), help, span)
    }

    fn malformed(&self, error: PathError) -> Box<Diagnostic> {
        let help = match self.edit.origin {
            Origin::CommandLine(_) => {
                "write `--set policies.db.retry.max_attempts=5` or `--unset policies.db.retry`"
            }
            Origin::File { .. } => {
                "write `set = { \"policies.db.retry.max_attempts\" = 5 }` or `unset = [\"policies.db.retry\"]`"
            }
        };
        self.refused(codes::MALFORMED_OVERRIDE, error.message, help, &(error.at..error.at))
    }

    fn refused(
        &self,
        code: &'static str,
        message: String,
        help: impl Into<String>,
        span: &Range<usize>,
    ) -> Box<Diagnostic> {
        let location = self.edit.location(self.index, self.edit.span(span));
        Box::new(Diagnostic::error(code, message).help(help).at(location))
    }

    fn place(&self, span: &Range<usize>) -> Place {
        Place { source: Source::Override(self.index), span: self.edit.span(span) }
    }
}

fn empty_table() -> Node {
    Node::new(Value::Table(Vec::new()), Place { source: Source::File, span: 0..0 })
}

fn parse_value(text: &str, source: Source, shift: usize) -> Node {
    if let Ok(value) = DeValue::parse(text) {
        return Node::from_value(&value, source, shift);
    }
    Node::new(Value::String(text.to_owned()), Place { source, span: shift..shift + text.len() })
}
