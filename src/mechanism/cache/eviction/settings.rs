//! What can be written about eviction.

use serde::{Deserialize, Serialize};

/// `eviction = "lru"`: who has to go when a cache is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Eviction {
    /// The key that nobody has asked for the longest (memcached within a slab class, Guava, most libraries).
    #[default]
    Lru,
    /// The key that has been there the longest, asked for or not.
    Fifo,
    /// The key that was asked for the least often since it came; of several the least recently used one. Nothing is forgotten, so what was popular once stays.
    Lfu,
    /// Any key, each with the same probability (Redis's `allkeys-random`).
    Random,
    /// As `fifo`, but a key that was asked for since it came or was spared last is spared once more (one bit; also called second chance or FIFO-reinsertion).
    Clock,
    /// As `clock`, but a spared key stays where it is, so that new keys are weighed soon after they come (SIEVE).
    Sieve,
    /// New keys pass a small queue of a tenth of the capacity, from which only those asked for twice reach the main one; a key that was turned away comes straight there when it is back
    /// (S3-FIFO).
    S3Fifo,
    /// New keys pass a window of 1 % and are let into the rest only if they were asked for more often than who would have to go (W-TinyLFU, Caffeine's policy; the window does
    /// not adapt).
    WTinyLfu,
}

impl Eviction {
    /// Every policy, in the order of the language.
    pub const ALL: [Self; 8] = [
        Self::Lru,
        Self::Fifo,
        Self::Lfu,
        Self::Random,
        Self::Clock,
        Self::Sieve,
        Self::S3Fifo,
        Self::WTinyLfu,
    ];

    /// The name in the model language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lru => "lru",
            Self::Fifo => "fifo",
            Self::Lfu => "lfu",
            Self::Random => "random",
            Self::Clock => "clock",
            Self::Sieve => "sieve",
            Self::S3Fifo => "s3_fifo",
            Self::WTinyLfu => "w_tiny_lfu",
        }
    }
}
