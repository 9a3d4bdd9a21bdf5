//! How well the means of a run without a trigger are known: a table for people, and what `summary.json` says.

use serde::Serialize;

use super::human;
use super::sparkline::Charset;
use super::table::Table;
use super::terminal::CHARTS_MAX;
use crate::analysis::{BatchMeans, SteadyState};
use crate::kernel::Duration;
use crate::observe::Run;

/// A mean and its interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct MeanSummary {
    /// The mean.
    pub mean: f64,
    /// How far the interval of 95 % reaches to either side; null: the run is too short to tell.
    pub half_width: Option<f64>,
    /// How many rows of the CSV files a batch has; there are twenty.
    pub rows_per_batch: usize,
}

/// A workload in its steady state.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SteadySummary {
    /// The name in the model.
    pub workload: String,
    /// Successful requests per second; null with fewer than twenty rows.
    pub goodput_per_s: Option<MeanSummary>,
    /// The mean time from intended start to success; null, too, if nothing succeeded.
    pub mean_latency_s: Option<MeanSummary>,
    /// When the begin of the run has stopped to matter; null: it has not, or that cannot be said.
    pub settled_after_s: Option<f64>,
    /// Whether the figures begin so much earlier that they are others for it.
    pub needs_warmup: bool,
}

impl SteadySummary {
    /// The same as numbers.
    pub fn new(steady: &SteadyState) -> Self {
        let summary = |means: BatchMeans| MeanSummary {
            mean: means.mean,
            half_width: means.half_width(SteadyState::CONFIDENCE),
            rows_per_batch: means.rows,
        };
        Self {
            workload: steady.workload.clone(),
            goodput_per_s: steady.goodput_per_s.map(summary),
            mean_latency_s: steady.mean_latency_s.map(summary),
            settled_after_s: steady.settled_after.map(Duration::as_secs_f64),
            needs_warmup: steady.needs_warmup,
        }
    }
}

/// The table of a run; without rows if something triggered a change, or there are more workloads than have charts.
pub fn steady_table(run: &Run, charset: Charset) -> Table {
    let states = if run.workloads.len() > CHARTS_MAX { Vec::new() } else { SteadyState::of_run(run) };
    let plus_minus = charset.plus_minus();
    let cell = |means: Option<BatchMeans>, is_time: bool| {
        let Some(means) = means else { return String::new() };
        match means.half_width(SteadyState::CONFIDENCE) {
            Some(half) if is_time => human::mean_span(means.mean, half, plus_minus),
            Some(half) => human::mean(means.mean, half, plus_minus),
            None if is_time => {
                format!("{} {plus_minus} ?", human::duration((means.mean * 1e9).round() as u64))
            }
            None => format!("{} {plus_minus} ?", human::rate(means.mean)),
        }
    };
    let row = |state: &SteadyState| {
        let settled = state.settled_after.map_or_else(
            || "not yet".to_owned(),
            |after| match after.as_ns() {
                0 => "at once".to_owned(),
                ns => human::instant(ns),
            },
        );
        vec![
            state.workload.clone(),
            cell(state.goodput_per_s, false),
            cell(state.mean_latency_s, true),
            settled,
        ]
    };
    Table {
        headings: vec!["steady state", "goodput/s", "mean latency", "settled after"],
        rows: states.iter().map(row).collect(),
        note: note(&states, run, charset),
    }
}

fn note(states: &[SteadyState], run: &Run, charset: Charset) -> String {
    let mut notes = vec!["intervals of 95 % by 20 batch means; settled by MSER-5".to_owned()];
    let depends = |means: Option<BatchMeans>| means.is_some_and(|means| means.depends);
    if states.iter().any(|state| depends(state.goodput_per_s) || depends(state.mean_latency_s)) {
        let sign = charset.plus_minus();
        notes.push(format!("{sign} ?: the load changes, or the run is too short to tell"));
    }
    let late = states.iter().filter(|state| state.needs_warmup).filter_map(|state| state.settled_after);
    if let Some(latest) = late.max() {
        let [warmup, latest] = [run.warmup, latest].map(|it| human::instant(it.as_ns()));
        notes.push(format!("the figures begin too early, at `run.warmup` = {warmup}: let it be {latest}"));
    }
    notes.join("\n")
}
