//! Who calls whom, and how.

use crate::kernel::Duration;
use crate::kernel::calendar::LaneId;
use crate::mechanism::adaptive_throttle::AdaptiveThrottle;
use crate::mechanism::balancer::Balancer;
use crate::mechanism::bulkhead::Bulkhead;
use crate::mechanism::circuit_breaker::{CircuitBreaker, Level, Per};
use crate::mechanism::connection_pool::ConnectionPool;
use crate::mechanism::hedge::Hedge;
use crate::mechanism::network::Transport;
use crate::mechanism::outlier_detection::OutlierDetection;
use crate::mechanism::rate_limit::{RateLimit, RateLimitLevel};
use crate::mechanism::retry::Retry;
use crate::mechanism::retry_budget::RetryBudget;
use crate::quantity::{Bandwidth, Bytes};

use super::{Delay, SiteId, Span};

/// One way between two components.
#[derive(Clone, PartialEq, Debug)]
pub struct Hop {
    /// How long it takes.
    pub span: Span,
    /// Where it is drawn.
    pub site: SiteId,
}

/// What must be known of a [`Hop`] before anything is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HopKind {
    /// It takes no time.
    Instant,
    /// It takes the constant time of a lane.
    Lane(LaneId),
    /// How long it takes is drawn.
    Drawn,
}

impl Hop {
    /// In short.
    pub const fn kind(&self) -> HopKind {
        match &self.span {
            Span::Zero => HopKind::Instant,
            Span::Constant(delay) => HopKind::Lane(delay.lane),
            Span::Drawn(_) => HopKind::Drawn,
        }
    }
}

/// What lies between two processes in certain zones.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// How long a request takes, jitter and loss left aside.
    pub request: Span,
    /// How long a reply takes.
    pub reply: Span,
    /// More or less, uniformly.
    pub jitter: Duration,
    /// The probability that a segment is lost, in billionths.
    pub loss_billionths: u32,
    /// What becomes of a lost segment.
    pub transport: Transport,
    /// How much goes over each direction of it; `None`: as much as there is.
    pub bandwidth: Option<Bandwidth>,
}

/// The network of an edge where it is more than a latency, or may become so.
#[derive(Clone, PartialEq, Debug)]
pub struct EdgeNetwork {
    /// Whether it is no more than a latency as long as no fault makes it so.
    pub is_plain: bool,
    /// The component that calls: workloads by name, then services by name.
    pub caller: u32,
    /// The component that is called.
    pub target: u32,
    /// In how many zones the processes of the caller stand, in turn.
    pub caller_zones: u32,
    /// The same of the target.
    pub target_zones: u32,
    /// The first of its links in [`super::Plan::links`]: by the zone of the caller, then that of the target.
    pub first_link: u32,
    /// Requests.
    pub request: Message,
    /// Replies.
    pub reply: Message,
}

/// One kind of message on an edge.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// How large it is.
    pub size: Bytes,
    /// Where its jitter is drawn.
    pub jitter_site: SiteId,
    /// Where its losses are drawn.
    pub loss_site: SiteId,
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
///
/// What every attempt looks at comes first, in one line of the cache: in a large system this is far from the processor.
#[derive(Clone, PartialEq, Debug)]
#[repr(C, align(64))]
pub struct Edge {
    /// What else there is about the way, if anything; `None`: the latency of the two hops is all.
    pub network: Option<Box<EdgeNetwork>>,
    /// Where what its clients remember of each instance begins, client by client; `None`: they remember nothing of them.
    pub first_peer: Option<u32>,
    /// Which service is called.
    pub target: u32,
    /// The first instance of that, in [`super::Plan::instances`].
    pub first_instance: u32,
    /// How many it has.
    pub instances: u32,
    /// The first of its client states; there is one per client or calling instance.
    pub first_state: u32,
    /// Where the instance is picked.
    pub balancer_site: SiteId,
    /// How.
    pub policy: u16,
    /// `request`, in short.
    pub request_kind: HopKind,
    /// `reply`, in short.
    pub reply_kind: HopKind,
    /// There.
    pub request: Hop,
    /// And back.
    pub reply: Hop,
    /// How many client states it has.
    pub states: u32,
    /// Where backoff is drawn.
    pub backoff_site: SiteId,
    /// Who calls.
    pub caller: Caller,
    /// Where the way of a cancellation is drawn.
    pub cancel_site: SiteId,
    /// The retry budgets of its clients; `None`: they have none, and no push gives them one.
    pub budgets: Option<States>,
    /// The adaptive throttles of its clients.
    pub throttles: Option<States>,
    /// Where these draw.
    pub throttle_site: SiteId,
    /// The permits of its clients.
    pub rate_limits: Option<States>,
    /// What its clients remember for hedging.
    pub hedges: Option<States>,
    /// The bulkheads of its clients.
    pub bulkheads: Option<States>,
    /// The connection pools of its clients.
    pub pools: Option<States>,
    /// How connections are opened, where there are pools.
    pub connect: Option<Connect>,
    /// The circuit breakers of its clients.
    pub breakers: Option<States>,
    /// Which edge tells of its breakers, and draws for them: the first of those that share them.
    pub breaker_teller: u32,
    /// Where breakers draw how long they are open.
    pub breaker_site: SiteId,
    /// What its clients know of instances that do worse than the others.
    pub outliers: Option<States>,
    /// How many instances each of these is about; 0 if there are none.
    pub outlier_hosts: u32,
    /// Which edge tells of them, and draws for them: the first of those that share them.
    pub outlier_teller: u32,
    /// Where is drawn whether an instance is ejected, and for how much longer.
    pub outlier_site: SiteId,
}

/// How the connections of an edge are opened: by calls on an edge of their own.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Connect {
    /// That edge.
    pub edge: u32,
    /// Which handler of the target, or [`super::Plan::ACCEPT`].
    pub handler: u16,
    /// Where what concerns a connection is drawn.
    pub site: SiteId,
}

const _: () = assert!(
    std::mem::offset_of!(Edge, request) <= 64,
    "what every attempt looks at is one line of the cache"
);

/// Where the states of one mechanism are that the clients of an edge have: one for each, or one that they share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct States {
    /// The first state of the first client.
    pub first: u32,
    /// How many states each has.
    pub each: u32,
    /// They share those of the first client.
    pub are_shared: bool,
}

impl States {
    /// The first state of the client with this ordinal.
    #[inline]
    pub const fn of(self, client: u32) -> usize {
        let owner = if self.are_shared { 0 } else { client };
        (self.first + owner * self.each) as usize
    }

    /// How many of so many clients have states of their own.
    pub const fn owners(self, clients: u32) -> u32 {
        if self.are_shared { 1 } else { clients }
    }

    /// The states of the client with this ordinal, if they are its own.
    pub fn own(self, client: u32) -> std::ops::Range<usize> {
        let first = self.of(client);
        first..first + if self.are_shared { 0 } else { self.each as usize }
    }
}

impl Edge {
    /// How many circuit breakers it tells of, as the edge at this position.
    pub fn breaker_count(&self, position: u32) -> u64 {
        let tells = self.breakers.filter(|_| self.breaker_teller == position);
        tells.map_or(0, |states| u64::from(states.owners(self.states)) * u64::from(states.each))
    }

    /// Of how many pairs of a client and an instance its outlier detection tells, as the edge at this position.
    pub fn outlier_pairs(&self, position: u32) -> u64 {
        let tells = self.outliers.filter(|_| self.outlier_teller == position);
        tells.map_or(0, |states| u64::from(states.owners(self.states)) * u64::from(self.outlier_hosts))
    }

    /// Where what a client remembers of each of `instances` is; `state` is the client's among the states of all edges.
    #[inline]
    pub fn peers(&self, state: u32, instances: u32) -> std::ops::Range<usize> {
        let Some(first) = self.first_peer else { return 0..0 };
        let start = (first + (state - self.first_state) * instances) as usize;
        start..start + instances as usize
    }
}

impl Policy {
    /// Whether there is a circuit breaker for the whole target that looks at this.
    #[inline]
    pub fn has_breaker_of(&self, level: Level) -> bool {
        self.breaker.as_ref().is_some_and(|breaker| (breaker.level(), breaker.per()) == (level, Per::Target))
    }

    /// Whether this needs a permit.
    #[inline]
    pub fn has_rate_limit_of(&self, level: RateLimitLevel) -> bool {
        self.rate_limit.as_ref().is_some_and(|limit| limit.level() == level)
    }
}

/// How a caller calls.
#[derive(Clone, PartialEq, Debug)]
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
    /// How many retries its clients may make.
    pub budget: Option<RetryBudget>,
    /// When its clients stop calling.
    pub breaker: Option<CircuitBreaker>,
    /// How many of its attempts may be in progress.
    pub bulkhead: Option<Bulkhead>,
    /// The connections of its clients.
    pub pool: Option<ConnectionPool>,
    /// Which instances its clients leave out.
    pub outliers: Option<OutlierDetection>,
    /// Which share of the calls its clients turn away themselves.
    pub throttle: Option<AdaptiveThrottle>,
    /// How fast its clients may call.
    pub rate_limit: Option<RateLimit>,
    /// When its clients send another copy of an attempt.
    pub hedge: Option<Hedge>,
    /// The lane of the delay of these, if it is constant.
    pub hedge_lane: Option<Delay>,
    /// Whether its clients remember how calls end.
    pub is_guarded: bool,
    /// Whether the reply to an attempt that timed out still completes the call.
    pub accepts_late_replies: bool,
    /// So much before its caller runs out of time a call ends; `None`: it does not know about its caller's time.
    pub deadline_margin: Option<Duration>,
    /// How an instance is picked.
    pub balancer: Balancer,
}
