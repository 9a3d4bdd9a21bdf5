//! What can be written about balancing.

use serde::{Deserialize, Serialize};

/// `balancer = "round_robin"`: how a client picks an instance of the service that it calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BalancerSettings {
    /// In turn, in the order of the instances, from a start that is drawn per client (as Envoy does).
    #[default]
    RoundRobin,
    /// Each attempt an instance of its own, uniformly.
    Random,
}

impl BalancerSettings {
    /// The name in the model language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::Random => "random",
        }
    }
}
