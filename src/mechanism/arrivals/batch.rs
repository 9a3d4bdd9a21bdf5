//! Many at once: jobs that are started by a clock.

use crate::kernel::random::{SiteKey, Word};
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};

/// Batches, compiled.
#[derive(Clone, PartialEq, Debug)]
pub struct Batch {
    /// From the begin of one batch to that of the next.
    pub every: Sampler,
    /// When the first begins.
    pub first: Time,
    /// Requests of one batch; at least 1.
    pub size: u32,
    /// Over how long they come, at equal gaps.
    pub spread: Duration,
}

/// The arrivals of batches; a state machine whose clone goes on with the same arrivals.
#[derive(Clone, Debug)]
pub struct BatchProcess {
    batch: Batch,
    site: SiteKey,
    begins: Time,
    batches: u64,
    made: u32,
}

impl BatchProcess {
    /// Before the first batch; the n-th gap between batches is drawn at `site`.
    pub fn new(batch: Batch, site: SiteKey) -> Self {
        let begins = batch.first;
        Self { batch, site, begins, batches: 0, made: 0 }
    }

    /// Draws what follows from another site.
    pub fn set_site(&mut self, site: SiteKey) {
        self.site = site;
    }
}

impl Iterator for BatchProcess {
    type Item = Time;

    /// The next arrival. A batch that is due before the one in progress has come waits for its end.
    fn next(&mut self) -> Option<Time> {
        let Batch { every, size, spread, .. } = &self.batch;
        if self.made == *size {
            let last = self.begins + offset(*spread, *size - 1, *size);
            let gap = every.sample(&mut Word::root(self.site, self.batches).at(self.site));
            // Even of batches without a gap each begins later than the one before.
            self.begins = (self.begins + gap.max(Duration::from_ns(1))).max(last);
            self.batches += 1;
            self.made = 0;
        }
        let arrival = self.begins + offset(*spread, self.made, *size);
        self.made += 1;
        (arrival < Time::MAX).then_some(arrival)
    }
}

/// When the n-th (from 0) of `size` requests comes within a batch.
fn offset(spread: Duration, n: u32, size: u32) -> Duration {
    let offset = u128::from(spread.as_ns()) * u128::from(n) / u128::from(size);
    Duration::from_ns(u64::try_from(offset).unwrap_or(u64::MAX))
}
