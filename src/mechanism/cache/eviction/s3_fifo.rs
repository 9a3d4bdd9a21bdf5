//! S3-FIFO: three queues, none of which a hit reorders.
//!
//! Most new keys are never asked for again, so they get a small queue of their own and leave through it quickly; a key that was asked for twice in it moves to the main queue, and
//! the others leave their names in a queue of ghosts: who comes back from there goes straight to the main queue, which is a CLOCK with two bits.
//!
//! Where the paper (Yang et al., SOSP 2023, algorithm 1) and libCacheSim (`S3FIFOv0.c`) differ, the code is followed: the main queue gives up an entry if it is over its size or the small
//! one is empty, and otherwise the small one does. The later `S3FIFO.c` fills the main queue as well before the first eviction, which is not done here.

use super::entries::Entries;
use super::list::List;

/// The small queue's share of the capacity is one of so many parts.
const SMALL_PARTS: u64 = 10;

/// So many of these parts are the ghosts' (libCacheSim: `ghost-size-ratio` 0.9, in units of weight, as the queues).
const GHOST_PARTS: u64 = 9;

/// So many hits in the small queue lead to the main one (libCacheSim: `move-to-main-threshold`; the paper: more than one).
const HITS_TO_MAIN: u32 = 2;

/// More hits are not counted: two bits.
const HITS_MAX: u32 = 3;

/// In a mark, besides the hits: the entry is in the main queue.
const MAIN: u32 = 4;

/// The queues.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct S3Fifo {
    small: List,
    main: List,
    main_weight: u64,
    main_capacity: u64,
    ghosts: Ghosts,
}

impl S3Fifo {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            small: List::default(),
            main: List::default(),
            main_weight: 0,
            main_capacity: capacity - capacity / SMALL_PARTS,
            ghosts: Ghosts::new(ghost_capacity(capacity)),
        }
    }

    #[inline]
    pub(super) fn hit(entries: &mut Entries, slot: u32) {
        let mark = &mut entries.at_mut(slot).mark;
        if hits(*mark) < HITS_MAX {
            *mark += 1;
        }
    }

    /// Whether a key that comes is a ghost; if so, it is none any more.
    pub(super) fn recall(&mut self, key: u32) -> bool {
        self.ghosts.remove(key)
    }

    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32, was_ghost: bool) {
        if was_ghost {
            self.enter_main(entries, slot);
        } else {
            self.small.push(entries, slot);
        }
    }

    /// The weight of an entry has changed.
    pub(super) fn reweighed(&mut self, entries: &Entries, slot: u32, old: u32) {
        let entry = entries.at(slot);
        if entry.mark & MAIN != 0 {
            self.main_weight = self.main_weight - u64::from(old) + u64::from(entry.weight);
        }
    }

    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        let entry = entries.at(slot);
        if entry.mark & MAIN == 0 {
            self.small.unlink(entries, slot);
        } else {
            self.main_weight -= u64::from(entry.weight);
            self.main.unlink(entries, slot);
        }
    }

    /// Who has to go; from the small queue it goes to the ghosts. Each entry that is passed over had a hit of its own, so this is constant time per access.
    pub(super) fn victim(&mut self, entries: &mut Entries) -> Option<u32> {
        if self.main_weight <= self.main_capacity {
            // The size of the main queue is not looked at again until somebody goes (libCacheSim).
            while let Some(slot) = self.small.oldest() {
                let entry = *entries.at(slot);
                if hits(entry.mark) < HITS_TO_MAIN {
                    self.ghosts.insert(entry.key, entry.weight);
                    return Some(slot);
                }
                self.small.unlink(entries, slot);
                self.enter_main(entries, slot);
            }
        }
        loop {
            let slot = self.main.oldest()?;
            let mark = &mut entries.at_mut(slot).mark;
            if hits(*mark) == 0 {
                return Some(slot);
            }
            *mark -= 1;
            self.main.renew(entries, slot);
        }
    }

    fn enter_main(&mut self, entries: &mut Entries, slot: u32) {
        self.main.push(entries, slot);
        let entry = entries.at_mut(slot);
        entry.mark = MAIN;
        self.main_weight += u64::from(entry.weight);
    }
}

fn hits(mark: u32) -> u32 {
    mark & HITS_MAX
}

/// Nine tenths, rounded down, also where nine times the capacity has no room in 64 bits.
fn ghost_capacity(capacity: u64) -> u64 {
    capacity / SMALL_PARTS * GHOST_PARTS + capacity % SMALL_PARTS * GHOST_PARTS / SMALL_PARTS
}

/// Keys that were turned away, the first of which is forgotten when there are too many.
#[derive(Clone, PartialEq, Debug)]
struct Ghosts {
    entries: Entries,
    order: List,
    capacity: u64,
}

impl Ghosts {
    fn new(capacity: u64) -> Self {
        Self { entries: Entries::default(), order: List::default(), capacity }
    }

    fn insert(&mut self, key: u32, weight: u32) {
        if u64::from(weight) > self.capacity {
            return;
        }
        while self.entries.weight() + u64::from(weight) > self.capacity {
            let oldest = self.order.oldest().expect("invariant: what weighs something is in the list");
            self.forget(oldest);
        }
        let slot = self.entries.add(key, weight);
        self.order.push(&mut self.entries, slot);
    }

    fn remove(&mut self, key: u32) -> bool {
        let found = self.entries.find(key);
        if let Some(slot) = found {
            self.forget(slot);
        }
        found.is_some()
    }

    fn forget(&mut self, slot: u32) {
        self.order.unlink(&mut self.entries, slot);
        self.entries.remove(slot);
    }
}
