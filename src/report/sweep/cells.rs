//! A row per cell: how often it survives, and the means of its metrics.

use std::io::{self, Write};

use super::SweepReport;
use super::column::{Column, Kind};
use super::rows::{Row, Rows, line};
use crate::analysis::{CONFIDENCE, Comparison, Estimate, Observation, clopper_pearson};
use crate::experiment::Outcome;
use crate::model::{Metric, VerdictName};
use crate::report::observations::number;

/// The name of the file with a row per cell.
pub const CELLS_FILE: &str = "cells.csv";

/// Its columns behind those of the axes: how many runs there are of a cell,
const COUNTS: [&str; 2] = ["seeds", "failed"];
/// and which share of them survives, with its interval.
const SHARES: [&str; 3] = ["survives_ratio", "low_95_ratio", "high_95_ratio"];
/// What the columns of a metric end with: its mean, and the interval. How many runs have it stands behind them.
const ESTIMATE_SUFFIXES: [&str; 3] = ["", "_low_95", "_high_95"];
/// How long after the trigger's end all runs of a cell look.
const HORIZON: &str = "recovery_horizon_s";

/// What came out of one cell.
#[derive(Clone, PartialEq, Debug)]
pub struct CellFigures {
    /// How many of its runs were judged.
    pub judged: u64,
    /// How many were not.
    pub failed: u64,
    /// How many ended with each verdict, by [`VerdictName::ALL`].
    pub verdicts: [u64; VerdictName::ALL.len()],
    /// By [`Metric::index`]; `None` if no run has it. Of the time to recovery it is restricted to the horizon, as in a comparison.
    pub metrics: [Option<Estimate>; Metric::ALL.len()],
    /// How long after the trigger's end all runs look, in seconds.
    pub horizon_s: Option<f64>,
}

impl CellFigures {
    /// Those of all runs of a cell.
    pub fn of(rows: &[Row]) -> Self {
        let observed: Vec<Observation> = rows
            .iter()
            .filter_map(|row| match &row.outcome {
                Outcome::Observed(observation) => Some((**observation).clone()),
                Outcome::ModelError(_) | Outcome::Panic(_) => None,
            })
            .collect();
        let judged = observed.len() as u64;
        // A cell is a comparison of one variant: what counts as a value, and which range it has, is said there.
        let cell = Comparison::new(vec![String::new()], 0, vec![observed]);
        Self {
            judged,
            failed: rows.len() as u64 - judged,
            verdicts: VerdictName::ALL.map(|verdict| cell.verdict_count(0, verdict)),
            metrics: Metric::ALL.map(|metric| cell.estimate(0, metric)),
            horizon_s: cell.horizon(&[0]),
        }
    }

    /// In how many of its runs the system works in the end.
    pub fn survivals(&self) -> u64 {
        let counted = VerdictName::ALL.into_iter().zip(self.verdicts);
        counted.filter(|(verdict, _)| verdict.is_good()).map(|(_, count)| count).sum()
    }

    /// The share of its runs in which it does; `None` if none was judged.
    pub fn survival(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.survivals() as f64 / self.judged as f64)
    }
}

/// The columns of `cells.csv`, in order.
pub fn cell_columns(report: SweepReport<'_>) -> Vec<Column> {
    let mut columns = Rows::new(report).identity_columns();
    columns.extend(COUNTS.map(|name| Column::new(name, Kind::Whole)));
    columns.extend(SHARES.map(|name| Column::optional(name, Kind::Real)));
    columns.extend(VerdictName::ALL.map(|verdict| Column::new(verdict.name(), Kind::Whole)));
    for metric in Metric::ALL.map(Metric::column) {
        columns.extend(
            ESTIMATE_SUFFIXES.map(|suffix| Column::optional(&format!("{metric}{suffix}"), Kind::Real)),
        );
        columns.push(Column::new(&format!("{metric}_count"), Kind::Whole));
    }
    columns.push(Column::optional(HORIZON, Kind::Real));
    columns
}

/// What a cell has in these columns.
pub fn cell_row(report: SweepReport<'_>, cell: u64, figures: &CellFigures) -> Vec<String> {
    let mut row = Rows::new(report).identity(cell);
    row.extend([figures.judged, figures.failed].map(|count| count.to_string()));
    let interval =
        figures.survival().map(|_| clopper_pearson(figures.survivals(), figures.judged, CONFIDENCE));
    row.push(number(figures.survival()));
    row.extend([number(interval.map(|interval| interval.0)), number(interval.map(|interval| interval.1))]);
    row.extend(figures.verdicts.map(|count| count.to_string()));
    for estimate in &figures.metrics {
        let spread = estimate.filter(|estimate| !estimate.lacks_spread());
        let interval = spread.and_then(|estimate| estimate.interval(CONFIDENCE));
        row.push(number(estimate.as_ref().map(|estimate| estimate.mean)));
        row.extend([
            number(interval.map(|interval| interval.0)),
            number(interval.map(|interval| interval.1)),
            estimate.map_or(0, |estimate| estimate.count).to_string(),
        ]);
    }
    row.push(number(figures.horizon_s));
    row
}

/// Writes `cells.csv`.
///
/// # Errors
/// Whatever the writer reports.
pub fn write_cells(report: SweepReport<'_>, cells: &[CellFigures], out: &mut impl Write) -> io::Result<()> {
    let columns = cell_columns(report);
    out.write_all(line(columns.iter().map(|column| column.name.as_str())).as_bytes())?;
    for (cell, figures) in cells.iter().enumerate() {
        let row = cell_row(report, cell as u64, figures);
        out.write_all(line(row.iter().map(String::as_str)).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two of ten are not back after 90 s, the others never fell, and all succeed with the same share.
    #[test]
    fn runs_that_never_recover_count_and_no_interval_leaves_the_range() {
        let row = |seed: u64| {
            let is_lost = seed >= 8;
            let mut values = [None; Metric::ALL.len()];
            values[Metric::Recovery.index()] = (!is_lost).then_some(0.0);
            values[Metric::Success.index()] = Some(if is_lost { 0.4 } else { 1.0 });
            values[Metric::Goodput.index()] = Some(300.0);
            let verdict = if is_lost { VerdictName::Metastable } else { VerdictName::Unaffected };
            let observed =
                Observation { seed, verdict, reason: None, values, observed_s: Some(90.0), digest: [0; 32] };
            Row { cell: 0, seed, outcome: Outcome::Observed(Box::new(observed)) }
        };
        let figures = CellFigures::of(&(0..10).map(row).collect::<Vec<_>>());
        let of = |metric: Metric| figures.metrics[metric.index()].unwrap();
        assert_eq!((figures.horizon_s, of(Metric::Recovery).count), (Some(90.0), 10));
        assert_eq!(of(Metric::Recovery).mean, 18.0);
        let (low, high) = of(Metric::Recovery).interval(CONFIDENCE).unwrap();
        assert!(low >= 0.0 && high > 18.0 && high <= 90.0, "{low} to {high}");
        let (_, high) = of(Metric::Success).interval(CONFIDENCE).unwrap();
        assert!(high <= 1.0, "{high}");
        assert!(of(Metric::Goodput).lacks_spread());
        assert_eq!(figures.metrics[Metric::P99.index()], None);
    }
}
