//! The whole model as TOML, every default written out, each value with the place where it comes from.

use toml::Value;

use super::Model;
use super::document::Document;
use super::load::Loaded;
use super::path::{Step, written};

/// A line with its comment is at most about this wide; longer lists are broken.
const LINE_CHARS_MAX: usize = 100;
/// Comments begin at most this far to the right, in characters.
const COMMENT_COLUMN_MAX: usize = 72;
/// Tables whose entries have names; each entry is a section.
const NAMED: [&str; 4] = ["workloads", "services", "policies", "faults"];

/// The effective model as TOML: sections in the order of the document, one value per line under its dotted path, and behind
/// each where it comes from (`# line 12`, `# --set`, `# param rate, line 3`, `# default`). It parses back to the same model.
pub fn explain(loaded: &Loaded) -> String {
    render(&loaded.model, Some(&loaded.document))
}

impl Model {
    /// The model as TOML with every default written out. It parses back to the same model.
    pub fn effective_toml(&self) -> String {
        render(self, None)
    }
}

/// A value in one line, as it is written in a model.
pub(super) fn inline(value: &Value) -> String {
    Writer { document: None, seed: 0, lines: Vec::new(), out: String::new() }.inline(&[], value)
}

/// A line of the output and, apart from it, its comment.
struct Line {
    text: String,
    comment: String,
}

fn render(model: &Model, document: Option<&Document>) -> String {
    let mut writer = Writer { document, seed: model.run.seed, lines: Vec::new(), out: String::new() };
    let mut without_seed = model.clone();
    // TOML libraries stop at 63 bits; the seed has 64 and is written by `Writer::number`.
    without_seed.run.seed = 0;
    let value = Value::try_from(&without_seed).expect("invariant: settings can be written as TOML");
    let Value::Table(root) = value else { unreachable!("a model is a table") };
    for (name, value) in root.iter().filter(|(_, value)| !value.is_table()) {
        writer.leaf(&[Step::Key(name.clone())], 0, value);
    }
    writer.flush();
    for section in in_order(&root, document, &[]) {
        let Some(Value::Table(table)) = root.get(&section) else { continue };
        let path = [Step::Key(section.clone())];
        if NAMED.contains(&section.as_str()) {
            for entry in in_order(table, document, &path) {
                if let Some(value) = table.get(&entry) {
                    writer.section(&[path[0].clone(), Step::Key(entry)], value);
                }
            }
        } else {
            writer.section(&path, &root[&section]);
        }
    }
    writer.out
}

/// The names of a table: first those of the document in its order, then the rest.
fn in_order(table: &toml::Table, document: Option<&Document>, path: &[Step]) -> Vec<String> {
    let entries = document.and_then(|document| document.root().descend(path)?.entries()).unwrap_or_default();
    let mut names: Vec<String> =
        entries.iter().map(|(name, _)| name.clone()).filter(|name| table.contains_key(name)).collect();
    let rest: Vec<String> = table.keys().filter(|name| !names.contains(name)).cloned().collect();
    names.extend(rest);
    names
}

struct Writer<'a> {
    document: Option<&'a Document>,
    seed: u64,
    lines: Vec<Line>,
    out: String,
}

impl Writer<'_> {
    fn section(&mut self, path: &[Step], value: &Value) {
        self.out.extend(["\n[", &super::path::join(path), "]\n"]);
        self.value(path, path.len(), value);
        self.flush();
    }

    /// Writes `value`, whose name below its section is `path[section..]`.
    fn value(&mut self, path: &[Step], section: usize, value: &Value) {
        match value {
            Value::Table(table) if !table.is_empty() => {
                for (name, value) in table {
                    self.value(&extended(path, Step::Key(name.clone())), section, value);
                }
            }
            _ => self.leaf(path, section, value),
        }
    }

    fn leaf(&mut self, path: &[Step], section: usize, value: &Value) {
        // A section without any value has only its header.
        if path.len() == section {
            return;
        }
        let name = super::path::join(&path[section..]);
        let whole = self.inline(path, value);
        let has_tables = value.as_array().is_some_and(|array| array.iter().any(Value::is_table));
        let is_long = name.len() + whole.len() + 3 > LINE_CHARS_MAX;
        if let Value::Array(array) = value
            && (has_tables || is_long)
        {
            let comment = if has_tables { String::new() } else { self.origins(path, value) };
            self.lines.push(Line { text: format!("{name} = ["), comment });
            for (index, element) in array.iter().enumerate() {
                let path = extended(path, Step::Index(index));
                let comment = if has_tables { self.origins(&path, element) } else { String::new() };
                self.lines.push(Line { text: format!("  {},", self.inline(&path, element)), comment });
            }
            self.lines.push(Line { text: "]".to_owned(), comment: String::new() });
            return;
        }
        let comment = self.origins(path, value);
        self.lines.push(Line { text: format!("{name} = {whole}"), comment });
    }

    /// The value in one line.
    fn inline(&self, path: &[Step], value: &Value) -> String {
        match value {
            Value::Table(table) if table.is_empty() => "{}".to_owned(),
            Value::Table(table) => {
                let entries: Vec<String> = table
                    .iter()
                    .map(|(name, value)| {
                        let path = extended(path, Step::Key(name.clone()));
                        format!("{} = {}", written(name), self.inline(&path, value))
                    })
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
            Value::Array(array) => {
                let elements: Vec<String> = array.iter().map(|value| self.inline(path, value)).collect();
                format!("[{}]", elements.join(", "))
            }
            Value::Integer(_) if super::path::join(path) == "run.seed" => self.seed.to_string(),
            _ => value.to_string(),
        }
    }

    /// Where the values of one line come from: one place for all of them, or each default with its name.
    fn origins(&self, path: &[Step], value: &Value) -> String {
        let Some(document) = self.document else { return String::new() };
        let mut leaves = Vec::new();
        collect_leaves(path, value, &mut leaves);
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for leaf in leaves {
            let origin = document.origin(&leaf).unwrap_or_else(|| "default".to_owned());
            let name = super::path::join(&leaf[path.len()..]);
            match groups.iter_mut().find(|(known, _)| *known == origin) {
                Some((_, names)) => names.push(name),
                None => groups.push((origin, vec![name])),
            }
        }
        let is_single = groups.len() == 1;
        let texts: Vec<String> = groups
            .into_iter()
            .map(|(origin, names)| if is_single { origin } else { format!("{}: {origin}", names.join(", ")) })
            .collect();
        texts.join("; ")
    }

    /// Writes the lines of a section, with aligned comments.
    fn flush(&mut self) {
        let width = |line: &Line| line.text.chars().count();
        let column = self
            .lines
            .iter()
            .filter(|line| !line.comment.is_empty())
            .map(width)
            .filter(|width| *width <= COMMENT_COLUMN_MAX)
            .max()
            .unwrap_or(0);
        for line in self.lines.drain(..) {
            self.out.push_str(&line.text);
            if !line.comment.is_empty() {
                let space = column.saturating_sub(width(&line)) + 2;
                self.out.extend([&" ".repeat(space), "# ", &line.comment]);
            }
            self.out.push('\n');
        }
    }
}

fn collect_leaves(path: &[Step], value: &Value, leaves: &mut Vec<Vec<Step>>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (name, value) in table {
                collect_leaves(&extended(path, Step::Key(name.clone())), value, leaves);
            }
        }
        _ => leaves.push(path.to_vec()),
    }
}

fn extended(path: &[Step], step: Step) -> Vec<Step> {
    let mut longer = path.to_vec();
    longer.push(step);
    longer
}
