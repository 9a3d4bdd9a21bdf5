//! Maps of a sweep in characters: how many of a hundred runs survive, by the values of two axes.

use std::fmt::Write as _;

use super::SweepReport;
use super::cells::CellFigures;
use crate::model::Axis;
use crate::report::sparkline::Charset;
use crate::report::table::shorten;
use crate::report::terminal::{WIDTH, wrap};

/// A share stands in so many columns at least.
const CELL: usize = 5;
/// Columns between two values.
const GAP: usize = 2;
/// A map with more rows is no longer seen at once.
const ROWS_MAX: usize = 40;
/// Values of the vertical axis have at most so many.
const LABEL_MAX: usize = 20;

/// The lines of the map of a variant, if its cells are a grid of two axes that fits.
pub(super) fn lines(
    report: SweepReport<'_>,
    cells: &[CellFigures],
    variant: u64,
    charset: Charset,
) -> Option<Vec<String>> {
    let points = report.points;
    let (rows, columns): (&Axis, &Axis) = match points.axes.as_slice() {
        // The axis with fewer values goes from left to right.
        [first, second] if points.is_grid && first.values.len() < second.values.len() => (second, first),
        [first, second] if points.is_grid => (first, second),
        _ => return None,
    };
    let shown = |axis: &Axis| -> Vec<String> {
        axis.values.iter().map(|value| shorten(&value.shown(), LABEL_MAX, charset)).collect()
    };
    let (labels, across) = (shown(rows), shown(columns));
    let widest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let (label, cell) = (widest(&labels), (widest(&across) + GAP).max(CELL));
    if label + cell * across.len() > WIDTH || labels.len() > ROWS_MAX {
        return None;
    }
    let figures = |row: usize, column: usize| {
        let point = row as u64 * rows.stride + column as u64 * columns.stride;
        cells.get((variant * points.count + point) as usize)
    };
    let axes = format!("down: {}, across: {}", rows.name, columns.name);
    let mut lines = wrap(&axes, WIDTH);
    let line = |label_text: &str, texts: &[String]| {
        let mut line = format!("{label_text:>label$}");
        for text in texts {
            let _ = write!(line, "{text:>cell$}");
        }
        line
    };
    lines.push(line("", &across));
    for (row, text) in labels.iter().enumerate() {
        let shares: Vec<String> = (0..across.len())
            .map(|column| {
                let share = figures(row, column).and_then(CellFigures::survival);
                share.map_or_else(|| charset.nothing().to_owned(), percent)
            })
            .collect();
        lines.push(line(text, &shares));
    }
    Some(lines)
}

/// All and none are told from nearly all and nearly none.
pub(in crate::report) fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    let shown = if share < 1.0 && share > 0.0 { rounded.clamp(1.0, 99.0) } else { rounded };
    format!("{shown:.0}")
}
