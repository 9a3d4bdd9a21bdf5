//! A level over time, and the quantiles of what is recorded.

use crate::kernel::histogram::Histogram;
use crate::kernel::{Duration, Time};
use crate::observe::{Gauge, Quantiles};

/// A level that rises and falls, with its integral over the interval in progress.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    now: u64,
    since: Time,
    max: u64,
    integral: u128,
}

impl Level {
    #[inline]
    pub(super) fn rise(&mut self, now: Time) {
        self.advance(now);
        self.now += 1;
        self.max = self.max.max(self.now);
    }

    #[inline]
    pub(super) fn fall(&mut self, now: Time) {
        self.advance(now);
        self.now -= 1;
    }

    #[inline]
    fn advance(&mut self, now: Time) {
        self.integral += u128::from(self.now) * u128::from(now.since(self.since).as_ns());
        self.since = now;
    }

    /// The interval that ends now; the next one begins.
    pub(super) fn close(&mut self, end: Time) -> Gauge {
        self.advance(end);
        let gauge = Gauge { integral: self.integral, max: self.max, last: self.now };
        self.integral = 0;
        self.max = self.now;
        gauge
    }
}

/// Whether a duration is added to the total when it is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Counted {
    /// No: it does not count, or the whole interval is added when it ends, which is cheaper.
    NotNow,
    /// Yes: the warm-up ended within this interval.
    Now,
}

/// So many durations are kept before they are counted.
const PENDING: usize = 15;

/// A histogram with a few durations before it that were not counted yet: in a large system histograms are far from the processor, and this is not.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Recorder {
    pending: [u64; PENDING],
    length: usize,
    histogram: Histogram,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { pending: [0; PENDING], length: 0, histogram: Histogram::new() }
    }
}

impl Recorder {
    #[inline]
    pub(super) fn record(&mut self, duration: Duration) {
        self.pending[self.length] = duration.as_ns();
        self.length += 1;
        if self.length == PENDING {
            self.settle();
        }
    }

    #[inline(never)]
    fn settle(&mut self) {
        self.histogram.record_all(&self.pending[..self.length]);
        self.length = 0;
    }

    /// Everything that was recorded since the last time; `total` takes it over, if there is one.
    pub(super) fn take(&mut self, total: Option<&mut Histogram>) -> Quantiles {
        self.settle();
        let quantiles = quantiles(&self.histogram);
        if let Some(total) = total {
            self.histogram.merge_into(total);
        }
        self.histogram.clear();
        quantiles
    }
}

/// Durations of the interval in progress, and of all that count.
#[derive(Clone, Debug, Default)]
pub(super) struct Durations {
    interval: Recorder,
    total: Histogram,
}

impl Durations {
    #[inline]
    pub(super) fn record(&mut self, duration: Duration, counted: Counted) {
        self.interval.record(duration);
        if counted == Counted::Now {
            self.total.record(duration.as_ns());
        }
    }

    /// The interval ends; `all_count` says that everything recorded in it belongs to the total.
    pub(super) fn close(&mut self, all_count: bool) -> Quantiles {
        self.interval.take(all_count.then_some(&mut self.total))
    }

    pub(super) fn total(&self) -> Quantiles {
        quantiles(&self.total)
    }
}

fn quantiles(histogram: &Histogram) -> Quantiles {
    if histogram.count() == 0 {
        return Quantiles::default();
    }
    let [p50_ns, p90_ns, p99_ns, p999_ns] = histogram.quantile_many([0.5, 0.9, 0.99, 0.999]);
    Quantiles {
        count: histogram.count(),
        sum_ns: histogram.sum_ns(),
        p50_ns,
        p90_ns,
        p99_ns,
        p999_ns,
        max_ns: histogram.max_ns(),
    }
}
