//! What retry budgets, circuit breakers and other parts of a policy decide.

/// One decision, or one change of what a policy remembers, by the mechanism that it is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GuardEvent {
    /// Of retry budgets.
    RetryBudget(RetryBudgetEvent),
    /// Of circuit breakers.
    CircuitBreaker(CircuitBreakerEvent),
    /// Of bulkheads.
    Bulkhead(BulkheadEvent),
    /// Of adaptive throttles.
    AdaptiveThrottle(AdaptiveThrottleEvent),
}

/// What retry budgets decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryBudgetEvent {
    /// A retry was granted.
    Granted,
    /// A retry was denied.
    Denied,
    /// How the budgets stand at the end of an interval; told at that instant, of every edge that has some.
    Level {
        /// How many would deny a retry.
        exhausted: u64,
        /// How many retries they would grant; `None`: there is no such number.
        left: Option<u64>,
    },
}

/// What circuit breakers decide, and what becomes of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CircuitBreakerEvent {
    /// One did not let a call or an attempt through.
    Refused {
        /// Because it has enough probes; otherwise because it is open.
        is_half_open: bool,
    },
    /// One opened.
    Opened {
        /// Whether it was half-open before, and not closed.
        was_half_open: bool,
    },
    /// An open one lets probes through.
    HalfOpened,
    /// A half-open one closed.
    Closed,
    /// One that was not closed is gone with the instance that had it; a new one is closed.
    Forgotten {
        /// Whether it was half-open, and not open.
        was_half_open: bool,
    },
}

/// Who enters and leaves a bulkhead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BulkheadEvent {
    /// An attempt got a free place.
    Entered,
    /// An attempt waits for a place.
    Queued,
    /// A place that was given back went to an attempt that waited for it.
    HandedOver,
    /// A place was given back, and nobody waited for it.
    Left,
    /// There was neither a place nor room to wait.
    Refused,
    /// An attempt has waited for a place as long as it may.
    TimedOut,
    /// An attempt waits no longer for a place, because its call is over.
    LeftLine,
    /// A caller gave up, and its worker keeps its place.
    WorkerKept,
    /// Such a worker is done; what becomes of its place is told next.
    WorkerFreed,
}

/// What adaptive throttles decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AdaptiveThrottleEvent {
    /// A call was let through.
    Passed,
    /// A call was rejected.
    Rejected,
    /// How the throttles stand at the end of an interval; told at that instant, of every edge that has some. Probabilities are in billionths.
    Level {
        /// The sum of the probabilities of a rejection.
        sum: u64,
        /// The largest of them.
        max: u64,
        /// Of how many throttles.
        throttles: u32,
    },
}

impl From<RetryBudgetEvent> for GuardEvent {
    fn from(event: RetryBudgetEvent) -> Self {
        Self::RetryBudget(event)
    }
}

impl From<CircuitBreakerEvent> for GuardEvent {
    fn from(event: CircuitBreakerEvent) -> Self {
        Self::CircuitBreaker(event)
    }
}

impl From<BulkheadEvent> for GuardEvent {
    fn from(event: BulkheadEvent) -> Self {
        Self::Bulkhead(event)
    }
}

impl From<AdaptiveThrottleEvent> for GuardEvent {
    fn from(event: AdaptiveThrottleEvent) -> Self {
        Self::AdaptiveThrottle(event)
    }
}
