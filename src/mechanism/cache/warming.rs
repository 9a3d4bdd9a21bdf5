//! Filling what is empty from elsewhere: a replica, or a snapshot.
//!
//! A cache that has lost what it had is filled by whoever misses it, at the cost of the origin, which may have no room for that. One that is warmed gets the keys that most requests are about from somebody
//! who still has them, at a rate that is no burden to him, and the origin hears nothing of it. It is as good as it is fast: an origin that is down before the popular keys are there stays down until they are.
//!
//! Keys come one by one, the most popular first, and nobody has to go for them. What is there already stays, since it is newer.
//!
//! Sources: Jayaraman et al., "Cache warming: agility for a stateful service", Netflix Technology Blog, 2018 (a replica, or one node of it, gets what others have, at a limited rate); Redis (a server that begins loads a snapshot, and a replica
//! that of its primary). Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 4.3, takes from the warm cluster what is missed, when it is missed.

use serde::{Deserialize, Serialize};

use super::size::TOO_LARGE_MAX;
use super::state::Brought;
use super::{Cache, CacheState, Size};
use crate::kernel::random::Bits;
use crate::kernel::{Duration, Time};
use crate::mechanism::Problems;
use crate::quantity::Rate;

/// `warming = { rate = "2000/s" }`: what is empty gets its most popular keys from elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WarmingSettings {
    /// How many keys come per time, where the cache is in the instances of a service to each of them. No default.
    pub rate: Rate,
    /// After so many keys it is over, in each of them; absent: when there is no room for another one. At least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u32>,
    /// It begins so long after the run did with nothing in the cache, after an instance that crashed is up again, or after a `cache_flush`.
    #[serde(default)]
    pub delay: Duration,
}

impl WarmingSettings {
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.rate.is_zero() {
            problems.at("rate", |problems| {
                problems.error(
                    "no key would ever come",
                    "write how many keys come per second, such as \"2000/s\"; or leave `warming` out",
                );
            });
        }
        if self.keys == Some(0) {
            problems.at("keys", |problems| {
                problems.error(
                    "no key would ever come",
                    "write at least 1, or leave `keys` out: then as many come as there is room for",
                );
            });
        }
    }
}

/// How far the warming of one part of a cache is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Warming {
    /// When the first of the keys that are counted was one period away; `None`: none comes.
    since: Option<Time>,
    /// How many have come since then.
    ticks: u64,
    /// How many have come since it began.
    sent: u32,
    /// Where it is in the ranking.
    position: u32,
    /// How often it has begun.
    begun: u64,
}

/// What comes of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrived {
    /// It was put there.
    Put {
        /// There was no entry of it, not even one whose time is over.
        is_new: bool,
    },
    /// It is there already.
    WasThere,
    /// There is no other key, or no room for it.
    Over,
}

impl Warming {
    /// It begins, or begins anew.
    pub fn begin(&mut self, rules: &WarmingSettings, now: Time) {
        *self = Self { since: Some(now + rules.delay), begun: self.begun + 1, ..Self::default() };
    }

    /// No key comes any more, until it begins anew.
    pub fn stop(&mut self) {
        self.since = None;
    }

    /// How often it has begun.
    pub const fn begun(&self) -> u64 {
        self.begun
    }

    /// When the next key comes; `None`: never.
    pub fn due(&self, rules: &WarmingSettings) -> Option<Time> {
        let since = self.since?;
        let (count, per_ns) = (u128::from(rules.rate.count()), u128::from(rules.rate.per_ns()));
        let wait = (u128::from(self.ticks + 1) * per_ns + count / 2) / count;
        Some(since + Duration::from_ns(u64::try_from(wait).unwrap_or(u64::MAX)))
    }

    /// The next key comes. The ranking gives the first one from a position on, and moves that behind it; what can never fit is passed over.
    pub fn next<B: Bits>(
        &mut self,
        rules: &WarmingSettings,
        now: Time,
        (cache, state): (&Cache, &mut CacheState),
        mut ranking: impl FnMut(&mut u32) -> Option<u32>,
        size: impl Fn(u32) -> Size,
        bits: impl Fn(u32) -> B,
    ) -> Arrived {
        // One that is late, as its instance stood still, does not make those behind it come sooner.
        if self.due(rules).is_some_and(|due| due < now) {
            (self.since, self.ticks) = (Some(now), 0);
        } else {
            self.ticks += 1;
        }
        self.sent += 1;
        for _ in 0..TOO_LARGE_MAX {
            let Some(key) = ranking(&mut self.position) else { break };
            let size = size(key);
            if cache.is_too_large(size) {
                continue;
            }
            let arrived = match cache.bring(state, (key, size), now, &mut bits(key)) {
                Brought::NoRoom => break,
                Brought::WasThere => Arrived::WasThere,
                Brought::Put { is_new } => Arrived::Put { is_new },
            };
            if rules.keys.is_some_and(|keys| self.sent >= keys) {
                self.stop();
            }
            return arrived;
        }
        self.stop();
        Arrived::Over
    }
}

/// The keys of each part of a cache in which each key has its part, the most popular first: worked out as far as anybody has come, and once.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// By part.
    owned: Vec<Vec<u32>>,
    looked_at: u32,
}

impl Ranking {
    /// Of a cache with so many parts.
    pub fn new(parts: u32) -> Self {
        Self { owned: vec![Vec::new(); parts as usize], looked_at: 0 }
    }

    /// The key of a part at this position, of so many keys, each of which has an owner or is left out.
    pub fn nth(
        &mut self,
        part: u32,
        position: u32,
        keys: u32,
        mut owner: impl FnMut(u32) -> Option<u32>,
    ) -> Option<u32> {
        while self.owned[part as usize].len() <= position as usize && self.looked_at < keys {
            if let Some(owner) = owner(self.looked_at) {
                self.owned[owner as usize].push(self.looked_at);
            }
            self.looked_at += 1;
        }
        self.owned[part as usize].get(position as usize).copied()
    }
}
