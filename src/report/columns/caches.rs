//! The columns of what caches report.

use super::{Cell, Field, Interval, rounded_quotient};
use crate::mechanism::{Column, cache};
use crate::observe::CacheRow;

/// The columns of `caches.csv` after the keys.
pub const CACHES: &[&[Field<CacheRow>]] = &[mechanism_fields! { CacheRow, cache::COLUMNS, |row, interval|
    "gets" => Cell::Count(row.hits + row.misses);
    "hits" => Cell::Count(row.hits);
    "negative_hits" => Cell::Count(row.negative_hits);
    "failed_hits" => Cell::Count(row.failed_hits);
    "misses" => Cell::Count(row.misses);
    "expired" => Cell::Count(row.expired);
    "hit_ratio" => Cell::Quotient { numerator: (row.hits - row.failed_hits).into(), denominator: (row.hits + row.misses).into() };
    "stale" => Cell::Count(row.stale);
    "served_on_error" => Cell::Count(row.served_on_error);
    "get_errors" => Cell::Count(row.get_errors);
    "write_errors" => Cell::Count(row.write_errors);
    "leases" => Cell::Count(row.leases);
    "lease_waits" => Cell::Count(row.lease_waits);
    "refused_puts" => Cell::Count(row.refused_puts);
    "fills" => Cell::Count(row.fills);
    "negative_fills" => Cell::Count(row.negative_fills);
    "absent" => Cell::Count(row.absent);
    "not_admitted" => Cell::Count(row.not_admitted);
    "too_large" => Cell::Count(row.too_large);
    "evictions" => Cell::Count(row.evictions);
    "invalidations" => Cell::Count(row.invalidations);
    "propagating" => Cell::Count(row.propagating);
    "outdated" => Cell::Count(row.outdated);
    "outdated_mean_s" => rounded_quotient(row.outdated_sum_ns, row.outdated.into()).map_or(Cell::Empty, Cell::Time);
    "outdated_max_s" => if row.outdated == 0 { Cell::Empty } else { Cell::Time(row.outdated_max_ns.into()) };
    "flushed" => Cell::Count(row.flushed);
    "warmed" => Cell::Count(row.warmed);
    "dirty" => Cell::Count(row.dirty);
    "coalesced_writes" => Cell::Count(row.coalesced_writes);
    "served_dirty" => Cell::Count(row.served_dirty);
    "stores" => Cell::Count(row.stores);
    "stores_behind" => Cell::Count(row.stores_behind);
    "store_failures" => Cell::Count(row.store_failures);
    "writes_lost" => Cell::Count(row.writes_lost);
    "loads" => Cell::Count(row.loads);
    "refreshes" => Cell::Count(row.refreshes);
    "load_failures" => Cell::Count(row.load_failures);
    "coalesced" => Cell::Count(row.coalesced);
    "loads_inside" => Cell::Count(row.loads_inside.last);
    "entries" => Cell::Count(row.entries);
    "entries_bytes" => row.size.map_or(Cell::Empty, Cell::Count);
    "age_mean_s" => Cell::average(&row.age);
    "age_p50_s" => Cell::quantile(&row.age, row.age.p50_ns);
    "age_p99_s" => Cell::quantile(&row.age, row.age.p99_ns);
    "age_max_s" => Cell::quantile(&row.age, row.age.max_ns);
}];
