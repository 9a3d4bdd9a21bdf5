//! First in, first out: a hit changes nothing, the oldest goes.

use super::entries::Entries;
use super::list::List;

/// In the order in which they came.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Fifo {
    order: List,
}

impl Fifo {
    #[inline]
    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32) {
        self.order.push(entries, slot);
    }

    #[inline]
    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        self.order.unlink(entries, slot);
    }

    #[inline]
    pub(super) fn victim(&self) -> Option<u32> {
        self.order.oldest()
    }
}
