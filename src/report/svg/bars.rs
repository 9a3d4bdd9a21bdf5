//! Bars of parts that make a whole, with an interval over them.

use super::drawing::Drawing;
use super::labels::wrapped;
use super::markup::{Markup, number};
use super::text::{fitted, text_width};

/// One part of a bar.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// What it is.
    pub label: String,
    /// How large it is, as a share of the bar.
    pub share: f64,
    /// What stands in it where there is room.
    pub text: String,
    /// Its colour, from 0 to 5.
    pub colour: usize,
}

/// One bar.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    /// Its name.
    pub name: String,
    /// What is said beside the name.
    pub note: String,
    /// From the left.
    pub parts: Vec<Part>,
    /// From where to where the sum of the first parts may be, as shares.
    pub interval: Option<(f64, f64)>,
}

/// Bars below one another.
#[derive(Clone, PartialEq, Debug)]
pub struct BarChart {
    /// Begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// From the top.
    pub bars: Vec<Bar>,
    /// In pixels.
    pub width: f64,
}

const HEIGHT: f64 = 18.0;
const PITCH: f64 = 52.0;
const LEGEND_LINE: f64 = 18.0;

impl BarChart {
    /// The drawing.
    pub fn svg(&self) -> String {
        let legend = self.legend();
        let top = legend.last().map_or(0.0, |(_, y, _)| y + 10.0);
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "bars",
            above: 0.0,
            size: (self.width, top + PITCH * self.bars.len() as f64 + 2.0),
            data: &[],
        };
        drawing.svg(|out| {
            for (x, y, part) in &legend {
                let (left, up) = (number(*x), number(y - 10.0));
                let class = format!("b{}", part.colour);
                out.empty(
                    "rect",
                    &[("class", &class), ("x", &left), ("y", &up), ("width", "12"), ("height", "12")],
                );
                out.words("text", &[("x", &number(x + 17.0)), ("y", &number(*y))], &part.label);
            }
            for (index, bar) in self.bars.iter().enumerate() {
                self.draw(out, bar, top + PITCH * index as f64);
            }
        })
    }

    /// Every kind of part once, and where it stands.
    fn legend(&self) -> Vec<(f64, f64, &Part)> {
        let mut parts: Vec<&Part> = self.bars.iter().flat_map(|bar| &bar.parts).collect();
        parts.sort_by_key(|part| part.colour);
        parts.dedup_by_key(|part| part.colour);
        let widths = parts.iter().map(|part| 17.0 + text_width(&part.label));
        let places = wrapped(widths, (16.0, LEGEND_LINE), (0.0, 12.0), self.width);
        places.into_iter().zip(parts).map(|((x, y), part)| (x, y, part)).collect()
    }

    fn draw(&self, out: &mut Markup, bar: &Bar, top: f64) {
        let base = number(top + 16.0);
        let note = fitted(&bar.note, self.width * 0.6);
        let name = fitted(&bar.name, self.width - text_width(&note) - 12.0);
        out.words("text", &[("class", "strong"), ("x", "0"), ("y", &base)], &name);
        let right = number(self.width);
        out.words("text", &[("class", "dim end small"), ("x", &right), ("y", &base)], &note);
        let (up, height) = (number(top + 23.0), number(HEIGHT));
        let mut left = 0.0;
        for part in &bar.parts {
            let width = part.share * self.width;
            let [x, w] = [left, width].map(number);
            let place = [("x", x.as_str()), ("y", &up), ("width", &w), ("height", &height)];
            let class = format!("b{}", part.colour);
            out.element("rect", &[&[("class", class.as_str())], &place[..]].concat(), |out| {
                out.words("title", &[], &format!("{}: {}", part.label, part.text));
            });
            if text_width(&part.text) + 8.0 <= width {
                let (x, y) = (number(left + width / 2.0), number(top + 23.0 + 13.0));
                out.words("text", &[("class", "onbar mid small"), ("x", &x), ("y", &y)], &part.text);
            }
            left += width;
        }
        if let Some((low, high)) = bar.interval {
            let [low, high] =
                [low, high].map(|share| number((share * self.width).clamp(1.0, self.width - 1.0)));
            let (y, tick) = (number(top + 23.0 + HEIGHT + 4.0), number(top + 23.0 + HEIGHT + 1.0));
            let d = format!("M{low} {tick}v6M{low} {y}H{high}M{high} {tick}v6");
            out.empty("path", &[("class", "whisker"), ("d", &d)]);
        }
    }
}
