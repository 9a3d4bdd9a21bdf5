//! Who has a place, and who waits for one.

use std::collections::VecDeque;

use super::BulkheadSettings;
use crate::kernel::Duration;
use crate::quantity::Limit;

/// A bulkhead, ready to be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bulkhead {
    places: u32,
    queue_capacity: u32,
    /// `None`: as long as it takes.
    max_wait: Option<Duration>,
    keeps_workers: bool,
}

/// The places of one bulkhead, and the line before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BulkheadState<W> {
    taken: u32,
    /// Those who wait, and those who gave up and were not come across yet.
    line: VecDeque<W>,
    waiting: u32,
}

impl<W> Default for BulkheadState<W> {
    fn default() -> Self {
        Self { taken: 0, line: VecDeque::new(), waiting: 0 }
    }
}

/// What becomes of somebody who wants a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// It has one.
    Entered,
    /// It waits, at most for so long.
    Waits(Option<Duration>),
    /// There is neither a place nor room to wait.
    Full,
}

impl Bulkhead {
    /// Compiles settings that [`BulkheadSettings::check`] found no error in.
    pub fn new(settings: &BulkheadSettings) -> Self {
        let limit = |limit: Limit<u32>| limit.limited().unwrap_or(u32::MAX);
        match settings {
            BulkheadSettings::Semaphore(semaphore) => {
                let waits = semaphore.max_wait != Limit::At(Duration::ZERO);
                Self {
                    places: semaphore.max_concurrent,
                    queue_capacity: if waits { limit(semaphore.queue_capacity) } else { 0 },
                    max_wait: semaphore.max_wait.limited(),
                    keeps_workers: false,
                }
            }
            BulkheadSettings::ThreadPool(pool) => Self {
                places: pool.threads,
                queue_capacity: limit(pool.queue_capacity),
                max_wait: None,
                keeps_workers: !pool.cancel_frees_worker,
            },
        }
    }

    /// Whether the place of an attempt that its caller gave up is taken until the answer comes.
    pub const fn keeps_workers(&self) -> bool {
        self.keeps_workers
    }

    /// Somebody wants a place.
    pub fn enter<W>(&self, state: &mut BulkheadState<W>, who: W) -> Entry {
        if state.taken < self.places {
            state.taken += 1;
            return Entry::Entered;
        }
        if state.waiting >= self.queue_capacity {
            return Entry::Full;
        }
        state.waiting += 1;
        state.line.push_back(who);
        Entry::Waits(self.max_wait)
    }
}

impl<W> BulkheadState<W> {
    /// Somebody gives a place back. It goes to the first in the line who still waits.
    pub fn leave(&mut self, still_waits: impl Fn(&W) -> bool) -> Option<W> {
        while let Some(next) = self.line.pop_front() {
            if still_waits(&next) {
                self.waiting -= 1;
                return Some(next);
            }
        }
        self.taken -= 1;
        None
    }

    /// Somebody who waits does so no longer.
    pub fn give_up(&mut self) {
        self.waiting -= 1;
        if self.waiting == 0 {
            self.line.clear();
        }
    }

    /// How many have a place.
    pub const fn taken(&self) -> u32 {
        self.taken
    }

    /// How many wait.
    pub const fn waiting(&self) -> u32 {
        self.waiting
    }
}
