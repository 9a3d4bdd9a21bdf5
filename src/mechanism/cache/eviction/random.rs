//! Random eviction: any entry, each with the same probability.

use super::entries::Entries;
use crate::kernel::random::Bits;

/// All slots without gaps, so that one can be drawn; the mark of an entry is its place here.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Random {
    slots: Vec<u32>,
}

impl Random {
    #[inline]
    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32) {
        entries.at_mut(slot).mark = self.slots.len() as u32;
        self.slots.push(slot);
    }

    /// The last one takes the place of whoever leaves.
    #[inline]
    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        let place = entries.at(slot).mark;
        self.slots.swap_remove(place as usize);
        if let Some(&moved) = self.slots.get(place as usize) {
            entries.at_mut(moved).mark = place;
        }
    }

    #[inline]
    pub(super) fn victim(&self, bits: &mut impl Bits) -> Option<u32> {
        let count = self.slots.len() as u64;
        (count > 0).then(|| self.slots[bits.below(count) as usize])
    }
}
