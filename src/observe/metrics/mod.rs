//! Metrics: every count, level and quantile of the output, from what happens.
//!
//! A count belongs to the interval in which the thing ended (arrivals: began). Latencies are of what succeeded; failures have
//! their own. Totals take requests whose intended start is at or after the warm-up, and for everything else what ended after it.

mod components;
mod digest;
mod level;

use crate::kernel::{Duration, Time};
use crate::plan::{Caller, Plan};

use self::components::{EdgeMeter, ServiceMeter, WorkloadMeter};
use self::digest::Digest;
use self::level::Counted;
use super::run::{EdgeSeries, FaultOccurrence, Run, ServiceSeries, WorkloadSeries};
use super::{Happening, Observer, ServiceEnd};

/// Measures a run.
#[derive(Clone, Debug)]
pub struct Metrics {
    workloads: Vec<WorkloadMeter>,
    edges: Vec<EdgeMeter>,
    services: Vec<ServiceMeter>,
    warmup: Time,
    /// Whether the interval in progress began before the end of the warm-up.
    began_early: bool,
    digest: Digest,
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
        Self {
            workloads: plan.workloads.iter().map(|_| WorkloadMeter::default()).collect(),
            edges: plan.edges.iter().map(|_| EdgeMeter::default()).collect(),
            services: plan.services.iter().map(|_| ServiceMeter::default()).collect(),
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
        Run {
            seed: facts.seed,
            duration: plan.duration,
            warmup: plan.warmup,
            interval: plan.interval,
            workloads: workloads.collect(),
            edges: edges.collect(),
            services: services.collect(),
            faults: facts.faults,
            events: facts.events,
            digest: self.digest.finish(),
        }
    }
}

impl Metrics {
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
            Happening::RequestEntered { workload, extra } => {
                self.workloads[workload as usize].entered(extra, now >= self.warmup);
            }
            Happening::RequestEnded { workload, extra, class, began } => {
                let latency = now.since(began);
                self.workloads[workload as usize].ended(extra, class, latency, began >= self.warmup);
            }
            Happening::CallBegan { edge } => self.edges[edge as usize].call_began(),
            Happening::CallEnded { edge, class, began } => {
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
            Happening::Received { place, .. } => self.services[place.service as usize].received(now),
            Happening::Queued { place, .. } => self.services[place.service as usize].queued(now),
            Happening::LeftQueue { place, .. } => self.services[place.service as usize].left_queue(now),
            Happening::ThreadTaken { place, waited, .. } => {
                let counted = self.counted(now);
                self.services[place.service as usize].thread_taken(now, waited, counted);
            }
            Happening::ThreadReleased { place, .. } => {
                self.services[place.service as usize].thread_released(now);
            }
            Happening::WorkBegan { place, .. } => self.services[place.service as usize].work_began(now),
            Happening::WorkStopped { place, .. } => self.services[place.service as usize].work_stopped(now),
            Happening::Finished { place, end, received, worked, wanted, .. } => {
                let is_lost = matches!(end, ServiceEnd::Reset | ServiceEnd::Cancelled);
                let wasted = if wanted && !is_lost { Duration::ZERO } else { worked };
                let counted = self.counted(now);
                self.services[place.service as usize].finished(now, end, received, wasted, counted);
            }
            Happening::Orphaned { place, .. } => self.services[place.service as usize].orphaned(),
            Happening::AttemptRefused { .. }
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
        for meter in &mut self.edges {
            self.digest.edge(meter.close(all_count));
        }
        for meter in &mut self.services {
            self.digest.service(meter.close(end, all_count));
        }
    }
}
