//! What can be written about bulkheads.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::{Duration, Limit};

/// `bulkhead = { semaphore = { max_concurrent = 25 } }`: how many attempts of a client may be in progress at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BulkheadSettings {
    /// A number of places, given back when the caller has its answer or gives up.
    Semaphore(SemaphoreSettings),
    /// A pool of workers with a queue; a worker may go on for a caller that has given up.
    ThreadPool(ThreadPoolSettings),
}

/// `semaphore = { max_concurrent = 25, max_wait = "0s" }`. The defaults are resilience4j's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SemaphoreSettings {
    /// How many may be in progress.
    pub max_concurrent: u32,
    /// How long an attempt waits for a place at most, first come, first served.
    pub max_wait: Limit<Duration>,
    /// How many may wait at a time.
    pub queue_capacity: Limit<u32>,
}

impl Default for SemaphoreSettings {
    fn default() -> Self {
        Self { max_concurrent: 25, max_wait: Limit::At(Duration::ZERO), queue_capacity: Limit::Unlimited }
    }
}

/// `thread_pool = { threads = 10, queue_capacity = 100 }`. The queue is resilience4j's; how many threads there are depends on the machine there, so it must be written here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ThreadPoolSettings {
    /// How many workers there are.
    pub threads: u32,
    /// How many may wait for one.
    #[serde(default = "hundred")]
    pub queue_capacity: Limit<u32>,
    /// Whether a caller that gives up interrupts its worker (Hystrix does). Blocking sockets usually do not listen: then the worker waits until the answer comes.
    #[serde(default)]
    pub cancel_frees_worker: bool,
}

fn hundred() -> Limit<u32> {
    Limit::At(100)
}

impl BulkheadSettings {
    /// Notes what is wrong with these settings; `problems` is at `bulkhead`.
    pub fn check(&self, problems: &mut Problems) {
        match self {
            Self::Semaphore(semaphore) => problems.at("semaphore", |problems| {
                check_places("max_concurrent", semaphore.max_concurrent, problems);
                let waits = semaphore.max_wait != Limit::At(Duration::ZERO);
                if waits && semaphore.queue_capacity == Limit::At(0) {
                    problems.at("max_wait", |problems| {
                        problems.warning(
                            "nobody waits: `queue_capacity` is 0",
                            "write a `queue_capacity` above 0, or remove `max_wait`",
                        );
                    });
                }
                if !waits && semaphore.queue_capacity.limited().is_some_and(|capacity| capacity > 0) {
                    problems.at("queue_capacity", |problems| {
                        problems.warning(
                            "nobody waits: `max_wait` is 0",
                            "write how long an attempt waits for a place as `max_wait`",
                        );
                    });
                }
            }),
            Self::ThreadPool(pool) => {
                problems.at("thread_pool", |problems| check_places("threads", pool.threads, problems));
            }
        }
    }
}

fn check_places(field: &str, places: u32, problems: &mut Problems) {
    if places == 0 {
        problems.at(field, |problems| {
            problems.error(
                "with 0 places nothing is ever called",
                "write at least 1; without `bulkhead` there is no limit",
            );
        });
    }
}
