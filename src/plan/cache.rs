//! Caches, and who uses which part of them.

use std::collections::VecDeque;

use crate::kernel::random::{Bits, SiteKey, Word};
use crate::kernel::{Duration, Time};
use crate::mechanism::balancer::Ring;
use crate::mechanism::cache::{self, CacheState, Coalesce, Size, WarmingSettings, WriteBehindSettings};
use crate::mechanism::keys::KeyDrift;
use crate::quantity::Room;

use super::{Delay, Service, SiteId, Span};

/// A cache of the model.
#[derive(Clone, PartialEq, Debug)]
pub struct Cache {
    /// The name in the model.
    pub name: String,
    /// Its rules.
    pub rules: cache::Cache,
    /// The first of its parts, counted over all caches.
    pub first_part: u32,
    /// How many parts there are: one for everybody, or one in each instance of a service.
    pub parts: u32,
    /// The service in whose instances it is, for itself or for those who call it; `None`: it is for everybody.
    pub local_to: Option<u32>,
    /// Whether a step fails whose call to that service has failed.
    pub fails: bool,
    /// How long it takes to look something up, or to change it.
    pub latency: Span,
    /// Who waits for a load that is under way.
    pub coalesce: Coalesce,
    /// Whether one of those who miss a key may fill it, and the others wait.
    pub lease: Option<Lease>,
    /// How large the values of keys are; `None`: it does not matter.
    pub sizes: Option<Sizes>,
    /// Which keys have no value; `None`: each has one.
    pub absent: Option<Absent>,
    /// How long an `invalidate` is on its way to parts that are elsewhere; `None`: what is elsewhere is not told.
    pub propagation: Option<Propagation>,
    /// How what is put there is stored later; `None`: whoever puts it there does that.
    pub write_behind: Option<WriteBehind>,
    /// How many keys there are that it may have been asked for before the run begins, the most popular ones first; 0: nothing is known of that.
    pub keys: u32,
    /// How what is popular moves; `None`: it does not, or not in one way.
    pub drift: Option<KeyDrift>,
    /// Whether it has been, and has those for which there is room.
    pub starts_warm: bool,
    /// Whether each part has only those keys that those who call are sent there for.
    pub is_sharded: bool,
    /// Where ages and times to live of these are drawn.
    pub site: SiteId,
    /// How what is empty is filled from elsewhere; `None`: by whoever misses it.
    pub warming: Option<Warming>,
}

/// How large the values of keys are.
#[derive(Clone, PartialEq, Debug)]
pub struct Sizes {
    /// What they are drawn from.
    pub of: cache::Sizes,
    /// Where; the same for all caches, so that a key is as large in one as in the other.
    pub site: SiteId,
}

impl Sizes {
    /// The size of a key's value; `site` is the key of the site.
    pub fn of_key(&self, key: u32, site: SiteKey) -> Size {
        self.of.draw(&mut Word::root(site, u64::from(key)).at(site))
    }
}

/// Which keys have no value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Absent {
    /// So many in a billion.
    pub billionths: u32,
    /// Where that is drawn; the same for all caches.
    pub site: SiteId,
}

impl Absent {
    /// Whether a key has no value; `site` is the key of the site.
    pub fn is_key(&self, key: u32, site: SiteKey) -> bool {
        Word::root(site, u64::from(key)).at(site).chance(self.billionths)
    }
}

/// How long an `invalidate` is on its way.
#[derive(Clone, PartialEq, Debug)]
pub struct Propagation {
    /// So long, to each part by itself.
    pub span: Span,
    /// Where that is drawn.
    pub site: SiteId,
}

/// How long there is no other token for a key.
#[derive(Clone, PartialEq, Debug)]
pub struct Lease {
    /// So long, and so long anybody waits at most.
    pub ttl: Duration,
    /// How long to wait before looking again.
    pub retry: Option<Delay>,
}

/// How what is empty in a cache is filled from elsewhere.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Warming {
    /// By these rules.
    pub rules: WarmingSettings,
    /// Where ages and times to live are drawn.
    pub site: SiteId,
}

/// How what is put into a cache is stored later.
#[derive(Clone, PartialEq, Debug)]
pub struct WriteBehind {
    /// By these rules.
    pub rules: WriteBehindSettings,
    /// How long a key is dirty before it is stored; `None`: no time at all.
    pub delay: Option<Delay>,
}

impl Cache {
    /// The part that is used in this instance of a service.
    pub const fn part(&self, ordinal: u32) -> u32 {
        if self.local_to.is_some() { self.first_part + ordinal } else { self.first_part }
    }

    /// Who has which key, if each has its own part.
    pub fn ring<'s>(&self, services: &'s [Service]) -> Option<&'s Ring> {
        let service = self.local_to.filter(|_| self.is_sharded)?;
        Some(&services[service as usize].ring)
    }

    /// What an entry of a key takes, if that matters; `site` is the key of the site of all sizes.
    pub fn size_of(&self, key: u32, site: Option<SiteKey>) -> Option<Size> {
        self.sizes.as_ref().zip(site).map(|(sizes, site)| sizes.of_key(key, site))
    }

    /// Whether a key has no value; `site` is the key of the site of all that have none.
    pub fn is_absent(&self, key: u32, site: Option<SiteKey>) -> bool {
        self.absent.zip(site).is_some_and(|(absent, site)| absent.is_key(key, site))
    }

    /// Its parts as they are when the run begins; `keys` are those of all sites.
    pub fn start(&self, services: &[Service], keys: &[SiteKey]) -> Vec<CacheState> {
        self.parts_with(if self.starts_warm { self.keys } else { 0 }, Time::ZERO, services, keys)
    }

    /// The key that is asked for most often at this instant but for so many, of those that have ranks.
    pub fn popular(&self, rank: u32, now: Time) -> u32 {
        self.drift.map_or(rank, |drift| drift.moved(rank, now))
    }

    /// Its parts as a warm start would make them at this instant.
    pub fn warm_at(&self, now: Time, services: &[Service], keys: &[SiteKey]) -> Vec<CacheState> {
        self.parts_with(self.keys, now, services, keys)
    }

    fn parts_with(
        &self,
        keys_there: u32,
        now: Time,
        services: &[Service],
        keys: &[SiteKey],
    ) -> Vec<CacheState> {
        let site = keys[self.site.index()];
        let size_site = self.sizes.as_ref().map(|sizes| keys[sizes.site.index()]);
        let absent_site = self.absent.map(|absent| keys[absent.site.index()]);
        let sizes = |key: u32| self.size_of(key, size_site).unwrap_or(Size::ONE);
        let is_there = |&key: &u32| !self.is_absent(key, absent_site);
        let warm = || (0..keys_there).map(|rank| self.popular(rank, now)).filter(is_there);
        let mut deal = self.ring(services).map(|ring| Deal {
            ring,
            keys: warm(),
            dealt: vec![VecDeque::new(); self.parts as usize],
            room: match self.rules.capacity() {
                Some(Room::Entries(entries)) => entries as usize,
                Some(Room::Bytes(_)) | None => usize::MAX,
            },
        });
        let start = |part: u32| {
            let word = Word::root(site, u64::from(part));
            let bits = |key: u32| word.child(u64::from(key)).at(site);
            match &mut deal {
                Some(deal) => {
                    self.rules.start_warm(now, std::iter::from_fn(|| deal.next_of(part)), sizes, bits)
                }
                None => self.rules.start_warm(now, warm(), sizes, bits),
            }
        };
        (0..self.parts).map(start).collect()
    }
}

/// Gives each part its own keys, in their order. No key is looked at twice, however many parts there are, and none after all parts are full.
struct Deal<'r, K> {
    ring: &'r Ring,
    keys: K,
    /// By part: keys that were looked at for other parts.
    dealt: Vec<VecDeque<u32>>,
    /// More than this no part needs.
    room: usize,
}

impl<K: Iterator<Item = u32>> Deal<'_, K> {
    fn next_of(&mut self, part: u32) -> Option<u32> {
        if let Some(key) = self.dealt[part as usize].pop_front() {
            return Some(key);
        }
        for key in self.keys.by_ref() {
            let owner = self.ring.owner(key);
            if owner == part {
                return Some(key);
            }
            let dealt = &mut self.dealt[owner as usize];
            if dealt.len() < self.room {
                dealt.push_back(key);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_part_gets_its_own_keys_and_each_key_is_looked_at_once() {
        let ring = Ring::new("redis", 20, &[]);
        let owned = |part: u32| (0..100_000).filter(|&key| ring.owner(key) == part).take(100).collect();
        let expected: Vec<Vec<u32>> = (0..20).map(owned).collect();
        let looked_at = Cell::new(0_u32);
        let keys = (0..100_000).inspect(|_| looked_at.set(looked_at.get() + 1));
        let mut deal = Deal { ring: &ring, keys, dealt: vec![VecDeque::new(); 20], room: 100 };
        let dealt: Vec<Vec<u32>> =
            (0..20).map(|part| std::iter::from_fn(|| deal.next_of(part)).take(100).collect()).collect();
        assert_eq!(dealt, expected);
        let last = expected.iter().filter_map(|keys| keys.last()).max();
        assert_eq!(last, Some(&(looked_at.get() - 1)), "and none beyond the last that is needed");
    }
}
