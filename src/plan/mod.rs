//! A checked model with indices instead of names: what the engine runs on.
//!
//! A plan is data. It holds no state and no randomness; the same plan serves any number of simulations at a time. Handlers
//! are flat lists of instructions, and everything that is constant is worked out here: the lanes of the calendar, the sites at
//! which numbers are drawn, the edges of the service graph.

mod cache;
mod change;
mod compile;
mod component;
mod edge;
mod feedback;
mod instruction;
mod kinship;
mod lanes;
mod lock;
mod sites;

#[cfg(test)]
mod tests;

use crate::kernel::calendar::Rank;
use crate::kernel::{Duration, Time};
use crate::mechanism::fault::{Effect, Role, Timing};
use crate::mechanism::retry::Retry;
use crate::model::ServiceGraph;

pub use cache::{Absent, Cache, Lease, Propagation, Sizes, Warming, WriteBehind};
pub use change::{After, Change, NetworkEffect, NetworkFault, Push, Selected, What};
pub use component::{
    Chance, Drawn, Instance, Operation, Parameters, PlannedMemory, Service, Source, Tenant, UserRetry, Users,
    Workload,
};
pub use edge::{Caller, Connect, Edge, EdgeNetwork, Hop, HopKind, Link, Message, Policy, States};
pub use feedback::Feedback;
pub use instruction::{Behind, Delay, Instruction, Span, Way, Writing};
pub use lock::{Lock, LockPatience, Register};
pub use sites::{Site, SiteId};

/// Everything that a simulation needs to know about the system.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the model.
    pub name: String,
    /// Simulated time.
    pub duration: Duration,
    /// Left out of summaries.
    pub warmup: Duration,
    /// What one row of a series covers.
    pub interval: Duration,
    /// By name.
    pub workloads: Vec<Workload>,
    /// Where requests come from: first the workloads, then what changes add.
    pub sources: Vec<Source>,
    /// By name.
    pub services: Vec<Service>,
    /// The instances of all services, by service and ordinal.
    pub instances: Vec<Instance>,
    /// Parameter sets; each instance points to one.
    pub parameters: Vec<Parameters>,
    /// The handlers of all parameter sets, one after the other.
    pub instructions: Vec<Instruction>,
    /// Where each instruction goes on if it fails: [`Plan::NO_RESCUE`] ends the handler or the branch.
    pub rescues: Vec<u32>,
    /// How many locks are held at each instruction, by the attempt or the branch.
    pub lock_depths: Vec<u8>,
    /// The first instructions of the handlers.
    pub handlers: Vec<u32>,
    /// The ways of choices.
    pub ways: Vec<Way>,
    /// The first instructions of branches.
    pub branches: Vec<u32>,
    /// By name.
    pub caches: Vec<Cache>,
    /// By service, of those whose memory is limited.
    pub memories: Vec<PlannedMemory>,
    /// By name.
    pub locks: Vec<Lock>,
    /// By name.
    pub registers: Vec<Register>,
    /// By caller, target and policy.
    pub edges: Vec<Edge>,
    /// How many retry budgets there are, over all edges.
    pub budgets: u32,
    /// How many adaptive throttles there are, over all edges.
    pub throttles: u32,
    /// How many rate limits there are, over all edges.
    pub rate_limits: u32,
    /// How many rate limits of services and their instances there are, over all parameter sets.
    pub service_limits: u32,
    /// How many connection pools there are, over all edges.
    pub pools: u32,
    /// How many bulkheads there are, over all edges.
    pub bulkheads: u32,
    /// Between processes in certain zones, by edge.
    pub links: Vec<Link>,
    /// By name, and then what pushes make of them.
    pub policies: Vec<Policy>,
    /// The constant delays of the model.
    pub lanes: Vec<(Duration, Rank)>,
    /// The places at which numbers are drawn.
    pub sites: Vec<Site>,
    /// What changes while it runs, by name.
    pub changes: Vec<Change>,
    /// Who calls whom.
    pub graph: ServiceGraph,
}

impl Plan {
    /// In [`Plan::rescues`]: nothing is tried instead.
    pub const NO_RESCUE: u32 = u32::MAX;

    /// In place of the number of a handler: the kernel of the instance answers, and the service does not hear of it.
    pub const ACCEPT: u16 = u16::MAX;

    /// The same world in which the triggers never begin: the twin that a run is compared with.
    pub fn without_triggers(&self) -> Self {
        let mut twin = self.clone();
        for change in twin.changes.iter_mut().filter(|change| change.role == Role::Trigger) {
            change.timing = Timing::default();
            change.after = None;
        }
        for source in &mut twin.sources {
            // What belongs to the world follows no trigger, or the model would have been refused.
            if source.change.is_some_and(|change| self.changes[change as usize].role == Role::Trigger) {
                (source.from, source.until) = (Time::MAX, Time::MAX);
            }
        }
        twin
    }

    /// The same world in which every call is tried once: it tells overload from collapse without a trigger.
    pub fn with_single_attempts(&self) -> Self {
        let mut single = self.clone();
        for policy in &mut single.policies {
            policy.retry = Retry::never();
            policy.hedge = None;
        }
        single
    }

    /// The parameter sets that instances of a service may follow: its own, and those that changes push.
    pub fn parameter_sets(&self, service: u32) -> impl Iterator<Item = &Parameters> {
        let pushed = self.changes.iter().filter_map(move |change| match &change.what {
            What::Instances { service: target, effect: Effect::Parameters(set), .. }
                if *target == service =>
            {
                Some(*set)
            }
            What::Push(push) => {
                push.services.iter().find(|pushed| pushed.0 == service).map(|pushed| pushed.1)
            }
            What::Instances { .. }
            | What::ZoneOutage { .. }
            | What::Spike { .. }
            | What::Cut { .. }
            | What::FlushCache { .. }
            | What::HoldLock { .. }
            | What::Network(_) => None,
        });
        let own = self.services[service as usize].parameters;
        std::iter::once(own).chain(pushed).map(|set| &self.parameters[set as usize])
    }

    /// Whether anything belongs to the question rather than to the world.
    pub fn has_triggers(&self) -> bool {
        self.changes.iter().any(|change| change.role == Role::Trigger && change.may_begin())
    }
}
