//! Every target in a model that a fault can hit.

use std::collections::BTreeSet;

use super::limits::{Limits, Room};
use super::pushes;
use crate::mechanism::arrivals::ArrivalSettings;
use crate::mechanism::fault::{
    AllocationSurge, Blackhole, CacheFlush, CpuStress, Crash, Degrade, Direction, ErrorInjection, FaultKind,
    FaultSettings, IoDelay, LoadSpike, LockHeld, MemoryStress, NetworkLatency, PacketLoss, Partition,
    PartitionMode, Pause, Resource, Role, Select, ZoneOutage,
};
use crate::mechanism::lock::{LockMode, LockScope};
use crate::mechanism::{Class, Problems};
use crate::model::check::callers;
use crate::model::{Model, Topology};
use crate::quantity::{Bytes, Distribution, Duration, Factor, Share};

/// A fault without its strength and times.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Candidate {
    /// The kind, as it is written.
    pub(super) kind: &'static str,
    /// What it hits, for its name: `db`, `web_db`, `query_timeout`.
    pub(super) target: String,
    /// A fault of some strength.
    pub(super) fault: FaultSettings,
}

/// The targets that the limits allow and the model can take, in a fixed order.
pub(super) fn candidates(model: &Model, limits: &Limits, room: &Room) -> Vec<Candidate> {
    let mut list = List { model, found: Vec::new() };
    list.services();
    list.workloads();
    list.edges();
    list.places();
    list.state();
    for (label, push) in pushes::pushes(model) {
        list.add(&[&label], FaultSettings { config_push: Some(push), ..FaultSettings::default() });
    }
    let mut alone = model.clone();
    alone.faults.retain(|_, fault| fault.role() == Role::Background && fault.config_push.is_none());
    let allowed = list.found.into_iter().filter(|candidate| limits.allows(candidate.kind));
    allowed.filter(|candidate| takes(&mut alone, candidate, room)).collect()
}

/// Whether the model is one with such a fault. Its own check says so, which knows why not: calls without a timer that would wait for ever, loops that offer what they are served.
fn takes(alone: &mut Model, candidate: &Candidate, room: &Room) -> bool {
    let mut fault = candidate.fault.clone();
    fault.at = Some(room.earliest);
    fault.duration = (!is_instantaneous(&fault)).then_some(Distribution::Constant(room.longest));
    let mut name = "candidate".to_owned();
    while alone.faults.contains_key(&name) {
        name.push('_');
    }
    let mut problems = Problems::new();
    alone.faults.insert(name.clone(), fault);
    alone.check(&mut problems);
    alone.faults.remove(&name);
    problems.into_found().iter().all(|problem| !problem.is_error)
}

/// Whether it happens at one instant.
pub(super) fn is_instantaneous(fault: &FaultSettings) -> bool {
    fault.kind().is_some_and(FaultKind::is_instantaneous)
}

struct List<'a> {
    model: &'a Model,
    found: Vec<Candidate>,
}

impl List<'_> {
    fn add(&mut self, target: &[&str], fault: FaultSettings) {
        let kind = fault.kind().map_or("none", FaultKind::name);
        let fault = FaultSettings { role: Some(Role::Trigger), ..fault };
        self.found.push(Candidate { kind, target: target.join("_"), fault });
    }

    /// What instances suffer.
    fn services(&mut self) {
        let called: BTreeSet<&str> = callers(self.model).iter().map(|caller| caller.to).collect();
        for (name, service) in self.model.services.iter().filter(|(name, _)| called.contains(name.as_str())) {
            let steps = service.all_steps();
            let target = [name.as_str()];
            if steps.iter().any(|at| at.step.work.is_some()) {
                self.degrade(name, Resource::Cpu);
                let load = Share::percent(50);
                let stress = CpuStress { service: name.clone(), load, select: Select::All };
                self.add(&target, FaultSettings { cpu_stress: Some(stress), ..nothing() });
            }
            if steps.iter().any(|at| at.step.io.is_some()) {
                self.degrade(name, Resource::Io);
                let delay = IoDelay { service: name.clone(), delay: TYPICAL_DELAY, select: Select::All };
                self.add(&target, FaultSettings { io_delay: Some(delay), ..nothing() });
            }
            let pause = Pause { service: name.clone(), select: Select::All };
            self.add(&target, FaultSettings { pause: Some(pause), ..nothing() });
            let crash = Crash { service: name.clone(), select: Select::All };
            self.add(&target, FaultSettings { crash: Some(crash), ..nothing() });
            let (share, class) = (Share::percent(10), Class::ServerError);
            let errors = ErrorInjection { service: name.clone(), share, class, select: Select::All };
            self.add(&target, FaultSettings { error_injection: Some(errors), ..nothing() });
            let hole = Blackhole { service: name.clone(), select: Select::All };
            self.add(&target, FaultSettings { blackhole: Some(hole), ..nothing() });
            self.messages(&target, (None, None), Some(name));
            let Some(memory) = &service.memory else { continue };
            let bytes = Bytes::new(memory.heap.get() / 2);
            let stress = MemoryStress { service: name.clone(), bytes, select: Select::All };
            self.add(&target, FaultSettings { memory_stress: Some(stress), ..nothing() });
            let surge =
                AllocationSurge { service: name.clone(), factor: Factor::from(5), select: Select::All };
            self.add(&target, FaultSettings { allocation_surge: Some(surge), ..nothing() });
        }
    }

    fn degrade(&mut self, name: &str, resource: Resource) {
        let factor = Factor::from(5);
        let degrade = Degrade { service: name.to_owned(), factor, resource, select: Select::All };
        let target: &[&str] = if resource == Resource::Io { &[name, "io"] } else { &[name] };
        self.add(target, FaultSettings { degrade: Some(degrade), ..nothing() });
    }

    /// Messages that are late or lost, between two ends or around a service.
    fn messages(&mut self, target: &[&str], (from, to): (Option<&str>, Option<&str>), service: Option<&str>) {
        let [from, to, service] = [from, to, service].map(|name| name.map(str::to_owned));
        let (select, direction) = (Select::All, Direction::Both);
        let latency = NetworkLatency {
            from: from.clone(),
            to: to.clone(),
            service: service.clone(),
            select: select.clone(),
            direction,
            delay: TYPICAL_DELAY,
            jitter: Duration::ZERO,
        };
        self.add(target, FaultSettings { latency: Some(latency), ..nothing() });
        let loss = Share::percent(5);
        let loss = PacketLoss { from, to, service, select, direction, loss };
        self.add(target, FaultSettings { packet_loss: Some(loss), ..nothing() });
    }

    /// More and fewer requests, where a workload is an open loop.
    fn workloads(&mut self) {
        for (name, workload) in &self.model.workloads {
            if !matches!(workload.arrivals, ArrivalSettings::Open(_)) {
                continue;
            }
            for (target, factor) in [(vec![name.as_str()], 3.0), (vec![name, "cut"], 0.5)] {
                let factor = Factor::new(factor).expect("invariant: these are factors");
                let spike = LoadSpike { workload: name.clone(), factor };
                self.add(&target, FaultSettings { load_spike: Some(spike), ..nothing() });
            }
        }
    }

    /// What lies between those who call and those who are called.
    fn edges(&mut self) {
        let model = self.model;
        let edges: BTreeSet<(&str, &str)> =
            callers(model).iter().map(|caller| (caller.name, caller.to)).collect();
        for (from, to) in edges {
            self.messages(&[from, to], (Some(from), Some(to)), None);
            self.partition(&[from, to], &[from, to], None);
        }
    }

    /// Zones and regions.
    fn places(&mut self) {
        let model = self.model;
        let zones: Vec<&str> = Topology::of(model).zones().into_iter().collect();
        for (index, zone) in zones.iter().enumerate() {
            let outage = ZoneOutage { zone: (*zone).to_owned() };
            self.add(&[zone], FaultSettings { zone_outage: Some(outage), ..nothing() });
            for other in &zones[index + 1..] {
                self.messages(&[zone, other], (Some(zone), Some(other)), None);
                self.partition(&[zone, other], &[zone, other], None);
            }
        }
        for place in zones.into_iter().chain(model.network.regions.keys().map(String::as_str)) {
            self.messages(&[place], (Some(place), None), None);
            self.partition(&[place], &[], Some(place));
        }
    }

    fn partition(&mut self, target: &[&str], between: &[&str], isolate: Option<&str>) {
        for (mode, word) in [(PartitionMode::Drop, None), (PartitionMode::Reject, Some("reject"))] {
            let partition = Partition {
                between: between.iter().map(|&name| name.to_owned()).collect(),
                isolate: isolate.map(str::to_owned),
                direction: Direction::Both,
                mode,
                share: Share::ONE,
            };
            let target: Vec<&str> = target.iter().copied().chain(word).collect();
            self.add(&target, FaultSettings { partition: Some(partition), ..nothing() });
        }
    }

    /// What is kept, and what is held.
    fn state(&mut self) {
        for name in self.model.caches.keys() {
            let flush = CacheFlush { cache: name.clone(), share: Share::ONE, select: Select::All };
            self.add(&[name], FaultSettings { cache_flush: Some(flush), ..nothing() });
        }
        for (name, lock) in &self.model.locks {
            let held = LockHeld { lock: name.clone(), key: None, mode: LockMode::Exclusive };
            if lock.scope == LockScope::Key {
                let hottest = LockHeld { key: Some(0), ..held.clone() };
                self.add(&[name, "hottest"], FaultSettings { lock_held: Some(hottest), ..nothing() });
            }
            self.add(&[name], FaultSettings { lock_held: Some(held), ..nothing() });
        }
    }
}

const TYPICAL_DELAY: Duration = Duration::from_ns(50_000_000);

fn nothing() -> FaultSettings {
    FaultSettings::default()
}
