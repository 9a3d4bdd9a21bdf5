//! What was expected of a sweep, and whether it is so.

use std::io::{self, Write};

use super::SweepReport;
use crate::analysis::{Trend, TrendFinding};
use crate::model::{Axis, AxisValue, ExpectSettings, VerdictName};
use crate::report::terminal::{Tone, WIDTH, wrap};

/// An expectation and what the runs say to it.
#[derive(Clone, PartialEq, Debug)]
pub struct TrendClaim {
    /// The name in the experiment.
    pub name: String,
    /// What the seeds prove.
    pub trend: Trend,
    /// What was seen, in a sentence.
    evidence: String,
}

impl SweepReport<'_> {
    /// Judges what is expected. `verdicts`: of each cell the verdict under each seed, `None` where a run has no result.
    pub fn judge(&self, verdicts: &[Vec<Option<VerdictName>>]) -> Vec<TrendClaim> {
        let expected = self.experiment.expect.iter();
        expected.filter_map(|(name, expected)| self.judge_one(name, expected, verdicts)).collect()
    }

    fn judge_one(
        &self,
        name: &str,
        expected: &ExpectSettings,
        verdicts: &[Vec<Option<VerdictName>>],
    ) -> Option<TrendClaim> {
        let verdict = expected.verdict?;
        let (axis, is_rising) = match (&expected.rises_with, &expected.falls_with) {
            (Some(axis), _) => (axis, true),
            (None, Some(axis)) => (axis, false),
            (None, None) => return None,
        };
        let axis = self.experiment.axis(axis)?;
        let lines = self.lines(axis, &expected.variant, is_rising);
        let has = |cell: &u64| -> Vec<Option<bool>> {
            verdicts[*cell as usize].iter().map(|found| found.map(|found| verdict.is_met_by(found))).collect()
        };
        let trend = Trend::of(&lines.iter().map(|line| line.iter().map(has).collect()).collect::<Vec<_>>());
        let way = if is_rising { "rises" } else { "falls" };
        let about = format!("{} {way} with {}", verdict.name(), self.points.axes[axis].name);
        let evidence = match (trend.finding, trend.against.first()) {
            (TrendFinding::Fails, Some(&(line, earlier, later))) => {
                let places = [lines[line][earlier], lines[line][later]].map(|cell| self.place(cell));
                let count = trend.against.len();
                format!(
                    "{about}: not between {count} of {} pairs of cells, such as {} and {}",
                    trend.pairs, places[0], places[1]
                )
            }
            (TrendFinding::Holds, _) => format!(
                "{about}: beyond doubt between {} of {} pairs of cells, and the other way between none",
                trend.along, trend.pairs
            ),
            _ => format!("{about}: between no two of the cells is it told apart from chance"),
        };
        Some(TrendClaim { name: name.to_owned(), trend, evidence })
    }

    /// Cells between which only this axis changes, by its values: of numbers from small to large, of words as they were written; backwards if it is to fall.
    fn lines(&self, axis: usize, variant: &str, is_rising: bool) -> Vec<Vec<u64>> {
        let axis = &self.points.axes[axis];
        let mut order = axis_order(axis);
        if !is_rising {
            order.reverse();
        }
        let cells = 0..self.experiment.cell_count(self.points);
        let begins = cells.filter(|cell| {
            let (name, point) = self.cell(*cell);
            axis.index(point) == 0 && (variant.is_empty() || name == Some(variant))
        });
        begins.map(|begin| order.iter().map(|index| begin + index * axis.stride).collect()).collect()
    }

    /// A cell, for people.
    pub fn place(&self, cell: u64) -> String {
        let (variant, point) = self.cell(cell);
        let values = self.points.axes.iter().map(|axis| format!("{} {}", axis.name, axis.at(point).shown()));
        variant.map(str::to_owned).into_iter().chain(values).collect::<Vec<_>>().join(", ")
    }
}

impl TrendClaim {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.trend.finding == TrendFinding::Holds
    }

    /// In a word whether it holds.
    pub(in crate::report) fn word(&self) -> (Tone, &'static str) {
        match self.trend.finding {
            TrendFinding::Holds => (Tone::Good, "HOLDS"),
            TrendFinding::Fails => (Tone::Bad, "FAILS"),
            TrendFinding::TooFewSeeds => (Tone::Unclear, "TOO FEW SEEDS"),
        }
    }

    /// What was seen, in a sentence.
    pub fn evidence(&self) -> &str {
        &self.evidence
    }

    /// Writes what was found.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let (tone, word) = self.word();
        let style = tone.style();
        for (index, line) in
            wrap(&format!("{word}  {}: {}", self.name, self.evidence), WIDTH - 2).iter().enumerate()
        {
            match line.strip_prefix(word).filter(|_| index == 0) {
                Some(rest) => writeln!(out, "{style}{word}{style:#} {rest}")?,
                None => writeln!(out, "  {line}")?,
            }
        }
        Ok(())
    }
}

/// The values of an axis by their positions: numbers from small to large, words as they were written.
pub(in crate::report) fn axis_order(axis: &Axis) -> Vec<u64> {
    let mut order: Vec<u64> = (0..axis.values.len() as u64).collect();
    let number = |index: &u64| match &axis.values[*index as usize] {
        AxisValue::Scalar(scalar) => scalar.value(),
        AxisValue::Written(_) => *index as f64,
    };
    order.sort_by(|one, other| number(one).total_cmp(&number(other)));
    order
}
