//! Who calls whom, and how.

use crate::kernel::Duration;
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
    /// There.
    pub request: Hop,
    /// And back.
    pub reply: Hop,
    /// Where the way of a cancellation is drawn.
    pub cancel_site: SiteId,
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
    /// So much before its caller runs out of time a call ends; `None`: it does not know about its caller's time.
    pub deadline_margin: Option<Duration>,
    /// How an instance is picked.
    pub balancer: Balancer,
}
