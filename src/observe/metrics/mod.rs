//! Metrics: every count, level and quantile of the output, from what happens.
//!
//! A count belongs to the interval in which the thing ended (arrivals: began). Latencies are of what succeeded; failures have
//! their own. Totals take requests whose intended start is at or after the warm-up, and for everything else what ended after it.

mod caches;
mod components;
mod digest;
mod guard_meters;
mod guards;
mod level;
mod locks;
mod memory;

use crate::kernel::{Duration, Time};
use crate::plan::{Caller, Plan};

use self::caches::CacheMeter;
use self::components::{EdgeMeter, GroupMeter, ServiceMeter, WorkloadMeter};
use self::digest::Digest;
use self::guards::GuardMeters;
use self::level::Counted;
use self::locks::LockMeter;
use self::memory::MemoryMeter;
use super::run::{EdgeSeries, FaultOccurrence, GroupSeries, Run, ServiceSeries, WorkloadSeries};
use super::{Happening, Observer, Place, RegisterRow, RegisterSeries, ServiceEnd};

/// Measures a run.
#[derive(Clone, Debug)]
pub struct Metrics {
    workloads: Vec<WorkloadMeter>,
    operations: Groups,
    tenants: Groups,
    edges: Vec<EdgeMeter>,
    guards: GuardMeters,
    services: Vec<ServiceMeter>,
    caches: Vec<CacheMeter>,
    memories: Vec<MemoryMeter>,
    locks: Vec<LockMeter>,
    registers: Vec<(RegisterRow, Vec<RegisterRow>)>,
    warmup: Time,
    /// Whether the interval in progress began before the end of the warm-up.
    began_early: bool,
    digest: Digest,
}

/// Parts of the workloads that have several, one after the other.
#[derive(Clone, Debug)]
struct Groups {
    meters: Vec<GroupMeter>,
    /// Where those of each workload begin.
    first: Vec<Option<usize>>,
}

impl Groups {
    /// For so many parts of each workload.
    fn new(counts: impl Iterator<Item = usize>) -> Self {
        let (mut meters, mut first) = (Vec::new(), Vec::new());
        for count in counts {
            first.push((count > 0).then_some(meters.len()));
            meters.extend((0..count).map(|_| GroupMeter::default()));
        }
        Self { meters, first }
    }

    #[cold]
    fn change(&mut self, workload: u32, group: usize, change: impl FnOnce(&mut GroupMeter)) {
        if let Some(first) = self.first[workload as usize] {
            change(&mut self.meters[first + group]);
        }
    }

    fn close(&mut self, digest: &mut Digest) {
        for meter in &mut self.meters {
            digest.group(meter.close());
        }
    }

    /// `names` in the order of the meters, with their workloads.
    fn finish(self, names: impl Iterator<Item = (String, String)>) -> Vec<GroupSeries> {
        let meters = self.meters.into_iter().zip(names);
        meters.map(|(meter, (workload, name))| GroupSeries { workload, name, rows: meter.finish() }).collect()
    }
}

/// What a run is besides its numbers.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The seed.
    pub seed: u64,
    /// The faults as they happened.
    pub faults: Vec<FaultOccurrence>,
    /// How many events were executed.
    pub events: u64,
}

impl Metrics {
    /// Nothing measured yet.
    pub fn new(plan: &Plan) -> Self {
        let workloads = &plan.workloads;
        Self {
            operations: Groups::new(workloads.iter().map(|workload| workload.mix.len())),
            tenants: Groups::new(workloads.iter().map(|workload| workload.tenants.len())),
            workloads: plan.workloads.iter().map(|_| WorkloadMeter::default()).collect(),
            edges: plan.edges.iter().map(|_| EdgeMeter::default()).collect(),
            guards: GuardMeters::new(plan),
            services: plan.services.iter().map(|_| ServiceMeter::default()).collect(),
            caches: plan.caches.iter().map(|_| CacheMeter::default()).collect(),
            memories: plan.memories.iter().map(MemoryMeter::new).collect(),
            locks: plan.locks.iter().map(|_| LockMeter::default()).collect(),
            registers: plan.registers.iter().map(|_| Default::default()).collect(),
            warmup: Time::ZERO + plan.warmup,
            began_early: !plan.warmup.is_zero(),
            digest: Digest::new(),
        }
    }

    /// The finished run; what happened after the last interval that ended is left out.
    pub fn into_run(self, plan: &Plan, facts: Facts) -> Run {
        let workloads = self.workloads.into_iter().zip(&plan.workloads).map(|(meter, planned)| {
            let (rows, totals) = meter.finish();
            WorkloadSeries { name: planned.name.clone(), rows, totals }
        });
        let edges = self.edges.into_iter().zip(&plan.edges).map(|(meter, planned)| {
            let (rows, totals) = meter.finish();
            let (caller, caller_is_workload) = match planned.caller {
                Caller::Workload(index) => (&plan.workloads[index as usize].name, true),
                Caller::Service(index) => (&plan.services[index as usize].name, false),
            };
            EdgeSeries {
                caller: caller.clone(),
                caller_is_workload,
                target: plan.services[planned.target as usize].name.clone(),
                policy: plan.policies[planned.policy as usize].name.clone(),
                rows,
                totals,
            }
        });
        let services = self.services.into_iter().zip(&plan.services).map(|(meter, planned)| {
            let (rows, totals) = meter.finish();
            let threads = plan.parameters[planned.parameters as usize].threads;
            let threads = (threads != u32::MAX).then(|| u64::from(threads) * u64::from(planned.instances));
            ServiceSeries { name: planned.name.clone(), threads, rows, totals }
        });
        let caches = self.caches.into_iter().zip(&plan.caches);
        let caches = caches.map(|(meter, planned)| meter.finish(planned.name.clone()));
        let memories = self.memories.into_iter().zip(&plan.memories);
        let memories = memories
            .map(|(meter, planned)| meter.finish(plan.services[planned.service as usize].name.clone()));
        let locks = self.locks.into_iter().zip(&plan.locks);
        let locks = locks.map(|(meter, planned)| meter.finish(planned.name.clone()));
        let registers = self.registers.into_iter().zip(&plan.registers);
        let registers =
            registers.map(|((_, rows), planned)| RegisterSeries { name: planned.name.clone(), rows });
        let operations = plan.workloads.iter().flat_map(|workload| {
            workload.mix.iter().map(|operation| (workload.name.clone(), operation.name.clone()))
        });
        let tenants = plan.workloads.iter().flat_map(|workload| {
            workload.tenants.iter().map(|tenant| (workload.name.clone(), tenant.name.clone()))
        });
        Run {
            operations: self.operations.finish(operations),
            tenants: self.tenants.finish(tenants),
            seed: facts.seed,
            duration: plan.duration,
            warmup: plan.warmup,
            interval: plan.interval,
            workloads: workloads.collect(),
            edges: edges.collect(),
            guards: self.guards.finish(),
            services: services.collect(),
            caches: caches.collect(),
            memories: memories.collect(),
            locks: locks.collect(),
            registers: registers.collect(),
            faults: facts.faults,
            events: facts.events,
            digest: self.digest.finish(),
        }
    }
}

impl Metrics {
    #[inline]
    fn at(&mut self, place: Place) -> &mut ServiceMeter {
        &mut self.services[place.service as usize]
    }

    #[inline]
    fn counted(&self, now: Time) -> Counted {
        if self.began_early && now >= self.warmup { Counted::Now } else { Counted::NotNow }
    }
}

impl Observer for Metrics {
    #[expect(
        clippy::inline_always,
        reason = "where something is told, its kind is known: inlined, the match is gone"
    )]
    #[inline(always)]
    fn happened(&mut self, now: Time, happening: Happening) {
        match happening {
            Happening::RequestEntered { workload, operation, tenant, extra, is_user_retry } => {
                self.workloads[workload as usize].entered(extra, now >= self.warmup, is_user_retry);
                if !self.operations.meters.is_empty() && !extra {
                    self.operations.change(workload, usize::from(operation), GroupMeter::entered);
                }
                if !self.tenants.meters.is_empty() && !extra {
                    self.tenants.change(workload, usize::from(tenant), GroupMeter::entered);
                }
            }
            Happening::RequestEnded {
                workload,
                operation,
                tenant,
                extra,
                class,
                began,
                intended,
                late,
                ..
            } => {
                let latency = now.since(intended);
                self.workloads[workload as usize].ended(extra, class, latency, began >= self.warmup, late);
                if !self.operations.meters.is_empty() && !extra {
                    let ended = move |meter: &mut GroupMeter| meter.ended(class, latency, late);
                    self.operations.change(workload, usize::from(operation), ended);
                }
                if !self.tenants.meters.is_empty() && !extra {
                    let ended = move |meter: &mut GroupMeter| meter.ended(class, latency, late);
                    self.tenants.change(workload, usize::from(tenant), ended);
                }
            }
            Happening::CallBegan { edge, .. } => self.edges[edge as usize].call_began(),
            Happening::CallEnded { edge, class, began, .. } => {
                let counted = self.counted(now);
                self.edges[edge as usize].call_ended(class, now.since(began), counted);
            }
            Happening::AttemptSent { edge, ordinal, .. } => self.edges[edge as usize].attempt_sent(ordinal),
            Happening::AttemptEnded { edge, class, sent, .. } => {
                let counted = self.counted(now);
                self.edges[edge as usize].attempt_ended(class, now.since(sent), counted);
            }
            Happening::AttemptLost { edge, .. } => self.edges[edge as usize].attempt_lost(),
            Happening::ReplyLost { edge, .. } => self.edges[edge as usize].reply_lost(),
            Happening::Guard { edge, event } => self.guards.happened(now, edge as usize, event),
            Happening::Received { place, .. } => self.services[place.service as usize].received(now),
            Happening::Queued { place, .. } => self.services[place.service as usize].queued(now),
            Happening::LeftQueue { place, .. } => self.services[place.service as usize].left_queue(now),
            Happening::ThreadTaken { place, waited, .. } => {
                let counted = self.counted(now);
                self.services[place.service as usize].thread_taken(now, waited, counted);
            }
            Happening::ThreadReleased { place, .. } => self.at(place).thread_released(now),
            Happening::WorkBegan { place, .. } => self.services[place.service as usize].work_began(now),
            Happening::WorkStopped { place, .. } => self.services[place.service as usize].work_stopped(now),
            Happening::Finished { place, end, received, worked, wanted, .. } => {
                let is_lost = matches!(end, ServiceEnd::Reset | ServiceEnd::Cancelled);
                let wasted = if wanted && !is_lost { Duration::ZERO } else { worked };
                let counted = self.counted(now);
                self.services[place.service as usize].finished(now, end, received, wasted, counted);
            }
            Happening::CpuQueued { place, .. } => self.at(place).cpu_queued(now),
            Happening::CpuLeftQueue { place, .. } => self.at(place).cpu_left_queue(now),
            Happening::IoBegan { place, .. } => self.at(place).io_began(now),
            Happening::IoStopped { place, .. } => self.at(place).io_stopped(now),
            Happening::IoQueued { place, .. } => self.at(place).io_queued(now),
            Happening::IoLeftQueue { place, .. } => self.at(place).io_left_queue(now),
            Happening::PermitQueued { place, .. } => self.at(place).permit_queued(now),
            Happening::PermitLeftQueue { place, .. } => self.at(place).permit_left_queue(now),
            Happening::RateLimited { place, .. } => self.at(place).rate_limited(),
            Happening::DuplicateExecution { place } => self.at(place).executed_again(),
            Happening::QueueTimedOut { place } => self.at(place).queue_timed_out(),
            Happening::BranchEnded { place, worked, wanted, .. } => {
                let wasted = if wanted { Duration::ZERO } else { worked };
                self.services[place.service as usize].branch_ended(wasted);
            }
            Happening::FellBack { place, .. } => self.at(place).fell_back(),
            Happening::Cache { cache, event } => {
                let counted = self.counted(now);
                self.caches[cache as usize].happened(now, event, counted);
            }
            Happening::Memory { memory, event } => {
                let counted = self.counted(now);
                self.memories[memory as usize].happened(now, event, counted);
            }
            Happening::Lock { lock, event, .. } => {
                let counted = self.counted(now);
                self.locks[lock as usize].happened(now, event, counted);
            }
            Happening::Register { register, event } => self.registers[register as usize].0.happened(event),
            Happening::Orphaned { place, .. } => self.at(place).orphaned(),
            Happening::Rejecting { .. }
            | Happening::AttemptRefused { .. }
            | Happening::BranchBegan { .. }
            | Happening::CopyBegan { .. }
            | Happening::ChangeBegan { .. }
            | Happening::ChangeEnded { .. } => {}
        }
    }

    fn interval_ended(&mut self, end: Time) {
        let all_count = !self.began_early;
        self.began_early = end < self.warmup;
        for meter in &mut self.workloads {
            self.digest.workload(meter.close());
        }
        self.operations.close(&mut self.digest);
        self.tenants.close(&mut self.digest);
        for meter in &mut self.edges {
            self.digest.edge(meter.close(all_count));
        }
        self.guards.close(end, &mut self.digest);
        for meter in &mut self.services {
            self.digest.service(meter.close(end, all_count));
        }
        for meter in &mut self.caches {
            self.digest.cache(meter.close(end, all_count));
        }
        for meter in &mut self.memories {
            self.digest.memory(meter.close(end, all_count));
        }
        for meter in &mut self.locks {
            self.digest.lock(meter.close(end, all_count));
        }
        for (row, rows) in &mut self.registers {
            self.digest.register(row);
            rows.push(std::mem::take(row));
        }
    }
}
