//! What can be written about resources.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::Duration;

/// Who gets the CPUs when more attempts are in `work` than there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CpuSharing {
    /// First come, first served: an attempt waits for a CPU and keeps it to the end of its `work` step.
    #[default]
    Fcfs,
    /// All at the same time, each with an equal share, at most one CPU each.
    ProcessorSharing,
}

/// `context_switch = { cost = "5us", quantum = "3ms" }`: what it costs that threads take turns on the CPUs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContextSwitchSettings {
    /// What a switch costs, the caches that it leaves cold included: microseconds if threads need little memory, up to a millisecond if they need much.
    pub cost: Duration,
    /// How long a thread works before the next one has its turn; above 0. The default is Linux's on 8 CPUs and more (`base_slice_ns`).
    #[serde(default = "linux_slice")]
    pub quantum: Duration,
}

fn linux_slice() -> Duration {
    Duration::from_ns(3_000_000)
}

impl ContextSwitchSettings {
    /// Which share of the time of busy CPUs is left for work: `quantum / (quantum + cost)`.
    pub fn efficiency(self) -> f64 {
        let (quantum, cost) = (self.quantum.as_ns() as f64, self.cost.as_ns() as f64);
        quantum / (quantum + cost)
    }

    /// Notes what is wrong with these settings; `problems` is at `context_switch`.
    pub fn check(self, problems: &mut Problems) {
        if self.quantum.is_zero() {
            problems.at("quantum", |problems| {
                problems.error(
                    "with a `quantum` of 0 nothing is ever done",
                    "write how long a thread works at a time, such as `\"3ms\"`",
                );
            });
        }
        if self.cost.is_zero() {
            problems.at("cost", |problems| {
                problems
                    .warning("a `cost` of 0 changes nothing", "write what a switch costs, such as `\"5us\"`");
            });
        }
    }
}

/// `io = { channels = 8 }`: what the `io` steps of one instance share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IoSettings {
    /// How many `io` steps are served at a time; the others wait, first come, first served.
    pub channels: u32,
}

impl IoSettings {
    /// Notes what is wrong with these settings; `problems` is at `io`.
    pub fn check(self, problems: &mut Problems) {
        if self.channels == 0 {
            problems.at("channels", |problems| {
                problems.error("with 0 channels no `io` step ever ends", "write at least 1");
            });
        }
    }
}
