//! What watches a run. Observers are told of every [`Happening`]; they never steer.
//!
//! Metrics, conservation checkers, event logs and properties are all observers, statically dispatched, and no counter is
//! kept anywhere else.

mod books;
mod cache;
mod checker;
mod guard;
mod guard_series;
mod happening;
mod lock;
mod log;
mod memory;
mod metrics;
mod permits;
mod register;
mod run;
mod spans;

pub use cache::{CacheEvent, CacheRow, CacheSeries};
pub use checker::{Checker, Violation};
pub use guard::{
    AdaptiveThrottleEvent, BulkheadEvent, CircuitBreakerEvent, Closing, ConnectionPhase, GuardEvent,
    HedgeEvent, OutlierDetectionEvent, PoolEvent, RateLimitEvent, RetryBudgetEvent,
};
pub use guard_series::{
    AdaptiveThrottleRow, BulkheadRow, CircuitBreakerRow, GuardSeries, HedgeRow, OutlierDetectionRow,
    PolicySeries, PoolRow, RateLimitRow, RetryBudgetRow,
};
pub use happening::{AttemptRef, BranchPurpose, CallOrigin, CallRef, Happening, Observer, Place};
pub use lock::{LockEvent, LockRow, LockSeries};
pub use log::{Entry, EventLog};
pub use memory::{MemoryEvent, MemoryRow, MemorySeries};
pub use metrics::{Facts, Metrics};
pub use register::{RegisterEvent, RegisterRow, RegisterSeries};
pub use run::{
    EdgeRow, EdgeSeries, EdgeTotals, FaultOccurrence, Gauge, GroupRow, GroupSeries, Quantiles, Run,
    ServiceEnd, ServiceRow, ServiceSeries, ServiceTotals, WorkloadRow, WorkloadSeries, WorkloadTotals,
};
pub use spans::{
    Chosen, Lost, Mark, MarkKind, Reason, RequestTrace, SPANS_MAX, SPANS_PER_REQUEST_MAX, Span, SpanKind,
    Step, Tracer, Wish,
};
