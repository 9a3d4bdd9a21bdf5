//! The entries of a store, by slot, and what every policy needs to know of one.

use super::index::Index;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// A key that is kept.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Entry {
    /// Whose it is.
    pub(super) key: u32,
    /// How much room it takes, at least 1; 0 where nobody is.
    pub(super) weight: u32,
    /// Its neighbours in the list that it is in; [`NONE`] at an end.
    pub(super) newer: u32,
    /// See `newer`.
    pub(super) older: u32,
    /// What the policy notes of it: a bit, a count, a place.
    pub(super) mark: u32,
}

/// All of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Entries {
    index: Index,
    slots: Vec<Entry>,
    free: Vec<u32>,
    weight: u64,
}

impl Entries {
    /// How much room all take.
    #[inline]
    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The slot of a key.
    #[inline]
    pub(super) fn find(&self, key: u32) -> Option<u32> {
        let slot = self.index.find(key);
        (slot != NONE).then_some(slot)
    }

    /// The entry in a slot.
    #[inline]
    pub(super) fn at(&self, slot: u32) -> &Entry {
        &self.slots[slot as usize]
    }

    /// The entry in a slot.
    #[inline]
    pub(super) fn at_mut(&mut self, slot: u32) -> &mut Entry {
        &mut self.slots[slot as usize]
    }

    /// Takes a slot for a key that is not there, the one that was freed last if there is any; it is in no list and has the mark 0.
    #[inline]
    pub(super) fn add(&mut self, key: u32, weight: u32) -> u32 {
        let entry = Entry { key, weight, newer: NONE, older: NONE, mark: 0 };
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = entry;
            slot
        } else {
            let slot = u32::try_from(self.slots.len()).unwrap_or(NONE);
            assert!(slot < NONE, "invariant: keys are 32 bits, so fewer than 2^32 - 1 are kept");
            self.slots.push(entry);
            slot
        };
        self.index.insert(key, slot);
        self.weight += u64::from(weight);
        slot
    }

    /// Frees the slot of an entry that is in no list any more, and says whose it was.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> u32 {
        let Entry { key, weight, .. } = *self.at(slot);
        self.index.remove(key);
        self.weight -= u64::from(weight);
        self.at_mut(slot).weight = 0;
        self.free.push(slot);
        key
    }

    /// Gives an entry another weight and says which one it had.
    pub(super) fn reweigh(&mut self, slot: u32, weight: u32) -> u32 {
        let old = std::mem::replace(&mut self.at_mut(slot).weight, weight);
        self.weight = self.weight - u64::from(old) + u64::from(weight);
        old
    }

    /// Forgets all of them; slots count from 0 again.
    pub(super) fn clear(&mut self) {
        self.index.clear();
        self.slots.clear();
        self.free.clear();
        self.weight = 0;
    }

    /// Keys and slots, by slot.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let taken = |(slot, entry): (usize, &Entry)| (entry.weight > 0).then_some((entry.key, slot as u32));
        self.slots.iter().enumerate().filter_map(taken)
    }
}
