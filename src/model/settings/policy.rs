//! How callers call.

use serde::{Deserialize, Serialize};

use crate::mechanism::adaptive_throttle::AdaptiveThrottleSettings;
use crate::mechanism::balancer::BalancerSettings;
use crate::mechanism::bulkhead::BulkheadSettings;
use crate::mechanism::circuit_breaker::CircuitBreakerSettings;
use crate::mechanism::connection_pool::PoolSettings;
use crate::mechanism::hedge::HedgeSettings;
use crate::mechanism::outlier_detection::OutlierDetectionSettings;
use crate::mechanism::rate_limit::RateLimitSettings;
use crate::mechanism::retry::RetrySettings;
use crate::quantity::{Duration, Limit};

/// `[policies.db]`: how a caller calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PolicySettings {
    /// Whose defaults stand where nothing is written. `explain` shows what they are.
    #[serde(skip_serializing)]
    pub preset: Option<PolicyPreset>,
    /// The whole call, retries and backoff included.
    pub timeout: Limit<Duration>,
    /// One attempt.
    pub per_try_timeout: Limit<Duration>,
    /// Absent: one attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetrySettings>,
    /// What the reply to an attempt that timed out is worth.
    pub late_replies: LateReplies,
    /// Whether what is left of the caller's own time bounds the call.
    pub deadline: DeadlineSettings,
    /// How an instance is picked.
    pub balancer: BalancerSettings,
    /// When to stop calling what fails. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreakerSettings>,
    /// How many attempts of a calling instance may be in progress at a time. Absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulkhead: Option<BulkheadSettings>,
    /// Which instances to leave out because they do worse than the others. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetectionSettings>,
    /// The connections that attempts take, and how they are opened and closed. Absent: there always is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolSettings>,
    /// Which share of its calls a client rejects itself while the service does. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adaptive_throttle: Option<AdaptiveThrottleSettings>,
    /// How fast a client may call. Absent: as fast as it likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitSettings>,
    /// When to send another copy of an attempt that takes long. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedge: Option<HedgeSettings>,
    /// Who shares what the retry budget, the circuit breaker, the outlier detection, the adaptive throttle, the rate limit and the hedging remember.
    pub scope: Scope,
}

/// Whose timers and retries a policy has where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PolicyPreset {
    /// Envoy's retry policy, where one is written: one retry within 15 s, 25 ms to 250 ms apart, at most 3 at a time.
    Envoy,
    /// Istio's default for every route: two retries of what was not processed. It also avoids hosts that failed, which is not in the language.
    Istio,
    /// The standard mode of the AWS SDKs, specification 2.0.
    AwsStandard,
    /// The same, specification 2.1: shorter waits for a dearer quota.
    #[serde(rename = "aws_standard_2_1")]
    AwsStandard21,
    /// Finagle's requeues: at once, as long as the budget of 20 % and 10/s lasts.
    Finagle,
    /// resilience4j's `RetryConfig`: three attempts, 500 ms apart.
    #[serde(rename = "resilience4j")]
    Resilience4j,
    /// Polly v8: four attempts, 2 s apart.
    Polly,
}

impl PolicyPreset {
    /// Every preset, in the order of the language.
    pub const ALL: [Self; 7] = [
        Self::Envoy,
        Self::Istio,
        Self::AwsStandard,
        Self::AwsStandard21,
        Self::Finagle,
        Self::Resilience4j,
        Self::Polly,
    ];
}

/// Who shares what a policy remembers of outcomes. Which instance comes next is always each caller's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Nobody: every calling instance, or client of a workload, learns for itself, as libraries and proxies do. It is lost when the instance crashes.
    #[default]
    Instance,
    /// All instances of the calling service, or all clients of the workload, as if they told each other at once.
    Service,
    /// Everybody who calls this target under this policy.
    Global,
}

/// `deadline = { propagate = true, margin = "10ms" }`: whether what is left of the caller's own time bounds the call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DeadlineSettings {
    /// The call ends when the attempt that makes it has no time left, however long its own `timeout` (as in gRPC, where a context carries its deadline on).
    /// Plain HTTP clients do not, so the default is `false`: every hop starts a clock of its own, and works on for callers who have left.
    pub propagate: bool,
    /// So much earlier, so that the answer can still be used.
    pub margin: Duration,
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
            preset: None,
            timeout: Limit::Unlimited,
            per_try_timeout: Limit::Unlimited,
            retry: None,
            late_replies: LateReplies::Ignore,
            deadline: DeadlineSettings::default(),
            balancer: BalancerSettings::RoundRobin,
            circuit_breaker: None,
            bulkhead: None,
            outlier_detection: None,
            pool: None,
            adaptive_throttle: None,
            rate_limit: None,
            hedge: None,
            scope: Scope::Instance,
        }
    }
}

/// The policy of a caller that names none.
pub(super) fn default_policy() -> String {
    "default".to_owned()
}
