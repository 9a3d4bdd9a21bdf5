//! W-TinyLFU: a small window for what is new, and a main part into which only what is more popular than its victim is let.
//!
//! New entries come into the window, an LRU of 1 % of the capacity. Who falls out of it is a candidate for the main part, a segmented LRU: a candidate is let in on probation
//! if the sketch says that it was asked for more often than the victim, the oldest on probation; otherwise it goes instead. A hit on probation protects an entry, and when the
//! protected ones are over their 80 %, the oldest of them is on probation again.
//!
//! Step by step as Caffeine's `BoundedLocalCache.java`, but after every access instead of in batches, and without its hill climbing: the window stays at 1 %, Caffeine's first size.
//! As there, the sketch is made when the cache is half full, so earlier accesses are not counted, and it counts accesses, hits or misses, not entries.

use super::entries::{Entries, NONE};
use super::list::List;
use super::sketch::Sketch;
use super::store::Slot;
use crate::kernel::random::Bits;

/// The window is what is left of the capacity when the main part has so many of 100 parts (`PERCENT_MAIN`).
const MAIN_PARTS: u128 = 99;

/// So many of 100 parts of the main part may be protected (`PERCENT_MAIN_PROTECTED`).
const PROTECTED_PARTS: u128 = 80;

/// A candidate that is at least as popular as this and not more than its victim is let in now and then (`ADMIT_HASHDOS_THRESHOLD`): an attacker who knows the hash could
/// otherwise make a victim look popular for ever.
const WARM: u64 = 6;

/// Once in so many times.
const WARM_ODDS: u64 = 128;

/// Where an entry is; its mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Segment {
    Window = 0,
    Probation = 1,
    Protected = 2,
}

use Segment::{Probation, Protected, Window};

/// The three lists and the sketch.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct WTinyLfu {
    capacity: u64,
    window_capacity: u64,
    protected_capacity: u64,
    /// By [`Segment`].
    lists: [List; 3],
    weights: [u64; 3],
    sketch: Sketch,
}

/// Where the search for victims is: each side goes from the oldest to the newest, and has a list to fall back on.
struct Search {
    victim: u32,
    victims: Segment,
    candidate: u32,
    candidates: Segment,
}

impl WTinyLfu {
    pub(super) fn new(capacity: u64) -> Self {
        let parts = |whole: u64, parts: u128| (u128::from(whole) * parts / 100) as u64;
        let main = parts(capacity, MAIN_PARTS);
        Self {
            capacity,
            window_capacity: capacity - main,
            protected_capacity: parts(main, PROTECTED_PARTS),
            lists: [List::default(); 3],
            weights: [0; 3],
            sketch: Sketch::default(),
        }
    }

    /// A look-up, of a key that is there or not.
    #[inline]
    pub(super) fn count(&mut self, key: u32) {
        self.sketch.count(key);
    }

    pub(super) fn hit(&mut self, entries: &mut Entries, slot: u32) {
        self.promote(entries, slot);
        self.demote(entries);
    }

    /// Takes a new entry into the window; the store may be over its capacity until [`WTinyLfu::settle`].
    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32) {
        // A new entry is one more than fit until somebody has gone for it.
        let keys = (entries.len() as u64).min(self.capacity);
        if entries.weight() >= self.capacity / 2 && !self.sketch.suits(keys) {
            // As many as there will be when it is full, if they weigh what they weigh now.
            let fit = entries.len() as u128 * u128::from(self.capacity) / u128::from(entries.weight());
            self.sketch.resize(keys.max(fit as u64));
        }
        let weight = u64::from(entries.at(slot).weight);
        self.weights[Window as usize] += weight;
        entries.at_mut(slot).mark = Window as u32;
        if weight > self.window_capacity {
            // It does not push all others out of the window, but is the first that has to leave it.
            self.lists[Window as usize].push_oldest(entries, slot);
        } else {
            self.lists[Window as usize].push(entries, slot);
        }
    }

    /// The weight of an entry has changed, which is a hit as well; the store may be over its capacity until [`WTinyLfu::settle`].
    pub(super) fn reweighed(&mut self, entries: &mut Entries, slot: u32, old: u32) {
        let weight = u64::from(entries.at(slot).weight);
        let segment = segment(entries, slot);
        self.weights[segment as usize] = self.weights[segment as usize] - u64::from(old) + weight;
        if segment == Window && weight > self.window_capacity {
            self.lists[Window as usize].unlink(entries, slot);
            self.lists[Window as usize].push_oldest(entries, slot);
        } else {
            self.promote(entries, slot);
        }
    }

    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        let segment = segment(entries, slot);
        self.weights[segment as usize] -= u64::from(entries.at(slot).weight);
        self.lists[segment as usize].unlink(entries, slot);
    }

    /// Evicts until all fit; `evicted` is called for everyone who goes.
    pub(super) fn settle(
        &mut self,
        entries: &mut Entries,
        bits: &mut impl Bits,
        mut evicted: impl FnMut(u32, Slot),
    ) {
        let candidate = self.overflow(entries);
        let oldest = self.lists[Probation as usize].oldest().unwrap_or(NONE);
        let mut search = Search { victim: oldest, victims: Probation, candidate, candidates: Probation };
        while entries.weight() > self.capacity {
            let slot = self.choose(entries, &mut search, bits);
            self.leave(entries, slot);
            evicted(entries.remove(slot), Slot::new(slot));
        }
        self.demote(entries);
    }

    /// Moves what the window has no room for to the newest end of probation, and says who was the first, or [`NONE`].
    fn overflow(&mut self, entries: &mut Entries) -> u32 {
        let mut first = NONE;
        while self.weights[Window as usize] > self.window_capacity {
            let oldest = self.lists[Window as usize].oldest();
            let slot = oldest.expect("invariant: what weighs something is in the list");
            self.shift(entries, slot, Probation);
            if first == NONE {
                first = slot;
            }
        }
        first
    }

    /// Who has to go next, of a candidate and a victim.
    fn choose(&self, entries: &Entries, search: &mut Search, bits: &mut impl Bits) -> u32 {
        let oldest = |segment: Segment| self.lists[segment as usize].oldest().unwrap_or(NONE);
        if search.candidate == NONE && search.candidates == Probation {
            search.candidate = oldest(Window);
            search.candidates = Window;
        }
        while search.candidate == NONE && search.victim == NONE {
            search.victims = match search.victims {
                Probation => Protected,
                Protected | Window => Window,
            };
            search.victim = oldest(search.victims);
        }
        let (victim, candidate) = (search.victim, search.candidate);
        if candidate == NONE {
            search.victim = entries.at(victim).newer;
            victim
        } else if victim == NONE {
            search.candidate = entries.at(candidate).newer;
            candidate
        } else if victim == candidate {
            search.victim = entries.at(victim).newer;
            search.candidate = NONE;
            candidate
        } else {
            search.candidate = entries.at(candidate).newer;
            if self.admits(entries.at(candidate).key, entries.at(victim).key, bits) {
                search.victim = entries.at(victim).newer;
                victim
            } else {
                candidate
            }
        }
    }

    pub(super) fn admits(&self, candidate: u32, victim: u32, bits: &mut impl Bits) -> bool {
        let popularity = self.sketch.estimate(candidate);
        popularity > self.sketch.estimate(victim) || (popularity >= WARM && bits.below(WARM_ODDS) == 0)
    }

    /// A hit makes an entry the newest where it is, and one on probation a protected one, unless it is too heavy for that.
    fn promote(&mut self, entries: &mut Entries, slot: u32) {
        let segment = segment(entries, slot);
        if segment == Probation && u64::from(entries.at(slot).weight) <= self.protected_capacity {
            self.shift(entries, slot, Protected);
        } else {
            self.lists[segment as usize].renew(entries, slot);
        }
    }

    /// Puts the oldest of the protected ones on probation again while they are too many.
    fn demote(&mut self, entries: &mut Entries) {
        while self.weights[Protected as usize] > self.protected_capacity {
            let oldest = self.lists[Protected as usize].oldest();
            let slot = oldest.expect("invariant: what weighs something is in the list");
            self.shift(entries, slot, Probation);
        }
    }

    /// Moves an entry to the newest end of another segment.
    fn shift(&mut self, entries: &mut Entries, slot: u32, to: Segment) {
        self.leave(entries, slot);
        let entry = entries.at_mut(slot);
        entry.mark = to as u32;
        self.weights[to as usize] += u64::from(entry.weight);
        self.lists[to as usize].push(entries, slot);
    }
}

fn segment(entries: &Entries, slot: u32) -> Segment {
    match entries.at(slot).mark {
        0 => Window,
        1 => Probation,
        _ => Protected,
    }
}
