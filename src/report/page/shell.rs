//! What every page has around its content.

use crate::report::svg::variables;
use crate::report::svg::{Markup, STYLE};

/// By this a file is known as a report of this program.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"metastable ";

/// Nothing is fetched, from nowhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const SHEET: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page under way: its title, its content, and the data that the script reads.
pub(super) struct Shell<'a> {
    pub(super) title: &'a str,
    pub(super) body: Markup,
    pub(super) data: &'a str,
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
                out.raw("<script type=\"application/json\" id=\"data\">");
                out.raw(self.data);
                out.raw("</script>\n<script>\n//<![CDATA[\n");
                out.raw(SCRIPT);
                out.raw("//]]>\n</script>\n");
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
        out.raw(SHEET);
        out.raw("</style>\n");
    }
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
    out.element(
        "div",
        &[("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)],
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
