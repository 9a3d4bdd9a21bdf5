//! From the rows of a run to the lines of a chart: the columns of the CSV files, per second where they count.

use crate::kernel::Time;
use crate::mechanism::Kind;
use crate::mechanism::fault::Role;
use crate::observe::Run;
use crate::report::columns::{Cell, Field, Interval};
use crate::report::human;
use crate::report::svg::{Chart, Colour, Line, Measure, Shade, Shape};

/// The size of a chart that stands beside others.
pub(super) const SMALL: (f64, f64) = (360.0, 190.0);
/// More lines than this nobody tells apart.
const LINES_MAX: usize = 6;

/// Which columns of a component make a chart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) measure: Measure,
    pub(super) unit: &'static str,
    /// Columns, and what they are called beside their lines.
    pub(super) lines: &'static [(&'static str, &'static str)],
}

/// The rows of one component.
#[derive(Clone, Copy)]
pub(super) struct Series<'a, R> {
    pub(super) run: &'a Run,
    pub(super) groups: &'a [&'a [Field<R>]],
    pub(super) threads: Option<u64>,
    pub(super) rows: &'a [R],
}

impl<R> Series<'_, R> {
    /// A column over time; counts and sums are per second.
    pub(super) fn values(&self, column: &str) -> Vec<Option<f64>> {
        let field = self.groups.iter().copied().flatten().find(|field| field.column.name == column);
        let field = field.expect("invariant: a panel names columns that there are");
        let is_counted = matches!(field.column.kind, Kind::Count | Kind::Sum);
        let in_row = |(index, row): (usize, &R)| {
            let length = self.run.row_length(index);
            let value = float((field.cell)(row, Interval { length, threads: self.threads }))?;
            Some(if is_counted { value / length.as_secs_f64() } else { value })
        };
        self.rows.iter().enumerate().map(in_row).collect()
    }

    /// The chart of a panel; `None` if nothing ever happened that it would show.
    pub(super) fn chart(&self, panel: &Panel, of: &str) -> Option<Chart> {
        let mut lines: Vec<(f64, Line)> = panel
            .lines
            .iter()
            .map(|(column, label)| {
                let values = self.values(column);
                let sum = values.iter().flatten().sum();
                (sum, line(label, Colour::Series(0), values))
            })
            .filter(|(sum, _)| *sum > 0.0)
            .collect();
        if lines.len() > LINES_MAX {
            lines.sort_by(|one, other| other.0.total_cmp(&one.0));
            lines.truncate(LINES_MAX);
        }
        let lines = lines.into_iter().enumerate();
        let lines = lines.map(|(index, (_, line))| Line { colour: Colour::Series(index), ..line }).collect();
        chart(self.run, panel.title, panel.measure, panel.unit, of, lines)
    }
}

fn float(cell: Cell) -> Option<f64> {
    match cell {
        Cell::Empty => None,
        Cell::Count(count) => Some(count as f64),
        Cell::Time(ns) => Some(ns as f64 / 1e9),
        Cell::Quotient { numerator, denominator } => {
            (denominator > 0).then(|| numerator as f64 / denominator as f64)
        }
    }
}

/// A line of a chart.
pub(super) fn line(label: &str, colour: Colour, values: Vec<Option<f64>>) -> Line {
    Line { label: label.to_owned(), colour, shape: Shape::Line, values }
}

/// A chart of some lines of a run; `None` if there are none. Its name is given where it is put on the page.
pub(super) fn chart(
    run: &Run,
    title: &str,
    measure: Measure,
    unit: &str,
    of: &str,
    lines: Vec<Line>,
) -> Option<Chart> {
    if lines.is_empty() {
        return None;
    }
    let description = lines.iter().map(|line| spoken(line, measure)).collect::<Vec<_>>().join("; ");
    Some(Chart {
        name: String::new(),
        title: if of.is_empty() { title.to_owned() } else { format!("{of}: {title}") },
        description: format!("In {unit}. {description}."),
        measure,
        unit: unit.to_owned(),
        interval_ns: run.interval.as_ns(),
        duration_ns: run.duration.as_ns(),
        shades: shades(run),
        lines,
        at_least: 0.0,
        size: SMALL,
        is_direct: false,
    })
}

/// A line in words.
fn spoken(line: &Line, measure: Measure) -> String {
    let known = || line.values.iter().copied().flatten();
    let [Some(first), Some(last), Some(lowest), Some(highest)] =
        [known().next(), known().last(), known().reduce(f64::min), known().reduce(f64::max)]
    else {
        return format!("{} has no values", line.label);
    };
    let [first, last, lowest, highest] = [first, last, lowest, highest].map(|value| shown(measure, value));
    format!("{} begins at {first}, ends at {last}, and is between {lowest} and {highest}", line.label)
}

/// A value for people.
pub(super) fn shown(measure: Measure, value: f64) -> String {
    match measure {
        Measure::Number => human::rate(value),
        Measure::Seconds if value == 0.0 => "0 s".to_owned(),
        Measure::Seconds => human::duration((value * 1e9).round() as u64),
        Measure::Share => human::percent(value),
        Measure::Bytes => human::bytes(value.round() as u64),
    }
}

/// What acts while the run goes on: triggers, and behind them what is part of the world.
pub(super) fn shades(run: &Run) -> Vec<Shade> {
    let mut shades: Vec<Shade> = run
        .faults
        .iter()
        .map(|fault| Shade {
            begin_ns: fault.at.as_ns(),
            end_ns: fault.end.unwrap_or(Time::ZERO + run.duration).as_ns(),
            label: match fault.role {
                Role::Trigger => format!("trigger: {}", fault.name),
                Role::Background => fault.name.clone(),
            },
            is_trigger: fault.role == Role::Trigger,
        })
        .collect();
    shades.sort_by_key(|shade| (shade.is_trigger, shade.begin_ns));
    merged(shades)
}

/// Occurrences that touch or overlap are one, so that a thousand of them are no thousand boxes.
fn merged(shades: Vec<Shade>) -> Vec<Shade> {
    let mut merged: Vec<Shade> = Vec::new();
    for shade in shades {
        match merged.last_mut() {
            Some(last) if last.is_trigger == shade.is_trigger && shade.begin_ns <= last.end_ns => {
                last.end_ns = last.end_ns.max(shade.end_ns);
                if !last.label.contains(&shade.label) && last.label.len() < 60 {
                    let name = shade.label.strip_prefix("trigger: ").unwrap_or(&shade.label);
                    last.label.extend([", ", name]);
                }
            }
            _ => merged.push(shade),
        }
    }
    merged
}
