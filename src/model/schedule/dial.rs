//! How strong a fault is: one number per kind, with the range that is met in production.
//!
//! A dial goes from the weakest fault that somebody would still report to one that nobody would call a nuisance. Numbers that span orders of magnitude lie evenly on a logarithmic
//! scale, and all of them have two digits, so that they can be read.

use super::pushes;
use crate::kernel::num;
use crate::mechanism::fault::FaultSettings;
use crate::model::Model;
use crate::quantity::{Bytes, Duration, Factor, Share};

const MEBIBYTE: f64 = 1_048_576.0;

/// A range of strengths; the strongest may be the lower number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Dial {
    /// The weakest.
    pub(super) weak: f64,
    /// The strongest.
    pub(super) strong: f64,
    /// Whether numbers lie evenly on a logarithmic scale.
    pub(super) is_log: bool,
    /// Whether only whole numbers mean anything.
    pub(super) is_whole: bool,
}

impl Dial {
    const fn log(weak: f64, strong: f64) -> Self {
        Self { weak, strong, is_log: true, is_whole: false }
    }

    const fn linear(weak: f64, strong: f64) -> Self {
        Self { weak, strong, is_log: false, is_whole: false }
    }

    /// That of a fault in a model; `None`: it has no strength, or one that nobody knows the range of.
    pub(super) fn of(fault: &FaultSettings, model: &Model) -> Option<Self> {
        if let Some(fault) = &fault.degrade {
            return (fault.factor.get() > 1.0).then_some(Self::log(1.5, 30.0));
        }
        if let Some(fault) = &fault.load_spike {
            let is_more = fault.factor.get() > 1.0;
            return Some(if is_more { Self::log(1.2, 10.0) } else { Self::linear(0.9, 0.0) });
        }
        if let Some(fault) = &fault.memory_stress {
            let heap = model.services.get(&fault.service)?.memory.as_ref()?.heap.get() as f64;
            return Some(Self { is_whole: true, ..Self::log((heap * 0.05).max(1.0), heap) });
        }
        if let Some(push) = &fault.config_push {
            return pushes::dial(push, model);
        }
        let ranges = [
            (fault.error_injection.is_some(), Self::log(0.01, 1.0)),
            (fault.cpu_stress.is_some(), Self::linear(0.1, 0.95)),
            (fault.allocation_surge.is_some(), Self::log(1.5, 20.0)),
            (fault.latency.is_some(), Self::log(0.001, 5.0)),
            // Beyond a half, connections are given up rather than slow.
            (fault.packet_loss.is_some(), Self::log(0.001, 0.5)),
            (fault.partition.is_some(), Self::linear(0.1, 1.0)),
            (fault.cache_flush.is_some(), Self::linear(0.1, 1.0)),
            (fault.io_delay.is_some(), Self::log(0.001, 2.0)),
        ];
        ranges.into_iter().find(|(is_it, _)| *is_it).map(|(_, dial)| dial)
    }

    /// The number at a position: 0 is the weakest, 1 the strongest.
    pub(super) fn at(&self, position: f64) -> f64 {
        let exact = if self.is_log {
            self.weak * num::pow(self.strong / self.weak, position)
        } else {
            self.weak + (self.strong - self.weak) * position
        };
        let rounded = if self.is_whole { two_digits(exact).round() } else { two_digits(exact) };
        rounded.clamp(self.weak.min(self.strong), self.weak.max(self.strong))
    }

    /// The position of a number; below 0 or above 1 if it is outside the range.
    pub(super) fn position(&self, value: f64) -> f64 {
        if self.weak == self.strong {
            return 0.0;
        }
        if self.is_log {
            return num::ln(value / self.weak) / num::ln(self.strong / self.weak);
        }
        (value - self.weak) / (self.strong - self.weak)
    }
}

/// The strength of a fault that has one.
pub(super) fn strength(fault: &FaultSettings) -> Option<f64> {
    magnitude(&mut fault.clone()).map(|magnitude| magnitude.get())
}

/// Gives a fault that has a strength another one.
pub(super) fn set_strength(fault: &mut FaultSettings, value: f64) {
    if let Some(magnitude) = magnitude(fault) {
        magnitude.set(value);
    }
}

/// The setting that says how strong a fault is.
enum Magnitude<'a> {
    Factor(&'a mut Factor),
    Share(&'a mut Share),
    Duration(&'a mut Duration),
    Bytes(&'a mut Bytes),
    Pushed(&'a mut serde_json::Value),
}

fn magnitude(fault: &mut FaultSettings) -> Option<Magnitude<'_>> {
    let factor = fault.degrade.as_mut().map(|fault| &mut fault.factor);
    let factor = factor.or(fault.load_spike.as_mut().map(|fault| &mut fault.factor));
    let factor = factor.or(fault.allocation_surge.as_mut().map(|fault| &mut fault.factor));
    let share = fault.error_injection.as_mut().map(|fault| &mut fault.share);
    let share = share.or(fault.cpu_stress.as_mut().map(|fault| &mut fault.load));
    let share = share.or(fault.packet_loss.as_mut().map(|fault| &mut fault.loss));
    let share = share.or(fault.partition.as_mut().map(|fault| &mut fault.share));
    let share = share.or(fault.cache_flush.as_mut().map(|fault| &mut fault.share));
    let delay = fault.latency.as_mut().map(|fault| &mut fault.delay);
    let delay = delay.or(fault.io_delay.as_mut().map(|fault| &mut fault.delay));
    let bytes = fault.memory_stress.as_mut().map(|fault| &mut fault.bytes);
    let pushed = fault.config_push.as_mut().filter(|push| push.set.len() == 1);
    let pushed = pushed.and_then(|push| push.set.values_mut().next());
    factor
        .map(Magnitude::Factor)
        .or(share.map(Magnitude::Share))
        .or(delay.map(Magnitude::Duration))
        .or(bytes.map(Magnitude::Bytes))
        .or(pushed.filter(|value| pushes::number(value).is_some()).map(Magnitude::Pushed))
}

impl Magnitude<'_> {
    fn get(&self) -> f64 {
        match self {
            Self::Factor(factor) => factor.get(),
            Self::Share(share) => share.as_f64(),
            Self::Duration(duration) => duration.as_secs_f64(),
            Self::Bytes(bytes) => bytes.get() as f64,
            Self::Pushed(value) => pushes::number(value).unwrap_or(0.0),
        }
    }

    fn set(self, value: f64) {
        match self {
            Self::Factor(factor) => *factor = Factor::new(value).unwrap_or(*factor),
            Self::Share(share) => {
                *share = Share::from_billionths((value * 1e9).round() as u32).unwrap_or(Share::ONE);
            }
            Self::Duration(duration) => *duration = from_secs(value),
            Self::Bytes(bytes) if value >= MEBIBYTE => {
                *bytes = Bytes::new((two_digits(value / MEBIBYTE).round() * MEBIBYTE) as u64);
            }
            Self::Bytes(bytes) => *bytes = Bytes::new((value.round() as u64).max(1)),
            Self::Pushed(written) => pushes::set_number(written, value),
        }
    }
}

/// A span of so many seconds, to the nanosecond.
pub(super) fn from_secs(seconds: f64) -> Duration {
    Duration::from_ns((seconds * 1e9).round() as u64)
}

/// The nearest number with two significant digits.
pub(super) fn two_digits(number: f64) -> f64 {
    let (mut unit, mut parts) = (1.0, 1.0);
    while number / unit >= 99.5 {
        unit *= 10.0;
    }
    while number > 0.0 && number * parts < 9.95 && parts < 1e15 {
        parts *= 10.0;
    }
    // A quotient of whole numbers is as near to the decimal as a float can be.
    (number / unit * parts).round() * unit / parts
}
