//! The calendar: everything that will happen, in a total order.
//!
//! The order is (time, [`Rank`], order of scheduling), so ties never depend on the data structure. Most future events belong to
//! one of two kinds that need no general structure: the next arrival of each source (a *register*), and timers of one
//! constant delay, which expire in the order in which they were set (a *lane*: a plain queue). Only the rest goes to a general
//! list. The heads of registers and lanes compete in a tournament tree, and its winner with the head of the list.
//!
//! Whoever schedules gets a [`Ticket`]. Cancelling is forgetting the ticket: an entry whose ticket nobody holds any more is dropped at the head of its
//! lane, skipped when its time comes, or swept out when such entries become the majority, so cancelled timers never make the calendar grow.

mod list;
mod tournament;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use self::list::List;
use self::tournament::Tournament;
use super::time::{Duration, Time};

/// What goes first among events of one instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Rank {
    /// Work or sleep ends, or a reply reaches its caller.
    Completion,
    /// Timeouts, backoff, expiry.
    Timer,
    /// A request reaches an instance or enters the world.
    Arrival,
    /// Periodic controllers.
    Controller,
    /// Changes and their ends.
    Change,
}

/// Names one scheduled event. Tickets are never reused, and later ones are larger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Ticket(u64);

impl Ticket {
    /// Names no event.
    pub const NONE: Self = Self(0);

    /// Whether this is [`Ticket::NONE`].
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Names a lane of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LaneId(u32);

impl LaneId {
    /// The lane at this position of the list given to [`Calendar::new`].
    pub const fn new(index: u32) -> Self {
        Self(index)
    }
}

/// The order of an event: time, then rank and sequence in one number.
pub(super) type Key = u128;

const RANK_SHIFT: u32 = 61;

/// One scheduled event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<E> {
    time: u64,
    /// Rank in the top bits, ticket below.
    order: u64,
    event: E,
}

impl<E> Entry<E> {
    #[inline]
    pub(super) fn key(&self) -> Key {
        u128::from(self.time) << 64 | u128::from(self.order)
    }

    #[inline]
    fn ticket(&self) -> Ticket {
        Ticket(self.order & ((1 << RANK_SHIFT) - 1))
    }
}

/// An event whose time has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due<E> {
    /// When.
    pub time: Time,
    /// The ticket under which it was scheduled.
    pub ticket: Ticket,
    /// What.
    pub event: E,
}

#[derive(Clone, Debug)]
struct Lane<E> {
    delay: Duration,
    rank: Rank,
    waiting: VecDeque<Entry<E>>,
}

/// Everything that will happen.
#[derive(Clone, Debug)]
pub struct Calendar<E> {
    tickets: u64,
    registers: Vec<Entry<E>>,
    lanes: Vec<Lane<E>>,
    list: List<E>,
    heads: Tournament,
    /// The register or lane from which the last event was taken: what its head is now is told to the tournament before the next one is taken,
    /// and not twice if the event itself puts something there. [`CLEAN`]: none.
    taken_from: usize,
    pending: usize,
    cancelled: usize,
}

/// The key of an empty register, lane or list: after everything.
const EMPTY: Key = Key::MAX;

/// No register, and no lane.
const CLEAN: usize = usize::MAX;

impl<E: Copy> Calendar<E> {
    /// A calendar with so many registers, and a lane for each of these delays and ranks. `idle` fills empty registers and is never seen.
    pub fn new(registers: usize, lanes: &[(Duration, Rank)], idle: E) -> Self {
        let empty = Entry { time: u64::MAX, order: u64::MAX, event: idle };
        let lane = |&(delay, rank): &(Duration, Rank)| Lane { delay, rank, waiting: VecDeque::new() };
        Self {
            tickets: 0,
            registers: vec![empty; registers],
            lanes: lanes.iter().map(lane).collect(),
            list: List::new(),
            heads: Tournament::new(registers + lanes.len()),
            taken_from: CLEAN,
            pending: 0,
            cancelled: 0,
        }
    }

    /// A ticket for something that does not go through the calendar.
    #[inline]
    pub fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        debug_assert!(self.tickets < 1 << RANK_SHIFT);
        Ticket(self.tickets)
    }

    #[inline]
    fn entry(&mut self, time: Time, rank: Rank, event: E) -> Entry<E> {
        let Ticket(ticket) = self.ticket();
        Entry { time: time.as_ns(), order: (rank as u64) << RANK_SHIFT | ticket, event }
    }

    /// Sets the next event of a register, which must be empty.
    #[inline]
    pub fn set_register(&mut self, register: usize, time: Time, rank: Rank, event: E) -> Ticket {
        let entry = self.entry(time, rank, event);
        debug_assert!(self.registers[register].order == u64::MAX, "the register is empty");
        self.registers[register] = entry;
        self.head_changed(register, entry.key());
        entry.ticket()
    }

    /// Schedules an event after the constant delay of a lane.
    #[inline]
    pub fn schedule_in_lane(&mut self, now: Time, lane: LaneId, event: E) -> Ticket {
        let index = lane.0 as usize;
        let (delay, rank) = (self.lanes[index].delay, self.lanes[index].rank);
        let entry = self.entry(now + delay, rank, event);
        let waiting = &mut self.lanes[index].waiting;
        debug_assert!(waiting.back().is_none_or(|last| last.key() < entry.key()), "a lane is in order");
        waiting.push_back(entry);
        if waiting.len() == 1 {
            self.head_changed(self.registers.len() + index, entry.key());
        }
        self.pending += 1;
        entry.ticket()
    }

    /// Schedules an event at any time that is not in the past.
    #[inline]
    pub fn schedule(&mut self, time: Time, rank: Rank, event: E) -> Ticket {
        let entry = self.entry(time, rank, event);
        self.list.push(entry);
        self.pending += 1;
        entry.ticket()
    }

    /// Schedules an event under a ticket that was drawn earlier and names nothing that is scheduled: among events of its instant and rank it comes
    /// as if it had been scheduled then.
    pub fn schedule_as(&mut self, ticket: Ticket, time: Time, rank: Rank, event: E) {
        self.list.push(Entry { time: time.as_ns(), order: (rank as u64) << RANK_SHIFT | ticket.0, event });
        self.pending += 1;
    }

    /// Takes back an event that was scheduled for any time, if it is still to come.
    pub fn withdraw(&mut self, ticket: Ticket) {
        let before = self.list.len();
        self.list.retain(|entry| entry.ticket() != ticket);
        self.pending -= before - self.list.len();
    }

    /// Sets the next event of a register, whatever is in it, under a ticket that was drawn earlier; `None` empties it.
    pub fn reset_register(&mut self, register: usize, ticket: Ticket, next: Option<(Time, Rank, E)>) {
        let entry = &mut self.registers[register];
        (entry.time, entry.order) = (u64::MAX, u64::MAX);
        if let Some((time, rank, event)) = next {
            *entry = Entry { time: time.as_ns(), order: (rank as u64) << RANK_SHIFT | ticket.0, event };
        }
        self.heads.set(register, self.head(register));
    }

    /// Notes that nobody holds the ticket of one scheduled event any more. Says whether it is time to [`Calendar::sweep`].
    #[inline]
    pub fn note_cancelled(&mut self) -> bool {
        self.cancelled += 1;
        self.cancelled > 1024 && self.cancelled * 2 > self.pending
    }

    /// Notes that an event that was popped turned out to be cancelled.
    #[inline]
    pub fn note_skipped(&mut self) {
        self.cancelled = self.cancelled.saturating_sub(1);
    }

    /// Removes the cancelled events.
    pub fn sweep(&mut self, mut is_live: impl FnMut(E, Ticket) -> bool) {
        for lane in &mut self.lanes {
            lane.waiting.retain(|entry| is_live(entry.event, entry.ticket()));
            lane.waiting.shrink_to(lane.waiting.len() * 2);
        }
        self.list.retain(|entry| is_live(entry.event, entry.ticket()));
        self.cancelled = 0;
        self.pending = self.lanes.iter().map(|lane| lane.waiting.len()).sum::<usize>() + self.list.len();
        for leaf in self.registers.len()..self.registers.len() + self.lanes.len() {
            self.heads.set(leaf, self.head(leaf));
        }
        // Registers are as they were: one from which the last event was taken is still to be told.
        if self.taken_from >= self.registers.len() {
            self.taken_from = CLEAN;
        }
    }

    /// Takes the next event if it is before `end`. Timers at the head of a lane of which `is_live` says no are dropped on the way; elsewhere
    /// cancelled events come up like others.
    #[inline]
    pub fn pop_before(&mut self, end: Time, is_live: impl Fn(E, Ticket) -> bool) -> Option<Due<E>> {
        self.settle(is_live);
        let (leaf, key) = self.heads.winner();
        let of_list = self.list.head();
        let entry = if of_list < key {
            if (of_list >> 64) as u64 >= end.as_ns() {
                return None;
            }
            self.pending -= 1;
            self.list.pop()
        } else {
            if (key >> 64) as u64 >= end.as_ns() {
                return None;
            }
            self.taken_from = leaf;
            if let Some(register) = self.registers.get_mut(leaf) {
                let entry = *register;
                (register.time, register.order) = (u64::MAX, u64::MAX);
                entry
            } else {
                self.pending -= 1;
                let lane = &mut self.lanes[leaf - self.registers.len()];
                lane.waiting.pop_front().expect("invariant: the head of a lane is in it")
            }
        };
        Some(Due { time: Time::from_ns(entry.time), ticket: entry.ticket(), event: entry.event })
    }

    /// Tells the tournament what has become of where the last event was taken from.
    #[inline]
    fn settle(&mut self, is_live: impl Fn(E, Ticket) -> bool) {
        let leaf = self.taken_from;
        if leaf == CLEAN {
            return;
        }
        self.taken_from = CLEAN;
        if let Some(index) = leaf.checked_sub(self.registers.len()) {
            let lane = &mut self.lanes[index];
            while lane.waiting.front().is_some_and(|entry| !is_live(entry.event, entry.ticket())) {
                lane.waiting.pop_front();
                self.pending -= 1;
                self.cancelled = self.cancelled.saturating_sub(1);
            }
        }
        self.heads.set(leaf, self.head(leaf));
    }

    #[inline]
    fn head_changed(&mut self, leaf: usize, key: Key) {
        if leaf != self.taken_from {
            self.heads.set(leaf, key);
        }
    }

    /// The key of the head of a register or lane.
    #[inline]
    fn head(&self, leaf: usize) -> Key {
        match self.registers.get(leaf) {
            Some(register) => register.key(),
            None => self.lanes[leaf - self.registers.len()].waiting.front().map_or(EMPTY, Entry::key),
        }
    }

    /// How many events are scheduled outside of registers, cancelled ones that were not swept yet included.
    pub fn len(&self) -> usize {
        self.pending
    }

    /// Whether nothing is scheduled outside of registers.
    pub fn is_empty(&self) -> bool {
        self.pending == 0
    }
}
