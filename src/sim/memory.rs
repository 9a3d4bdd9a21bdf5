//! Heaps that fill up: what attempts allocate, collections, and instances that are killed because nothing is left.
//!
//! What a heap holds is worked out from who is inside, so nothing has to be kept per attempt. A collection acts on its instance as a fault does, by an [`Effect`]; all work of such an instance shares
//! one clock, so that neither needs to look at the attempts.

use crate::kernel::Time;
use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::mechanism::fault::Effect;
use crate::mechanism::memory::{Impact, Memory, MemoryState, Response};
use crate::observe::{Happening, MemoryEvent, Observer};
use crate::plan::Plan;

use super::Simulation;
use super::connection::{Connection, Phase};
use super::event::Event;
use super::world::{Attempt, InstanceState};

/// The collector as a cause of [effects](crate::mechanism::fault::Effects): after all faults.
const COLLECTION: u32 = u32::MAX - 1;

/// The lack of memory as such a cause.
const OUT_OF_MEMORY: u32 = u32::MAX;

/// The heaps of all instances.
#[derive(Clone, Debug)]
pub(super) struct Heaps {
    /// By instance; empty: no service has a limited memory.
    states: Vec<MemoryState>,
}

impl Heaps {
    pub(super) fn new(plan: &Plan) -> Self {
        let begin = |memory: Option<u32>| {
            // The others have one that is never asked.
            plan.memories[memory.unwrap_or_default() as usize].rules.begin(Time::ZERO)
        };
        let instances = plan.instances.iter().filter(|_| !plan.memories.is_empty());
        let states = instances.map(|instance| begin(plan.services[instance.service as usize].memory));
        Self { states: states.collect() }
    }

    /// Whether the memory of any service is limited.
    #[inline]
    pub(super) const fn are_there(&self) -> bool {
        !self.states.is_empty()
    }
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// Which memory an instance has, if it is limited.
    fn memory_of(&self, instance: u32) -> Option<(u32, &'p Memory)> {
        let plan: &'p Plan = self.plan;
        let service = plan.instances[instance as usize].service;
        let memory = plan.services[service as usize].memory?;
        Some((memory, &plan.memories[memory as usize].rules))
    }

    fn live(&self, instance: u32, memory: &Memory) -> u64 {
        let InstanceState { threads_busy, rest, .. } = &self.instances[instance as usize];
        memory.live(&self.heaps.states[instance as usize], *threads_busy, rest.queue.len() as u32)
    }

    /// An attempt that has a thread begins its handler.
    #[inline(never)]
    pub(super) fn allocate_for(&mut self, id: Id<Attempt>) {
        let instance = self.attempts[id].place.instance;
        let Some((_, memory)) = self.memory_of(instance) else { return };
        let state = &self.instances[instance as usize];
        let factor = if state.is_changed { state.rest.effects.allocation_factor() } else { 1.0 };
        memory.allocate_request(&mut self.heaps.states[instance as usize], factor);
        self.look_at_heap(instance, memory);
    }

    /// An attempt waits for a thread.
    #[inline(never)]
    pub(super) fn allocate_in_queue(&mut self, instance: u32) {
        let Some((_, memory)) = self.memory_of(instance) else { return };
        memory.allocate_queued(&mut self.heaps.states[instance as usize]);
        self.look_at_heap(instance, memory);
    }

    /// Somebody has opened a connection to an instance.
    pub(super) fn allocate_connection(&mut self, instance: u32) {
        let Some((_, memory)) = self.memory_of(instance) else { return };
        memory.open_connection(&mut self.heaps.states[instance as usize]);
        self.look_at_heap(instance, memory);
    }

    /// A connection is forgotten.
    pub(super) fn free_connection(&mut self, id: Id<Connection>) {
        let Connection { edge, host, phase, .. } = self.guards.pools.connections[id];
        let instance =
            self.plan.services[self.plan.edges[edge as usize].target as usize].first_instance + host;
        // Only what was opened, and to this process and not to one before it.
        if !matches!(phase, Phase::Idle | Phase::Taken) || self.is_broken(id) {
            return;
        }
        let Some((_, memory)) = self.memory_of(instance) else { return };
        memory.close_connection(&mut self.heaps.states[instance as usize]);
    }

    /// A change has come or gone that may fill the memory of an instance.
    pub(super) fn stress_memory(&mut self, instance: u32) {
        let Some((_, memory)) = self.memory_of(instance) else { return };
        let bytes = self.instances[instance as usize].rest.effects.memory_stress();
        if memory.set_stress(&mut self.heaps.states[instance as usize], bytes) {
            self.look_at_heap(instance, memory);
        }
    }

    /// Sees to a heap that is full, once whatever is going on in this instant has come to its end.
    #[inline]
    fn look_at_heap(&mut self, instance: u32, memory: &Memory) {
        let InstanceState { threads_busy, rest, is_crashed, .. } = &mut self.instances[instance as usize];
        let state = &self.heaps.states[instance as usize];
        if !*is_crashed
            && memory.is_pressed(state, *threads_busy, rest.queue.len() as u32)
            && !std::mem::replace(&mut rest.heap_is_full, true)
        {
            self.hops.push((Event::HeapFull(instance), Ticket::NONE));
        }
    }

    /// The heap of an instance is full.
    pub(super) fn heap_is_full(&mut self, instance: u32) {
        self.instances[instance as usize].rest.heap_is_full = false;
        let Some((index, memory)) = self.memory_of(instance) else { return };
        if self.instances[instance as usize].is_crashed {
            return;
        }
        let live = self.live(instance, memory);
        let (now, InstanceState { threads_busy, rest, .. }) = (self.now, &self.instances[instance as usize]);
        let state = &mut self.heaps.states[instance as usize];
        if !memory.is_pressed(state, *threads_busy, rest.queue.len() as u32) {
            return;
        }
        match memory.respond(state, now, live) {
            Response::Nothing => {}
            Response::Collect(takes) => {
                let stops = memory.impact(state) == Impact::Stopped;
                let ticket =
                    self.calendar.schedule(now + takes, Rank::Completion, Event::MemoryTimer(instance));
                self.instances[instance as usize].rest.memory_ticket = ticket;
                self.tell(Happening::Memory { memory: index, event: MemoryEvent::CollectionBegan { stops } });
                self.feel_memory(instance, memory);
                // Of one that goes on beside the work, there may be no room from the begin.
                self.heap_is_full(instance);
            }
            Response::Stall => {
                self.tell(Happening::Memory { memory: index, event: MemoryEvent::Stalled });
                self.feel_memory(instance, memory);
            }
            Response::Kill => self.kill_for_memory(instance, index, memory),
        }
    }

    /// A collection is over, or an instance that was killed is back.
    pub(super) fn memory_timer(&mut self, instance: u32, ticket: Ticket) -> bool {
        let rest = &mut self.instances[instance as usize].rest;
        if rest.memory_ticket != ticket {
            return false;
        }
        rest.memory_ticket = Ticket::NONE;
        if let Some((index, memory)) = self.memory_of(instance) {
            self.has_collected(instance, index, memory);
        }
        true
    }

    fn has_collected(&mut self, instance: u32, index: u32, memory: &Memory) {
        let state = &mut self.heaps.states[instance as usize];
        if memory.impact(state) == Impact::Down {
            memory.come_back(state, self.now);
            self.tell(Happening::Memory { memory: index, event: MemoryEvent::Restarted });
            self.feel_memory(instance, memory);
            return;
        }
        let was_stopped = memory.impact(state) == Impact::Stopped;
        let collected = memory.collected(state, self.now);
        let pause = was_stopped.then_some(collected.stopped);
        let event = MemoryEvent::CollectionEnded { pause, freed: collected.freed };
        self.tell(Happening::Memory { memory: index, event });
        if collected.out_of_memory {
            self.kill_for_memory(instance, index, memory);
            return;
        }
        // If it is full again, the next collection begins before anything else goes on.
        if memory.is_full(&self.heaps.states[instance as usize]) {
            self.heap_is_full(instance);
        } else {
            self.feel_memory(instance, memory);
        }
    }

    fn kill_for_memory(&mut self, instance: u32, index: u32, memory: &Memory) {
        let away = memory.kill(&mut self.heaps.states[instance as usize], self.now);
        let at = self.now + away;
        let ticket = self.calendar.schedule(at, Rank::Change, Event::MemoryTimer(instance));
        self.instances[instance as usize].rest.memory_ticket = ticket;
        self.tell(Happening::Memory { memory: index, event: MemoryEvent::Killed });
        self.feel_memory(instance, memory);
    }

    /// What the memory does to the work of its instance takes effect.
    fn feel_memory(&mut self, instance: u32, memory: &Memory) {
        let impact = memory.impact(&self.heaps.states[instance as usize]);
        let collecting = match impact {
            Impact::Slowed(factor) => Some(Effect::Degrade(factor)),
            Impact::Stopped => Some(Effect::Pause),
            Impact::None | Impact::Down => None,
        };
        let was_down = self.instances[instance as usize].rest.effects.has(OUT_OF_MEMORY);
        if (impact == Impact::Down) == was_down {
            // The clock of the instance knows who is at work: nobody has to be looked at.
            self.apply(instance, COLLECTION, collecting, &[]);
            return;
        }
        self.instances[instance as usize].rest.effects.end(COLLECTION);
        self.guards.sweeps.changed_at = Some(self.now);
        let effect = (impact == Impact::Down).then_some(Effect::Crash);
        self.apply_to_all(&[instance], OUT_OF_MEMORY, effect);
    }

    /// An instance has crashed, and its memory with it.
    pub(super) fn lose_memory(&mut self, instance: u32) {
        let Some((index, memory)) = self.memory_of(instance) else { return };
        let state = &mut self.heaps.states[instance as usize];
        let impact = memory.impact(state);
        memory.begin_anew(state, self.now);
        // Who was killed comes back by itself.
        if impact == Impact::Down {
            return;
        }
        let rest = &mut self.instances[instance as usize].rest;
        let was_collecting = !rest.memory_ticket.is_none();
        let stale = std::mem::replace(&mut rest.memory_ticket, Ticket::NONE);
        rest.effects.end(COLLECTION);
        self.forget(stale);
        if was_collecting {
            let event = MemoryEvent::CollectionLost { stopped: impact == Impact::Stopped };
            self.tell(Happening::Memory { memory: index, event });
        }
    }

    /// Tells what is in the heaps at the end of an interval.
    #[cold]
    pub(super) fn tell_heaps(&mut self, end: Time) {
        for instance in 0..self.instances.len() as u32 {
            let Some((index, memory)) = self.memory_of(instance) else { continue };
            let live = self.live(instance, memory);
            let occupied = memory.occupied(&self.heaps.states[instance as usize], live);
            let event = MemoryEvent::Level { live, occupied };
            self.observer.happened(end, Happening::Memory { memory: index, event });
        }
    }
}
