//! The outcomes that a breaker looks at.

use super::WindowSettings;
use crate::kernel::Time;

/// How many outcomes, and of which kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) slow: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.slow += other.slow;
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

/// Which outcomes a window keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// The last so many.
    Count(u32),
    /// So many buckets of so many nanoseconds, the one in progress among them. They are cut at whole multiples of their length.
    Time { bucket_ns: u64, buckets: u32 },
}

impl Extent {
    pub(super) fn new(settings: &WindowSettings) -> Self {
        match settings {
            WindowSettings::Count(count) => Self::Count(count.size),
            WindowSettings::Time(time) => Self::Time {
                bucket_ns: time.duration.as_ns() / u64::from(time.buckets),
                buckets: time.buckets,
            },
        }
    }
}

/// The outcomes of a window, with their sum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Window {
    extent: Extent,
    /// One outcome or one bucket each; shorter than the extent as long as it was not filled.
    kept: Vec<Tally>,
    /// Where the next one goes; with buckets, the one in progress.
    place: usize,
    /// The number of the bucket in progress.
    bucket: u64,
    sum: Tally,
}

impl Window {
    pub(super) const fn new(extent: Extent) -> Self {
        Self { extent, kept: Vec::new(), place: 0, bucket: 0, sum: Tally { calls: 0, failed: 0, slow: 0 } }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.place = 0;
        self.sum = Tally::default();
    }

    /// Takes one more outcome in, and gives the sum with it.
    pub(super) fn record(&mut self, now: Time, outcome: Tally) -> Tally {
        match self.extent {
            Extent::Count(size) => {
                if self.kept.len() < size as usize {
                    self.kept.push(outcome);
                } else {
                    let oldest = std::mem::replace(&mut self.kept[self.place], outcome);
                    self.sum.subtract(oldest);
                    self.place = (self.place + 1) % size as usize;
                }
            }
            Extent::Time { bucket_ns, buckets } => {
                self.advance(now.as_ns() / bucket_ns, buckets as usize);
                self.kept[self.place].add(outcome);
            }
        }
        self.sum.add(outcome);
        self.sum
    }

    fn advance(&mut self, bucket: u64, buckets: usize) {
        if self.kept.is_empty() {
            self.kept.resize(buckets, Tally::default());
            self.bucket = bucket;
        }
        for _ in 0..(bucket - self.bucket).min(buckets as u64) {
            self.place = (self.place + 1) % buckets;
            let oldest = std::mem::take(&mut self.kept[self.place]);
            self.sum.subtract(oldest);
        }
        self.bucket = bucket;
    }
}
