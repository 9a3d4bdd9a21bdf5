//! How often a key was asked for lately, about: four counters of four bits for each key that may be kept, shared by all keys.
//!
//! A count-min sketch (Cormode, Muthukrishnan, J. Algorithms 55(1), 2005): a key increments one counter in each of four rows, and the smallest of the four is the estimate, never
//! below the truth within a period. After a period of ten times as many counted accesses as keys may be kept, all counters are halved: old popularity fades (the reset of `TinyLFU`). As in
//! Caffeine's `FrequencySketch.java`, the four counters of a key are within 64 bytes, a line of the processor's cache.

use crate::kernel::random::finalise;

/// Rows, so counters of a key.
const ROWS: usize = 4;

/// Words of 16 counters in a block; a quarter of them is a row's.
const WORDS: usize = 8;

/// The most that four bits can count.
const COUNT_MAX: u64 = 15;

/// The period, in counted accesses per key that may be kept (Caffeine: `sampleSize`).
const PERIOD: u64 = 10;

/// The lowest bit of each counter in a word, and all but the highest.
const ONES: u64 = 0x1111_1111_1111_1111;
const HALVES: u64 = 0x7777_7777_7777_7777;

/// Estimates of popularity; counts nothing until it has a size.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Sketch {
    words: Vec<u64>,
    counted: u64,
    period: u64,
}

impl Sketch {
    /// Whether this many keys have counters enough.
    #[inline]
    pub(super) fn suits(&self, keys: u64) -> bool {
        !self.words.is_empty() && keys <= self.words.len() as u64
    }

    /// Makes room for so many keys and forgets all counts.
    pub(super) fn resize(&mut self, keys: u64) {
        let words = usize::try_from(keys).ok().and_then(usize::checked_next_power_of_two);
        let words = words.expect("invariant: keys are 32 bits").max(WORDS);
        self.words.clear();
        self.words.resize(words, 0);
        self.counted = 0;
        self.period = PERIOD * keys.max(1);
    }

    /// Counts an access.
    #[inline]
    pub(super) fn count(&mut self, key: u32) {
        if self.words.is_empty() {
            return;
        }
        let mut added = false;
        for row in 0..ROWS {
            let (word, shift) = self.counter(key, row);
            let word = &mut self.words[word];
            if (*word >> shift) & COUNT_MAX < COUNT_MAX {
                *word += 1 << shift;
                added = true;
            }
        }
        // An access that changes nothing says nothing about the age of the counts.
        self.counted += u64::from(added);
        if self.counted == self.period && added {
            self.halve();
        }
    }

    /// About how often a key was asked for, at most 15.
    #[inline]
    pub(super) fn estimate(&self, key: u32) -> u64 {
        if self.words.is_empty() {
            return 0;
        }
        let count = |row| {
            let (word, shift) = self.counter(key, row);
            (self.words[word] >> shift) & COUNT_MAX
        };
        (0..ROWS).map(count).fold(COUNT_MAX, u64::min)
    }

    /// The word and the shift of a key's counter: the block from the low half of the hash, and five bits of the high half for each row.
    #[inline]
    fn counter(&self, key: u32, row: usize) -> (usize, u32) {
        let hash = finalise(u64::from(key));
        let block = hash as usize & (self.words.len() / WORDS - 1);
        let within = (hash >> (32 + 8 * row)) as usize;
        let word = block * WORDS + row * 2 + (within & 1);
        (word, ((within >> 1) as u32 & 15) * 4)
    }

    /// Each odd counter loses half a count, so a quarter of their number is what an average row loses.
    fn halve(&mut self) {
        let mut odd = 0;
        for word in &mut self.words {
            odd += u64::from((*word & ONES).count_ones());
            *word = (*word >> 1) & HALVES;
        }
        self.counted = (self.counted - odd / ROWS as u64) / 2;
    }
}
