//! A finished run: columns of numbers, and nothing that points back into the simulation.

use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::fault::Role;

use super::{CacheSeries, GuardSeries, LockSeries, MemorySeries, RegisterSeries};

/// Everything that was measured in one run.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// The seed that, with the model and the version, makes this run.
    pub seed: u64,
    /// Simulated time.
    pub duration: Duration,
    /// Rows before this are left out of summaries; a whole number of intervals.
    pub warmup: Duration,
    /// What one row covers. The last row may be shorter.
    pub interval: Duration,
    /// By name.
    pub workloads: Vec<WorkloadSeries>,
    /// By workload, in the order of the mix.
    pub operations: Vec<GroupSeries>,
    /// Of workloads with tenants, each of them.
    pub tenants: Vec<GroupSeries>,
    /// By caller, target and policy.
    pub edges: Vec<EdgeSeries>,
    /// What policies granted, rejected and hold, by caller, target and policy.
    pub guards: GuardSeries,
    /// By name.
    pub services: Vec<ServiceSeries>,
    /// By name.
    pub caches: Vec<CacheSeries>,
    /// By service, of those whose memory is limited.
    pub memories: Vec<MemorySeries>,
    /// By name.
    pub locks: Vec<LockSeries>,
    /// By name.
    pub registers: Vec<RegisterSeries>,
    /// Every fault occurrence as it happened, by time and name.
    pub faults: Vec<FaultOccurrence>,
    /// How many events the engine executed.
    pub events: u64,
    /// SHA-256 over the observable rows, extended once per closed interval.
    pub digest: [u8; 32],
}

/// The requests of one workload.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkloadSeries {
    /// The name in the model.
    pub name: String,
    /// One per interval.
    pub rows: Vec<WorkloadRow>,
    /// Over the requests whose intended start is at or after the warm-up.
    pub totals: WorkloadTotals,
}

/// One interval of a workload. `inside` at its start + `offered` = everything that ended + `inside` at its end.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WorkloadRow {
    /// Requests that entered, without those that a trigger added.
    pub offered: u64,
    /// Of those, the ones with which users repeated an earlier one.
    pub user_retries: u64,
    /// Requests that succeeded while still wanted.
    pub good: u64,
    /// Requests that succeeded after the user had lost patience.
    pub ok_late: u64,
    /// Requests that failed, by [`Class::index`] (the place of `ok` stays 0).
    pub failed: [u64; Class::COUNT],
    /// Requests in progress at the end of the interval.
    pub inside: u64,
    /// Requests added by a trigger.
    pub extra_offered: u64,
    /// Of those, the ones that succeeded.
    pub extra_good: u64,
    /// Of those, the ones that failed.
    pub extra_failed: u64,
    /// Of those, the ones in progress at the end of the interval.
    pub extra_inside: u64,
    /// From intended start to success, extra requests included.
    pub latency: Quantiles,
    /// From intended start to failure, extra requests included.
    pub failure_latency: Quantiles,
}

/// A part of the requests of a workload: those of one kind, or of one tenant. Extra ones are left out.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupSeries {
    /// The workload.
    pub workload: String,
    /// The name of the kind or the tenant in the model.
    pub name: String,
    /// One per interval.
    pub rows: Vec<GroupRow>,
}

/// One interval of such a part. `inside` at its start + `offered` = everything that ended + `inside` at its end.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GroupRow {
    /// Requests that entered.
    pub offered: u64,
    /// Requests that succeeded while still wanted.
    pub good: u64,
    /// Requests that succeeded after the user had lost patience.
    pub ok_late: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests in progress at the end of the interval.
    pub inside: u64,
    /// From intended start to success.
    pub latency: Quantiles,
}

/// A workload after the warm-up. `offered` = `good` + `ok_late` + failed + `unfinished`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WorkloadTotals {
    /// Requests whose intended start is at or after the warm-up, without extra ones.
    pub offered: u64,
    /// Of those, the ones that succeeded while still wanted.
    pub good: u64,
    /// Of those, the ones that succeeded too late for their user.
    pub ok_late: u64,
    /// Of those, the ones that failed, by [`Class::index`].
    pub failed: [u64; Class::COUNT],
    /// Of those, the ones in progress when the run ended.
    pub unfinished: u64,
    /// Requests added by a trigger.
    pub extra_offered: u64,
    /// Of those, the ones that succeeded.
    pub extra_good: u64,
    /// From intended start to success, without extra requests.
    pub latency: Quantiles,
    /// From intended start to failure, without extra requests.
    pub failure_latency: Quantiles,
}

/// The calls from one caller to one target under one policy.
#[derive(Clone, PartialEq, Debug)]
pub struct EdgeSeries {
    /// The workload or service that calls.
    pub caller: String,
    /// Whether the caller is a workload.
    pub caller_is_workload: bool,
    /// The service that is called.
    pub target: String,
    /// The policy under which it is called.
    pub policy: String,
    /// One per interval.
    pub rows: Vec<EdgeRow>,
    /// Quantiles over everything that ended in [warm-up, duration).
    pub totals: EdgeTotals,
}

/// One interval of an edge.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EdgeRow {
    /// Calls that began.
    pub calls: u64,
    /// Calls that ended, by [`Class::index`].
    pub call_ended: [u64; Class::COUNT],
    /// Calls in progress at the end of the interval.
    pub calls_inside: u64,
    /// Attempts that were sent.
    pub attempts: u64,
    /// Of those, the ones that were not the first of their call.
    pub retries: u64,
    /// Attempts that ended for their caller, by [`Class::index`].
    pub attempt_ended: [u64; Class::COUNT],
    /// Attempts that their caller was waiting for at the end of the interval.
    pub attempts_inside: u64,
    /// Attempts whose request was lost on the network, or turned back there; they never reach the service.
    pub attempts_lost: u64,
    /// Attempts whose reply was lost on the network.
    pub replies_lost: u64,
    /// From the begin of the call to its success.
    pub call_latency: Quantiles,
    /// From sending an attempt to its success.
    pub attempt_latency: Quantiles,
}

/// An edge after the warm-up.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EdgeTotals {
    /// From the begin of the call to its success.
    pub call_latency: Quantiles,
    /// From sending an attempt to its success.
    pub attempt_latency: Quantiles,
}

/// The attempts that one service received.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceSeries {
    /// The name in the model.
    pub name: String,
    /// Threads of all its instances together; `None`: unlimited.
    pub threads: Option<u64>,
    /// One per interval.
    pub rows: Vec<ServiceRow>,
    /// Quantiles over everything that ended in [warm-up, duration).
    pub totals: ServiceTotals,
}

/// How an attempt ends for the service that received it; disjoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum ServiceEnd {
    /// Handled with success, wanted or not.
    Ok,
    /// Handled, with an application failure.
    AppError,
    /// Handled, with a failure of the service's own.
    ServerError,
    /// Handled, with a failure of something behind the service.
    GatewayError,
    /// Turned away with an answer.
    Overloaded,
    /// Turned away in silence.
    Dropped,
    /// Taken from the queue after its caller had given up, and dropped.
    Expired,
    /// Removed or aborted because the caller cancelled it.
    Cancelled,
    /// Lost in a crash.
    Reset,
    /// Handled, and somebody else was there first.
    Conflict,
}

impl ServiceEnd {
    /// Every way, in the order of the columns in the output.
    pub const ALL: [Self; 10] = [
        Self::Ok,
        Self::AppError,
        Self::ServerError,
        Self::GatewayError,
        Self::Overloaded,
        Self::Dropped,
        Self::Expired,
        Self::Cancelled,
        Self::Reset,
        Self::Conflict,
    ];

    /// How many ways there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The name of the column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::AppError => "app_error",
            Self::ServerError => "server_error",
            Self::GatewayError => "gateway_error",
            Self::Overloaded => "overloaded",
            Self::Dropped => "dropped",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Reset => "reset",
            Self::Conflict => "conflict",
        }
    }

    /// The position in [`ServiceEnd::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// One interval of a service. `inside.last` before + `received` = everything in `ended` + `inside.last`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ServiceRow {
    /// Attempts that reached the service.
    pub received: u64,
    /// Attempts that the service was done with, by [`ServiceEnd::index`].
    pub ended: [u64; ServiceEnd::COUNT],
    /// Attempts waiting or being handled.
    pub inside: Gauge,
    /// Attempts waiting for a thread.
    pub queued: Gauge,
    /// Threads held.
    pub busy: Gauge,
    /// Attempts in a `work` step.
    pub working: Gauge,
    /// Attempts whose caller gave up while the service still had them.
    pub orphaned: u64,
    /// Of the time in `work` steps (the integral of `working`), in thread-nanoseconds: what was spent on attempts that ended in this interval and whose result nobody used.
    pub wasted_work_ns: u128,
    /// Attempts in a `work` step that wait for a CPU.
    pub waiting_for_cpu: Gauge,
    /// Attempts that have an I/O channel.
    pub in_io: Gauge,
    /// Attempts in an `io` step that wait for a channel.
    pub waiting_for_io: Gauge,
    /// Attempts turned away because they had waited too long for a thread; they are among the overloaded.
    pub queue_timeouts: u64,
    /// Attempts turned away because the rate limit of the service had no permit for them; they are among the overloaded.
    pub rate_limited: u64,
    /// Attempts that wait for a permit of the rate limit of the service.
    pub waiting_for_permit: Gauge,
    /// How often a handler went on otherwise, because what it tried had failed.
    pub fallbacks: u64,
    /// Calls of requests that are not idempotent, carried out with success once more.
    pub duplicate_executions: u64,
    /// From arrival to a thread, of the attempts that got one.
    pub time_in_queue: Quantiles,
    /// From arrival to the end, of the attempts handled with success.
    pub time_in_service: Quantiles,
}

/// A service after the warm-up.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ServiceTotals {
    /// From arrival to a thread, of the attempts that got one.
    pub time_in_queue: Quantiles,
    /// From arrival to the end, of the attempts handled with success.
    pub time_in_service: Quantiles,
}

/// A level over an interval.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Gauge {
    /// The integral of the level over the interval, in level × nanoseconds; divided by the length it is the time average.
    pub integral: u128,
    /// The highest level.
    pub max: u64,
    /// The level at the end.
    pub last: u64,
}

/// The distribution of a duration over what ended in an interval: nearest rank, relative error at most 1 %.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quantiles {
    /// How many were recorded; if 0 the other fields say nothing.
    pub count: u64,
    /// The exact sum, in nanoseconds.
    pub sum_ns: u128,
    /// The median.
    pub p50_ns: u64,
    /// The 90th percentile.
    pub p90_ns: u64,
    /// The 99th percentile.
    pub p99_ns: u64,
    /// The 99.9th percentile.
    pub p999_ns: u64,
    /// The exact maximum.
    pub max_ns: u64,
}

/// A fault as it happened.
#[derive(Clone, PartialEq, Debug)]
pub struct FaultOccurrence {
    /// The name in the model.
    pub name: String,
    /// Which kind: `degrade`, `pause`, …
    pub kind: &'static str,
    /// Trigger or background.
    pub role: Role,
    /// When it began.
    pub at: Time,
    /// When it ended; `None`: not before the run did.
    pub end: Option<Time>,
    /// Whom it hit: the service, workload or zone, both ends of what was cut, or the settings that were pushed.
    pub target: String,
    /// Which instances of the service; empty for a workload.
    pub instances: Vec<u32>,
}

impl Run {
    /// The instant at which row `index` begins.
    pub fn row_start(&self, index: usize) -> Time {
        Time::from_ns(self.interval.as_ns() * index as u64)
    }

    /// How long row `index` is: the interval, or less for the last one.
    pub fn row_length(&self, index: usize) -> Duration {
        let start = Duration::from_ns(self.row_start(index).as_ns());
        self.duration.saturating_sub(start).min(self.interval)
    }

    /// How many rows every series has.
    pub fn row_count(&self) -> usize {
        self.duration.as_ns().div_ceil(self.interval.as_ns()) as usize
    }
}

impl Gauge {
    /// The time average over an interval of this length.
    pub fn mean(&self, length: Duration) -> f64 {
        self.integral as f64 / length.as_ns() as f64
    }
}

impl Quantiles {
    /// The exact mean in nanoseconds, if anything was recorded.
    pub fn mean_ns(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / self.count as f64)
    }
}
