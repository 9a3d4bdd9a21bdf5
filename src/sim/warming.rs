//! Caches that are filled from elsewhere when they have lost what they had.
//!
//! Each part has at most one event in the calendar, that of its next key. None is taken back: one that comes too early, as warming has begun anew, waits on, and one that nobody waits for any more does nothing.

use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::Word;
use crate::mechanism::cache::{Arrived, Ranking, Size, Warming};
use crate::observe::{CacheEvent, Observer};
use crate::plan::{self, Plan};

use super::Simulation;
use super::event::Event;

/// The warming of all parts of all caches.
#[derive(Clone, Debug)]
pub(super) struct Warmings {
    /// By part, of all caches; empty: none is warmed.
    parts: Vec<PartWarming>,
    /// By cache: who has which key, where each has its own part and nothing moves.
    rankings: Vec<Ranking>,
}

/// That of one part.
#[derive(Clone, Copy, Debug)]
struct PartWarming {
    cache: u32,
    state: Warming,
    /// Its event is in the calendar, or waits for an instance that stands still.
    is_scheduled: bool,
}

impl Warmings {
    pub(super) fn new(plan: &Plan) -> Self {
        if plan.caches.iter().all(|cache| cache.warming.is_none()) {
            return Self { parts: Vec::new(), rankings: Vec::new() };
        }
        let parts = (0..).zip(&plan.caches).flat_map(|(index, cache)| {
            let part = PartWarming { cache: index, state: Warming::default(), is_scheduled: false };
            std::iter::repeat_n(part, cache.parts as usize)
        });
        let rankings = plan.caches.iter().map(|cache| Ranking::new(cache.parts));
        Self { parts: parts.collect(), rankings: rankings.collect() }
    }

    /// Whether any cache is warmed.
    #[inline]
    pub(super) const fn are_there(&self) -> bool {
        !self.parts.is_empty()
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// What is empty when the run begins is filled.
    pub(super) fn warm_cold_caches(&mut self) {
        for (index, cache) in (0..).zip(&self.plan.caches) {
            if !cache.starts_warm {
                self.warm_parts(index, 0..cache.parts);
            }
        }
    }

    /// An instance that was down is up again, and has nothing of what it had.
    pub(super) fn warm_instance(&mut self, instance: u32) {
        let planned = &self.plan.instances[instance as usize];
        for (index, cache) in (0..).zip(&self.plan.caches) {
            if cache.local_to == Some(planned.service) {
                self.warm_parts(index, std::iter::once(planned.ordinal));
            }
        }
    }

    /// These parts of a cache have lost something, and are filled from now on; one whose instance is down is when that is up again.
    pub(super) fn warm_parts(&mut self, index: u32, ordinals: impl IntoIterator<Item = u32>) {
        let plan = self.plan;
        let cache = &plan.caches[index as usize];
        let Some(warming) = &cache.warming else { return };
        for part in ordinals.into_iter().map(|ordinal| cache.first_part + ordinal) {
            let instance = self.instance_of_part(index, part);
            if instance.is_some_and(|instance| self.instances[instance as usize].is_crashed) {
                continue;
            }
            self.warmings.parts[part as usize].state.begin(&warming.rules, self.now);
            self.schedule_warming(part, warming);
        }
    }

    /// Nothing comes to a part of a cache any more.
    pub(super) fn stop_warming(&mut self, part: u32) {
        if let Some(warming) = self.warmings.parts.get_mut(part as usize) {
            warming.state.stop();
        }
    }

    fn schedule_warming(&mut self, part: u32, warming: &plan::Warming) {
        let PartWarming { state, is_scheduled, .. } = &mut self.warmings.parts[part as usize];
        if let Some(due) = state.due(&warming.rules)
            && !std::mem::replace(is_scheduled, true)
        {
            self.calendar.schedule(due, Rank::Arrival, Event::Warming(part));
        }
    }

    /// It is time for the next key of a part, unless something has come between.
    pub(super) fn warming_comes_due(&mut self, part: u32, ticket: Ticket) {
        let PartWarming { cache: index, state, .. } = self.warmings.parts[part as usize];
        if let Some(instance) = self.instance_of_part(index, part)
            && self.puts_off(instance, Event::Warming(part), ticket)
        {
            return;
        }
        self.warmings.parts[part as usize].is_scheduled = false;
        let plan = self.plan;
        let Some(warming) = &plan.caches[index as usize].warming else { return };
        if state.due(&warming.rules).is_some_and(|due| due <= self.now) {
            self.warm_next(index, part, warming);
        }
        self.schedule_warming(part, warming);
    }

    /// The next key comes, and those are passed over that have no value or belong to other parts.
    fn warm_next(&mut self, index: u32, part: u32, warming: &plan::Warming) {
        let Self { plan, keys, now, caches, warmings, .. } = self;
        let (now, site) = (*now, keys[warming.site.index()]);
        let cache = &plan.caches[index as usize];
        let (absent_key, size_key) = (caches.absent_key, caches.size_key);
        let is_there = |key: u32| !cache.is_absent(key, absent_key);
        let size = |key: u32| cache.size_of(key, size_key).unwrap_or(Size::ONE);
        let Warmings { parts, rankings } = warmings;
        let (state, ranking) = (&mut parts[part as usize].state, &mut rankings[index as usize]);
        let (ordinal, ring) = (part - cache.first_part, cache.ring(&plan.services));
        let word = Word::root(site, u64::from(ordinal)).child(state.begun());
        let bits = |key: u32| word.child(u64::from(key)).at(site);
        let ranked = |position: &mut u32| {
            if let (Some(ring), None) = (ring, cache.drift) {
                let owner = |key: u32| is_there(key).then(|| ring.owner(key));
                let key = ranking.nth(ordinal, *position, cache.keys, owner)?;
                *position += 1;
                return Some(key);
            }
            while *position < cache.keys {
                let key = cache.popular(*position, now);
                *position += 1;
                if is_there(key) && ring.is_none_or(|ring| ring.owner(key) == ordinal) {
                    return Some(key);
                }
            }
            None
        };
        let there = (&cache.rules, &mut caches.parts[part as usize]);
        if let Arrived::Put { is_new } = state.next(&warming.rules, now, there, ranked, size, bits) {
            self.tell_cache(index, CacheEvent::Brought { is_new });
            self.tell_size(index, part);
        }
    }
}
