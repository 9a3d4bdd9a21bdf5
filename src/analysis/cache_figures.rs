//! What summaries say of caches.

use serde::Serialize;

use super::figures::{Spread, Stretch, per_second, ratio};
use crate::observe::{CacheRow, CacheSeries};

/// A cache, with all its parts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CacheFigures {
    /// The name in the model.
    pub name: String,
    /// Look-ups.
    pub gets: u64,
    /// Of these, those that found an entry that may be used.
    pub hits: u64,
    /// Of these, those that say that there is nothing.
    #[serde(skip_serializing_if = "is_zero")]
    pub negative_hits: u64,
    /// Of these, those that say that a load has failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed_hits: u64,
    /// Of those that did not, those that found one that was too old.
    pub expired: u64,
    /// And those that waited for a load that was under way.
    pub coalesced: u64,
    /// Look-ups that were given an entry beyond its time.
    pub stale: u64,
    /// Misses whose load failed, and that were given what was there.
    pub served_on_error: u64,
    /// Look-ups whose call to the service that the cache is in failed.
    pub get_errors: u64,
    /// Calls to that service for a `put` or an `invalidate` that failed.
    pub write_errors: u64,
    /// Misses that got a token.
    pub leases: u64,
    /// Misses that were told to wait.
    pub lease_waits: u64,
    /// Puts that were refused for want of a valid token.
    pub refused_puts: u64,
    /// Entries that were put there, or written anew.
    pub fills: u64,
    /// Entries that had to go to make room.
    pub evictions: u64,
    /// Look-ups that were given an entry whose key had been changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub outdated: u64,
    /// Entries that a fault or a crash took away.
    pub flushed: u64,
    /// Entries that came from elsewhere.
    #[serde(skip_serializing_if = "is_zero")]
    pub warmed: u64,
    /// Puts of keys that were dirty already.
    #[serde(skip_serializing_if = "is_zero")]
    pub coalesced_writes: u64,
    /// Look-ups that found no entry, and were given what is still to be stored.
    #[serde(skip_serializing_if = "is_zero")]
    pub served_dirty: u64,
    /// Stores that began.
    #[serde(skip_serializing_if = "is_zero")]
    pub stores: u64,
    /// Of these, those of what had been put there before.
    #[serde(skip_serializing_if = "is_zero")]
    pub stores_behind: u64,
    /// Stores that failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub store_failures: u64,
    /// Keys that were dirty and will never be stored.
    #[serde(skip_serializing_if = "is_zero")]
    pub writes_lost: u64,
    /// Keys that are still to be stored at the end.
    #[serde(skip_serializing_if = "is_zero")]
    pub dirty: u64,
    /// Loads that began.
    pub loads: u64,
    /// Of these, those that began in the background.
    pub refreshes: u64,
    /// Loads that failed.
    pub load_failures: u64,
    /// Look-ups per second.
    pub gets_per_s: f64,
    /// Entries put there per second.
    pub fills_per_s: f64,
    /// `hits` without `failed_hits`, as a share of `gets`, if there were any.
    pub hit_ratio: Option<f64>,
    /// Entries at the end.
    pub entries: u64,
    /// What they take, where they have sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries_bytes: Option<u64>,
    /// How old the entries were that were used.
    pub age: Spread,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it like that")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl CacheFigures {
    pub(super) fn new(series: &CacheSeries, stretch: Stretch) -> Self {
        let (rows, span) = (stretch.rows(&series.rows), stretch.length());
        let sum = |of: fn(&CacheRow) -> u64| rows.iter().map(of).sum::<u64>();
        let (hits, fills) = (sum(|row| row.hits), sum(|row| row.fills));
        let failed_hits = sum(|row| row.failed_hits);
        let gets = hits + sum(|row| row.misses);
        Self {
            name: series.name.clone(),
            gets,
            hits,
            negative_hits: sum(|row| row.negative_hits),
            failed_hits,
            expired: sum(|row| row.expired),
            coalesced: sum(|row| row.coalesced),
            stale: sum(|row| row.stale),
            served_on_error: sum(|row| row.served_on_error),
            get_errors: sum(|row| row.get_errors),
            write_errors: sum(|row| row.write_errors),
            leases: sum(|row| row.leases),
            lease_waits: sum(|row| row.lease_waits),
            refused_puts: sum(|row| row.refused_puts),
            fills,
            evictions: sum(|row| row.evictions),
            outdated: sum(|row| row.outdated),
            flushed: sum(|row| row.flushed),
            warmed: sum(|row| row.warmed),
            coalesced_writes: sum(|row| row.coalesced_writes),
            served_dirty: sum(|row| row.served_dirty),
            stores: sum(|row| row.stores),
            stores_behind: sum(|row| row.stores_behind),
            store_failures: sum(|row| row.store_failures),
            writes_lost: sum(|row| row.writes_lost),
            dirty: rows.last().map_or(0, |row| row.dirty),
            loads: sum(|row| row.loads),
            refreshes: sum(|row| row.refreshes),
            load_failures: sum(|row| row.load_failures),
            gets_per_s: per_second(gets, span),
            fills_per_s: per_second(fills, span),
            hit_ratio: ratio(hits - failed_hits, gets),
            entries: rows.last().map_or(0, |row| row.entries),
            entries_bytes: rows.last().and_then(|row| row.size),
            age: stretch.spread(&series.age),
        }
    }
}
