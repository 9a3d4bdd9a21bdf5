//! A list through the entries themselves: who is in it is linked by slot, so nothing is allocated and anyone can leave from anywhere.

use super::entries::{Entries, NONE};

/// From the newest to the oldest; what makes an entry new is for the policy to say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct List {
    newest: u32,
    oldest: u32,
}

impl Default for List {
    fn default() -> Self {
        Self { newest: NONE, oldest: NONE }
    }
}

impl List {
    /// The oldest entry.
    #[inline]
    pub(super) fn oldest(self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// Whether nobody is in it.
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.oldest == NONE
    }

    /// Whether this entry, which is in it, is the only one.
    #[inline]
    pub(super) fn is_only(self, slot: u32) -> bool {
        self.newest == slot && self.oldest == slot
    }

    /// Links an entry that is in no list, as the newest.
    #[inline]
    pub(super) fn push(&mut self, entries: &mut Entries, slot: u32) {
        let entry = entries.at_mut(slot);
        entry.newer = NONE;
        entry.older = self.newest;
        match self.newest {
            NONE => self.oldest = slot,
            newest => entries.at_mut(newest).newer = slot,
        }
        self.newest = slot;
    }

    /// Links an entry that is in no list, as the oldest.
    #[inline]
    pub(super) fn push_oldest(&mut self, entries: &mut Entries, slot: u32) {
        let entry = entries.at_mut(slot);
        entry.older = NONE;
        entry.newer = self.oldest;
        match self.oldest {
            NONE => self.newest = slot,
            oldest => entries.at_mut(oldest).older = slot,
        }
        self.oldest = slot;
    }

    /// Takes out an entry that is in this list.
    #[inline]
    pub(super) fn unlink(&mut self, entries: &mut Entries, slot: u32) {
        let (newer, older) = (entries.at(slot).newer, entries.at(slot).older);
        match newer {
            NONE => self.newest = older,
            newer => entries.at_mut(newer).older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => entries.at_mut(older).newer = newer,
        }
    }

    /// Makes an entry that is in this list the newest.
    #[inline]
    pub(super) fn renew(&mut self, entries: &mut Entries, slot: u32) {
        if self.newest != slot {
            self.unlink(entries, slot);
            self.push(entries, slot);
        }
    }
}
