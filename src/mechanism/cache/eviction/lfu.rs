//! Least frequently used: hits are counted while an entry is there, the smallest count goes, and of several the one that was used least recently.
//!
//! Counts only ever grow by one, so entries of the same count are in a list of their own, and these lists are in the order of their counts: a hit moves an entry to the next list (Shah, Mitra,
//! Matani, "An O(1) algorithm for implementing the LFU cache eviction scheme", 2010). An entry comes to a list by its last access, so its oldest is the least recently used
//! (so does libCacheSim, `LFU.c`).

use super::entries::{Entries, NONE};
use super::list::List;

/// The lists by count; the mark of an entry says in which it is.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Lfu {
    tallies: Vec<Tally>,
    free: Vec<u32>,
    /// The one with the smallest count.
    least: u32,
}

/// All entries with the same count.
#[derive(Clone, PartialEq, Debug)]
struct Tally {
    count: u64,
    order: List,
    /// Its neighbours with the next smaller and the next larger count; [`NONE`] at an end.
    fewer: u32,
    more: u32,
}

impl Default for Lfu {
    fn default() -> Self {
        Self { tallies: Vec::new(), free: Vec::new(), least: NONE }
    }
}

impl Lfu {
    pub(super) fn hit(&mut self, entries: &mut Entries, slot: u32) {
        let from = entries.at(slot).mark;
        let Tally { count, more, .. } = self.tallies[from as usize];
        let next_is_there = more != NONE && self.tallies[more as usize].count == count + 1;
        if !next_is_there && self.tallies[from as usize].order.is_only(slot) {
            self.tallies[from as usize].count += 1;
            return;
        }
        let to = if next_is_there { more } else { self.add(count + 1, from, more) };
        self.leave(entries, slot);
        self.link(entries, slot, to);
    }

    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32) {
        let least = self.least;
        let is_there = least != NONE && self.tallies[least as usize].count == 1;
        let to = if is_there { least } else { self.add(1, NONE, least) };
        self.link(entries, slot, to);
    }

    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        let from = entries.at(slot).mark;
        let tally = &mut self.tallies[from as usize];
        tally.order.unlink(entries, slot);
        if tally.order.is_empty() {
            let Tally { fewer, more, .. } = *tally;
            self.join(fewer, more);
            self.free.push(from);
        }
    }

    pub(super) fn victim(&self) -> Option<u32> {
        self.tallies.get(self.least as usize)?.order.oldest()
    }

    fn link(&mut self, entries: &mut Entries, slot: u32, to: u32) {
        self.tallies[to as usize].order.push(entries, slot);
        entries.at_mut(slot).mark = to;
    }

    /// A list for a count between those of two neighbours.
    fn add(&mut self, count: u64, fewer: u32, more: u32) -> u32 {
        let tally = Tally { count, order: List::default(), fewer, more };
        let place = if let Some(place) = self.free.pop() {
            self.tallies[place as usize] = tally;
            place
        } else {
            self.tallies.push(tally);
            self.tallies.len() as u32 - 1
        };
        self.join(fewer, place);
        self.join(place, more);
        place
    }

    /// Makes two lists neighbours; without a smaller one the larger is the least.
    fn join(&mut self, fewer: u32, more: u32) {
        match fewer {
            NONE => self.least = more,
            fewer => self.tallies[fewer as usize].more = more,
        }
        if more != NONE {
            self.tallies[more as usize].fewer = fewer;
        }
    }
}
