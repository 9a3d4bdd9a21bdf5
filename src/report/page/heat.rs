//! What fails and what is busy, component by component over time.

use std::ops::Range;

use crate::analysis::Figures;
use crate::kernel::Time;
use crate::mechanism::Class;
use crate::mechanism::fault::Role;
use crate::observe::Run;
use crate::report::human;
use crate::report::sparkline::rows_of_cell;
use crate::report::svg::{HeatMap, HeatRow, time_ticks};

/// From where on a component is how busy: much is not yet trouble.
pub(super) const BUSY: [f64; 5] = [0.5, 0.7, 0.8, 0.9, 0.98];

/// More stretches of time nobody tells apart.
const COLUMNS_MAX: usize = 160;
/// More rows are no overview.
const ROWS_MAX: usize = 24;

/// Shares of a stretch of rows, by component: a name, and what share it is.
type Share<'a> = (String, Box<dyn Fn(Range<usize>) -> Option<f64> + 'a>);

/// The share of requests that do not succeed, and of calls that fail.
pub(super) fn failures(run: &Run, figures: &Figures) -> Vec<HeatRow> {
    let workloads = run.workloads.iter().map(|series| -> Share<'_> {
        let share = |rows: Range<usize>| {
            let sum = |of: &dyn Fn(&crate::observe::WorkloadRow) -> u64| {
                series.rows[rows.clone()].iter().map(of).sum::<u64>()
            };
            let good = sum(&|row| row.good + row.extra_good);
            let bad = sum(&|row| row.ok_late + row.failed.iter().sum::<u64>() + row.extra_failed);
            (good + bad > 0).then(|| bad as f64 / (good + bad) as f64)
        };
        (series.name.clone(), Box::new(share))
    });
    let mut order: Vec<usize> =
        (0..run.edges.len()).filter(|&index| !run.edges[index].caller_is_workload).collect();
    let ok = |index: usize| figures.edges[index].call_ok_ratio.unwrap_or(1.0);
    order.sort_by(|&one, &other| ok(one).total_cmp(&ok(other)));
    let edges = order.into_iter().map(|index| -> Share<'_> {
        let edge = &run.edges[index];
        let share = |rows: Range<usize>| {
            let rows = || edge.rows[rows.clone()].iter();
            let all: u64 = rows().flat_map(|row| row.call_ended).sum();
            let ok: u64 = rows().map(|row| row.call_ended[Class::Ok.index()]).sum();
            (all > 0).then(|| (all - ok) as f64 / all as f64)
        };
        (format!("{} → {}", edge.caller, edge.target), Box::new(share))
    });
    cells(run, workloads.chain(edges))
}

/// The share of the threads in use, of the services whose threads are limited.
pub(super) fn load(run: &Run, figures: &Figures) -> Vec<HeatRow> {
    let mut order: Vec<usize> = (0..run.services.len()).collect();
    let busy = |index: usize| figures.services[index].utilisation_ratio.unwrap_or(0.0);
    order.sort_by(|&one, &other| busy(other).total_cmp(&busy(one)));
    let services = order.into_iter().filter_map(|index| -> Option<Share<'_>> {
        let service = &run.services[index];
        let threads = service.threads.filter(|&threads| threads > 0)?;
        let share = move |rows: Range<usize>| {
            let busy: u128 = service.rows[rows.clone()].iter().map(|row| row.busy.integral).sum();
            let length: u64 = rows.map(|row| run.row_length(row).as_ns()).sum();
            (length > 0).then(|| busy as f64 / (length as f64 * threads as f64))
        };
        Some((service.name.clone(), Box::new(share)))
    });
    cells(run, services)
}

fn cells<'a>(run: &Run, components: impl Iterator<Item = Share<'a>>) -> Vec<HeatRow> {
    let row_count = run.row_count();
    let columns = row_count.min(COLUMNS_MAX);
    let row = |(name, share): Share<'a>| HeatRow {
        name,
        values: (0..columns).map(|cell| share(rows_of_cell(cell, columns, row_count))).collect(),
    };
    components.take(ROWS_MAX).map(row).collect()
}

/// The heat map of these rows, whose width is still open.
pub(super) fn map(run: &Run, name: &str, title: &str, rows: Vec<HeatRow>) -> HeatMap {
    let worst = |row: &HeatRow| {
        let most = row.values.iter().flatten().copied().fold(0.0, f64::max);
        format!("{}: at most {}", row.name, human::percent(most))
    };
    let spoken: Vec<String> = rows.iter().map(worst).collect();
    let end = run.duration.as_ns();
    let share = |ns: u64| ns.min(end) as f64 / end.max(1) as f64;
    let triggers: Vec<_> = run.faults.iter().filter(|fault| fault.role == Role::Trigger).collect();
    let begin = triggers.iter().map(|fault| fault.at.as_ns()).min();
    let last = triggers.iter().map(|fault| fault.end.map_or(end, Time::as_ns)).max();
    let marks = begin.zip(last).map(|(begin, last)| (share(begin), share(last), "trigger".to_owned()));
    HeatMap {
        name: name.to_owned(),
        title: title.to_owned(),
        description: format!("{title}, over time. {}.", spoken.join("; ")),
        rows,
        ticks: Vec::new(),
        marks: marks.into_iter().collect(),
        levels: HeatMap::SHARES,
        width: 0.0,
    }
}

/// The same in a width, which decides about the labels below.
pub(super) fn sized(map: HeatMap, run: &Run, width: f64) -> HeatMap {
    let sized = HeatMap { width, ..map };
    let ticks = time_ticks(0, run.duration.as_ns(), sized.cells_width());
    HeatMap { ticks, ..sized }
}
