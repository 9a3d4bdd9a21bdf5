//! Who wants something.

use serde::{Deserialize, Serialize};

use crate::mechanism::arrivals::{ArrivalSettings, ProfileStep};

use super::policy::default_policy;

/// `[workloads.shoppers]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkloadSettings {
    /// When requests come. No default.
    pub arrivals: ArrivalSettings,
    /// How the rate changes over the run; empty: it does not.
    #[serde(default)]
    pub profile: Vec<ProfileStep>,
    /// The service that they call.
    pub to: String,
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
