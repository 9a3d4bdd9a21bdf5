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

/// Durations of the interval in progress, and of all that count.
#[derive(Clone, Debug, Default)]
pub(super) struct Durations {
    interval: Histogram,
    total: Histogram,
}

impl Durations {
    #[inline]
    pub(super) fn record(&mut self, duration: Duration, counted: Counted) {
        self.interval.record(duration.as_ns());
        if counted == Counted::Now {
            self.total.record(duration.as_ns());
        }
    }

    /// The interval ends; `all_count` says that everything recorded in it belongs to the total.
    pub(super) fn close(&mut self, all_count: bool) -> Quantiles {
        let quantiles = quantiles(&self.interval);
        if all_count {
            self.interval.merge_into(&mut self.total);
        }
        self.interval.clear();
        quantiles
    }

    pub(super) fn total(&self) -> Quantiles {
        quantiles(&self.total)
    }
}

pub(super) fn quantiles(histogram: &Histogram) -> Quantiles {
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
