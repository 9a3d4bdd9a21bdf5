//! Bulkheads: how many calls of a client to one target may be in progress at a time.
//!
//! A dependency that hangs takes with it everybody who waits for it: threads, connections, memory. A bulkhead gives each dependency its own compartment, so that a slow one
//! fills that and nothing else (M. Nygard, "Release It!", 2007). By Little's law it is also a limit on the load: at most `max_concurrent` divided by the latency.
//! It is bad when it is sized for the mean: a burst, or a latency a little above the usual one, is refused; and sized for the worst it isolates nothing. Waiting for a place hides both
//! for a while, and adds its own latency to a call that is already late.
//!
//! `semaphore` is resilience4j's `SemaphoreBulkhead` (fair, so first come, first served) and Polly's concurrency limiter. `thread_pool` is resilience4j's `FixedThreadPoolBulkhead` and Hystrix'
//! thread isolation: the call runs on a worker of the pool, and a caller that gives up does not free the worker unless it interrupts it.
//! Left out: core and maximum sizes apart (a pool here always has all its threads), keep-alive of threads, Hystrix' `queueSizeRejectionThreshold` apart from the queue.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Bulkhead, BulkheadState, Entry};
