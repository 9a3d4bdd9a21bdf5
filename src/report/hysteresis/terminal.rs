//! The text on the terminal.

use std::io::{self, Write};

use anstyle::Style;

use super::HysteresisReport;
use crate::analysis::{CellCounts, Way};
use crate::report::human;
use crate::report::sparkline::{Charset, draw};
use crate::report::table::{Table, shorten};
use crate::report::terminal::{Tone, WIDTH, wrap};

impl HysteresisReport<'_> {
    /// Writes the text, with colours; a stream that wants none removes them.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_text(&self, out: &mut impl Write, charset: Charset) -> io::Result<()> {
        let tone = match self.hysteresis.way() {
            Way::Hysteresis => Tone::Bad,
            Way::NeverFell => Tone::Good,
            Way::NeverBegan | Way::NotHeld | Way::Drains | Way::Lag | Way::Same => Tone::Unclear,
        };
        let (style, bold) = (tone.style(), Style::new().bold());
        let seeds = self.hysteresis.observations.len();
        let name = shorten(self.name, WIDTH / 2, charset);
        writeln!(out, "{style}{}{style:#}  {name}, seeds 1 to {seeds}", self.headline())?;
        for line in wrap(&self.sentence(), WIDTH) {
            writeln!(out, "{line}")?;
        }
        let ramp = &self.hysteresis.ramp;
        let span = format!("{} to {}", self.load(ramp.low_per_s), self.load(ramp.high_per_s));
        writeln!(out, "\n{bold}good{bold:#}, as a share of what is offered at each load, {span}")?;
        for (label, cells) in ["up", "down"].into_iter().zip(self.hysteresis.course()) {
            let share = |cell: &CellCounts| {
                if cell.offered > 0 { cell.good as f64 / cell.offered as f64 } else { 0.0 }
            };
            let shares: Vec<f64> = cells.iter().map(share).collect();
            writeln!(out, "{label:<5} {}", draw(&shares, 1.0, charset))?;
        }
        writeln!(out)?;
        for (index, line) in self.table(charset).lines(WIDTH, charset).into_iter().enumerate() {
            let style = if index == 0 { bold } else { Style::new() };
            writeln!(out, "{style}{line}{style:#}")?;
        }
        let note = format!("Medians over the seeds, with exact 95 % intervals. {}", self.caveat());
        for line in wrap(&note, WIDTH) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    fn table(&self, charset: Charset) -> Table {
        let rows = self.medians().into_iter().filter_map(|(name, estimate)| {
            let estimate = estimate?;
            let interval = estimate.interval.map_or_else(
                || charset.nothing().to_owned(),
                |(low, high)| format!("{} to {}", self.shown(name, low), self.shown(name, high)),
            );
            Some(vec![
                name.to_owned(),
                self.shown(name, estimate.median),
                interval,
                estimate.count.to_string(),
            ])
        });
        let headings = vec!["load", "median", "95 %", "seeds"];
        Table { headings, rows: rows.collect(), note: String::new() }
    }

    /// A load; a difference that has no end is larger than the ramp.
    pub(in crate::report) fn shown(&self, name: &str, per_s: f64) -> String {
        let ramp = &self.hysteresis.ramp;
        match per_s {
            f64::INFINITY if name == "difference" => {
                format!(">{}/s", human::rate(ramp.high_per_s - ramp.low_per_s))
            }
            _ if per_s < 0.0 && per_s.is_finite() => format!("-{}/s", human::rate(-per_s)),
            _ => self.load(per_s),
        }
    }
}
