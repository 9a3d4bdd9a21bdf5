//! What has no two axes to be a map of: curves over one axis, and lines through many.

use super::plane::Plane;
use super::quantity::Quantity;
use super::{ALONE, SweepPage};
use crate::analysis::{CONFIDENCE, clopper_pearson};
use crate::model::{Axis, AxisValue};
use crate::report::svg::{
    Colour, Course, CurveChart, Measure, ParallelPlot, Scale, Spot, Thread, Tick, Upright, plain,
};
use crate::report::sweep::axis_order;

/// More lines nobody follows.
const THREADS_MAX: usize = 400;
/// More variants nobody tells apart.
const VARIANTS_MAX: usize = 6;
/// An axis of more orders of magnitude than this is drawn by its logarithm.
const LOG_FROM: f64 = 30.0;
/// How far variants stand apart at the same value, as a share of the axis.
const APART: f64 = 0.008;

/// Where the values of an axis are, from 0 to 1, by their positions.
pub(super) fn places(axis: &Axis) -> Vec<f64> {
    let numbers: Option<Vec<f64>> = axis
        .values
        .iter()
        .map(|value| match value {
            AxisValue::Scalar(scalar) => Some(scalar.value()),
            AxisValue::Written(_) => None,
        })
        .collect();
    let scale = numbers.as_ref().and_then(|numbers| {
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Scale::between(low, high, low > 0.0 && high > LOG_FROM * low)
    });
    if let (Some(numbers), Some(scale)) = (numbers, scale) {
        return numbers.into_iter().map(|number| scale.at(number)).collect();
    }
    let last = axis.values.len().saturating_sub(1).max(1) as f64;
    (0..axis.values.len()).map(|index| index as f64 / last).collect()
}

impl SweepPage<'_> {
    /// The axis, if there is only one.
    pub(super) fn only_axis(&self) -> Option<&Axis> {
        let [axis] = self.report.points.axes.as_slice() else { return None };
        Some(axis)
    }

    /// A quantity against the only axis, a course per variant.
    pub(super) fn curve(
        &self,
        axis: &Axis,
        quantity: Quantity,
        name: &str,
        size: (f64, f64),
    ) -> Option<CurveChart> {
        quantity.range(self.cells)?;
        let is_share = quantity.measure() == Measure::Share && !matches!(quantity, Quantity::Metric(_));
        let names = self.report.experiment.variants.names();
        let values = self.cells.iter().filter_map(|cell| quantity.highest(cell));
        let scale = if is_share {
            Scale { low: 0.0, high: 1.0, is_log: false }
        } else {
            Scale::covering(quantity.measure(), values.collect::<Vec<_>>().into_iter())
        };
        let (places, order) = (places(axis), axis_order(axis));
        let variants = names.len().clamp(1, VARIANTS_MAX);
        let spots = |variant: usize| -> Vec<Spot> {
            let shift = (variant as f64 - (variants - 1) as f64 / 2.0) * APART;
            let spot = |&index: &u64| {
                let cell = variant as u64 * self.report.points.count + index * axis.stride;
                let figures = self.cells.get(cell as usize)?;
                let value = quantity.of(std::iter::once(figures))?;
                let interval = match quantity {
                    Quantity::Metric(metric) => {
                        figures.metrics[metric.index()].as_ref()?.interval(CONFIDENCE)
                    }
                    _ => Some(clopper_pearson(quantity.counted(figures), figures.judged, CONFIDENCE)),
                };
                Some(Spot {
                    x: places[index as usize] * (1.0 - 2.0 * APART * 3.0) + APART * 3.0 + shift,
                    y: scale.at(value),
                    interval: interval.map(|(low, high)| (scale.at(low), scale.at(high))),
                    is_vague: interval.is_some_and(|(low, high)| is_share && low <= 0.5 && high >= 0.5),
                    note: format!("{}: {}", self.report.place(cell), quantity.note(figures)),
                })
            };
            order.iter().filter_map(spot).collect()
        };
        let courses: Vec<Course> = (0..variants)
            .map(|variant| Course {
                label: names.get(variant).map_or_else(String::new, |name| (*name).to_owned()),
                colour: Colour::Series(variant),
                spots: spots(variant),
                has_line: true,
                has_dots: true,
                has_arrow: false,
            })
            .collect();
        let ticks = order.iter().map(|&index| Tick {
            at: places[index as usize] * (1.0 - 2.0 * APART * 3.0) + APART * 3.0,
            label: brief(&axis.values[index as usize].shown()),
        });
        let spoken: Vec<String> =
            courses.iter().flat_map(|course| &course.spots).take(60).map(|spot| spot.note.clone()).collect();
        // On a page the title stands above; a drawing alone says in its axis what it is about.
        let caption = match quantity {
            _ if name == ALONE => quantity.title(),
            Quantity::Metric(_) => "mean over the seeds".to_owned(),
            _ => "share of the seeds".to_owned(),
        };
        Some(CurveChart {
            name: name.to_owned(),
            title: format!("{}, by {}", quantity.title(), axis.name),
            description: format!("{}.", spoken.join(". ")),
            axes: (axis.name.clone(), caption),
            x_ticks: ticks.collect(),
            y_ticks: if is_share { share_ticks() } else { scale.ticks(quantity.measure()) },
            level: is_share.then(|| (0.5, "half of the seeds".to_owned())),
            stretches: Vec::new(),
            courses,
            size,
        })
    }

    /// All points of a design that is no grid: a line through the axes for each.
    pub(super) fn threads(&self, name: &str, size: (f64, f64)) -> Option<ParallelPlot> {
        let points = self.report.points;
        if points.axes.len() < 2 || Plane::are_few(&Plane::all(self)) {
            return None;
        }
        let places: Vec<Vec<f64>> = points.axes.iter().map(places).collect();
        let every = self.cells.len().div_ceil(THREADS_MAX).max(1);
        let judged = self.cells.iter().enumerate().step_by(every).filter(|(_, cell)| cell.judged > 0);
        let threads: Vec<Thread> = judged
            .map(|(cell, figures)| {
                let point = cell as u64 % points.count;
                let heights = points.axes.iter().zip(&places).map(|(axis, places)| places[axis.index(point)]);
                let kind = usize::from(figures.survival().is_some_and(|share| share < 0.5));
                Thread { heights: heights.collect(), kind }
            })
            .collect();
        let axes = points.axes.iter().map(|axis| {
            let order = axis_order(axis);
            let end = |index: Option<&u64>| {
                index.map_or_else(String::new, |&index| brief(&axis.values[index as usize].shown()))
            };
            Upright { label: axis.name.clone(), ends: (end(order.first()), end(order.last())) }
        });
        let lost = threads.iter().filter(|thread| thread.kind == 1).count();
        let some = if every > 1 { format!(" Every {every}th cell is drawn.") } else { String::new() };
        Some(ParallelPlot {
            name: name.to_owned(),
            title: "Each cell as a line through its values".to_owned(),
            description: format!(
                "Of {} cells {lost} do not survive with most of their seeds.{some}",
                threads.len()
            ),
            axes: axes.collect(),
            threads,
            kinds: ["survives with half of the seeds or more".to_owned(), "with fewer".to_owned()],
            size,
        })
    }
}

/// A number with its unit, in few digits.
pub(super) fn brief(text: &str) -> String {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    number.parse::<f64>().map_or_else(|_| text.to_owned(), |number| plain(number, 4) + unit)
}

/// Labels of an axis of shares.
pub(in crate::report::page) fn share_ticks() -> Vec<Tick> {
    Scale { low: 0.0, high: 1.0, is_log: false }.ticks(Measure::Share)
}
