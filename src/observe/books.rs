//! What entered, what ended, and what is inside.

use super::CacheEvent;
use crate::plan::Cache;

/// What is in a cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheBooks {
    pub(super) entries: u64,
    pub(super) room: u64,
    pub(super) loads: Books,
    /// Whether there ever was a token.
    pub(super) was_leased: bool,
}

impl CacheBooks {
    pub(super) fn new(cache: &Cache) -> Self {
        let room =
            cache.rules.capacity().map_or(u64::MAX, |capacity| u64::from(capacity) * u64::from(cache.parts));
        Self { entries: 0, room, loads: Books::default(), was_leased: false }
    }

    /// Whether that is possible.
    pub(super) fn happened(&mut self, event: CacheEvent) -> bool {
        let (come, gone) = match event {
            CacheEvent::Warmed { entries } => (entries, 0),
            CacheEvent::Missed { gone, .. } => (0, u32::from(gone)),
            CacheEvent::Filled(put) => (u32::from(put.is_new && put.is_kept), put.evicted),
            CacheEvent::Invalidated => (0, 1),
            CacheEvent::Flushed { entries } => (0, entries),
            CacheEvent::Hit { .. } | CacheEvent::ServedOnError { .. } => return self.entries > 0,
            CacheEvent::Failed { .. } | CacheEvent::Refused => return true,
            CacheEvent::Leased => {
                self.was_leased = true;
                return true;
            }
            CacheEvent::ToldToWait => return self.was_leased,
            CacheEvent::LoadBegan { .. } => {
                self.loads.enter();
                return true;
            }
            CacheEvent::LoadEnded { .. } => return self.loads.leave(),
            CacheEvent::Coalesced => return self.loads.inside > 0,
        };
        let left = (self.entries + u64::from(come)).checked_sub(u64::from(gone));
        self.entries = left.unwrap_or(0);
        left.is_some_and(|entries| entries <= self.room)
    }
}

/// At any time, what entered is what ended and what is inside.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Books {
    pub(super) entered: u64,
    pub(super) ended: u64,
    pub(super) inside: u64,
}

impl Books {
    pub(super) fn enter(&mut self) {
        self.entered += 1;
        self.inside += 1;
    }

    pub(super) fn leave(&mut self) -> bool {
        self.ended += 1;
        let was_inside = self.inside > 0;
        self.inside = self.inside.saturating_sub(1);
        was_inside
    }

    pub(super) fn balance(&self) -> bool {
        self.entered == self.ended + self.inside
    }
}
