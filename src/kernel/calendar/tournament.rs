//! Who is first among the heads of registers, lanes and the general list.

use super::{EMPTY, Key};

/// A winner tree over a fixed number of leaves: reading the winner is O(1), changing a leaf O(log n).
#[derive(Clone, Debug)]
pub(super) struct Tournament {
    /// The keys of the leaves, padded to a power of two.
    keys: Vec<Key>,
    /// `winners[1]` is the leaf that wins everything; the children of node i are 2i and 2i + 1, leaf j is node `keys.len() + j`.
    winners: Vec<u32>,
}

impl Tournament {
    pub(super) fn new(leaves: usize) -> Self {
        let size = leaves.next_power_of_two().max(2);
        let mut winners = vec![0; size * 2];
        for leaf in 0..size {
            winners[size + leaf] = leaf as u32;
        }
        for node in (1..size).rev() {
            winners[node] = winners[node * 2];
        }
        Self { keys: vec![EMPTY; size], winners }
    }

    #[inline]
    pub(super) fn set(&mut self, leaf: usize, key: Key) {
        self.keys[leaf] = key;
        let mut node = (self.keys.len() + leaf) >> 1;
        while node > 0 {
            let (left, right) = (self.winners[node * 2], self.winners[node * 2 + 1]);
            let right_wins = self.keys[right as usize] < self.keys[left as usize];
            // Who wins is as good as random: a branch on it would be mispredicted every other time.
            self.winners[node] = std::hint::select_unpredictable(right_wins, right, left);
            node /= 2;
        }
    }

    /// The first leaf and its key.
    #[inline]
    pub(super) fn winner(&self) -> (usize, Key) {
        let leaf = self.winners[1] as usize;
        (leaf, self.keys[leaf])
    }
}
