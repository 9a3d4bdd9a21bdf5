//! What changes while it runs.

use crate::kernel::Duration;
use crate::mechanism::fault::{Direction, Effect, PartitionMode, Role, Select, Side, Timing};
use crate::mechanism::lock::LockMode;

use super::SiteId;

/// A change to the running world: when, what, where. It may happen several times, but never twice at a time.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// The name in the model.
    pub name: String,
    /// The kind of fault, as written in the model.
    pub kind: &'static str,
    /// Whom it hits, for people.
    pub target: String,
    /// When it begins and ends, as far as it decides that itself.
    pub timing: Timing,
    /// What it follows.
    pub after: Option<After>,
    /// How long it takes to reach its full strength.
    pub ramp: Option<Duration>,
    /// Whether it belongs to the question or to the world.
    pub role: Role,
    /// What changes.
    pub what: What,
    /// Where its choices are drawn.
    pub site: SiteId,
    /// Where the gaps between its occurrences are drawn.
    pub gap_site: SiteId,
    /// Where the lengths of its occurrences are drawn.
    pub duration_site: SiteId,
}

impl Change {
    /// Whether anything makes it begin.
    pub fn may_begin(&self) -> bool {
        self.after.is_some() || self.timing.at.is_some() || self.timing.every.is_some()
    }
}

/// A change begins when another one does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct After {
    /// Which one.
    pub change: u32,
    /// How long after its begin.
    pub delay: Duration,
    /// With this probability, in billionths.
    pub billionths: u32,
    /// Where that is drawn.
    pub site: SiteId,
}

/// What a change changes.
#[derive(Clone, PartialEq, Debug)]
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
    /// All instances in a zone crash.
    ZoneOutage {
        /// Which instances, counted over all services.
        instances: Vec<u32>,
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
    /// Messages fare worse.
    Network(NetworkFault),
    /// A cache loses entries.
    FlushCache {
        /// Which cache.
        cache: u32,
        /// Each entry goes with this probability, in billionths.
        billionths: u32,
        /// In which instances of its service; `None`: everywhere.
        select: Option<Selected>,
    },
    /// Something outside has a lock.
    HoldLock {
        /// Which.
        lock: u32,
        /// Of which key; `None`: all of it.
        key: Option<u32>,
        /// How.
        mode: LockMode,
    },
    /// Settings change.
    Push(Push),
}

/// Messages between two sides fare worse.
#[derive(Clone, PartialEq, Debug)]
pub struct NetworkFault {
    /// The first side.
    pub from: Side,
    /// The second side.
    pub to: Side,
    /// Which messages between them.
    pub direction: Direction,
    /// The first side is the instances of one service, of which only these.
    pub select: Option<Selected>,
    /// What becomes of the messages.
    pub effect: NetworkEffect,
}

/// Some instances of a service.
#[derive(Clone, PartialEq, Debug)]
pub struct Selected {
    /// The service.
    pub service: u32,
    /// Which of its instances.
    pub select: Select,
}

/// What becomes of messages.
#[derive(Clone, PartialEq, Debug)]
pub enum NetworkEffect {
    /// They take longer.
    Delay {
        /// By so much.
        delay: Duration,
        /// More or less, uniformly.
        jitter: Duration,
        /// Where the jitter of requests is drawn.
        request_site: SiteId,
        /// Where the jitter of replies is drawn.
        reply_site: SiteId,
    },
    /// Their segments get lost.
    Loss {
        /// With this probability, in billionths.
        billionths: u32,
    },
    /// They do not come through.
    Cut {
        /// What becomes of them.
        mode: PartitionMode,
        /// Which share of the pairs of processes is cut, in billionths.
        billionths: u32,
        /// The hashes of the names of all components: a pair is drawn by its names.
        names: Vec<u64>,
    },
}

/// Settings of services and policies change.
#[derive(Clone, PartialEq, Debug)]
pub struct Push {
    /// Services, and the parameter sets that their instances follow.
    pub services: Vec<(u32, u32)>,
    /// Policies, and those that take their places.
    pub policies: Vec<(u16, u16)>,
    /// Which instances of the services, and which callers of the policies.
    pub select: Select,
}
