//! `--set path=value` and `--unset path`: edits of a document before it is checked, so that they get the same messages as the file.

use std::ops::Range;

use toml::de::DeValue;

use super::codes;
use super::diagnostic::{Diagnostic, Location, quotable};
use super::node::{Node, Place, Source, Value};
use super::path::{Path, PathError, Step, join};
use super::spelling::{closest, counted, listed};

/// The tables whose entries are named by the user: an override changes an entry but does not begin one half-way.
const NAMED: [&str; 4] = ["workloads", "services", "policies", "faults"];

/// Overrides in the order of the command line; later ones win.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overrides {
    list: Vec<Override>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Override {
    /// As typed, with the option before it; messages show it.
    text: String,
    /// Where in `text` the path begins.
    shift: usize,
    is_set: bool,
}

impl Overrides {
    /// No overrides.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `--set assignment`, the assignment in the form `path=value`. A value that is not TOML is a string.
    pub fn set(&mut self, assignment: &str) {
        self.add("--set ", assignment, true);
    }

    /// Adds `--unset path`.
    pub fn unset(&mut self, path: &str) {
        self.add("--unset ", path, false);
    }

    /// Adds `--set run.seed=seed`.
    pub fn seed(&mut self, seed: u64) {
        self.set(&format!("run.seed={seed}"));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn add(&mut self, option: &str, argument: &str, is_set: bool) {
        self.list.push(Override { text: format!("{option}{argument}"), shift: option.len(), is_set });
    }

    /// Where the bytes `span` of the override `index` are.
    pub(crate) fn location(&self, index: usize, span: Range<usize>) -> Location {
        Location::in_override(index, &self.list[index].text, span)
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

/// One override at work.
struct Editor<'a> {
    index: usize,
    edit: &'a Override,
}

type Edited = Result<(), Box<Diagnostic>>;

impl Editor<'_> {
    fn apply(&self, root: &mut Node) -> Edited {
        let argument = &self.edit.text[self.edit.shift..];
        let path = Path::parse(argument).map_err(|error| self.malformed(error))?;
        let is_assignment = path.end < argument.len();
        if self.edit.is_set && !is_assignment {
            let message = "`--set` needs a path, `=` and a value".to_owned();
            return Err(self.malformed(PathError { at: path.end, message }));
        }
        if !self.edit.is_set && is_assignment {
            let message = "`--unset` takes a path alone".to_owned();
            return Err(self.malformed(PathError { at: path.end, message }));
        }
        if self.edit.is_set { self.set(root, &path, argument) } else { self.unset(root, &path) }
    }

    fn set(&self, root: &mut Node, path: &Path, argument: &str) -> Edited {
        self.refuse_half_an_entry(root, path)?;
        let source = Source::Override(self.index);
        let shift = self.edit.shift + path.end + 1;
        let mut node = parse_value(&argument[path.end + 1..], source, shift);
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
                (message, format!("set the whole list: `--set '{whole}=[ … ]'`"))
            }
            (Step::Key(_), Value::Array(_)) => {
                (format!("`{whole}` is a list"), format!("write a position in brackets, as in `{whole}[0]`"))
            }
            (Step::Key(_), _) => {
                let message = format!("`{whole}` is {}, not a table", parent.described());
                (message, format!("set the whole value: `--set '{whole}={{ … }}'`"))
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
        let help = "write `--set policies.db.retry.max_attempts=5` or `--unset policies.db.retry`";
        self.refused(codes::MALFORMED_OVERRIDE, error.message, help, &(error.at..error.at))
    }

    fn refused(
        &self,
        code: &'static str,
        message: String,
        help: impl Into<String>,
        span: &Range<usize>,
    ) -> Box<Diagnostic> {
        let place = self.place(span);
        let location = Location::in_override(self.index, &self.edit.text, place.span);
        Box::new(Diagnostic::error(code, message).help(help).at(location))
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let shift = self.edit.shift;
        Place { source: Source::Override(self.index), span: span.start + shift..span.end + shift }
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
