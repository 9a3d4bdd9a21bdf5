//! One recorder per edge and mechanism, of the edges that have it.

use super::digest::Digest;
use super::guard_meters::{
    AdaptiveThrottleMeter, BulkheadMeter, CircuitBreakerMeter, HedgeMeter, OutlierDetectionMeter, PoolMeter,
    RateLimitMeter, RetryBudgetMeter,
};
use crate::kernel::Time;
use crate::observe::{GuardEvent, GuardSeries, PolicySeries};
use crate::plan::{Edge, Plan};

/// Measures one mechanism on one edge.
pub(super) trait Meter: Sized {
    /// What happens to it.
    type Event;
    /// One interval of it.
    type Row;

    /// Of the edge at this position, if it has the mechanism.
    fn new(edge: &Edge, position: u32) -> Option<Self>;

    fn happened(&mut self, now: Time, event: Self::Event);

    /// An interval ends.
    fn close(&mut self, end: Time) -> Self::Row;

    fn digest(row: &Self::Row, digest: &mut Digest);
}

/// A meter, and what it has measured.
#[derive(Clone, Debug)]
struct Recorder<M: Meter> {
    meter: M,
    rows: Vec<M::Row>,
}

/// By edge.
type Recorders<M> = Vec<Option<Recorder<M>>>;

/// Measures what the policies of all edges decide.
#[derive(Clone, Debug)]
pub(super) struct GuardMeters {
    retry_budgets: Recorders<RetryBudgetMeter>,
    circuit_breakers: Recorders<CircuitBreakerMeter>,
    bulkheads: Recorders<BulkheadMeter>,
    adaptive_throttles: Recorders<AdaptiveThrottleMeter>,
    rate_limits: Recorders<RateLimitMeter>,
    pools: Recorders<PoolMeter>,
    outlier_detection: Recorders<OutlierDetectionMeter>,
    hedges: Recorders<HedgeMeter>,
}

impl GuardMeters {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            retry_budgets: recorders(plan),
            circuit_breakers: recorders(plan),
            bulkheads: recorders(plan),
            adaptive_throttles: recorders(plan),
            rate_limits: recorders(plan),
            pools: recorders(plan),
            outlier_detection: recorders(plan),
            hedges: recorders(plan),
        }
    }

    #[inline(never)]
    pub(super) fn happened(&mut self, now: Time, edge: usize, event: GuardEvent) {
        match event {
            GuardEvent::RetryBudget(event) => tell(&mut self.retry_budgets[edge], now, event),
            GuardEvent::CircuitBreaker(event) => tell(&mut self.circuit_breakers[edge], now, event),
            GuardEvent::Bulkhead(event) => tell(&mut self.bulkheads[edge], now, event),
            GuardEvent::AdaptiveThrottle(event) => tell(&mut self.adaptive_throttles[edge], now, event),
            GuardEvent::RateLimit(event) => tell(&mut self.rate_limits[edge], now, event),
            GuardEvent::Pool(event) => tell(&mut self.pools[edge], now, event),
            GuardEvent::OutlierDetection(event) => tell(&mut self.outlier_detection[edge], now, event),
            GuardEvent::Hedge(event) => tell(&mut self.hedges[edge], now, event),
        }
    }

    pub(super) fn close(&mut self, end: Time, digest: &mut Digest) {
        close(&mut self.retry_budgets, end, digest);
        close(&mut self.circuit_breakers, end, digest);
        close(&mut self.bulkheads, end, digest);
        close(&mut self.adaptive_throttles, end, digest);
        close(&mut self.rate_limits, end, digest);
        close(&mut self.pools, end, digest);
        close(&mut self.outlier_detection, end, digest);
        close(&mut self.hedges, end, digest);
    }

    pub(super) fn finish(self) -> GuardSeries {
        GuardSeries {
            retry_budgets: series(self.retry_budgets),
            circuit_breakers: series(self.circuit_breakers),
            bulkheads: series(self.bulkheads),
            adaptive_throttles: series(self.adaptive_throttles),
            rate_limits: series(self.rate_limits),
            pools: series(self.pools),
            outlier_detection: series(self.outlier_detection),
            hedges: series(self.hedges),
        }
    }
}

fn recorders<M: Meter>(plan: &Plan) -> Recorders<M> {
    let recorder = |meter| Recorder { meter, rows: Vec::new() };
    (0_u32..).zip(&plan.edges).map(|(position, edge)| M::new(edge, position).map(recorder)).collect()
}

fn tell<M: Meter>(recorder: &mut Option<Recorder<M>>, now: Time, event: M::Event) {
    if let Some(recorder) = recorder {
        recorder.meter.happened(now, event);
    }
}

fn close<M: Meter>(recorders: &mut Recorders<M>, end: Time, digest: &mut Digest) {
    for Recorder { meter, rows } in recorders.iter_mut().flatten() {
        let row = meter.close(end);
        M::digest(&row, digest);
        rows.push(row);
    }
}

fn series<M: Meter>(recorders: Recorders<M>) -> Vec<PolicySeries<M::Row>> {
    let finished =
        |(edge, recorder): (usize, Option<Recorder<M>>)| Some(PolicySeries { edge, rows: recorder?.rows });
    recorders.into_iter().enumerate().filter_map(finished).collect()
}
