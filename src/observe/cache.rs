//! What happens to caches, and what is measured of them.

use super::{Gauge, Quantiles};
use crate::kernel::Duration;
use crate::mechanism::cache::{Found, Nothing, Operation, Put};

/// One thing that happened to a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheEvent {
    /// The run begins with entries in it.
    Warmed {
        /// How many.
        entries: u32,
    },
    /// A look-up found an entry.
    Hit {
        /// How old it is.
        age: Duration,
        /// It is beyond its time, and used because a load gets another one.
        is_stale: bool,
    },
    /// A look-up found an entry that says that there is nothing.
    NegativeHit {
        /// How old it is.
        age: Duration,
        /// A load has failed, and so does who looks it up.
        is_failure: bool,
    },
    /// A look-up found none.
    Missed {
        /// It found one that is too old.
        expired: bool,
        /// And that is gone now.
        gone: bool,
    },
    /// A call to the service that it is in has failed.
    Failed {
        /// What it was for.
        operation: Operation,
    },
    /// Who has missed has a token, and may fill it.
    Leased,
    /// Who has missed was told to wait, as somebody else has the token.
    ToldToWait,
    /// What somebody wanted to put there was refused, for want of a valid token.
    Refused,
    /// A load has failed for somebody who has missed, and who gets what is there.
    ServedOnError {
        /// How old it is.
        age: Duration,
        /// It is beyond its time.
        is_stale: bool,
    },
    /// Who has missed, and was told to wait, is given what is there instead.
    ServedStale {
        /// How old it is.
        age: Duration,
    },
    /// Who has missed waits for a load that is under way.
    Coalesced,
    /// An entry was put there.
    Filled(Put),
    /// What was to be put there is nothing, since the key has no value.
    BroughtNothing,
    /// An entry was put there that says that there is nothing.
    FilledWithNothing(Put),
    /// What was to be put there is larger than all there is room for.
    TooLarge,
    /// What the entries of a part take has changed, or is told for the first time.
    Sized {
        /// From so many bytes.
        before: u64,
        /// To so many.
        after: u64,
    },
    /// A handler took an entry away.
    Invalidated {
        /// Nobody finds it any more, but it is still there.
        is_kept: bool,
    },
    /// An invalidation is on its way to a part.
    InvalidationSent,
    /// It has arrived.
    InvalidationArrived,
    /// An entry was used although its key has been changed, of which its part does not know yet.
    Outdated {
        /// For so long.
        since: Duration,
    },
    /// A key was put there that was not dirty, and is to be stored later.
    Dirtied,
    /// A key was put there that was dirty already.
    WriteCoalesced,
    /// A look-up has found no entry, and is given what is still to be stored.
    ServedDirty {
        /// How old that is.
        age: Duration,
    },
    /// What was put there, or is to be, begins to be stored.
    StoreBegan {
        /// It was put there before.
        is_behind: bool,
    },
    /// It could not be stored, and is not put there.
    StoreFailed,
    /// What was put there before is stored, or that has failed.
    StoreEnded {
        /// It is stored.
        ok: bool,
    },
    /// A key is not dirty any more.
    Cleaned {
        /// It will never be stored.
        is_lost: bool,
    },
    /// A fault or a crash took entries away.
    Flushed {
        /// How many.
        entries: u32,
    },
    /// Somebody who has it brought an entry from elsewhere.
    Brought {
        /// There was none of its key.
        is_new: bool,
    },
    /// A load began.
    LoadBegan {
        /// Nobody has missed what it is for.
        in_background: bool,
    },
    /// A load ended.
    LoadEnded {
        /// What it was for is there; otherwise nothing was put there.
        ok: bool,
    },
}

impl From<Found> for CacheEvent {
    fn from(found: Found) -> Self {
        match found {
            Found::Hit { age, is_stale, .. } => Self::Hit { age, is_stale },
            Found::Nothing { age, why } => {
                Self::NegativeHit { age, is_failure: matches!(why, Nothing::Failed(_)) }
            }
            Found::Expired { is_kept } => Self::Missed { expired: true, gone: !is_kept },
            Found::Miss => Self::Missed { expired: false, gone: false },
        }
    }
}

/// One cache of the model, with all its parts.
#[derive(Clone, PartialEq, Debug)]
pub struct CacheSeries {
    /// The name in the model.
    pub name: String,
    /// One per interval.
    pub rows: Vec<CacheRow>,
    /// Ages of the entries that were used in [warm-up, duration).
    pub age: Quantiles,
}

/// One interval of a cache. Its entries before + those that were new = all that went + those at its end.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CacheRow {
    /// Look-ups that found an entry.
    pub hits: u64,
    /// Of these, those that say that there is nothing.
    pub negative_hits: u64,
    /// Of these, those that say that a load has failed.
    pub failed_hits: u64,
    /// Look-ups that found none.
    pub misses: u64,
    /// Of these, those that found one that was too old.
    pub expired: u64,
    /// Of these, those that waited for a load that was under way.
    pub coalesced: u64,
    /// Look-ups that were given an entry beyond its time, whether they are hits, misses whose load failed, or misses that would have had to wait.
    pub stale: u64,
    /// Misses whose load failed, and that were given what was there.
    pub served_on_error: u64,
    /// Calls to look something up that failed.
    pub get_errors: u64,
    /// Calls to put something there or to take it away that failed.
    pub write_errors: u64,
    /// Misses that got a token.
    pub leases: u64,
    /// Misses that were told to wait.
    pub lease_waits: u64,
    /// Puts that were refused for want of a valid token.
    pub refused_puts: u64,
    /// Entries that were put there, or written anew.
    pub fills: u64,
    /// Of these, those that say that there is nothing.
    pub negative_fills: u64,
    /// What was to be put there or loaded, and is nothing.
    pub absent: u64,
    /// Of the fills, those that were not let in.
    pub not_admitted: u64,
    /// And of these, those that are larger than all there is room for.
    pub too_large: u64,
    /// Entries that had to go to make room.
    pub evictions: u64,
    /// Entries that a handler took away.
    pub invalidations: u64,
    /// Invalidations on their way at the end of the interval.
    pub propagating: u64,
    /// Entries that were used although their keys had been changed.
    pub outdated: u64,
    /// For how long they had been, in all, in nanoseconds.
    pub outdated_sum_ns: u128,
    /// And at most.
    pub outdated_max_ns: u64,
    /// Entries that a fault or a crash took away.
    pub flushed: u64,
    /// Entries that came from elsewhere.
    pub warmed: u64,
    /// Keys that are dirty at the end of the interval.
    pub dirty: u64,
    /// Puts of keys that were dirty already.
    pub coalesced_writes: u64,
    /// Misses that were given what is still to be stored.
    pub served_dirty: u64,
    /// Stores that began.
    pub stores: u64,
    /// Of these, those of what was put there before.
    pub stores_behind: u64,
    /// Stores that failed.
    pub store_failures: u64,
    /// Keys that were dirty and will never be stored.
    pub writes_lost: u64,
    /// Loads that began.
    pub loads: u64,
    /// Of these, those that began in the background.
    pub refreshes: u64,
    /// Loads that failed.
    pub load_failures: u64,
    /// Loads under way.
    pub loads_inside: Gauge,
    /// Entries at the end of the interval.
    pub entries: u64,
    /// What they take in bytes, where they have sizes.
    pub size: Option<u64>,
    /// How old the entries were that were used.
    pub age: Quantiles,
}
