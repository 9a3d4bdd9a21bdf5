//! A histogram of durations with buckets of constant relative width.
//!
//! Every octave (from a power of two to the next) is cut into 64 equal steps, so a bucket is at most 1/64 as wide as the values
//! in it: a quantile reported as the middle of its bucket is off by less than 1/128, over all of u64 and in constant
//! memory. Counts are whole numbers, so merging in any order gives the same histogram. `HdrHistogram` (Tene, 2012) has the same layout; ours
//! also remembers which part is in use, which makes one histogram per interval cheap.

#[cfg(test)]
mod tests;

/// The logarithm of the number of steps per octave.
const STEP_BITS: u32 = 6;
const STEPS: usize = 1 << STEP_BITS;
/// The values below 64, and 64 steps for each octave from there to 2^64.
const BUCKETS: usize = STEPS + (u64::BITS - STEP_BITS) as usize * STEPS;

/// So many buckets are passed at once on the way to a quantile.
const AT_ONCE: usize = 16;

/// Counts of durations, from which nearest-rank quantiles can be read.
///
/// All but the buckets is one line of the cache: in a large system there are thousands of histograms, far from the processor.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// From the octave of the shortest duration so far to that of the longest. 64 bits each: no run lasts long enough to overflow one.
    buckets: Vec<u64>,
    count: u64,
    sum_ns: u128,
    max_ns: u64,
    /// Which bucket the first of `buckets` is.
    first: u16,
    /// The lowest bucket in use; above `highest` if there is none.
    lowest: u16,
    highest: u16,
}

const _: () = assert!(size_of::<Histogram>() == 64 && BUCKETS <= u16::MAX as usize, "see `Histogram`");

/// So many durations fill one line of the cache with what must be known of them.
const BATCH: usize = 19;

/// A few durations on their way to a histogram. Counted one by one they cost a miss of the cache each where there are many histograms; together the misses overlap, and until
/// then there is one line for each.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Batch {
    sum_ns: u128,
    max_ns: u64,
    length: u16,
    buckets: [u16; BATCH],
}

const _: () = assert!(size_of::<Batch>() == 64, "a batch is one line of the cache");

impl Batch {
    /// A batch of nothing.
    pub const fn new() -> Self {
        Self { sum_ns: 0, max_ns: 0, length: 0, buckets: [0; BATCH] }
    }

    /// Adds a duration of `ns` nanoseconds; says whether it was the last for which there is room.
    ///
    /// # Panics
    ///
    /// If there is no room for it.
    #[inline]
    pub fn add(&mut self, ns: u64) -> bool {
        self.buckets[usize::from(self.length)] = bucket_of(ns) as u16;
        self.length += 1;
        self.sum_ns += u128::from(ns);
        self.max_ns = self.max_ns.max(ns);
        usize::from(self.length) == BATCH
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    /// A histogram of nothing.
    pub const fn new() -> Self {
        Self {
            buckets: Vec::new(),
            count: 0,
            sum_ns: 0,
            max_ns: 0,
            first: 0,
            lowest: BUCKETS as u16,
            highest: 0,
        }
    }

    /// Counts one duration of `ns` nanoseconds.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        self.record_times(ns, 1);
    }

    /// Counts one duration of `ns` nanoseconds so many times.
    #[inline]
    pub fn record_times(&mut self, ns: u64, times: u64) {
        if times == 0 {
            return;
        }
        let bucket = bucket_of(ns) as u16;
        self.reach(bucket, bucket);
        self.buckets[usize::from(bucket - self.first)] += times;
        self.count += times;
        self.sum_ns += u128::from(ns) * u128::from(times);
        self.max_ns = self.max_ns.max(ns);
    }

    /// Counts what is in a batch, which is empty from then on.
    pub fn record_batch(&mut self, batch: &mut Batch) {
        let buckets = &batch.buckets[..usize::from(batch.length)];
        let (mut lowest, mut highest) = (u16::MAX, 0);
        for &bucket in buckets {
            lowest = lowest.min(bucket);
            highest = highest.max(bucket);
        }
        if buckets.is_empty() {
            return;
        }
        self.reach(lowest, highest);
        for &bucket in buckets {
            self.buckets[usize::from(bucket - self.first)] += 1;
        }
        self.count += u64::from(batch.length);
        self.sum_ns += batch.sum_ns;
        self.max_ns = self.max_ns.max(batch.max_ns);
        (batch.length, batch.sum_ns, batch.max_ns) = (0, 0, 0);
    }

    /// Notes that buckets from one to another are in use, both included.
    #[inline]
    fn reach(&mut self, lowest: u16, highest: u16) {
        if lowest < self.first || usize::from(highest) >= usize::from(self.first) + self.buckets.len() {
            self.grow(usize::from(lowest), usize::from(highest));
        }
        self.lowest = self.lowest.min(lowest);
        self.highest = self.highest.max(highest);
    }

    /// Makes room by whole octaves. Durations of one kind lie within a few, and a large system has thousands of histograms.
    #[cold]
    fn grow(&mut self, lowest: usize, highest: usize) {
        let old = std::mem::take(&mut self.buckets);
        let old_first = if old.is_empty() { lowest } else { usize::from(self.first) };
        let first = lowest.min(old_first) / STEPS * STEPS;
        let end = (highest + 1).max(old_first + old.len()).next_multiple_of(STEPS);
        self.buckets = vec![0; end - first];
        self.buckets[old_first - first..][..old.len()].copy_from_slice(&old);
        self.first = first as u16;
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The exact sum of all durations, in nanoseconds.
    pub fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// The exact longest duration, in nanoseconds; 0 if nothing was counted.
    pub fn max_ns(&self) -> u64 {
        self.max_ns
    }

    /// The `q`-quantile (`q` from 0 to 1) in nanoseconds by nearest rank: the duration with rank `ceil(q n)`, at least 1, among
    /// all n in rising order. Reported as the middle of its bucket, but never above the longest duration: exact below 128 ns, off by less than
    /// 1/128 above. `None` if nothing was counted.
    ///
    /// # Panics
    ///
    /// If `q` is not from 0 to 1.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        (self.count > 0).then(|| self.quantile_many([q])[0])
    }

    /// Several quantiles (in any order) in one pass, each as [`quantile`](Self::quantile) gives it; all 0 if nothing was counted.
    ///
    /// # Panics
    ///
    /// If one of them is not from 0 to 1.
    pub fn quantile_many<const N: usize>(&self, qs: [f64; N]) -> [u64; N] {
        let mut values_ns = [0; N];
        let ranks = qs.map(|q| self.rank(q));
        let mut counted = 0;
        let Some(mut next_rank) = ranks.iter().copied().min() else { return values_ns };
        for (step, several) in self.used().chunks(AT_ONCE).enumerate() {
            // Nearly all buckets are between two quantiles, where their sum is all that matters.
            let sum: u64 = several.iter().sum();
            if counted + sum < next_rank {
                counted += sum;
                continue;
            }
            for (bucket, &here) in several.iter().enumerate() {
                let before = counted;
                counted += here;
                if counted < next_rank {
                    continue;
                }
                next_rank = u64::MAX;
                let middle_ns =
                    middle_of(usize::from(self.lowest) + step * AT_ONCE + bucket).min(self.max_ns);
                for (value_ns, &rank) in values_ns.iter_mut().zip(&ranks) {
                    if rank > counted {
                        next_rank = next_rank.min(rank);
                    } else if rank > before {
                        *value_ns = middle_ns;
                    }
                }
            }
            if next_rank == u64::MAX {
                break;
            }
        }
        values_ns
    }

    /// Adds all that was counted here to `other`.
    pub fn merge_into(&self, other: &mut Self) {
        if self.count == 0 {
            return;
        }
        for (there, here) in self.totals_into(other).iter_mut().zip(self.used()) {
            *there += here;
        }
    }

    /// Adds all that was counted here to `other`, and forgets it here.
    pub fn pour_into(&mut self, other: &mut Self) {
        if self.count == 0 {
            return;
        }
        let (there, used) = (self.totals_into(other), self.in_use());
        for (there, here) in there.iter_mut().zip(&mut self.buckets[used]) {
            *there += std::mem::take(here);
        }
        self.note_empty();
    }

    /// Adds everything but the buckets to `other`; gives its buckets from the lowest on that is in use here. Something was counted here.
    fn totals_into<'a>(&self, other: &'a mut Self) -> &'a mut [u64] {
        other.reach(self.lowest, self.highest);
        other.count += self.count;
        other.sum_ns += self.sum_ns;
        other.max_ns = other.max_ns.max(self.max_ns);
        let from = usize::from(self.lowest - other.first);
        &mut other.buckets[from..]
    }

    /// Forgets everything, at the cost of the buckets in use.
    pub fn clear(&mut self) {
        if self.count > 0 {
            let used = self.in_use();
            self.buckets[used].fill(0);
        }
        self.note_empty();
    }

    fn note_empty(&mut self) {
        self.lowest = BUCKETS as u16;
        self.highest = 0;
        self.count = 0;
        self.sum_ns = 0;
        self.max_ns = 0;
    }

    /// The buckets from the lowest to the highest in use.
    fn used(&self) -> &[u64] {
        if self.count == 0 { &[] } else { &self.buckets[self.in_use()] }
    }

    /// Where these are, if anything was counted.
    fn in_use(&self) -> std::ops::RangeInclusive<usize> {
        usize::from(self.lowest - self.first)..=usize::from(self.highest - self.first)
    }

    /// The nearest rank of a quantile, from 1 to the count.
    fn rank(&self, q: f64) -> u64 {
        // 0.07 * 100 is 7.000000000000001, but who writes 0.07 of 100 means rank 7.
        const ROUNDING: f64 = 1.0 - 4.0 * f64::EPSILON;
        assert!((0.0..=1.0).contains(&q), "{q} is no quantile: it must be from 0 to 1");
        let rank = (q * self.count as f64 * ROUNDING).ceil() as u64;
        rank.min(self.count).max(1)
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        let bounds = |histogram: &Self| {
            (histogram.lowest, histogram.highest, histogram.count, histogram.sum_ns, histogram.max_ns)
        };
        bounds(self) == bounds(other) && self.used() == other.used()
    }
}

impl Eq for Histogram {}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

#[inline]
fn bucket_of(ns: u64) -> usize {
    // The values below 64 share the width, 1, of the octave above them.
    let octave = (ns | STEPS as u64).ilog2() - STEP_BITS;
    octave as usize * STEPS + (ns >> octave) as usize
}

/// The middle of a bucket, rounded down.
fn middle_of(bucket: usize) -> u64 {
    let octave = (bucket / STEPS).saturating_sub(1);
    let low = ((bucket - octave * STEPS) as u64) << octave;
    low + ((1_u64 << octave) - 1) / 2
}
