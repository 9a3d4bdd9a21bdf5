//! Who calls whom, and how that went before, during and after the trigger.

use std::collections::BTreeMap;

use super::data::text;
use crate::analysis::{Figures, Judgement, Span};
use crate::kernel::Time;
use crate::observe::Run;
use crate::report::decimal::seconds;
use crate::report::human;
use crate::report::sparkline::rows_of_cell;
use crate::report::svg::{Arrow, Graph, HeatMap, Node, number};

/// More boxes are no overview.
const NODES_MAX: usize = 40;
/// A slider of more places is no finer in the hand.
const STEPS_MAX: usize = 60;

/// A stretch of the run, and what it is.
pub(super) struct Phase {
    pub(super) title: String,
    pub(super) figures: Figures,
}

/// Before, during and after the trigger, as far as there are such times; without one all of the run.
pub(super) fn phases(run: &Run, judgement: Option<&Judgement>) -> Vec<Phase> {
    let (begin, end) = (Time::ZERO + run.warmup, Time::ZERO + run.duration);
    let trigger = judgement.and_then(|judgement| judgement.trigger);
    let Some(trigger) = trigger else {
        return vec![Phase { title: "Over the whole run".to_owned(), figures: Figures::new(run) }];
    };
    let instant = |time: Time| moment(time.as_ns());
    let trigger_end = trigger.end.unwrap_or(end);
    let window = judgement.and_then(|judgement| judgement.worst()?.final_window);
    let last = window.unwrap_or(Span { begin: trigger_end, end });
    let spans = [
        (
            format!("Before, from {} to {}", instant(begin), instant(trigger.begin)),
            Span { begin, end: trigger.begin },
        ),
        (
            format!("During the trigger, from {} to {}", instant(trigger.begin), instant(trigger_end)),
            Span {
                begin: row_begin(run, trigger.begin),
                end: trigger_end.max(row_begin(run, trigger.begin) + run.interval),
            },
        ),
        (format!("In the end, from {} to {}", instant(last.begin), instant(last.end)), last),
    ];
    let is_long_enough = |span: &Span| span.begin < span.end && span.length() >= run.interval;
    let spans = spans.into_iter().filter(|(_, span)| is_long_enough(span));
    spans.map(|(title, span)| Phase { title, figures: Figures::of_window(run, span) }).collect()
}

/// Stretches of the same length that make up the run after its warm-up; none if there is only one.
pub(super) fn steps(run: &Run) -> Vec<Span> {
    let first = (run.warmup.as_ns() / run.interval.as_ns().max(1)) as usize;
    let rows = run.row_count().saturating_sub(first);
    let count = rows.min(STEPS_MAX);
    let end = |row: usize| (run.row_start(row)).min(Time::ZERO + run.duration);
    let spans = (0..count).map(|step| {
        let rows = rows_of_cell(step, count, rows);
        Span { begin: end(first + rows.start), end: end(first + rows.end) }
    });
    let spans: Vec<Span> = spans.filter(|span| span.begin < span.end).collect();
    if spans.len() < 2 { Vec::new() } else { spans }
}

/// What the graph shows in each of these stretches, for the script: `{"steps":[{"t":"5min to 5min 30s","n":[[5,"100 % busy","98 % fail"]],"a":[[5.8,"×5.8"]]}]}`: of each box its level and notes, of each
/// arrow its thickness and its label, which is empty where it does not catch the eye.
pub(super) fn moments(run: &Run, names: &[String], spans: &[Span]) -> String {
    let step = |span: &Span| {
        let title = format!("{} to {}", moment(span.begin.as_ns()), moment(span.end.as_ns()));
        let phase = Phase { title: title.clone(), figures: Figures::of_window(run, *span) };
        let graph = graph(run, &phase, names, "");
        let nodes = graph.nodes.iter().map(|node| {
            let notes = node.notes.iter().map(|note| text(note));
            let state: Vec<String> = std::iter::once(node.level.to_string()).chain(notes).collect();
            format!("[{}]", state.join(","))
        });
        let arrows =
            graph.arrows.iter().map(|arrow| format!("[{},{}]", number(arrow.width), text(&arrow.label)));
        let (nodes, arrows) = (nodes.collect::<Vec<_>>().join(","), arrows.collect::<Vec<_>>().join(","));
        format!("{{\"t\":{},\"n\":[{nodes}],\"a\":[{arrows}]}}", text(&title))
    };
    let steps: Vec<String> = spans.iter().map(step).collect();
    format!("{{\"steps\":[\n{}]}}", steps.join(",\n"))
}

/// The begin of the row in which an instant lies.
fn row_begin(run: &Run, time: Time) -> Time {
    run.row_start((time.as_ns() / run.interval.as_ns().max(1)) as usize)
}

/// Which components are shown: all, or of many those that are in most trouble, and who calls them.
pub(super) fn shown(run: &Run, figures: &Figures) -> (Vec<String>, usize) {
    let workloads = run.workloads.iter().map(|series| series.name.clone());
    let mut services: Vec<usize> = (0..run.services.len()).collect();
    let trouble = |index: usize| {
        let of = &figures.services[index];
        of.attempts_queued_mean + of.utilisation_ratio.unwrap_or(0.0)
    };
    services.sort_by(|&one, &other| trouble(other).total_cmp(&trouble(one)));
    let all: Vec<String> =
        workloads.chain(services.into_iter().map(|index| run.services[index].name.clone())).collect();
    let left_out = all.len().saturating_sub(NODES_MAX);
    let mut names: Vec<String> = all.into_iter().take(NODES_MAX).collect();
    // The layout begins with the order of the model, so that small changes of a run do not turn it over.
    let rank = |name: &String| {
        let workload = run.workloads.iter().position(|series| series.name == *name);
        let service = run.services.iter().position(|series| series.name == *name);
        workload.or_else(|| service.map(|index| run.workloads.len() + index))
    };
    names.sort_by_key(rank);
    (names, left_out)
}

/// The graph of a phase.
pub(super) fn graph(run: &Run, phase: &Phase, names: &[String], name: &str) -> Graph {
    let position = |name: &str| names.iter().position(|other| other == name);
    // All policies between two components together: calls, attempts, calls that ended, of those the ones that succeeded.
    let mut calls: BTreeMap<(usize, usize), [u64; 4]> = BTreeMap::new();
    for edge in &phase.figures.edges {
        let Some(pair) = position(&edge.caller).zip(position(&edge.target)) else { continue };
        let sums = calls.entry(pair).or_default();
        let ended: u64 = edge.call_ended.values().sum();
        let ok = edge.call_ended.get("ok").copied().unwrap_or(0);
        for (sum, count) in sums.iter_mut().zip([edge.calls, edge.attempts, ended, ok]) {
            *sum += count;
        }
    }
    let nodes = names.iter().enumerate().map(|(index, name)| {
        let towards = calls.iter().filter(|((_, to), _)| *to == index);
        let (ended, ok) = towards.fold((0, 0), |sum, (_, it)| (sum.0 + it[2], sum.1 + it[3]));
        node(&phase.figures, name, (ended > 0).then(|| (ended - ok) as f64 / ended as f64))
    });
    let arrows = calls.iter().map(|(&(from, to), &[calls, attempts, ..])| {
        let per_call = if calls > 0 { attempts as f64 / calls as f64 } else { 1.0 };
        let is_loud = per_call >= 1.1;
        Arrow {
            from,
            to,
            label: if is_loud { format!("×{}", human::rate(per_call)) } else { String::new() },
            width: (1.0 + (per_call - 1.0).max(0.0)).min(6.0),
            is_loud,
        }
    });
    let (nodes, arrows): (Vec<Node>, Vec<Arrow>) = (nodes.collect(), arrows.collect());
    let spoken: Vec<String> =
        nodes.iter().map(|node| format!("{}: {}", node.name, node.notes.join(", "))).collect();
    let loud = arrows.iter().filter(|arrow| arrow.is_loud);
    let loud: Vec<String> =
        loud.map(|it| format!("{} to {} {}", names[it.from], names[it.to], it.label)).collect();
    let loud =
        if loud.is_empty() { String::new() } else { format!(" Attempts per call: {}.", loud.join("; ")) };
    Graph {
        name: name.to_owned(),
        title: format!(
            "{} components, {}",
            run.workloads.len() + run.services.len(),
            phase.title.to_lowercase()
        ),
        description: format!("{}.{loud}", spoken.join("; ")),
        nodes,
        arrows,
    }
}

/// A workload says how many of its requests succeed, a service how busy it is; both are coloured by what fails.
fn node(figures: &Figures, name: &str, failed: Option<f64>) -> Node {
    if let Some(workload) = figures.workloads.iter().find(|workload| workload.name == name) {
        let ended = workload.good + workload.ok_late + workload.failed.values().sum::<u64>();
        let good = (ended > 0).then(|| workload.good as f64 / ended as f64);
        let note =
            good.map_or_else(|| "no requests".to_owned(), |good| format!("{} good", human::percent(good)));
        let level = good.map_or(0, |good| HeatMap::level(&HeatMap::SHARES, 1.0 - good));
        return Node { name: name.to_owned(), notes: vec![note], level, is_source: true };
    }
    let service = figures.services.iter().find(|service| service.name == name);
    let busy = service.and_then(|service| service.utilisation_ratio);
    let busy = busy.map(|busy| format!("{} busy", human::percent(busy)));
    let fails =
        failed.filter(|failed| *failed >= 0.0005).map(|failed| format!("{} fail", human::percent(failed)));
    let level = failed.map_or(0, |failed| HeatMap::level(&HeatMap::SHARES, failed));
    Node { name: name.to_owned(), notes: busy.into_iter().chain(fails).collect(), level, is_source: false }
}

/// An instant as a person would say it: `4min 55s`, `1h 30min`.
pub(super) fn moment(ns: u64) -> String {
    let (minutes, rest) = (ns / 60_000_000_000, ns % 60_000_000_000);
    let parts = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let parts =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}"));
    let seconds = (rest > 0 || ns == 0).then(|| format!("{}s", seconds(u128::from(rest))));
    parts.chain(seconds).collect::<Vec<_>>().join(" ")
}
