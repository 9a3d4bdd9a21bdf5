//! What lies between the components.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::mechanism::network::{LinkOverride, LinkSettings, Transport};
use crate::quantity::{Bandwidth, Distribution, Duration, Limit, Share};

/// `[network]`: the way between two processes. Of all entries that fit a pair the most specific one decides, field by field: `links`, then `zone_pairs`, then
/// the class of the pair (`same_zone`, `cross_zone`, `cross_region`), then `default`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// Between any two components.
    pub default: LinkSettings,
    /// Within one zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_zone: Option<LinkOverride>,
    /// Between two zones, of one region if there are `regions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_zone: Option<LinkOverride>,
    /// Between two zones of different regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_region: Option<LinkOverride>,
    /// Which zones lie in one region. A zone belongs to one region at most; if there are regions, every zone belongs to one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, Vec<String>>,
    /// Between certain zones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zone_pairs: Vec<ZonePairSettings>,
    /// Between certain components.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkEntrySettings>,
}

/// `{ between = ["eu-a", "us-a"], latency = "40ms" }`: in both directions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ZonePairSettings {
    /// Two zones.
    pub between: Vec<String>,
    /// How long a message is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Distribution>,
    /// Added to or taken from the latency, uniformly up to this much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Duration>,
    /// The probability that a segment is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Share>,
    /// What becomes of a lost segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// How much goes over the link per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Limit<Bandwidth>>,
}

/// `{ from = "catalog", to = "db", latency = "lognormal(p50=300us, p99=2ms)" }`: the calls from one component to another, requests and replies.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkEntrySettings {
    /// Who calls: a workload or a service.
    pub from: String,
    /// The service that is called.
    pub to: String,
    /// How long a message is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Distribution>,
    /// Added to or taken from the latency, uniformly up to this much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Duration>,
    /// The probability that a segment is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Share>,
    /// What becomes of a lost segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// How much goes over the link per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Limit<Bandwidth>>,
}

impl ZonePairSettings {
    /// What it says about the link.
    pub fn link(&self) -> LinkOverride {
        let Self { between: _, latency, jitter, loss, transport, bandwidth } = self.clone();
        LinkOverride { latency, jitter, loss, transport, bandwidth }
    }
}

impl LinkEntrySettings {
    /// What it says about the link.
    pub fn link(&self) -> LinkOverride {
        let Self { from: _, to: _, latency, jitter, loss, transport, bandwidth } = self.clone();
        LinkOverride { latency, jitter, loss, transport, bandwidth }
    }
}
