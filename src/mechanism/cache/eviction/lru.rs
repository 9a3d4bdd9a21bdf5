//! Least recently used: a hit makes an entry the newest, the oldest goes.

use super::entries::Entries;
use super::list::List;

/// In the order of their last accesses.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Lru {
    order: List,
}

impl Lru {
    #[inline]
    pub(super) fn hit(&mut self, entries: &mut Entries, slot: u32) {
        self.order.renew(entries, slot);
    }

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
