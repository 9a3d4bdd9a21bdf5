//! A map over two axes: a field per pair of values, coloured by level, with the line between two sides.

use super::drawing::Drawing;
use super::heat::{draw_legend, level_legend};
use super::markup::{Markup, number};
use super::text::{fitted, text_width};

/// One field.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Field {
    /// How dark it is, from 0 to 5; `None`: there is no value.
    pub level: Option<usize>,
    /// What stands in it where there is room.
    pub text: String,
    /// What is said of it to who points at it.
    pub note: String,
    /// On which side of the line it lies, if that is known.
    pub is_beyond: Option<bool>,
    /// The side is a guess.
    pub is_doubtful: bool,
}

/// A map.
#[derive(Clone, PartialEq, Debug)]
pub struct GridMap {
    /// Begins the identifiers of its elements.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The same in more words.
    pub description: String,
    /// What goes from left to right, and what from the bottom up.
    pub axes: (String, String),
    /// The values from left to right.
    pub columns: Vec<String>,
    /// The values from the top down.
    pub rows: Vec<String>,
    /// By row and column.
    pub fields: Vec<Vec<Field>>,
    /// What the levels mean, from 0 on; empty: nothing is said.
    pub legend: Vec<String>,
    /// In pixels, at most.
    pub width: f64,
}

/// Where everything is.
struct Places {
    left: f64,
    top: f64,
    field: (f64, f64),
}

const TOP: f64 = 20.0;
const BELOW: f64 = 40.0;
/// A field is so large at most, and so high at least.
const FIELD_MAX: (f64, f64) = (92.0, 38.0);
const FIELD_MIN: f64 = 3.0;
/// With few rows a field has its height, with many the map has this.
const HEIGHT: f64 = 420.0;
/// Fields of more are drawn in one where they are alike, and say nothing of themselves.
const FIELDS_MAX: usize = 2500;
/// A line of text.
const LINE: f64 = 14.0;

impl GridMap {
    /// The drawing.
    pub fn svg(&self) -> String {
        let places = self.places();
        let across = places.field.0 * self.columns.len() as f64;
        let bottom = places.top + places.field.1 * self.rows.len() as f64;
        let legend = level_legend(self.legend.clone(), bottom + BELOW, self.width);
        let below = legend.last().map_or(bottom + BELOW - 6.0, |(_, y, _)| y + 16.0);
        let reach = (places.left + across + 2.0).max(places.left + text_width(&self.axes.0));
        let width = if legend.is_empty() { reach.min(self.width) } else { self.width };
        let drawing = Drawing {
            name: &self.name,
            title: &self.title,
            description: &self.description,
            class: "gridmap",
            above: 0.0,
            size: (width, below),
            data: &[],
        };
        drawing.svg(|out| {
            self.draw_axes(out, &places, bottom);
            let is_fine = self.rows.len() * self.columns.len() > FIELDS_MAX;
            for (row, fields) in self.fields.iter().enumerate() {
                let y = places.top + places.field.1 * row as f64;
                if is_fine {
                    draw_alike(out, fields, &places, y);
                } else {
                    for (column, field) in fields.iter().enumerate() {
                        draw_field(out, field, &places, (places.left + places.field.0 * column as f64, y));
                    }
                }
            }
            let line = self.line(&places);
            if !line.is_empty() {
                out.empty("path", &[("class", "divide under"), ("d", &line)]);
                out.empty("path", &[("class", "divide"), ("d", &line)]);
            }
            draw_legend(out, &legend);
        })
    }

    fn places(&self) -> Places {
        let widest = self.rows.iter().map(|label| text_width(label)).fold(0.0, f64::max);
        let left = (widest + 8.0).clamp(24.0, self.width * 0.3);
        let room = self.width - left - 2.0;
        let width = (room / self.columns.len().max(1) as f64).min(FIELD_MAX.0);
        let height = (HEIGHT / self.rows.len().max(1) as f64).clamp(FIELD_MIN, FIELD_MAX.1);
        // With many columns a field that is much higher than wide looks like a bar.
        let height = if width < FIELD_MAX.1 { height.min((width * 1.6).max(12.0)) } else { height };
        Places { left, top: TOP, field: (width, height) }
    }

    fn draw_axes(&self, out: &mut Markup, places: &Places, bottom: f64) {
        let (up, across) = (format!("↑ {}", self.axes.1), format!("{} →", self.axes.0));
        let up = fitted(&up, self.width);
        out.words("text", &[("class", "dim small"), ("x", "0"), ("y", "11")], &up);
        // Of many labels every second, third, … is written.
        let every = (LINE / places.field.1).ceil().max(1.0) as usize;
        for (row, label) in self.rows.iter().enumerate() {
            if !(self.rows.len() - 1 - row).is_multiple_of(every) {
                continue;
            }
            let y = places.top + places.field.1 * (row as f64 + 0.5) + 4.0;
            let text = fitted(label, places.left - 6.0);
            let (x, y) = (number(places.left - 6.0), number(y));
            out.words("text", &[("class", "end small"), ("x", &x), ("y", &y)], &text);
        }
        let widest = self.columns.iter().map(|label| text_width(label)).fold(0.0, f64::max).min(90.0);
        let every = ((widest + 6.0) / places.field.0).ceil().max(1.0) as usize;
        let mut free = f64::NEG_INFINITY;
        for (column, label) in self.columns.iter().enumerate().step_by(every) {
            let middle = places.left + places.field.0 * (column as f64 + 0.5);
            let text = fitted(label, 90.0);
            let half = text_width(&text) / 2.0;
            let x = middle.clamp(half.min(self.width / 2.0), (self.width - half).max(self.width / 2.0));
            // What was moved in from the edge may meet its neighbour.
            if x - half < free {
                continue;
            }
            free = x + half + 3.0;
            let (x, y) = (number(x), number(bottom + 14.0));
            out.words("text", &[("class", "mid small"), ("x", &x), ("y", &y)], &text);
        }
        let across = fitted(&across, self.width - places.left);
        let (x, y) = (number(places.left), number(bottom + 29.0));
        out.words("text", &[("class", "dim small"), ("x", &x), ("y", &y)], &across);
    }

    /// Along the edges between fields of different sides.
    fn line(&self, places: &Places) -> String {
        let side = |row: usize, column: usize| self.fields.get(row)?.get(column)?.is_beyond;
        let differ =
            |one: Option<bool>, other: Option<bool>| one.zip(other).is_some_and(|(one, other)| one != other);
        let (columns, rows) = (self.columns.len(), self.rows.len());
        let mut d = String::new();
        for row in 0..rows {
            let y = places.top + places.field.1 * row as f64;
            // Edges in a row are one stroke.
            let mut open: Option<usize> = None;
            for column in 0..=columns {
                let is_edge = column < columns && row > 0 && differ(side(row - 1, column), side(row, column));
                match open {
                    None if is_edge => open = Some(column),
                    Some(begin) if !is_edge => {
                        let x = |column: usize| number(places.left + places.field.0 * column as f64);
                        d.extend(["M", &x(begin), ",", &number(y), "H", &x(column)]);
                        open = None;
                    }
                    _ => {}
                }
            }
        }
        for column in 1..columns {
            let x = places.left + places.field.0 * column as f64;
            let mut open: Option<usize> = None;
            for row in 0..=rows {
                let is_edge = row < rows && differ(side(row, column - 1), side(row, column));
                match open {
                    None if is_edge => open = Some(row),
                    Some(begin) if !is_edge => {
                        let y = |row: usize| number(places.top + places.field.1 * row as f64);
                        d.extend(["M", &number(x), ",", &y(begin), "V", &y(row)]);
                        open = None;
                    }
                    _ => {}
                }
            }
        }
        d
    }
}

fn draw_field(out: &mut Markup, field: &Field, places: &Places, (x, y): (f64, f64)) {
    let (width, height) = places.field;
    let gap = if width > 12.0 && height > 12.0 { 1.0 } else { 0.0 };
    let class = field.level.map_or_else(|| "field nothing".to_owned(), |level| format!("field h{level}"));
    let [left, top, w, h] = [x + gap, y + gap, width - 2.0 * gap, height - 2.0 * gap].map(number);
    let place = [("class", class.as_str()), ("x", &left), ("y", &top), ("width", &w), ("height", &h)];
    out.element("rect", &place, |out| {
        if !field.note.is_empty() {
            out.words("title", &[], &field.note);
        }
    });
    if field.is_doubtful && width > 12.0 && height > 12.0 {
        let [left, top, w, h] = [x + 3.0, y + 3.0, width - 6.0, height - 6.0].map(number);
        let class = format!("doubt on{}", field.level.unwrap_or(0));
        out.empty("rect", &[("class", &class), ("x", &left), ("y", &top), ("width", &w), ("height", &h)]);
    }
    if !field.text.is_empty() && text_width(&field.text) + 2.0 <= width && height >= LINE + 2.0 {
        let class = format!("mid small inert on{}", field.level.unwrap_or(0));
        let (x, y) = (number(x + width / 2.0), number(y + height / 2.0 + 4.0));
        out.words("text", &[("class", &class), ("x", &x), ("y", &y)], &field.text);
    }
}

/// A row of very many: neighbours of the same level are one rectangle.
fn draw_alike(out: &mut Markup, fields: &[Field], places: &Places, y: f64) {
    let mut begin = 0;
    for run in fields.chunk_by(|one, other| one.level == other.level) {
        let end = begin + run.len();
        if let Some(level) = run[0].level {
            let x = |column: usize| places.left + places.field.0 * column as f64;
            let [left, top, w, h] = [x(begin), y, x(end) - x(begin) + 0.4, places.field.1 + 0.4].map(number);
            let class = format!("h{level}");
            out.empty("rect", &[("class", &class), ("x", &left), ("y", &top), ("width", &w), ("height", &h)]);
        }
        begin = end;
    }
}
