//! A bounded waiting line from which anything can be removed.

use std::collections::VecDeque;

use super::{Order, QueueSettings, WhenFull};
use crate::quantity::Limit;

/// Holes that a queue may have beyond one for each waiting item before it is packed.
const HOLES_TOLERATED: usize = 32;

/// A queue; `T` is what waits (an index, small and `Copy`).
///
/// Removal leaves a hole. The first and the last slot are never holes, and holes never outnumber what waits by more than a constant, so memory is
/// proportional to what waits, and `push`, `pop` and `remove` take constant time on average (`remove` after a hole was closed: a binary search).
#[derive(Clone, Debug)]
pub struct Queue<T> {
    settings: QueueSettings,
    /// In the order of arrival, so with rising tickets.
    slots: VecDeque<Slot<T>>,
    waiting: usize,
    next_ticket: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot<T> {
    ticket: u64,
    item: Option<T>,
}

/// Names one item that was put into a queue, for ever: the ticket of an item that has left names nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ticket(u64);

/// The queue has no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl<T: Copy> Queue<T> {
    /// An empty queue.
    pub fn new(settings: QueueSettings) -> Self {
        Self { settings, slots: VecDeque::new(), waiting: 0, next_ticket: 0 }
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Whether a `push` would fail now.
    pub fn is_full(&self) -> bool {
        self.settings.capacity.limited().is_some_and(|capacity| self.waiting >= capacity as usize)
    }

    /// What happens to an item that finds the queue full; the queue itself only says [`Full`].
    pub fn when_full(&self) -> WhenFull {
        self.settings.when_full
    }

    /// Puts an item at the end of the line.
    ///
    /// # Errors
    ///
    /// [`Full`] if as many items wait as the capacity allows, or more (after it was reduced).
    pub fn push(&mut self, item: T) -> Result<Ticket, Full> {
        if self.is_full() {
            return Err(Full);
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.slots.push_back(Slot { ticket, item: Some(item) });
        self.waiting += 1;
        Ok(Ticket(ticket))
    }

    /// Takes out who is next.
    pub fn pop(&mut self) -> Option<T> {
        let slot = match self.settings.order {
            Order::Fifo => self.slots.pop_front(),
            Order::Lifo => self.slots.pop_back(),
        }?;
        self.waiting -= 1;
        self.trim();
        debug_assert!(slot.item.is_some(), "the slots at both ends are not holes");
        slot.item
    }

    /// Takes out the item with this ticket; false if it has left already.
    pub fn remove(&mut self, ticket: Ticket) -> bool {
        let Some(position) = self.position(ticket) else { return false };
        if self.slots[position].item.take().is_none() {
            return false;
        }
        self.waiting -= 1;
        self.trim();
        if self.slots.len() > 2 * self.waiting + HOLES_TOLERATED {
            self.slots.retain(|slot| slot.item.is_some());
        }
        true
    }

    /// Takes new settings; what waits keeps waiting, and a smaller capacity is reached as it leaves.
    pub fn reconfigure(&mut self, settings: QueueSettings) {
        self.settings = settings;
    }

    /// Changes the capacity alone; what waits keeps waiting.
    pub fn set_capacity(&mut self, capacity: Limit<u32>) {
        self.settings.capacity = capacity;
    }

    /// Empties the queue; the items come in the order of their arrival, whatever the order of service.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + '_ {
        self.waiting = 0;
        self.slots.drain(..).filter_map(|slot| slot.item)
    }

    /// Empties the queue.
    pub fn clear(&mut self) {
        self.waiting = 0;
        self.slots.clear();
    }

    /// Where the slot with this ticket is. Tickets rise by at least one from slot to slot, so it is at most as far from the front as the tickets
    /// are apart, and exactly so as long as no slot between them was closed.
    fn position(&self, ticket: Ticket) -> Option<usize> {
        let first = self.slots.front()?.ticket;
        let farthest = usize::try_from(ticket.0.checked_sub(first)?).ok()?;
        if self.slots.get(farthest).is_some_and(|slot| slot.ticket == ticket.0) {
            return Some(farthest);
        }
        self.slots.binary_search_by_key(&ticket.0, |slot| slot.ticket).ok()
    }

    fn trim(&mut self) {
        while self.slots.front().is_some_and(|slot| slot.item.is_none()) {
            self.slots.pop_front();
        }
        while self.slots.back().is_some_and(|slot| slot.item.is_none()) {
            self.slots.pop_back();
        }
    }

    /// Slots in use, holes included; what a test of the bound looks at.
    #[cfg(test)]
    pub(super) fn slot_count(&self) -> usize {
        self.slots.len()
    }
}
