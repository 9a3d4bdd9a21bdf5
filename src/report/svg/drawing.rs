//! What every drawing has around it: its size, and what it says to who does not see it.

use super::markup::{Markup, number};

/// The frame of a drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawing<'a> {
    /// Begins the identifiers of its elements.
    pub(super) name: &'a str,
    /// What it shows.
    pub(super) title: &'a str,
    /// The same in more words.
    pub(super) description: &'a str,
    /// Which kind of drawing it is.
    pub(super) class: &'a str,
    /// How far above the origin it begins.
    pub(super) above: f64,
    /// Width and height in pixels.
    pub(super) size: (f64, f64),
    /// More attributes, which a script reads.
    pub(super) data: &'a [(&'a str, &'a str)],
}

impl Drawing<'_> {
    /// The drawing with this in it.
    pub(super) fn svg(&self, body: impl FnOnce(&mut Markup)) -> String {
        let (width, height) = (number(self.size.0), number(self.size.1));
        let view = format!("0 {} {width} {height}", number(-self.above));
        let (title, about) = (format!("{}-t", self.name), format!("{}-d", self.name));
        let labelled = format!("{title} {about}");
        let attributes = [
            ("viewBox", view.as_str()),
            ("width", &width),
            ("height", &height),
            ("class", self.class),
            ("role", "img"),
            ("aria-labelledby", &labelled),
        ];
        let mut out = Markup::new();
        out.element("svg", &[&attributes, self.data].concat(), |out| {
            out.words("title", &[("id", &title)], self.title);
            out.words("desc", &[("id", &about)], self.description);
            body(out);
        });
        out.into_string()
    }
}
