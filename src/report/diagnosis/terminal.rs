//! The text on the terminal.

use std::io::{self, Write};

use anstyle::Style;

use super::{DiagnosisReport, comes_back};
use crate::experiment::{Aftermath, Finding, Removal};
use crate::kernel::Time;
use crate::report::human;
use crate::report::sparkline::Charset;
use crate::report::table::{Table, shorten};
use crate::report::terminal::{Tone, WIDTH, capitalised, wrap};

impl DiagnosisReport<'_> {
    /// Writes the text, with colours; a stream that wants none removes them.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write_text(&self, out: &mut impl Write, charset: Charset) -> io::Result<()> {
        let verdict = self.diagnosis.judgement.verdict.to_string();
        let (style, bold) = (Tone::of(&verdict).style(), Style::new().bold());
        let name = shorten(self.name, WIDTH / 2, charset);
        writeln!(out, "{style}{}{style:#}  {name}, seed {}", verdict.to_uppercase(), self.seed)?;
        let sentence = self.diagnosis.judgement.sentence();
        let sentence = sentence.strip_prefix(&format!("{verdict}: ")).unwrap_or(&sentence);
        for line in wrap(&capitalised(sentence), WIDTH) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
        for line in wrap(&capitalised(&self.sentence()), WIDTH) {
            writeln!(out, "{bold}{line}{bold:#}")?;
        }
        for table in self.tables(charset) {
            writeln!(out)?;
            for (index, line) in table.lines(WIDTH, charset).into_iter().enumerate() {
                let style = if index == 0 { bold } else { Style::new() };
                writeln!(out, "{style}{line}{style:#}")?;
            }
        }
        Ok(())
    }

    fn tables(&self, charset: Charset) -> Vec<Table> {
        let Finding::Down { removals, .. } = &self.diagnosis.finding else { return Vec::new() };
        let at = |time: Option<Time>| human::instant(time.unwrap_or_default().as_ns());
        let row = |name: String, after: &Aftermath| {
            let goodput = after.final_ratio.map_or_else(|| charset.nothing().to_owned(), human::percent);
            vec![name, goodput, comes_back(after)]
        };
        // What brings it back first.
        let mut removals: Vec<&Removal> = removals.iter().collect();
        removals.sort_by_key(|removal| !removal.after.is_back());
        let removed = Table {
            headings: vec!["taken away alone", "goodput at the end", "comes back"],
            rows: removals.into_iter().map(|removal| row(removal.name.clone(), &removal.after)).collect(),
            note: format!(
                "From {} on: the triggers have ended, and what they left is there.",
                at(self.diagnosis.down)
            ),
        };
        let done = self.remedies().into_iter().map(|remedy| row(remedy.action.to_string(), &remedy.after));
        let done = Table {
            headings: vec!["an operator does", "goodput at the end", "comes back"],
            rows: done.collect(),
            note: format!(
                "At {}. Goodput is a share of the twin's, which has the same load.",
                at(self.diagnosis.acts)
            ),
        };
        vec![removed, done]
    }
}
