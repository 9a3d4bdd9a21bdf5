//! Writes that a cache has taken on, and that are still to be stored.
//!
//! Whoever puts something there goes on at once, and what it is put there for is done later: several writes of a key are one by then, and a store that is slow, or down for a while, is not noticed by anybody.
//! Not for ever: what is still to be stored takes room, and when there is none left everybody stores by himself again, each write for itself, at a time when the store is slowest. And what is not stored yet is
//! lost with the cache.
//!
//! Sources: Hazelcast (a write waits for `write-delay-seconds`, and one of the same key does not make it wait for longer; a store that fails is tried three times, a second apart), Infinispan and Red Hat Data Grid
//! (`modification-queue-size`, 1024; when it is full writes are written through), Ehcache (`writeBehindConcurrency`, 1).

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::kernel::{Duration, Time};
use crate::mechanism::Problems;
use crate::quantity::Limit;

/// `write_behind = { delay = "1s" }`: a `put` with a `store` is done at once, and its `store` later.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WriteBehindSettings {
    /// For so long a key is dirty before it is stored; puts of it meanwhile are stored with it, and do not make it wait for longer. No default.
    pub delay: Duration,
    /// So many keys may be dirty at a time, where the cache is in the instances of a service in each of them; with that many, a `put` of another key does its `store` itself. At least 1.
    #[serde(default = "max_dirty")]
    pub max_dirty: Limit<u32>,
    /// So many stores may be under way at a time, in each of them. At least 1.
    #[serde(default = "concurrency")]
    pub concurrency: u32,
    /// How often a store is tried before the write is lost. At least 1.
    #[serde(default = "max_attempts")]
    pub max_attempts: u32,
    /// How long after a failure it is tried again.
    #[serde(default = "retry_delay")]
    pub retry_delay: Duration,
}

fn max_dirty() -> Limit<u32> {
    Limit::At(1024)
}

fn concurrency() -> u32 {
    1
}

fn max_attempts() -> u32 {
    3
}

fn retry_delay() -> Duration {
    Duration::from_secs(1)
}

impl WriteBehindSettings {
    pub(super) fn check(&self, problems: &mut Problems) {
        let counts = [
            ("max_dirty", self.max_dirty.limited().unwrap_or(1), "no write would be put off"),
            ("concurrency", self.concurrency, "nothing would ever be stored"),
            ("max_attempts", self.max_attempts, "nothing would ever be stored"),
        ];
        for (field, _, message) in counts.into_iter().filter(|(_, count, _)| *count == 0) {
            problems.at(field, |problems| problems.error(message, "write at least 1"));
        }
    }
}

/// The keys of one part of a cache that are dirty: put there, and still to be stored. Each has a holder, who does that.
#[derive(Clone, Debug)]
pub struct DirtyKeys<H> {
    keys: BTreeMap<u32, DirtyKey<H>>,
    /// Keys whose delay is over.
    line: VecDeque<u32>,
    /// How many are being stored.
    storing: u32,
}

#[derive(Clone, Copy, Debug)]
struct DirtyKey<H> {
    holder: H,
    /// When it was put there last.
    written: Time,
    stage: Stage,
    /// How often in a row it could not be stored.
    failures: u32,
    /// When it was put there first since its store began, which does not store that.
    rewritten: Option<Time>,
    /// The cache has lost it while it was being stored.
    is_gone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Waits,
    InLine,
    Stored,
}

/// What becomes of a put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// There are as many dirty keys as there may be, and this is none of them.
    Full,
    /// Its key is dirty already.
    Coalesced,
    /// Its key is to be [noted](DirtyKeys::note) as dirty.
    First,
}

/// What comes after a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterStore {
    /// The key is not dirty any more.
    Clean,
    /// It is not, since it is given up.
    Lost,
    /// It is to be stored again after this time.
    Again(Duration),
}

impl<H: Copy> Default for DirtyKeys<H> {
    fn default() -> Self {
        Self { keys: BTreeMap::new(), line: VecDeque::new(), storing: 0 }
    }
}

impl<H: Copy> DirtyKeys<H> {
    /// Somebody puts a key there.
    pub fn put(&mut self, rules: &WriteBehindSettings, key: u32, now: Time) -> Written {
        if let Some(dirty) = self.keys.get_mut(&key) {
            dirty.written = now;
            if std::mem::take(&mut dirty.is_gone) {
                dirty.rewritten = None;
            }
            if dirty.stage == Stage::Stored {
                dirty.rewritten = dirty.rewritten.or(Some(now));
            }
            return Written::Coalesced;
        }
        let is_full = rules.max_dirty.limited().is_some_and(|max| self.keys.len() >= max as usize);
        if is_full { Written::Full } else { Written::First }
    }

    /// It is dirty from now on.
    pub fn note(&mut self, key: u32, now: Time, holder: H) {
        let dirty = DirtyKey {
            holder,
            written: now,
            stage: Stage::Waits,
            failures: 0,
            rewritten: None,
            is_gone: false,
        };
        self.keys.insert(key, dirty);
    }

    /// The time is over for which a key waits. Whether its store begins now; otherwise it does when it is its turn.
    pub fn is_due(&mut self, rules: &WriteBehindSettings, key: u32) -> bool {
        let Some(dirty) = self.keys.get_mut(&key) else { return false };
        let begins = self.storing < rules.concurrency;
        if begins {
            dirty.stage = Stage::Stored;
            self.storing += 1;
        } else {
            dirty.stage = Stage::InLine;
            self.line.push_back(key);
        }
        begins
    }

    /// Whose turn it is, and whose store begins now; one of those that may.
    pub fn next(&mut self, rules: &WriteBehindSettings) -> Option<H> {
        if self.storing >= rules.concurrency {
            return None;
        }
        let key = self.line.pop_front()?;
        let dirty = self.keys.get_mut(&key)?;
        dirty.stage = Stage::Stored;
        self.storing += 1;
        Some(dirty.holder)
    }

    /// A store has ended.
    pub fn stored(&mut self, rules: &WriteBehindSettings, key: u32, now: Time, ok: bool) -> AfterStore {
        let Some(dirty) = self.keys.get_mut(&key) else { return AfterStore::Clean };
        self.storing -= 1;
        dirty.stage = Stage::Waits;
        let rewritten = dirty.rewritten.take();
        dirty.failures = if ok { 0 } else { dirty.failures + 1 };
        let is_given_up = dirty.is_gone || dirty.failures >= rules.max_attempts && rewritten.is_none();
        if is_given_up || ok && rewritten.is_none() {
            self.keys.remove(&key);
            return if ok && rewritten.is_none() { AfterStore::Clean } else { AfterStore::Lost };
        }
        if !ok {
            dirty.failures %= rules.max_attempts;
            return AfterStore::Again(rules.retry_delay);
        }
        let due = rewritten.unwrap_or(now) + rules.delay;
        AfterStore::Again(due.since(now))
    }

    /// Nobody sees to a key any more, which is lost. Whether it was being stored.
    pub fn lose(&mut self, key: u32) -> bool {
        let Some(dirty) = self.keys.remove(&key) else { return false };
        match dirty.stage {
            Stage::Waits => {}
            Stage::InLine => self.line.retain(|&other| other != key),
            Stage::Stored => self.storing -= 1,
        }
        dirty.stage == Stage::Stored
    }

    /// The cache loses keys, and with them what was to be stored of them. Those who saw to it; who is storing a key goes on, but does not try again.
    pub fn lose_if(&mut self, mut is_lost: impl FnMut(u32) -> bool) -> Vec<H> {
        let mut lost = Vec::new();
        self.keys.retain(|&key, dirty| {
            if !is_lost(key) {
                return true;
            }
            dirty.is_gone = true;
            if dirty.stage != Stage::Stored {
                lost.push(dirty.holder);
            }
            dirty.stage == Stage::Stored
        });
        let keys = &self.keys;
        self.line.retain(|key| keys.contains_key(key));
        lost
    }

    /// How long ago a dirty key was put there.
    pub fn age(&self, key: u32, now: Time) -> Option<Duration> {
        self.keys.get(&key).filter(|dirty| !dirty.is_gone).map(|dirty| now.since(dirty.written))
    }

    /// How many keys are dirty.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
