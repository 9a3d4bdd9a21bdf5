//! What can be written about the rate limit of a service.

use serde::{Deserialize, Serialize};

use super::settings::{check_bucket, not_at_all, one};
use crate::mechanism::Problems;
use crate::quantity::{Duration, Limit, Rate};

/// `rate_limit = { token_bucket = { rate = "100/s", burst = 10 } }`: how many attempts a service takes on per time, whatever they cost it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ServiceRateLimitSettings {
    /// Permits that come one by one, some of which may be kept (Envoy's local rate limit, nginx's `limit_req`, DynamoDB's capacity units).
    TokenBucket(ServiceTokenBucketSettings),
}

/// `token_bucket = { rate = "100/s", burst = 10, max_wait = "0s", scope = "instance" }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceTokenBucketSettings {
    /// How many permits there are per time.
    pub rate: Rate,
    /// How many are kept, and so may be used at once. In the beginning all are there.
    #[serde(default = "one")]
    pub burst: u32,
    /// How long an attempt waits for its permit at most, before it takes a thread or a place in the queue (nginx without `nodelay`, whose `burst` is `max_wait` · `rate`
    /// here). One that would have to wait longer is turned away with `overloaded` at once.
    #[serde(default = "not_at_all")]
    pub max_wait: Limit<Duration>,
    /// Who shares the permits.
    #[serde(default)]
    pub scope: LimitScope,
}

/// Who shares the permits of a service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// Nobody: each instance has as many, and all of them again after a crash (Envoy's local rate limit, nginx).
    #[default]
    Instance,
    /// All instances, and a crash changes nothing: the provisioned throughput of a table (DynamoDB), a quota.
    Service,
}

impl ServiceRateLimitSettings {
    /// Who shares the permits.
    pub const fn scope(&self) -> LimitScope {
        let Self::TokenBucket(bucket) = self;
        bucket.scope
    }

    /// Notes what is wrong with these settings; `problems` is at `rate_limit`.
    pub fn check(&self, problems: &mut Problems) {
        let Self::TokenBucket(bucket) = self;
        problems.at("token_bucket", |problems| {
            check_bucket(bucket.rate, bucket.burst, "nothing is ever taken on", problems);
        });
    }
}
