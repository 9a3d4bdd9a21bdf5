//! Drawing schedules.

use super::candidates::{Candidate, is_instantaneous};
use super::dial::{Dial, from_secs, set_strength, two_digits};
use super::space::FaultSpace;
use super::value::{Schedule, length};
use crate::kernel::num;
use crate::kernel::random::{Bits, Draws, SiteKey, Word, hash64};
use crate::mechanism::Class;
use crate::mechanism::fault::{AfterSettings, Direction, FaultKind, FaultSettings, Select};
use crate::quantity::{Distribution, Duration, Share};

/// How schedules are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Every fault by itself: kinds, targets, times and strengths evenly over their ranges.
    Uniform,
    /// A random subset of kinds per schedule, strengths that are often at their ends, and faults that come together: at one instant, one after the other, or in one zone.
    #[default]
    Swarm,
}

/// How the faults of a schedule come together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    /// Each when it likes.
    Apart,
    /// All at one instant.
    Burst,
    /// Each some time after another has begun.
    Cascade,
    /// All in one zone, at one instant.
    Zone,
}

/// What a class of errors is injected as: those that a caller hears of a service in trouble.
const CLASSES: [Class; 6] = [
    Class::ServerError,
    Class::Overloaded,
    Class::GatewayError,
    Class::ConnectFailure,
    Class::RefusedStream,
    Class::Reset,
];

impl FaultSpace {
    /// The schedule with this number under this seed. At least one fault, at most as many as the limits say.
    pub fn draw(&self, seed: u64, index: u64, style: Style) -> Schedule {
        let site = match style {
            Style::Uniform => "schedule.uniform",
            Style::Swarm => "schedule.swarm",
        };
        let key = SiteKey::new(seed, hash64(site));
        let mut bits = Word::root(key, index).at(key);
        let all: Vec<&'static str> = self.kinds().into_iter().map(|(kind, _)| kind).collect();
        let count = 1 + bits.below(self.most_faults as u64);
        let schedule = match style {
            Style::Uniform => self.apart(&all, count, false, &mut bits),
            Style::Swarm => {
                let kinds = subset(&all, &mut bits);
                match self.pattern(&mut bits) {
                    Pattern::Apart => self.apart(&kinds, count, true, &mut bits),
                    Pattern::Burst => self.burst(&kinds, count, &mut bits),
                    Pattern::Cascade => self.cascade(&kinds, count, &mut bits),
                    Pattern::Zone => self.in_one_zone(&kinds, count, &mut bits),
                }
            }
        };
        self.fitted(schedule)
    }

    fn pattern(&self, bits: &mut Draws) -> Pattern {
        let has_zones = self.candidates.iter().any(|candidate| candidate.kind == "zone_outage");
        match bits.below(if has_zones { 4 } else { 3 }) {
            0 => Pattern::Apart,
            1 => Pattern::Burst,
            2 => Pattern::Cascade,
            _ => Pattern::Zone,
        }
    }

    fn apart(
        &self,
        kinds: &[&'static str],
        count: u64,
        has_extremes: bool,
        bits: &mut Draws,
    ) -> Vec<(String, FaultSettings)> {
        let mut faults = Vec::new();
        for _ in 0..count {
            let candidate = self.choose(kinds, bits);
            let fault = self.fault(candidate, has_extremes, bits);
            faults.push((self.name(candidate, &faults), fault));
        }
        faults
    }

    fn burst(&self, kinds: &[&'static str], count: u64, bits: &mut Draws) -> Vec<(String, FaultSettings)> {
        let mut faults = self.apart(kinds, count, true, bits);
        let at = faults[0].1.at;
        for (_, fault) in &mut faults {
            fault.at = at;
        }
        faults
    }

    fn cascade(&self, kinds: &[&'static str], count: u64, bits: &mut Draws) -> Vec<(String, FaultSettings)> {
        let mut faults = self.apart(kinds, count, true, bits);
        for index in 1..faults.len() {
            let leader = bits.below(index as u64) as usize;
            let after = AfterSettings {
                fault: faults[leader].0.clone(),
                delay: self.delay(bits),
                probability: Share::ONE,
            };
            (faults[index].1.at, faults[index].1.after) = (None, Some(after));
        }
        faults
    }

    fn in_one_zone(
        &self,
        kinds: &[&'static str],
        count: u64,
        bits: &mut Draws,
    ) -> Vec<(String, FaultSettings)> {
        let mut faults = self.burst(kinds, count, bits);
        let outages = self.candidates.iter().filter_map(|candidate| candidate.fault.zone_outage.as_ref());
        let zones: Vec<&String> = outages.map(|outage| &outage.zone).collect();
        let zone = zones[bits.below(zones.len() as u64) as usize];
        for (_, fault) in &mut faults {
            let here = fault.instances().filter(|(service, _)| self.is_in(service, zone));
            if here.is_some() {
                set_select(fault, Select::Zone(zone.clone()));
            }
        }
        faults
    }

    /// Whether any instance of a service stands in a zone.
    pub(super) fn is_in(&self, service: &str, zone: &String) -> bool {
        let Some(settings) = self.model.services.get(service) else { return false };
        settings.zones.iter().take(settings.instances as usize).any(|other| other == zone)
    }

    /// A fault that hits this target: how strong, whom of many, when, for how long.
    pub(super) fn fault(&self, candidate: &Candidate, has_extremes: bool, bits: &mut Draws) -> FaultSettings {
        let mut fault = candidate.fault.clone();
        if let Some(dial) = Dial::of(&fault, &self.model) {
            let extreme = if has_extremes { bits.below(4) } else { 2 };
            let position = match extreme {
                0 => f64::from(bits.below(2) as u32),
                _ => bits.unit(),
            };
            set_strength(&mut fault, dial.at(position));
        }
        draw_details(&mut fault, bits);
        self.draw_select(&mut fault, bits);
        if !is_instantaneous(&fault) {
            let length = self.length(candidate.kind, bits);
            fault.duration = Some(Distribution::Constant(length));
            let can_ramp = fault.kind().is_some_and(FaultKind::can_ramp);
            fault.ramp = (can_ramp && bits.below(4) == 0).then(|| two_digit_time(half(length)));
        }
        fault.at = Some(self.begin(length(&fault).unwrap_or_default(), bits));
        fault
    }

    /// All instances, one, a few, or those of a zone.
    pub(super) fn draw_select(&self, fault: &mut FaultSettings, bits: &mut Draws) {
        if fault.config_push.is_some() {
            let select = if bits.below(3) == 0 { Select::Fixed(1) } else { Select::All };
            set_select(fault, select);
            return;
        }
        let Some((service, count)) = self.instances(fault) else { return };
        let zones = &self.model.services[&service].zones;
        let here = &zones[..zones.len().min(count as usize)];
        let select = match bits.below(if here.is_empty() { 3 } else { 4 }) {
            _ if count == 1 => Select::All,
            0 => Select::All,
            1 => Select::Fixed(1),
            2 => Select::Fixed(1 + bits.below(u64::from(count) - 1) as u32),
            _ => Select::Zone(here[bits.below(here.len() as u64) as usize].clone()),
        };
        set_select(fault, select);
    }

    /// The service whose instances a fault selects from, and how many it has.
    pub(super) fn instances(&self, fault: &FaultSettings) -> Option<(String, u32)> {
        super::simpler::instances(fault, &self.model)
    }

    /// How long a fault of a kind lasts: from a hiccup to as long as there is room, evenly on a logarithmic scale.
    fn length(&self, kind: &str, bits: &mut Draws) -> Duration {
        let longest = self.room.longest.as_secs_f64();
        let shortest: f64 = match kind {
            "pause" | "lock_held" => 0.1,
            "zone_outage" | "config_push" => 10.0,
            _ => 1.0,
        };
        let most = if kind == "pause" { longest.min(60.0) } else { longest };
        let shortest = shortest.min(most);
        let length = two_digits(shortest * num::pow(most / shortest, bits.unit()));
        from_secs(length).min(self.room.longest).max(Duration::from_ns(1))
    }

    /// How long after the begin of another fault one begins.
    pub(super) fn delay(&self, bits: &mut Draws) -> Duration {
        let most = self.room.longest.as_secs_f64().max(0.2);
        from_secs(two_digits(0.1 * num::pow(most / 0.1, bits.unit())))
    }

    /// When a fault of this length begins.
    pub(super) fn begin(&self, length: Duration, bits: &mut Draws) -> Duration {
        let latest = self.room.end.saturating_sub(length).max(self.room.earliest);
        let span = latest.saturating_sub(self.room.earliest).as_ns();
        let offset = if span == 0 { 0 } else { bits.below(span) };
        self.room.begin(self.room.earliest + Duration::from_ns(offset), length)
    }

    /// The schedule with every fault where there is room for it: no later than the quiet end, no earlier than the first.
    pub(super) fn fitted(&self, faults: Vec<(String, FaultSettings)>) -> Schedule {
        let mut schedule = Schedule::new(faults);
        let names: Vec<String> = schedule.faults().iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            let Some(index) = schedule.faults().iter().position(|(other, _)| *other == name) else {
                continue;
            };
            let (Some(begin), mut fault) = (schedule.begin(&name), schedule.faults()[index].1.clone()) else {
                continue;
            };
            let Some(length) = length(&fault) else { continue };
            let least = length.min(self.room.tick);
            if begin < self.room.earliest || begin + least > self.room.end {
                (fault.at, fault.after) = (Some(self.room.begin(begin, length)), None);
            } else if begin + length > self.room.end {
                let shorter = self.room.end.saturating_sub(begin);
                set_length(&mut fault, shorter);
            } else {
                continue;
            }
            schedule = schedule.with(index, fault);
        }
        schedule
    }
}

/// What the kind leaves open besides strength, time and instances.
fn draw_details(fault: &mut FaultSettings, bits: &mut Draws) {
    if let Some(errors) = &mut fault.error_injection {
        errors.class = CLASSES[bits.below(CLASSES.len() as u64) as usize];
    }
    let direction = |bits: &mut Draws| match bits.below(4) {
        0 => Direction::To,
        1 => Direction::From,
        _ => Direction::Both,
    };
    if let Some(latency) = &mut fault.latency {
        latency.direction = direction(bits);
        latency.jitter = if bits.below(2) == 0 { Duration::ZERO } else { half(latency.delay) };
    }
    if let Some(loss) = &mut fault.packet_loss {
        loss.direction = direction(bits);
    }
    if let Some(partition) = &mut fault.partition {
        partition.direction = direction(bits);
        // Most partitions cut everything; partial ones are those that nobody thinks of.
        partition.share = if bits.below(3) == 0 { partition.share } else { Share::ONE };
    }
}

/// Which instances.
pub(super) fn set_select(fault: &mut FaultSettings, select: Select) {
    let fields = [
        fault.degrade.as_mut().map(|fault| &mut fault.select),
        fault.pause.as_mut().map(|fault| &mut fault.select),
        fault.crash.as_mut().map(|fault| &mut fault.select),
        fault.error_injection.as_mut().map(|fault| &mut fault.select),
        fault.cpu_stress.as_mut().map(|fault| &mut fault.select),
        fault.memory_stress.as_mut().map(|fault| &mut fault.select),
        fault.allocation_surge.as_mut().map(|fault| &mut fault.select),
        fault.latency.as_mut().map(|fault| &mut fault.select),
        fault.packet_loss.as_mut().map(|fault| &mut fault.select),
        fault.blackhole.as_mut().map(|fault| &mut fault.select),
        fault.cache_flush.as_mut().map(|fault| &mut fault.select),
        fault.io_delay.as_mut().map(|fault| &mut fault.select),
        fault.config_push.as_mut().map(|fault| &mut fault.select),
    ];
    if let Some(field) = fields.into_iter().flatten().next() {
        *field = select;
    }
}

/// How long it lasts; a ramp is never longer.
pub(super) fn set_length(fault: &mut FaultSettings, length: Duration) {
    fault.duration = Some(Distribution::Constant(length));
    fault.ramp = fault.ramp.map(|ramp| ramp.min(length));
}

pub(super) fn half(length: Duration) -> Duration {
    Duration::from_ns(length.as_ns() / 2)
}

/// The time with two digits.
pub(super) fn two_digit_time(length: Duration) -> Duration {
    from_secs(two_digits(length.as_secs_f64()))
}

/// Every kind with probability one half, and at least one.
fn subset(all: &[&'static str], bits: &mut Draws) -> Vec<&'static str> {
    let kept: Vec<&'static str> = all.iter().copied().filter(|_| bits.below(2) == 0).collect();
    if kept.is_empty() { vec![all[bits.below(all.len() as u64) as usize]] } else { kept }
}
