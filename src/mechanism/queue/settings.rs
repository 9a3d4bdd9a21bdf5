//! What can be written about a queue.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::Limit;

/// `queue = { capacity = 256, order = "fifo", when_full = "reject" }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    /// Notes what is wrong with these settings; `problems` is at `queue`. Every capacity is allowed: with 0 an attempt is handled at once or not at all.
    pub fn check(&self, problems: &mut Problems) {
        if self.capacity == Limit::Unlimited && self.when_full == WhenFull::Drop {
            problems.at("when_full", |problems| {
                problems.warning(
                    "a queue of unlimited capacity is never full, so `when_full` says nothing",
                    "write a number as `capacity`, or remove `when_full`",
                );
            });
        }
    }
}
