//! Two axes of a grid, with all others held: a map.

use super::courses::brief;
use super::quantity::Quantity;
use super::{PLANES_MAX, SweepPage};
use crate::analysis::{CONFIDENCE, clopper_pearson};
use crate::report::svg::{Field, GridMap};
use crate::report::sweep::{CellFigures, axis_order};

/// More fields than this in a row, or below one another, nobody tells apart: neighbours are put together.
const FIELDS_MAX: usize = 100;

/// A plane through the cells.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Plane {
    /// The axes that go from left to right, and from the bottom up.
    axes: (usize, usize),
    /// Its first cell.
    begin: u64,
    /// What is held: the variant and the values of the other axes.
    pub(super) held: String,
}

impl Plane {
    /// All planes of a grid, variant by variant; none if the points are no grid of two axes at least.
    pub(super) fn all(page: &SweepPage<'_>) -> Vec<Self> {
        let points = page.report.points;
        if !points.is_grid || points.axes.len() < 2 {
            return Vec::new();
        }
        // The two with most values; the longer one lies, as pages are wider than high.
        let mut order: Vec<usize> = (0..points.axes.len()).collect();
        order.sort_by_key(|&axis| std::cmp::Reverse(points.axes[axis].values.len()));
        let axes = if points.axes[order[0]].values.len() == points.axes[order[1]].values.len() {
            (order[0].min(order[1]), order[0].max(order[1]))
        } else {
            (order[0], order[1])
        };
        let cells = 0..page.report.experiment.cell_count(points);
        let begins = cells.filter(|cell| {
            let point = cell % points.count;
            points.axes[axes.0].index(point) == 0 && points.axes[axes.1].index(point) == 0
        });
        begins.map(|begin| Self { axes, begin, held: held(page, axes, begin) }).collect()
    }

    /// Whether they are seen at once.
    pub(super) fn are_few(planes: &[Self]) -> bool {
        (1..=PLANES_MAX).contains(&planes.len())
    }

    /// How many values of each axis share a field.
    fn per_field(&self, page: &SweepPage<'_>) -> [usize; 2] {
        [self.axes.0, self.axes.1].map(|axis| page.report.points.axes[axis].values.len().div_ceil(FIELDS_MAX))
    }

    /// That fields are more than a cell, if they are.
    pub(super) fn together(&self, page: &SweepPage<'_>) -> String {
        match self.per_field(page) {
            [1, 1] => String::new(),
            [across, up] => format!(" Each field is {across} by {up} cells together."),
        }
    }

    /// The map of a quantity.
    pub(super) fn map(
        &self,
        page: &SweepPage<'_>,
        quantity: Quantity,
        name: &str,
        width: f64,
    ) -> Option<GridMap> {
        let points = page.report.points;
        let range = quantity.range(page.cells)?;
        let (across, up) = (&points.axes[self.axes.0], &points.axes[self.axes.1]);
        let (columns, mut rows) = (axis_order(across), axis_order(up));
        // From the bottom up.
        rows.reverse();
        let per = self.per_field(page);
        let (columns, rows): (Vec<&[u64]>, Vec<&[u64]>) =
            (columns.chunks(per[0]).collect(), rows.chunks(per[1]).collect());
        let of = |row: &[u64], column: &[u64]| -> Vec<u64> {
            let pairs = row.iter().flat_map(|row| column.iter().map(move |column| (row, column)));
            pairs.map(|(row, column)| self.begin + row * up.stride + column * across.stride).collect()
        };
        let field = |row: &[u64], column: &[u64]| {
            let cells = of(row, column);
            let figures = cells.iter().filter_map(|&cell| page.cells.get(cell as usize));
            let value = quantity.of(figures.clone());
            let survival = Quantity::Lost.of(figures).map(|lost| lost > 0.5);
            let only = if let [only] = cells[..] {
                page.cells.get(only as usize).map(|it| (only, it))
            } else {
                None
            };
            Field {
                level: value.map(|value| range.level(value)),
                text: value.map_or_else(String::new, |value| quantity.shown(value)),
                note: only.map_or_else(String::new, |(cell, it)| {
                    format!("{}: {}", page.report.place(cell), quantity.note(it))
                }),
                is_beyond: survival,
                is_doubtful: only.is_some_and(|(_, it)| is_doubtful(it)),
            }
        };
        let fields: Vec<Vec<Field>> =
            rows.iter().map(|row| columns.iter().map(|column| field(row, column)).collect()).collect();
        let label = |axis: &crate::model::Axis, group: &[u64]| brief(&axis.values[group[0] as usize].shown());
        let held = if self.held.is_empty() { String::new() } else { format!(", {}", self.held) };
        let together = self.together(page);
        let title = format!("{}{held}", quantity.title());
        Some(GridMap {
            name: name.to_owned(),
            description: format!(
                "{title}: {} from left to right, {} from the bottom up.{together} {}",
                across.name,
                up.name,
                spoken(&fields)
            ),
            title,
            axes: (across.name.clone(), up.name.clone()),
            columns: columns.iter().map(|group| label(across, group)).collect(),
            rows: rows.iter().map(|group| label(up, group)).collect(),
            fields,
            legend: range.legend(),
            width,
        })
    }
}

/// Whether the seeds of a cell do not tell on which side of half it is.
pub(super) fn is_doubtful(cell: &CellFigures) -> bool {
    let (low, high) = clopper_pearson(cell.survivals(), cell.judged, CONFIDENCE);
    cell.judged > 0 && low <= 0.5 && high >= 0.5
}

fn held(page: &SweepPage<'_>, axes: (usize, usize), begin: u64) -> String {
    let (variant, point) = page.report.cell(begin);
    let axes =
        page.report.points.axes.iter().enumerate().filter(|(index, _)| *index != axes.0 && *index != axes.1);
    let values = axes.map(|(_, axis)| format!("{} {}", axis.name, axis.at(point).shown()));
    variant.map(str::to_owned).into_iter().chain(values).collect::<Vec<_>>().join(", ")
}

/// Who does not see the map is told how many fields lie on either side; the table has each.
fn spoken(fields: &[Vec<Field>]) -> String {
    let count = |side: bool| fields.iter().flatten().filter(|field| field.is_beyond == Some(side)).count();
    format!(
        "In {} fields at least half of the seeds survive, in {} fewer than half do; the line runs between them.",
        count(false),
        count(true)
    )
}
