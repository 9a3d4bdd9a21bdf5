//! One of the policies.
//!
//! An enum and no trait object: which policy it is, is known at every call after a look at a byte, and the compiler sees through all of it.

use super::clock::Clock;
use super::entries::Entries;
use super::fifo::Fifo;
use super::lfu::Lfu;
use super::lru::Lru;
use super::random::Random;
use super::s3_fifo::S3Fifo;
use super::settings::Eviction;
use super::sieve::Sieve;
use super::w_tiny_lfu::WTinyLfu;
use crate::kernel::random::Bits;

/// The order in which entries go.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Policy {
    Lru(Lru),
    Fifo(Fifo),
    Lfu(Lfu),
    Random(Random),
    Clock(Clock),
    Sieve(Sieve),
    S3Fifo(S3Fifo),
    WTinyLfu(WTinyLfu),
}

impl Policy {
    pub(super) fn new(eviction: Eviction, capacity: u64) -> Self {
        match eviction {
            Eviction::Lru => Self::Lru(Lru::default()),
            Eviction::Fifo => Self::Fifo(Fifo::default()),
            Eviction::Lfu => Self::Lfu(Lfu::default()),
            Eviction::Random => Self::Random(Random::default()),
            Eviction::Clock => Self::Clock(Clock::default()),
            Eviction::Sieve => Self::Sieve(Sieve::default()),
            Eviction::S3Fifo => Self::S3Fifo(S3Fifo::new(capacity)),
            Eviction::WTinyLfu => Self::WTinyLfu(WTinyLfu::new(capacity)),
        }
    }

    /// A look-up, before it is known whether the key is there.
    #[inline]
    pub(super) fn count(&mut self, key: u32) {
        match self {
            Self::WTinyLfu(policy) => policy.count(key),
            Self::Lru(_)
            | Self::Fifo(_)
            | Self::Lfu(_)
            | Self::Random(_)
            | Self::Clock(_)
            | Self::Sieve(_)
            | Self::S3Fifo(_) => {}
        }
    }

    /// An access to an entry.
    #[inline]
    pub(super) fn hit(&mut self, entries: &mut Entries, slot: u32) {
        match self {
            Self::Lru(policy) => policy.hit(entries, slot),
            Self::Lfu(policy) => policy.hit(entries, slot),
            Self::Clock(_) => Clock::hit(entries, slot),
            Self::Sieve(_) => Sieve::hit(entries, slot),
            Self::S3Fifo(_) => S3Fifo::hit(entries, slot),
            Self::WTinyLfu(policy) => policy.hit(entries, slot),
            Self::Fifo(_) | Self::Random(_) => {}
        }
    }

    /// An access that gave an entry another weight than the `old` one.
    pub(super) fn reweighed(&mut self, entries: &mut Entries, slot: u32, old: u32) {
        match self {
            Self::WTinyLfu(policy) => policy.reweighed(entries, slot, old),
            Self::S3Fifo(policy) => {
                S3Fifo::hit(entries, slot);
                policy.reweighed(entries, slot, old);
            }
            Self::Lru(_)
            | Self::Fifo(_)
            | Self::Lfu(_)
            | Self::Random(_)
            | Self::Clock(_)
            | Self::Sieve(_) => {
                self.hit(entries, slot);
            }
        }
    }

    /// Whether the policy remembers a key that comes; it forgets it by that.
    #[inline]
    pub(super) fn recall(&mut self, key: u32) -> bool {
        match self {
            Self::S3Fifo(policy) => policy.recall(key),
            Self::Lru(_)
            | Self::Fifo(_)
            | Self::Lfu(_)
            | Self::Random(_)
            | Self::Clock(_)
            | Self::Sieve(_)
            | Self::WTinyLfu(_) => false,
        }
    }

    /// A new entry, which the policy `recalled` or not.
    #[inline]
    pub(super) fn enter(&mut self, entries: &mut Entries, slot: u32, recalled: bool) {
        match self {
            Self::Lru(policy) => policy.enter(entries, slot),
            Self::Fifo(policy) => policy.enter(entries, slot),
            Self::Lfu(policy) => policy.enter(entries, slot),
            Self::Random(policy) => policy.enter(entries, slot),
            Self::Clock(policy) => policy.enter(entries, slot),
            Self::Sieve(policy) => policy.enter(entries, slot),
            Self::S3Fifo(policy) => policy.enter(entries, slot, recalled),
            Self::WTinyLfu(policy) => policy.enter(entries, slot),
        }
    }

    /// An entry goes, for whatever reason.
    #[inline]
    pub(super) fn leave(&mut self, entries: &mut Entries, slot: u32) {
        match self {
            Self::Lru(policy) => policy.leave(entries, slot),
            Self::Fifo(policy) => policy.leave(entries, slot),
            Self::Lfu(policy) => policy.leave(entries, slot),
            Self::Random(policy) => policy.leave(entries, slot),
            Self::Clock(policy) => policy.leave(entries, slot),
            Self::Sieve(policy) => policy.leave(entries, slot),
            Self::S3Fifo(policy) => policy.leave(entries, slot),
            Self::WTinyLfu(policy) => policy.leave(entries, slot),
        }
    }

    /// Who has to go to make room; it has not gone yet. `None`: nobody is there, or the policy weighs newcomers itself, after they are in.
    #[inline]
    pub(super) fn victim(&mut self, entries: &mut Entries, bits: &mut impl Bits) -> Option<u32> {
        match self {
            Self::Lru(policy) => policy.victim(),
            Self::Fifo(policy) => policy.victim(),
            Self::Lfu(policy) => policy.victim(),
            Self::Random(policy) => policy.victim(bits),
            Self::Clock(policy) => policy.victim(entries),
            Self::Sieve(policy) => policy.victim(entries),
            Self::S3Fifo(policy) => policy.victim(entries),
            Self::WTinyLfu(_) => None,
        }
    }
}
