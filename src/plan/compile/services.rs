//! Services and their parameters.

use std::collections::BTreeMap;

use crate::kernel::calendar::Rank;
use crate::mechanism::contention::Contention;
use crate::mechanism::memory::Memory;
use crate::mechanism::queue::QueueSettings;
use crate::mechanism::rate_limit::{LimitScope, RateLimit, ServiceRateLimitSettings};
use crate::mechanism::resource::{ContextSwitchSettings, CpuSharing, SharedCpus};
use crate::model::{AbandonedWork, ServiceSettings};
use crate::plan::{Parameters, PlannedMemory, Service, States};

use super::Compiler;

/// Where the states of the rate limits of services are.
#[derive(Default)]
pub(super) struct LimitCounter<'a> {
    pub(super) count: u32,
    /// Those that each service has, under its own settings and what pushes make of them.
    known: BTreeMap<&'a str, Vec<(ServiceRateLimitSettings, States)>>,
}

impl<'a> LimitCounter<'a> {
    /// A limit that a push leaves as it is has the states that it had; another one has states of its own.
    fn take(&mut self, service: &'a str, limit: ServiceRateLimitSettings, instances: u32) -> States {
        let known = self.known.entry(service).or_default();
        if let Some((_, states)) = known.iter().find(|(other, _)| *other == limit) {
            return *states;
        }
        let are_shared = limit.scope() == LimitScope::Service;
        let states = States { first: self.count, each: 1, are_shared };
        self.count += states.owners(instances);
        known.push((limit, states));
        states
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn services(&mut self) -> (Vec<Service>, Vec<Parameters>) {
        let mut first_instance = 0;
        let mut services = Vec::new();
        let mut parameters = Vec::new();
        for (name, settings) in &self.model.services {
            let first_handler = self.handlers(name, settings);
            let pushed = self.pushed.values().filter_map(|model| model.services.get(name));
            let hears_cancellation = std::iter::once(settings).chain(pushed).any(|settings| {
                matches!(settings.abandoned_work, AbandonedWork::RemoveFromQueue | AbandonedWork::Abort)
            });
            services.push(Service {
                name: name.clone(),
                first_instance,
                instances: settings.instances,
                zones: settings.zones.clone(),
                weights: settings.weights.clone(),
                ring: self.ring(name, settings),
                parameters: parameters.len() as u32,
                memory: self.memory(services.len() as u32, settings),
                hears_cancellation,
            });
            first_instance += settings.instances;
            parameters.push(self.parameters(name, settings, first_handler));
        }
        (services, parameters)
    }

    fn memory(&mut self, service: u32, settings: &ServiceSettings) -> Option<u32> {
        let rules = Memory::new(settings.memory.as_ref()?);
        self.memories.push(PlannedMemory { service, instances: settings.instances, rules });
        Some(self.memories.len() as u32 - 1)
    }

    /// What a push makes of a service.
    pub(super) fn pushed_service(&mut self, name: &'a str, settings: &'a ServiceSettings) -> Parameters {
        let first_handler = self.handlers(name, settings);
        self.parameters(name, settings, first_handler)
    }

    fn parameters(&mut self, name: &'a str, settings: &ServiceSettings, first_handler: u32) -> Parameters {
        let unlimited = QueueSettings::unlimited();
        let queue = settings.queue.as_ref().unwrap_or(&unlimited);
        let at = format!("services.{name}.queue.timeout");
        let queue_timeout = queue.timeout.as_ref().map(|timeout| self.span(timeout, Rank::Timer, &at));
        let rejection = queue.reject_cost.as_ref().map(|cost| self.rejection(name, cost));
        let rate_limit = settings.rate_limit.map(|limit| {
            let states = self.service_limits.take(name, limit, settings.instances);
            (RateLimit::of_service(&limit), states)
        });
        let cpus = settings.cpus.limited();
        let (cpus, shared_cpus) = match settings.cpu_sharing {
            CpuSharing::Fcfs => (cpus, None),
            CpuSharing::ProcessorSharing => {
                let efficiency = settings.context_switch.map_or(1.0, ContextSwitchSettings::efficiency);
                (None, cpus.map(|cpus| SharedCpus { cpus, efficiency }))
            }
        };
        Parameters {
            threads: settings.threads.limited().unwrap_or(u32::MAX),
            queue: queue.rules(),
            queue_timeout,
            rejection,
            retry_after: queue.retry_after,
            queue_site: self.sites.add(format!("services.{name}.queue")),
            cpus: cpus.unwrap_or(u32::MAX),
            shared_cpus,
            io_channels: settings.io.map_or(u32::MAX, |io| io.channels),
            contention: settings.contention.as_ref().map(Contention::new),
            abandoned_work: settings.abandoned_work,
            first_handler,
            rate_limit,
        }
    }
}
