//! What can be written about a queue.

use serde::{Deserialize, Serialize};

use crate::kernel::Duration;
use crate::mechanism::Problems;
use crate::quantity::{Distribution, Limit};

/// `queue = { capacity = 256, order = "fifo", when_full = "reject" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QueueSettings {
    /// How many attempts may wait; those that hold a thread do not count. No default: it is a decision.
    pub capacity: Limit<u32>,
    /// Who goes next.
    #[serde(default)]
    pub order: Order,
    /// What happens to an attempt that finds the queue full.
    #[serde(default)]
    pub when_full: WhenFull,
    /// How long an attempt waits at most before it is turned away with `overloaded`; a distribution draws it per attempt. Absent: as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Distribution>,
    /// Work that it takes to turn an attempt away with `overloaded`, on a CPU of the instance and without a thread: parsing, TLS, the answer. Absent: none. It decides whether
    /// shedding load saves a system (Beyer et al., "Site Reliability Engineering", chapter 21).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject_cost: Option<Distribution>,
    /// What those are told who are turned away with `overloaded`: when to come back (`Retry-After`). Only callers with `retry.retry_after` listen. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// With `order = "adaptive_lifo"`: once something has been waiting all the time for so long, the queue is congested, and the freshest goes first. The default is the
    /// interval of controlled delay at Facebook (Maurer, "Fail at Scale", ACM Queue 2015).
    #[serde(default = "hundred_milliseconds")]
    pub congested_after: Duration,
    /// With `order = "priority"`: an attempt that finds no free thread takes that of a less important one which is in `work` and has no lock. That one waits at the front of its priority
    /// and goes on where it was.
    #[serde(default)]
    pub preemptive: bool,
}

fn hundred_milliseconds() -> Duration {
    Duration::from_ns(100_000_000)
}

/// What a queue itself needs of its settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueRules {
    /// How many may wait.
    pub capacity: Limit<u32>,
    /// Who goes next.
    pub order: Order,
    /// What happens to an attempt that finds the queue full.
    pub when_full: WhenFull,
    /// After how long adaptive last in, first out speaks of congestion.
    pub congested_after: Duration,
    /// Whether the more important takes the thread of the less important.
    pub preemptive: bool,
}

/// Who goes next when a thread becomes free.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// First in, first out.
    #[default]
    Fifo,
    /// Last in, first out: the freshest attempt, whose caller is most likely still there.
    Lifo,
    /// First in, first out as long as the queue empties now and then, otherwise last in, first out.
    AdaptiveLifo,
    /// Any, with the same probability.
    Random,
    /// The most important, and among equals first in, first out.
    Priority,
}

impl Order {
    /// The name in the model language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::AdaptiveLifo => "adaptive_lifo",
            Self::Random => "random",
            Self::Priority => "priority",
        }
    }
}

/// What happens to an attempt that finds the queue full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// The caller hears `overloaded` at once.
    #[default]
    Reject,
    /// Silence: the caller only sees its timer.
    Drop,
}

impl QueueSettings {
    /// A queue in which nobody ever waits, for services with a thread for everybody.
    pub const fn unlimited() -> Self {
        Self {
            capacity: Limit::Unlimited,
            order: Order::Fifo,
            when_full: WhenFull::Reject,
            timeout: None,
            reject_cost: None,
            retry_after: None,
            congested_after: Duration::from_ns(100_000_000),
            preemptive: false,
        }
    }

    /// What the queue itself needs of them.
    pub const fn rules(&self) -> QueueRules {
        QueueRules {
            capacity: self.capacity,
            order: self.order,
            when_full: self.when_full,
            congested_after: self.congested_after,
            preemptive: self.preemptive,
        }
    }

    /// Notes what is wrong with these settings; `problems` is at `queue`. Every capacity is allowed: with 0 an attempt is handled at once or not at all. `rejects_too` says whether
    /// something else than the queue turns attempts away.
    pub fn check(&self, rejects_too: bool, problems: &mut Problems) {
        if self.capacity == Limit::Unlimited && self.when_full == WhenFull::Drop {
            problems.at("when_full", |problems| {
                problems.warning(
                    "a queue of unlimited capacity is never full, so `when_full` says nothing",
                    "write a number as `capacity`, or remove `when_full`",
                );
            });
        }
        let rejects = self.timeout.is_some() || self.when_full == WhenFull::Reject || rejects_too;
        if self.reject_cost.is_some() && !rejects {
            problems.at("reject_cost", |problems| {
                problems.warning(
                    "nothing is ever rejected here: what finds the queue full is dropped in silence",
                    "write `when_full = \"reject\"`, or remove `reject_cost`",
                );
            });
        }
        if self.retry_after == Some(Duration::ZERO) {
            problems.at("retry_after", |problems| {
                problems.error(
                    "callers would come back at once, and for ever",
                    "write when to come back, such as `\"1s\"`, or remove `retry_after`",
                );
            });
        }
        if self.preemptive && self.order != Order::Priority {
            problems.at("preemptive", |problems| {
                problems.error(
                    format!(
                        "`preemptive` says who takes the thread of whom, but `order` is `\"{}\"`",
                        self.order.name()
                    ),
                    "write `order = \"priority\"`, or remove `preemptive`",
                );
            });
        }
    }
}
