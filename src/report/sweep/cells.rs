//! A row per cell: how often it survives, and the means of its metrics.

use std::io::{self, Write};

use super::SweepReport;
use super::rows::{Row, Rows, line};
use crate::analysis::{CONFIDENCE, Comparison, Estimate, Observation, clopper_pearson};
use crate::experiment::Outcome;
use crate::model::{Metric, VerdictName};
use crate::report::observations::number;

/// The name of the file with a row per cell.
pub const CELLS_FILE: &str = "cells.csv";

/// Its columns between those of the axes and those of the verdicts.
const CELL_COLUMNS: [&str; 5] = ["seeds", "failed", "survives_ratio", "low_95_ratio", "high_95_ratio"];
/// What the columns of a metric end with: its mean, the interval, and how many runs have it.
const METRIC_SUFFIXES: [&str; 4] = ["", "_low_95", "_high_95", "_count"];
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

/// Writes `cells.csv`.
///
/// # Errors
/// Whatever the writer reports.
pub fn write_cells(report: SweepReport<'_>, cells: &[CellFigures], out: &mut impl Write) -> io::Result<()> {
    let rows = Rows::new(report);
    let mut headings = vec!["cell".to_owned(), "variant".to_owned()];
    headings.extend(report.points.axes.iter().map(|axis| axis.heading.clone()));
    headings.extend(CELL_COLUMNS.map(str::to_owned));
    headings.extend(VerdictName::ALL.map(|verdict| verdict.name().to_owned()));
    for metric in Metric::ALL {
        let column = metric.column();
        headings.extend(METRIC_SUFFIXES.map(|suffix| format!("{column}{suffix}")));
    }
    headings.push(HORIZON.to_owned());
    out.write_all(line(headings.iter().map(String::as_str)).as_bytes())?;
    for (cell, figures) in cells.iter().enumerate() {
        let mut text = rows.identity(cell as u64);
        text.extend([figures.judged, figures.failed].map(|count| count.to_string()));
        let interval =
            figures.survival().map(|_| clopper_pearson(figures.survivals(), figures.judged, CONFIDENCE));
        text.push(number(figures.survival()));
        text.extend([
            number(interval.map(|interval| interval.0)),
            number(interval.map(|interval| interval.1)),
        ]);
        text.extend(figures.verdicts.map(|count| count.to_string()));
        for estimate in &figures.metrics {
            let spread = estimate.filter(|estimate| !estimate.lacks_spread());
            let interval = spread.and_then(|estimate| estimate.interval(CONFIDENCE));
            text.push(number(estimate.as_ref().map(|estimate| estimate.mean)));
            text.extend([
                number(interval.map(|interval| interval.0)),
                number(interval.map(|interval| interval.1)),
                estimate.map_or(0, |estimate| estimate.count).to_string(),
            ]);
        }
        text.push(number(figures.horizon_s));
        out.write_all(line(text.iter().map(String::as_str)).as_bytes())?;
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
