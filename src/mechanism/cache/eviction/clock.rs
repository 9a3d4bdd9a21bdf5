//! CLOCK with one bit: first in, first out, but whoever was hit since is spared once.
//!
//! A clock hand that goes over a spared entry, and a spared entry that goes to the end of a queue, are the same: both are next in a full turn.

use super::entries::Entries;
use super::list::List;

/// The mark of an entry that was hit since it came or was spared.
const HIT: u32 = 1;

/// In the order in which they came or were spared.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Clock {
    order: List,
}

impl Clock {
    #[inline]
    pub(super) fn hit(entries: &mut Entries, slot: u32) {
        entries.at_mut(slot).mark = HIT;
    }

    #[inline]
    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32) {
        self.order.push(entries, slot);
    }

    #[inline]
    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        self.order.unlink(entries, slot);
    }

    /// Each entry that is passed over had a hit of its own, so this is constant time per access.
    #[inline]
    pub(super) fn victim(&mut self, entries: &mut Entries) -> Option<u32> {
        loop {
            let slot = self.order.oldest()?;
            if entries.at(slot).mark != HIT {
                return Some(slot);
            }
            entries.at_mut(slot).mark = 0;
            self.order.renew(entries, slot);
        }
    }
}
