//! The store.

use super::entries::Entries;
use super::policy::Policy;
use super::settings::Eviction;
use crate::kernel::random::Bits;

/// The place of a key that is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(u32);

impl Slot {
    pub(super) const fn new(slot: u32) -> Self {
        Self(slot)
    }

    /// The slot as an index: the same as long as its key is kept, and then another key's. The numbers are dense: none is above the most keys that were ever kept, because the slot that was
    /// freed last is the first to be taken. (It may be that number itself where W-TinyLFU weighs a new key while all others are still there.)
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The keys of a cache, of which some have to go when there is no room.
#[derive(Clone, PartialEq, Debug)]
pub struct Store {
    eviction: Eviction,
    capacity: Option<u64>,
    entries: Entries,
    policy: Policy,
}

impl Store {
    /// An empty store for this much weight; `None`: nobody ever has to go. Room is taken as keys come, not in advance.
    pub fn new(eviction: Eviction, capacity: Option<u64>) -> Self {
        Self { eviction, capacity, entries: Entries::default(), policy: policy(eviction, capacity) }
    }

    /// A look-up: the policy notes a hit, and W-TinyLFU counts a miss, too.
    #[inline]
    pub fn get(&mut self, key: u32) -> Option<Slot> {
        self.policy.count(key);
        let slot = self.entries.find(key)?;
        self.policy.hit(&mut self.entries, slot);
        Some(Slot(slot))
    }

    /// Where a key is, without an access.
    #[inline]
    pub fn peek(&self, key: u32) -> Option<Slot> {
        self.entries.find(key).map(Slot)
    }

    /// What a key weighs.
    #[inline]
    pub fn weight_of(&self, slot: Slot) -> u32 {
        self.entries.at(slot.0).weight
    }

    /// Takes a key in and says where it is. Whoever has to go for it is given to `evicted`, in that order; then its slot is free, and the new key may get it.
    ///
    /// It is no access by itself if the key is new: the look-up that missed it was. A key that is there already is an update: it keeps its slot, gets this weight, and counts as hit.
    ///
    /// `None`: the key is not kept, because it is heavier than the capacity or W-TinyLFU prefers others to it; others may have had to go nevertheless. If an update ends like that, the key itself is among those `evicted`.
    ///
    /// A weight of 0 counts as 1: an entry takes some room, or there would be no end of them.
    pub fn insert(
        &mut self,
        key: u32,
        weight: u32,
        bits: &mut impl Bits,
        evicted: impl FnMut(u32, Slot),
    ) -> Option<Slot> {
        let weight = weight.max(1);
        if let Some(slot) = self.entries.find(key) {
            return self.update(slot, weight, bits, evicted);
        }
        if !self.fits(u64::from(weight)) {
            return None;
        }
        let recalled = self.policy.recall(key);
        if matches!(self.policy, Policy::WTinyLfu(_)) {
            let slot = self.entries.add(key, weight);
            self.policy.enter(&mut self.entries, slot, recalled);
            return self.weigh(slot, bits, evicted, false);
        }
        self.make_room(u64::from(weight), bits, evicted);
        let slot = self.entries.add(key, weight);
        self.policy.enter(&mut self.entries, slot, recalled);
        Some(Slot(slot))
    }

    /// Takes a key out (it expired, or is not valid any more) and says where it was. S3-FIFO forgets that it turned the key away, if it did.
    pub fn remove(&mut self, key: u32) -> Option<Slot> {
        let Some(slot) = self.entries.find(key) else {
            self.policy.recall(key);
            return None;
        };
        self.policy.leave(&mut self.entries, slot);
        self.entries.remove(slot);
        Some(Slot(slot))
    }

    /// Forgets everything, also what the policy remembers of keys that are gone: a restart.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.policy = policy(self.eviction, self.capacity);
    }

    /// How many keys there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What all of them weigh; never above the capacity.
    #[inline]
    pub fn weight(&self) -> u64 {
        self.entries.weight()
    }

    /// All keys and where they are, in the order of their slots.
    pub fn keys(&self) -> impl Iterator<Item = (u32, Slot)> + '_ {
        self.entries.iter().map(|(key, slot)| (key, Slot(slot)))
    }

    fn fits(&self, weight: u64) -> bool {
        self.capacity.is_none_or(|capacity| weight <= capacity)
    }

    fn update(
        &mut self,
        slot: u32,
        weight: u32,
        bits: &mut impl Bits,
        mut evicted: impl FnMut(u32, Slot),
    ) -> Option<Slot> {
        let key = self.entries.at(slot).key;
        if !self.fits(u64::from(weight)) {
            self.policy.leave(&mut self.entries, slot);
            self.entries.remove(slot);
            evicted(key, Slot(slot));
            return None;
        }
        self.policy.count(key);
        let old = self.entries.reweigh(slot, weight);
        self.policy.reweighed(&mut self.entries, slot, old);
        if matches!(self.policy, Policy::WTinyLfu(_)) {
            return self.weigh(slot, bits, evicted, true);
        }
        let mut is_kept = true;
        self.make_room(0, bits, |gone, freed| {
            is_kept &= gone != key;
            evicted(gone, freed);
        });
        is_kept.then_some(Slot(slot))
    }

    /// Evicts until there is room for this much more.
    #[inline]
    fn make_room(&mut self, weight: u64, bits: &mut impl Bits, mut evicted: impl FnMut(u32, Slot)) {
        while !self.fits(self.entries.weight() + weight) {
            let victim = self.policy.victim(&mut self.entries, bits);
            let slot = victim.expect("invariant: nothing weighs something, and one alone fits");
            self.policy.leave(&mut self.entries, slot);
            evicted(self.entries.remove(slot), Slot(slot));
        }
    }

    /// Lets W-TinyLFU decide who stays, after a key came or changed; it is told of a key that stays out only if that `was_there`.
    fn weigh(
        &mut self,
        slot: u32,
        bits: &mut impl Bits,
        mut evicted: impl FnMut(u32, Slot),
        was_there: bool,
    ) -> Option<Slot> {
        let mut is_kept = true;
        if let Policy::WTinyLfu(policy) = &mut self.policy {
            policy.settle(&mut self.entries, bits, |key, freed| {
                let is_it = freed == Slot(slot);
                is_kept &= !is_it;
                if was_there || !is_it {
                    evicted(key, freed);
                }
            });
        }
        is_kept.then_some(Slot(slot))
    }
}

/// Without a capacity nobody has to go, so nothing needs to be noted of anyone but who is there.
fn policy(eviction: Eviction, capacity: Option<u64>) -> Policy {
    match capacity {
        Some(capacity) => Policy::new(eviction, capacity),
        None => Policy::new(Eviction::Fifo, 0),
    }
}
