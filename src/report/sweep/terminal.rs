//! The text on the terminal: how many cells survive, and where.

use std::io::{self, Write};

use anstyle::Style;

use super::cells::CellFigures;
use super::{SweepReport, map};
use crate::analysis::{CONFIDENCE, clopper_pearson};
use crate::model::Metric;
use crate::report::human;
use crate::report::sparkline::Charset;
use crate::report::table::{Table, shorten};
use crate::report::terminal::{WIDTH, wrap};

/// A longer table is in the file.
const ROWS_MAX: usize = 40;

impl SweepReport<'_> {
    /// Writes the text, with colours; a stream that wants none removes them.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_text(
        &self,
        cells: &[CellFigures],
        out: &mut impl Write,
        charset: Charset,
    ) -> io::Result<()> {
        let bold = Style::new().bold();
        let (first, last) = (self.layout.first_seed, self.layout.first_seed + self.layout.seeds - 1);
        let name = shorten(self.name, WIDTH / 2, charset);
        writeln!(
            out,
            "{bold}SWEEP{bold:#}  {name}, {}, seeds {first} to {last}",
            counted(cells.len() as u64, "cell")
        )?;
        for line in wrap(&sentence(cells), WIDTH) {
            writeln!(out, "{line}")?;
        }
        if !self.experiment.claim.is_empty() {
            writeln!(out)?;
            for line in wrap(&format!("Claim: {}", self.experiment.claim), WIDTH) {
                writeln!(out, "{line}")?;
            }
        }
        let names = self.experiment.variants.names();
        for variant in 0..(names.len() as u64).max(1) {
            let heading = names.get(variant as usize).map_or_else(String::new, |name| format!(" of {name}"));
            if let Some(lines) = map::lines(*self, cells, variant, charset) {
                writeln!(out, "\n{bold}Runs{heading} that survive, in percent{bold:#}")?;
                for line in lines {
                    writeln!(out, "{}", line.trim_end())?;
                }
            } else if let Some(table) = self.table(cells, variant, charset) {
                let axis = shorten(&self.points.axes[0].name, WIDTH - heading.len() - 1, charset);
                writeln!(out, "\n{bold}{axis}{heading}{bold:#}")?;
                for line in table.lines(WIDTH, charset) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        Ok(())
    }

    /// A row per value, if there is one axis and few of them.
    fn table(&self, cells: &[CellFigures], variant: u64, charset: Charset) -> Option<Table> {
        let [axis] = self.points.axes.as_slice() else { return None };
        if self.points.count > ROWS_MAX as u64 {
            return None;
        }
        let rows = (0..self.points.count).map(|point| {
            let figures = &cells[(variant * self.points.count + point) as usize];
            let interval = figures.survival().map(|share| {
                let (low, high) = clopper_pearson(figures.survivals(), figures.judged, CONFIDENCE);
                (share, format!("{:.0} to {:.0} %", (low * 100.0).floor(), (high * 100.0).ceil()))
            });
            let nothing = || charset.nothing().to_owned();
            let (share, interval) = interval
                .map_or_else(|| (nothing(), nothing()), |(share, text)| (human::percent(share), text));
            let mean = |metric: Metric, shown: fn(f64) -> String| {
                figures.metrics[metric.index()].as_ref().map_or_else(nothing, |estimate| shown(estimate.mean))
            };
            vec![
                axis.at(point).shown(),
                share,
                interval,
                mean(Metric::Goodput, human::rate),
                mean(Metric::Success, human::percent),
                mean(Metric::P99, |seconds| human::duration((seconds * 1e9).round() as u64)),
                mean(Metric::Attempts, human::rate),
            ]
        });
        let headings = vec!["value", "survives", "95 %", "goodput/s", "success", "p99", "attempts"];
        Some(Table { headings, rows: rows.collect(), note: String::new() })
    }
}

/// How many cells survive, in a sentence.
pub(in crate::report) fn sentence(cells: &[CellFigures]) -> String {
    let count = |is_so: &dyn Fn(f64) -> bool| {
        cells.iter().filter(|cell| cell.survival().is_some_and(is_so)).count() as u64
    };
    let (all, none) = (count(&|share| share == 1.0), count(&|share| share == 0.0));
    let some = count(&|share| share > 0.0 && share < 1.0);
    let untold = cells.len() as u64 - all - none - some;
    let all = survive(all);
    let some = if some > 0 { format!(", {some} with some of them") } else { String::new() };
    let untold = match untold {
        0 => String::new(),
        1 => "; 1 has no result".to_owned(),
        _ => format!("; {untold} have no result"),
    };
    format!("{all} with every seed, {none} with none{some}{untold}")
}

fn survive(cells: u64) -> String {
    format!("{} {}", counted(cells, "cell"), if cells == 1 { "survives" } else { "survive" })
}

pub(in crate::report) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
