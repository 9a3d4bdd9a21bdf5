//! Caches: answers that are kept, by key.
//!
//! What is looked up and found costs next to nothing; what is missed costs what it is there to save. So a system that was sized with its cache in mind cannot do without it, and the way back from an
//! empty cache leads through a load that the origin was never built for. Who fills it decides whether there is a way back: with look-aside (the handler puts what it has fetched) nothing is kept
//! of an answer that came too late for its caller, so an origin that is too slow for everybody keeps the cache empty (Bronson et al., "Metastable failures in distributed systems", HotOS 2021,
//! section 2.2). With a load of the cache's own (read-through), what arrives late is kept.
//!
//! A cache here is one store of entries under a policy of [eviction](Eviction), each with the instant it was written at and the one at which it expires. What an entry says is not modelled: only that it
//! is there, and how old it is.
//!
//! A cache in memory answers at once, or after a latency, and never fails. One that is a server can be slow, full, partly gone or out of reach, and its clients mostly take that for a miss: it is in the instances of a
//! service, which is called for it.
//!
//! Entries take one place each, or have sizes: then there is room for so many bytes, and a large one may push out many small ones. The size belongs to the key, and stays what it is. Which policies look at it, and
//! how, is as in their sources: none prefers what is small, but W-TinyLFU and S3-FIFO measure their parts in bytes.
//!
//! Bad for: what depends on the values themselves, and values that change their size.
//!
//! A cache that loads can do so before an entry is missed: while it is fresh (`refresh_after`, and by chance with `early_expiration`), or after, while what is too old is still given out
//! (`stale_while_revalidate`). And what is too old may be better than an error (`stale_if_error`).
//!
//! What is put there may be stored behind it: at once, or later ([`DirtyKeys`]). And what is empty may be filled from elsewhere ([`Warming`]).
//!
//! Sources: the policies name theirs. Expiry is checked when an entry is read, as in Redis and memcached; jitter only shortens a time to live, so that it stays a bound. RFC 5861 (stale answers); Caffeine's
//! `refreshAfterWrite`; Vattani, Chierichetti, Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015 (early expiration).

pub mod eviction;
mod freshness;
mod lease;
mod negative;
mod propagation;
mod series;
mod settings;
mod size;
mod state;
#[cfg(test)]
mod tests;
mod warming;
mod write_behind;

pub use eviction::Eviction;
pub use lease::Leases;
pub use negative::{NegativeSettings, Nothing};
pub use propagation::Outdated;
pub use series::COLUMNS;
pub use settings::*;
pub use size::{Size, Sizes};
pub use state::{Cache, CacheState, Found, Invalidated, Put, WARM_MAX};
pub use warming::{Arrived, Ranking, Warming, WarmingSettings};
pub use write_behind::{AfterStore, DirtyKeys, WriteBehindSettings, Written};
