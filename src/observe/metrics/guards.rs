//! One meter per edge and kind of guard; the edges that have none of a kind have an empty one.

use super::digest::Digest;
use super::level::Level;
use crate::kernel::Time;
use crate::observe::{
    AdaptiveThrottleRow, AdaptiveThrottleSeries, BulkheadRow, BulkheadSeries, CircuitBreakerRow,
    CircuitBreakerSeries, GuardEvent, RetryBudgetRow, RetryBudgetSeries,
};
use crate::plan::{Edge, Plan};

/// Measures what the policies of all edges decide.
#[derive(Clone, Debug)]
pub(super) struct GuardMeters {
    retry_budgets: Vec<RetryBudgetMeter>,
    circuit_breakers: Vec<CircuitBreakerMeter>,
    bulkheads: Vec<BulkheadMeter>,
    adaptive_throttles: Vec<AdaptiveThrottleMeter>,
}

/// What was measured of them.
#[derive(Debug)]
pub(super) struct GuardSeries {
    pub(super) retry_budgets: Vec<RetryBudgetSeries>,
    pub(super) circuit_breakers: Vec<CircuitBreakerSeries>,
    pub(super) bulkheads: Vec<BulkheadSeries>,
    pub(super) adaptive_throttles: Vec<AdaptiveThrottleSeries>,
}

impl GuardMeters {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            retry_budgets: plan.edges.iter().map(RetryBudgetMeter::new).collect(),
            circuit_breakers: plan.edges.iter().map(CircuitBreakerMeter::new).collect(),
            bulkheads: plan.edges.iter().map(BulkheadMeter::new).collect(),
            adaptive_throttles: plan.edges.iter().map(AdaptiveThrottleMeter::new).collect(),
        }
    }

    #[inline(never)]
    pub(super) fn happened(&mut self, now: Time, edge: usize, event: GuardEvent) {
        let (budget, breaker) = (&mut self.retry_budgets[edge], &mut self.circuit_breakers[edge]);
        match event {
            GuardEvent::RetryGranted => budget.row.granted += 1,
            GuardEvent::RetryDenied => budget.row.denied += 1,
            GuardEvent::BudgetLevel { exhausted, left } => {
                (budget.row.exhausted, budget.row.left) = (exhausted, left);
            }
            GuardEvent::BreakerRefused { is_half_open } => breaker.refused(is_half_open),
            GuardEvent::BreakerOpened { was_half_open } => breaker.opened(now, was_half_open),
            GuardEvent::BreakerHalfOpened => breaker.half_opened(now),
            GuardEvent::BreakerClosed => breaker.closed(now),
            GuardEvent::BreakerForgotten { was_half_open } => breaker.forgotten(now, was_half_open),
            GuardEvent::ThrottlePassed => self.adaptive_throttles[edge].row.passed += 1,
            GuardEvent::ThrottleRejected => self.adaptive_throttles[edge].row.rejected += 1,
            GuardEvent::ThrottleLevel { sum, max, throttles } => {
                let row = &mut self.adaptive_throttles[edge].row;
                (row.probability_sum, row.probability_max, row.throttles) = (sum, max, throttles);
            }
            GuardEvent::BulkheadEntered
            | GuardEvent::BulkheadQueued
            | GuardEvent::BulkheadHandedOver
            | GuardEvent::BulkheadLeft
            | GuardEvent::BulkheadRefused
            | GuardEvent::BulkheadTimedOut
            | GuardEvent::BulkheadLeftLine
            | GuardEvent::WorkerKept
            | GuardEvent::WorkerFreed => self.bulkheads[edge].happened(now, event),
        }
    }

    pub(super) fn close(&mut self, end: Time, digest: &mut Digest) {
        for meter in &mut self.retry_budgets {
            meter.close(digest);
        }
        for meter in &mut self.circuit_breakers {
            meter.close(end, digest);
        }
        for meter in &mut self.bulkheads {
            meter.close(end, digest);
        }
        for meter in &mut self.adaptive_throttles {
            meter.close(digest);
        }
    }

    pub(super) fn finish(self, plan: &Plan) -> GuardSeries {
        let breakers = |(edge, meter): (usize, CircuitBreakerMeter)| {
            let breakers = plan.edges[edge].breaker_count(edge as u32);
            Some(CircuitBreakerSeries { edge, breakers, rows: meter.rows? })
        };
        GuardSeries {
            retry_budgets: series(self.retry_budgets, |(edge, meter)| {
                Some(RetryBudgetSeries { edge, rows: meter.rows? })
            }),
            circuit_breakers: series(self.circuit_breakers, breakers),
            bulkheads: series(self.bulkheads, |(edge, meter)| {
                Some(BulkheadSeries { edge, rows: meter.rows? })
            }),
            adaptive_throttles: series(self.adaptive_throttles, |(edge, meter)| {
                Some(AdaptiveThrottleSeries { edge, rows: meter.rows? })
            }),
        }
    }
}

/// Of the meters of all edges those that have measured something.
fn series<M, S>(meters: Vec<M>, finished: impl Fn((usize, M)) -> Option<S>) -> Vec<S> {
    meters.into_iter().enumerate().filter_map(finished).collect()
}

/// Measures the retry budgets of one edge.
#[derive(Clone, Debug)]
struct RetryBudgetMeter {
    row: RetryBudgetRow,
    /// `None`: the edge has no budget.
    rows: Option<Vec<RetryBudgetRow>>,
}

impl RetryBudgetMeter {
    fn new(edge: &Edge) -> Self {
        Self { row: RetryBudgetRow::default(), rows: edge.budgets.map(|_| Vec::new()) }
    }

    fn close(&mut self, digest: &mut Digest) {
        if let Some(rows) = &mut self.rows {
            digest.retry_budget(&self.row);
            rows.push(std::mem::take(&mut self.row));
        }
    }
}

/// Measures the circuit breakers of one edge.
#[derive(Clone, Debug)]
struct CircuitBreakerMeter {
    row: CircuitBreakerRow,
    open: Level,
    half_open: Level,
    /// `None`: the edge has no breaker.
    rows: Option<Vec<CircuitBreakerRow>>,
}

impl CircuitBreakerMeter {
    fn new(edge: &Edge) -> Self {
        Self {
            row: CircuitBreakerRow::default(),
            open: Level::default(),
            half_open: Level::default(),
            rows: edge.breakers.map(|_| Vec::new()),
        }
    }

    fn refused(&mut self, is_half_open: bool) {
        if is_half_open {
            self.row.rejected_half_open += 1;
        } else {
            self.row.rejected_open += 1;
        }
    }

    fn opened(&mut self, now: Time, was_half_open: bool) {
        self.row.opened += 1;
        self.open.rise(now);
        if was_half_open {
            self.half_open.fall(now);
        }
    }

    fn half_opened(&mut self, now: Time) {
        self.row.half_opened += 1;
        self.open.fall(now);
        self.half_open.rise(now);
    }

    fn forgotten(&mut self, now: Time, was_half_open: bool) {
        if was_half_open {
            self.half_open.fall(now);
        } else {
            self.open.fall(now);
        }
    }

    fn closed(&mut self, now: Time) {
        self.row.closed += 1;
        self.half_open.fall(now);
    }

    fn close(&mut self, end: Time, digest: &mut Digest) {
        if let Some(rows) = &mut self.rows {
            self.row.open = self.open.close(end);
            self.row.half_open = self.half_open.close(end);
            digest.circuit_breaker(&self.row);
            rows.push(std::mem::take(&mut self.row));
        }
    }
}

/// Measures the bulkheads of one edge.
#[derive(Clone, Debug)]
struct BulkheadMeter {
    row: BulkheadRow,
    in_use: Level,
    waiting: Level,
    abandoned: Level,
    /// `None`: the edge has no bulkhead.
    rows: Option<Vec<BulkheadRow>>,
}

impl BulkheadMeter {
    fn new(edge: &Edge) -> Self {
        Self {
            row: BulkheadRow::default(),
            in_use: Level::default(),
            waiting: Level::default(),
            abandoned: Level::default(),
            rows: edge.bulkheads.map(|_| Vec::new()),
        }
    }

    fn happened(&mut self, now: Time, event: GuardEvent) {
        match event {
            GuardEvent::BulkheadEntered => {
                self.row.entered += 1;
                self.in_use.rise(now);
            }
            GuardEvent::BulkheadQueued => self.waiting.rise(now),
            GuardEvent::BulkheadHandedOver => {
                self.row.entered += 1;
                self.waiting.fall(now);
            }
            GuardEvent::BulkheadLeft => self.in_use.fall(now),
            GuardEvent::BulkheadRefused => self.row.rejected_full += 1,
            GuardEvent::BulkheadTimedOut => {
                self.row.rejected_timeout += 1;
                self.waiting.fall(now);
            }
            GuardEvent::BulkheadLeftLine => self.waiting.fall(now),
            GuardEvent::WorkerKept => self.abandoned.rise(now),
            GuardEvent::WorkerFreed => self.abandoned.fall(now),
            _ => {}
        }
    }

    fn close(&mut self, end: Time, digest: &mut Digest) {
        if let Some(rows) = &mut self.rows {
            self.row.in_use = self.in_use.close(end);
            self.row.waiting = self.waiting.close(end);
            self.row.abandoned = self.abandoned.close(end);
            digest.bulkhead(&self.row);
            rows.push(std::mem::take(&mut self.row));
        }
    }
}

/// Measures the adaptive throttles of one edge.
#[derive(Clone, Debug)]
struct AdaptiveThrottleMeter {
    row: AdaptiveThrottleRow,
    /// `None`: the edge has no throttle.
    rows: Option<Vec<AdaptiveThrottleRow>>,
}

impl AdaptiveThrottleMeter {
    fn new(edge: &Edge) -> Self {
        Self { row: AdaptiveThrottleRow::default(), rows: edge.throttles.map(|_| Vec::new()) }
    }

    fn close(&mut self, digest: &mut Digest) {
        if let Some(rows) = &mut self.rows {
            digest.adaptive_throttle(&self.row);
            rows.push(std::mem::take(&mut self.row));
        }
    }
}
