//! What the system is to keep up.

use serde::{Deserialize, Serialize};

use crate::quantity::{Duration, Share};

/// `[objectives]`: what every workload is promised, judged over `[warmup, duration)`. They never change a result.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ObjectiveSettings {
    /// At least this share of the requests that ended was good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Share>,
    /// How long a success takes at most, by quantile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyObjectiveSettings>,
    /// Goodput is back to normal within this, after the last trigger has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Duration>,
}

/// `latency = { p99 = "800ms" }`: from intended start to success.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LatencyObjectiveSettings {
    /// The median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<Duration>,
    /// The 90th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<Duration>,
    /// The 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<Duration>,
    /// The 99.9th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999: Option<Duration>,
}

impl ObjectiveSettings {
    /// Whether nothing is promised.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
