//! Circuit breakers: a caller that stops calling what fails.
//!
//! A breaker watches how attempts (or whole calls) end. When too many of them fail, or are slow, it opens: for a while everything is refused without being
//! sent, which spares the caller the wait and the service the load. Then it lets a few through to see, and closes or opens again.
//!
//! It is good where failure is total and cheap to notice: a dead dependency, a time-out that holds threads. It is bad for partial failure: one bad shard of ten makes
//! it refuse the other nine, and one bad instance is the balancer's matter (`per = "host"`). A fleet of callers opens and closes one by one, so what the service sees is a share of
//! the load rather than none of it; and callers that open together come back together. With a small window it flaps on noise; with one larger than the traffic it never acts.
//!
//! The state machine is that of resilience4j (`CircuitBreakerStateMachine.java`, `CircuitBreakerMetrics.java`, `SlidingTimeWindowMetrics.java`), with the variants of gobreaker
//! (`gobreaker.go`: consecutive failures, late results discarded, all probes must succeed), Polly and Hystrix (one probe decides). A breaker per host with consecutive failures and one
//! probe is the endpoint failure accrual of Finagle and linkerd: a host that is shut leaves the balancer's choice.
//!
//! There are no timers: an open breaker becomes half-open with the first call after its time, as in all of the sources.
//! Left out: resilience4j's automatic transition and its disabled, forced and metrics-only states; gobreaker's `Interval`; Hystrix' health snapshots every 500 ms.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod window;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{CircuitBreaker, CircuitBreakerState, Permit, Phase, Refusal};
