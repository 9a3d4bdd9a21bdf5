//! SIEVE: as CLOCK, but whoever is spared stays where it is, and new entries do not come in where the hand is.
//!
//! So the hand sweeps through old and popular entries once per turn, and comes to the new ones, most of which nobody asks for again, soon after they came
//! (Zhang et al., NSDI 2024, algorithm 1; libCacheSim, `Sieve.c`).

use super::entries::{Entries, NONE};
use super::list::List;

/// The mark of an entry that was hit since it came or the hand went over it.
const VISITED: u32 = 1;

/// In the order in which they came.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Sieve {
    order: List,
    /// Where the search for the next victim begins; [`NONE`]: at the oldest.
    hand: u32,
}

impl Default for Sieve {
    fn default() -> Self {
        Self { order: List::default(), hand: NONE }
    }
}

impl Sieve {
    #[inline]
    pub(super) fn hit(entries: &mut Entries, slot: u32) {
        entries.at_mut(slot).mark = VISITED;
    }

    #[inline]
    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32) {
        self.order.push(entries, slot);
    }

    #[inline]
    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        if self.hand == slot {
            self.hand = entries.at(slot).newer;
        }
        self.order.unlink(entries, slot);
    }

    /// Leaves the hand at the victim; it moves on when that leaves. Each entry that is passed over had a hit of its own, so this is constant time per access.
    #[inline]
    pub(super) fn victim(&mut self, entries: &mut Entries) -> Option<u32> {
        let oldest = self.order.oldest()?;
        loop {
            if self.hand == NONE {
                self.hand = oldest;
            }
            let entry = entries.at_mut(self.hand);
            if entry.mark != VISITED {
                return Some(self.hand);
            }
            entry.mark = 0;
            self.hand = entry.newer;
        }
    }
}
