//! The text on the terminal: the answer, and a line per value with its interval drawn.

use std::io::{self, Write};

use anstyle::Style;

use super::BoundaryReport;
use crate::analysis::{Counted, Outcome, Probe};
use crate::model::{Scale, VerdictName};
use crate::report::sparkline::{Charset, draw_interval};
use crate::report::table::{Table, shorten};
use crate::report::terminal::{Tone, WIDTH, wrap};

/// So many verdicts have a column each.
const VERDICTS_SHOWN: usize = 3;
/// Cells of a drawing, at least and at most.
const CELLS: (usize, usize) = (7, 24);

impl BoundaryReport<'_> {
    /// Writes the text, with colours; a stream that wants none removes them.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_text(&self, out: &mut impl Write, charset: Charset) -> io::Result<()> {
        let tone = if matches!(self.outcome, Outcome::Crossing { .. }) { Tone::Good } else { Tone::Unclear };
        let (style, bold) = (tone.style(), Style::new().bold());
        writeln!(out, "{style}{}{style:#}  {}", self.headline(), shorten(self.name, WIDTH / 2, charset))?;
        for line in wrap(&self.sentence(), WIDTH) {
            writeln!(out, "{line}")?;
        }
        for line in self.doubt().iter().chain(&self.width()).flat_map(|doubt| wrap(doubt, WIDTH)) {
            writeln!(out, "{line}")?;
        }
        let question = self.search.question();
        let (low, high) = question.along.ends();
        let scale = if question.scale == Scale::Log { ", by ratios" } else { "" };
        let range = format!(
            "{} from {} to {}{scale}",
            question.along.path(),
            question.along.written(low),
            question.along.written(high)
        );
        writeln!(out)?;
        for line in wrap(&range, WIDTH) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
        for (index, line) in self.table(charset).lines(WIDTH, charset).into_iter().enumerate() {
            let style = if index == 0 { bold } else { Style::new() };
            writeln!(out, "{style}{line}{style:#}")?;
        }
        let (line, dot, mark) = charset.interval();
        let note = format!(
            "{line}{dot}{line}: the share of seeds that {} and its interval; {mark}: {}. All intervals hold together with 95 % confidence",
            self.ends_so(),
            self.level()
        );
        for line in wrap(&note, WIDTH) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    fn table(&self, charset: Charset) -> Table {
        let mut verdicts: Vec<VerdictName> =
            VerdictName::ALL.into_iter().filter(|&it| self.total(it) > 0).collect();
        let mut has_others = false;
        if verdicts.len() > VERDICTS_SHOWN {
            // What was asked for first, then what came most often.
            let asked = self.search.question().counted;
            verdicts.sort_by_key(|&it| (asked != Counted::Verdict(it), std::cmp::Reverse(self.total(it))));
            verdicts.truncate(VERDICTS_SHOWN - 1);
            verdicts.sort();
            has_others = true;
        }
        let row = |(position, probe): (usize, &Probe), cells: usize| {
            let level = self.search.question().level.as_f64();
            let mut row = vec![
                self.written(position),
                probe.seed_count().to_string(),
                draw_interval(probe.share(), probe.interval, level, cells, charset),
                shown(probe.interval, level),
                probe.side.name().to_owned(),
            ];
            let counts = verdicts.iter().map(|&verdict| probe.verdict_count(verdict));
            let shown: u64 = counts.clone().sum();
            let others = has_others.then(|| probe.seed_count() - shown);
            let cell = |count: u64| if count > 0 { count.to_string() } else { String::new() };
            row.extend(counts.chain(others).map(cell));
            row
        };
        let mut headings = vec!["value", "seeds", "share", "interval", "side"];
        headings.extend(verdicts.iter().map(|verdict| verdict.name()));
        headings.extend(has_others.then_some("others"));
        let probes = self.in_order();
        let with = |cells: usize| Table {
            headings: headings.clone(),
            rows: probes.iter().map(|&probe| row(probe, cells)).collect(),
            note: String::new(),
        };
        let width = |table: &Table| {
            let lines = table.lines(usize::MAX, charset);
            lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)
        };
        let free = (WIDTH + CELLS.0).saturating_sub(width(&with(CELLS.0)));
        with(free.clamp(CELLS.0, CELLS.1))
    }

    fn total(&self, verdict: VerdictName) -> u64 {
        self.search.probes().iter().map(|probe| probe.verdict_count(verdict)).sum()
    }
}

/// An interval in percent, rounded outwards; with a decimal where it would seem to touch the level and does not.
pub(in crate::report) fn shown((low, high): (f64, f64), level: f64) -> String {
    let end = |share: f64, round: fn(f64) -> f64| {
        let whole = round(share * 100.0);
        if whole == level * 100.0 && share != level {
            format!("{:.1}", round(share * 1000.0) / 10.0)
        } else {
            whole.to_string()
        }
    };
    format!("{} to {} %", end(low, f64::floor), end(high, f64::ceil))
}
