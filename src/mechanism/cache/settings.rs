//! What can be written about caches.

use serde::{Deserialize, Serialize};

use super::{Eviction, NegativeSettings, WarmingSettings, WriteBehindSettings};
use crate::mechanism::Problems;
use crate::quantity::{Distribution, Duration, Factor, Limit, Room, Share, SizeDistribution};

/// `[caches.redis]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    /// Whether there is one for all, one in each instance of a service for itself, or a service that is called for it.
    #[serde(default)]
    pub placement: Placement,
    /// How the service is called that it is in. Concerns `placement = { service = … }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<CacheCallSettings>,
    /// How many entries it holds, or, as a size, how much they may take together; where it is in the instances of a service, each of them. No default.
    pub capacity: Limit<Room>,
    /// How much an entry takes: drawn once for each key, and the same in all caches with the same `sizes`. Must be written where `capacity` is a size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<SizeDistribution>,
    /// Which entry goes when there is no room for a new one.
    #[serde(default)]
    pub eviction: Eviction,
    /// How long an entry may be used; absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<TtlSettings>,
    /// Which share of the keys has no value: what is fetched for them is nothing. Drawn once for each key; a key that has none has none in any cache with at least this share.
    #[serde(default, skip_serializing_if = "Share::is_zero")]
    pub absent: Share,
    /// For how long it is kept that there is nothing, or that a load failed; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative: Option<NegativeSettings>,
    /// How long an `invalidate` is on its way: to all the other instances that have such a cache, or to the one for everybody; absent: that is done at once, and nobody tells other instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagation: Option<Distribution>,
    /// What is in it when the run begins.
    #[serde(default)]
    pub start: Start,
    /// How what is empty, or has lost something, gets its most popular keys from elsewhere; absent: it is filled by whoever misses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warming: Option<WarmingSettings>,
    /// How long it takes to look something up, to put it there or to take it away. It is found, put there or gone when that time is over.
    #[serde(default = "no_time")]
    pub latency: Distribution,
    /// Whether those who miss a key that somebody is loading wait for that load, instead of beginning one of their own. Concerns `load`.
    #[serde(default)]
    pub coalesce: Coalesce,
    /// Whether of those who miss a key one may fill it, while the others wait; absent: everybody may. Concerns `on_miss`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseSettings>,
    /// How what is put there is stored later; absent: a `put` with a `store` does that before it is done. Concerns `store`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_behind: Option<WriteBehindSettings>,
}

/// `lease = { ttl = "10s", retry_delay = "10ms" }`: a look-up that finds nothing takes a token for its key; without one nothing is put there.
///
/// Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1. The paper says "a short amount of time" of `retry_delay`; that it is 10 ms is a choice of this program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LeaseSettings {
    /// For so long there is no other token for the key, unless what it is for was put there. Nobody waits for longer: who does goes on without a token. Above 0.
    pub ttl: Duration,
    /// How long those who get none wait before they look again. Above 0.
    pub retry_delay: Duration,
    /// For so long after its time, or after somebody invalidated it, those who get no token are given what was there instead of waiting; absent: they wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serve_stale: Option<Duration>,
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self { ttl: Duration::from_secs(10), retry_delay: Duration::from_ns(10_000_000), serve_stale: None }
    }
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
    /// A part of it in each instance of this service, which is called to look something up, to put it there or to take it away. A crash empties the part.
    Service(String),
}

/// `calls = { policy = "redis", on_error = "fail" }`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CacheCallSettings {
    /// How: the name of a policy.
    pub policy: String,
    /// What a step does whose call has failed.
    pub on_error: OnError,
    /// Which of the named handlers of the service a look-up takes; absent: its `handler`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// Which of them a `put` takes; absent: its `handler`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put: Option<String>,
    /// Which of them an `invalidate` takes; absent: its `handler`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalidate: Option<String>,
}

impl Default for CacheCallSettings {
    fn default() -> Self {
        Self { policy: "default".to_owned(), on_error: OnError::Miss, get: None, put: None, invalidate: None }
    }
}

/// What a step does when the cache does not answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// What a miss does: a look-up goes on with `on_miss`, and the rest goes on as if nothing had happened. So do most clients, and so a cache that is down is load for what is behind it.
    #[default]
    Miss,
    /// It fails, as a `call` does.
    Fail,
}

/// What a step does with a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// It looks something up.
    Get,
    /// It puts something there.
    Put,
    /// It takes something away.
    Invalidate,
    /// It puts there what it has missed, for which it needs a token.
    Fill,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Get, Self::Put, Self::Invalidate, Self::Fill];
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
    /// The service in whose instances it is, whether that is called for it or has it for itself.
    pub fn inside(&self) -> Option<&str> {
        match &self.placement {
            Placement::Shared(_) => None,
            Placement::Local(service) | Placement::Service(service) => Some(service),
        }
    }

    /// The service that is called for it.
    pub fn service(&self) -> Option<&str> {
        match &self.placement {
            Placement::Service(service) => Some(service),
            Placement::Shared(_) | Placement::Local(_) => None,
        }
    }

    /// How that is called, written or not.
    pub fn calls(&self) -> CacheCallSettings {
        self.calls.clone().unwrap_or_default()
    }

    /// More entries than this are a slip of the hand: each takes about 50 bytes.
    const CAPACITY_MAX: u32 = 100_000_000;

    /// Notes what is wrong with these settings; `problems` is at the cache.
    pub fn check(&self, problems: &mut Problems) {
        self.check_capacity(problems);
        if let Some(ttl) = &self.ttl {
            problems.at("ttl", |problems| ttl.check(problems));
        }
        if let Some(negative) = &self.negative {
            problems.at("negative", |problems| negative.check(problems));
        }
        if let Some(lease) = &self.lease {
            problems.at("lease", |problems| lease.check(problems));
        }
        if let Some(warming) = &self.warming {
            problems.at("warming", |problems| warming.check(problems));
        }
        if let Some(write_behind) = &self.write_behind {
            problems.at("write_behind", |problems| write_behind.check(problems));
        }
        self.check_placement(problems);
    }

    /// How much there is room for.
    fn check_capacity(&self, problems: &mut Problems) {
        match self.capacity {
            Limit::At(Room::Entries(0)) => problems.at("capacity", |problems| {
                problems.error(
                    "a cache without room never has anything",
                    "write how many entries it holds, or `\"unlimited\"`",
                );
            }),
            Limit::At(Room::Bytes(bytes)) if bytes.is_zero() => problems.at("capacity", |problems| {
                problems.error(
                    "a cache without room never has anything",
                    "write how much there is room for, such as \"256MiB\"",
                );
            }),
            Limit::At(Room::Entries(capacity)) if capacity > Self::CAPACITY_MAX => {
                problems.at("capacity", |problems| {
                    problems.error(
                        format!("{capacity} entries are more than {}", Self::CAPACITY_MAX),
                        "write fewer: what counts is which share of the keys there is room for",
                    );
                });
            }
            Limit::At(_) | Limit::Unlimited => {}
        }
        match (self.capacity, &self.sizes) {
            (Limit::At(Room::Bytes(capacity)), None) => problems.at("capacity", |problems| {
                problems.error(
                    format!("how many entries fit into {capacity}? nobody knows how large they are"),
                    "add `sizes`, such as `sizes = \"lognormal(p50=1KiB, p99=64KiB)\"`, or write how many there is room for",
                );
            }),
            (Limit::At(Room::Entries(_)), Some(_)) => problems.at("sizes", |problems| {
                problems.error(
                    "there is room for so many entries, whatever they take",
                    "write the `capacity` as a size, such as \"256MiB\", or leave `sizes` out",
                );
            }),
            _ => {}
        }
    }

    /// What goes with where it is.
    fn check_placement(&self, problems: &mut Problems) {
        let Placement::Service(service) = &self.placement else {
            if self.calls.is_some() {
                problems.at("calls", |problems| {
                    problems.error(
                        "nobody is called for this cache",
                        "write `placement = { service = … }`, or remove `calls`",
                    );
                });
            }
            return;
        };
        if self.latency != no_time() {
            problems.at("latency", |problems| {
                problems.error(
                    format!("how long it takes is a matter of `{service}`, and of the network on the way"),
                    "write it as a step of the handler of that service, such as `{ work = \"300us\" }`",
                );
            });
        }
        if self.propagation.is_some() {
            problems.at("propagation", |problems| {
                problems.error(
                    format!("an `invalidate` is a call to `{service}`, and there when that call is done"),
                    "leave `propagation` out; how long it takes is a matter of that service, and of the network on the way",
                );
            });
        }
        if self.write_behind.is_some() {
            problems.at("write_behind", |problems| {
                problems.error(
                    format!("a `put` is a call to `{service}`, and there when that call is done"),
                    format!("leave `write_behind` out; for a server that writes behind, give `{service}` a cache of its own with `placement = {{ local = \"{service}\" }}`"),
                );
            });
        }
        if self.coalesce != Coalesce::None {
            problems.at("coalesce", |problems| {
                problems.error(
                    format!("nothing is loaded by a cache in `{service}`, so nobody waits for a load"),
                    "leave `coalesce` out; for a server that loads what it misses, give that service a cache with `placement = { local = … }`",
                );
            });
        }
    }
}

impl CacheCallSettings {
    /// Which of its named handlers the service takes.
    pub fn handler(&self, operation: Operation) -> Option<&str> {
        match operation {
            Operation::Get => self.get.as_deref(),
            Operation::Put | Operation::Fill => self.put.as_deref(),
            Operation::Invalidate => self.invalidate.as_deref(),
        }
    }
}

impl LeaseSettings {
    fn check(&self, problems: &mut Problems) {
        if self.ttl.is_zero() {
            problems.at("ttl", |problems| {
                problems.error(
                    "a token that is for no time at all holds nobody off",
                    "write how long a fill may take, such as \"10s\"",
                );
            });
        }
        if self.retry_delay.is_zero() {
            problems.at("retry_delay", |problems| {
                problems.error(
                    "who looks again at once finds what was there before",
                    "write how long to wait before that, such as \"10ms\"",
                );
            });
        }
        if self.serve_stale.is_some_and(Duration::is_zero) {
            problems.at("serve_stale", |problems| {
                problems.error(
                    "what is kept for no time is not there for anybody",
                    "write for how long, such as \"5s\", or leave `serve_stale` out: then they wait",
                );
            });
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
