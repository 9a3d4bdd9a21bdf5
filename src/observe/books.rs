//! What entered, what ended, and what is inside.

use std::collections::BTreeMap;

use super::{CacheEvent, LockEvent, MemoryEvent};
use crate::mechanism::lock::LockMode;
use crate::plan::{Cache, PlannedMemory};
use crate::quantity::Room;

/// What is in a cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheBooks {
    pub(super) entries: u64,
    pub(super) room: u64,
    size: u64,
    size_max: u64,
    pub(super) loads: Books,
    on_the_way: Books,
    dirty: Books,
    /// Stores of what is dirty.
    storing: Books,
    dirty_max: u64,
    storing_max: u64,
    /// Whether there ever was a token.
    pub(super) was_leased: bool,
}

impl CacheBooks {
    pub(super) fn new(cache: &Cache) -> Self {
        let parts = u64::from(cache.parts);
        let (room, size_max) = match cache.rules.capacity() {
            Some(Room::Entries(entries)) => (u64::from(entries) * parts, u64::MAX),
            Some(Room::Bytes(bytes)) => (u64::MAX, bytes.get().saturating_mul(parts)),
            None => (u64::MAX, u64::MAX),
        };
        Self {
            entries: 0,
            room,
            size: 0,
            size_max,
            loads: Books::default(),
            on_the_way: Books::default(),
            dirty: Books::default(),
            storing: Books::default(),
            dirty_max: cache.write_behind.as_ref().map_or(0, |it| {
                it.rules.max_dirty.limited().map_or(u64::MAX, |max| parts.saturating_mul(max.into()))
            }),
            storing_max: cache.write_behind.as_ref().map_or(0, |it| parts * u64::from(it.rules.concurrency)),
            was_leased: false,
        }
    }

    /// What is under way by itself.
    pub(super) const fn under_way(&self) -> u64 {
        self.loads.inside + self.dirty.inside + self.storing.inside
    }

    /// Whether that is possible.
    pub(super) fn happened(&mut self, event: CacheEvent) -> bool {
        let (come, gone) = match event {
            CacheEvent::Warmed { entries } => (entries, 0),
            CacheEvent::Missed { gone, .. } => (0, u32::from(gone)),
            CacheEvent::Filled(put) | CacheEvent::FilledWithNothing(put) => {
                (u32::from(put.is_new && put.is_kept), put.evicted)
            }
            CacheEvent::Sized { before, after } => {
                let size = self.size.checked_sub(before).map(|size| size + after);
                self.size = size.unwrap_or(0);
                return size.is_some_and(|size| size <= self.size_max);
            }
            CacheEvent::Invalidated { is_kept } => (0, u32::from(!is_kept)),
            CacheEvent::Flushed { entries } => (0, entries),
            CacheEvent::Brought { is_new } => (u32::from(is_new), 0),
            CacheEvent::Hit { .. } | CacheEvent::NegativeHit { .. } | CacheEvent::ServedOnError { .. } => {
                return self.entries > 0;
            }
            CacheEvent::Failed { .. }
            | CacheEvent::Refused
            | CacheEvent::TooLarge
            | CacheEvent::StoreBegan { is_behind: false }
            | CacheEvent::StoreFailed
            | CacheEvent::BroughtNothing => return true,
            CacheEvent::Leased => {
                self.was_leased = true;
                return true;
            }
            CacheEvent::ToldToWait => return self.was_leased,
            CacheEvent::ServedStale { .. } => return self.was_leased && self.entries > 0,
            CacheEvent::LoadBegan { .. } => {
                self.loads.enter();
                return true;
            }
            CacheEvent::InvalidationSent => {
                self.on_the_way.enter();
                return true;
            }
            CacheEvent::InvalidationArrived => return self.on_the_way.leave(),
            CacheEvent::Dirtied => {
                self.dirty.enter();
                return self.dirty.inside <= self.dirty_max;
            }
            CacheEvent::WriteCoalesced | CacheEvent::ServedDirty { .. } => return self.dirty.inside > 0,
            CacheEvent::StoreBegan { is_behind: true } => {
                self.storing.enter();
                return self.storing.inside <= self.storing_max.min(self.dirty.inside);
            }
            CacheEvent::StoreEnded { .. } => return self.storing.leave(),
            CacheEvent::Cleaned { .. } => {
                return self.dirty.leave() && self.storing.inside <= self.dirty.inside;
            }
            CacheEvent::Outdated { .. } => return self.on_the_way.inside > 0,
            CacheEvent::LoadEnded { .. } => return self.loads.leave(),
            CacheEvent::Coalesced => return self.loads.inside > 0,
        };
        let left = (self.entries + u64::from(come)).checked_sub(u64::from(gone));
        self.entries = left.unwrap_or(0);
        left.is_some_and(|entries| entries <= self.room)
    }
}

/// What the instances of a service are doing for their memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemoryBooks {
    instances: u64,
    collecting: Books,
    stopped: Books,
    down: Books,
}

impl MemoryBooks {
    pub(super) fn new(planned: &PlannedMemory) -> Self {
        let (collecting, stopped, down) = (Books::default(), Books::default(), Books::default());
        Self { instances: planned.instances.into(), collecting, stopped, down }
    }

    /// Whether that is possible.
    pub(super) fn happened(&mut self, event: MemoryEvent) -> bool {
        let is_known = match event {
            MemoryEvent::CollectionBegan { stops } => {
                self.collecting.enter();
                if stops {
                    self.stopped.enter();
                }
                true
            }
            MemoryEvent::Stalled => {
                self.stopped.enter();
                true
            }
            MemoryEvent::CollectionEnded { pause, .. } => {
                self.collecting.leave() && (pause.is_none() || self.stopped.leave())
            }
            MemoryEvent::CollectionLost { stopped } => {
                self.collecting.leave() && (!stopped || self.stopped.leave())
            }
            MemoryEvent::Killed => {
                self.down.enter();
                true
            }
            MemoryEvent::Restarted => self.down.leave(),
            MemoryEvent::Level { .. } => true,
        };
        is_known
            && self.stopped.inside <= self.collecting.inside
            && self.collecting.inside + self.down.inside <= self.instances
    }
}

/// Who is at each place of each lock.
#[derive(Clone, Debug, Default)]
pub(super) struct LockBooks(BTreeMap<(u32, u32), LockPlace>);

/// Who is at one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct LockPlace {
    pub(super) alone: u32,
    pub(super) sharing: u32,
    pub(super) waiting: u32,
}

impl LockBooks {
    /// Whether that is possible, and who is there then.
    pub(super) fn happened(
        &mut self,
        place: (u32, u32),
        mode: LockMode,
        event: LockEvent,
    ) -> (bool, LockPlace) {
        let books = self.0.entry(place).or_default();
        let holders = match mode {
            LockMode::Exclusive => &mut books.alone,
            LockMode::Shared => &mut books.sharing,
        };
        let level = match event {
            LockEvent::Acquired { .. } | LockEvent::Released { .. } => holders,
            LockEvent::Queued | LockEvent::TimedOut | LockEvent::Left => &mut books.waiting,
        };
        let left = match event {
            LockEvent::Acquired { .. } | LockEvent::Queued => level.checked_add(1),
            LockEvent::Released { .. } | LockEvent::TimedOut | LockEvent::Left => level.checked_sub(1),
        };
        *level = left.unwrap_or(0);
        let mut is_possible = left.is_some();
        if let LockEvent::Acquired { waited: Some(_) } = event {
            is_possible &= books.waiting > 0;
            books.waiting = books.waiting.saturating_sub(1);
        }
        let now = *books;
        if now == LockPlace::default() {
            self.0.remove(&place);
        }
        (is_possible && now.alone <= 1 && (now.alone == 0 || now.sharing == 0), now)
    }

    /// Places at which somebody is.
    pub(super) fn in_use(&self) -> usize {
        self.0.len()
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
