//! What is in a cache, and how old it is.

use super::eviction::{Slot, Store};
use super::freshness::Freshness;
use super::negative::Negative;
use super::size::TOO_LARGE_MAX;
use super::{CacheSettings, Eviction, Nothing, Size, TtlSettings};
use crate::kernel::random::Bits;
use crate::kernel::{Duration, Time};
use crate::quantity::Room;

/// A warm start has no more entries than this.
pub const WARM_MAX: u32 = 100_000_000;

/// The rules of a cache.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cache {
    eviction: Eviction,
    /// `None`: unlimited.
    capacity: Option<Room>,
    ttl: Option<TtlSettings>,
    /// `None`: an entry is used as long as its time lasts, and not looked at before.
    freshness: Option<Freshness>,
    /// `None`: of what brings nothing, nothing is kept.
    negative: Option<Negative>,
    /// How long an entry is kept after its time for those who would have to wait.
    serve_stale: Duration,
}

/// The entries of one cache. Expired ones stay until they are asked for or evicted.
#[derive(Clone, Debug)]
pub struct CacheState {
    store: Store,
    /// By [`Slot`].
    entries: Vec<Entry>,
    /// How long the load of each entry took, by [`Slot`]; only where entries may expire early.
    took: Vec<Duration>,
    /// The entries that say that there is nothing, by [`Slot`]; only where there are such.
    nothing: Vec<Option<Nothing>>,
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
        /// Its time is over: it is used only because a load gets another one.
        is_stale: bool,
        /// It is time to load it anew, in the background.
        is_due: bool,
    },
    /// An entry that says that there is nothing.
    Nothing {
        /// How long ago it was put there.
        age: Duration,
        /// Why.
        why: Nothing,
    },
    /// An entry that is too old.
    Expired {
        /// It is still there, for those whose load fails.
        is_kept: bool,
    },
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

/// What becomes of an entry that is brought from elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Brought {
    /// It is there now; whether there was none of its key.
    Put { is_new: bool },
    /// There is one.
    WasThere,
    /// There is no room for it.
    NoRoom,
}

/// What becomes of an entry that a handler takes away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invalidated {
    /// There was none that anybody could have used.
    Nothing,
    /// It is gone.
    Gone,
    /// Its time is over, but it is still there.
    Kept,
}

impl Cache {
    /// Compiles settings that [`CacheSettings::check`] found no error in.
    pub fn new(settings: &CacheSettings) -> Self {
        Self {
            eviction: settings.eviction,
            capacity: settings.capacity.limited(),
            ttl: settings.ttl,
            freshness: settings.ttl.as_ref().and_then(Freshness::new),
            negative: settings.negative.as_ref().map(Negative::new),
            serve_stale: settings.lease.and_then(|lease| lease.serve_stale).unwrap_or_default(),
        }
    }

    /// What there is room for; `None`: any number.
    pub const fn capacity(&self) -> Option<Room> {
        self.capacity
    }

    /// Whether an entry of this size never fits, even into an empty cache.
    pub fn is_too_large(&self, size: Size) -> bool {
        size == Size::ENDLESS || self.room().is_some_and(|room| u64::from(size.get()) > room)
    }

    /// The capacity in whatever entries weigh.
    fn room(&self) -> Option<u64> {
        self.capacity.map(|capacity| match capacity {
            Room::Entries(entries) => u64::from(entries),
            Room::Bytes(bytes) => bytes.get(),
        })
    }

    /// An empty cache.
    pub fn start_cold(&self) -> CacheState {
        CacheState {
            store: Store::new(self.eviction, self.room()),
            entries: Vec::new(),
            took: Vec::new(),
            nothing: Vec::new(),
        }
    }

    /// A cache with as many of these keys as there is room for, the first ones, which are the most popular, put there last; what is too large is left out. With a time to live, an entry's age is anything
    /// below that; it is drawn from `bits` of its key.
    pub fn start_warm<B: Bits>(
        &self,
        now: Time,
        keys: impl Iterator<Item = u32>,
        sizes: impl Fn(u32) -> Size,
        mut bits: impl FnMut(u32) -> B,
    ) -> CacheState {
        let mut state = self.start_cold();
        for (key, size) in self.fitting(keys, sizes).into_iter().rev() {
            let mut bits = bits(key);
            let entry = self.entry_of_any_age(now, &mut bits);
            let slot = state.store.insert(key, size.get(), &mut bits, |_, _| {});
            if let Some(slot) = slot {
                state.write(slot, entry);
            }
        }
        state
    }

    /// The first of these keys that fit in together, without those that never would.
    fn fitting(&self, keys: impl Iterator<Item = u32>, sizes: impl Fn(u32) -> Size) -> Vec<(u32, Size)> {
        let mut left = self.room().unwrap_or(u64::MAX);
        let mut too_large = 0;
        let mut fitting = Vec::new();
        for key in keys {
            let size = sizes(key);
            if self.is_too_large(size) {
                too_large += 1;
                if too_large == TOO_LARGE_MAX {
                    break;
                }
                continue;
            }
            too_large = 0;
            match left.checked_sub(size.get().into()) {
                Some(rest) if fitting.len() < WARM_MAX as usize => left = rest,
                Some(_) | None => break,
            }
            fitting.push((key, size));
        }
        fitting
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

    /// An entry that was written elsewhere, at some time within its time to live.
    fn entry_of_any_age(&self, now: Time, bits: &mut impl Bits) -> Entry {
        let mut entry = self.entry(now, bits);
        if self.ttl.is_some() {
            entry.age = Duration::from_ns(bits.below(entry.lives.as_ns()));
            entry.expires = now + entry.lives.saturating_sub(entry.age);
        }
        entry
    }

    /// Somebody who has an entry of this size brings it, for which nobody has to go. What is there and not beyond its time stays.
    pub(super) fn bring(
        &self,
        state: &mut CacheState,
        (key, size): (u32, Size),
        now: Time,
        bits: &mut impl Bits,
    ) -> Brought {
        let there = state.store.peek(key);
        if there.is_some_and(|slot| now < state.entries[slot.index()].expires) {
            return Brought::WasThere;
        }
        let room = self.room().unwrap_or(u64::MAX);
        let others = state.store.weight() - there.map_or(0, |slot| u64::from(state.store.weight_of(slot)));
        if others + u64::from(size.get().max(1)) > room {
            return Brought::NoRoom;
        }
        let entry = self.entry_of_any_age(now, bits);
        let slot = state.store.insert(key, size.get(), bits, |_, _| {});
        let slot = slot.expect("invariant: there is room for it");
        state.write(slot, entry);
        if self.freshness.is_some_and(|freshness| freshness.minds_loads()) {
            state.note_load(slot, Duration::ZERO);
        }
        if self.negative.is_some() {
            state.note_nothing(slot, None);
        }
        Brought::Put { is_new: there.is_none() }
    }

    /// Looks a key up, which counts as a use of it. What is due is drawn from the `bits` of whoever looks it up, who begins a load then; `None`: that is not for him to do. They are asked for only
    /// where something may be due.
    pub fn get<B: Bits>(
        &self,
        state: &mut CacheState,
        key: u32,
        now: Time,
        bits: impl FnOnce() -> Option<B>,
    ) -> Found {
        let Some(slot) = state.store.get(key) else { return Found::Miss };
        let entry = &mut state.entries[slot.index()];
        let age = now.since(entry.written) + entry.age;
        if self.negative.is_some()
            && let Some(why) = state.nothing.get(slot.index()).copied().flatten()
        {
            if now < entry.expires {
                return Found::Nothing { age, why };
            }
            state.store.remove(key);
            return Found::Expired { is_kept: false };
        }
        if now >= entry.expires {
            let over = now.since(entry.expires);
            if let Some(freshness) = &self.freshness {
                if freshness.is_used_when_over(over) && bits().is_some() {
                    return Found::Hit { age, is_stale: true, is_due: true };
                }
                if freshness.is_kept_when_over(over) {
                    return Found::Expired { is_kept: true };
                }
            }
            if over < self.serve_stale {
                return Found::Expired { is_kept: true };
            }
            state.store.remove(key);
            return Found::Expired { is_kept: false };
        }
        let is_due = self.freshness.as_ref().is_some_and(|freshness| {
            let took = state.took.get(slot.index()).copied().unwrap_or_default();
            bits().is_some_and(|mut bits| freshness.is_due(age, entry.expires.since(now), took, &mut bits))
        });
        if self.ttl.is_some_and(|ttl| ttl.renewed_on_hit) {
            entry.expires = now + entry.lives;
        }
        Found::Hit { age, is_stale: false, is_due }
    }

    /// What may be used by somebody whose load has failed: how old it is, and whether it is beyond its time. It may have been put there meanwhile. That is no use of it: the look-up was.
    pub fn get_after_error(&self, state: &CacheState, key: u32, now: Time) -> Option<(Duration, bool)> {
        let freshness = self.freshness.as_ref()?;
        let slot = state.store.peek(key)?;
        if state.says_nothing(slot) {
            return None;
        }
        let entry = &state.entries[slot.index()];
        let is_stale = now >= entry.expires;
        let may_be_used = !is_stale || freshness.is_used_after_error(now.since(entry.expires));
        (freshness.minds_errors() && may_be_used).then(|| (now.since(entry.written) + entry.age, is_stale))
    }

    /// What may be used by somebody who has missed it, and would have to wait for whoever fills it: how old it is. That is no use of it.
    pub fn get_instead_of_waiting(&self, state: &CacheState, key: u32, now: Time) -> Option<Duration> {
        if self.serve_stale.is_zero() {
            return None;
        }
        let slot = state.store.peek(key).filter(|&slot| !state.says_nothing(slot))?;
        let entry = &state.entries[slot.index()];
        let may_be_used = now.since(entry.expires) < self.serve_stale;
        may_be_used.then(|| now.since(entry.written) + entry.age)
    }

    /// Takes an entry away, or ends its time if it is kept for those who would have to wait.
    pub fn invalidate(&self, state: &mut CacheState, key: u32, now: Time) -> Invalidated {
        let kept =
            state.store.peek(key).filter(|&slot| !self.serve_stale.is_zero() && !state.says_nothing(slot));
        if let Some(slot) = kept {
            let entry = &mut state.entries[slot.index()];
            if now >= entry.expires {
                return Invalidated::Nothing;
            }
            entry.expires = now;
            return Invalidated::Kept;
        }
        if state.store.remove(key).is_some() { Invalidated::Gone } else { Invalidated::Nothing }
    }

    /// Puts an entry there, or writes it anew. To load it `took` so long; nothing, if nobody loaded it.
    pub fn put(
        &self,
        state: &mut CacheState,
        key: u32,
        now: Time,
        took: Duration,
        bits: &mut impl Bits,
    ) -> Put {
        self.put_sized(state, (key, Size::ONE), now, took, bits)
    }

    /// The same of an entry of this size. What is too large is not kept, and nobody has to go for it.
    #[inline]
    pub fn put_sized(
        &self,
        state: &mut CacheState,
        (key, size): (u32, Size),
        now: Time,
        took: Duration,
        bits: &mut impl Bits,
    ) -> Put {
        if size == Size::ENDLESS {
            // What said that there is nothing was small.
            let was_there = state.store.remove(key).is_some();
            return Put { is_new: !was_there, is_kept: false, evicted: was_there.into() };
        }
        let entry = self.entry(now, bits);
        let is_new = state.store.peek(key).is_none();
        let mut evicted = 0;
        let slot = state.store.insert(key, size.get(), bits, |_, _| evicted += 1);
        if let Some(slot) = slot {
            state.write(slot, entry);
            if self.freshness.is_some_and(|freshness| freshness.minds_loads()) {
                state.note_load(slot, took);
            }
            if self.negative.is_some() {
                state.note_nothing(slot, None);
            }
        }
        Put { is_new, is_kept: slot.is_some(), evicted }
    }

    /// Keeps that there is nothing; `None`: that is not kept. What may still be used is better than to know that a load has failed, also that there is nothing, or that one had failed before: many
    /// that fail together do not prolong it. Such an entry takes one place, or one byte.
    pub fn put_nothing(
        &self,
        state: &mut CacheState,
        key: u32,
        now: Time,
        why: Nothing,
        bits: &mut impl Bits,
    ) -> Option<Put> {
        let negative = self.negative.filter(|negative| negative.keeps(why))?;
        if why != Nothing::Absent && self.is_of_use(state, key, now) {
            return None;
        }
        let is_new = state.store.peek(key).is_none();
        let mut evicted = 0;
        let slot = state.store.insert(key, Size::ONE.get(), bits, |_, _| evicted += 1);
        if let Some(slot) = slot {
            let lives = negative.ttl;
            state.write(slot, Entry { written: now, age: Duration::ZERO, lives, expires: now + lives });
            state.note_nothing(slot, Some(why));
        }
        Some(Put { is_new, is_kept: slot.is_some(), evicted })
    }

    /// Whether there is something that somebody may still be given.
    fn is_of_use(&self, state: &CacheState, key: u32, now: Time) -> bool {
        let Some(slot) = state.store.peek(key) else { return false };
        let expires = state.entries[slot.index()].expires;
        now < expires
            || !state.says_nothing(slot)
                && self.freshness.is_some_and(|freshness| freshness.is_kept_when_over(now.since(expires)))
    }

    /// Whether a look-up may begin a load in the background by a draw.
    pub fn draws_when_used(&self) -> bool {
        self.freshness.is_some_and(|freshness| freshness.minds_loads())
    }
}

impl CacheState {
    fn write(&mut self, slot: Slot, entry: Entry) {
        if self.entries.len() <= slot.index() {
            self.entries.resize(slot.index() + 1, NO_ENTRY);
        }
        self.entries[slot.index()] = entry;
    }

    fn note_load(&mut self, slot: Slot, took: Duration) {
        if self.took.len() <= slot.index() {
            self.took.resize(slot.index() + 1, Duration::ZERO);
        }
        self.took[slot.index()] = took;
    }

    fn note_nothing(&mut self, slot: Slot, why: Option<Nothing>) {
        if self.nothing.len() <= slot.index() {
            self.nothing.resize(slot.index() + 1, None);
        }
        self.nothing[slot.index()] = why;
    }

    fn says_nothing(&self, slot: Slot) -> bool {
        self.nothing.get(slot.index()).is_some_and(Option::is_some)
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

    /// What they take together; where entries have no sizes, as much as there are.
    pub fn size(&self) -> u64 {
        self.store.weight()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }
}
