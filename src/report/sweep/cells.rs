//! A row per cell: how often it survives, and the means of its metrics.

use std::io::{self, Write};

use super::SweepReport;
use super::rows::{Row, Rows, line};
use crate::analysis::{CONFIDENCE, Estimate, Observation, clopper_pearson};
use crate::experiment::Outcome;
use crate::model::{Metric, VerdictName};
use crate::report::observations::number;

/// The name of the file with a row per cell.
pub const CELLS_FILE: &str = "cells.csv";

/// What came out of one cell.
#[derive(Clone, PartialEq, Debug)]
pub struct CellFigures {
    /// How many of its runs were judged.
    pub judged: u64,
    /// How many were not.
    pub failed: u64,
    /// How many ended with each verdict, by [`VerdictName::ALL`].
    pub verdicts: [u64; VerdictName::ALL.len()],
    /// By [`Metric::index`]; `None` if no run has it.
    pub metrics: [Option<Estimate>; Metric::ALL.len()],
}

impl CellFigures {
    /// Those of all runs of a cell.
    pub fn of(rows: &[Row]) -> Self {
        let observed: Vec<&Observation> = rows
            .iter()
            .filter_map(|row| match &row.outcome {
                Outcome::Observed(observation) => Some(&**observation),
                Outcome::ModelError(_) | Outcome::Panic(_) => None,
            })
            .collect();
        let metrics = Metric::ALL.map(|metric| {
            let values: Vec<f64> =
                observed.iter().filter_map(|observation| observation.value(metric)).collect();
            Estimate::of(&values)
        });
        let ended =
            |verdict| observed.iter().filter(|observation| observation.verdict == verdict).count() as u64;
        Self {
            judged: observed.len() as u64,
            failed: (rows.len() - observed.len()) as u64,
            verdicts: VerdictName::ALL.map(ended),
            metrics,
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
    headings
        .extend(["seeds", "failed", "survives_ratio", "low_95_ratio", "high_95_ratio"].map(str::to_owned));
    headings.extend(VerdictName::ALL.map(|verdict| verdict.name().to_owned()));
    for metric in Metric::ALL {
        let column = metric.column();
        headings.extend(["", "_low_95", "_high_95"].map(|suffix| format!("{column}{suffix}")));
    }
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
            let interval = estimate.as_ref().and_then(|estimate| estimate.interval(CONFIDENCE));
            text.push(number(estimate.as_ref().map(|estimate| estimate.mean)));
            text.extend([
                number(interval.map(|interval| interval.0)),
                number(interval.map(|interval| interval.1)),
            ]);
        }
        out.write_all(line(text.iter().map(String::as_str)).as_bytes())?;
    }
    Ok(())
}
