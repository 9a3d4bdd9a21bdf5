//! What can be written about retry budgets.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::{Duration, Factor, Limit, Share};

/// `budget = { ratio = { percent = "20%" } }`: how many retries all calls of a client may make together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RetryBudgetSettings {
    /// As many as `max_attempts` allows each call.
    #[default]
    Unlimited,
    /// A share of the calls of the last `ttl`, and a reserve (Finagle, linkerd, tower).
    Ratio(RatioSettings),
    /// A share of the attempts in flight (Envoy `retry_budget`).
    Concurrency(ConcurrencySettings),
    /// A number of retries at a time (Envoy `max_retries`).
    Static(StaticSettings),
    /// Retries stop while fewer than half of the tokens are left: a failure takes one, a success brings a fraction (gRPC `retryThrottling`).
    Token(TokenSettings),
    /// A quota that retries take and their success brings back (AWS SDKs, standard mode).
    Quota(QuotaSettings),
    /// A token bucket that every call fills a little and every retry empties by one (M. Brooker, 2022).
    Bucket(BucketSettings),
    /// Retries stop while too many attempts fail (M. Brooker, 2022).
    FailureRate(FailureRateSettings),
}

/// `ratio = { percent = "20%", min_retries_per_second = 10, ttl = "10s" }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RatioSettings {
    /// Retries per call, beyond the reserve.
    pub percent: Share,
    /// The reserve: so many retries per second of `ttl` are free. An idle client may spend all of them at once.
    pub min_retries_per_second: u32,
    /// How long a call, and a retry, counts: 1 s to 60 s.
    pub ttl: Duration,
    /// Whose arithmetic.
    pub implementation: Implementation,
}

/// Whose arithmetic a `ratio` budget follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Implementation {
    /// A call is worth a thousandth of what it is divided by, and counts for nine to ten tenths of `ttl`.
    #[default]
    Finagle,
    /// As in linkerd: a retry costs a whole number of calls (30 % behaves as 1 in 3), and a call counts for ten to eleven tenths of `ttl`.
    Tower,
}

impl Default for RatioSettings {
    fn default() -> Self {
        Self {
            percent: Share::percent(20),
            min_retries_per_second: 10,
            ttl: Duration::from_secs(10),
            implementation: Implementation::Finagle,
        }
    }
}

/// `concurrency = { percent = "20%", min_retry_concurrency = 3 }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ConcurrencySettings {
    /// Retries in progress, as a share of the attempts in flight. A retry is in progress from the decision to its end.
    pub percent: Share,
    /// So many are always allowed.
    pub min_retry_concurrency: u32,
}

impl Default for ConcurrencySettings {
    fn default() -> Self {
        Self { percent: Share::percent(20), min_retry_concurrency: 3 }
    }
}

/// `static = { max_retries = 3 }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct StaticSettings {
    /// Retries in progress, from the decision to the end of the attempt.
    pub max_retries: u32,
}

impl Default for StaticSettings {
    fn default() -> Self {
        Self { max_retries: 3 }
    }
}

/// `token = { max_tokens = 10, token_ratio = 0.1 }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenSettings {
    /// The most tokens, and the first: 1 to 1000. Retries stop at half of them.
    pub max_tokens: u32,
    /// Tokens that a success brings; three decimals count. In the long run retries stop where more than this many attempts fail for each that succeeds.
    pub token_ratio: Factor,
}

/// `quota = { capacity = 500, retry_cost = 5, timeout_cost = 10, throttle_cost = 5, first_success_credit = 1 }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QuotaSettings {
    /// The whole quota, which is there at the beginning.
    pub capacity: u32,
    /// What a retry takes, unless one of the others applies. If the call succeeds, the last one comes back.
    pub retry_cost: u32,
    /// What a retry after an `attempt_timeout` takes.
    pub timeout_cost: u32,
    /// What a retry after `overloaded` takes.
    pub throttle_cost: u32,
    /// What a call brings that succeeds at its first attempt.
    pub first_success_credit: u32,
}

impl Default for QuotaSettings {
    fn default() -> Self {
        Self { capacity: 500, retry_cost: 5, timeout_cost: 10, throttle_cost: 5, first_success_credit: 1 }
    }
}

/// `bucket = { capacity = 5, per_call = 0.1 }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BucketSettings {
    /// The most tokens, and the first. A retry takes one, and needs more than one.
    pub capacity: u32,
    /// Tokens that every call brings; six decimals count.
    pub per_call: Factor,
}

/// `failure_rate = { threshold = "10%" }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FailureRateSettings {
    /// Retries stop while, per call, more attempts than this share have failed in a way that is retried.
    pub threshold: Share,
    /// Over which time: since the beginning, or a sliding window of ten slots.
    #[serde(default)]
    pub window: Limit<Duration>,
}

impl RetryBudgetSettings {
    /// The word by which the kind is written.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unlimited => "unlimited",
            Self::Ratio(_) => "ratio",
            Self::Concurrency(_) => "concurrency",
            Self::Static(_) => "static",
            Self::Token(_) => "token",
            Self::Quota(_) => "quota",
            Self::Bucket(_) => "bucket",
            Self::FailureRate(_) => "failure_rate",
        }
    }

    /// Whether retries that fail at one instant come to an end by it.
    pub const fn is_spent_by_retries(&self) -> bool {
        match self {
            Self::Ratio(_) | Self::Token(_) | Self::Bucket(_) => true,
            Self::Quota(quota) => quota.retry_cost > 0 && quota.timeout_cost > 0 && quota.throttle_cost > 0,
            Self::Unlimited | Self::Concurrency(_) | Self::Static(_) | Self::FailureRate(_) => false,
        }
    }

    /// Notes what is wrong with these settings; `problems` is at `budget`.
    pub fn check(&self, problems: &mut Problems) {
        problems.at(self.name(), |problems| match self {
            Self::Ratio(ratio) => ratio.check(problems),
            Self::Static(settings) if settings.max_retries == 0 => problems.at("max_retries", |problems| {
                problems.error(
                    "a budget of 0 retries denies every one",
                    "write `max_attempts = 1` if nothing is to be retried",
                );
            }),
            Self::Token(token) => token.check(problems),
            Self::Quota(quota) => quota.check(problems),
            Self::Bucket(bucket) if bucket.capacity < 2 => problems.at("capacity", |problems| {
                problems.error(
                    "a retry needs more than one token, and so many never come together",
                    "write a `capacity` of at least 2, such as 5",
                );
            }),
            Self::FailureRate(rate) => rate.check(problems),
            Self::Unlimited | Self::Concurrency(_) | Self::Static(_) | Self::Bucket(_) => {}
        });
    }
}

impl RatioSettings {
    fn check(&self, problems: &mut Problems) {
        if !(Duration::from_secs(1)..=Duration::from_secs(60)).contains(&self.ttl) {
            problems.at("ttl", |problems| {
                problems.error(
                    format!("`{}` is not between 1 s and 60 s", self.ttl),
                    "Finagle, linkerd and tower use `\"10s\"`",
                );
            });
        }
        if self.percent == Share::ZERO && self.min_retries_per_second == 0 {
            problems.at("percent", |problems| {
                problems.error(
                    "this budget denies every retry",
                    "write a `percent` or `min_retries_per_second` above 0",
                );
            });
        }
    }
}

impl TokenSettings {
    fn check(&self, problems: &mut Problems) {
        if self.max_tokens == 0 || self.max_tokens > 1000 {
            problems.at("max_tokens", |problems| {
                problems.error(
                    format!("`{}` is not between 1 and 1000", self.max_tokens),
                    "gRPC's example has 10",
                );
            });
        }
        if self.token_ratio.get() < 0.001 {
            problems.at("token_ratio", |problems| {
                problems.error(
                    "successes bring nothing: three decimals count",
                    "write at least 0.001; gRPC's example has 0.1",
                );
            });
        }
    }
}

impl QuotaSettings {
    fn check(&self, problems: &mut Problems) {
        let dearest = self.retry_cost.max(self.timeout_cost).max(self.throttle_cost);
        if dearest > self.capacity {
            problems.at("capacity", |problems| {
                problems.error(
                    format!("a retry that costs {dearest} never fits into a quota of {}", self.capacity),
                    "write a larger `capacity`, or smaller costs",
                );
            });
        }
    }
}

impl FailureRateSettings {
    fn check(&self, problems: &mut Problems) {
        if self.window.limited().is_some_and(|window| window.as_ns() < 1_000_000) {
            problems.at("window", |problems| {
                problems.error(
                    "this window is shorter than 1 ms",
                    "write a window that sees many attempts, such as `\"10s\"`",
                );
            });
        }
    }
}
