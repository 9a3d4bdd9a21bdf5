//! A sum over a sliding window, kept in slots.

use super::Implementation;
use crate::kernel::{Duration, Time};

/// As many slots as there are in any implementation, besides the current one.
const PAST_MAX: usize = 10;

/// What was added lately. A slot begins with the first use at or after the end of the one before it, as in the sources: there is no timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::mechanism) struct Slots {
    began: Time,
    current: i64,
    past: [i64; PAST_MAX],
    /// The slot in `past` that the current one will replace.
    next: usize,
}

/// How a window is cut into slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::mechanism) struct Cut {
    slot: Duration,
    implementation: Implementation,
}

impl Cut {
    /// One slot for the whole run.
    pub(in crate::mechanism) const FOR_EVER: Self =
        Self { slot: Duration::from_ns(u64::MAX), implementation: Implementation::Finagle };

    pub(in crate::mechanism) const fn new(window: Duration, implementation: Implementation) -> Self {
        Self { slot: Duration::from_ns(window.as_ns() / 10), implementation }
    }

    const fn past(self) -> usize {
        match self.implementation {
            Implementation::Finagle => PAST_MAX - 1,
            Implementation::Tower => PAST_MAX,
        }
    }

    /// How many slots had no use at all, when this long has passed since the begin of the current one.
    const fn skipped(self, passed: Duration) -> u64 {
        match self.implementation {
            Implementation::Finagle => passed.as_ns() / self.slot.as_ns() - 1,
            Implementation::Tower => passed.as_ns().div_ceil(self.slot.as_ns()) - 1,
        }
    }
}

impl Slots {
    pub(in crate::mechanism) const fn new(now: Time) -> Self {
        Self { began: now, current: 0, past: [0; PAST_MAX], next: 0 }
    }

    pub(in crate::mechanism) fn add(&mut self, cut: Cut, now: Time, amount: i64) {
        self.advance(cut, now);
        self.current += amount;
    }

    /// What counts at `now`. Looking changes nothing, not even when slots begin.
    pub(in crate::mechanism) fn sum(mut self, cut: Cut, now: Time) -> i64 {
        self.advance(cut, now);
        self.current + self.past[..cut.past()].iter().sum::<i64>()
    }

    /// Uses the window without adding anything.
    pub(in crate::mechanism) fn advance(&mut self, cut: Cut, now: Time) {
        let passed = now.since(self.began);
        if passed < cut.slot {
            return;
        }
        let past = cut.past();
        self.past[self.next] = std::mem::take(&mut self.current);
        self.next = (self.next + 1) % past;
        for _ in 0..cut.skipped(passed).min(past as u64) {
            self.past[self.next] = 0;
            self.next = (self.next + 1) % past;
        }
        self.began = now;
    }
}
