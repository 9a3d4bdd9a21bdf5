//! One meter per workload, edge and service.

use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::observe::{
    EdgeRow, EdgeTotals, GroupRow, ServiceEnd, ServiceRow, ServiceTotals, WorkloadRow, WorkloadTotals,
};

use super::level::{Counted, Durations, Level, Paired, PartlyCounted, Recorder};

/// What nearly every request changes, in one line of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct WorkloadCounts {
    offered: u64,
    good: u64,
    inside: u64,
    /// The same of all that count.
    total_offered: u64,
    total_good: u64,
    total_unfinished: u64,
}

/// Measures one workload.
#[derive(Clone, Debug, Default)]
pub(super) struct WorkloadMeter {
    counts: WorkloadCounts,
    /// The rest of the row.
    row: WorkloadRow,
    rows: Vec<WorkloadRow>,
    /// The rest of the totals.
    totals: WorkloadTotals,
    latency: PartlyCounted,
    failure_latency: PartlyCounted,
}

impl WorkloadMeter {
    #[inline]
    pub(super) fn entered(&mut self, extra: bool, counts: bool, is_user_retry: bool) {
        if is_user_retry {
            self.row.user_retries += 1;
        }
        if extra {
            self.row.extra_offered += 1;
            self.row.extra_inside += 1;
            self.totals.extra_offered += u64::from(counts);
        } else {
            self.counts.offered += 1;
            self.counts.inside += 1;
            self.counts.total_offered += u64::from(counts);
            self.counts.total_unfinished += u64::from(counts);
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "a request is told to be over in one place, which knows half of this"
    )]
    #[inline(always)]
    pub(super) fn ended(&mut self, extra: bool, class: Class, latency: Duration, counts: bool, late: bool) {
        let is_good = class == Class::Ok;
        if late && is_good && !extra {
            self.counts.inside -= 1;
            self.row.ok_late += 1;
            self.counts.total_unfinished -= u64::from(counts);
            self.totals.ok_late += u64::from(counts);
            return;
        }
        let is_good = is_good && !late;
        let recorder = if is_good { &mut self.latency } else { &mut self.failure_latency };
        recorder.record(latency, counts && !extra);
        if extra {
            self.row.extra_inside -= 1;
            self.row.extra_good += u64::from(is_good);
            self.row.extra_failed += u64::from(!is_good);
            self.totals.extra_good += u64::from(is_good && counts);
            return;
        }
        self.counts.inside -= 1;
        let count = if is_good { &mut self.counts.good } else { &mut self.row.failed[class.index()] };
        *count += 1;
        if counts {
            self.counts.total_unfinished -= 1;
            let count =
                if is_good { &mut self.counts.total_good } else { &mut self.totals.failed[class.index()] };
            *count += 1;
        }
    }

    pub(super) fn close(&mut self) -> &WorkloadRow {
        self.row.offered = std::mem::take(&mut self.counts.offered);
        self.row.good = std::mem::take(&mut self.counts.good);
        self.row.inside = self.counts.inside;
        self.row.latency = self.latency.close();
        self.row.failure_latency = self.failure_latency.close();
        let next = WorkloadRow { extra_inside: self.row.extra_inside, ..Default::default() };
        self.rows.push(std::mem::replace(&mut self.row, next));
        self.rows.last().expect("invariant: a row was just pushed")
    }

    pub(super) fn finish(mut self) -> (Vec<WorkloadRow>, WorkloadTotals) {
        let WorkloadCounts { total_offered, total_good, total_unfinished, .. } = self.counts;
        self.totals.offered = total_offered;
        self.totals.good = total_good;
        self.totals.unfinished = total_unfinished;
        self.totals.latency = self.latency.total();
        self.totals.failure_latency = self.failure_latency.total();
        (self.rows, self.totals)
    }
}

/// Measures the requests of one kind, or of one tenant.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupMeter {
    row: GroupRow,
    rows: Vec<GroupRow>,
    latency: Recorder,
}

impl GroupMeter {
    pub(super) fn entered(&mut self) {
        self.row.offered += 1;
        self.row.inside += 1;
    }

    pub(super) fn ended(&mut self, class: Class, latency: Duration, late: bool) {
        self.row.inside -= 1;
        match class {
            Class::Ok if late => self.row.ok_late += 1,
            Class::Ok => {
                self.row.good += 1;
                self.latency.record(latency);
            }
            _ => self.row.failed += 1,
        }
    }

    pub(super) fn close(&mut self) -> &GroupRow {
        self.row.latency = self.latency.take(None);
        let next = GroupRow { inside: self.row.inside, ..Default::default() };
        self.rows.push(std::mem::replace(&mut self.row, next));
        self.rows.last().expect("invariant: a row was just pushed")
    }

    pub(super) fn finish(self) -> Vec<GroupRow> {
        self.rows
    }
}

/// What nearly every call and attempt changes, in one line of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct EdgeCounts {
    /// What the last attempt that succeeded took, until it is known whether its call took as long.
    answered: Option<Duration>,
    calls: u64,
    calls_inside: u32,
    calls_ok: u64,
    attempts: u64,
    attempts_inside: u32,
    attempts_ok: u64,
    retries: u64,
}

const _: () = assert!(size_of::<EdgeCounts>() == 64, "the counts of an edge are one line of the cache");

/// Measures one edge.
#[derive(Clone, Debug, Default)]
pub(super) struct EdgeMeter {
    counts: EdgeCounts,
    /// The rest of the row.
    row: EdgeRow,
    rows: Vec<EdgeRow>,
    /// Of calls and of attempts. A call that is answered at its first try takes as long as that.
    latency: Paired,
}

/// The first kind of latency of an edge.
const OF_CALLS: usize = 0;
/// The second.
const OF_ATTEMPTS: usize = 1;

impl EdgeMeter {
    #[inline]
    pub(super) fn call_began(&mut self) {
        self.counts.calls += 1;
        self.counts.calls_inside += 1;
    }

    #[inline]
    pub(super) fn call_ended(&mut self, class: Class, latency: Duration, counted: Counted) {
        self.counts.calls_inside -= 1;
        if class == Class::Ok {
            self.counts.calls_ok += 1;
            if counted == Counted::NotNow && self.counts.answered == Some(latency) {
                self.counts.answered = None;
                self.latency.record_both(latency);
            } else {
                self.latency.record_only(OF_CALLS, latency, counted);
            }
        } else {
            self.row.call_ended[class.index()] += 1;
        }
    }

    #[inline]
    pub(super) fn attempt_sent(&mut self, ordinal: u32) {
        self.counts.attempts += 1;
        self.counts.attempts_inside += 1;
        self.counts.retries += u64::from(ordinal > 1);
    }

    pub(super) fn attempt_lost(&mut self) {
        self.row.attempts_lost += 1;
    }

    pub(super) fn reply_lost(&mut self) {
        self.row.replies_lost += 1;
    }

    #[inline]
    pub(super) fn attempt_ended(&mut self, class: Class, latency: Duration, counted: Counted) {
        self.counts.attempts_inside -= 1;
        if class == Class::Ok {
            self.counts.attempts_ok += 1;
            self.settle_answered();
            if counted == Counted::NotNow {
                self.counts.answered = Some(latency);
            } else {
                self.latency.record_only(OF_ATTEMPTS, latency, counted);
            }
        } else {
            self.row.attempt_ended[class.index()] += 1;
        }
    }

    /// The last attempt that succeeded was not all of its call.
    #[inline]
    fn settle_answered(&mut self) {
        if let Some(latency) = self.counts.answered.take() {
            self.latency.record_only(OF_ATTEMPTS, latency, Counted::NotNow);
        }
    }

    pub(super) fn close(&mut self, all_count: bool) -> &EdgeRow {
        self.settle_answered();
        let EdgeCounts {
            calls, calls_inside, calls_ok, attempts, attempts_inside, attempts_ok, retries, ..
        } = self.counts;
        self.counts = EdgeCounts { calls_inside, attempts_inside, ..EdgeCounts::default() };
        let mut row = std::mem::take(&mut self.row);
        (row.calls, row.calls_inside) = (calls, calls_inside.into());
        (row.attempts, row.attempts_inside, row.retries) = (attempts, attempts_inside.into(), retries);
        row.call_ended[Class::Ok.index()] = calls_ok;
        row.attempt_ended[Class::Ok.index()] = attempts_ok;
        [row.call_latency, row.attempt_latency] = self.latency.close(all_count);
        self.rows.push(row);
        self.rows.last().expect("invariant: a row was just pushed")
    }

    pub(super) fn finish(self) -> (Vec<EdgeRow>, EdgeTotals) {
        let [call_latency, attempt_latency] = self.latency.totals();
        (self.rows, EdgeTotals { call_latency, attempt_latency })
    }
}

/// What nearly every attempt changes, in two lines of the cache: its end only the first, the end of its work only the second. And what changes if it has to wait.
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
struct ServiceLevels {
    inside: Level,
    busy: Level,
    working: Level,
    received: u64,
    /// Attempts that did not wait for their thread.
    at_once: u64,
    queued: Level,
}

/// Measures one service.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceMeter {
    levels: ServiceLevels,
    /// The rest of the row.
    row: ServiceRow,
    rows: Vec<ServiceRow>,
    waiting_for_cpu: Level,
    in_io: Level,
    waiting_for_io: Level,
    waiting_for_permit: Level,
    time_in_queue: Durations,
    time_in_service: Durations,
}

impl ServiceMeter {
    #[inline]
    pub(super) fn received(&mut self, now: Time) {
        self.levels.received += 1;
        self.levels.inside.rise(now);
    }

    #[inline]
    pub(super) fn queued(&mut self, now: Time) {
        self.levels.queued.rise(now);
    }

    #[inline]
    pub(super) fn left_queue(&mut self, now: Time) {
        self.levels.queued.fall(now);
    }

    #[inline]
    pub(super) fn thread_taken(&mut self, now: Time, waited: Duration, counted: Counted) {
        self.levels.busy.rise(now);
        if waited.is_zero() && counted == Counted::NotNow {
            self.levels.at_once += 1;
        } else {
            self.time_in_queue.record(waited, counted);
        }
    }

    #[inline]
    pub(super) fn thread_released(&mut self, now: Time) {
        self.levels.busy.fall(now);
    }

    #[inline]
    pub(super) fn work_began(&mut self, now: Time) {
        self.levels.working.rise(now);
    }

    #[inline]
    pub(super) fn work_stopped(&mut self, now: Time) {
        self.levels.working.fall(now);
    }

    #[inline]
    pub(super) fn finished(
        &mut self,
        now: Time,
        end: ServiceEnd,
        received: Time,
        wasted: Duration,
        counted: Counted,
    ) {
        self.levels.inside.fall(now);
        if !wasted.is_zero() {
            self.row.wasted_work_ns += u128::from(wasted.as_ns());
        }
        if end == ServiceEnd::Ok {
            self.time_in_service.record(now.since(received), counted);
        } else {
            self.row.ended[end.index()] += 1;
        }
    }

    #[inline]
    pub(super) fn orphaned(&mut self) {
        self.row.orphaned += 1;
    }

    #[inline]
    pub(super) fn branch_ended(&mut self, wasted: Duration) {
        self.row.wasted_work_ns += u128::from(wasted.as_ns());
    }

    #[inline]
    pub(super) fn cpu_queued(&mut self, now: Time) {
        self.waiting_for_cpu.rise(now);
    }

    #[inline]
    pub(super) fn cpu_left_queue(&mut self, now: Time) {
        self.waiting_for_cpu.fall(now);
    }

    #[inline]
    pub(super) fn io_began(&mut self, now: Time) {
        self.in_io.rise(now);
    }

    #[inline]
    pub(super) fn io_stopped(&mut self, now: Time) {
        self.in_io.fall(now);
    }

    #[inline]
    pub(super) fn io_queued(&mut self, now: Time) {
        self.waiting_for_io.rise(now);
    }

    #[inline]
    pub(super) fn io_left_queue(&mut self, now: Time) {
        self.waiting_for_io.fall(now);
    }

    #[inline]
    pub(super) fn queue_timed_out(&mut self) {
        self.row.queue_timeouts += 1;
    }

    #[inline]
    pub(super) fn permit_queued(&mut self, now: Time) {
        self.waiting_for_permit.rise(now);
    }

    #[inline]
    pub(super) fn permit_left_queue(&mut self, now: Time) {
        self.waiting_for_permit.fall(now);
    }

    #[inline]
    pub(super) fn rate_limited(&mut self) {
        self.row.rate_limited += 1;
    }

    #[inline]
    pub(super) fn executed_again(&mut self) {
        self.row.duplicate_executions += 1;
    }

    #[inline]
    pub(super) fn fell_back(&mut self) {
        self.row.fallbacks += 1;
    }

    pub(super) fn close(&mut self, end: Time, all_count: bool) -> &ServiceRow {
        self.row.received = std::mem::take(&mut self.levels.received);
        self.row.inside = self.levels.inside.close(end);
        self.row.queued = self.levels.queued.close(end);
        self.row.busy = self.levels.busy.close(end);
        self.row.working = self.levels.working.close(end);
        self.row.waiting_for_cpu = self.waiting_for_cpu.close(end);
        self.row.in_io = self.in_io.close(end);
        self.row.waiting_for_io = self.waiting_for_io.close(end);
        self.row.waiting_for_permit = self.waiting_for_permit.close(end);
        self.time_in_queue.record_zeros(std::mem::take(&mut self.levels.at_once));
        self.row.time_in_queue = self.time_in_queue.close(all_count);
        self.row.time_in_service = self.time_in_service.close(all_count);
        // Each of these has a time, and nothing else has.
        self.row.ended[ServiceEnd::Ok.index()] = self.row.time_in_service.count;
        self.rows.push(std::mem::take(&mut self.row));
        self.rows.last().expect("invariant: a row was just pushed")
    }

    pub(super) fn finish(self) -> (Vec<ServiceRow>, ServiceTotals) {
        let totals = ServiceTotals {
            time_in_queue: self.time_in_queue.total(),
            time_in_service: self.time_in_service.total(),
        };
        (self.rows, totals)
    }
}
