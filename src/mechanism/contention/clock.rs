//! Work in progress on one instance, at one common speed that changes over time.
//!
//! A clock of its own, the *virtual* clock, runs at the speed of the work; in its time every piece of work ends when it began plus what it takes, and
//! no change of speed moves that. So a change costs the same however much is in progress (Parekh and Gallager, IEEE/ACM Transactions on
//! Networking 1993, use it for fair queueing; processor sharing is the limit).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::kernel::{Duration, Time};

/// Bits after the binary point of virtual time and of the speed. The speed is a float rounded to 2^-60; virtual time is exact from there on, and
/// has room for 2^68 ns.
const FRACTION_BITS: u32 = 60;

/// Entries of removed work that the heap may have beyond one for each piece in progress before it is rebuilt.
const STALE_TOLERATED: usize = 32;

/// Pieces of work in progress that all run at the same speed.
///
/// Times handed in must not go backwards. Completions are rounded up to the next nanosecond, each for itself: the rounding of one moves no other.
#[derive(Clone, Debug, Default)]
pub struct WorkClock {
    /// The real time up to which the virtual clock has been run.
    now: Time,
    /// Virtual time, in 2^-60 ns.
    virtual_now: u128,
    /// Virtual nanoseconds per real one, in units of 2^-60.
    speed: u128,
    /// By virtual end, then order of start; the head is never stale.
    ends: BinaryHeap<Reverse<Entry>>,
    /// The pieces by the slot in their tickets; a slot is used again when its piece has left.
    slots: Vec<Slot>,
    free_slots: Vec<u32>,
    working: usize,
    next_order: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry {
    virtual_end: u128,
    order: u64,
    slot: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    id: u32,
    /// The piece that has the slot, by its order of start.
    holder: Option<u64>,
    virtual_end: u128,
}

/// Names one piece of work, for ever: the ticket of a piece that has left names nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkTicket {
    slot: u32,
    order: u64,
}

impl WorkClock {
    /// A clock at the start of the run, with nothing in progress and speed 1.
    pub fn new() -> Self {
        Self { speed: 1 << FRACTION_BITS, ..Self::default() }
    }

    /// How many pieces are in progress.
    pub fn len(&self) -> usize {
        self.working
    }

    /// Whether nothing is in progress.
    pub fn is_empty(&self) -> bool {
        self.working == 0
    }

    /// Runs the clock up to `now`.
    ///
    /// # Panics
    ///
    /// If `now` is before the last instant handed in, here or elsewhere.
    pub fn advance(&mut self, now: Time) {
        assert!(now >= self.now, "work goes backwards from {:?} to {now:?}", self.now);
        if !self.is_empty() {
            let progress = u128::from(now.since(self.now).as_ns()).saturating_mul(self.speed);
            self.virtual_now = self.virtual_now.saturating_add(progress);
        }
        self.now = now;
    }

    /// From `now` on, work goes at `speed` (finite, not negative): 1 is as written in the model, 0 stands still. A speed above 0 but below 2^-60
    /// counts as 2^-60.
    ///
    /// # Panics
    ///
    /// If `speed` is negative or not finite.
    pub fn set_speed(&mut self, now: Time, speed: f64) {
        assert!(speed.is_finite() && speed >= 0.0, "the speed of work is {speed}");
        self.advance(now);
        let fixed = (speed * (1_u64 << FRACTION_BITS) as f64) as u128;
        self.speed = if speed > 0.0 { fixed.max(1) } else { 0 };
    }

    /// Begins a piece of work that takes `work` at speed 1; `id` is what [`WorkClock::complete`] will say.
    pub fn start(&mut self, now: Time, id: u32, work: Duration) -> WorkTicket {
        self.advance(now);
        if self.is_empty() {
            // Nobody looks at the old virtual time any more: starting over keeps it small for ever.
            self.virtual_now = 0;
        }
        let order = self.next_order;
        self.next_order += 1;
        let virtual_end = self.virtual_now.saturating_add(u128::from(work.as_ns()) << FRACTION_BITS);
        let slot = self.take_slot(Slot { id, holder: Some(order), virtual_end });
        self.ends.push(Reverse(Entry { virtual_end, order, slot }));
        self.working += 1;
        WorkTicket { slot, order }
    }

    /// When the next piece ends if the speed stays as it is; `None` if nothing is in progress or the work stands still.
    pub fn next_completion(&self) -> Option<Time> {
        let Reverse(head) = self.ends.peek()?;
        if self.speed == 0 {
            return (head.virtual_end <= self.virtual_now).then_some(self.now);
        }
        let remaining = head.virtual_end.saturating_sub(self.virtual_now).div_ceil(self.speed);
        let remaining_ns = u64::try_from(remaining).unwrap_or(u64::MAX);
        Some(self.now + Duration::from_ns(remaining_ns))
    }

    /// Takes out the piece that ended first, if one has ended by `now`; of several that end together, the one that began first.
    pub fn complete(&mut self, now: Time) -> Option<u32> {
        self.advance(now);
        let Reverse(head) = *self.ends.peek()?;
        if head.virtual_end > self.virtual_now {
            return None;
        }
        self.ends.pop();
        let id = self.slots[head.slot as usize].id;
        self.release(head.slot);
        self.trim();
        Some(id)
    }

    /// Takes out a piece that has not ended; false if it has left already.
    pub fn remove(&mut self, now: Time, ticket: WorkTicket) -> bool {
        self.advance(now);
        let held = self.slots.get(ticket.slot as usize).is_some_and(|slot| slot.holder == Some(ticket.order));
        if held {
            self.release(ticket.slot);
            self.trim();
            if self.ends.len() > 2 * self.working + STALE_TOLERATED {
                let slots = &self.slots;
                self.ends.retain(|Reverse(entry)| is_current(slots, entry));
            }
        }
        held
    }

    /// How much of a piece is left, as work at speed 1, rounded up; `None` if it has left already.
    pub fn remaining(&mut self, now: Time, ticket: WorkTicket) -> Option<Duration> {
        self.advance(now);
        let slot = self.slots.get(ticket.slot as usize).filter(|slot| slot.holder == Some(ticket.order))?;
        let left = slot.virtual_end.saturating_sub(self.virtual_now).div_ceil(1 << FRACTION_BITS);
        Some(Duration::from_ns(u64::try_from(left).unwrap_or(u64::MAX)))
    }

    /// Takes out everything.
    pub fn clear(&mut self, now: Time) {
        self.advance(now);
        self.ends.clear();
        self.slots.clear();
        self.free_slots.clear();
        self.working = 0;
    }

    fn take_slot(&mut self, content: Slot) -> u32 {
        if let Some(slot) = self.free_slots.pop() {
            self.slots[slot as usize] = content;
            return slot;
        }
        let slot =
            u32::try_from(self.slots.len()).expect("invariant: fewer than 2^32 pieces of work at a time");
        self.slots.push(content);
        slot
    }

    fn release(&mut self, slot: u32) {
        self.slots[slot as usize].holder = None;
        self.free_slots.push(slot);
        self.working -= 1;
    }

    /// Drops the entries of removed work from the head.
    fn trim(&mut self) {
        while let Some(Reverse(head)) = self.ends.peek()
            && !is_current(&self.slots, head)
        {
            self.ends.pop();
        }
    }

    /// Entries in the heap, stale ones included; what a test of the bound looks at.
    #[cfg(test)]
    pub(super) fn entry_count(&self) -> usize {
        self.ends.len()
    }
}

fn is_current(slots: &[Slot], entry: &Entry) -> bool {
    slots[entry.slot as usize].holder == Some(entry.order)
}
