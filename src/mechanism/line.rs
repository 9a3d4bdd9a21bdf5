//! Lines in which somebody may give up.

use std::collections::VecDeque;

/// Those who wait, first come, first served. Whoever gives up is only counted out, and passed over when its turn comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct WaitingLine<W> {
    /// Those who wait, and those who gave up and were not come across yet.
    order: VecDeque<W>,
    waiting: u32,
}

impl<W> Default for WaitingLine<W> {
    fn default() -> Self {
        Self { order: VecDeque::new(), waiting: 0 }
    }
}

impl<W> WaitingLine<W> {
    /// Somebody begins to wait.
    pub(super) fn join(&mut self, who: W) {
        self.order.push_back(who);
        self.waiting += 1;
    }

    /// Takes the first who still waits out of the line.
    pub(super) fn next(&mut self, still_waits: impl Fn(&W) -> bool) -> Option<W> {
        while let Some(next) = self.order.pop_front() {
            if still_waits(&next) {
                self.waiting -= 1;
                return Some(next);
            }
        }
        None
    }

    /// Somebody who waits does so no longer.
    pub(super) fn give_up(&mut self) {
        self.waiting -= 1;
        if self.waiting == 0 {
            self.order.clear();
        }
    }

    /// How many wait.
    pub(super) const fn waiting(&self) -> u32 {
        self.waiting
    }
}
