//! A checked model with indices instead of names: what the engine runs on.
//!
//! A plan is data. It holds no state and no randomness; the same plan serves any number of simulations at a time. Handlers
//! are flat lists of instructions, and everything that is constant is worked out here: the lanes of the calendar, the sites at
//! which numbers are drawn, the edges of the service graph.

mod changes;
mod compile;
mod lanes;
mod sites;

#[cfg(test)]
mod tests;

use crate::kernel::calendar::{LaneId, Rank};
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};
use crate::mechanism::arrivals::{Process, Profile};
use crate::mechanism::balancer::Balancer;
use crate::mechanism::contention::Contention;
use crate::mechanism::fault::{Effect, Role, Select};
use crate::mechanism::queue::QueueSettings;
use crate::mechanism::retry::Retry;
use crate::model::{AbandonedWork, ServiceGraph};
use crate::quantity::Rate;

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
    /// By caller, target and policy.
    pub edges: Vec<Edge>,
    /// By name.
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

/// Requests that want something.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The name in the model.
    pub name: String,
    /// Mean arrivals where the profile's scale is 1.
    pub rate: Rate,
    /// How the gaps are distributed.
    pub process: Process,
    /// How the rate changes.
    pub profile: Profile,
    /// The call that each request makes.
    pub edge: u32,
    /// Client processes that share the load.
    pub clients: u32,
    /// Where a request's client is drawn.
    pub client_site: SiteId,
}

/// One stream of arrivals.
#[derive(Clone, Debug)]
pub struct Source {
    /// Whose requests these are.
    pub workload: u32,
    /// The change that adds them; `None`: the workload itself.
    pub change: Option<u32>,
    /// Whether that change is a trigger: its requests are counted apart. What a background fault adds belongs to the world.
    pub is_extra: bool,
    /// The site of the stream, and of the words of its requests.
    pub site: SiteId,
    /// The rate, as a multiple of the workload's.
    pub factor: f64,
    /// From when.
    pub from: Time,
    /// Until when.
    pub until: Time,
}

/// A kind of process that handles attempts.
#[derive(Clone, Debug)]
pub struct Service {
    /// The name in the model.
    pub name: String,
    /// The first of its instances in [`Plan::instances`].
    pub first_instance: u32,
    /// How many instances it has.
    pub instances: u32,
    /// The parameter set that its instances start with.
    pub parameters: u32,
}

/// One process.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Of which service.
    pub service: u32,
    /// Which of its instances, from 0.
    pub ordinal: u32,
}

/// What may differ between instances of one service. Attempts finish the handler that they started.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// Attempts handled at a time; `u32::MAX`: unlimited.
    pub threads: u32,
    /// Where attempts wait.
    pub queue: QueueSettings,
    /// How work slows down when there is more of it.
    pub contention: Option<Contention>,
    /// What happens to an attempt whose caller has given up.
    pub abandoned_work: AbandonedWork,
    /// The first instruction of the handler.
    pub handler: u32,
}

/// One step of a handler.
#[derive(Clone, Debug)]
pub enum Instruction {
    /// Needs a CPU for so long.
    Work {
        /// How long at speed 1.
        span: Span,
        /// Where it is drawn.
        site: SiteId,
    },
    /// Only time passes.
    Sleep {
        /// How long.
        span: Span,
        /// Where it is drawn.
        site: SiteId,
    },
    /// Asks another service, and waits for the answer.
    Call {
        /// Along which edge.
        edge: u32,
        /// Tells the calls of one handler apart.
        step: u64,
    },
    /// Fails with `server_error`.
    Fail {
        /// With this probability, in billionths.
        billionths: u32,
        /// Where it is drawn.
        site: SiteId,
    },
    /// The handler is done.
    Reply,
}

/// A constant or drawn span of time.
#[derive(Clone, Debug)]
pub enum Span {
    /// Always the same; not zero.
    Constant(Delay),
    /// No time at all.
    Zero,
    /// Drawn afresh each time.
    Drawn(Sampler),
}

/// A constant delay and the lane of the calendar that it has to itself.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    /// How long; not zero.
    pub length: Duration,
    /// Where its timers wait.
    pub lane: LaneId,
}

/// One way between two components.
#[derive(Clone, Debug)]
pub struct Hop {
    /// How long it takes.
    pub span: Span,
    /// Where it is drawn.
    pub site: SiteId,
}

/// Who is at the calling end of an edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    /// A workload's clients.
    Workload(u32),
    /// A service's instances.
    Service(u32),
}

/// The calls from one caller to one target under one policy.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Who calls.
    pub caller: Caller,
    /// Which service is called.
    pub target: u32,
    /// How.
    pub policy: u32,
    /// The first of its client states; there is one per client or calling instance.
    pub first_state: u32,
    /// How many client states it has.
    pub states: u32,
    /// There.
    pub request: Hop,
    /// And back.
    pub reply: Hop,
    /// Where the instance is picked.
    pub balancer_site: SiteId,
    /// Where backoff is drawn.
    pub backoff_site: SiteId,
}

/// How a caller calls.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The name in the model.
    pub name: String,
    /// The whole call.
    pub timeout: Option<Delay>,
    /// One attempt.
    pub per_try_timeout: Option<Delay>,
    /// When to try again.
    pub retry: Retry,
    /// The lane of the backoff, if it is constant.
    pub backoff_lane: Option<Delay>,
    /// Whether the reply to an attempt that timed out still completes the call.
    pub accepts_late_replies: bool,
    /// How an instance is picked.
    pub balancer: Balancer,
}

/// A change to the running world: when, what, where.
#[derive(Clone, Debug)]
pub struct Change {
    /// The name in the model.
    pub name: String,
    /// When it takes effect.
    pub at: Time,
    /// When it is taken back; `None`: never.
    pub end: Option<Time>,
    /// Whether it belongs to the question or to the world.
    pub role: Role,
    /// What changes.
    pub what: What,
    /// Where its choices are drawn.
    pub site: SiteId,
}

/// What a change changes.
#[derive(Clone, Debug)]
pub enum What {
    /// Something about some instances of a service.
    Instances {
        /// Which service.
        service: u32,
        /// Which of its instances.
        select: Select,
        /// What about them.
        effect: Effect,
    },
    /// The workload gets more arrivals, from a source of their own.
    Spike {
        /// Which workload.
        workload: u32,
    },
    /// The workload loses arrivals.
    Cut {
        /// Which workload.
        workload: u32,
        /// Each arrival is kept with this probability, in billionths.
        keep_billionths: u32,
    },
}

impl Plan {
    /// The same world without the triggers: the twin that a run is compared with.
    pub fn without_triggers(&self) -> Self {
        let mut twin = self.clone();
        let is_background = |change: u32| self.changes[change as usize].role == Role::Background;
        let mut kept = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            if is_background(index as u32) {
                kept.push(index as u32);
                twin.changes[kept.len() - 1] = change.clone();
            }
        }
        twin.changes.truncate(kept.len());
        twin.sources.retain(|source| source.change.is_none_or(is_background));
        for source in &mut twin.sources {
            source.change =
                source.change.and_then(|old| kept.iter().position(|&new| new == old)).map(|new| new as u32);
        }
        twin
    }

    /// The same world in which every call is tried once: it tells overload from collapse without a trigger.
    pub fn with_single_attempts(&self) -> Self {
        let mut single = self.clone();
        for policy in &mut single.policies {
            policy.retry = Retry::never();
        }
        single
    }

    /// The parameter sets that instances of a service may follow: its own, and those that changes push.
    pub fn parameter_sets(&self, service: u32) -> impl Iterator<Item = &Parameters> {
        let pushed = self.changes.iter().filter_map(move |change| match change.what {
            What::Instances { service: target, effect: Effect::Parameters(set), .. } if target == service => {
                Some(set)
            }
            What::Instances { .. } | What::Spike { .. } | What::Cut { .. } => None,
        });
        let own = self.services[service as usize].parameters;
        std::iter::once(own).chain(pushed).map(|set| &self.parameters[set as usize])
    }

    /// Whether anything belongs to the question rather than to the world.
    pub fn has_triggers(&self) -> bool {
        self.changes.iter().any(|change| change.role == Role::Trigger)
    }
}

impl What {
    /// The name of the fault in the model language.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Instances { effect, .. } => match effect {
                Effect::Degrade(_) => "degrade",
                Effect::Pause => "pause",
                Effect::Crash => "crash",
                Effect::InjectErrors { .. } => "error_injection",
                Effect::Parameters(_) => "parameters",
            },
            Self::Spike { .. } | Self::Cut { .. } => "load_spike",
        }
    }
}
