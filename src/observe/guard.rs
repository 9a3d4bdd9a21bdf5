//! What retry budgets, circuit breakers and other parts of a policy decide.

/// One decision, or one change of what a policy remembers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GuardEvent {
    /// A retry budget granted a retry.
    RetryGranted,
    /// A retry budget denied a retry.
    RetryDenied,
    /// How the retry budgets stand at the end of an interval; told at that instant, of every edge that has some.
    BudgetLevel {
        /// How many would deny a retry.
        exhausted: u64,
        /// How many retries they would grant; `None`: there is no such number.
        left: Option<u64>,
    },
    /// An adaptive throttle let a call through.
    ThrottlePassed,
    /// An adaptive throttle rejected a call.
    ThrottleRejected,
    /// How the throttles stand at the end of an interval; told at that instant, of every edge that has some. Probabilities are in billionths.
    ThrottleLevel {
        /// The sum of the probabilities of a rejection.
        sum: u64,
        /// The largest of them.
        max: u64,
        /// Of how many throttles.
        throttles: u32,
    },
    /// A circuit breaker did not let a call or an attempt through.
    BreakerRefused {
        /// Because it has enough probes; otherwise because it is open.
        is_half_open: bool,
    },
    /// A circuit breaker opened.
    BreakerOpened {
        /// Whether it was half-open before, and not closed.
        was_half_open: bool,
    },
    /// An open circuit breaker lets probes through.
    BreakerHalfOpened,
    /// A half-open circuit breaker closed.
    BreakerClosed,
    /// A circuit breaker that was not closed is gone with the instance that had it; a new one is closed.
    BreakerForgotten {
        /// Whether it was half-open, and not open.
        was_half_open: bool,
    },
    /// An attempt got a free place in a bulkhead.
    BulkheadEntered,
    /// An attempt waits for a place.
    BulkheadQueued,
    /// A place that was given back went to an attempt that waited for it.
    BulkheadHandedOver,
    /// A place was given back, and nobody waited for it.
    BulkheadLeft,
    /// There was neither a place nor room to wait.
    BulkheadRefused,
    /// An attempt has waited for a place as long as it may.
    BulkheadTimedOut,
    /// An attempt waits no longer for a place, because its call is over.
    BulkheadLeftLine,
    /// A caller gave up, and its worker keeps its place.
    WorkerKept,
    /// Such a worker is done; what becomes of its place is told next.
    WorkerFreed,
}
