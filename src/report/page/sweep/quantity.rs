//! What a map of cells is coloured by.

use crate::analysis::{CONFIDENCE, clopper_pearson};
use crate::model::{Metric, Unit, VerdictName};
use crate::report::human;
use crate::report::svg::{HeatMap, Measure, Scale};
use crate::report::sweep::{CellFigures, percent};

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quantity {
    /// The share of the seeds under which the system does not work in the end.
    Lost,
    /// The share of the seeds with this verdict.
    Verdict(VerdictName),
    /// The mean of a metric over the seeds.
    Metric(Metric),
}

/// The quantity over all cells: from where to where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    quantity: Quantity,
    scale: Option<Scale>,
}

/// So much larger than the smallest, times are told apart by their logarithm.
const LOG_FROM: f64 = 30.0;

impl Quantity {
    /// Its value in some cells together; `None` if none of them has one.
    pub(super) fn of<'a>(self, cells: impl Iterator<Item = &'a CellFigures>) -> Option<f64> {
        if let Self::Metric(metric) = self {
            let means = cells.filter_map(|cell| Some(cell.metrics[metric.index()].as_ref()?.mean));
            let (sum, count) = means.fold((0.0, 0_u64), |(sum, count), mean| (sum + mean, count + 1));
            return (count > 0).then(|| sum / count as f64);
        }
        let (part, whole) =
            cells.fold((0, 0), |(part, whole), cell| (part + self.counted(cell), whole + cell.judged));
        (whole > 0).then(|| part as f64 / whole as f64)
    }

    /// The upper end of its interval in a cell, or the value itself.
    pub(super) fn highest(self, cell: &CellFigures) -> Option<f64> {
        let value = self.of(std::iter::once(cell))?;
        let Self::Metric(metric) = self else { return Some(value) };
        let interval = cell.metrics[metric.index()].as_ref()?.interval(CONFIDENCE);
        Some(interval.map_or(value, |(_, high)| high.max(value)))
    }

    /// Under how many seeds of a cell it is so.
    pub(super) fn counted(self, cell: &CellFigures) -> u64 {
        match self {
            Self::Lost => cell.judged - cell.survivals(),
            Self::Verdict(verdict) => cell.verdicts[verdict as usize],
            Self::Metric(_) => 0,
        }
    }

    /// What a map of it is called.
    pub(super) fn title(self) -> String {
        match self {
            Self::Lost => "Seeds that do not survive, in percent".to_owned(),
            Self::Verdict(verdict) => format!("Seeds that end {}, in percent", verdict.name()),
            Self::Metric(metric) => match metric {
                Metric::Goodput => "Goodput, requests per second",
                Metric::Success => "Requests that succeed in time, in percent",
                Metric::P50 => "Median latency",
                Metric::P99 => "99th percentile of the latency",
                Metric::P999 => "99.9th percentile of the latency",
                Metric::Recovery => "Time to recovery",
                Metric::Amplification => "Attempts per call, at its worst edge",
                Metric::WastedWork => "Work for nobody, in percent",
                Metric::Attempts => "Attempts per request",
            }
            .to_owned(),
        }
    }

    /// The name of its file.
    pub(super) fn file(self) -> String {
        match self {
            Self::Lost => "survival".to_owned(),
            Self::Verdict(verdict) => verdict.name().to_owned(),
            Self::Metric(metric) => metric.name().replace('_', "-"),
        }
    }

    pub(super) fn measure(self) -> Measure {
        match self {
            Self::Lost | Self::Verdict(_) => Measure::Share,
            Self::Metric(metric) => match metric.unit() {
                Unit::Seconds => Measure::Seconds,
                Unit::Ratio => Measure::Share,
                _ => Measure::Number,
            },
        }
    }

    /// A value of it in a field.
    pub(super) fn shown(self, value: f64) -> String {
        match self {
            Self::Lost | Self::Verdict(_) => percent(value),
            Self::Metric(metric) => match metric.unit() {
                Unit::Seconds if value < 0.5e-9 => "0 s".to_owned(),
                Unit::Seconds => human::duration((value * 1e9).round() as u64),
                Unit::Ratio => percent(value),
                _ => human::rate(value),
            },
        }
    }

    /// What the seeds of a cell say of it, in words.
    pub(super) fn note(self, cell: &CellFigures) -> String {
        let judged = cell.judged;
        let what = match self {
            Self::Lost => "do not survive".to_owned(),
            Self::Verdict(verdict) => format!("end {}", verdict.name()),
            Self::Metric(metric) => {
                let Some(estimate) = &cell.metrics[metric.index()] else { return "no value".to_owned() };
                let interval = estimate.interval(CONFIDENCE).map_or_else(String::new, |(low, high)| {
                    format!(", 95 %: {} to {}", self.shown(low.max(0.0)), self.shown(high))
                });
                return format!(
                    "{} in the mean of {} seeds{interval}",
                    self.shown(estimate.mean),
                    estimate.count
                );
            }
        };
        let count = self.counted(cell);
        if judged == 0 {
            return "no result".to_owned();
        }
        let (low, high) = clopper_pearson(count, judged, CONFIDENCE);
        let verdicts = VerdictName::ALL.into_iter().zip(cell.verdicts).filter(|(_, count)| *count > 0);
        let verdicts: Vec<String> =
            verdicts.map(|(verdict, count)| format!("{count} {}", verdict.name())).collect();
        format!(
            "{count} of {judged} seeds {what} (95 %: {:.0} to {:.0} %); {}",
            (low * 100.0).floor(),
            (high * 100.0).ceil(),
            verdicts.join(", ")
        )
    }

    /// Whether more of it is better.
    fn is_good(self) -> bool {
        matches!(self, Self::Metric(Metric::Goodput | Metric::Success))
            || matches!(self, Self::Verdict(verdict) if verdict.is_good())
    }

    /// How it is told apart over these cells; `None` if it has one value or none.
    pub(super) fn range(self, cells: &[CellFigures]) -> Option<Range> {
        if matches!(self, Self::Lost | Self::Verdict(_)) {
            return Some(Range { quantity: self, scale: None });
        }
        let values = cells.iter().filter_map(|cell| self.of(std::iter::once(cell)));
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let is_log = self.measure() == Measure::Seconds && low > 0.0 && high > LOG_FROM * low;
        let scale = Scale::between(low, high, is_log).filter(|_| high - low > 1e-9 * high.abs())?;
        Some(Range { quantity: self, scale: Some(scale) })
    }
}

impl Range {
    /// How dark a value is: the darker the worse.
    pub(super) fn level(&self, value: f64) -> usize {
        let level = match &self.scale {
            None => HeatMap::level(&HeatMap::SHARES, value),
            Some(scale) => ((scale.at(value) * 6.0) as usize).min(5),
        };
        if self.quantity.is_good() { 5 - level } else { level }
    }

    /// What the levels mean.
    pub(super) fn legend(&self) -> Vec<String> {
        let mut labels = match &self.scale {
            None => HeatMap::legend_of(&HeatMap::SHARES),
            Some(scale) => {
                let end = |step: u32| {
                    let share = f64::from(step) / 6.0;
                    let value = if scale.is_log {
                        scale.low * crate::kernel::num::pow(scale.high / scale.low, share)
                    } else {
                        scale.low + (scale.high - scale.low) * share
                    };
                    self.quantity.shown(value)
                };
                (0..6).map(|step| format!("{} to {}", end(step), end(step + 1))).collect()
            }
        };
        if self.quantity.is_good() {
            labels.reverse();
        }
        labels
    }
}
