//! Hedging: a second copy of an attempt that takes long, so that the faster of two answers counts.
//!
//! One slow instance, one pause, one long queue makes the slowest percent of the answers slow; a second copy, sent elsewhere when the first is later than nearly all are, is rarely slow as well.
//! Sent after the 95th percentile it costs 5 % more load. It is bad for what must not be done twice, and for slowness that all instances share: then every attempt is late, every one
//! gets a copy, and a fixed delay that cost 5 % doubles the load of a service that is overloaded already. A percentile follows the latency up, `max_extra_load` bounds what is sent whatever
//! happens, and the retry budget of the policy, if there is one, has to grant every copy as well.
//!
//! | part | source |
//! |---|---|
//! | copies after a delay each, the next at once after a failure, a fatal one ends it | gRPC proposal A6, `hedgingPolicy`; Polly v8 `HedgingResilienceStrategy` |
//! | percentile of the last full windows, `max_extra_load`, results of whoever is left | Finagle `BackupRequestFilter.scala`, `WindowedPercentileHistogram.scala` |
//! | what it is for; tied requests | J. Dean, L. Barroso, "The Tail at Scale", CACM 2013 |
//!
//! A copy is a call of its own as far as bulkhead, breaker of attempts, balancer, pool and per-try timer are concerned; throttle, rate limit and breaker of calls, timer and retry are of all
//! copies together. A loser is cancelled: to the breaker it has neither failed nor succeeded, and its service hears of it as of any call that was given up. With `tied` the copy that begins to be handled
//! takes the others out of the queues in which they wait, after the time of a message.
//! Finagle, before its first window is full, sends copies after 1 ms; here there are none before the percentile is known. Left out: Envoy's `hedge_on_per_try_timeout` as such (write its `per_try_timeout`
//! as `delay` and no `per_try_timeout`), hedging percentiles that are shared by several policies.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Failure, Hedge, HedgeState};
