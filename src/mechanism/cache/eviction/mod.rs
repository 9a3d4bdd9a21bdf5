//! What a cache keeps: its keys, each with a weight and a slot, and who has to go when there is no room.
//!
//! A [`Store`] knows neither time nor values: whoever owns it keeps those by [`Slot`], and calls [`Store::remove`] for what expires. Every operation
//! takes constant time on average, and none allocates once the store has reached its size.
//!
//! What a policy is worth depends on the requests. If they are independent of one another, keeping the most popular keys is best, which the policies that count
//! (`lfu`, `w_tiny_lfu`) and those that wait for a second request before they believe in a key (`s3_fifo`, `sieve`) come close to; `fifo` and `random` are alike, and `lru`
//! is between. Where popularity moves, what counts without forgetting (`lfu`) keeps yesterday's keys. A scan of keys that nobody asks for again sweeps through `lru`, `fifo` and
//! `clock`, and hardly touches `s3_fifo` and `w_tiny_lfu`.
//!
//! Bad for: policies that look at what a load costs (GDSF, LRB), at time (`volatile-ttl`), or that sample (Redis); caches whose segments change their sizes as they go
//! (ARC, and Caffeine's window, which is fixed here).
//!
//! Sources: libCacheSim (`LRU.c`, `FIFO.c`, `LFU.c`, `Clock.c`, `Sieve.c`, `S3FIFO.c`) and Caffeine (`BoundedLocalCache.java`, `FrequencySketch.java`), which the rules follow step by
//! step; Corbató, "A paging experiment with the Multics system", 1968 (CLOCK); Zhang et al., "SIEVE is simpler than LRU", NSDI 2024; Yang et al., "FIFO
//! queues are all you need for cache eviction", SOSP 2023 (S3-FIFO); Einziger, Friedman, Manes, "`TinyLFU`: a highly efficient cache admission policy", ACM TOS 13(4), 2017.

mod clock;
mod entries;
mod fifo;
mod index;
mod lfu;
mod list;
mod lru;
mod policy;
mod random;
mod s3_fifo;
mod settings;
mod sieve;
mod sketch;
mod store;
#[cfg(test)]
mod tests;
mod w_tiny_lfu;

pub use settings::Eviction;
pub use store::{Slot, Store};
