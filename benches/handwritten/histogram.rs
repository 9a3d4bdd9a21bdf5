//! A log-linear histogram with 64 steps per octave.

const STEP_BITS: u32 = 6;
const BUCKETS: usize = 40 << STEP_BITS;

/// Counts by bucket, with the range in use.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u32>,
    lowest: usize,
    highest: usize,
    count: u64,
}

impl Histogram {
    /// Nothing counted.
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], lowest: BUCKETS, highest: 0, count: 0 }
    }

    /// Counts one value.
    #[inline]
    pub(crate) fn record(&mut self, value: u64) {
        let octave = (value | 1 << STEP_BITS).ilog2() - STEP_BITS;
        let bucket = ((u64::from(octave) << STEP_BITS) + (value >> octave)) as usize;
        let bucket = bucket.min(BUCKETS - 1);
        self.counts[bucket] += 1;
        self.lowest = self.lowest.min(bucket);
        self.highest = self.highest.max(bucket);
        self.count += 1;
    }

    /// The buckets of the median and the 99th percentile; everything is added to `total` and forgotten.
    pub(crate) fn flush(&mut self, total: &mut [u64]) -> [usize; 2] {
        let ranks = [self.count.div_ceil(2), (self.count * 99).div_ceil(100)];
        let mut buckets = [0; 2];
        let mut counted = 0;
        let used = self.lowest..=self.highest;
        for (bucket, (count, total)) in
            self.counts.iter_mut().zip(total).enumerate().take(*used.end() + 1).skip(*used.start())
        {
            let before = counted;
            counted += u64::from(*count);
            *total += u64::from(*count);
            *count = 0;
            for (found, rank) in buckets.iter_mut().zip(ranks) {
                if before < rank && rank <= counted {
                    *found = bucket;
                }
            }
        }
        (self.lowest, self.highest, self.count) = (BUCKETS, 0, 0);
        buckets
    }

    /// A total of nothing, for [`Histogram::flush`].
    pub(crate) fn total() -> Vec<u64> {
        vec![0; BUCKETS]
    }
}
