//! Retry budgets: how many of the retries that a caller would like to make it may make.
//!
//! `max_attempts` bounds what one call does; a budget bounds what all calls of a client do together. When a service fails for everybody, each
//! call retries to its limit and the load is multiplied; a budget keeps the retries to a fraction of the calls, so that they cannot sustain the
//! failure that causes them. It is bad for a client that makes few calls, whose budget says little about the service; and a budget per client
//! protects a service less the more clients there are, since every reserve counts once per client.
//!
//! | budget | retries are bounded by | source |
//! |---|---|---|
//! | `ratio` | a share of the calls in a sliding window, and a reserve | Finagle `RetryBudget.scala`, `WindowedAdder.scala`; tower `tps_budget.rs` |
//! | `concurrency` | a share of the attempts in flight | Envoy `resource_manager_impl.h`, `retry_budget` |
//! | `static` | a number of retries at a time | Envoy `max_retries` |
//! | `token` | tokens that failures take and successes bring | gRPC proposal A6, `retryThrottling` |
//! | `quota` | a quota that retries take and their success brings back | AWS SDK retry specification, standard mode; smithy-rs `standard.rs` |
//! | `bucket` | a bucket that every call fills a little | M. Brooker, "Fixing retries with token buckets and circuit breakers" (2022) |
//! | `failure_rate` | nothing, until too many attempts fail for the calls that are made | the same, "circuit breaker" of retries |
//!
//! A retry is decided on before its backoff. One that is denied is not postponed: the call fails at once, with the failure it had.
//! Left out: Finagle's bound on the retries of one request (`maxRetriesPerReq`), Envoy's `budget_interval`, and the client-side rate limiter of the
//! AWS adaptive mode.

mod series;
mod settings;
pub(super) mod slots;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{RetryBudget, RetryBudgetState};
