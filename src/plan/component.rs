//! Who takes part: workloads, services and their instances.

use crate::kernel::Time;
use crate::mechanism::arrivals::{Process, Profile};
use crate::mechanism::contention::Contention;
use crate::mechanism::queue::QueueSettings;
use crate::model::AbandonedWork;
use crate::quantity::Rate;

use super::SiteId;

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
    /// The weight of each for balancers that weigh; empty: all are 1.
    pub weights: Vec<u32>,
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
