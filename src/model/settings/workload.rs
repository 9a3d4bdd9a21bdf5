//! Who wants something.

use serde::{Deserialize, Serialize};

use crate::mechanism::Priority;
use crate::mechanism::arrivals::{ArrivalSettings, ProfileStep};

use super::policy::default_policy;

/// `[workloads.shoppers]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadSettings {
    /// When requests come. No default.
    pub arrivals: ArrivalSettings,
    /// How the rate changes over the run; empty: it does not.
    #[serde(default)]
    pub profile: Vec<ProfileStep>,
    /// The service that they call.
    pub to: String,
    /// Which of its named handlers they call; absent: its `handler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// How much its requests matter where something is ordered by priority; all that is done for a request has its priority.
    #[serde(default)]
    pub priority: Priority,
    /// How they call it: the name of a policy.
    #[serde(default = "default_policy")]
    pub policy: String,
    /// How many client processes share the load; the state of a policy is kept per client.
    #[serde(default = "hundred")]
    pub clients: u32,
}

fn hundred() -> u32 {
    100
}
