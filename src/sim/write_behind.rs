//! What is put into caches, and stored elsewhere: before, or later.
//!
//! A key that is to be stored later has a branch of its own, begun by whoever put it there first, which waits until the key is due and until it is its turn, stores it, and begins anew where that has failed or
//! where the key was put there again meanwhile. It goes on when whoever began it is gone; only the loss of the instance in which it is ends it, and the loss of what it is to store.

use std::collections::BTreeSet;

use crate::kernel::Time;
use crate::kernel::arena::Id;
use crate::kernel::calendar::Rank;
use crate::mechanism::cache::{AfterStore, Found, WriteBehindSettings, Written};
use crate::observe::{CacheEvent, Observer};
use crate::plan::{Instruction, Writing};

use super::event::Event;
use super::world::{Attempt, Fork, WaitsFor};
use super::{Simulation, Wait};

/// What a word is mixed with for storing again: no step of a handler has this number.
const STORE: u64 = u64::from_be_bytes(*b"store\0\0\0");

/// A branch that stores a key.
#[derive(Clone, Copy)]
struct Writer {
    cache: u32,
    part: u32,
    /// Its first instruction.
    first: u32,
    key: u32,
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// A handler puts something into a cache that is stored later, by these instructions. False: there is no room for what is to be stored.
    #[inline(never)]
    pub(super) fn write_behind(&mut self, id: Id<Attempt>, cache: u32, first: u32) -> bool {
        let Attempt { place, baggage, .. } = self.attempts[id];
        let (part, key, now) = (self.part_number(cache, place), baggage.key, self.now);
        let rules = self.writing(cache);
        match self.caches.dirty[part as usize].put(rules, key, now) {
            Written::Full => return false,
            Written::Coalesced => self.tell_cache(cache, CacheEvent::WriteCoalesced),
            Written::First => {
                let list = self.take_list();
                let fork =
                    self.forks.insert_with(|| Fork { waits: WaitsFor::Store { cache, part, first }, list });
                let parent = self.attempts[id];
                // Whoever has put it there may give up.
                let detached = Attempt { abandoned: false, cancelled: false, expiry: Time::MAX, ..parent };
                let branch = self.begin_branch(id, &detached, fork, first);
                self.caches.dirty[part as usize].note(key, now, branch);
                self.tell_cache(cache, CacheEvent::Dirtied);
            }
        }
        true
    }

    fn writing(&self, cache: u32) -> &'p WriteBehindSettings {
        let behind = self.plan.caches[cache as usize].write_behind.as_ref();
        &behind.expect("invariant: nothing is dirty in a cache without `write_behind`").rules
    }

    /// Whether a key is still to be stored. Whoever has found no entry is given that.
    #[inline(never)]
    pub(super) fn is_dirty(&mut self, cache: u32, part: u32, key: u32, found: Found) -> bool {
        let age = self.caches.dirty[part as usize].age(key, self.now);
        if let Some(age) = age
            && !matches!(found, Found::Hit { .. })
        {
            self.tell_cache(cache, CacheEvent::ServedDirty { age });
        }
        age.is_some()
    }

    /// A handler, or a branch that stores something, comes to a step that concerns that. Whether it goes on at once.
    #[inline(never)]
    pub(super) fn store(&mut self, id: Id<Attempt>) -> bool {
        let Attempt { instruction, outcome, .. } = self.attempts[id];
        match self.plan.instructions[instruction as usize] {
            Instruction::Write(Writing::Begins { cache }) => {
                self.tell_cache(cache, CacheEvent::StoreBegan { is_behind: false });
                self.attempts[id].instruction += 1;
                true
            }
            Instruction::Write(Writing::Fails { cache }) => {
                self.tell_cache(cache, CacheEvent::StoreFailed);
                self.step_fails(id, outcome)
            }
            Instruction::Write(Writing::Waits { cache }) => {
                let behind = self.plan.caches[cache as usize].write_behind.as_ref();
                let Some(delay) = behind.and_then(|behind| behind.delay) else {
                    return self.store_is_due(id, cache);
                };
                self.await_store(id, Wait::Lane(delay.lane));
                false
            }
            Instruction::Write(Writing::Ends) => {
                self.store_ends(id, true);
                false
            }
            _ => unreachable!("the handler is at such a step"),
        }
    }

    fn await_store(&mut self, id: Id<Attempt>, wait: Wait) {
        let ticket = self.schedule_after(wait, Rank::Completion, Event::SleepEnds(id.index()));
        self.attempts[id].ticket = ticket;
    }

    /// The time is over for which a dirty key waits. Whether it is stored at once.
    pub(super) fn store_is_due(&mut self, id: Id<Attempt>, cache: u32) -> bool {
        let Writer { part, key, .. } = self.writer(id);
        let rules = self.writing(cache);
        let begins = self.caches.dirty[part as usize].is_due(rules, key);
        if begins {
            self.begin_store(id, cache);
        }
        begins
    }

    fn begin_store(&mut self, id: Id<Attempt>, cache: u32) {
        self.attempts[id].instruction += 1;
        self.tell_cache(cache, CacheEvent::StoreBegan { is_behind: true });
    }

    /// Others store what is due, as there is room for them now.
    fn next_stores(&mut self, cache: u32, part: u32) {
        let rules = self.writing(cache);
        while let Some(next) = self.caches.dirty[part as usize].next(rules) {
            self.begin_store(next, cache);
            let ticket = self.calendar.ticket();
            self.attempts[next].ticket = ticket;
            self.hops.push((Event::LoadEnds(next.index()), ticket));
        }
    }

    /// A key is stored, or that has failed.
    pub(super) fn store_ends(&mut self, id: Id<Attempt>, ok: bool) {
        let Writer { cache, part, first, key } = self.writer(id);
        self.tell_cache(cache, CacheEvent::StoreEnded { ok });
        // What is done under locks has failed as a whole.
        self.release(id);
        let (rules, now) = (self.writing(cache), self.now);
        match self.caches.dirty[part as usize].stored(rules, key, now, ok) {
            AfterStore::Again(after) => {
                let attempt = &mut self.attempts[id];
                attempt.instruction = first;
                attempt.word = attempt.word.child(STORE);
                self.await_store(id, Wait::of(after));
            }
            AfterStore::Clean => self.end_writer(id, false),
            AfterStore::Lost => self.end_writer(id, true),
        }
        self.next_stores(cache, part);
    }

    fn end_writer(&mut self, id: Id<Attempt>, is_lost: bool) {
        let Writer { cache, .. } = self.writer(id);
        let fork = self.attempts[id].branch_of;
        self.remove_branch(id);
        let Fork { list, .. } = self.forks.remove(fork);
        self.give_list_back(list);
        self.tell_cache(cache, CacheEvent::Cleaned { is_lost });
    }

    fn writer(&self, id: Id<Attempt>) -> Writer {
        let Attempt { branch_of, baggage, .. } = self.attempts[id];
        let WaitsFor::Store { cache, part, first } = self.forks[branch_of].waits else {
            unreachable!("the branch stores something")
        };
        Writer { cache, part, first, key: baggage.key }
    }

    /// A cache loses keys, and what was to be stored of them.
    pub(super) fn lose_writes(&mut self, part: u32, is_lost: impl Fn(u32) -> bool) {
        let lost = self.caches.dirty[part as usize].lose_if(is_lost);
        for id in lost {
            debug_assert!(self.attempts[id].child.is_none(), "it only waits");
            self.end_writer(id, true);
        }
    }

    /// An instance is gone, with these attempts: what they were to store is lost.
    pub(super) fn lose_stores(&mut self, present: &[Id<Attempt>]) {
        let mut parts = BTreeSet::new();
        for &id in present {
            let fork = self.attempts.get(id).and_then(|attempt| self.forks.get(attempt.branch_of));
            let Some(WaitsFor::Store { cache, part, .. }) = fork.map(|fork| fork.waits) else { continue };
            self.stop_waiting(id);
            if self.caches.dirty[part as usize].lose(self.attempts[id].baggage.key) {
                self.tell_cache(cache, CacheEvent::StoreEnded { ok: false });
            }
            self.end_writer(id, true);
            parts.insert((cache, part));
        }
        for (cache, part) in parts {
            self.next_stores(cache, part);
        }
    }
}
