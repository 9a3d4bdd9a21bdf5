//! Who has a place, and who waits for one.

use super::BulkheadSettings;
use crate::kernel::Duration;
use crate::mechanism::line::WaitingLine;
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
    line: WaitingLine<W>,
}

impl<W> Default for BulkheadState<W> {
    fn default() -> Self {
        Self { taken: 0, line: WaitingLine::default() }
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
        if state.waiting() >= self.queue_capacity {
            return Entry::Full;
        }
        state.line.join(who);
        Entry::Waits(self.max_wait)
    }
}

impl<W> BulkheadState<W> {
    /// Somebody gives a place back. It goes to the first in the line who still waits.
    pub fn leave(&mut self, still_waits: impl Fn(&W) -> bool) -> Option<W> {
        let next = self.line.next(still_waits);
        if next.is_none() {
            self.taken -= 1;
        }
        next
    }

    /// Somebody who waits does so no longer.
    pub fn give_up(&mut self) {
        self.line.give_up();
    }

    /// How many have a place.
    pub const fn taken(&self) -> u32 {
        self.taken
    }

    /// How many wait.
    pub const fn waiting(&self) -> u32 {
        self.line.waiting()
    }
}
