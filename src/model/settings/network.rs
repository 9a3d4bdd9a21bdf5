//! What lies between the components.

use serde::{Deserialize, Serialize};

use crate::quantity::{Distribution, Duration};

/// `[network]`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// Between any two components.
    pub default: LinkSettings,
}

/// `default = { latency = "250us" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// One way; request and reply are drawn separately.
    pub latency: Distribution,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self { latency: Distribution::Constant(Duration::ZERO) }
    }
}
