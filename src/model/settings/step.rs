//! What is done for an attempt, step by step.

use serde::{Deserialize, Serialize};

use crate::quantity::{Distribution, Share};

use super::policy::default_policy;

/// One step of a handler: exactly one of the kinds, and perhaps a name.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StepSettings {
    /// Keeps the step's random numbers when other steps are added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Needs a CPU: slowed by `degrade` and `contention`, stopped by `pause`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Distribution>,
    /// Only time passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<Distribution>,
    /// Asks another service, and waits for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallSettings>,
    /// Fails with `server_error`, with this probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Share>,
}

/// `call = { to = "db", policy = "db" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CallSettings {
    /// The service that is called.
    pub to: String,
    /// How: the name of a policy.
    #[serde(default = "default_policy")]
    pub policy: String,
}
