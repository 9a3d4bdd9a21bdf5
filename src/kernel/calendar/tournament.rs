//! Who is first among the heads of registers, lanes and the general list.

use super::{EMPTY, Key};

/// A winner tree over a fixed number of leaves: reading the winner is O(1), changing a leaf O(log n).
///
/// The last leaf stands alone against the winner of all others: changing it costs one match, however many there are. In a large system most events come from
/// the general list, and there are as many registers as sources.
#[derive(Clone, Debug)]
pub(super) struct Tournament {
    /// The keys of the leaves, and one that stays empty for the places in the tree that are left over.
    keys: Vec<Key>,
    /// `winners[1]` is the leaf that wins everything; the children of node i are 2i and 2i + 1. The last leaf is node 3; those before it are the lowest nodes below node 2.
    winners: Vec<u32>,
    /// The last leaf.
    last: usize,
    /// The node of the first leaf.
    lowest: usize,
}

/// The node of the last leaf.
const LAST: usize = 3;

impl Tournament {
    pub(super) fn new(leaves: usize) -> Self {
        let last = leaves - 1;
        let width = last.next_power_of_two();
        let lowest = 2 * width;
        let nobody = leaves as u32;
        let mut winners = vec![nobody; (lowest + width).max(LAST + 1)];
        for leaf in 0..last {
            winners[lowest + leaf] = leaf as u32;
        }
        winners[LAST] = last as u32;
        Self { keys: vec![EMPTY; leaves + 1], winners, last, lowest }
    }

    #[inline]
    pub(super) fn set(&mut self, leaf: usize, key: Key) {
        self.keys[leaf] = key;
        let mut node = if leaf == self.last { LAST } else { self.lowest + leaf };
        while node > 1 {
            node /= 2;
            let (left, right) = (self.winners[node * 2], self.winners[node * 2 + 1]);
            let right_wins = self.keys[right as usize] < self.keys[left as usize];
            // Who wins is as good as random: a branch on it would be mispredicted every other time.
            self.winners[node] = std::hint::select_unpredictable(right_wins, right, left);
        }
    }

    /// The first leaf and its key.
    #[inline]
    pub(super) fn winner(&self) -> (usize, Key) {
        let leaf = self.winners[1] as usize;
        (leaf, self.keys[leaf])
    }
}
