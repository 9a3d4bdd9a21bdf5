//! How each mechanism of a policy is measured.

use std::mem::take;

use super::digest::Digest;
use super::guards::Meter;
use super::level::Level;
use crate::kernel::Time;
use crate::mechanism::outlier_detection::Verdict;
use crate::observe::{
    AdaptiveThrottleEvent, AdaptiveThrottleRow, BulkheadEvent, BulkheadRow, CircuitBreakerEvent,
    CircuitBreakerRow, Closing, ConnectionPhase, HedgeEvent, HedgeRow, OutlierDetectionEvent,
    OutlierDetectionRow, PoolEvent, PoolRow, RateLimitEvent, RateLimitRow, RetryBudgetEvent, RetryBudgetRow,
};
use crate::plan::Edge;

/// Measures the retry budgets of one edge.
#[derive(Clone, Debug)]
pub(super) struct RetryBudgetMeter {
    row: RetryBudgetRow,
}

impl Meter for RetryBudgetMeter {
    type Event = RetryBudgetEvent;
    type Row = RetryBudgetRow;

    fn new(edge: &Edge, _: u32) -> Option<Self> {
        edge.budgets.map(|_| Self { row: RetryBudgetRow::default() })
    }

    fn happened(&mut self, _: Time, event: RetryBudgetEvent) {
        match event {
            RetryBudgetEvent::Granted => self.row.granted += 1,
            RetryBudgetEvent::Denied => self.row.denied += 1,
            RetryBudgetEvent::Level { exhausted, left } => {
                (self.row.exhausted, self.row.left) = (exhausted, left);
            }
        }
    }

    fn close(&mut self, _: Time) -> RetryBudgetRow {
        take(&mut self.row)
    }

    fn digest(row: &RetryBudgetRow, digest: &mut Digest) {
        digest.retry_budget(row);
    }
}

/// Measures the circuit breakers of one edge.
#[derive(Clone, Debug)]
pub(super) struct CircuitBreakerMeter {
    row: CircuitBreakerRow,
    open: Level,
    half_open: Level,
    breakers: u64,
}

impl Meter for CircuitBreakerMeter {
    type Event = CircuitBreakerEvent;
    type Row = CircuitBreakerRow;

    fn new(edge: &Edge, position: u32) -> Option<Self> {
        edge.breakers.map(|_| Self {
            row: CircuitBreakerRow::default(),
            open: Level::default(),
            half_open: Level::default(),
            breakers: edge.breaker_count(position),
        })
    }

    fn happened(&mut self, now: Time, event: CircuitBreakerEvent) {
        match event {
            CircuitBreakerEvent::Refused { is_half_open: true } => self.row.rejected_half_open += 1,
            CircuitBreakerEvent::Refused { is_half_open: false } => self.row.rejected_open += 1,
            CircuitBreakerEvent::Opened { was_half_open } => {
                self.row.opened += 1;
                self.open.rise(now);
                if was_half_open {
                    self.half_open.fall(now);
                }
            }
            CircuitBreakerEvent::HalfOpened => {
                self.row.half_opened += 1;
                self.open.fall(now);
                self.half_open.rise(now);
            }
            CircuitBreakerEvent::Closed => {
                self.row.closed += 1;
                self.half_open.fall(now);
            }
            CircuitBreakerEvent::Forgotten { was_half_open: true } => self.half_open.fall(now),
            CircuitBreakerEvent::Forgotten { was_half_open: false } => self.open.fall(now),
        }
    }

    fn close(&mut self, end: Time) -> CircuitBreakerRow {
        let (open, half_open) = (self.open.close(end), self.half_open.close(end));
        CircuitBreakerRow { open, half_open, breakers: self.breakers, ..take(&mut self.row) }
    }

    fn digest(row: &CircuitBreakerRow, digest: &mut Digest) {
        digest.circuit_breaker(row);
    }
}

/// Measures the bulkheads of one edge.
#[derive(Clone, Debug)]
pub(super) struct BulkheadMeter {
    row: BulkheadRow,
    in_use: Level,
    waiting: Level,
    abandoned: Level,
}

impl Meter for BulkheadMeter {
    type Event = BulkheadEvent;
    type Row = BulkheadRow;

    fn new(edge: &Edge, _: u32) -> Option<Self> {
        edge.bulkheads.map(|_| Self {
            row: BulkheadRow::default(),
            in_use: Level::default(),
            waiting: Level::default(),
            abandoned: Level::default(),
        })
    }

    fn happened(&mut self, now: Time, event: BulkheadEvent) {
        match event {
            BulkheadEvent::Entered => {
                self.row.entered += 1;
                self.in_use.rise(now);
            }
            BulkheadEvent::Queued => self.waiting.rise(now),
            BulkheadEvent::HandedOver => {
                self.row.entered += 1;
                self.waiting.fall(now);
            }
            BulkheadEvent::Left => self.in_use.fall(now),
            BulkheadEvent::Refused => self.row.rejected_full += 1,
            BulkheadEvent::TimedOut => {
                self.row.rejected_timeout += 1;
                self.waiting.fall(now);
            }
            BulkheadEvent::LeftLine => self.waiting.fall(now),
            BulkheadEvent::WorkerKept => self.abandoned.rise(now),
            BulkheadEvent::WorkerFreed => self.abandoned.fall(now),
        }
    }

    fn close(&mut self, end: Time) -> BulkheadRow {
        BulkheadRow {
            in_use: self.in_use.close(end),
            waiting: self.waiting.close(end),
            abandoned: self.abandoned.close(end),
            ..take(&mut self.row)
        }
    }

    fn digest(row: &BulkheadRow, digest: &mut Digest) {
        digest.bulkhead(row);
    }
}

/// Measures the adaptive throttles of one edge.
#[derive(Clone, Debug)]
pub(super) struct AdaptiveThrottleMeter {
    row: AdaptiveThrottleRow,
}

impl Meter for AdaptiveThrottleMeter {
    type Event = AdaptiveThrottleEvent;
    type Row = AdaptiveThrottleRow;

    fn new(edge: &Edge, _: u32) -> Option<Self> {
        edge.throttles.map(|_| Self { row: AdaptiveThrottleRow::default() })
    }

    fn happened(&mut self, _: Time, event: AdaptiveThrottleEvent) {
        match event {
            AdaptiveThrottleEvent::Passed => self.row.passed += 1,
            AdaptiveThrottleEvent::Rejected => self.row.rejected += 1,
            AdaptiveThrottleEvent::Level { sum, max, throttles } => {
                (self.row.probability_sum, self.row.probability_max, self.row.throttles) =
                    (sum, max, throttles);
            }
        }
    }

    fn close(&mut self, _: Time) -> AdaptiveThrottleRow {
        take(&mut self.row)
    }

    fn digest(row: &AdaptiveThrottleRow, digest: &mut Digest) {
        digest.adaptive_throttle(row);
    }
}

/// Measures the connection pools of one edge.
#[derive(Clone, Debug)]
pub(super) struct PoolMeter {
    row: PoolRow,
    waiting: Level,
    in_use: Level,
    idle: Level,
    connecting: Level,
}

impl Meter for PoolMeter {
    type Event = PoolEvent;
    type Row = PoolRow;

    fn new(edge: &Edge, _: u32) -> Option<Self> {
        edge.pools.map(|_| Self {
            row: PoolRow::default(),
            waiting: Level::default(),
            in_use: Level::default(),
            idle: Level::default(),
            connecting: Level::default(),
        })
    }

    fn happened(&mut self, now: Time, event: PoolEvent) {
        match event {
            PoolEvent::Queued => self.waiting.rise(now),
            PoolEvent::LeftLine => self.waiting.fall(now),
            PoolEvent::TimedOut => self.row.rejected_timeout += 1,
            PoolEvent::Refused => self.row.rejected_full += 1,
            PoolEvent::Acquired { waited } => {
                self.row.acquired += 1;
                self.row.waited_ns += u128::from(waited.as_ns());
            }
            PoolEvent::Began => self.connecting.rise(now),
            PoolEvent::Opened | PoolEvent::Ready => {
                self.row.opened += u64::from(event == PoolEvent::Opened);
                self.connecting.fall(now);
                self.idle.rise(now);
            }
            PoolEvent::ConnectFailed => self.row.connect_failures += 1,
            PoolEvent::Taken => {
                self.idle.fall(now);
                self.in_use.rise(now);
            }
            PoolEvent::Returned => {
                self.in_use.fall(now);
                self.idle.rise(now);
            }
            PoolEvent::Closed { phase, why } => {
                match phase {
                    ConnectionPhase::Connecting => self.connecting.fall(now),
                    ConnectionPhase::Idle => self.idle.fall(now),
                    ConnectionPhase::InUse => self.in_use.fall(now),
                }
                match why {
                    Closing::Expired => self.row.closed_expired += 1,
                    Closing::Unused => self.row.closed_unused += 1,
                    Closing::Abandoned => self.row.closed_abandoned += 1,
                    Closing::Broken => self.row.closed_broken += 1,
                    Closing::GivenUp | Closing::Crashed => {}
                }
            }
        }
    }

    fn close(&mut self, end: Time) -> PoolRow {
        PoolRow {
            waiting: self.waiting.close(end),
            in_use: self.in_use.close(end),
            idle: self.idle.close(end),
            connecting: self.connecting.close(end),
            ..take(&mut self.row)
        }
    }

    fn digest(row: &PoolRow, digest: &mut Digest) {
        digest.pool(row);
    }
}

/// Measures the rate limits of one edge.
#[derive(Clone, Debug)]
pub(super) struct RateLimitMeter {
    row: RateLimitRow,
    waiting: Level,
}

impl Meter for RateLimitMeter {
    type Event = RateLimitEvent;
    type Row = RateLimitRow;

    fn new(edge: &Edge, _: u32) -> Option<Self> {
        edge.rate_limits.map(|_| Self { row: RateLimitRow::default(), waiting: Level::default() })
    }

    fn happened(&mut self, now: Time, event: RateLimitEvent) {
        match event {
            RateLimitEvent::Passed => self.row.passed += 1,
            RateLimitEvent::Rejected => self.row.rejected += 1,
            RateLimitEvent::Queued => self.waiting.rise(now),
            RateLimitEvent::PassedAfter(waited) => {
                self.row.passed += 1;
                self.row.waited += 1;
                self.row.waited_ns += u128::from(waited.as_ns());
                self.waiting.fall(now);
            }
            RateLimitEvent::WaitedInVain => {
                self.row.rejected += 1;
                self.waiting.fall(now);
            }
            RateLimitEvent::Left => {
                self.row.left += 1;
                self.waiting.fall(now);
            }
        }
    }

    fn close(&mut self, end: Time) -> RateLimitRow {
        RateLimitRow { waiting: self.waiting.close(end), ..take(&mut self.row) }
    }

    fn digest(row: &RateLimitRow, digest: &mut Digest) {
        digest.rate_limit(row);
    }
}

/// Measures the hedging of one edge.
#[derive(Clone, Debug)]
pub(super) struct HedgeMeter {
    row: HedgeRow,
}

impl Meter for HedgeMeter {
    type Event = HedgeEvent;
    type Row = HedgeRow;

    fn new(edge: &Edge, _: u32) -> Option<Self> {
        edge.hedges.map(|_| Self { row: HedgeRow::default() })
    }

    fn happened(&mut self, _: Time, event: HedgeEvent) {
        match event {
            HedgeEvent::AttemptBegan => self.row.attempts += 1,
            HedgeEvent::Sent => self.row.hedges += 1,
            HedgeEvent::DeniedExtraLoad => self.row.denied_extra_load += 1,
            HedgeEvent::DeniedBudget => self.row.denied_budget += 1,
            HedgeEvent::Won => self.row.won += 1,
            HedgeEvent::Overtaken => self.row.overtaken += 1,
            HedgeEvent::Untied => self.row.untied += 1,
            HedgeEvent::Level { sum_ns, clients } => {
                (self.row.delay_sum_ns, self.row.clients) = (sum_ns, clients);
            }
        }
    }

    fn close(&mut self, _: Time) -> HedgeRow {
        take(&mut self.row)
    }

    fn digest(row: &HedgeRow, digest: &mut Digest) {
        digest.hedge(row);
    }
}

/// Measures the outlier detection of one edge.
#[derive(Clone, Debug)]
pub(super) struct OutlierDetectionMeter {
    row: OutlierDetectionRow,
    ejected: Level,
    panicking: Level,
    hosts: u64,
}

impl Meter for OutlierDetectionMeter {
    type Event = OutlierDetectionEvent;
    type Row = OutlierDetectionRow;

    fn new(edge: &Edge, position: u32) -> Option<Self> {
        edge.outliers.map(|_| Self {
            row: OutlierDetectionRow::default(),
            ejected: Level::default(),
            panicking: Level::default(),
            hosts: edge.outlier_pairs(position),
        })
    }

    fn happened(&mut self, now: Time, event: OutlierDetectionEvent) {
        match event {
            OutlierDetectionEvent::Judged(Verdict::Ejected(cause)) => {
                self.row.ejected[cause as usize] += 1;
                self.ejected.rise(now);
            }
            OutlierDetectionEvent::Judged(Verdict::Overflowed(_)) => self.row.overflowed += 1,
            OutlierDetectionEvent::Judged(Verdict::NotEnforced(_)) => self.row.not_enforced += 1,
            OutlierDetectionEvent::Judged(Verdict::Returned) => {
                self.row.returned += 1;
                self.ejected.fall(now);
            }
            OutlierDetectionEvent::PanicBegan => self.panicking.rise(now),
            OutlierDetectionEvent::PanicEnded => self.panicking.fall(now),
            OutlierDetectionEvent::SentInPanic => self.row.attempts_in_panic += 1,
            OutlierDetectionEvent::NoHost => self.row.rejected_no_host += 1,
            OutlierDetectionEvent::Forgotten { ejected, was_panicking } => {
                (0..ejected).for_each(|_| self.ejected.fall(now));
                if was_panicking {
                    self.panicking.fall(now);
                }
            }
        }
    }

    fn close(&mut self, end: Time) -> OutlierDetectionRow {
        OutlierDetectionRow {
            hosts_ejected: self.ejected.close(end),
            panicking: self.panicking.close(end),
            hosts: self.hosts,
            ..take(&mut self.row)
        }
    }

    fn digest(row: &OutlierDetectionRow, digest: &mut Digest) {
        digest.outlier_detection(row);
    }
}
