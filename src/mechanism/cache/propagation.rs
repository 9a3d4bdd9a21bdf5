//! Changes that are on their way to a part of a cache.
//!
//! Whoever changes something takes what caches have of it away, by a message to each of them; until that is there, what they give out is outdated, and nobody knows it. How long that is, is the price of caches in
//! several places (Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 4: invalidations from the log of the database; Caffeine, Guava and other caches in a process send none by themselves).

use std::collections::BTreeMap;

use crate::kernel::{Duration, Time};

/// What was changed, and is not known to be so in one part of a cache.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outdated {
    /// Bounded by the messages that are on their way.
    changes: BTreeMap<u32, Changes>,
}

/// The changes of one key of which the part does not know.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Changes {
    last: Time,
    on_the_way: u32,
}

impl Outdated {
    /// A key is changed, and a message about it is on its way.
    pub fn changed(&mut self, key: u32, now: Time) {
        let changes = self.changes.entry(key).or_insert(Changes { last: now, on_the_way: 0 });
        changes.last = now;
        changes.on_the_way += 1;
    }

    /// One of these messages has arrived.
    pub fn told(&mut self, key: u32) {
        if let Some(changes) = self.changes.get_mut(&key) {
            changes.on_the_way -= 1;
            if changes.on_the_way == 0 {
                self.changes.remove(&key);
            }
        }
    }

    /// For how long what an entry of this age says has been outdated; `None`: it is not.
    pub fn since(&self, key: u32, age: Duration, now: Time) -> Option<Duration> {
        let since = now.since(self.changes.get(&key)?.last);
        (age > since).then_some(since)
    }
}
