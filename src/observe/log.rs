//! Everything that happened, as far as two runs need it to be compared: a running hash, its value now and then, and what happened in one window.

use std::fmt::{self, Write as _};
use std::ops::Range;

use super::happening::{Happening, Observer};
use crate::kernel::Time;

/// So many values of the hash are kept at most; when there are more, every second one is dropped.
const MARKS_MAX: usize = 4096;
/// The first distance between two of them, in entries.
const STRIDE: u64 = 64;

/// One entry of the log.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Entry {
    /// Something happened.
    Happened(Time, Happening),
    /// An interval ended.
    IntervalEnded(Time),
}

impl Entry {
    /// When it happened.
    pub const fn at(self) -> Time {
        match self {
            Self::Happened(at, _) | Self::IntervalEnded(at) => at,
        }
    }
}

/// An observer that hashes all it is told. Its memory is bounded: a few thousand hashes, and the entries of the window.
#[derive(Clone, PartialEq, Debug)]
pub struct EventLog {
    hash: Hash,
    count: u64,
    stride: u64,
    /// The hash after `stride`, `2 * stride`, … entries.
    marks: Vec<u64>,
    window: Range<u64>,
    entries: Vec<Entry>,
}

impl EventLog {
    /// An empty log that keeps the entries whose positions, counted from 0, are in the window.
    pub fn new(window: Range<u64>) -> Self {
        Self { hash: Hash::new(), count: 0, stride: STRIDE, marks: Vec::new(), window, entries: Vec::new() }
    }

    /// How many entries there were.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The hash over all entries.
    pub const fn hash(&self) -> u64 {
        self.hash.0
    }

    /// The entries of the window.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A stretch of positions in which this log and another begin to differ; `None` if they are the same.
    pub fn difference(&self, other: &Self) -> Option<Range<u64>> {
        if self.hash == other.hash && self.count == other.count {
            return None;
        }
        // Strides are doubled, so the longer one is a multiple of the shorter one.
        let stride = self.stride.max(other.stride);
        let marks = |log: &Self| -> Vec<u64> {
            let every = (stride / log.stride) as usize;
            log.marks.iter().skip(every - 1).step_by(every).copied().collect()
        };
        let (mine, theirs) = (marks(self), marks(other));
        let same = mine.iter().zip(&theirs).take_while(|(mine, theirs)| mine == theirs).count() as u64;
        Some(same * stride..(same + 1) * stride)
    }

    fn add(&mut self, entry: Entry) {
        if self.window.contains(&self.count) {
            self.entries.push(entry);
        }
        self.hash.add(entry);
        self.count += 1;
        if self.count.is_multiple_of(self.stride) {
            self.marks.push(self.hash.0);
            if self.marks.len() == MARKS_MAX {
                self.marks = self.marks.iter().skip(1).step_by(2).copied().collect();
                self.stride *= 2;
            }
        }
    }
}

impl Observer for EventLog {
    fn happened(&mut self, now: Time, happening: Happening) {
        self.add(Entry::Happened(now, happening));
    }

    fn interval_ended(&mut self, end: Time) {
        self.add(Entry::IntervalEnded(end));
    }
}

/// FNV-1a over the text of what is added: slow, but it cannot forget a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Hash(u64);

impl Hash {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, entry: Entry) {
        write!(self, "{entry:?};").expect("invariant: a hash takes every text");
    }
}

impl fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of this many intervals, one of which ends elsewhere.
    fn log(count: u64, changed: Option<u64>, window: Range<u64>) -> EventLog {
        let mut log = EventLog::new(window);
        for position in 0..count {
            let shift = u64::from(changed == Some(position));
            log.interval_ended(Time::from_ns(10 * position + shift));
        }
        log
    }

    #[test]
    fn the_first_difference_is_in_the_stretch_that_is_named() {
        for count in [1, 63, 64, 1000, 1_000_000] {
            let whole = log(count, None, 0..0);
            assert_eq!(whole.difference(&whole.clone()), None);
            for changed in [0, count / 3, count / 2, count - 1] {
                let stretch = log(count, Some(changed), 0..0).difference(&whole).unwrap();
                assert!(stretch.contains(&changed), "{changed} of {count}: {stretch:?}");
                assert!(stretch.end - stretch.start <= (count / 1000).max(64), "{stretch:?} of {count}");
                let entries = log(count, Some(changed), stretch.clone());
                assert_eq!(entries.entries().len() as u64, stretch.end.min(count) - stretch.start);
            }
        }
    }

    #[test]
    fn a_log_that_ends_early_differs_where_it_ends() {
        for (short, long) in [(0, 1), (64, 65), (100_000, 1_000_000)] {
            let (short_log, long_log) = (log(short, None, 0..0), log(long, None, 0..0));
            let stretch = short_log.difference(&long_log).unwrap();
            assert_eq!(long_log.difference(&short_log).unwrap(), stretch);
            assert!(stretch.contains(&short), "{short}: {stretch:?}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let log = log(3_000_000, None, 5..8);
        assert!(log.marks.len() < MARKS_MAX && log.entries.len() == 3);
        assert_eq!(log.entries[0].at(), Time::from_ns(50));
    }
}
