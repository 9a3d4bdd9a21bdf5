//! Schedules that are simpler than one that was found: what a shrinker tries.

use super::dial::{Dial, from_secs, set_strength, strength, two_digits};
use super::draw::{half, set_length, set_select, two_digit_time};
use super::value::{Schedule, length};
use crate::mechanism::fault::{FaultSettings, Select};
use crate::model::Model;
use crate::quantity::Duration;

/// Units of round times, the roundest first.
const ROUND_NS: [u64; 6] =
    [600_000_000_000, 60_000_000_000, 10_000_000_000, 1_000_000_000, 100_000_000, 10_000_000];

/// Nobody cares how much shorter than this a fault may be.
const SHORTEST: Duration = Duration::from_ns(10_000_000);

/// How much of a length or strength is left, the boldest first.
const LEFT: [f64; 3] = [0.5, 0.75, 0.9];

impl Schedule {
    /// Schedules that differ from this one in a single fault, which is plainer, hits fewer instances, is shorter, weaker, or happens at a rounder time; the boldest first. None is longer,
    /// stronger, or ends later than the last fault of this one did, so where this one passes the checks of `model` they do too; and whoever goes from one of them to the next comes to an end.
    ///
    /// To remove faults is bolder still: see [`Schedule::without`].
    pub fn simpler(&self, model: &Model) -> Vec<Self> {
        let mut found = Vec::new();
        for stage in 0..STAGES {
            for (index, (name, fault)) in self.faults().iter().enumerate() {
                let scene = Scene { schedule: self, model, name };
                found.extend(scene.stage(stage, fault).into_iter().map(|simpler| self.with(index, simpler)));
            }
        }
        found
    }
}

/// How many ways there are to be simpler.
const STAGES: usize = 6;

/// Where a fault stands.
struct Scene<'a> {
    schedule: &'a Schedule,
    model: &'a Model,
    name: &'a str,
}

impl Scene<'_> {
    fn stage(&self, stage: usize, fault: &FaultSettings) -> Vec<FaultSettings> {
        match stage {
            0 => self.plainer(fault),
            1 => self.fewer(fault),
            2 => shorter(fault),
            3 => self.weaker(fault),
            4 => self.one_digit(fault),
            _ => self.rounder(fault),
        }
    }

    /// Without what makes it hard to tell, but for the instant at which it begins.
    fn plainer(&self, fault: &FaultSettings) -> Vec<FaultSettings> {
        let mut found = Vec::new();
        if let (Some(_), Some(begin)) = (&fault.after, self.schedule.begin(self.name)) {
            found.push(FaultSettings { after: None, at: Some(begin), ..fault.clone() });
        }
        if fault.ramp.is_some() {
            found.push(FaultSettings { ramp: None, ..fault.clone() });
        }
        if fault.latency.as_ref().is_some_and(|latency| !latency.jitter.is_zero()) {
            let mut steady = fault.clone();
            steady.latency.iter_mut().for_each(|latency| latency.jitter = Duration::ZERO);
            found.push(steady);
        }
        found
    }

    fn fewer(&self, fault: &FaultSettings) -> Vec<FaultSettings> {
        let Some((service, count)) = instances(fault, self.model) else { return Vec::new() };
        let Some(select) = selected(fault) else { return Vec::new() };
        let hit = hit(&select, &self.model.services[&service].zones, count);
        let counts = [1, hit / 2].into_iter().filter(|&fewer| 0 < fewer && fewer < hit);
        let mut found: Vec<FaultSettings> = Vec::new();
        for count in counts {
            let mut fewer = fault.clone();
            set_select(&mut fewer, Select::Fixed(count));
            if !found.contains(&fewer) {
                found.push(fewer);
            }
        }
        found
    }

    fn weaker(&self, fault: &FaultSettings) -> Vec<FaultSettings> {
        let (Some(dial), Some(now)) = (Dial::of(fault, self.model), strength(fault)) else {
            return Vec::new();
        };
        let position = dial.position(now);
        let weaker = LEFT.map(|left| dial.at(position.min(1.0) * left));
        weaker.into_iter().filter_map(|weaker| self.with_strength(fault, weaker)).collect()
    }

    /// Shorter or weaker by less, and easier to say.
    fn one_digit(&self, fault: &FaultSettings) -> Vec<FaultSettings> {
        let shorter =
            length(fault).and_then(|now| with_length(fault, from_secs(leading_digit(now.as_secs_f64()))));
        let weaker = strength(fault).and_then(|now| self.with_strength(fault, leading_digit(now)));
        shorter.into_iter().chain(weaker).collect()
    }

    /// At the nearest round instants that leave the end of the run as quiet as it is.
    fn rounder(&self, fault: &FaultSettings) -> Vec<FaultSettings> {
        let (Some(at), Some(length), Some(end)) = (fault.at, length(fault), self.schedule.end()) else {
            return Vec::new();
        };
        let units = ROUND_NS.into_iter().take_while(|unit| !at.as_ns().is_multiple_of(*unit));
        let rounded = units.map(|unit| Duration::from_ns((at.as_ns() + unit / 2) / unit * unit));
        let is_possible = |at: &Duration| {
            *at >= self.model.run.warmup && *at < self.model.run.duration && *at + length <= end
        };
        let followers_fit = |at: Duration| {
            let moved = FaultSettings { at: Some(at), ..fault.clone() };
            let index = self.schedule.faults().iter().position(|(name, _)| name == self.name);
            index
                .is_some_and(|index| self.schedule.with(index, moved).end().is_some_and(|moved| moved <= end))
        };
        let fitting = rounded.filter(is_possible).filter(|&at| followers_fit(at));
        fitting.map(|at| FaultSettings { at: Some(at), ..fault.clone() }).collect()
    }

    /// The fault with another strength, if that is weaker and no weaker than makes sense.
    fn with_strength(&self, fault: &FaultSettings, strength_wanted: f64) -> Option<FaultSettings> {
        let (dial, now) = (Dial::of(fault, self.model)?, strength(fault)?);
        let mut weaker = fault.clone();
        set_strength(&mut weaker, strength_wanted);
        let (before, after) = (dial.position(now), dial.position(strength(&weaker)?));
        (after < before && after >= 0.0).then_some(weaker)
    }
}

fn shorter(fault: &FaultSettings) -> Vec<FaultSettings> {
    let Some(now) = length(fault) else { return Vec::new() };
    let shorter = LEFT.map(|left| from_secs(two_digits(now.as_secs_f64() * left)));
    shorter.into_iter().filter_map(|shorter| with_length(fault, shorter)).collect()
}

fn with_length(fault: &FaultSettings, wanted: Duration) -> Option<FaultSettings> {
    if wanted >= length(fault)? || wanted < SHORTEST {
        return None;
    }
    let mut shorter = fault.clone();
    set_length(&mut shorter, wanted);
    shorter.ramp = shorter.ramp.map(|ramp| if ramp == wanted { two_digit_time(half(wanted)) } else { ramp });
    Some(shorter)
}

/// The number with all digits but the first made 0.
fn leading_digit(number: f64) -> f64 {
    let rounded = two_digits(number);
    let (mut unit, mut parts) = (1.0, 1.0);
    while rounded / unit >= 10.0 {
        unit *= 10.0;
    }
    while rounded > 0.0 && rounded * parts < 1.0 && parts < 1e15 {
        parts *= 10.0;
    }
    // Of 0.3 times 10 something may be missing in the last bit.
    (rounded / unit * parts + 1e-9).floor() * unit / parts
}

/// The service whose instances a fault selects from, and how many it has.
pub(super) fn instances(fault: &FaultSettings, model: &Model) -> Option<(String, u32)> {
    let of_cache = || model.caches.get(&fault.cache_flush.as_ref()?.cache)?.inside();
    let service = fault.instances().map(|(service, _)| service).or_else(of_cache)?;
    Some((service.to_owned(), model.services.get(service)?.instances))
}

fn selected(fault: &FaultSettings) -> Option<Select> {
    let of_cache = || fault.cache_flush.as_ref().map(|flush| flush.select.clone());
    fault.instances().map(|(_, select)| select.clone()).or_else(of_cache)
}

/// How many instances are hit.
fn hit(select: &Select, zones: &[String], count: u32) -> u32 {
    match select {
        Select::Zone(zone) if !zones.is_empty() => {
            (0..count).filter(|&ordinal| zones[ordinal as usize % zones.len()] == *zone).count() as u32
        }
        other => other.most_of(count),
    }
}
