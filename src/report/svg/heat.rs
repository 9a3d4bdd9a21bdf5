//! A heat map: rows of cells, the darker the more.

use super::axis::Tick;
use super::drawing::Drawing;
use super::labels::wrapped;
use super::markup::{Markup, number, plain};
use super::text::{fitted, text_width};

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct HeatRow {
    /// Its name.
    pub name: String,
    /// By column: a share of the most there is, from 0 to 1; `None`: there is no value.
    pub values: Vec<Option<f64>>,
}

/// A heat map.
#[derive(Clone, PartialEq, Debug)]
pub struct HeatMap {
    /// Begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// From the top; all have as many columns.
    pub rows: Vec<HeatRow>,
    /// The labels below.
    pub ticks: Vec<Tick>,
    /// Stretches that are marked above, as shares of the width, with what they are.
    pub marks: Vec<(f64, f64, String)>,
    /// From which share on a cell has the next level of darkness.
    pub levels: [f64; 5],
    /// In pixels.
    pub width: f64,
}

const PITCH: f64 = 24.0;
const TOP: f64 = 22.0;
const BELOW: f64 = 26.0;
const LEGEND_LINE: f64 = 18.0;

impl HeatMap {
    /// Levels for shares that are bad from the first percent on.
    pub const SHARES: [f64; 5] = [0.01, 0.1, 0.3, 0.6, 0.9];

    /// The level of a share, from 0 to 5.
    pub fn level(levels: &[f64; 5], share: f64) -> usize {
        levels.iter().filter(|from| share >= **from).count()
    }

    /// How wide the cells are, labels left out.
    pub fn cells_width(&self) -> f64 {
        self.width - self.label_width()
    }

    fn label_width(&self) -> f64 {
        let widest = self.rows.iter().map(|row| text_width(&row.name)).fold(0.0, f64::max);
        (widest + 10.0).min(self.width * 0.33)
    }

    /// The drawing.
    pub fn svg(&self) -> String {
        let bottom = TOP + PITCH * self.rows.len() as f64;
        let legend = level_legend(Self::legend_of(&self.levels), bottom + BELOW, self.width);
        let below = legend.last().map_or(bottom + BELOW, |(_, y, _)| y + 16.0);
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "heat",
            above: 0.0,
            size: (self.width, below),
            data: &[],
        };
        drawing.svg(|out| {
            self.draw_marks(out);
            for (index, row) in self.rows.iter().enumerate() {
                self.draw_row(out, row, TOP + PITCH * index as f64);
            }
            for tick in &self.ticks {
                let half = text_width(&tick.label) / 2.0;
                let x = self.label_width() + self.cells_width() * tick.at;
                let (x, y) = (number(x.min(self.width - half)), number(bottom + 14.0));
                out.words("text", &[("class", "dim mid small"), ("x", &x), ("y", &y)], &tick.label);
            }
            draw_legend(out, &legend);
        })
    }

    fn draw_marks(&self, out: &mut Markup) {
        for (begin, end, label) in &self.marks {
            let place = |share: f64| self.label_width() + self.cells_width() * share;
            let (left, right) = (place(*begin), place(*end).max(place(*begin) + 2.0));
            let [x, width] = [left, right - left].map(number);
            let at = [("class", "mark"), ("x", x.as_str()), ("y", "16"), ("width", &width), ("height", "3")];
            out.empty("rect", &at);
            let room = (self.width - left).max(0.0);
            let end = (left + text_width(label)).min(self.width) - text_width(label);
            let (x, text) = (number(end.max(0.0)), fitted(label, room.max(self.width / 3.0)));
            out.words("text", &[("class", "mark small"), ("x", &x), ("y", "12")], &text);
        }
    }

    /// Neighbours of the same level are one rectangle.
    fn draw_row(&self, out: &mut Markup, row: &HeatRow, top: f64) {
        let left = self.label_width();
        let name = fitted(&row.name, left - 8.0);
        out.words("text", &[("x", "0"), ("y", &number(top + 16.0))], &name);
        let (y, height) = (number(top + 1.0), number(PITCH - 3.0));
        let levels: Vec<Option<usize>> =
            row.values.iter().map(|value| value.map(|value| Self::level(&self.levels, value))).collect();
        let mut begin = 0;
        for run in levels.chunk_by(|one, other| one == other) {
            let end = begin + run.len();
            let place = |column: usize| left + self.cells_width() * column as f64 / levels.len() as f64;
            if let Some(level) = run[0] {
                let [x, width] = [place(begin), place(end) - place(begin) + 0.1].map(number);
                let class = format!("h{level}");
                let at =
                    [("class", class.as_str()), ("x", &x), ("y", &y), ("width", &width), ("height", &height)];
                out.empty("rect", &at);
            }
            begin = end;
        }
    }

    /// What each level of shares means, from 0 on.
    pub fn legend_of(levels: &[f64; 5]) -> Vec<String> {
        let percent = |share: f64| plain(share * 100.0, 3);
        let [first, .., last] = *levels;
        let between = levels.windows(2).map(|pair| format!("{} to {} %", percent(pair[0]), percent(pair[1])));
        let first = std::iter::once(format!("below {} %", percent(first)));
        first.chain(between).chain(std::iter::once(format!("{} % or more", percent(last)))).collect()
    }
}

/// The labels of levels in lines below one another, each with its place.
pub(super) fn level_legend(labels: Vec<String>, top: f64, width: f64) -> Vec<(f64, f64, String)> {
    let widths = labels.iter().map(|label| 17.0 + text_width(label));
    let places = wrapped(widths, (12.0, LEGEND_LINE), (0.5, top), width);
    places.into_iter().zip(labels).map(|((x, y), label)| (x, y, label)).collect()
}

/// Draws such labels, the levels from 0 on.
pub(super) fn draw_legend(out: &mut Markup, legend: &[(f64, f64, String)]) {
    for (level, (x, y, label)) in legend.iter().enumerate() {
        let class = format!("box h{level}");
        let (left, up) = (number(*x), number(*y));
        out.empty("rect", &[("class", &class), ("x", &left), ("y", &up), ("width", "12"), ("height", "12")]);
        let (text, base) = (number(x + 17.0), number(y + 10.0));
        out.words("text", &[("class", "dim small"), ("x", &text), ("y", &base)], label);
    }
}
