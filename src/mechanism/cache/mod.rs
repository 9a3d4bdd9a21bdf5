//! Caches.

pub mod eviction;
