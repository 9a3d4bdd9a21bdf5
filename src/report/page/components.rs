//! Every component with its charts, the most troubled first.

use super::course::{Panel, Series};
use super::panels;
use crate::analysis::Figures;
use crate::observe::{GroupSeries, PolicySeries, Run};
use crate::report::columns::{self, Field};
use crate::report::human;
use crate::report::svg::Chart;

/// So many components of a kind have charts.
const SHOWN_MAX: usize = 40;

/// A component.
pub(super) struct Component {
    pub(super) name: String,
    /// What is said of it in a line.
    pub(super) note: String,
    pub(super) charts: Vec<Chart>,
}

/// Components of one kind.
pub(super) struct Kind {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    pub(super) components: Vec<Component>,
    pub(super) left_out: usize,
}

/// All kinds that there are.
pub(super) fn kinds(run: &Run, figures: &Figures) -> Vec<Kind> {
    let kinds = [
        workloads(run, figures),
        services(run, figures),
        edges(run, figures),
        caches(run, figures),
        locks(run, figures),
        registers(run),
    ];
    kinds.into_iter().filter(|kind| !kind.components.is_empty()).collect()
}

fn kind(id: &'static str, heading: &'static str, mut components: Vec<(f64, Component)>) -> Kind {
    components.sort_by(|one, other| other.0.total_cmp(&one.0));
    let left_out = components.len().saturating_sub(SHOWN_MAX);
    components.truncate(SHOWN_MAX);
    let components = components.into_iter().map(|(_, component)| component);
    let components = components.filter(|component| !component.charts.is_empty()).collect();
    Kind { id, heading, components, left_out }
}

fn charts<R>(
    run: &Run,
    groups: &[&[Field<R>]],
    threads: Option<u64>,
    rows: &[R],
    panels: &[Panel],
    of: &str,
) -> Vec<Chart> {
    let rows = Series { run, groups, threads, rows };
    panels.iter().filter_map(|panel| rows.chart(panel, of)).collect()
}

fn workloads(run: &Run, figures: &Figures) -> Kind {
    let of = |(series, figures): (&crate::observe::WorkloadSeries, &crate::analysis::WorkloadFigures)| {
        let mut charts = charts(run, columns::WORKLOADS, None, &series.rows, panels::WORKLOAD, &series.name);
        charts.extend(groups(run, columns::OPERATIONS, &run.operations, &series.name));
        charts.extend(groups(run, columns::TENANTS, &run.tenants, &series.name));
        let good = figures.good_ratio.unwrap_or(1.0);
        let latency =
            figures.latency.p99_s.map(|p99| format!(", p99 {}", human::duration((p99 * 1e9) as u64)));
        let note = format!("{} succeed in time{}", human::percent(good), latency.unwrap_or_default());
        (1.0 - good, Component { name: series.name.clone(), note, charts })
    };
    kind("workloads", "Workloads", run.workloads.iter().zip(&figures.workloads).map(of).collect())
}

/// More kinds of requests or tenants than this have no chart each.
const GROUPS_MAX: usize = 8;

fn groups(
    run: &Run,
    fields: &[&[Field<crate::observe::GroupRow>]],
    groups: &[GroupSeries],
    workload: &str,
) -> Vec<Chart> {
    let of = groups.iter().filter(|group| group.workload == workload).take(GROUPS_MAX);
    of.flat_map(|group| {
        let named = |chart: Chart| {
            let name = format!("{}: {}", group.name, chart.title.rsplit(": ").next().unwrap_or_default());
            Chart { title: format!("{workload}: {name}"), ..chart }
        };
        charts(run, fields, None, &group.rows, panels::GROUP, workload).into_iter().map(named)
    })
    .collect()
}

fn services(run: &Run, figures: &Figures) -> Kind {
    let of = |(series, figures): (&crate::observe::ServiceSeries, &crate::analysis::ServiceFigures)| {
        let mut charts =
            charts(run, columns::SERVICES, series.threads, &series.rows, panels::SERVICE, &series.name);
        if let Some(memory) = run.memories.iter().find(|memory| memory.service == series.name) {
            charts.extend(self::charts(
                run,
                columns::MEMORY,
                None,
                &memory.rows,
                panels::MEMORY,
                &series.name,
            ));
        }
        let mut notes = Vec::new();
        notes.extend(figures.utilisation_ratio.map(|busy| format!("{} busy", human::percent(busy))));
        if figures.attempts_queued_max > 0 {
            notes.push(format!("queue at most {}", human::count(figures.attempts_queued_max)));
        }
        let wasted = figures.wasted_work_ratio.filter(|wasted| *wasted > 0.0005);
        notes.extend(wasted.map(|wasted| format!("{} wasted", human::percent(wasted.min(1.0)))));
        let trouble = figures.attempts_queued_mean + figures.utilisation_ratio.unwrap_or(0.0);
        (trouble, Component { name: series.name.clone(), note: notes.join(", "), charts })
    };
    kind("services", "Services", run.services.iter().zip(&figures.services).map(of).collect())
}

fn edges(run: &Run, figures: &Figures) -> Kind {
    let of = |index: usize| {
        let (edge, figures) = (&run.edges[index], &figures.edges[index]);
        let name = format!("{} → {}", edge.caller, edge.target);
        let mut charts = charts(run, columns::EDGES, None, &edge.rows, panels::EDGE, &name);
        charts.extend(guards(run, index, &name));
        let mut notes = vec![format!("policy {}", edge.policy)];
        notes.extend(figures.call_ok_ratio.map(|ok| format!("{} of the calls succeed", human::percent(ok))));
        let amplified = figures.attempts_per_call.filter(|per_call| *per_call > 1.005);
        notes.extend(amplified.map(|per_call| format!("{} attempts per call", human::rate(per_call))));
        let trouble =
            1.0 - figures.call_ok_ratio.unwrap_or(1.0) + figures.attempts_per_call.unwrap_or(0.0) / 1e6;
        (trouble, Component { name, note: notes.join(", "), charts })
    };
    kind("calls", "Calls", (0..run.edges.len()).map(of).collect())
}

/// What the policy of an edge does.
fn guards(run: &Run, edge: usize, of: &str) -> Vec<Chart> {
    let guards = &run.guards;
    let all = [
        guard(run, columns::RETRY_BUDGETS, &guards.retry_budgets, edge, panels::RETRY_BUDGET, of),
        guard(run, columns::CIRCUIT_BREAKERS, &guards.circuit_breakers, edge, panels::CIRCUIT_BREAKER, of),
        guard(run, columns::BULKHEADS, &guards.bulkheads, edge, panels::BULKHEAD, of),
        guard(run, columns::POOLS, &guards.pools, edge, panels::POOL, of),
        guard(
            run,
            columns::ADAPTIVE_THROTTLES,
            &guards.adaptive_throttles,
            edge,
            panels::ADAPTIVE_THROTTLE,
            of,
        ),
        guard(run, columns::RATE_LIMITS, &guards.rate_limits, edge, panels::RATE_LIMIT, of),
        guard(run, columns::HEDGES, &guards.hedges, edge, panels::HEDGE, of),
        guard(
            run,
            columns::OUTLIER_DETECTION,
            &guards.outlier_detection,
            edge,
            panels::OUTLIER_DETECTION,
            of,
        ),
    ];
    all.concat()
}

fn guard<R>(
    run: &Run,
    groups: &[&[Field<R>]],
    series: &[PolicySeries<R>],
    edge: usize,
    panels: &[Panel],
    of: &str,
) -> Vec<Chart> {
    PolicySeries::of(series, edge)
        .map(|series| charts(run, groups, None, &series.rows, panels, of))
        .unwrap_or_default()
}

fn caches(run: &Run, figures: &Figures) -> Kind {
    let of = |(series, figures): (&crate::observe::CacheSeries, &crate::analysis::CacheFigures)| {
        let charts = charts(run, columns::CACHES, None, &series.rows, panels::CACHE, &series.name);
        let hits = figures.hit_ratio.unwrap_or(1.0);
        (
            1.0 - hits,
            Component { name: series.name.clone(), note: format!("{} hits", human::percent(hits)), charts },
        )
    };
    kind("caches", "Caches", run.caches.iter().zip(&figures.caches).map(of).collect())
}

fn locks(run: &Run, figures: &Figures) -> Kind {
    let of = |(series, figures): (&crate::observe::LockSeries, &crate::analysis::LockFigures)| {
        let charts = charts(run, columns::LOCKS, None, &series.rows, panels::LOCK, &series.name);
        let note = format!("{} waiting in the mean", human::rate(figures.waiting_mean));
        (figures.waiting_mean, Component { name: series.name.clone(), note, charts })
    };
    kind("locks", "Locks", run.locks.iter().zip(&figures.locks).map(of).collect())
}

fn registers(run: &Run) -> Kind {
    let of = |series: &crate::observe::RegisterSeries| {
        let charts = charts(run, columns::REGISTERS, None, &series.rows, panels::REGISTER, &series.name);
        let (writes, conflicts) =
            series.rows.iter().fold((0, 0), |sum, row| (sum.0 + row.writes, sum.1 + row.conflicts));
        let share = conflicts as f64 / writes.max(1) as f64;
        (
            share,
            Component {
                name: series.name.clone(),
                note: format!("{} of the writes come too late", human::percent(share)),
                charts,
            },
        )
    };
    kind("registers", "Registers", run.registers.iter().map(of).collect())
}
