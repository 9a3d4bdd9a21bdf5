//! Parallel coordinates: an axis for each number, and a line through all of them for each thing.

use super::drawing::Drawing;
use super::labels::wrapped;
use super::markup::{Markup, number};
use super::text::{fitted, text_width};

/// An axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Upright {
    /// What it is.
    pub label: String,
    /// What stands at its lower and its upper end.
    pub ends: (String, String),
}

/// A line.
#[derive(Clone, PartialEq, Debug)]
pub struct Thread {
    /// By axis, how far up it crosses it, as a share.
    pub heights: Vec<f64>,
    /// Which kind it is: 0 or 1, of which the latter catches the eye.
    pub kind: usize,
}

/// The drawing.
#[derive(Clone, PartialEq, Debug)]
pub struct ParallelPlot {
    /// Begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// From left to right.
    pub axes: Vec<Upright>,
    /// The lines.
    pub threads: Vec<Thread>,
    /// What the two kinds are.
    pub kinds: [String; 2],
    /// Width and height in pixels.
    pub size: (f64, f64),
}

const SWATCH: f64 = 24.0;
const LINE: f64 = 17.0;

impl ParallelPlot {
    /// The drawing.
    pub fn svg(&self) -> String {
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "parallel",
            above: 0.0,
            size: self.size,
            data: &[],
        };
        let widths = self.kinds.iter().map(|kind| SWATCH + text_width(kind));
        let legend = wrapped(widths, (14.0, LINE), (0.0, 12.0), self.size.0);
        let top = legend.last().map_or(0.0, |(_, y)| *y) + 42.0;
        let bottom = self.size.1 - 22.0;
        let side = self.size.0 / self.axes.len().max(1) as f64 / 2.0;
        let x = |axis: usize| side + 2.0 * side * axis as f64;
        let y = |height: f64| bottom - (bottom - top) * height.clamp(0.0, 1.0);
        drawing.svg(|out| {
            for ((kind, (left, base)), label) in legend.iter().enumerate().zip(&self.kinds) {
                let d = format!("M{} {}h19", number(*left), number(base - 4.0));
                out.empty("path", &[("class", &format!("thread k{kind} key")), ("d", &d)]);
                out.words("text", &[("x", &number(left + SWATCH)), ("y", &number(*base))], label);
            }
            let mut threads: Vec<&Thread> = self.threads.iter().collect();
            threads.sort_by_key(|thread| thread.kind);
            for thread in threads {
                let points = thread.heights.iter().enumerate();
                let points: Vec<String> = points
                    .map(|(axis, height)| format!("{},{}", number(x(axis)), number(y(*height))))
                    .collect();
                let class = format!("thread k{}", thread.kind);
                out.empty("path", &[("class", &class), ("d", &format!("M{}", points.join(" ")))]);
            }
            for (index, axis) in self.axes.iter().enumerate() {
                draw_axis(out, axis, (x(index), top, bottom), 2.0 * side - 6.0);
            }
        })
    }
}

fn draw_axis(out: &mut Markup, axis: &Upright, (x, top, bottom): (f64, f64, f64), room: f64) {
    let middle = number(x);
    let d = format!("M{middle} {}V{}", number(top), number(bottom));
    out.empty("path", &[("class", "base"), ("d", &d)]);
    let label = fitted(&axis.label, room);
    let place = [("class", "mid strong halo"), ("x", middle.as_str()), ("y", &number(top - 20.0))];
    out.words("text", &place, &label);
    for (text, base) in [(&axis.ends.1, top - 5.0), (&axis.ends.0, bottom + 15.0)] {
        let place = [("class", "dim mid small halo"), ("x", middle.as_str()), ("y", &number(base))];
        out.words("text", &place, &fitted(text, room));
    }
}
