//! What retry budgets, circuit breakers and other parts of a policy decide.

use crate::kernel::Duration;
use crate::mechanism::outlier_detection::Verdict;

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
    /// Of rate limits.
    RateLimit(RateLimitEvent),
    /// Of connection pools.
    Pool(PoolEvent),
    /// Of outlier detection.
    OutlierDetection(OutlierDetectionEvent),
    /// Of hedging.
    Hedge(HedgeEvent),
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

/// Who takes and leaves connections, and how these come and go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PoolEvent {
    /// An attempt waits for a connection.
    Queued,
    /// An attempt waits no longer for a connection, for whatever reason.
    LeftLine,
    /// An attempt has waited for a connection as long as it may.
    TimedOut,
    /// Too many waited already.
    Refused,
    /// An attempt has a connection.
    Acquired {
        /// How long it waited for it.
        waited: Duration,
    },
    /// A connection is being opened.
    Began,
    /// A connection is open, and idle.
    Opened,
    /// The same of one that was open before the run began.
    Ready,
    /// A connection could not be opened.
    ConnectFailed,
    /// An idle connection was taken.
    Taken,
    /// It was given back, and is idle.
    Returned,
    /// A connection is no more.
    Closed {
        /// What it was doing.
        phase: ConnectionPhase,
        /// Why.
        why: Closing,
    },
}

/// What a connection is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionPhase {
    /// It is being opened, or waits to be tried again.
    Connecting,
    /// Nobody uses it.
    Idle,
    /// Somebody uses it.
    InUse,
}

/// Why a connection is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closing {
    /// It was too old.
    Expired,
    /// Nobody used it for too long.
    Unused,
    /// The caller of its attempt gave up.
    Abandoned,
    /// It was found dead.
    Broken,
    /// It could not be opened, and nobody wants it any more.
    GivenUp,
    /// Its client crashed.
    Crashed,
}

impl From<PoolEvent> for GuardEvent {
    fn from(event: PoolEvent) -> Self {
        Self::Pool(event)
    }
}

/// Who gets a permit of a rate limit, and who waits for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RateLimitEvent {
    /// A call or an attempt had its permit at once.
    Passed,
    /// One was rejected at once.
    Rejected,
    /// One waits.
    Queued,
    /// One that waited goes on with its permit, after this time.
    PassedAfter(Duration),
    /// One has waited as long as it may, and is rejected.
    WaitedInVain,
    /// One waits no longer, because its call is over.
    Left,
}

/// What becomes of attempts that are made of several copies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HedgeEvent {
    /// An attempt began with its first copy.
    AttemptBegan,
    /// Another copy was made.
    Sent,
    /// Another one was not made: it would have been too much extra load.
    DeniedExtraLoad,
    /// Another one was not made: the retry budget denied it.
    DeniedBudget,
    /// Another copy than the first has succeeded.
    Won,
    /// A copy was under way when another one succeeded.
    Overtaken,
    /// A tied copy was taken away before it was handled.
    Untied,
    /// How long clients wait before they make another copy, at the end of an interval; told at that instant, of every edge with hedging.
    Level {
        /// Together.
        sum_ns: u128,
        /// How many of them have a delay.
        clients: u64,
    },
}

impl From<HedgeEvent> for GuardEvent {
    fn from(event: HedgeEvent) -> Self {
        Self::Hedge(event)
    }
}

/// Whom clients leave out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutlierDetectionEvent {
    /// An instance was ejected or returned for a client, or would have been ejected.
    Judged(Verdict),
    /// So few instances are left to a client that it uses all of them.
    PanicBegan,
    /// It uses only those that are left again.
    PanicEnded,
    /// An attempt is sent by a client that panics.
    SentInPanic,
    /// An attempt is not sent, since all instances are ejected.
    NoHost,
    /// What a client knew is gone with the instance that it was; a new one uses all instances.
    Forgotten {
        /// How many were ejected.
        ejected: u32,
        /// Whether it panicked.
        was_panicking: bool,
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

impl From<RateLimitEvent> for GuardEvent {
    fn from(event: RateLimitEvent) -> Self {
        Self::RateLimit(event)
    }
}

impl From<AdaptiveThrottleEvent> for GuardEvent {
    fn from(event: AdaptiveThrottleEvent) -> Self {
        Self::AdaptiveThrottle(event)
    }
}

impl From<OutlierDetectionEvent> for GuardEvent {
    fn from(event: OutlierDetectionEvent) -> Self {
        Self::OutlierDetection(event)
    }
}
