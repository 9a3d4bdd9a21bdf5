//! Invalidations on their way to parts of a cache that are elsewhere.

use crate::kernel::Duration;
use crate::kernel::arena::{Arena, Id};
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::Word;
use crate::mechanism::cache::Outdated;
use crate::observe::{CacheEvent, Observer, Place};
use crate::plan::Plan;

use super::Simulation;
use super::event::Event;

/// What is on its way.
#[derive(Clone, Debug)]
pub(super) struct Propagations {
    messages: Arena<Message>,
    /// By part, of all caches; none where nothing propagates.
    outdated: Vec<Outdated>,
}

/// An invalidation of a key.
#[derive(Clone, Copy, Debug)]
struct Message {
    cache: u32,
    part: u32,
    key: u32,
}

impl Propagations {
    pub(super) fn new(plan: &Plan) -> Self {
        let parts: u32 = plan.caches.iter().map(|cache| cache.parts).sum();
        let propagates = plan.caches.iter().any(|cache| cache.propagation.is_some());
        let outdated = vec![Outdated::default(); if propagates { parts as usize } else { 0 }];
        Self { messages: Arena::new(), outdated }
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// A handler at this place takes a key out of a cache. Where that is not at once, messages begin their way.
    pub(super) fn invalidate_from(&mut self, index: u32, place: Place, key: u32, word: Word) {
        let plan = self.plan;
        let cache = &plan.caches[index as usize];
        let Some(propagation) = &cache.propagation else { return self.invalidate(index, place, key) };
        let own = (cache.local_to == Some(place.service)).then(|| self.part_number(index, place));
        if own.is_some() {
            self.invalidate(index, place, key);
        }
        for part in (cache.first_part..cache.first_part + cache.parts).filter(|&part| Some(part) != own) {
            let word = word.child(u64::from(part - cache.first_part));
            let wait = self.wait(&propagation.span, propagation.site, word);
            self.propagations.outdated[part as usize].changed(key, self.now);
            let message = self.propagations.messages.insert_with(|| Message { cache: index, part, key });
            self.tell_cache(index, CacheEvent::InvalidationSent);
            self.schedule_after(wait, Rank::Arrival, Event::Invalidation(message.index()));
        }
    }

    /// A message reaches its part, or waits for the instance that has it to go on.
    pub(super) fn invalidation_arrives(&mut self, slot: u32, ticket: Ticket) {
        let id: Id<Message> = self
            .propagations
            .messages
            .occupant(slot)
            .expect("invariant: a message is there until it arrives");
        let Message { cache, part, key } = self.propagations.messages[id];
        if let Some(instance) = self.instance_of_part(cache, part)
            && self.puts_off(instance, Event::Invalidation(slot), ticket)
        {
            return;
        }
        self.propagations.messages.remove(id);
        self.propagations.outdated[part as usize].told(key);
        self.tell_cache(cache, CacheEvent::InvalidationArrived);
        self.invalidate_part(cache, part, key);
    }

    /// The instance that a part of a cache is in, counted over all services; `None`: it is in none.
    pub(super) fn instance_of_part(&self, cache: u32, part: u32) -> Option<u32> {
        let cache = &self.plan.caches[cache as usize];
        let service = &self.plan.services[cache.local_to? as usize];
        Some(service.first_instance + part - cache.first_part)
    }

    /// An entry of this age was used, of a cache that hears of changes by messages. Tells if it was outdated.
    pub(super) fn note_use(&mut self, index: u32, part: u32, key: u32, age: Duration) {
        let outdated = &self.propagations.outdated[part as usize];
        if let Some(since) = outdated.since(key, age, self.now) {
            self.tell_cache(index, CacheEvent::Outdated { since });
        }
    }
}
