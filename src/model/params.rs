//! `[params]`: values with a name, used as `"$name"` in place of a whole value.

use super::codes;
use super::diagnostic::{Diagnostic, quotable};
use super::document::Texts;
use super::node::{Node, Source, Value};
use super::path::{is_name, is_name_char};
use super::spelling::{closest, listed};

struct Param {
    name: String,
    node: Node,
    is_used: bool,
}

/// Takes `[params]` out of the document and puts the values where they are used; reports what does not fit.
pub(crate) fn substitute(root: &mut Node, texts: &Texts) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut params = take_params(root, texts, &mut found);
    let mut walk = Walk { params: &mut params, texts, found: &mut found };
    walk.visit(root);
    for param in params.iter().filter(|param| !param.is_used) {
        found.push(unused(param, texts));
    }
    found
}

fn take_params(root: &mut Node, texts: &Texts, found: &mut Vec<Diagnostic>) -> Vec<Param> {
    let Value::Table(entries) = &mut root.value else { return Vec::new() };
    let Some(at) = entries.iter().position(|(name, _)| name == "params") else { return Vec::new() };
    let (_, table) = entries.remove(at);
    let Value::Table(params) = table.value else {
        let message = format!("`params` is {}, not a table", table.described());
        let help = "write `[params]`, and below it lines like `rate = \"800/s\"`";
        found.push(
            Diagnostic::error(codes::MALFORMED_PARAM, message).help(help).at(texts.location(&table.place)),
        );
        return Vec::new();
    };
    let mut taken = Vec::new();
    for (name, node) in params {
        if let Some(diagnostic) = malformed(&name, &node, texts) {
            found.push(diagnostic);
        }
        taken.push(Param { name, node, is_used: false });
    }
    taken
}

fn malformed(name: &str, node: &Node, texts: &Texts) -> Option<Diagnostic> {
    let (message, place) = if !is_name(name) || reference(&format!("${name}")).is_none() {
        let message = format!("`{}` is not the name of a parameter", quotable(name));
        (message, node.key.as_ref().unwrap_or(&node.place))
    } else if let Value::String(text) = &node.value
        && reference(text).is_some()
    {
        (format!("a parameter cannot stand for another parameter, here `{}`", quotable(text)), &node.place)
    } else {
        return None;
    };
    let help = "a parameter is a letter, then letters, digits, `_` or `-`; its value is written out";
    Some(Diagnostic::error(codes::MALFORMED_PARAM, message).help(help).at(texts.location(place)))
}

fn unused(param: &Param, texts: &Texts) -> Diagnostic {
    let message = format!("the parameter `{}` is not used", quotable(&param.name));
    let help = format!("write `\"${}\"` where its value belongs, or remove it", quotable(&param.name));
    let place = param.node.key.as_ref().unwrap_or(&param.node.place);
    // In the file it may be left from an experiment; whoever sets it now expects an effect.
    let diagnostic = match place.source {
        Source::File => Diagnostic::warning(codes::UNUSED_PARAM, message),
        Source::Override(_) => Diagnostic::error(codes::NO_SUCH_PATH, message),
    };
    diagnostic.help(help).at(texts.location(place))
}

struct Walk<'a> {
    params: &'a mut Vec<Param>,
    texts: &'a Texts,
    found: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn visit(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::Table(entries) => entries.iter_mut().for_each(|(_, entry)| self.visit(entry)),
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.visit(element)),
            Value::String(text) => {
                if let Some(name) = reference(text) {
                    let name = name.to_owned();
                    self.replace(node, &name);
                }
            }
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
        }
    }

    fn replace(&mut self, node: &mut Node, name: &str) {
        if let Some(param) = self.params.iter_mut().find(|param| param.name == name) {
            param.is_used = true;
            let key = node.key.take();
            *node = param.node.clone();
            node.key = key;
            mark(node, name);
            return;
        }
        node.broken = true;
        let names: Vec<&str> = self.params.iter().map(|param| param.name.as_str()).collect();
        let help = match closest(name, &names) {
            Some(close) => format!("did you mean `\"${close}\"`?"),
            None if names.is_empty() => format!("define it: `[params]`, and below it `{name} = …`"),
            None => format!("`[params]` has {}", listed(&names)),
        };
        let message = format!("unknown parameter `${name}`");
        let location = self.texts.location(&node.place);
        self.found.push(Diagnostic::error(codes::UNKNOWN_PARAM, message).help(help).at(location));
    }
}

fn mark(node: &mut Node, name: &str) {
    node.param = Some(name.to_owned());
    match &mut node.value {
        Value::Table(entries) => entries.iter_mut().for_each(|(_, entry)| mark(entry, name)),
        Value::Array(elements) => elements.iter_mut().for_each(|element| mark(element, name)),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

/// The name in `$name`; a text such as `$5 per hour` is none.
fn reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_name_char)).then_some(name)
}
