//! The result of a run as text on 80 columns: the verdict, then the course of every workload, then a table per kind of component.
//!
//! Everything is said in words and shapes; colour only repeats it, so that a pipe, a log or a colour-blind reader loses nothing.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::human;
use super::sparkline::{Charset, cell_of_row, draw, rows_of_cell};
use super::table::{Table, shorten};
use crate::analysis::{
    CacheFigures, EdgeFigures, Figures, LockFigures, MemoryFigures, Objective, ObjectiveJudgement,
    PolicyFigures, ServiceFigures, WorkloadFigures,
};
use crate::kernel::{Duration, Time};
use crate::mechanism::fault::Role;
use crate::observe::{Run, WorkloadRow, WorkloadSeries};

/// The columns of a terminal that nobody has resized.
pub const WIDTH: usize = 80;

const LABEL_WIDTH: usize = 9;
const CELLS_MAX: usize = 56;
/// So many workloads have a chart.
pub(super) const CHARTS_MAX: usize = 6;
const UNIT: &str = ": requests per second";

/// How a verdict feels; decides the colour of its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// The system works.
    Good,
    /// The system is broken.
    Bad,
    /// It cannot be said.
    Unclear,
}

impl Tone {
    /// The tone of a verdict, by its word.
    pub fn of(verdict: &str) -> Self {
        match verdict {
            "healthy" | "unaffected" | "recovered" => Self::Good,
            "metastable" | "unstable" => Self::Bad,
            _ => Self::Unclear,
        }
    }

    pub(super) fn style(self) -> Style {
        let colour = match self {
            Self::Good => AnsiColor::Green,
            Self::Bad => AnsiColor::Red,
            Self::Unclear => AnsiColor::Yellow,
        };
        Style::new().bold().fg_color(Some(colour.into()))
    }
}

/// All that the text says.
#[derive(Clone, PartialEq, Debug)]
pub struct TerminalReport {
    /// The name of the model.
    pub model: String,
    /// The seed.
    pub seed: u64,
    /// The word: `metastable`, `recovered`, …; `not judged` if there is none.
    pub verdict: String,
    /// The verdict explained, without the word itself.
    pub sentence: String,
    /// Of the workloads, or of the most troubled ones.
    pub charts: Vec<Chart>,
    /// How many workloads have none.
    pub charts_left_out: usize,
    /// One per kind of component; empty ones are left out.
    pub tables: Vec<Table>,
    /// Begin and end of the span that the tables cover.
    pub span: (Time, Time),
    /// Where the files are.
    pub output: Option<String>,
    /// The command that gives the same result again.
    pub replay: String,
}

/// The course of one workload, in cells of about equal length.
#[derive(Clone, PartialEq, Debug)]
pub struct Chart {
    /// The name of the workload.
    pub workload: String,
    /// Requests offered per second in each cell, those that a trigger added included.
    pub offered_per_s: Vec<f64>,
    /// Requests per second that succeeded in time, those that a trigger added included.
    pub goodput_per_s: Vec<f64>,
    /// The same for the twin.
    pub twin_goodput_per_s: Option<Vec<f64>>,
    /// Whether a trigger acts in the cell.
    pub is_triggered: Vec<bool>,
    /// The length of the run.
    pub duration: Duration,
}

impl Chart {
    /// The charts of the workloads of a run, beside those of its twin; of more than a few, those that had the smallest share of their requests succeed.
    pub fn of_run(run: &Run, twin: Option<&Run>) -> Vec<Self> {
        let goodput = |row: &WorkloadRow| row.good + row.extra_good;
        let share = |of: &WorkloadSeries| of.totals.good as f64 / of.totals.offered.max(1) as f64;
        let mut shown: Vec<usize> = (0..run.workloads.len()).collect();
        if shown.len() > CHARTS_MAX {
            shown.sort_by(|&one, &other| share(&run.workloads[one]).total_cmp(&share(&run.workloads[other])));
            shown.truncate(CHARTS_MAX);
            shown.sort_unstable();
        }
        shown
            .into_iter()
            .map(|position| &run.workloads[position])
            .map(|workload| {
                let twin_rows = twin
                    .and_then(|twin| twin.workloads.iter().find(|other| other.name == workload.name))
                    .map(|workload| &*workload.rows);
                Self {
                    workload: workload.name.clone(),
                    offered_per_s: rates(run, &workload.rows, |row| row.offered + row.extra_offered),
                    goodput_per_s: rates(run, &workload.rows, goodput),
                    twin_goodput_per_s: twin_rows.map(|rows| rates(run, rows, goodput)),
                    is_triggered: triggered_cells(run),
                    duration: run.duration,
                }
            })
            .collect()
    }

    fn write(&self, out: &mut impl Write, charset: Charset) -> io::Result<()> {
        let heading = Style::new().bold();
        let dim = Style::new().dimmed();
        let name = shorten(&self.workload, WIDTH - UNIT.len(), charset);
        writeln!(out, "{heading}{name}{heading:#}{UNIT}")?;
        if self.is_triggered.contains(&true) {
            let marks: String =
                self.is_triggered.iter().map(|&acts| if acts { charset.marker() } else { ' ' }).collect();
            writeln!(out, "  {:<LABEL_WIDTH$}{}", "trigger", marks.trim_end())?;
        }
        let twin = self.twin_goodput_per_s.as_deref().unwrap_or_default();
        let peak =
            [&*self.offered_per_s, &*self.goodput_per_s, twin].concat().into_iter().fold(0.0, f64::max);
        for (label, values, style) in [
            ("offered", &*self.offered_per_s, Style::new()),
            ("goodput", &*self.goodput_per_s, heading),
            ("twin", twin, dim),
        ] {
            if values.is_empty() {
                continue;
            }
            let course = draw(values, peak, charset);
            let end = format!("end {}", human::rate(values.last().copied().unwrap_or_default()));
            writeln!(out, "  {label:<LABEL_WIDTH$}{style}{course}{style:#} {end}")?;
        }
        self.write_axis(out, peak)
    }

    fn write_axis(&self, out: &mut impl Write, peak: f64) -> io::Result<()> {
        let cells = self.offered_per_s.len();
        let end = human::instant(self.duration.as_ns());
        let gap = cells.saturating_sub(2).max(end.len() + 1);
        writeln!(out, "  {:<LABEL_WIDTH$}0s{end:>gap$} max {}", "", human::rate(peak))
    }
}

/// The rate in every cell. `run` says how long the rows are; a twin has the same rows.
fn rates(run: &Run, rows: &[WorkloadRow], count: impl Fn(&WorkloadRow) -> u64) -> Vec<f64> {
    let cells = rows.len().min(CELLS_MAX);
    (0..cells)
        .map(|cell| {
            let range = rows_of_cell(cell, cells, rows.len());
            let length_ns: u64 = range.clone().map(|row| run.row_length(row).as_ns()).sum();
            let total: u64 = rows[range].iter().map(&count).sum();
            if length_ns == 0 { 0.0 } else { total as f64 * 1e9 / length_ns as f64 }
        })
        .collect()
}

fn triggered_cells(run: &Run) -> Vec<bool> {
    let row_count = run.row_count();
    let cells = row_count.min(CELLS_MAX);
    let mut is_triggered = vec![false; cells];
    let row_at = |time: Time| (time.as_ns() / run.interval.as_ns()) as usize;
    for fault in run.faults.iter().filter(|fault| fault.role == Role::Trigger) {
        let first = row_at(fault.at);
        // The end is exclusive; what lasts no time at all still acts in its row.
        let last = fault.end.map_or(row_count, |end| row_at(Time::from_ns(end.as_ns().saturating_sub(1))));
        if first < row_count {
            let last = last.clamp(first, row_count - 1);
            is_triggered[cell_of_row(first, cells, row_count)..=cell_of_row(last, cells, row_count)]
                .fill(true);
        }
    }
    is_triggered
}

/// A large system has more rows than anybody reads: so many are shown of each kind of component, the most troubled ones.
const ROWS_MAX: usize = 20;

/// The tables of a run: workloads, edges, services.
pub fn tables(figures: &Figures, charset: Charset) -> Vec<Table> {
    let (workloads, workloads_note) =
        troubled(&figures.workloads, "workloads", |of| of.good_ratio.unwrap_or(1.0));
    let (edges, edges_note) = troubled(&figures.edges, "edges", |of| {
        // What fails, and among equals what is made most often.
        of.call_ok_ratio.unwrap_or(1.0) - of.attempts_per_call.unwrap_or(0.0) / 1e6
    });
    let (services, services_note) = troubled(&figures.services, "services", |of| {
        -of.attempts_queued_mean - of.utilisation_ratio.unwrap_or(0.0) / 1e6
    });
    let (policies, policies_note) =
        troubled(&figures.policies, "circuit_breakers", |of| -of.rejected_ratio.unwrap_or(0.0));
    let (caches, caches_note) = troubled(&figures.caches, "caches", |of| of.hit_ratio.unwrap_or(1.0));
    let (memories, memories_note) =
        troubled(&figures.memories, "heaps", |of| -of.stopped_ratio.unwrap_or(0.0));
    let mut tables = vec![
        Table {
            headings: vec!["workload", "offered/s", "goodput/s", "good", "p50", "p99", "p99.9"],
            rows: workloads.into_iter().map(workload_cells).collect(),
            note: workloads_note,
        },
        Table {
            headings: vec!["call", "calls/s", "attempts/s", "per call", "ok", "p50", "p99"],
            rows: edges.into_iter().map(|edge| edge_cells(edge, charset)).collect(),
            note: edges_note,
        },
        Table {
            headings: vec!["service", "received/s", "busy", "queued", "at most", "wasted", "p99"],
            rows: services.into_iter().map(service_cells).collect(),
            note: services_note,
        },
    ];
    if !policies.is_empty() {
        tables.insert(2, policy_table(policies, policies_note, charset));
    }
    let (locks, locks_note) = troubled(&figures.locks, "locks", |of| -of.waiting_mean);
    if !locks.is_empty() {
        tables.push(Table {
            headings: vec!["lock", "acquired/s", "waited", "timed out", "waiting", "wait p99", "hold p99"],
            rows: locks.into_iter().map(lock_cells).collect(),
            note: locks_note,
        });
    }
    if !caches.is_empty() {
        tables.push(Table {
            headings: vec!["cache", "gets/s", "hits", "fills/s", "entries", "failed", "age p99"],
            rows: caches.into_iter().map(cache_cells).collect(),
            note: caches_note,
        });
    }
    if !memories.is_empty() {
        tables.push(Table {
            headings: vec!["heap of", "room", "alive", "at most", "paused", "pause p99", "killed"],
            rows: memories.into_iter().map(memory_cells).collect(),
            note: memories_note,
        });
    }
    tables
}

/// What policies do; the columns of what no policy of the model has are left out.
fn policy_table(policies: Vec<&PolicyFigures>, note: String, charset: Charset) -> Table {
    let ejects = policies.iter().any(|policy| policy.hosts_ejected_ratio.is_some());
    let hedges = policies.iter().any(|policy| policy.hedges.is_some());
    let mut headings = vec!["policy", "retries granted", "denied", "calls rejected", "open"];
    headings.extend(ejects.then_some("ejected"));
    headings.extend(hedges.then_some("hedged"));
    let cells = |policy: &PolicyFigures| {
        let mut cells = policy_cells(policy, charset);
        cells.extend(ejects.then(|| share(policy.hosts_ejected_ratio)));
        cells.extend(hedges.then(|| share(policy.hedges.and_then(|hedges| hedges.extra_load))));
        cells
    };
    Table { headings, rows: policies.into_iter().map(cells).collect(), note }
}

/// Those with the lowest `health`, in their order, and what to say of the others.
fn troubled<'a, T>(all: &'a [T], kind: &str, health: impl Fn(&T) -> f64) -> (Vec<&'a T>, String) {
    if all.len() <= ROWS_MAX {
        return (all.iter().collect(), String::new());
    }
    let mut positions: Vec<usize> = (0..all.len()).collect();
    positions.sort_by(|&one, &other| health(&all[one]).total_cmp(&health(&all[other])));
    positions.truncate(ROWS_MAX);
    positions.sort_unstable();
    let note = format!("and {} less troubled: {kind}.csv", all.len() - ROWS_MAX);
    (positions.into_iter().map(|position| &all[position]).collect(), note)
}

/// What was promised and what came out.
pub fn objectives_table(judged: &[ObjectiveJudgement]) -> Table {
    let (shown, note) = if judged.len() > ROWS_MAX {
        let mut shown: Vec<&ObjectiveJudgement> = judged.iter().collect();
        shown.sort_by_key(|judged| judged.met == Some(true));
        shown.truncate(ROWS_MAX);
        (shown, format!("and {} more: summary.json", judged.len() - ROWS_MAX))
    } else {
        (judged.iter().collect(), String::new())
    };
    let rows = shown.into_iter().map(|ObjectiveJudgement { workload, objective, met }| {
        let (what, target, found) = match *objective {
            Objective::Availability { target, found } => {
                ("availability".to_owned(), format!("{} %", target.as_f64() * 100.0), share(found))
            }
            Objective::Latency { quantile, target, found } => {
                let quantile = if quantile == "p999" { "p99.9" } else { quantile };
                let found = found.map(|found| human::duration(found.as_ns()));
                (format!("latency {quantile}"), human::duration(target.as_ns()), found.unwrap_or_default())
            }
            Objective::Recovery { target, found } => {
                let found = found.map(|found| human::instant(found.as_ns()));
                ("recovery".to_owned(), human::instant(target.as_ns()), found.unwrap_or_default())
            }
        };
        let word = match met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "cannot be said",
        };
        vec![format!("{workload}: {what}"), target, found, word.to_owned()]
    });
    Table { headings: vec!["objective", "target", "found", ""], rows: rows.collect(), note }
}

fn workload_cells(of: &WorkloadFigures) -> Vec<String> {
    vec![
        of.name.clone(),
        human::rate(of.offered_per_s),
        human::rate(of.goodput_per_s),
        share(of.good_ratio),
        time(of.latency.p50_s),
        time(of.latency.p99_s),
        time(of.latency.p999_s),
    ]
}

fn edge_cells(of: &EdgeFigures, charset: Charset) -> Vec<String> {
    vec![
        format!("{} {} {} ({})", of.caller, charset.arrow(), of.target, of.policy),
        human::rate(of.calls_per_s),
        human::rate(of.attempts_per_s),
        of.attempts_per_call.map(human::rate).unwrap_or_default(),
        share(of.call_ok_ratio),
        time(of.call_latency.p50_s),
        time(of.call_latency.p99_s),
    ]
}

/// How many retries its budget granted and denied, which share of its calls it rejected, which share of its breakers was open, and which of the instances was ejected.
fn policy_cells(of: &PolicyFigures, charset: Charset) -> Vec<String> {
    vec![
        format!("{} {} {} ({})", of.caller, charset.arrow(), of.target, of.policy),
        of.retries.map(|retries| human::count(retries.granted)).unwrap_or_default(),
        of.retries.map(|retries| human::count(retries.denied)).unwrap_or_default(),
        share(of.rejected_ratio),
        share(of.breakers_open_ratio),
    ]
}

fn service_cells(of: &ServiceFigures) -> Vec<String> {
    vec![
        of.name.clone(),
        human::rate(of.received_per_s),
        share(of.utilisation_ratio),
        human::rate(of.attempts_queued_mean),
        human::count(of.attempts_queued_max),
        share(of.wasted_work_ratio),
        time(of.time_in_service.p99_s),
    ]
}

fn cache_cells(of: &CacheFigures) -> Vec<String> {
    vec![
        of.name.clone(),
        human::rate(of.gets_per_s),
        share(of.hit_ratio),
        human::rate(of.fills_per_s),
        human::count(of.entries),
        // Loads, stores, and calls to the service that it is in.
        human::count(of.load_failures + of.store_failures + of.get_errors + of.write_errors),
        time(of.age.p99_s),
    ]
}

fn memory_cells(of: &MemoryFigures) -> Vec<String> {
    vec![
        of.service.clone(),
        human::bytes(of.heap_bytes),
        share(of.live_ratio),
        human::bytes(of.live_bytes_max),
        share(of.stopped_ratio),
        time(of.pause.p99_s),
        human::count(of.out_of_memory),
    ]
}

fn lock_cells(of: &LockFigures) -> Vec<String> {
    vec![
        of.name.clone(),
        human::rate(of.acquired_per_s),
        share(of.contended_ratio),
        human::count(of.timed_out),
        human::count(of.waiting_mean.round() as u64),
        time(of.wait.p99_s),
        time(of.hold.p99_s),
    ]
}

fn share(ratio: Option<f64>) -> String {
    ratio.map(human::percent).unwrap_or_default()
}

fn time(seconds: Option<f64>) -> String {
    seconds.map(|seconds| human::duration((seconds * 1e9).round() as u64)).unwrap_or_default()
}

impl TerminalReport {
    /// Writes the text, with colours; a stream that wants none removes them.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn write(&self, out: &mut impl Write, charset: Charset) -> io::Result<()> {
        let style = Tone::of(&self.verdict).style();
        let word = self.verdict.to_uppercase();
        let model = shorten(&self.model, WIDTH - word.chars().count() - 30, charset);
        writeln!(out, "{style}{word}{style:#}  {model}, seed {}", self.seed)?;
        for line in wrap(&capitalised(&self.sentence), WIDTH) {
            writeln!(out, "{line}")?;
        }
        for chart in &self.charts {
            writeln!(out)?;
            chart.write(out, charset)?;
        }
        if self.charts_left_out > 0 {
            writeln!(out, "\nand {} workloads less troubled: workloads.csv", self.charts_left_out)?;
        }
        let (begin, end) = self.span;
        writeln!(out, "\nFrom {} to {}:", human::instant(begin.as_ns()), human::instant(end.as_ns()))?;
        let bold = Style::new().bold();
        for table in self.tables.iter().filter(|table| !table.rows.is_empty()) {
            writeln!(out)?;
            for (index, line) in table.lines(WIDTH, charset).into_iter().enumerate() {
                let style = if index == 0 { bold } else { Style::new() };
                writeln!(out, "{style}{line}{style:#}")?;
            }
        }
        writeln!(out)?;
        if let Some(output) = &self.output {
            writeln!(out, "results  {output}")?;
        }
        writeln!(out, "replay   {}", self.replay)
    }
}

pub(super) fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Lines of at most `width` characters, broken between words; a word that is longer is broken where the line ends.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut rest: &str = word;
        while !rest.is_empty() {
            let line = lines.last_mut().expect("invariant: there is a line");
            let used = line.chars().count();
            let space = usize::from(used > 0);
            if used + space + rest.chars().count() <= width {
                line.push_str(&" "[..space]);
                line.push_str(rest);
                break;
            }
            if used > 0 {
                lines.push(String::new());
                continue;
            }
            let cut = rest.char_indices().nth(width).map_or(rest.len(), |(position, _)| position);
            line.push_str(&rest[..cut]);
            rest = &rest[cut..];
        }
    }
    lines
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
