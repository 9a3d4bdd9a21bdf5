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

/// Counts of durations, from which nearest-rank quantiles can be read.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Up to the octave of the longest duration so far. 64 bits each: no run lasts long enough to overflow one.
    buckets: Vec<u64>,
    /// The lowest bucket in use; above `highest` if there is none.
    lowest: usize,
    highest: usize,
    count: u64,
    sum_ns: u128,
    max_ns: u64,
}

impl Histogram {
    /// A histogram of nothing.
    pub fn new() -> Self {
        Self { buckets: Vec::new(), lowest: BUCKETS, highest: 0, count: 0, sum_ns: 0, max_ns: 0 }
    }

    /// Counts one duration of `ns` nanoseconds.
    #[inline]
    pub fn record(&mut self, ns: u64) {
        let bucket = bucket_of(ns);
        *self.bucket(bucket) += 1;
        self.lowest = self.lowest.min(bucket);
        self.highest = self.highest.max(bucket);
        self.count += 1;
        self.sum_ns += u128::from(ns);
        self.max_ns = self.max_ns.max(ns);
    }

    /// Counts several durations at once. One by one they cost a miss of the cache each where there are many histograms; together the misses overlap.
    pub fn record_all(&mut self, durations_ns: &[u64]) {
        let (mut shortest_ns, mut longest_ns) = (u64::MAX, 0);
        for &ns in durations_ns {
            *self.bucket(bucket_of(ns)) += 1;
            self.sum_ns += u128::from(ns);
            shortest_ns = shortest_ns.min(ns);
            longest_ns = longest_ns.max(ns);
        }
        if !durations_ns.is_empty() {
            self.lowest = self.lowest.min(bucket_of(shortest_ns));
            self.highest = self.highest.max(bucket_of(longest_ns));
            self.count += durations_ns.len() as u64;
            self.max_ns = self.max_ns.max(longest_ns);
        }
    }

    /// Counts one duration of `ns` nanoseconds so many times.
    pub fn record_times(&mut self, ns: u64, times: u64) {
        if times > 0 {
            self.record(ns);
            *self.bucket(bucket_of(ns)) += times - 1;
            self.count += times - 1;
            self.sum_ns += u128::from(ns) * u128::from(times - 1);
        }
    }

    #[inline]
    fn bucket(&mut self, index: usize) -> &mut u64 {
        self.reach(index);
        &mut self.buckets[index]
    }

    #[inline]
    fn reach(&mut self, index: usize) {
        if index >= self.buckets.len() {
            self.grow(index);
        }
    }

    /// Makes room up to the end of an octave. A large system has thousands of histograms, and few durations are longer than a minute.
    #[cold]
    fn grow(&mut self, index: usize) {
        let length = (index / STEPS + 1) * STEPS;
        self.buckets.reserve_exact(length - self.buckets.len());
        self.buckets.resize(length, 0);
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
        for (bucket, &here) in self.used().iter().enumerate() {
            let before = counted;
            counted += here;
            if counted < next_rank {
                continue;
            }
            next_rank = u64::MAX;
            for (value_ns, &rank) in values_ns.iter_mut().zip(&ranks) {
                if rank > counted {
                    next_rank = next_rank.min(rank);
                } else if rank > before {
                    *value_ns = middle_of(self.lowest + bucket).min(self.max_ns);
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
        other.reach(self.highest);
        for (there, here) in other.buckets[self.lowest..].iter_mut().zip(self.used()) {
            *there += here;
        }
        other.lowest = other.lowest.min(self.lowest);
        other.highest = other.highest.max(self.highest);
        other.count += self.count;
        other.sum_ns += self.sum_ns;
        other.max_ns = other.max_ns.max(self.max_ns);
    }

    /// Forgets everything, at the cost of the buckets in use.
    pub fn clear(&mut self) {
        if self.count > 0 {
            self.buckets[self.lowest..=self.highest].fill(0);
        }
        self.lowest = BUCKETS;
        self.highest = 0;
        self.count = 0;
        self.sum_ns = 0;
        self.max_ns = 0;
    }

    /// The buckets from the lowest to the highest in use.
    fn used(&self) -> &[u64] {
        if self.count == 0 { &[] } else { &self.buckets[self.lowest..=self.highest] }
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
