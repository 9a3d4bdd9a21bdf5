//! The run digest: SHA-256 over the observable rows, independent of how the engine gets there.

use sha2::{Digest as _, Sha256};

use crate::mechanism::Class;
use crate::observe::{
    AdaptiveThrottleRow, BulkheadRow, CacheRow, CircuitBreakerRow, EdgeRow, Gauge, GroupRow, HedgeRow,
    LockRow, MemoryRow, OutlierDetectionRow, PoolRow, Quantiles, RateLimitRow, RegisterRow, RetryBudgetRow,
    ServiceEnd, ServiceRow, WorkloadRow,
};

/// Extended by every row of every component, in their order, once per closed interval.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    hash: Sha256,
    /// The numbers of one row, so that the hash is fed in one piece.
    row: Vec<u8>,
}

impl Digest {
    pub(super) fn new() -> Self {
        Self { hash: Sha256::new(), row: Vec::new() }
    }

    pub(super) fn workload(&mut self, row: &WorkloadRow) {
        self.counts(&[row.offered, row.good, row.ok_late, row.inside]);
        self.counts(&[row.extra_offered, row.extra_good, row.extra_failed, row.extra_inside]);
        self.classes(&row.failed);
        self.attributes(6, &[row.user_retries]);
        self.quantiles(&row.latency);
        self.quantiles(&row.failure_latency);
        self.flush();
    }

    pub(super) fn group(&mut self, row: &GroupRow) {
        self.counts(&[row.offered, row.good, row.ok_late, row.failed, row.inside]);
        self.quantiles(&row.latency);
        self.flush();
    }

    pub(super) fn edge(&mut self, row: &EdgeRow) {
        self.counts(&[row.calls, row.calls_inside, row.attempts, row.retries, row.attempts_inside]);
        self.classes(&row.call_ended);
        self.classes(&row.attempt_ended);
        // A network that loses nothing leaves digests as they are.
        if row.attempts_lost + row.replies_lost > 0 {
            self.counts(&[row.attempts_lost, row.replies_lost]);
        }
        self.quantiles(&row.call_latency);
        self.quantiles(&row.attempt_latency);
        self.flush();
    }

    pub(super) fn retry_budget(&mut self, row: &RetryBudgetRow) {
        self.counts(&[row.granted, row.denied, row.exhausted]);
        self.counts(&[u64::from(row.left.is_some()), row.left.unwrap_or_default()]);
        self.flush();
    }

    pub(super) fn circuit_breaker(&mut self, row: &CircuitBreakerRow) {
        self.counts(&[row.rejected_open, row.rejected_half_open, row.opened, row.half_opened, row.closed]);
        self.gauge(&row.open);
        self.gauge(&row.half_open);
        self.flush();
    }

    pub(super) fn bulkhead(&mut self, row: &BulkheadRow) {
        self.counts(&[row.entered, row.rejected_full, row.rejected_timeout]);
        for gauge in [&row.in_use, &row.waiting, &row.abandoned] {
            self.gauge(gauge);
        }
        self.flush();
    }

    pub(super) fn adaptive_throttle(&mut self, row: &AdaptiveThrottleRow) {
        self.counts(&[row.passed, row.rejected, row.probability_sum, row.probability_max]);
        self.flush();
    }

    pub(super) fn pool(&mut self, row: &PoolRow) {
        self.counts(&[
            row.acquired,
            row.rejected_full,
            row.rejected_timeout,
            row.opened,
            row.connect_failures,
        ]);
        self.counts(&[row.closed_expired, row.closed_unused, row.closed_abandoned, row.closed_broken]);
        self.row.extend_from_slice(&row.waited_ns.to_le_bytes());
        for gauge in [&row.waiting, &row.in_use, &row.idle, &row.connecting] {
            self.gauge(gauge);
        }
        self.flush();
    }

    pub(super) fn rate_limit(&mut self, row: &RateLimitRow) {
        self.counts(&[row.passed, row.waited, row.rejected, row.left]);
        self.row.extend_from_slice(&row.waited_ns.to_le_bytes());
        self.gauge(&row.waiting);
        self.flush();
    }

    pub(super) fn hedge(&mut self, row: &HedgeRow) {
        self.counts(&[row.attempts, row.hedges, row.won, row.denied_extra_load, row.denied_budget]);
        self.counts(&[row.overtaken, row.untied, row.clients]);
        self.row.extend_from_slice(&row.delay_sum_ns.to_le_bytes());
        self.flush();
    }

    pub(super) fn outlier_detection(&mut self, row: &OutlierDetectionRow) {
        self.counts(&row.ejected);
        self.counts(&[row.overflowed, row.not_enforced, row.returned]);
        self.counts(&[row.attempts_in_panic, row.rejected_no_host]);
        self.gauge(&row.hosts_ejected);
        self.gauge(&row.panicking);
        self.flush();
    }

    pub(super) fn service(&mut self, row: &ServiceRow) {
        self.counts(&[row.received, row.orphaned]);
        self.row.extend_from_slice(&row.wasted_work_ns.to_le_bytes());
        self.attributes(1, &[row.fallbacks]);
        self.attributes(2, &[row.queue_timeouts]);
        self.attributes(7, &[row.duplicate_executions]);
        self.attributes(8, &[row.rate_limited]);
        let gauges =
            [(3, row.waiting_for_cpu), (4, row.in_io), (5, row.waiting_for_io), (9, row.waiting_for_permit)];
        for (place, gauge) in gauges {
            if gauge != Gauge::default() {
                self.counts(&[place]);
                self.gauge(&gauge);
            }
        }
        let (ended, conflicts) = row.ended.split_at(ServiceEnd::Conflict.index());
        self.counts(ended);
        self.attributes(10, conflicts);
        for gauge in [&row.inside, &row.queued, &row.busy, &row.working] {
            self.gauge(gauge);
        }
        self.quantiles(&row.time_in_queue);
        self.quantiles(&row.time_in_service);
        self.flush();
    }

    pub(super) fn cache(&mut self, row: &CacheRow) {
        self.counts(&[row.hits, row.misses, row.expired, row.coalesced, row.fills, row.not_admitted]);
        self.counts(&[row.evictions, row.invalidations, row.flushed, row.loads, row.load_failures]);
        self.counts(&[row.entries]);
        self.attributes(1, &[row.stale, row.served_on_error, row.refreshes]);
        self.attributes(2, &[row.get_errors, row.write_errors]);
        self.attributes(3, &[row.leases, row.lease_waits, row.refused_puts]);
        self.attributes(4, &[row.size.unwrap_or(0), row.too_large]);
        self.attributes(5, &[row.negative_hits, row.negative_fills, row.absent]);
        self.attributes(6, &[row.propagating, row.outdated, row.outdated_sum_ns as u64, row.outdated_max_ns]);
        self.attributes(
            7,
            &[row.dirty, row.coalesced_writes, row.served_dirty, row.stores, row.stores_behind],
        );
        self.attributes(8, &[row.store_failures, row.writes_lost]);
        self.attributes(9, &[row.failed_hits]);
        self.attributes(10, &[row.warmed]);
        self.gauge(&row.loads_inside);
        self.quantiles(&row.age);
        self.flush();
    }

    pub(super) fn memory(&mut self, row: &MemoryRow) {
        self.counts(&[row.live, row.occupied, row.collections, row.freed, row.stalls, row.kills]);
        for gauge in [&row.collecting, &row.stopped, &row.down] {
            self.gauge(gauge);
        }
        self.quantiles(&row.pause);
        self.flush();
    }

    pub(super) fn lock(&mut self, row: &LockRow) {
        self.counts(&[row.acquired, row.contended, row.timed_out, row.left]);
        self.gauge(&row.waiting);
        self.gauge(&row.holding);
        self.quantiles(&row.wait);
        self.quantiles(&row.hold);
        self.flush();
    }

    pub(super) fn register(&mut self, row: &RegisterRow) {
        self.counts(&[row.reads, row.writes, row.conflicts, row.blind]);
        self.flush();
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.hash.finalize().into()
    }

    fn counts(&mut self, counts: &[u64]) {
        for count in counts {
            self.row.extend_from_slice(&count.to_le_bytes());
        }
    }

    /// One count per class; `conflict` came later than the others.
    fn classes(&mut self, counts: &[u64; Class::COUNT]) {
        let (first, conflicts) = counts.split_at(Class::Conflict.index());
        self.counts(first);
        self.attributes(11, conflicts);
    }

    /// Attributes that came later than the digest: where there are none, they leave no trace. `place` tells one list from another.
    fn attributes(&mut self, place: u64, counts: &[u64]) {
        if counts.iter().any(|&count| count > 0) {
            self.counts(&[place]);
            self.counts(counts);
        }
    }

    fn gauge(&mut self, gauge: &Gauge) {
        self.row.extend_from_slice(&gauge.integral.to_le_bytes());
        self.counts(&[gauge.max, gauge.last]);
    }

    fn quantiles(&mut self, quantiles: &Quantiles) {
        self.row.extend_from_slice(&quantiles.sum_ns.to_le_bytes());
        self.counts(&[
            quantiles.count,
            quantiles.p50_ns,
            quantiles.p90_ns,
            quantiles.p99_ns,
            quantiles.p999_ns,
        ]);
        self.counts(&[quantiles.max_ns]);
    }

    fn flush(&mut self) {
        self.hash.update(&self.row);
        self.row.clear();
    }
}
