//! The general list: a radix heap with a sorted ready list in front.
//!
//! Time only moves forward, so entries can be kept in buckets by the highest bit in which their time differs from a
//! reference that moves with it (Ahuja, Mehlhorn, Orlin, Tarjan, J. ACM 1990). A bucket that is small enough is sorted at once
//! into the *near* list instead of being split bit by bit; while little is pending everything is near, and the list is a
//! sorted vector, which nothing beats at that size. What would make the near list long goes to a binary heap beside it, so no pattern of times costs more than O(log n).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{EMPTY, Entry, Key};

/// Buckets up to this size are sorted rather than split; the near list never grows beyond it.
const NEAR: usize = 64;
/// A crowd smaller than this is left as it is.
const CROWD: usize = 1024;

#[derive(Clone, Debug)]
pub(super) struct List<E> {
    /// Bucket i > 0 holds entries whose time differs from `reference` in bit i - 1 and in none above.
    buckets: Vec<Vec<Entry<E>>>,
    /// Bit i is set if bucket i is not empty.
    occupied: u128,
    reference: u64,
    /// In descending order; with `crowd` it holds everything before `near_end`.
    near: Vec<Entry<E>>,
    crowd: BinaryHeap<Reverse<ByKey<E>>>,
    near_end: u64,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct ByKey<E>(Entry<E>);

impl<E> PartialEq for ByKey<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl<E> Eq for ByKey<E> {}

impl<E> PartialOrd for ByKey<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for ByKey<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.key().cmp(&other.0.key())
    }
}

impl<E: Copy> List<E> {
    pub(super) fn new() -> Self {
        Self {
            buckets: (0..=64).map(|_| Vec::new()).collect(),
            occupied: 0,
            reference: 0,
            near: Vec::with_capacity(NEAR),
            crowd: BinaryHeap::new(),
            near_end: 0,
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The key of the first entry.
    #[inline]
    pub(super) fn head(&self) -> Key {
        let near = self.near.last().map_or(EMPTY, Entry::key);
        match self.crowd.peek() {
            None => near,
            Some(Reverse(ByKey(entry))) => near.min(entry.key()),
        }
    }

    /// Adds an entry.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry<E>) {
        self.len += 1;
        let key = entry.key();
        if entry.time >= self.near_end {
            self.put(entry);
            if self.near.is_empty() && self.crowd.is_empty() {
                self.refill();
            }
            return;
        }
        if self.near.len() < NEAR {
            let mut at = self.near.len();
            self.near.push(entry);
            while at > 0 && self.near[at - 1].key() < key {
                self.near[at] = self.near[at - 1];
                at -= 1;
            }
            self.near[at] = entry;
        } else {
            self.push_to_crowd(entry);
        }
    }

    #[inline(never)]
    fn push_to_crowd(&mut self, entry: Entry<E>) {
        self.crowd.push(Reverse(ByKey(entry)));
        if self.crowd.len() > CROWD && self.crowd.len() * 2 > self.len {
            self.retain(|_| true);
        }
    }

    /// Takes the first entry. The list must not be empty.
    #[inline]
    pub(super) fn pop(&mut self) -> Entry<E> {
        self.len -= 1;
        let entry = if self.crowd.is_empty() { self.near.pop() } else { self.pop_beside_crowd() };
        if self.near.is_empty() && self.crowd.is_empty() {
            self.refill();
        }
        entry.expect("invariant: the list is not empty")
    }

    #[inline(never)]
    fn pop_beside_crowd(&mut self) -> Option<Entry<E>> {
        let near = self.near.last().map_or(EMPTY, Entry::key);
        let from_crowd = self.crowd.peek().is_some_and(|Reverse(ByKey(entry))| entry.key() < near);
        if from_crowd { self.crowd.pop().map(|Reverse(ByKey(entry))| entry) } else { self.near.pop() }
    }

    /// Keeps what `keep` says, and spreads it afresh from the earliest entry on.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Entry<E>) -> bool) {
        let mut kept: Vec<Entry<E>> = std::mem::take(&mut self.near);
        kept.extend(std::mem::take(&mut self.crowd).into_iter().map(|Reverse(ByKey(entry))| entry));
        for bucket in &mut self.buckets {
            kept.append(bucket);
        }
        kept.retain(|entry| keep(entry));
        self.occupied = 0;
        self.len = kept.len();
        let Some(first) = kept.iter().map(|entry| entry.time).min() else {
            return;
        };
        // No entry may come before the reference; pushes between the old end of the near list and it go to the near list.
        self.reference = first;
        self.near_end = first;
        for entry in kept {
            self.put(entry);
        }
        self.refill();
    }

    #[inline]
    fn put(&mut self, entry: Entry<E>) {
        debug_assert!(entry.time >= self.reference);
        let bucket = 64 - (entry.time ^ self.reference).leading_zeros() as usize;
        self.buckets[bucket].push(entry);
        self.occupied |= 1 << bucket;
    }

    /// Moves the earliest bucket into the near list, splitting it as often as needed.
    #[inline(never)]
    fn refill(&mut self) {
        while self.occupied != 0 {
            let index = self.occupied.trailing_zeros() as usize;
            self.occupied &= !(1 << index);
            // Entries of buckets 0 and 1 share one instant: there is nothing to split.
            if index <= 1 || self.buckets[index].len() <= NEAR {
                self.open(index);
                return;
            }
            let mut split = std::mem::take(&mut self.buckets[index]);
            self.reference =
                split.iter().map(|entry| entry.time).min().expect("invariant: the bucket is not empty");
            for entry in split.drain(..) {
                self.put(entry);
            }
            self.buckets[index] = split;
        }
    }

    fn open(&mut self, index: usize) {
        let first = self.buckets[index][0].time;
        std::mem::swap(&mut self.near, &mut self.buckets[index]);
        self.near.sort_unstable_by_key(|entry| Reverse(entry.key()));
        // Bucket i spans the times that share all bits above i - 1 with one another.
        let width = index.saturating_sub(1) as u32;
        let last = first | ((1_u64 << width) - 1);
        self.reference = last;
        self.near_end = last.saturating_add(1);
    }
}
