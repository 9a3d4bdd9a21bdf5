//! What can be written about resources.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;

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
