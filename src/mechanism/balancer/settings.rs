//! What can be written about balancing.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;

/// A weight above this is a slip of the hand.
const WEIGHT_MAX: u32 = 1_000_000;

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
    /// The instance with the fewest attempts of this client in flight, any of them with the same probability if there are several (Envoy's `least_request` with
    /// `FULL_SCAN`; what Envoy does by default, looking at two, is `power_of_two`).
    LeastRequest,
    /// Of two different instances drawn at random, the one with fewer attempts of this client in flight; the first if there are as many (Mitzenmacher, IEEE TPDS 2001;
    /// Finagle's `p2c`).
    PowerOfTwo,
    /// In turn, each as often as the `weights` of the service say, and as evenly as possible (nginx's smooth weighted round robin), from a start that is drawn per client.
    WeightedRoundRobin,
    /// Always the same instance for the same key, by consistent hashing: each instance has points on a ring, in proportion to its weight, and a key belongs to the next point
    /// (Envoy's `RING_HASH` with its default sizes). Requests without a key count as one and the same key.
    RingHash,
}

impl BalancerSettings {
    /// The name in the model language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::Random => "random",
            Self::LeastRequest => "least_request",
            Self::PowerOfTwo => "power_of_two",
            Self::WeightedRoundRobin => "weighted_round_robin",
            Self::RingHash => "ring_hash",
        }
    }

    /// Whether it asks for the weights of the instances.
    pub const fn weighs(self) -> bool {
        match self {
            Self::WeightedRoundRobin | Self::RingHash => true,
            Self::RoundRobin | Self::Random | Self::LeastRequest | Self::PowerOfTwo => false,
        }
    }
}

/// Notes what is wrong with the `weights` of a service with so many `instances`; `problems` is at `weights`. An empty list says that all weigh the same.
pub fn check_weights(weights: &[u32], instances: u32, problems: &mut Problems) {
    if !weights.is_empty() && weights.len() != instances as usize {
        let entries = if weights.len() == 1 { "entry" } else { "entries" };
        let message = format!("`weights` has {} {entries}, not {instances}", weights.len());
        problems
            .error(message, "write one weight per instance, in their order, for example `weights = [3, 1]`");
    }
    if let Some(weight) = weights.iter().find(|&&weight| weight == 0 || weight > WEIGHT_MAX) {
        let message = format!("the weight `{weight}` is not between 1 and {WEIGHT_MAX}");
        problems.error(message, "weights are whole numbers; only their ratios matter");
    }
}
