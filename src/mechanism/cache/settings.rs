//! What can be written about caches.

use serde::{Deserialize, Serialize};

use super::Eviction;
use crate::mechanism::Problems;
use crate::quantity::{Distribution, Duration, Factor, Limit, Share};

/// `[caches.redis]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    /// Whether there is one for all, or one in each instance of a service.
    #[serde(default)]
    pub placement: Placement,
    /// How many entries it holds; of a local cache, each of them. No default.
    pub capacity: Limit<u32>,
    /// Which entry goes when there is no room for a new one.
    #[serde(default)]
    pub eviction: Eviction,
    /// How long an entry may be used; absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<TtlSettings>,
    /// What is in it when the run begins.
    #[serde(default)]
    pub start: Start,
    /// How long it takes to look something up, to put it there or to take it away. It is found, put there or gone when that time is over.
    #[serde(default = "no_time")]
    pub latency: Distribution,
    /// Whether those who miss a key that somebody is loading wait for that load, instead of beginning one of their own. Concerns `load`.
    #[serde(default)]
    pub coalesce: Coalesce,
}

/// `placement = { local = "catalog" }`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Placement {
    /// One for everybody.
    Shared(SharedSettings),
    /// One in each instance of this service: only its own handlers use it, and a crash empties it.
    Local(String),
}

/// `shared = {}`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SharedSettings {}

impl Default for Placement {
    fn default() -> Self {
        Self::Shared(SharedSettings {})
    }
}

/// `ttl = { max = "300s", jitter = "10%" }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TtlSettings {
    /// No entry is fresh for longer.
    pub max: Duration,
    /// Each entry gets a time to live between this share less than `max` and `max`, drawn when it is put there, so that entries put there together do not expire together.
    #[serde(default)]
    pub jitter: Share,
    /// Whether it begins anew each time the entry is used (`expireAfterAccess`); `false`: it counts from when the entry was put there (`expireAfterWrite`).
    #[serde(default)]
    pub renewed_on_hit: bool,
    /// For so long after its time an entry is still used while one load in the background gets a new one (RFC 5861); absent: not at all. Concerns `load`, as do all that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_while_revalidate: Option<Duration>,
    /// For so long after its time an entry is used by those who have waited for a load that failed (RFC 5861); absent: not at all. It counts from the end of the time to live, as `stale_while_revalidate` does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_if_error: Option<Duration>,
    /// Whoever uses an entry that was put there longer ago begins one load of it in the background (Caffeine's `refreshAfterWrite`); absent: nobody does. Above 0 and, unless `renewed_on_hit`, below `max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<Duration>,
    /// Each use may begin a load in the background, the more probably the less time an entry has left (probabilistic early expiration); absent: none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_expiration: Option<EarlyExpirationSettings>,
}

/// `early_expiration = { beta = 1.0 }`: with `r` left of its time and a last load that took `d`, the use of an entry begins a load with probability exp(-r / (beta d)).
///
/// Vattani, Chierichetti, Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015. There, whoever draws it loads and waits; here the entry is used meanwhile.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EarlyExpirationSettings {
    /// Above 1 it is earlier, below 1 later; above 0. The paper's default.
    pub beta: Factor,
}

impl Default for EarlyExpirationSettings {
    fn default() -> Self {
        Self { beta: Factor::from(1) }
    }
}

/// What is in a cache when the run begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Nothing.
    #[default]
    Cold,
    /// The most popular keys of the workloads, as many as there is room for; the least popular was put there first. With a `ttl`, their ages are spread over it.
    Warm,
}

/// Who waits for a load that is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Coalesce {
    /// Nobody: everybody who misses a key loads it.
    #[default]
    None,
    /// Whoever is in the same instance (Go's `singleflight`, Caffeine, groupcache): at most one load per key and instance.
    Instance,
    /// Everybody who uses the cache (leases, as in memcache at Facebook): at most one load per key.
    Cache,
}

fn no_time() -> Distribution {
    Distribution::Constant(Duration::ZERO)
}

impl CacheSettings {
    /// More entries than this are a slip of the hand: each takes about 50 bytes.
    const CAPACITY_MAX: u32 = 100_000_000;

    /// Notes what is wrong with these settings; `problems` is at the cache.
    pub fn check(&self, problems: &mut Problems) {
        match self.capacity {
            Limit::At(0) => problems.at("capacity", |problems| {
                problems.error(
                    "a cache without room never has anything",
                    "write how many entries it holds, or `\"unlimited\"`",
                );
            }),
            Limit::At(capacity) if capacity > Self::CAPACITY_MAX => problems.at("capacity", |problems| {
                problems.error(
                    format!("{capacity} entries are more than {}", Self::CAPACITY_MAX),
                    "write fewer: what counts is which share of the keys there is room for",
                );
            }),
            Limit::At(_) | Limit::Unlimited => {}
        }
        if let Some(ttl) = &self.ttl {
            problems.at("ttl", |problems| ttl.check(problems));
        }
    }
}

impl TtlSettings {
    fn check(&self, problems: &mut Problems) {
        if self.max.is_zero() {
            problems.at("max", |problems| {
                problems.error(
                    "an entry that expires at once is never used",
                    "write how long an entry may be used, such as \"300s\"; without `ttl` it is for ever",
                );
            });
        }
        problems.at("refresh_after", |problems| match self.refresh_after {
            Some(after) if after.is_zero() => problems.error(
                "every use would begin a load",
                "write after how long an entry is to be loaded anew, such as \"60s\"",
            ),
            // What each use renews may grow older than `max`.
            Some(after) if after >= self.max && !self.renewed_on_hit => problems.error(
                format!("nothing is refreshed after {after}: its time of {} is over before", self.max),
                "write less than `max`, or `stale_while_revalidate` for what happens after it",
            ),
            Some(_) | None => {}
        });
        if self.early_expiration.is_some_and(|early| early.beta.get() == 0.0) {
            problems.at("early_expiration.beta", |problems| {
                problems.error(
                    "with a `beta` of 0 nothing expires early",
                    "write 1, or more to begin earlier; or leave `early_expiration` out",
                );
            });
        }
    }

    /// The names of the settings that begin loads in the background or wait for their failure, as far as they are there.
    pub fn freshness(&self) -> impl Iterator<Item = &'static str> {
        let are_there = [
            ("stale_while_revalidate", self.stale_while_revalidate.is_some()),
            ("stale_if_error", self.stale_if_error.is_some()),
            ("refresh_after", self.refresh_after.is_some()),
            ("early_expiration", self.early_expiration.is_some()),
        ];
        are_there.into_iter().filter_map(|(name, is_there)| is_there.then_some(name))
    }
}
