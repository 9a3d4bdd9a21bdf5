//! A level over time, and the quantiles of what is recorded.

use crate::kernel::histogram::{Batch, Histogram};
use crate::kernel::{Duration, Time};
use crate::observe::{Gauge, Quantiles};

/// A level that rises and falls, with its integral over the interval in progress.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    integral: u128,
    since: Time,
    now: u32,
    max: u32,
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
        let gauge = Gauge { integral: self.integral, max: self.max.into(), last: self.now.into() };
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

/// A histogram with a few durations before it that were not counted yet: in a large system histograms are far from the processor, and these are not.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(super) struct Recorder {
    pending: Batch,
    histogram: Histogram,
}

impl Recorder {
    #[inline]
    pub(super) fn record(&mut self, duration: Duration) {
        if self.pending.add(duration.as_ns()) {
            self.settle();
        }
    }

    #[inline(never)]
    fn settle(&mut self) {
        self.histogram.record_batch(&mut self.pending);
    }

    /// Everything that was recorded since the last time; `total` takes it over, if there is one.
    pub(super) fn take(&mut self, total: Option<&mut Histogram>) -> Quantiles {
        let histogram = self.settled();
        let quantiles = quantiles(histogram);
        match total {
            Some(total) => histogram.pour_into(total),
            None => histogram.clear(),
        }
        quantiles
    }

    /// Everything that was recorded since the last time, counted.
    fn settled(&mut self) -> &mut Histogram {
        self.settle();
        &mut self.histogram
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
        let is_full = self.interval.pending.add(duration.as_ns());
        if is_full || counted == Counted::Now {
            self.record_elsewhere(duration, is_full, counted);
        }
    }

    /// What few durations need, in one place: what is around it need not be prepared for two calls.
    #[inline(never)]
    fn record_elsewhere(&mut self, duration: Duration, is_full: bool, counted: Counted) {
        if is_full {
            self.interval.settle();
        }
        if counted == Counted::Now {
            self.total.record(duration.as_ns());
        }
    }

    /// The interval ends; `all_count` says that everything recorded in it belongs to the total.
    pub(super) fn close(&mut self, all_count: bool) -> Quantiles {
        self.interval.take(all_count.then_some(&mut self.total))
    }

    /// Counts durations of zero, so many; the total takes them over when the interval ends.
    pub(super) fn record_zeros(&mut self, times: u64) {
        self.interval.histogram.record_times(0, times);
    }

    pub(super) fn total(&self) -> Quantiles {
        quantiles(&self.total)
    }
}

/// Two kinds of durations of which most are both: these are recorded once.
#[derive(Clone, Debug, Default)]
pub(super) struct Paired {
    both: Durations,
    only: [Durations; 2],
}

impl Paired {
    #[inline]
    pub(super) fn record_both(&mut self, duration: Duration) {
        self.both.interval.record(duration);
    }

    #[inline]
    pub(super) fn record_only(&mut self, kind: usize, duration: Duration, counted: Counted) {
        self.only[kind].record(duration, counted);
    }

    /// The interval ends, for each kind; `all_count` says that everything recorded in it belongs to the totals.
    pub(super) fn close(&mut self, all_count: bool) -> [Quantiles; 2] {
        let both = self.both.interval.settled();
        let of_both = quantiles(both);
        let closed = self.only.each_mut().map(|Durations { interval, total }| {
            let only = interval.settled();
            if only.count() == 0 {
                return of_both;
            }
            if all_count {
                only.merge_into(total);
            }
            both.merge_into(only);
            interval.take(None)
        });
        if all_count {
            both.pour_into(&mut self.both.total);
        } else {
            both.clear();
        }
        closed
    }

    pub(super) fn totals(self) -> [Quantiles; 2] {
        self.only.map(|Durations { mut total, .. }| {
            self.both.total.merge_into(&mut total);
            quantiles(&total)
        })
    }
}

/// Durations of the interval in progress, of which each counts or does not, and of all that count.
#[derive(Clone, Debug, Default)]
pub(super) struct PartlyCounted {
    counted: Recorder,
    /// What does not count: what began in the warm-up, or was added by a trigger.
    uncounted: Histogram,
    total: Histogram,
}

impl PartlyCounted {
    #[inline]
    pub(super) fn record(&mut self, duration: Duration, counts: bool) {
        if counts {
            self.counted.record(duration);
        } else {
            self.uncounted.record(duration.as_ns());
        }
    }

    /// The interval ends.
    pub(super) fn close(&mut self) -> Quantiles {
        if self.uncounted.count() == 0 {
            return self.counted.take(Some(&mut self.total));
        }
        let interval = self.counted.settled();
        interval.merge_into(&mut self.total);
        self.uncounted.pour_into(interval);
        self.counted.take(None)
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_ns(5);
    const LONG: Duration = Duration::from_ns(1_000_000);

    fn recorded(durations: &[Duration]) -> Quantiles {
        let mut recorder = Recorder::default();
        for &duration in durations {
            recorder.record(duration);
        }
        recorder.take(None)
    }

    #[test]
    fn what_is_recorded_for_both_is_in_both_and_nothing_else_is() {
        let mut paired = Paired::default();
        for all_count in [false, true] {
            paired.record_both(SHORT);
            paired.record_only(1, LONG, Counted::NotNow);
            assert_eq!(paired.close(all_count), [recorded(&[SHORT]), recorded(&[SHORT, LONG])]);
        }
        paired.record_both(LONG);
        paired.record_only(0, SHORT, Counted::Now);
        assert_eq!(paired.close(false), [recorded(&[SHORT, LONG]), recorded(&[LONG])]);
        assert_eq!(paired.totals(), [recorded(&[SHORT, SHORT]), recorded(&[SHORT, LONG])]);
    }

    #[test]
    fn what_does_not_count_is_in_its_interval_but_not_in_the_total() {
        let mut durations = PartlyCounted::default();
        durations.record(SHORT, false);
        durations.record(LONG, true);
        assert_eq!(durations.close(), recorded(&[SHORT, LONG]));
        durations.record(LONG, true);
        assert_eq!(durations.close(), recorded(&[LONG]));
        assert_eq!(durations.total(), recorded(&[LONG, LONG]));
    }

    #[test]
    fn zeros_count_like_others() {
        let mut durations = Durations::default();
        durations.record_zeros(2);
        durations.record(LONG, Counted::NotNow);
        assert_eq!(durations.close(true), recorded(&[Duration::ZERO, LONG, Duration::ZERO]));
        assert_eq!(durations.total(), recorded(&[Duration::ZERO, LONG, Duration::ZERO]));
    }
}
