//! Who is first among the heads of registers and lanes.

use super::{EMPTY, Key};

/// A winner tree over a fixed number of leaves: reading the winner is O(1), changing a leaf O(log n).
#[derive(Clone, Debug)]
pub(super) struct Tournament {
    /// The keys of the leaves, and one that stays empty for the places in the tree that are left over.
    keys: Vec<Key>,
    /// `winners[1]` is the leaf that wins everything; the children of node i are 2i and 2i + 1.
    winners: Vec<u32>,
    /// The node of the first leaf.
    lowest: usize,
}

impl Tournament {
    pub(super) fn new(leaves: usize) -> Self {
        let lowest = leaves.next_power_of_two();
        let nobody = leaves as u32;
        let mut winners = vec![nobody; 2 * lowest];
        for leaf in 0..leaves {
            winners[lowest + leaf] = leaf as u32;
        }
        let mut tournament = Self { keys: vec![EMPTY; leaves + 1], winners, lowest };
        for leaf in 0..leaves {
            tournament.set(leaf, EMPTY);
        }
        tournament
    }

    #[inline]
    pub(super) fn set(&mut self, leaf: usize, key: Key) {
        self.keys[leaf] = key;
        let mut node = self.lowest + leaf;
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
