//! Faults as changes to the running world.

use std::collections::BTreeMap;

use crate::kernel::random::hash64;
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};
use crate::mechanism::Problem;
use crate::mechanism::fault::{
    CacheFlush, ConfigPush, Direction, Effect, FaultKind, FaultSettings, LoadSpike, Partition, PartitionMode,
    Resource, Role, Select, Side, Timing,
};
use crate::model::{Model, PolicySettings, Topology};
use crate::plan::{
    After, Change, NetworkEffect, NetworkFault, Parameters, Policy, Push, Selected, Service, Source, What,
};
use crate::quantity::{Distribution, Share};

use super::Compiler;

/// What each config push makes of a model, by the name of the fault.
pub(super) fn pushed_models(model: &Model) -> Result<BTreeMap<String, Model>, Vec<Problem>> {
    let mut pushed = BTreeMap::new();
    for (name, fault) in &model.faults {
        let Some(push) = &fault.config_push else { continue };
        pushed.insert(name.clone(), model.with_push(name, push)?);
    }
    Ok(pushed)
}

impl Compiler<'_> {
    /// The changes; a load spike also adds the source of its arrivals, and a push the parameters and policies that it brings.
    pub(super) fn changes(
        &mut self,
        services: &[Service],
        sources: &mut Vec<Source>,
        parameters: &mut Vec<Parameters>,
        policies: &mut Vec<Policy>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, fault) in &self.model.faults {
            let Some(kind) = fault.kind() else { continue };
            let what = match kind {
                FaultKind::ConfigPush(push) => Some(self.push(name, push, parameters, policies)),
                other => self.what(name, other, services),
            };
            let Some(what) = what else { continue };
            let timing = self.timing(name, fault);
            if let (What::Spike { workload }, Some(spike)) = (&what, &fault.load_spike) {
                let change = changes.len() as u32;
                sources.push(self.spike_source(name, fault, spike, (*workload, change), &timing));
            }
            let site = self.sites.add(format!("faults.{name}"));
            let mut site_of = |distribution: &Option<Distribution>, field: &str| match distribution {
                None | Some(Distribution::Constant(_)) => site,
                Some(_) => self.sites.add(format!("faults.{name}.{field}")),
            };
            let gap_site = site_of(&fault.every, "every");
            let duration_site = site_of(&fault.duration, "duration");
            changes.push(Change {
                name: name.clone(),
                kind: kind.name(),
                target: target_of(kind),
                timing,
                after: None,
                ramp: fault.ramp.filter(|ramp| !ramp.is_zero()),
                role: fault.role(),
                what,
                site,
                gap_site,
                duration_site,
            });
        }
        for index in 0..changes.len() {
            changes[index].after = self.after(&changes[index].name, &changes);
        }
        changes
    }

    fn timing(&mut self, name: &str, fault: &FaultSettings) -> Timing {
        let mut sampler = |distribution: &Option<Distribution>, field: &str| {
            distribution.as_ref().map(|written| self.sampler(written, &format!("faults.{name}.{field}")))
        };
        let since_start = |duration| Time::ZERO + duration;
        Timing {
            at: fault.at.map(since_start),
            every: sampler(&fault.every, "every"),
            duration: match fault.kind() {
                Some(kind) if kind.is_instantaneous() => Some(Sampler::constant(Duration::ZERO)),
                _ => sampler(&fault.duration, "duration"),
            },
            until: fault.until.map(since_start),
            count: fault.count,
        }
    }

    fn after(&mut self, name: &str, changes: &[Change]) -> Option<After> {
        let after = self.model.faults.get(name)?.after.as_ref()?;
        let change = changes.iter().position(|change| change.name == after.fault)? as u32;
        let site = self.sites.add(format!("faults.{name}.after"));
        Some(After { change, delay: after.delay, billionths: after.probability.billionths(), site })
    }

    /// The arrivals that a spike adds. Where it is known before the run when it happens, so are they; otherwise the source waits for its begin.
    fn spike_source(
        &mut self,
        name: &str,
        fault: &FaultSettings,
        spike: &LoadSpike,
        (workload, change): (u32, u32),
        timing: &Timing,
    ) -> Source {
        let (from, until) = match timing.known_window() {
            Some((from, until)) => (from, until.unwrap_or(Time::MAX)),
            None => (Time::MAX, Time::MAX),
        };
        Source {
            workload,
            change: Some(change),
            is_extra: fault.role() == Role::Trigger,
            site: self.sites.add(format!("faults.{name}.arrivals")),
            factor: spike.factor.get() - 1.0,
            from,
            until,
            ramp: fault.ramp.unwrap_or_default(),
        }
    }

    fn what(&mut self, name: &str, kind: FaultKind<'_>, services: &[Service]) -> Option<What> {
        let instances = |service: &str, select: &Select, effect| {
            let service = self.service(service)?;
            Some(What::Instances { service, select: select.clone(), effect })
        };
        match kind {
            FaultKind::Degrade(fault) => {
                let factor = fault.factor.get();
                let effect = match fault.resource {
                    Resource::Cpu => Effect::Degrade(factor),
                    Resource::Io => Effect::DegradeIo(factor),
                };
                instances(&fault.service, &fault.select, effect)
            }
            FaultKind::Pause(fault) => instances(&fault.service, &fault.select, Effect::Pause),
            FaultKind::Crash(fault) => instances(&fault.service, &fault.select, Effect::Crash),
            FaultKind::ErrorInjection(fault) => {
                let effect = Effect::InjectErrors { share: fault.share, class: fault.class };
                instances(&fault.service, &fault.select, effect)
            }
            FaultKind::CpuStress(fault) => {
                let effect = Effect::Degrade(1.0 / (1.0 - fault.load.as_f64()));
                instances(&fault.service, &fault.select, effect)
            }
            FaultKind::MemoryStress(fault) => {
                instances(&fault.service, &fault.select, Effect::StressMemory(fault.bytes.get()))
            }
            FaultKind::AllocationSurge(fault) => {
                instances(&fault.service, &fault.select, Effect::Allocate(fault.factor.get()))
            }
            FaultKind::IoDelay(fault) => {
                instances(&fault.service, &fault.select, Effect::DelayIo(fault.delay))
            }
            FaultKind::LoadSpike(spike) => {
                let workload = self.model.workloads.keys().position(|name| *name == spike.workload)? as u32;
                let factor = spike.factor.get();
                if factor > 1.0 {
                    return Some(What::Spike { workload });
                }
                Some(What::Cut { workload, keep_billionths: (factor * 1e9).round() as u32 })
            }
            FaultKind::ZoneOutage(fault) => {
                Some(What::ZoneOutage { instances: in_zone(services, &fault.zone) })
            }
            FaultKind::Latency(_)
            | FaultKind::PacketLoss(_)
            | FaultKind::Partition(_)
            | FaultKind::Blackhole(_) => self.network_fault(name, kind).map(What::Network),
            FaultKind::CacheFlush(fault) => self.cache_flush(fault),
            FaultKind::LockHeld(fault) => {
                Some(What::HoldLock { lock: self.lock_number(&fault.lock), key: fault.key, mode: fault.mode })
            }
            FaultKind::ConfigPush(_) => None,
        }
    }

    fn cache_flush(&self, fault: &CacheFlush) -> Option<What> {
        let cache = self.cache(&fault.cache);
        let select = match self.model.caches[&fault.cache].inside() {
            None => None,
            Some(service) => Some(Selected { service: self.service(service)?, select: fault.select.clone() }),
        };
        Some(What::FlushCache { cache, billionths: fault.share.billionths(), select })
    }

    fn network_fault(&mut self, name: &str, kind: FaultKind<'_>) -> Option<NetworkFault> {
        match kind {
            FaultKind::Latency(fault) => {
                let effect = NetworkEffect::Delay {
                    delay: fault.delay,
                    jitter: fault.jitter,
                    request_site: self.sites.add(format!("faults.{name}.request")),
                    reply_site: self.sites.add(format!("faults.{name}.reply")),
                };
                let ends = (fault.from.as_deref(), fault.to.as_deref());
                let instances = fault.service.as_deref().map(|service| (service, &fault.select));
                self.between(ends, instances, fault.direction, effect)
            }
            FaultKind::PacketLoss(fault) => {
                let effect = NetworkEffect::Loss { billionths: fault.loss.billionths() };
                let ends = (fault.from.as_deref(), fault.to.as_deref());
                let instances = fault.service.as_deref().map(|service| (service, &fault.select));
                self.between(ends, instances, fault.direction, effect)
            }
            FaultKind::Blackhole(fault) => {
                let effect = self.cut(PartitionMode::Drop, Share::ONE);
                self.between((None, None), Some((&fault.service, &fault.select)), Direction::Both, effect)
            }
            FaultKind::Partition(fault) => {
                let effect = self.cut(fault.mode, fault.share);
                let (from, to) = self.sides(fault)?;
                Some(NetworkFault { from, to, direction: fault.direction, select: None, effect })
            }
            FaultKind::Degrade(_)
            | FaultKind::Pause(_)
            | FaultKind::Crash(_)
            | FaultKind::LoadSpike(_)
            | FaultKind::ErrorInjection(_)
            | FaultKind::CpuStress(_)
            | FaultKind::MemoryStress(_)
            | FaultKind::AllocationSurge(_)
            | FaultKind::ZoneOutage(_)
            | FaultKind::CacheFlush(_)
            | FaultKind::IoDelay(_)
            | FaultKind::LockHeld(_)
            | FaultKind::ConfigPush(_) => None,
        }
    }

    fn cut(&self, mode: PartitionMode, share: Share) -> NetworkEffect {
        let components = self.model.workloads.keys().chain(self.model.services.keys());
        let names = components.map(|name| hash64(name)).collect();
        NetworkEffect::Cut { mode, billionths: share.billionths(), names }
    }

    fn sides(&self, fault: &Partition) -> Option<(Side, Side)> {
        let topology = Topology::of(self.model);
        match (&fault.between[..], &fault.isolate) {
            ([one, other], _) => Some((topology.side(one)?, topology.side(other)?)),
            (_, Some(name)) => {
                let side = topology.side(name)?;
                let others = side.others();
                Some((side, others))
            }
            _ => None,
        }
    }

    /// Either certain instances and everybody, or two ends.
    fn between(
        &self,
        ends: (Option<&str>, Option<&str>),
        instances: Option<(&str, &Select)>,
        direction: Direction,
        effect: NetworkEffect,
    ) -> Option<NetworkFault> {
        let topology = Topology::of(self.model);
        let everybody = Side::everybody(topology.components());
        if let Some((service, select)) = instances {
            let from = topology.side(service)?;
            let select = Some(Selected { service: self.service(service)?, select: select.clone() });
            return Some(NetworkFault { from, to: everybody, direction, select, effect });
        }
        let end = |name: Option<&str>| match name {
            Some(name) => topology.side(name),
            None => Some(everybody.clone()),
        };
        Some(NetworkFault { from: end(ends.0)?, to: end(ends.1)?, direction, select: None, effect })
    }

    fn push(
        &mut self,
        name: &str,
        push: &ConfigPush,
        parameters: &mut Vec<Parameters>,
        policies: &mut Vec<Policy>,
    ) -> What {
        let (before, after) = (self.model, &self.pushed[name]);
        let mut changed = Push { services: Vec::new(), policies: Vec::new(), select: push.select.clone() };
        for (index, (name, settings)) in before.services.iter().enumerate() {
            if let Some(pushed) = after.services.get(name).filter(|pushed| *pushed != settings) {
                changed.services.push((index as u32, parameters.len() as u32));
                let set = self.pushed_service(name, pushed);
                parameters.push(set);
            }
        }
        let default = PolicySettings::default();
        for (index, name) in self.policy_names.clone().into_iter().enumerate() {
            let settings = before.policies.get(&name).unwrap_or(&default);
            if let Some(pushed) = after.policies.get(&name).filter(|pushed| *pushed != settings) {
                changed.policies.push((index as u16, policies.len() as u16));
                let policy = self.policy(name, pushed);
                policies.push(policy);
            }
        }
        What::Push(changed)
    }

    pub(super) fn service(&self, name: &str) -> Option<u32> {
        self.model.services.keys().position(|other| other == name).map(|index| index as u32)
    }
}

/// The instances of all services that stand in a zone, counted over all services.
fn in_zone(services: &[Service], zone: &str) -> Vec<u32> {
    let here = |service: &Service| {
        let zones = service.zones.clone();
        let (first, count) = (service.first_instance, service.instances);
        let is_here =
            move |ordinal: &u32| !zones.is_empty() && zones[*ordinal as usize % zones.len()] == zone;
        (0..count).filter(is_here).map(move |ordinal| first + ordinal).collect::<Vec<u32>>()
    };
    services.iter().flat_map(here).collect()
}

/// Whom a fault hits, for people.
fn target_of(kind: FaultKind<'_>) -> String {
    let ends = |from: &Option<String>, to: &Option<String>, service: &Option<String>| {
        let end = |end: &Option<String>| end.clone().unwrap_or_else(|| "everybody".to_owned());
        service.clone().unwrap_or_else(|| format!("{}, {}", end(from), end(to)))
    };
    match kind {
        FaultKind::Degrade(fault) => fault.service.clone(),
        FaultKind::Pause(fault) => fault.service.clone(),
        FaultKind::Crash(fault) => fault.service.clone(),
        FaultKind::ErrorInjection(fault) => fault.service.clone(),
        FaultKind::CpuStress(fault) => fault.service.clone(),
        FaultKind::MemoryStress(fault) => fault.service.clone(),
        FaultKind::AllocationSurge(fault) => fault.service.clone(),
        FaultKind::Blackhole(fault) => fault.service.clone(),
        FaultKind::LoadSpike(fault) => fault.workload.clone(),
        FaultKind::ZoneOutage(fault) => fault.zone.clone(),
        FaultKind::Latency(fault) => ends(&fault.from, &fault.to, &fault.service),
        FaultKind::PacketLoss(fault) => ends(&fault.from, &fault.to, &fault.service),
        FaultKind::Partition(fault) => fault.isolate.clone().unwrap_or_else(|| fault.between.join(", ")),
        FaultKind::CacheFlush(fault) => fault.cache.clone(),
        FaultKind::IoDelay(fault) => fault.service.clone(),
        FaultKind::LockHeld(fault) => fault.lock.clone(),
        FaultKind::ConfigPush(fault) => fault.set.keys().cloned().collect::<Vec<_>>().join(", "),
    }
}
