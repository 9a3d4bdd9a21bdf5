//! What can be written about rate limits.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::{Duration, Limit, Rate};

/// `rate_limit = { token_bucket = { rate = "100/s", burst = 10 } }`: how fast a client may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RateLimitSettings {
    /// Permits that come one by one, some of which may be kept.
    TokenBucket(TokenBucketSettings),
    /// Permits that come all at once, and are gone at the end of the period (resilience4j).
    FixedWindow(FixedWindowSettings),
}

/// `token_bucket = { rate = "100/s", burst = 10, max_wait = "0s" }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenBucketSettings {
    /// How many permits there are per time.
    pub rate: Rate,
    /// How many are kept, and so may be used at once. In the beginning all are there.
    #[serde(default = "one")]
    pub burst: u32,
    /// How long a call waits for its permit at most. One that would have to wait longer is rejected at once.
    #[serde(default = "not_at_all")]
    pub max_wait: Limit<Duration>,
    /// What needs a permit.
    #[serde(default)]
    pub level: RateLimitLevel,
}

/// `fixed_window = { limit = 50, period = "1s" }`. The defaults are resilience4j's: with its period they limit nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FixedWindowSettings {
    /// How many permits there are in a period (`limitForPeriod`).
    pub limit: u32,
    /// How long a period is (`limitRefreshPeriod`). The first one begins with the client.
    pub period: Duration,
    /// How long a call waits for a permit of a later period at most (`timeoutDuration`).
    pub max_wait: Limit<Duration>,
    /// When a call is told that it would have to wait longer.
    pub rejects: Rejects,
    /// What needs a permit.
    pub level: RateLimitLevel,
}

/// What needs a permit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RateLimitLevel {
    /// A call, before its `timeout` begins: one permit for all its attempts (.NET's standard handler). Retries come on top of the limit.
    #[default]
    Call,
    /// Every attempt, inside the retry and the circuit breaker: waiting counts into `timeout` (resilience4j).
    Attempt,
}

/// When a call that finds no permit within `max_wait` is rejected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rejects {
    /// When it has waited that long, though it is known at once to be in vain (resilience4j's blocking callers).
    #[default]
    AfterMaxWait,
    /// At once (resilience4j's asynchronous callers).
    AtOnce,
}

pub(super) fn one() -> u32 {
    1
}

pub(super) fn not_at_all() -> Limit<Duration> {
    Limit::At(Duration::ZERO)
}

impl Default for FixedWindowSettings {
    fn default() -> Self {
        Self {
            limit: 50,
            period: Duration::from_ns(500),
            max_wait: Limit::At(Duration::from_secs(5)),
            rejects: Rejects::AfterMaxWait,
            level: RateLimitLevel::Call,
        }
    }
}

/// A client that sends a call in less than this time is not meant.
const NOTICEABLE: Duration = Duration::from_ns(1000);

impl RateLimitSettings {
    /// What needs a permit.
    pub const fn level(&self) -> RateLimitLevel {
        match self {
            Self::TokenBucket(bucket) => bucket.level,
            Self::FixedWindow(window) => window.level,
        }
    }

    /// How long a call waits before its `timeout` begins, at most.
    pub const fn wait_before_timeout(&self) -> Limit<Duration> {
        match (self.level(), self) {
            (RateLimitLevel::Attempt, _) => Limit::At(Duration::ZERO),
            (RateLimitLevel::Call, Self::TokenBucket(bucket)) => bucket.max_wait,
            (RateLimitLevel::Call, Self::FixedWindow(window)) => window.max_wait,
        }
    }

    /// Notes what is wrong with these settings; `problems` is at `rate_limit`.
    pub fn check(&self, problems: &mut Problems) {
        match self {
            Self::TokenBucket(bucket) => problems.at("token_bucket", |problems| bucket.check(problems)),
            Self::FixedWindow(window) => problems.at("fixed_window", |problems| window.check(problems)),
        }
    }
}

impl TokenBucketSettings {
    fn check(&self, problems: &mut Problems) {
        check_bucket(self.rate, self.burst, "nothing is ever called", problems);
    }
}

/// Notes what is wrong with a bucket; `nothing` says what happens without permits.
pub(super) fn check_bucket(rate: Rate, burst: u32, nothing: &str, problems: &mut Problems) {
    if rate.is_zero() {
        problems.at("rate", |problems| {
            problems.error(
                format!("at this rate {nothing} once the burst is over"),
                "write a rate above 0; without `rate_limit` there is no limit",
            );
        });
    }
    if burst == 0 {
        problems.at("burst", |problems| {
            problems.error(
                "a bucket that holds no permit never has one",
                "write at least 1: then permits are at least 1 / `rate` apart",
            );
        });
    }
}

impl FixedWindowSettings {
    fn check(&self, problems: &mut Problems) {
        if self.limit == 0 {
            problems.at("limit", |problems| {
                problems.error(
                    "with 0 permits nothing is ever called",
                    "write at least 1; without `rate_limit` there is no limit",
                );
            });
        }
        if self.period.is_zero() {
            problems.at("period", |problems| {
                problems.error("a period is longer than 0 s", "write how long, such as \"1s\"");
            });
        } else if self.period < NOTICEABLE {
            problems.at("period", |problems| {
                problems.warning(
                    format!(
                        "{} permits per `{}` limit nothing; resilience4j's default does not, either",
                        self.limit, self.period
                    ),
                    "write the period that the limit is for, such as \"1s\"",
                );
            });
        }
        if self.max_wait == Limit::Unlimited && self.rejects == Rejects::AtOnce {
            problems.at("rejects", |problems| {
                problems.warning(
                    "nothing is rejected: `max_wait` is unlimited",
                    "remove `rejects`, or write how long a call waits as `max_wait`",
                );
            });
        }
    }
}
