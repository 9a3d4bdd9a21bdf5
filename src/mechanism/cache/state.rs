//! What is in a cache, and how old it is.

use super::eviction::{Slot, Store};
use super::{CacheSettings, Eviction, TtlSettings};
use crate::kernel::random::Bits;
use crate::kernel::{Duration, Time};

/// The rules of a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cache {
    eviction: Eviction,
    /// `None`: unlimited.
    capacity: Option<u32>,
    ttl: Option<TtlSettings>,
}

/// The entries of one cache. Expired ones stay until they are asked for or evicted.
#[derive(Clone, Debug)]
pub struct CacheState {
    store: Store,
    /// By [`Slot`].
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    written: Time,
    /// How old it was then: more than nothing if it was there before the run.
    age: Duration,
    /// Its time to live.
    lives: Duration,
    expires: Time,
}

const NO_ENTRY: Entry =
    Entry { written: Time::ZERO, age: Duration::ZERO, lives: Duration::ZERO, expires: Time::ZERO };

/// What a look-up finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// An entry that may be used.
    Hit {
        /// How long ago it was put there.
        age: Duration,
    },
    /// An entry that is too old; it is gone now.
    Expired,
    /// Nothing.
    Miss,
}

/// What becomes of an entry that is put into a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Put {
    /// Whether there was none of its key.
    pub is_new: bool,
    /// Whether it is in the cache now; some policies do not admit every entry.
    pub is_kept: bool,
    /// How many others had to go.
    pub evicted: u32,
}

impl Cache {
    /// Compiles settings that [`CacheSettings::check`] found no error in.
    pub fn new(settings: &CacheSettings) -> Self {
        Self { eviction: settings.eviction, capacity: settings.capacity.limited(), ttl: settings.ttl }
    }

    /// How many entries it holds; `None`: any number.
    pub const fn capacity(&self) -> Option<u32> {
        self.capacity
    }

    /// An empty cache.
    pub fn start_cold(&self) -> CacheState {
        CacheState { store: Store::new(self.eviction, self.capacity.map(u64::from)), entries: Vec::new() }
    }

    /// A cache with as many of the keys below `count` as there is room for, the most popular ones, the least popular put there first. With a time to live, an entry's age is anything
    /// below that; it is drawn from `bits` of its key.
    pub fn start_warm<B: Bits>(&self, count: u32, mut bits: impl FnMut(u32) -> B) -> CacheState {
        let mut state = self.start_cold();
        for key in (0..count.min(self.capacity.unwrap_or(u32::MAX))).rev() {
            let mut bits = bits(key);
            let mut entry = self.entry(Time::ZERO, &mut bits);
            if self.ttl.is_some() {
                entry.age = Duration::from_ns(bits.below(entry.lives.as_ns()));
                entry.expires = Time::ZERO + entry.lives.saturating_sub(entry.age);
            }
            let slot = state.store.insert(key, 1, &mut bits, |_, _| {});
            if let Some(slot) = slot {
                state.write(slot, entry);
            }
        }
        state
    }

    /// An entry that is written now.
    fn entry(&self, now: Time, bits: &mut impl Bits) -> Entry {
        let Some(TtlSettings { max, jitter, .. }) = self.ttl else {
            return Entry { written: now, expires: Time::MAX, ..NO_ENTRY };
        };
        let lives = if jitter.billionths() == 0 {
            max
        } else {
            let shorter = max.as_ns() as f64 * jitter.as_f64() * bits.unit();
            max.saturating_sub(Duration::from_ns(shorter as u64)).max(Duration::from_ns(1))
        };
        Entry { written: now, age: Duration::ZERO, lives, expires: now + lives }
    }

    /// Looks a key up, which counts as a use of it.
    pub fn get(&self, state: &mut CacheState, key: u32, now: Time) -> Found {
        let Some(slot) = state.store.get(key) else { return Found::Miss };
        let entry = &mut state.entries[slot.index()];
        if now >= entry.expires {
            state.store.remove(key);
            return Found::Expired;
        }
        if self.ttl.is_some_and(|ttl| ttl.renewed_on_hit) {
            entry.expires = now + entry.lives;
        }
        Found::Hit { age: now.since(entry.written) + entry.age }
    }

    /// Puts an entry there, or writes it anew.
    pub fn put(&self, state: &mut CacheState, key: u32, now: Time, bits: &mut impl Bits) -> Put {
        let entry = self.entry(now, bits);
        let is_new = state.store.peek(key).is_none();
        let mut evicted = 0;
        let slot = state.store.insert(key, 1, bits, |_, _| evicted += 1);
        if let Some(slot) = slot {
            state.write(slot, entry);
        }
        Put { is_new, is_kept: slot.is_some(), evicted }
    }
}

impl CacheState {
    fn write(&mut self, slot: Slot, entry: Entry) {
        if self.entries.len() <= slot.index() {
            self.entries.resize(slot.index() + 1, NO_ENTRY);
        }
        self.entries[slot.index()] = entry;
    }

    /// Takes an entry away; false if there is none.
    pub fn invalidate(&mut self, key: u32) -> bool {
        self.store.remove(key).is_some()
    }

    /// Takes every entry away, and says how many there were.
    pub fn flush(&mut self) -> u32 {
        let count = self.len();
        self.store.clear();
        count
    }

    /// Takes the entries away whose keys are `lost`, and says how many there were.
    pub fn flush_if(&mut self, mut lost: impl FnMut(u32) -> bool) -> u32 {
        let keys: Vec<u32> = self.store.keys().map(|(key, _)| key).filter(|&key| lost(key)).collect();
        for &key in &keys {
            self.store.remove(key);
        }
        keys.len() as u32
    }

    /// How many entries there are, expired ones included.
    pub fn len(&self) -> u32 {
        self.store.len() as u32
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }
}
