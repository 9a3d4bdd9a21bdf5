//! How callers call.

use serde::{Deserialize, Serialize};

use crate::mechanism::balancer::BalancerSettings;
use crate::mechanism::retry::RetrySettings;
use crate::quantity::{Duration, Limit};

/// `[policies.db]`: how a caller calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PolicySettings {
    /// The whole call, retries and backoff included.
    pub timeout: Limit<Duration>,
    /// One attempt.
    pub per_try_timeout: Limit<Duration>,
    /// Absent: one attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetrySettings>,
    /// What the reply to an attempt that timed out is worth.
    pub late_replies: LateReplies,
    /// How an instance is picked.
    pub balancer: BalancerSettings,
}

/// What the reply to an attempt that timed out is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LateReplies {
    /// Nothing: the connection or stream is gone.
    #[default]
    Ignore,
    /// It completes the call, if that is still open (message-based clients).
    Accept,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            timeout: Limit::Unlimited,
            per_try_timeout: Limit::Unlimited,
            retry: None,
            late_replies: LateReplies::Ignore,
            balancer: BalancerSettings::RoundRobin,
        }
    }
}

/// The policy of a caller that names none.
pub(super) fn default_policy() -> String {
    "default".to_owned()
}
