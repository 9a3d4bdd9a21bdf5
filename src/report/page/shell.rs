//! What every page has around its content.

use crate::report::svg::variables;
use crate::report::svg::{Markup, STYLE, STYLE_OF_MAPS};
use crate::report::terminal::Tone;

/// By this a file is known as a report of this program.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"metastable ";

/// Nothing is fetched, from nowhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const SHEET: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const MOMENTS: &str = include_str!("moments.js");
const TABLES: &str = include_str!("tables.js");

/// A page under way: its title, its content, and the data that the script of charts over time reads, if it has such.
pub(super) struct Shell<'a> {
    pub(super) title: &'a str,
    pub(super) body: Markup,
    pub(super) data: Option<&'a str>,
}

/// What stands above everything: the answer.
pub(super) struct Head<'a> {
    /// What it is about: a name, and more about it.
    pub(super) of: (&'a str, String),
    /// Whether the answer is good.
    pub(super) tone: Tone,
    /// The answer in a few words.
    pub(super) word: String,
    /// What it rests on.
    pub(super) sentence: String,
    /// What else has to be said before any figure.
    pub(super) meanings: Vec<String>,
    /// The figures that matter.
    pub(super) tiles: Vec<Tile>,
}

/// A figure that matters: what it is, the figure, and what it is about.
pub(super) struct Tile {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) note: String,
}

impl Head<'_> {
    pub(super) fn write(&self, out: &mut Markup) {
        out.element("header", &[], |out| {
            out.element("p", &[("class", "model")], |out| {
                out.words("strong", &[], self.of.0);
                out.text(&self.of.1);
            });
            out.element("h1", &[], |out| {
                out.words("span", &[("class", &format!("verdict {}", class(self.tone)))], &self.word);
            });
            out.words("p", &[("class", "sentence")], &self.sentence);
            for meaning in &self.meanings {
                out.words("p", &[("class", "meaning")], meaning);
            }
            if self.tiles.is_empty() {
                return;
            }
            out.element("dl", &[("class", "tiles")], |out| {
                for tile in &self.tiles {
                    out.element("div", &[], |out| {
                        out.words("dt", &[], tile.name);
                        out.words("dd", &[("class", "value")], &tile.value);
                        out.words("dd", &[], &tile.note);
                    });
                }
            });
        });
        out.line();
    }
}

/// The class of a colour.
pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Unclear => "unclear",
    }
}

impl Shell<'_> {
    /// The whole file.
    pub(super) fn into_html(self) -> String {
        let mut out = Markup::new();
        out.raw("<!DOCTYPE html>\n");
        out.element("html", &[("lang", "en")], |out| {
            out.line();
            out.element("head", &[], |out| self.head(out));
            out.line();
            out.element("body", &[], |out| {
                out.line();
                out.raw(&self.body.clone().into_string());
                if let Some(data) = self.data {
                    out.raw("<script type=\"application/json\" id=\"data\">");
                    out.raw(data);
                    out.raw("</script>\n");
                    script(out, SCRIPT);
                    script(out, MOMENTS);
                }
                script(out, TABLES);
            });
        });
        out.line();
        out.into_string()
    }

    fn head(&self, out: &mut Markup) {
        out.raw("\n<meta charset=\"utf-8\"/>\n");
        out.raw(GENERATOR);
        out.raw(concat!(env!("CARGO_PKG_VERSION"), "\"/>\n"));
        out.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        out.empty("meta", &[("name", "color-scheme"), ("content", "light dark")]);
        out.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
        out.line();
        out.words("title", &[], self.title);
        out.raw("\n<style>\n");
        let (light, dark) = (variables(false), variables(true));
        out.raw(&format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"));
        // Paper is white.
        out.raw(&format!("@media print{{:root{{{light}}}}}\n"));
        out.raw(STYLE);
        out.raw(STYLE_OF_MAPS);
        out.raw(SHEET);
        out.raw("</style>\n");
    }
}

fn script(out: &mut Markup, text: &str) {
    out.raw("<script>\n//<![CDATA[\n");
    out.raw(text);
    out.raw("//]]>\n</script>\n");
}

/// What stands below everything.
pub(super) fn footer(out: &mut Markup, version: &str, what: &str) {
    out.raw("\n<footer><p>");
    out.text(&format!(
        "Written by metastable {version}: {what}; nothing in it was measured on a real system."
    ));
    out.raw("</p></footer>\n");
}

/// Names and values.
pub(super) fn facts(out: &mut Markup, facts: &[(&str, String)]) {
    out.element("dl", &[("class", "facts")], |out| {
        for (name, value) in facts {
            out.words("dt", &[], name);
            out.words("dd", &[], value);
        }
    });
}

/// What is typed into a shell, after a sentence about it.
pub(super) fn command(out: &mut Markup, about: &str, line: &str) {
    if !about.is_empty() {
        out.words("p", &[], about);
    }
    out.words("pre", &[("tabindex", "0")], line);
}

/// A list of claims: in a word whether each holds, its name, and what was seen.
pub(super) fn claims(out: &mut Markup, claims: impl Iterator<Item = (Tone, String, String, String)>) {
    out.element("ul", &[("class", "claims")], |out| {
        for (tone, word, name, evidence) in claims {
            out.element("li", &[], |out| {
                out.words("span", &[("class", &format!("badge {}", class(tone)))], &word);
                out.text(" ");
                out.words("strong", &[], &name);
                out.words("p", &[], &evidence);
            });
            out.line();
        }
    });
}

/// A section with a heading that the table of contents leads to.
pub(super) fn section(out: &mut Markup, id: &str, heading: &str, body: impl FnOnce(&mut Markup)) {
    let label = format!("{id}-h");
    out.element("section", &[("id", id), ("aria-labelledby", &label)], |out| {
        out.words("h2", &[("id", &label)], heading);
        out.line();
        body(out);
    });
    out.line();
}

/// A table whose first column names its rows.
pub(super) fn table(out: &mut Markup, caption: &str, headings: &[&str], rows: &[Vec<String>]) {
    // A section may have the same caption, and another table too.
    let label = format!("{caption}: {}", headings.get(1).unwrap_or(&"table"));
    out.element(
        "div",
        &[("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", &label)],
        |out| {
            out.element("table", &[], |out| {
                out.element("thead", &[], |out| {
                    out.element("tr", &[], |out| {
                        for heading in headings {
                            out.words("th", &[("scope", "col")], heading);
                        }
                    });
                });
                out.element("tbody", &[], |out| {
                    for row in rows {
                        out.element("tr", &[], |out| {
                            for (column, cell) in row.iter().enumerate() {
                                if column == 0 {
                                    out.words("th", &[("scope", "row")], cell);
                                } else {
                                    out.words("td", &[], cell);
                                }
                            }
                        });
                        out.line();
                    }
                });
            });
        },
    );
    out.line();
}

/// A drawing with a heading and a place for what the script reads out.
pub(super) fn figure(out: &mut Markup, class: &str, heading: &str, drawings: &[(&str, String)]) {
    out.element("figure", &[("class", class)], |out| {
        if !heading.is_empty() {
            out.words("figcaption", &[], heading);
        }
        for (class, drawing) in drawings {
            if class.is_empty() {
                out.raw(drawing);
            } else {
                out.element("div", &[("class", class)], |out| out.raw(drawing));
            }
        }
    });
    out.line();
}
