//! Elements, attributes and text, well-formed by construction; numbers with few digits.

use std::fmt::Write as _;

/// Markup under way. What is opened is closed by the same hand, so that the text is always well-formed XML.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Markup {
    text: String,
}

impl Markup {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// An element with content.
    pub fn element(&mut self, name: &str, attributes: &[(&str, &str)], body: impl FnOnce(&mut Self)) {
        self.begin(name, attributes);
        self.text.push('>');
        body(self);
        self.text.extend(["</", name, ">"]);
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.text.push_str("/>");
    }

    /// An element with nothing but text in it.
    pub fn words(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(name, attributes, |it| it.text(text));
    }

    /// Text as it is to be read.
    pub fn text(&mut self, text: &str) {
        self.text.push_str(&escaped(text));
    }

    /// What is markup already.
    pub fn raw(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// A line break in the source, which is nothing to a reader.
    pub fn line(&mut self) {
        self.text.push('\n');
    }

    /// All of it.
    pub fn into_string(self) -> String {
        self.text
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.text.extend(["<", name]);
        for (attribute, value) in attributes {
            let _ = write!(self.text, " {attribute}=\"{}\"", escaped(value));
        }
    }
}

/// Text as it stands in markup, inside of elements and of attributes. What XML cannot contain at all is shown as a replacement character.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' => safe.push(character),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ if character.is_control() => safe.push('\u{fffd}'),
            _ => safe.push(character),
        }
    }
    safe
}

/// A coordinate: to a tenth, which no eye resolves, without a zero at the end.
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A value with at most so many significant digits, without an exponent.
pub fn plain(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let rounded: f64 = format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value);
    rounded.to_string()
}

/// The same in the fewest characters that JSON and JavaScript read as that number.
pub fn significant(value: f64, digits: usize) -> String {
    let plain = plain(value, digits);
    let scientific = format!("{:e}", plain.parse::<f64>().unwrap_or(value));
    if scientific.len() < plain.len() { scientific } else { plain }
}
