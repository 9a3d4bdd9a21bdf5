//! A run as an `OpenMetrics` 1.0 text exposition: the numbers of the CSV files, each with the instant at which they were.
//!
//! Timestamps are simulated seconds. Counters run from the begin of the run, and have their total at its end; levels and quantiles stand at the end of the interval that they are of. What
//! never leaves 0 has its last sample only. Names are those of models and bounded by them; no request has one.

mod families;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::columns::Cell;
use super::csv::{Component, NamedRun, Series};
use super::decimal::seconds;
use crate::kernel::Time;
use crate::mechanism::fault::Role;
use crate::model::hexadecimal;
use crate::observe::Run;

pub use families::{Family, FamilyType, Part, families};

/// What the file begins with, by which an earlier one is known.
pub const BEGIN: &str = "# TYPE metastable_run info\n";

/// Every word that a verdict can be.
const VERDICTS: [&str; 6] = ["healthy", "unaffected", "recovered", "metastable", "unstable", "undecided"];

/// What is told.
#[derive(Clone, Copy, Debug)]
pub struct Exposition<'a> {
    /// The name of the model.
    pub model: &'a str,
    /// The word for what became of the run, if it was judged.
    pub verdict: Option<&'a str>,
    /// The run, and its twin if there is one.
    pub runs: &'a [NamedRun<'a>],
}

impl Exposition<'_> {
    /// Writes all of it.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        let out = &mut out;
        self.write_identity(out)?;
        self.write_faults(out)?;
        for series in Series::ALL.into_iter().filter(|series| series.is_there(self.runs)) {
            let components: Vec<_> =
                self.runs.iter().map(|(label, run)| (*label, *run, series.components(run))).collect();
            for family in families(series) {
                let mut samples = Vec::new();
                for (label, run, components) in &components {
                    for component in components {
                        let metric = Metric { run, component, labels: labels(series, label, component) };
                        metric.write(&mut samples, &family)?;
                    }
                }
                // A level that nobody had at any time says nothing, and a family has samples.
                if !samples.is_empty() {
                    head(out, &family.name, family.family_type.name(), family.unit(), &family.help)?;
                    out.write_all(&samples)?;
                }
            }
        }
        out.write_all(b"# EOF\n")?;
        out.flush()
    }

    fn write_identity(&self, out: &mut impl Write) -> io::Result<()> {
        let help = "What was run; the digest is that of everything that was measured.";
        head(out, "metastable_run", "info", None, help)?;
        for (label, run) in self.runs {
            writeln!(
                out,
                "metastable_run_info{{run=\"{label}\",model=\"{}\",seed=\"{}\",version=\"{}\",digest=\"{}\"}} 1 {}",
                escaped(self.model),
                run.seed,
                env!("CARGO_PKG_VERSION"),
                hexadecimal(&run.digest),
                end_of(run),
            )?;
        }
        let (Some(verdict), Some((_, run))) = (self.verdict, self.runs.first()) else { return Ok(()) };
        head(out, "metastable_verdict", "stateset", None, "What became of the run.")?;
        for state in VERDICTS {
            let is_it = u8::from(state == verdict);
            writeln!(out, "metastable_verdict{{metastable_verdict=\"{state}\"}} {is_it} {}", end_of(run))?;
        }
        Ok(())
    }

    /// Of each fault how many occurrences of it are in force.
    fn write_faults(&self, out: &mut impl Write) -> io::Result<()> {
        if self.runs.iter().all(|(_, run)| run.faults.is_empty()) {
            return Ok(());
        }
        let help = "Occurrences of the fault in force; triggers and what else goes wrong.";
        head(out, "metastable_fault_active", "gauge", None, help)?;
        for (label, run) in self.runs {
            let mut names: Vec<(&str, &str, &str)> = Vec::new();
            for fault in &run.faults {
                let key = (&*fault.name, fault.kind, role(fault.role));
                if !names.contains(&key) {
                    names.push(key);
                }
            }
            for (name, kind, role) in names {
                let labels =
                    format!("run=\"{label}\",fault=\"{}\",kind=\"{kind}\",role=\"{role}\"", escaped(name));
                for (at, level) in levels(run, name) {
                    let at = seconds(u128::from(at.as_ns()));
                    writeln!(out, "metastable_fault_active{{{labels}}} {level} {at}")?;
                }
            }
        }
        Ok(())
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Trigger => "trigger",
        Role::Background => "background",
    }
}

/// How many occurrences of a fault are in force, from when on.
fn levels(run: &Run, name: &str) -> Vec<(Time, i64)> {
    let mut steps: Vec<(Time, i64)> = vec![(Time::ZERO, 0)];
    for fault in run.faults.iter().filter(|fault| fault.name == name) {
        steps.push((fault.at, 1));
        steps.extend(fault.end.map(|end| (end, -1)));
    }
    steps.sort_unstable();
    let mut levels: Vec<(Time, i64)> = Vec::new();
    let mut level = 0;
    for (at, step) in steps {
        level += step;
        match levels.last_mut() {
            Some(last) if last.0 == at => last.1 = level,
            _ => levels.push((at, level)),
        }
    }
    levels
}

/// One component of one run in one family.
struct Metric<'a> {
    run: &'a Run,
    component: &'a Component<'a>,
    labels: String,
}

impl Metric<'_> {
    fn write(&self, out: &mut impl Write, family: &Family) -> io::Result<()> {
        match family.family_type {
            FamilyType::Counter => {
                family.parts.iter().try_for_each(|part| self.write_counter(out, &family.name, part))
            }
            FamilyType::Gauge => {
                family.parts.iter().try_for_each(|part| self.write_points(out, &family.name, &[*part]))
            }
            // What was at one instant stays together.
            FamilyType::Summary => self.write_points(out, &family.name, &family.parts),
        }
    }

    fn write_counter(&self, out: &mut impl Write, name: &str, part: &Part) -> io::Result<()> {
        let mut total = Cell::Count(0);
        let labels = self.with(part);
        let totals: Vec<Cell> = (0..self.component.rows)
            .map(|row| {
                total = sum(total, (self.component.cell)(row, part.column));
                total
            })
            .collect();
        if is_zero(total) {
            return writeln!(out, "{name}_total{{{labels}}} 0 {}", end_of(self.run));
        }
        writeln!(out, "{name}_total{{{labels}}} 0 0")?;
        for (row, total) in totals.into_iter().enumerate() {
            writeln!(out, "{name}_total{{{labels}}} {} {}", total.render(), self.at(row))?;
        }
        Ok(())
    }

    /// Levels, or quantiles of which each row has all.
    fn write_points(&self, out: &mut impl Write, name: &str, parts: &[Part]) -> io::Result<()> {
        let labels: Vec<String> = parts.iter().map(|part| self.with(part)).collect();
        let cell = |row: usize, part: &Part| (self.component.cell)(row, part.column);
        let rows = 0..self.component.rows;
        let is_there = |row: &usize| parts.iter().any(|part| !cell(*row, part).render().is_empty());
        let moves = |row: usize| parts.iter().any(|part| !is_zero(cell(row, part)));
        let from = if rows.clone().any(moves) { 0 } else { rows.clone().rev().find(is_there).unwrap_or(0) };
        for row in from..rows.end {
            for (part, labels) in parts.iter().zip(&labels) {
                let value = cell(row, part).render();
                if !value.is_empty() {
                    writeln!(out, "{name}{{{labels}}} {value} {}", self.at(row))?;
                }
            }
        }
        Ok(())
    }

    fn with(&self, part: &Part) -> String {
        match part.label {
            Some((name, value)) => format!("{},{name}=\"{value}\"", self.labels),
            None => self.labels.clone(),
        }
    }

    /// When a row ends.
    fn at(&self, row: usize) -> String {
        let end = self.run.row_start(row) + self.run.row_length(row);
        seconds(u128::from(end.as_ns()))
    }
}

fn end_of(run: &Run) -> String {
    seconds(u128::from(run.duration.as_ns()))
}

fn labels(series: Series, run: &str, component: &Component<'_>) -> String {
    let names = series.keys().iter().zip(&component.names);
    let names = names.map(|((key, _), name)| format!(",{key}=\"{}\"", escaped(name)));
    format!("run=\"{run}\"{}", names.collect::<String>())
}

fn head(
    out: &mut impl Write,
    name: &str,
    family_type: &str,
    unit: Option<&str>,
    help: &str,
) -> io::Result<()> {
    writeln!(out, "# TYPE {name} {family_type}")?;
    if let Some(unit) = unit {
        writeln!(out, "# UNIT {name} {unit}")?;
    }
    writeln!(out, "# HELP {name} {}", escaped(help))
}

/// What a counter comes to.
fn sum(a: Cell, b: Cell) -> Cell {
    match (a, b) {
        (Cell::Count(a), Cell::Count(b)) => Cell::Count(a + b),
        (Cell::Time(a), Cell::Time(b)) => Cell::Time(a + b),
        (Cell::Count(0), Cell::Time(b)) => Cell::Time(b),
        (sum, _) => sum,
    }
}

/// Whether nothing is there, or nothing but 0.
fn is_zero(cell: Cell) -> bool {
    match cell {
        Cell::Empty | Cell::Count(0) | Cell::Time(0) => true,
        Cell::Count(_) | Cell::Time(_) => false,
        Cell::Quotient { numerator, denominator } => numerator == 0 || denominator == 0,
    }
}

/// As a label or a help text has it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
