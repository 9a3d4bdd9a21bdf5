//! Steps that look something up in a cache, and loads of what is missed.
//!
//! A load is kept like a branch, but it is the cache that waits for it: it goes on when the handler that began it has given up, and what arrives late is kept for others. The list
//! of its fork has those who wait for it instead of branches: nobody, at first, if it began in the background.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::arena::Id;
use crate::kernel::calendar::Rank;
use crate::kernel::random::{Bits, SiteKey, Word};
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::cache::{CacheState, Coalesce, DirtyKeys, Found, Invalidated, Leases, Nothing, Size};
use crate::observe::{CacheEvent, Happening, Observer, Place};
use crate::plan::{Instruction, Plan, Selected, SiteId};

use super::event::Event;
use super::handler::repeated;
use super::world::{Attempt, Fork, Stage, WaitsFor};
use super::{Simulation, Wait};

/// All caches.
#[derive(Clone, Debug)]
pub(super) struct Caches {
    /// By [`Cache::part`].
    pub(super) parts: Vec<CacheState>,
    /// What the entries of each part took when it was told last, where that matters.
    sizes: Vec<u64>,
    /// Where the sizes of values are drawn. They stay what they are, whatever becomes of the future.
    pub(super) size_key: Option<SiteKey>,
    /// The same of which keys have none.
    pub(super) absent_key: Option<SiteKey>,
    /// The tokens of each part, by the handlers that have them; those of caches without leases have none.
    pub(super) leases: Vec<Leases<Id<Attempt>>>,
    /// The keys of each part that are to be stored, by the branches that do so.
    pub(super) dirty: Vec<DirtyKeys<Id<Attempt>>>,
    /// Whether any is in a service that is called.
    pub(super) are_called: bool,
    /// The loads that others may wait for.
    under_way: BTreeMap<LoadKey, Id<Fork>>,
    /// What is loaded in the background, each within a part of a cache.
    refreshing: BTreeSet<LoadKey>,
}

/// What a load is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct LoadKey {
    cache: u32,
    /// The instance, or the part of the cache, within which there is at most one load of a key.
    within: u32,
    key: u32,
}

impl Caches {
    pub(super) fn new(plan: &Plan, keys: &[SiteKey]) -> Self {
        let parts = plan.caches.iter().flat_map(|cache| cache.start(&plan.services, keys));
        let parts: Vec<CacheState> = parts.collect();
        Self {
            dirty: vec![DirtyKeys::default(); parts.len()],
            leases: vec![Leases::default(); parts.len()],
            sizes: vec![0; parts.len()],
            absent_key: plan.caches.iter().find_map(|cache| Some(keys[cache.absent?.site.index()])),
            size_key: plan.caches.iter().find_map(|cache| Some(keys[cache.sizes.as_ref()?.site.index()])),
            parts,
            are_called: plan.instructions.iter().any(|step| matches!(step, Instruction::Ask { .. })),
            under_way: BTreeMap::new(),
            refreshing: BTreeSet::new(),
        }
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// Tells what is in the caches when the run begins.
    pub(super) fn tell_warm_caches(&mut self) {
        for (index, cache) in (0..).zip(&self.plan.caches) {
            let parts = &self.caches.parts[cache.first_part as usize..][..cache.parts as usize];
            let entries = parts.iter().map(CacheState::len).sum();
            self.tell_cache(index, CacheEvent::Warmed { entries });
            for part in 0..cache.parts {
                self.tell_size(index, cache.first_part + part);
            }
        }
    }

    pub(super) fn tell_cache(&mut self, cache: u32, event: CacheEvent) {
        self.tell(Happening::Cache { cache, event });
    }

    /// Tells what the entries of a part take, if they have sizes.
    pub(super) fn tell_size(&mut self, cache: u32, part: u32) {
        if self.plan.caches[cache as usize].sizes.is_none() {
            return;
        }
        let after = self.caches.parts[part as usize].size();
        let before = std::mem::replace(&mut self.caches.sizes[part as usize], after);
        self.tell_cache(cache, CacheEvent::Sized { before, after });
    }

    /// A handler comes to a step that uses a cache. Whether it goes on at once.
    #[inline(never)]
    pub(super) fn use_cache(&mut self, id: Id<Attempt>) -> bool {
        let Attempt { instruction, word, .. } = self.attempts[id];
        let (&Instruction::Get { cache, site, iteration, .. }
        | &Instruction::Put { cache, site, iteration, .. }
        | &Instruction::Invalidate { cache, site, iteration }) =
            &self.plan.instructions[instruction as usize]
        else {
            return self.store(id);
        };
        let latency = &self.plan.caches[cache as usize].latency;
        match self.wait(latency, site, self.look_word(id, repeated(word, iteration))) {
            Wait::None => self.cache_answers(id),
            wait => {
                let ticket = self.schedule_after(wait, Rank::Completion, Event::SleepEnds(id.index()));
                self.attempts[id].ticket = ticket;
                false
            }
        }
    }

    /// What a handler does with a cache is done. Whether it goes on at once.
    pub(super) fn cache_answers(&mut self, id: Id<Attempt>) -> bool {
        let Attempt { instruction, word, place, baggage, .. } = self.attempts[id];
        let now = self.now;
        match self.plan.instructions[instruction as usize] {
            Instruction::Get { cache: index, hit, load, early, iteration, .. } => {
                let cache = &self.plan.caches[index as usize];
                let part = cache.part(self.instances[place.instance as usize].ordinal);
                let loads = load != Instruction::NO_LOAD;
                let keys = &self.keys;
                let bits = || loads.then(|| repeated(word, iteration).at(keys[early.index()]));
                let found = cache.rules.get(&mut self.caches.parts[part as usize], baggage.key, now, bits);
                self.tell_cache(index, found.into());
                if let Found::Expired { .. } = found {
                    self.tell_size(index, part);
                }
                let is_dirty = cache.write_behind.is_some() && self.is_dirty(index, part, baggage.key, found);
                match found {
                    Found::Expired { .. } | Found::Nothing { .. } | Found::Miss if is_dirty => {
                        self.stop_looking(id);
                        self.attempts[id].instruction = hit;
                        return true;
                    }
                    Found::Nothing { why: Nothing::Failed(class), .. } => {
                        return self.step_fails(id, class);
                    }
                    Found::Nothing { why: Nothing::Absent, .. } => {
                        self.stop_looking(id);
                        self.attempts[id].instruction = hit;
                        return true;
                    }
                    Found::Hit { .. } | Found::Expired { .. } | Found::Miss => {}
                }
                if let Found::Hit { is_due, age, .. } = found {
                    if cache.propagation.is_some() {
                        self.note_use(index, part, baggage.key, age);
                    }
                    // What is still to be stored is newer than what would be loaded.
                    if is_due && !is_dirty {
                        self.refresh(id, index, part, load);
                    }
                    self.stop_looking(id);
                    self.attempts[id].instruction = hit;
                    return true;
                }
                if cache.lease.is_some() && !self.lease(index, part, baggage.key, id) {
                    if self.serve_stale(index, part, baggage.key) {
                        self.stop_looking(id);
                        self.attempts[id].instruction = hit;
                        return true;
                    }
                    if self.look_later(id, index) {
                        return false;
                    }
                }
                self.stop_looking(id);
                if loads {
                    self.wait_for_load(id, index, part, load);
                    return false;
                }
                self.attempts[id].instruction += 1;
            }
            Instruction::Put { cache, fills, behind, entry, iteration, .. } => {
                let next = match behind {
                    None => instruction + 1,
                    Some(behind) if self.write_behind(id, cache, behind.first) => behind.next,
                    Some(_) => {
                        self.attempts[id].instruction += 1;
                        return true;
                    }
                };
                if self.may_fill(cache, place, baggage.key, fills.then_some(id)) {
                    self.fill(cache, place, baggage.key, Duration::ZERO, (repeated(word, iteration), entry));
                }
                self.attempts[id].instruction = next;
            }
            Instruction::Invalidate { cache: index, site, iteration } => {
                // Each step sends messages of its own.
                let word = repeated(word, iteration).child(self.plan.sites[site.index()].hash);
                self.invalidate_from(index, place, baggage.key, word);
                self.attempts[id].instruction += 1;
            }
            _ => unreachable!("the handler is at a step that uses a cache"),
        }
        true
    }

    /// The number of the part of a cache that is used at a place.
    pub(super) fn part_number(&self, cache: u32, place: Place) -> u32 {
        let ordinal = self.instances[place.instance as usize].ordinal;
        self.plan.caches[cache as usize].part(ordinal)
    }

    pub(super) fn part(&mut self, cache: u32, place: Place) -> &mut CacheState {
        let part = self.part_number(cache, place);
        &mut self.caches.parts[part as usize]
    }

    /// Takes an entry out of a cache, and its token from whoever wants to fill it.
    pub(super) fn invalidate(&mut self, index: u32, place: Place, key: u32) {
        let part = self.part_number(index, place);
        self.invalidate_part(index, part, key);
    }

    /// The same of a part of it.
    pub(super) fn invalidate_part(&mut self, index: u32, part: u32, key: u32) {
        self.caches.leases[part as usize].void(key);
        let rules = &self.plan.caches[index as usize].rules;
        match rules.invalidate(&mut self.caches.parts[part as usize], key, self.now) {
            Invalidated::Nothing => {}
            Invalidated::Kept => self.tell_cache(index, CacheEvent::Invalidated { is_kept: true }),
            Invalidated::Gone => {
                self.tell_cache(index, CacheEvent::Invalidated { is_kept: false });
                self.tell_size(index, part);
            }
        }
    }

    /// Puts an entry into a cache, for which a load `took` so long.
    pub(super) fn fill(
        &mut self,
        index: u32,
        place: Place,
        key: u32,
        took: Duration,
        (word, site): (Word, SiteId),
    ) {
        let cache = &self.plan.caches[index as usize];
        let mut bits = word.at(self.key(site));
        let now = self.now;
        if cache.absent.is_some() && self.is_absent(index, key) {
            self.tell_cache(index, CacheEvent::BroughtNothing);
            self.keep_nothing(index, place, key, Nothing::Absent, &mut bits);
            return;
        }
        if let Some(size) = self.size_of(index, key) {
            let put = cache.rules.put_sized(self.part(index, place), (key, size), now, took, &mut bits);
            self.tell_cache(index, CacheEvent::Filled(put));
            if cache.rules.is_too_large(size) {
                self.tell_cache(index, CacheEvent::TooLarge);
            }
            let part = self.part_number(index, place);
            self.tell_size(index, part);
            return;
        }
        let put = cache.rules.put(self.part(index, place), key, now, took, &mut bits);
        self.tell_cache(index, CacheEvent::Filled(put));
    }

    /// Whether a key has no value.
    fn is_absent(&self, cache: u32, key: u32) -> bool {
        self.plan.caches[cache as usize].is_absent(key, self.caches.absent_key)
    }

    /// There is nothing, or it could not be loaded, which may be kept.
    fn keep_nothing(&mut self, index: u32, place: Place, key: u32, why: Nothing, bits: &mut impl Bits) {
        let (rules, now) = (&self.plan.caches[index as usize].rules, self.now);
        if let Some(put) = rules.put_nothing(self.part(index, place), key, now, why, bits) {
            self.tell_cache(index, CacheEvent::FilledWithNothing(put));
            let part = self.part_number(index, place);
            self.tell_size(index, part);
        }
    }

    /// What an entry of this key takes, if that matters.
    fn size_of(&self, cache: u32, key: u32) -> Option<Size> {
        self.plan.caches[cache as usize].size_of(key, self.caches.size_key)
    }

    /// A handler waits for what it has missed to be loaded, by itself or by somebody else.
    fn wait_for_load(&mut self, id: Id<Attempt>, index: u32, part: u32, first: u32) {
        let load = self.joint_load(id, index, part);
        if let Some(&fork) = load.as_ref().and_then(|load| self.caches.under_way.get(load)) {
            let list = self.forks[fork].list;
            self.branch_lists[list as usize].push(id);
            self.tell_cache(index, CacheEvent::Coalesced);
            return;
        }
        let waits = self.load_of(id, index, load, None);
        let list = self.begin_load(id, waits, first);
        self.branch_lists[list as usize].push(id);
        self.tell_cache(index, CacheEvent::LoadBegan { in_background: false });
    }

    /// What a handler loads in a part of a cache, as far as others may wait for it.
    fn joint_load(&self, id: Id<Attempt>, index: u32, part: u32) -> Option<LoadKey> {
        let Attempt { place, baggage, .. } = self.attempts[id];
        let within = match self.plan.caches[index as usize].coalesce {
            Coalesce::None => return None,
            Coalesce::Instance => place.instance,
            Coalesce::Cache => part,
        };
        Some(LoadKey { cache: index, within, key: baggage.key })
    }

    /// What a handler has found is loaded anew while it goes on, unless somebody sees to that already.
    fn refresh(&mut self, id: Id<Attempt>, index: u32, part: u32, first: u32) {
        let refresh = LoadKey { cache: index, within: part, key: self.attempts[id].baggage.key };
        let load = self.joint_load(id, index, part);
        if load.is_some_and(|load| self.caches.under_way.contains_key(&load))
            || !self.caches.refreshing.insert(refresh)
        {
            return;
        }
        let waits = self.load_of(id, index, load, Some(refresh));
        self.begin_load(id, waits, first);
        self.tell_cache(index, CacheEvent::LoadBegan { in_background: true });
    }

    /// A load of what a handler looks up.
    fn load_of(
        &self,
        id: Id<Attempt>,
        cache: u32,
        load: Option<LoadKey>,
        refresh: Option<LoadKey>,
    ) -> WaitsFor {
        let Attempt { place, baggage, word, .. } = self.attempts[id];
        WaitsFor::Cache { cache, load, refresh, began: self.now, of: Some((place, baggage.key, word)) }
    }

    /// Begins a load in the name of a handler, and says which list is that of those who wait for it.
    fn begin_load(&mut self, id: Id<Attempt>, waits: WaitsFor, first: u32) -> u32 {
        let list = self.take_list();
        let fork = self.forks.insert_with(|| Fork { waits, list });
        if let WaitsFor::Cache { load: Some(load), .. } = waits {
            self.caches.under_way.insert(load, fork);
        }
        let parent = self.attempts[id];
        // Whoever has begun it may give up.
        let detached = Attempt { abandoned: false, cancelled: false, expiry: Time::MAX, ..parent };
        self.begin_branch(id, &detached, fork, first);
        list
    }

    /// A load has got what it is for.
    pub(super) fn loaded(&mut self, id: Id<Attempt>) {
        let Attempt { instruction, word, place, baggage, branch_of, .. } = self.attempts[id];
        let (&Instruction::Loaded { cache, entry, iteration }, WaitsFor::Cache { began, .. }) =
            (&self.plan.instructions[instruction as usize], self.forks[branch_of].waits)
        else {
            unreachable!("the load is done")
        };
        let took = self.now.since(began);
        self.fill(cache, place, baggage.key, took, (repeated(word, iteration), entry));
        self.branch_ends(id, Class::Ok);
    }

    /// A load is over: those who wait for it go on, each as a hop of its own.
    pub(super) fn load_ends(&mut self, fork: Id<Fork>, class: Class) {
        let Fork { waits: WaitsFor::Cache { cache, load, refresh, of, .. }, list } = self.forks.remove(fork)
        else {
            unreachable!("it was a load")
        };
        if let Some(load) = load {
            self.caches.under_way.remove(&load);
        }
        if let Some(refresh) = refresh {
            self.caches.refreshing.remove(&refresh);
        }
        self.tell_cache(cache, CacheEvent::LoadEnded { ok: class == Class::Ok });
        // What failed in the background was missed by nobody, unless somebody has come to wait for it.
        let was_missed = refresh.is_none() || !self.branch_lists[list as usize].is_empty();
        if let Some((place, key, word)) = of
            && class != Class::Ok
            && was_missed
        {
            let mut bits = word.at(self.key(self.plan.caches[cache as usize].site));
            self.keep_nothing(cache, place, key, Nothing::Failed(class), &mut bits);
        }
        for position in 0..self.branch_lists[list as usize].len() {
            let waiting = self.branch_lists[list as usize][position];
            if self.attempts.get(waiting).is_none_or(|attempt| attempt.stage != Stage::Handling) {
                continue;
            }
            let ticket = self.calendar.ticket();
            let attempt = &mut self.attempts[waiting];
            attempt.ticket = ticket;
            attempt.outcome = class;
            self.hops.push((Event::LoadEnds(waiting.index()), ticket));
        }
        self.give_list_back(list);
    }

    /// A load goes with its instance, and not for want of what it was to load.
    pub(super) fn say_nothing_of_key(&mut self, fork: Id<Fork>) {
        if let Some(Fork { waits: WaitsFor::Cache { of, .. }, .. }) = self.forks.get_mut(fork) {
            *of = None;
        }
    }

    /// The load that a handler waited for is over, or it is the turn of a branch to store something.
    pub(super) fn load_returns(&mut self, id: Id<Attempt>) {
        let Attempt { instruction, outcome, .. } = self.attempts[id];
        let Instruction::Get { cache, hit, .. } = self.plan.instructions[instruction as usize] else {
            return self.run_handler(id);
        };
        if outcome == Class::Ok || self.serve_on_error(id, cache) {
            self.attempts[id].instruction = hit;
            self.run_handler(id);
        } else {
            self.fail_step(id, outcome);
        }
    }

    /// Whether there is something that a handler may use although its load has failed.
    fn serve_on_error(&mut self, id: Id<Attempt>, index: u32) -> bool {
        let Attempt { place, baggage, .. } = self.attempts[id];
        let (rules, now) = (&self.plan.caches[index as usize].rules, self.now);
        let Some((age, is_stale)) = rules.get_after_error(self.part(index, place), baggage.key, now) else {
            return false;
        };
        self.tell_cache(index, CacheEvent::ServedOnError { age, is_stale });
        if self.plan.caches[index as usize].propagation.is_some() {
            let part = self.part_number(index, place);
            self.note_use(index, part, baggage.key, age);
        }
        true
    }

    /// An instance is gone, and with it what it had in its caches.
    pub(super) fn lose_caches(&mut self, service: u32, ordinal: u32) {
        for (index, cache) in (0..).zip(&self.plan.caches) {
            if cache.local_to == Some(service) {
                let part = cache.part(ordinal) as usize;
                self.caches.leases[part].void_if(|_| true);
                self.stop_warming(part as u32);
                let entries = self.caches.parts[part].flush();
                self.tell_cache(index, CacheEvent::Flushed { entries });
                self.tell_size(index, part as u32);
            }
        }
    }

    /// A fault takes a share of the entries away: of those in the selected instances, or of all.
    pub(super) fn flush_cache(
        &mut self,
        change: u32,
        index: u32,
        billionths: u32,
        select: Option<&Selected>,
    ) {
        let cache = &self.plan.caches[index as usize];
        let state = &self.changes[change as usize];
        let ordinals: Vec<u32> =
            if select.is_some() { state.selected.clone() } else { (0..cache.parts).collect() };
        let site = self.key(self.plan.changes[change as usize].site);
        let occurrence = Word::root(site, state.begun - 1);
        let mut entries = 0;
        for &ordinal in &ordinals {
            let part = (cache.first_part + ordinal) as usize;
            let word = occurrence.child(u64::from(ordinal));
            let is_lost = |key: u32| {
                billionths == 1_000_000_000 || word.child(u64::from(key)).at(site).chance(billionths)
            };
            self.caches.leases[part].void_if(is_lost);
            if cache.write_behind.is_some() {
                self.lose_writes(part as u32, is_lost);
            }
            let part = &mut self.caches.parts[part];
            entries += if billionths == 1_000_000_000 { part.flush() } else { part.flush_if(is_lost) };
        }
        self.tell_cache(index, CacheEvent::Flushed { entries });
        for &ordinal in &ordinals {
            self.tell_size(index, cache.first_part + ordinal);
        }
        self.warm_parts(index, ordinals);
    }
}
