//! The first minute: offered load against goodput, the figures that matter, amplification and waste.

use super::course::{Series, chart, line, shown};
use super::shell::Tile;
use crate::analysis::Figures;
use crate::observe::{Run, WorkloadSeries};
use crate::report::columns;
use crate::report::human;
use crate::report::summary::Summary;
use crate::report::svg::{Chart, Colour, Line, Measure, Shape};

/// So many workloads have a large chart.
const WORKLOADS_MAX: usize = 6;
/// So many lines have a chart of several components.
const LINES_MAX: usize = 5;
/// The sizes of the large chart: beside a desk, and in a hand.
pub(super) const WIDE: (f64, f64) = (1120.0, 340.0);
pub(super) const NARROW: (f64, f64) = (360.0, 270.0);

/// The charts of the workloads, those first that had the smallest share of their requests succeed.
pub(super) fn workloads(run: &Run, twin: Option<&Run>) -> Vec<Chart> {
    let share = |of: &WorkloadSeries| of.totals.good as f64 / of.totals.offered.max(1) as f64;
    let mut order: Vec<&WorkloadSeries> = run.workloads.iter().collect();
    order.sort_by(|one, other| share(one).total_cmp(&share(other)));
    let charts = order.into_iter().take(WORKLOADS_MAX).filter_map(|series| {
        let rows = |run, rows| Series { run, groups: columns::WORKLOADS, threads: None, rows };
        let sum = |one: Vec<Option<f64>>, other: Vec<Option<f64>>| -> Vec<Option<f64>> {
            one.into_iter().zip(other).map(|(one, other)| Some(one? + other?)).collect()
        };
        let own = rows(run, &series.rows);
        let offered = sum(own.values("offered"), own.values("extra_offered"));
        let good = sum(own.values("good"), own.values("extra_good"));
        let mut lines = vec![line("goodput", Colour::Series(0), good)];
        let other =
            twin.and_then(|twin| Some((twin, twin.workloads.iter().find(|it| it.name == series.name)?)));
        if let Some((twin, other)) = other {
            let of_twin = rows(twin, &other.rows);
            let good = sum(of_twin.values("good"), of_twin.values("extra_good"));
            lines.push(line("twin’s goodput", Colour::Twin, good));
        }
        lines.push(Line { shape: Shape::Area, ..line("offered", Colour::Wanted, offered) });
        let title = format!("{}: offered load and goodput", series.name);
        chart(run, &title, Measure::Number, "requests per second", "", lines)
    });
    charts.collect()
}

/// Attempts per call, of the edges that have most of them; over `window` rows, since attempts of one row may be of calls of the one before.
pub(super) fn amplification(run: &Run, figures: &Figures, window: usize) -> Option<Chart> {
    let mut order: Vec<usize> = (0..run.edges.len()).collect();
    let most = |index: usize| figures.edges[index].attempts_per_call.unwrap_or(0.0);
    order.retain(|&index| most(index) > 1.0);
    order.sort_by(|&one, &other| most(other).total_cmp(&most(one)));
    let lines = order.into_iter().take(LINES_MAX).enumerate().map(|(place, index)| {
        let edge = &run.edges[index];
        let over = |row: usize| {
            let rows =
                &edge.rows[row.saturating_sub(window / 2)..(row + window.div_ceil(2)).min(edge.rows.len())];
            let (calls, attempts) =
                rows.iter().fold((0, 0), |sum, row| (sum.0 + row.calls, sum.1 + row.attempts));
            (calls > 0).then(|| attempts as f64 / calls as f64)
        };
        let values = (0..edge.rows.len()).map(over).collect();
        line(&format!("{} → {}", edge.caller, edge.target), Colour::Series(place), values)
    });
    let unit = format!(
        "attempts per call, over {}",
        human::instant(run.interval.as_ns().saturating_mul(window as u64))
    );
    chart(run, "Amplification", Measure::Number, &unit, "", lines.collect())
}

/// Attempts inside of all services together: what the verdict asks whether it falls.
pub(super) fn backlog(run: &Run) -> Option<Chart> {
    let inside = |row: usize| {
        let integral: u128 = run.services.iter().map(|service| service.rows[row].inside.integral).sum();
        Some(integral as f64 / run.row_length(row).as_ns() as f64)
    };
    let lines =
        vec![line("inside all services", Colour::Series(0), (0..run.row_count()).map(inside).collect())];
    chart(run, "Backlog", Measure::Number, "attempts", "", lines)
}

/// Work whose result nobody used, of the services that do most of it.
pub(super) fn waste(run: &Run, figures: &Figures) -> Option<Chart> {
    let mut order: Vec<usize> = (0..run.services.len()).collect();
    let wasted = |index: usize| figures.services[index].wasted_work_s;
    order.retain(|&index| wasted(index) > 0.0);
    order.sort_by(|&one, &other| wasted(other).total_cmp(&wasted(one)));
    let lines = order.into_iter().take(LINES_MAX).enumerate().map(|(place, index)| {
        let service = &run.services[index];
        let rows = Series { run, groups: columns::SERVICES, threads: service.threads, rows: &service.rows };
        line(&service.name, Colour::Series(place), rows.values("wasted_work_s"))
    });
    chart(run, "Wasted work", Measure::Number, "threads at work for nobody", "", lines.collect())
}

/// The figures of the first minute.
pub(super) fn tiles(summary: &Summary, figures: &Figures) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let worst = summary.judgement.judgements.iter().filter(|judged| judged.final_ratio.is_some());
    let worst = worst.reduce(|one, other| if other.final_ratio < one.final_ratio { other } else { one });
    if let Some((judged, ratio)) = worst.and_then(|judged| Some((judged, judged.final_ratio?)))
        && summary.twin.is_some()
    {
        let note = format!("of the twin’s goodput, {}", judged.workload);
        tiles.push(Tile { name: "In the end", value: human::percent(ratio), note });
        if let Some(time) = judged.time_to_recovery_s {
            let value = shown(Measure::Seconds, time);
            tiles.push(Tile { name: "Back after", value, note: "from the end of the trigger".to_owned() });
        }
    }
    let (good, offered) =
        figures.workloads.iter().fold((0, 0), |sum, it| (sum.0 + it.good, sum.1 + it.offered));
    if offered > 0 {
        let value = human::percent(good as f64 / offered as f64);
        tiles.push(Tile { name: "Succeeded", value, note: "of all requests, in time".to_owned() });
    }
    let most = figures.edges.iter().filter(|edge| edge.attempts_per_call.is_some());
    if let Some(edge) =
        most.reduce(|one, other| if other.attempts_per_call > one.attempts_per_call { other } else { one })
    {
        let value = edge.attempts_per_call.map_or_else(String::new, human::rate);
        let note = format!("attempts per call, {} → {}", edge.caller, edge.target);
        tiles.push(Tile { name: "Amplification", value, note });
    }
    let work: f64 = figures.services.iter().map(|service| service.work_s).sum();
    let wasted: f64 = figures.services.iter().map(|service| service.wasted_work_s).sum();
    if work > 0.0 {
        let value = human::percent((wasted / work).min(1.0));
        tiles.push(Tile { name: "Wasted", value, note: "of all work was for nobody".to_owned() });
    }
    tiles
}
