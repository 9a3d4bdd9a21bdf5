//! A list from which items leave at either end, or anywhere.

use std::collections::VecDeque;

/// Holes that a line may have beyond one for each waiting item before it is packed.
const HOLES_TOLERATED: usize = 32;

/// A line; items have numbers that rise from front to back.
///
/// Removal leaves a hole. The first and the last slot are never holes, and holes never outnumber what waits by more than a constant, so memory is
/// proportional to what waits, and everything takes constant time on average (`remove` after a hole was closed: a binary search).
#[derive(Clone, Debug)]
pub(super) struct Line<T> {
    slots: VecDeque<Slot<T>>,
    waiting: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot<T> {
    number: u64,
    item: Option<T>,
}

impl<T: Copy> Line<T> {
    pub(super) const fn new() -> Self {
        Self { slots: VecDeque::new(), waiting: 0 }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Puts an item at the back; `number` is above all others.
    pub(super) fn push_back(&mut self, number: u64, item: T) {
        self.slots.push_back(Slot { number, item: Some(item) });
        self.waiting += 1;
    }

    /// Puts an item at the front; `number` is below all others.
    pub(super) fn push_front(&mut self, number: u64, item: T) {
        self.slots.push_front(Slot { number, item: Some(item) });
        self.waiting += 1;
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        let slot = self.slots.pop_front()?;
        self.left(slot.item)
    }

    pub(super) fn pop_back(&mut self) -> Option<T> {
        let slot = self.slots.pop_back()?;
        self.left(slot.item)
    }

    /// Takes out any item, each with the same probability; `pick` says a uniform number below the one it is given. It is asked again where it hits a hole: less than
    /// three times on average, but for a few items.
    pub(super) fn pop_any(&mut self, mut pick: impl FnMut(u64) -> u64) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        loop {
            let position = pick(self.slots.len() as u64) as usize;
            if let Some(item) = self.slots[position].item.take() {
                self.pack();
                return self.left(Some(item));
            }
        }
    }

    /// Takes out the item with this number; false if it is not here.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        let Some(position) = self.position(number) else { return false };
        let item = self.slots[position].item.take();
        if item.is_none() {
            return false;
        }
        self.pack();
        self.left(item);
        true
    }

    fn left(&mut self, item: Option<T>) -> Option<T> {
        self.waiting -= 1;
        self.trim();
        debug_assert!(item.is_some(), "the slots at both ends are not holes");
        item
    }

    /// Closes the holes if there are too many; one item is about to leave.
    fn pack(&mut self) {
        if self.slots.len() > 2 * self.waiting + HOLES_TOLERATED {
            self.slots.retain(|slot| slot.item.is_some());
        }
    }

    /// Where the slot with this number is. Numbers rise by at least one from slot to slot, so it is at most as far from the front as the numbers
    /// are apart, and exactly so as long as they are without gaps.
    fn position(&self, number: u64) -> Option<usize> {
        let first = self.slots.front()?.number;
        let farthest = usize::try_from(number.checked_sub(first)?).ok()?;
        if self.slots.get(farthest).is_some_and(|slot| slot.number == number) {
            return Some(farthest);
        }
        self.slots.binary_search_by_key(&number, |slot| slot.number).ok()
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
