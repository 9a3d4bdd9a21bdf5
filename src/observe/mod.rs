//! What watches a run. Observers are told of every [`Happening`]; they never steer.
//!
//! Metrics, conservation checkers, event logs and properties are all observers, statically dispatched, and no counter is
//! kept anywhere else.

mod checker;
mod guard;
mod happening;
mod log;
mod metrics;
mod run;

pub use checker::{Checker, Violation};
pub use guard::GuardEvent;
pub use happening::{AttemptRef, Happening, Observer, Place};
pub use log::{Entry, EventLog};
pub use metrics::{Facts, Metrics};
pub use run::{
    AdaptiveThrottleRow, AdaptiveThrottleSeries, BulkheadRow, BulkheadSeries, CircuitBreakerRow,
    CircuitBreakerSeries, EdgeRow, EdgeSeries, EdgeTotals, FaultOccurrence, Gauge, GroupRow, GroupSeries,
    Quantiles, RetryBudgetRow, RetryBudgetSeries, Run, ServiceEnd, ServiceRow, ServiceSeries, ServiceTotals,
    WorkloadRow, WorkloadSeries, WorkloadTotals,
};
