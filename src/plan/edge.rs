//! Who calls whom, and how.

use crate::mechanism::balancer::Balancer;
use crate::mechanism::retry::Retry;

use super::{Delay, SiteId, Span};

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
    /// Where what its clients remember of each instance begins, client by client; `None`: they remember nothing of them.
    pub first_peer: Option<u32>,
    /// There.
    pub request: Hop,
    /// And back.
    pub reply: Hop,
    /// Where the instance is picked.
    pub balancer_site: SiteId,
    /// Where backoff is drawn.
    pub backoff_site: SiteId,
}

impl Edge {
    /// Where what a client remembers of each of `instances` is; `state` is the client's among the states of all edges.
    #[inline]
    pub fn peers(&self, state: u32, instances: u32) -> std::ops::Range<usize> {
        let Some(first) = self.first_peer else { return 0..0 };
        let start = (first + (state - self.first_state) * instances) as usize;
        start..start + instances as usize
    }
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
