//! Where a key is.
//!
//! A table with linear probing that is never more than half full. A deletion moves up what comes behind it, so there are no tombstones: a look-up stays as short after a
//! year of insertions and deletions as it was on the first day, and only growth allocates. There is no way to go through it, so its order cannot show anywhere.

use super::entries::NONE;
use crate::kernel::random::finalise;

/// The smallest table; a power of two, as all are.
const LENGTH_MIN: usize = 8;

/// From keys to slots.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Index {
    table: Vec<Place>,
    len: usize,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Place {
    key: u32,
    /// [`NONE`] where nobody is.
    slot: u32,
}

const VACANT: Place = Place { key: 0, slot: NONE };

impl Index {
    /// The slot of a key, or [`NONE`].
    #[inline]
    pub(super) fn find(&self, key: u32) -> u32 {
        if self.table.is_empty() {
            return NONE;
        }
        let mut position = self.home(key);
        loop {
            let place = self.table[position];
            if place.key == key || place.slot == NONE {
                return place.slot;
            }
            position = self.after(position);
        }
    }

    /// Notes the slot of a key that is not there.
    #[inline]
    pub(super) fn insert(&mut self, key: u32, slot: u32) {
        if (self.len + 1) * 2 > self.table.len() {
            self.grow();
        }
        self.len += 1;
        self.put(Place { key, slot });
    }

    /// Forgets a key that is there.
    #[inline]
    pub(super) fn remove(&mut self, key: u32) {
        let mut hole = self.home(key);
        while self.table[hole].key != key || self.table[hole].slot == NONE {
            hole = self.after(hole);
        }
        self.len -= 1;
        let mut position = hole;
        loop {
            position = self.after(position);
            let place = self.table[position];
            if place.slot == NONE {
                break;
            }
            // It may move up only if the hole is not before where its search begins.
            let searched = self.distance(self.home(place.key), position);
            if searched >= self.distance(hole, position) {
                self.table[hole] = place;
                hole = position;
            }
        }
        self.table[hole] = VACANT;
    }

    /// Forgets all keys.
    pub(super) fn clear(&mut self) {
        self.table.fill(VACANT);
        self.len = 0;
    }

    fn put(&mut self, place: Place) {
        let mut position = self.home(place.key);
        while self.table[position].slot != NONE {
            position = self.after(position);
        }
        self.table[position] = place;
    }

    #[cold]
    fn grow(&mut self) {
        let length = (self.table.len() * 2).max(LENGTH_MIN);
        let old = std::mem::replace(&mut self.table, vec![VACANT; length]);
        for place in old {
            if place.slot != NONE {
                self.put(place);
            }
        }
    }

    #[inline]
    fn home(&self, key: u32) -> usize {
        // Keys are ranks, so neighbours are kept together; hashed, they do not crowd.
        finalise(u64::from(key)) as usize & (self.table.len() - 1)
    }

    #[inline]
    fn after(&self, position: usize) -> usize {
        (position + 1) & (self.table.len() - 1)
    }

    #[inline]
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.table.len() - 1)
    }
}
