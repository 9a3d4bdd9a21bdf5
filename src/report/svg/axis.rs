//! Axes: from values to places, and where the labels stand.

use super::markup::plain;
use super::text::text_width;
use crate::kernel::num;

/// What an axis measures; decides how its labels are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// A number, of things or per second.
    Number,
    /// A span of time, in seconds.
    Seconds,
    /// A share of 1.
    Share,
    /// A size, in bytes.
    Bytes,
}

/// A label of an axis: where it is, as a share of the axis, and what it says.
#[derive(Clone, PartialEq, Debug)]
pub struct Tick {
    /// From 0 to 1.
    pub at: f64,
    /// The text.
    pub label: String,
}

/// The values that an axis covers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scale {
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
    /// Equal distances are equal ratios.
    pub is_log: bool,
}

/// Where the largest value is this much larger than the smallest, times are drawn by their logarithm.
const LOG_FROM: f64 = 30.0;
/// So many steps from one label to the next, and what may be lost in a division.
const STEPS_MAX: f64 = 5.000_001;
/// Fewer and wider decades are left unlabelled.
const TICKS_MAX: usize = 5;

impl Scale {
    /// A scale on which all these have a place: from 0, or by logarithms for times of several orders of magnitude.
    pub fn covering(measure: Measure, values: impl Iterator<Item = f64> + Clone) -> Self {
        let highest = values.clone().fold(0.0, f64::max);
        let lowest = values.filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        if measure == Measure::Seconds && highest > LOG_FROM * lowest {
            let (low, high) = (power_of_ten(decade(lowest)), power_of_ten(decade(highest)));
            let high = if high < highest { high * 10.0 } else { high };
            return Self { low, high, is_log: true };
        }
        if measure == Measure::Share && highest > 0.4 && highest <= 1.0 {
            return Self { low: 0.0, high: 1.0, is_log: false };
        }
        let step = step(measure, highest);
        let high = (highest / step - 1e-6).ceil().max(1.0) * step;
        Self { low: 0.0, high, is_log: false }
    }

    /// A scale from one value to another; `None` if they are no two ends of one.
    pub fn between(low: f64, high: f64, is_log: bool) -> Option<Self> {
        (low < high && (!is_log || low > 0.0)).then_some(Self { low, high, is_log })
    }

    /// Round values on the scale, both ends included if they are: of a linear scale at most about `most`, of a logarithmic one the powers of ten, and what is between where there are few.
    pub fn round_values(&self, most: usize) -> Vec<f64> {
        let is_in = |value: &f64| self.low * (1.0 - 1e-9) <= *value && *value <= self.high * (1.0 + 1e-9);
        if self.is_log {
            let decades = decade(self.low)..=decade(self.high);
            let digits: &[f64] = if decades.clone().count() <= most / 2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
            let every = decades.clone().count() / most.max(1) + 1;
            let powers = decades.step_by(every).map(power_of_ten);
            return powers
                .flat_map(|power| digits.iter().map(move |digit| digit * power))
                .filter(is_in)
                .collect();
        }
        let span = self.high - self.low;
        let power = power_of_ten(decade(span));
        let parts = [0.1, 0.2, 0.25, 0.5, 1.0, 2.0].into_iter().map(|part| part * power);
        let step = parts.into_iter().find(|step| span / step <= most as f64).unwrap_or(power);
        let (first, last) = ((self.low / step - 1e-9).ceil(), (self.high / step + 1e-9).floor());
        let count = (last - first).max(-1.0) + 1.0;
        // From the digits of the step, so that a value is what it is written as.
        (0..count as u32)
            .map(|index| (first + f64::from(index)) * step)
            .map(|value| plain_value(value, step))
            .collect()
    }

    /// Where a value is, from 0 at the low end to 1 at the high one.
    pub fn at(&self, value: f64) -> f64 {
        let at = if self.is_log {
            let value = value.max(self.low);
            (num::ln(value) - num::ln(self.low)) / (num::ln(self.high) - num::ln(self.low))
        } else {
            (value - self.low) / (self.high - self.low)
        };
        at.clamp(0.0, 1.0)
    }

    /// The labels.
    pub fn ticks(&self, measure: Measure) -> Vec<Tick> {
        let values: Vec<f64> = if self.is_log {
            let (first, last) = (decade(self.low), decade(self.high));
            let every = (last - first) as usize / TICKS_MAX + 1;
            (first..=last).step_by(every).map(power_of_ten).collect()
        } else {
            let step =
                if measure == Measure::Share && self.high == 1.0 { 0.25 } else { step(measure, self.high) };
            let count = (self.high / step).round() as u32;
            (0..=count).map(|index| step * f64::from(index)).collect()
        };
        values
            .into_iter()
            .map(|value| {
                let by = if self.is_log { value } else { self.high };
                Tick { at: self.at(value), label: label(measure, value, by) }
            })
            .collect()
    }
}

/// A multiple of a step without the dust of its multiplication.
fn plain_value(value: f64, step: f64) -> f64 {
    let digits = (decade(value.abs().max(step)) - decade(step) + 4).max(1);
    plain(value.abs(), digits as usize).parse::<f64>().unwrap_or(value).copysign(value)
}

/// The exponent of the largest power of ten that is not above.
fn decade(value: f64) -> i32 {
    let text = format!("{value:e}");
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// Exactly what is written so.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(1.0)
}

/// The distance of the labels on a linear axis up to about this.
fn step(measure: Measure, highest: f64) -> f64 {
    if highest <= 0.0 || !highest.is_finite() {
        return 1.0;
    }
    if measure == Measure::Bytes {
        let unit = binary_unit(highest).0;
        return unit * step(Measure::Number, highest / unit);
    }
    let power = power_of_ten(decade(highest));
    // Of the multiples the smallest that gives at most five steps.
    [0.2, 0.25, 0.5, 1.0, 2.0]
        .into_iter()
        .map(|part| part * power)
        .find(|step| highest / step <= STEPS_MAX)
        .unwrap_or(power)
}

fn binary_unit(size: f64) -> (f64, &'static str) {
    const UNITS: [(f64, &str); 4] =
        [(1_099_511_627_776.0, "TiB"), (1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB")];
    UNITS.into_iter().find(|(unit, _)| size >= *unit).unwrap_or((1.0, "B"))
}

/// A value in the unit that suits `by`: one axis has one unit.
fn label(measure: Measure, value: f64, by: f64) -> String {
    let in_unit = |scale: f64, unit: &str| format!("{}{unit}", plain(value / scale, 4));
    if value == 0.0 {
        return if measure == Measure::Share { "0 %" } else { "0" }.to_owned();
    }
    match measure {
        Measure::Share => format!("{} %", plain(value * 100.0, 4)),
        Measure::Bytes => {
            let (unit, name) = binary_unit(by);
            in_unit(unit, &format!(" {name}"))
        }
        Measure::Seconds => match by {
            1.0.. => in_unit(1.0, " s"),
            1e-3.. => in_unit(1e-3, " ms"),
            1e-6.. => in_unit(1e-6, " µs"),
            _ => in_unit(1e-9, " ns"),
        },
        Measure::Number => match by {
            1e9.. => in_unit(1e9, "G"),
            1e6.. => in_unit(1e6, "M"),
            1e4.. => in_unit(1e3, "k"),
            _ => in_unit(1.0, ""),
        },
    }
}

/// So much room at least between the labels of an axis of time, in pixels.
const TIME_GAP: f64 = 18.0;
const SECOND_NS: u64 = 1_000_000_000;
const DAY_S: u64 = 86_400;

/// Labels of an axis of time from `begin_ns` to `end_ns` that is so many pixels wide.
pub fn time_ticks(begin_ns: u64, end_ns: u64, width: f64) -> Vec<Tick> {
    let span = end_ns.saturating_sub(begin_ns).max(1);
    let labelled = |step: u64| -> Vec<Tick> {
        let first = begin_ns.div_ceil(step);
        (first..=end_ns / step)
            .map(|index| {
                let at = index * step;
                Tick { at: (at - begin_ns) as f64 / span as f64, label: compact(at) }
            })
            .collect()
    };
    let fits = |step: &u64| {
        // More labels than pixels need not be written down to see that they do not fit.
        if (span / step) as f64 * TIME_GAP > width {
            return false;
        }
        let ticks = labelled(*step);
        ticks.windows(2).all(|pair| {
            let room = (pair[1].at - pair[0].at) * width;
            f64::midpoint(text_width(&pair[0].label), text_width(&pair[1].label)) + TIME_GAP <= room
        })
    };
    let step = time_steps().find(fits);
    step.map_or_else(Vec::new, labelled)
}

/// Distances that people count time in, from nanoseconds to centuries.
fn time_steps() -> impl Iterator<Item = u64> {
    let decimal = |unit: u64, powers: u32| {
        (0..powers).flat_map(move |power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power) * unit))
    };
    let clock = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];
    decimal(1, 9).chain(clock.map(|step| step * SECOND_NS)).chain(decimal(DAY_S * SECOND_NS, 5))
}

/// `0`, `250ms`, `90s` as `1min30s`, `2h`, `1d12h`.
fn compact(ns: u64) -> String {
    if ns == 0 {
        return "0".to_owned();
    }
    let (seconds, rest) = (ns / SECOND_NS, ns % SECOND_NS);
    if seconds == 0 || (rest > 0 && seconds < 60) {
        let scale = if seconds > 0 {
            1e9
        } else if rest >= 1_000_000 {
            1e6
        } else if rest >= 1000 {
            1e3
        } else {
            1.0
        };
        let unit = match scale {
            1e9 => "s",
            1e6 => "ms",
            1e3 => "µs",
            _ => "ns",
        };
        return format!("{}{unit}", plain(ns as f64 / scale, 6));
    }
    let parts = [(seconds / DAY_S, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min")];
    let mut text = String::new();
    for (count, unit) in parts.iter().filter(|(count, _)| *count > 0) {
        text.extend([count.to_string().as_str(), unit]);
    }
    let rest_s = seconds as f64 % 60.0 + rest as f64 / 1e9;
    if rest_s > 0.0 {
        text.extend([plain(rest_s, 6), "s".to_owned()]);
    }
    text
}
