//! A bounded waiting line from which anything can be removed.

use super::line::Line;
use super::{Order, QueueRules};
use crate::kernel::Time;
use crate::mechanism::Priority;
use crate::quantity::Limit;

/// Numbers begin here, so that there is room below for those who go back to the front.
const FIRST_NUMBER: u64 = 1 << 40;

/// A queue; `T` is what waits (an index, small and `Copy`).
#[derive(Clone, Debug)]
pub struct Queue<T> {
    waiting: usize,
    rules: QueueRules,
    /// One per priority; without an order by priority all wait in the first.
    lines: [Line<T>; Priority::COUNT],
    next_back: u64,
    next_front: u64,
    /// Since when something waits, if something does.
    waiting_since: Time,
}

/// Names one item that was put into a queue, for ever: the ticket of an item that has left names nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ticket {
    /// With the line in the two lowest bits.
    number: u64,
}

/// The queue has no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl<T: Copy> Queue<T> {
    /// An empty queue.
    pub fn new(rules: QueueRules) -> Self {
        Self {
            waiting: 0,
            rules,
            lines: [const { Line::new() }; Priority::COUNT],
            next_back: FIRST_NUMBER,
            next_front: FIRST_NUMBER - 1,
            waiting_since: Time::ZERO,
        }
    }

    /// How many items wait.
    pub const fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits.
    pub const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Whether a `push` would fail now.
    pub fn is_full(&self) -> bool {
        self.rules.capacity.limited().is_some_and(|capacity| self.waiting >= capacity as usize)
    }

    /// Puts an item at the end of the line.
    ///
    /// # Errors
    ///
    /// [`Full`] if as many items wait as the capacity allows, or more (after it was reduced).
    #[inline]
    pub fn push(&mut self, now: Time, priority: Priority, item: T) -> Result<Ticket, Full> {
        if self.is_full() {
            return Err(Full);
        }
        let line = self.line_of(priority);
        let number = self.next_back;
        self.next_back += 1;
        self.lines[line].push_back(number, item);
        Ok(self.entered(now, number, line))
    }

    /// Puts an item back at the front of those of its priority: it was in service already. The capacity does not count for it.
    pub fn push_front(&mut self, now: Time, priority: Priority, item: T) -> Ticket {
        let line = self.line_of(priority);
        let number = self.next_front;
        self.next_front -= 1;
        self.lines[line].push_front(number, item);
        self.entered(now, number, line)
    }

    #[inline]
    fn entered(&mut self, now: Time, number: u64, line: usize) -> Ticket {
        if self.waiting == 0 {
            self.waiting_since = now;
        }
        self.waiting += 1;
        Ticket { number: number << 2 | line as u64 }
    }

    fn line_of(&self, priority: Priority) -> usize {
        match self.rules.order {
            Order::Priority => priority.level() as usize,
            Order::Fifo | Order::Lifo | Order::AdaptiveLifo | Order::Random => 0,
        }
    }

    /// Takes out who is next. `pick` says a uniform number below the one it is given; only a random order asks.
    #[inline]
    pub fn pop(&mut self, now: Time, pick: impl FnMut(u64) -> u64) -> Option<T> {
        if self.waiting == 0 {
            return None;
        }
        // Without an order by priority more than one line is in use only if there was one before.
        let Self { rules, lines, waiting_since, .. } = self;
        let line = lines.iter_mut().find(|line| !line.is_empty())?;
        let item = match rules.order {
            Order::Lifo => line.pop_back(),
            Order::AdaptiveLifo if now.since(*waiting_since) >= rules.congested_after => line.pop_back(),
            Order::Fifo | Order::Priority | Order::AdaptiveLifo => line.pop_front(),
            Order::Random => line.pop_any(pick),
        };
        self.waiting -= usize::from(item.is_some());
        item
    }

    /// Takes out the item with this ticket; false if it has left already.
    pub fn remove(&mut self, ticket: Ticket) -> bool {
        let was_there = self.lines[(ticket.number & 3) as usize].remove(ticket.number >> 2);
        self.waiting -= usize::from(was_there);
        was_there
    }

    /// Takes new rules; what waits keeps waiting where it is, and a smaller capacity is reached as it leaves.
    pub fn reconfigure(&mut self, rules: QueueRules) {
        self.rules = rules;
    }

    /// Changes the capacity alone; what waits keeps waiting.
    pub fn set_capacity(&mut self, capacity: Limit<u32>) {
        self.rules.capacity = capacity;
    }

    /// Slots in use, holes included; what a test of the bound looks at.
    #[cfg(test)]
    pub(super) fn slot_count(&self) -> usize {
        self.lines.iter().map(Line::slot_count).sum()
    }
}
