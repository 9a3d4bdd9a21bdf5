//! Who takes part: workloads, services and their instances.

use crate::kernel::{Duration, Time};
use crate::mechanism::Priority;
use crate::mechanism::arrivals::{Batch, Modulation, Process, Profile, Trace};
use crate::mechanism::balancer::Ring;
use crate::mechanism::contention::Contention;
use crate::mechanism::keys::{KeyDrift, Popularity};
use crate::mechanism::memory::Memory;
use crate::mechanism::queue::QueueRules;
use crate::mechanism::rate_limit::RateLimit;
use crate::mechanism::resource::SharedCpus;
use crate::model::AbandonedWork;
use crate::quantity::Rate;

use super::{SiteId, Span, States};

/// Requests that want something.
///
/// What every request looks at comes first, in one line of the cache.
#[derive(Clone, PartialEq, Debug)]
#[repr(C, align(64))]
pub struct Workload {
    /// The call that each request makes.
    pub edge: u32,
    /// Client processes that share the load.
    pub clients: u32,
    /// Where a request's client is drawn.
    pub client_site: SiteId,
    /// Which handler of its target.
    pub handler: u16,
    /// How much its requests matter.
    pub priority: Priority,
    /// Whether there are `users`.
    pub has_users: bool,
    /// Whether its requests are all alike: there are no `keys`, no `tenants` and no `mix`.
    pub are_alike: bool,
    /// The name in the model.
    pub name: String,
    /// Mean arrivals where the profile's scale is 1; of partly open ones, sessions; 0 for closed loops and batches.
    pub rate: Rate,
    /// How the gaps are distributed.
    pub process: Process,
    /// How the rate changes.
    pub profile: Profile,
    /// How the rate goes up and down at random, and where that is drawn.
    pub modulation: Option<(Modulation, SiteId)>,
    /// Many at once, and where the gaps between are drawn.
    pub batch: Option<(Batch, SiteId)>,
    /// What was recorded.
    pub trace: Option<Trace>,
    /// What its users do besides waiting for an answer.
    pub users: Option<Users>,
    /// What its requests are about, and where that is drawn; `None`: they are all about key 0.
    pub keys: Option<(Popularity, SiteId)>,
    /// How popularity moves.
    pub key_drift: Option<KeyDrift>,
    /// Who they come from; empty: nobody is told apart.
    pub tenants: Vec<Tenant>,
    /// Where the tenant of a user, or of a request, is drawn.
    pub tenant_site: SiteId,
    /// Kinds of requests; empty: they are all the same.
    pub mix: Vec<Operation>,
    /// Where the kind of a request is drawn.
    pub mix_site: SiteId,
    /// Where its requests get their words.
    pub request_site: SiteId,
    /// Where the clients stand, in turn; empty: in no zone.
    pub zones: Vec<String>,
}

/// What users do besides waiting for an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Users {
    /// How many there are in a closed loop; 0: they come and go.
    pub count: u32,
    /// From an answer to the next request, if there is one.
    pub think: Option<Drawn>,
    /// Whether a user who came stays for one more request.
    pub stay: Option<Chance>,
    /// How long they wait for an answer.
    pub patience: Option<Drawn>,
    /// Whether the request is cancelled then.
    pub cancel_on_abandon: bool,
    /// Whether they ask again after a failure.
    pub retry: Option<UserRetry>,
}

/// Users who ask again.
#[derive(Clone, PartialEq, Debug)]
pub struct UserRetry {
    /// How likely.
    pub chance: Chance,
    /// After how long.
    pub delay: Drawn,
    /// How often at most.
    pub max_retries: u32,
}

/// A span of time and where it is drawn.
#[derive(Clone, PartialEq, Debug)]
pub struct Drawn {
    /// How long.
    pub span: Span,
    /// Where.
    pub site: SiteId,
}

/// A probability and where it is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Chance {
    /// In billionths.
    pub billionths: u32,
    /// Where.
    pub site: SiteId,
}

/// A kind of request.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation {
    /// The name in the model.
    pub name: String,
    /// It is this kind if the draw, in billionths, is below this and not below that of the kind before.
    pub below_billionths: u32,
    /// Which handler of the target.
    pub handler: u16,
    /// How much it matters.
    pub priority: Priority,
    /// Whether doing it twice is as good as doing it once.
    pub idempotent: bool,
}

/// A customer, or kind of customers.
#[derive(Clone, PartialEq, Debug)]
pub struct Tenant {
    /// The name in the model.
    pub name: String,
    /// It is this one if the draw, in billionths, is below this and not below that of the tenant before.
    pub below_billionths: u32,
    /// How much its requests matter; `None`: as the kind of request says.
    pub priority: Option<Priority>,
}

/// One stream of arrivals.
#[derive(Clone, PartialEq, Debug)]
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
    /// How long it takes from its begin to reach its rate, in ten equal steps.
    pub ramp: Duration,
}

/// A kind of process that handles attempts.
///
/// What every attempt looks at comes first, in one line of the cache: in a large system this is far from the processor.
#[derive(Clone, PartialEq, Debug)]
#[repr(C, align(64))]
pub struct Service {
    /// The first of its instances in [`super::Plan::instances`].
    pub first_instance: u32,
    /// How many instances it has.
    pub instances: u32,
    /// The parameter set that its instances start with.
    pub parameters: u32,
    /// Whether a cancellation makes any difference to it, under some parameter set.
    pub hears_cancellation: bool,
    /// The weight of each for balancers that weigh; empty: all are 1.
    pub weights: Vec<u32>,
    /// Whose which key is, if some caller picks instances by that; otherwise empty.
    pub ring: Ring,
    /// The name in the model.
    pub name: String,
    /// Where they stand, in turn; empty: in no zone.
    pub zones: Vec<String>,
    /// Position in [`super::Plan::memories`], if its memory is limited.
    pub memory: Option<u32>,
}

/// The memory of each instance of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedMemory {
    /// The service.
    pub service: u32,
    /// How many instances it has.
    pub instances: u32,
    /// How it works.
    pub rules: Memory,
}

/// One process.
#[derive(Clone, PartialEq, Debug)]
pub struct Instance {
    /// Of which service.
    pub service: u32,
    /// Which of its instances, from 0.
    pub ordinal: u32,
}

/// What may differ between instances of one service. Attempts finish the handler that they started.
///
/// What every attempt looks at comes first, in one line of the cache: in a large system this is far from the processor.
#[derive(Clone, PartialEq, Debug)]
#[repr(C, align(64))]
pub struct Parameters {
    /// Attempts handled at a time; `u32::MAX`: unlimited.
    pub threads: u32,
    /// Attempts that can be in `work` at a time; `u32::MAX`: unlimited.
    pub cpus: u32,
    /// Where the first instructions of its handlers are, in [`super::Plan::handlers`]: the one without a name, then by name.
    pub first_handler: u32,
    /// Where that, and a random order of service, are drawn.
    pub queue_site: SiteId,
    /// Where attempts wait.
    pub queue: QueueRules,
    /// What happens to an attempt whose caller has given up.
    pub abandoned_work: AbandonedWork,
    /// How work slows down when there is more of it.
    pub contention: Option<Contention>,
    /// How long an attempt waits at most.
    pub queue_timeout: Option<Span>,
    /// What is done to turn an attempt away; `None`: nothing that takes time.
    pub rejection: Option<u32>,
    /// When those who are turned away are asked to come back.
    pub retry_after: Option<Duration>,
    /// CPUs that all attempts in `work` share at the same time.
    pub shared_cpus: Option<SharedCpus>,
    /// Attempts that can be in `io` at a time; `u32::MAX`: unlimited.
    pub io_channels: u32,
    /// How many attempts are taken on, and where the permits are that the instances have taken.
    pub rate_limit: Option<(RateLimit, States)>,
}
