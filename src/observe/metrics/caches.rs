//! One meter per cache.

use crate::kernel::Time;
use crate::mechanism::cache::Operation;
use crate::observe::{CacheEvent, CacheRow, CacheSeries};

use super::level::{Counted, Durations, Level};

/// Measures one cache.
#[derive(Clone, Debug, Default)]
pub(super) struct CacheMeter {
    row: CacheRow,
    rows: Vec<CacheRow>,
    loads: Level,
    age: Durations,
}

impl CacheMeter {
    pub(super) fn happened(&mut self, now: Time, event: CacheEvent, counted: Counted) {
        let row = &mut self.row;
        match event {
            CacheEvent::Warmed { entries } => row.entries += u64::from(entries),
            CacheEvent::Hit { age, is_stale } => {
                row.hits += 1;
                row.stale += u64::from(is_stale);
                self.age.record(age, counted);
            }
            CacheEvent::NegativeHit { age, is_failure } => {
                row.hits += 1;
                row.negative_hits += 1;
                row.failed_hits += u64::from(is_failure);
                self.age.record(age, counted);
            }
            CacheEvent::Missed { expired, gone } => {
                row.misses += 1;
                row.expired += u64::from(expired);
                row.entries -= u64::from(gone);
            }
            CacheEvent::Failed { operation: Operation::Get } => row.get_errors += 1,
            CacheEvent::Failed { operation: Operation::Put | Operation::Fill | Operation::Invalidate } => {
                row.write_errors += 1;
            }
            CacheEvent::Leased => row.leases += 1,
            CacheEvent::ToldToWait => row.lease_waits += 1,
            CacheEvent::Refused => row.refused_puts += 1,
            CacheEvent::ServedOnError { age, is_stale } => {
                row.served_on_error += 1;
                row.stale += u64::from(is_stale);
                self.age.record(age, counted);
            }
            CacheEvent::Coalesced => row.coalesced += 1,
            CacheEvent::BroughtNothing => row.absent += 1,
            CacheEvent::Filled(put) | CacheEvent::FilledWithNothing(put) => {
                row.negative_fills += u64::from(matches!(event, CacheEvent::FilledWithNothing(_)));
                row.fills += 1;
                row.not_admitted += u64::from(!put.is_kept);
                row.evictions += u64::from(put.evicted);
                row.entries += u64::from(put.is_new && put.is_kept);
                row.entries -= u64::from(put.evicted);
            }
            CacheEvent::TooLarge => row.too_large += 1,
            CacheEvent::Sized { before, after } => {
                row.size = Some(row.size.unwrap_or(0) + after - before);
            }
            CacheEvent::InvalidationSent => row.propagating += 1,
            CacheEvent::InvalidationArrived => row.propagating -= 1,
            CacheEvent::Outdated { since } => {
                row.outdated += 1;
                row.outdated_sum_ns += u128::from(since.as_ns());
                row.outdated_max_ns = row.outdated_max_ns.max(since.as_ns());
            }
            CacheEvent::ServedStale { age } => {
                row.stale += 1;
                self.age.record(age, counted);
            }
            CacheEvent::Invalidated { is_kept } => {
                row.invalidations += 1;
                row.entries -= u64::from(!is_kept);
            }
            CacheEvent::Dirtied
            | CacheEvent::WriteCoalesced
            | CacheEvent::ServedDirty { .. }
            | CacheEvent::StoreBegan { .. }
            | CacheEvent::StoreFailed
            | CacheEvent::StoreEnded { .. }
            | CacheEvent::Cleaned { .. } => self.written(event, counted),
            CacheEvent::Flushed { entries } => {
                row.flushed += u64::from(entries);
                row.entries -= u64::from(entries);
            }
            CacheEvent::Brought { is_new } => {
                row.warmed += 1;
                row.entries += u64::from(is_new);
            }
            CacheEvent::LoadBegan { in_background } => {
                row.loads += 1;
                row.refreshes += u64::from(in_background);
                self.loads.rise(now);
            }
            CacheEvent::LoadEnded { ok } => {
                row.load_failures += u64::from(!ok);
                self.loads.fall(now);
            }
        }
    }

    /// What concerns stores.
    fn written(&mut self, event: CacheEvent, counted: Counted) {
        let row = &mut self.row;
        match event {
            CacheEvent::Dirtied => row.dirty += 1,
            CacheEvent::WriteCoalesced => row.coalesced_writes += 1,
            CacheEvent::ServedDirty { age } => {
                row.served_dirty += 1;
                self.age.record(age, counted);
            }
            CacheEvent::StoreBegan { is_behind } => {
                row.stores += 1;
                row.stores_behind += u64::from(is_behind);
            }
            CacheEvent::StoreFailed => row.store_failures += 1,
            CacheEvent::StoreEnded { ok } => row.store_failures += u64::from(!ok),
            CacheEvent::Cleaned { is_lost } => {
                row.dirty -= 1;
                row.writes_lost += u64::from(is_lost);
            }
            _ => {}
        }
    }

    pub(super) fn close(&mut self, end: Time, all_count: bool) -> &CacheRow {
        self.row.loads_inside = self.loads.close(end);
        self.row.age = self.age.close(all_count);
        let next = CacheRow {
            entries: self.row.entries,
            size: self.row.size,
            propagating: self.row.propagating,
            dirty: self.row.dirty,
            ..CacheRow::default()
        };
        self.rows.push(std::mem::replace(&mut self.row, next));
        self.rows.last().expect("invariant: a row was just pushed")
    }

    pub(super) fn finish(self, name: String) -> CacheSeries {
        CacheSeries { name, age: self.age.total(), rows: self.rows }
    }
}
