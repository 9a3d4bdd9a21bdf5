//! A forest plot: estimates with their intervals below one another, and the line of no difference.

use super::axis::{Measure, Scale};
use super::drawing::Drawing;
use super::markup::{Markup, number};
use super::text::{fitted, text_width};

/// One estimate.
#[derive(Clone, PartialEq, Debug)]
pub struct Estimated {
    /// Of what.
    pub name: String,
    /// It and its interval as text.
    pub note: String,
    /// The estimate.
    pub mean: f64,
    /// From where to where it may be.
    pub interval: Option<(f64, f64)>,
    /// It may as well be nothing.
    pub is_vague: bool,
}

/// A forest plot.
#[derive(Clone, PartialEq, Debug)]
pub struct ForestPlot {
    /// Begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// What lies to the left and to the right of no difference.
    pub sides: (String, String),
    /// What the estimates are.
    pub measure: Measure,
    /// From the top.
    pub rows: Vec<Estimated>,
    /// In pixels.
    pub width: f64,
}

const PITCH: f64 = 38.0;
const TOP: f64 = 20.0;
const BELOW: f64 = 22.0;
const SIDE: f64 = 30.0;

impl ForestPlot {
    /// The drawing.
    pub fn svg(&self) -> String {
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "forest",
            above: 0.0,
            size: (self.width, TOP + PITCH * self.rows.len() as f64 + BELOW),
            data: &[],
        };
        drawing.svg(|out| self.draw(out))
    }

    /// How far the axis reaches to the left and to the right, and the labels of one side.
    fn reach(&self) -> (f64, f64, Scale) {
        let ends = self.rows.iter().flat_map(|row| {
            let (low, high) = row.interval.unwrap_or((row.mean, row.mean));
            [low, high, row.mean]
        });
        let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
        let most = high.max(-low);
        // By logarithms there is no zero.
        let scale = Scale { is_log: false, ..Scale::covering(Measure::Number, std::iter::once(most)) };
        let reach = |most: f64| if most > 0.0 { most } else { scale.high * 0.04 };
        (reach(-low), reach(high), scale)
    }

    fn draw(&self, out: &mut Markup) {
        let (left, right, scale) = self.reach();
        let room = self.width - 2.0 * SIDE;
        let x = |value: f64| SIDE + room * (value + left) / (left + right);
        let bottom = TOP + PITCH * self.rows.len() as f64;
        let mut used: Vec<(f64, f64)> = Vec::new();
        let step = scale.ticks(self.measure);
        let signs = step.iter().map(|tick| (tick, 1.0)).chain(step.iter().skip(1).map(|tick| (tick, -1.0)));
        for (tick, sign) in signs {
            let value = sign * tick.at * scale.high;
            if value < -left * 1.001 || value > right * 1.001 {
                continue;
            }
            let sign = if value > 0.0 {
                "+"
            } else if value < 0.0 {
                "−"
            } else {
                ""
            };
            let label = format!("{sign}{}", tick.label);
            let half = text_width(&label) / 2.0 + 4.0;
            let place = x(value);
            if used.iter().any(|&(other, width)| (place - other).abs() < half + width) {
                continue;
            }
            used.push((place, half));
            let class = if value == 0.0 { "base" } else { "grid" };
            out.empty(
                "path",
                &[("class", class), ("d", &format!("M{} {}V{}", number(place), number(TOP), number(bottom)))],
            );
            let middle = number(place.clamp(half, self.width - half));
            out.words(
                "text",
                &[("class", "dim mid small"), ("x", &middle), ("y", &number(bottom + 15.0))],
                &label,
            );
        }
        let (before, after) =
            (fitted(&self.sides.0, self.width / 2.0 - 8.0), fitted(&self.sides.1, self.width / 2.0 - 8.0));
        out.words("text", &[("class", "dim small"), ("x", "0"), ("y", "11")], &before);
        out.words("text", &[("class", "dim end small"), ("x", &number(self.width)), ("y", "11")], &after);
        for (index, row) in self.rows.iter().enumerate() {
            self.draw_row(out, row, TOP + PITCH * index as f64, &x);
        }
    }

    fn draw_row(&self, out: &mut Markup, row: &Estimated, top: f64, x: &dyn Fn(f64) -> f64) {
        let base = number(top + 14.0);
        let note = fitted(&row.note, self.width * 0.6);
        let name = fitted(&row.name, self.width - text_width(&note) - 12.0);
        out.words("text", &[("class", "strong halo"), ("x", "0"), ("y", &base)], &name);
        let right = number(self.width);
        out.words("text", &[("class", "end small halo"), ("x", &right), ("y", &base)], &note);
        let vague = if row.is_vague { " vague" } else { "" };
        let y = number(top + 26.0);
        if let Some((low, high)) = row.interval {
            let d = format!("M{} {y}H{}", number(x(low)), number(x(high)));
            out.empty("path", &[("class", &format!("range{vague}")), ("d", &d)]);
        }
        let (cx, class) = (number(x(row.mean)), format!("dot{vague}"));
        out.empty("circle", &[("class", &class), ("cx", &cx), ("cy", &y), ("r", "5")]);
    }
}
