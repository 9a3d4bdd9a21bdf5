//! Retries: a call that failed is tried again, after a wait.
//!
//! A retry hides a fault that hits one attempt and not the next: a dropped packet, one bad instance, a restart. It is bad for the fault that
//! *is* load: every retry adds work to a server that is late because it has too much of it, and a chain of n callers that each try k times
//! multiplies one request by up to k^n. That amplification is the commonest sustaining effect of metastable failures (Bronson et al.,
//! Hot Topics in Operating Systems 2021; Huang et al., OSDI'22).
//! Backoff spreads retries over time, and jitter parts clients that failed together (M. Brooker, "Exponential Backoff And Jitter", AWS
//! Architecture Blog 2015); neither takes load away from an open workload in the long run, since what is postponed still comes.
//!
//! [`Retry`] decides whether an attempt is followed by another one, [`Backoff`] how long to wait before it. The waits follow the code of the
//! libraries they are named after: Envoy `backoff_strategy.cc`, grpc-go `stream.go`, resilience4j `IntervalFunction`, Polly `RetryHelper`,
//! tower `retry/backoff.rs`, Finagle `Backoff.scala`, and the AWS blog.
//! How many retries all calls together may make is [`crate::mechanism::retry_budget`]'s. A wait that the service asks for (`retry_after`) follows Envoy's
//! `rate_limited_retry_back_off`: `U(v, v(1+j))`, unless v is above a maximum.
//! Left out: gRPC's transparent retries, a pushback that forbids to retry, and the choice of another host, which is the balancer's.

mod backoff;
mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use backoff::{Backoff, BackoffState};
pub use series::COLUMNS;
pub use settings::*;
pub use state::Retry;
