//! Changes to the running world take effect and are taken back.

use std::collections::BTreeMap;

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::mechanism::Class;
use crate::mechanism::fault::{Effect, select_instances};
use crate::observe::{Happening, Observer, ServiceEnd};
use crate::plan::{Caller, What};

use super::Simulation;
use super::client::start_client;
use super::event::Event;
use super::world::{Attempt, Call, CallerOf};

impl<O: Observer> Simulation<'_, O> {
    pub(super) fn change_begins(&mut self, index: u32) {
        let change = &self.plan.changes[index as usize];
        if let Some(end) = change.end {
            self.calendar.schedule(end, Rank::Change, Event::ChangeEnds(index));
        }
        let selected = match change.what {
            What::Spike { .. } => Vec::new(),
            What::Cut { .. } => {
                self.cuts.push(index);
                Vec::new()
            }
            What::Instances { service, select, effect } => {
                let count = self.plan.services[service as usize].instances;
                let selected = select_instances(select, self.key(change.site), 0, count);
                self.apply_to_all(service, &selected, index, Some(effect));
                selected
            }
        };
        self.selected[index as usize] = Some(selected);
        self.tell(Happening::ChangeBegan { change: index });
    }

    pub(super) fn change_ends(&mut self, index: u32) {
        match self.plan.changes[index as usize].what {
            What::Spike { .. } => {}
            What::Cut { .. } => self.cuts.retain(|&cut| cut != index),
            What::Instances { service, .. } => {
                let selected = self.selected[index as usize].clone().unwrap_or_default();
                self.apply_to_all(service, &selected, index, None);
            }
        }
        self.tell(Happening::ChangeEnded { change: index });
    }

    fn apply_to_all(&mut self, service: u32, ordinals: &[u32], change: u32, effect: Option<Effect>) {
        let first_instance = self.plan.services[service as usize].first_instance;
        let mut present = self.attempts_at(service);
        for ordinal in ordinals {
            let instance = first_instance + ordinal;
            self.apply(instance, change, effect, &present.remove(&instance).unwrap_or_default());
        }
    }

    /// An effect on one instance begins, or ends with `None`; what is in force is worked out afresh from all that are active. `present` are the
    /// attempts that it had when the change came.
    fn apply(&mut self, instance: u32, change: u32, effect: Option<Effect>, present: &[Id<Attempt>]) {
        let state = &mut self.instances[instance as usize];
        let (speed_before, was_paused, was_crashed) = (state.speed, state.is_paused, state.is_crashed);
        let parameters_before = state.parameters;
        match effect {
            Some(effect) => state.effects.begin(change, effect),
            None => _ = state.effects.end(change),
        }
        let service = &self.plan.services[self.plan.instances[instance as usize].service as usize];
        state.parameters = state.effects.parameters().unwrap_or(service.parameters);
        state.queue.reconfigure(self.plan.parameters[state.parameters as usize].queue);
        state.is_crashed = state.effects.crashed();
        state.is_paused = state.effects.paused() && !state.is_crashed;
        state.speed =
            if state.is_paused || state.is_crashed { 0.0 } else { 1.0 / state.effects.work_factor() };
        let (is_paused, is_crashed, speed) = (state.is_paused, state.is_crashed, state.speed);
        let is_pushed = state.parameters != parameters_before;
        self.paused_instances = self.paused_instances + u32::from(is_paused) - u32::from(was_paused);
        if is_crashed && !was_crashed {
            self.crash(instance, present);
        }
        if speed != speed_before {
            self.respeed(instance, present, speed_before);
        } else if is_pushed {
            self.reschedule_clock(instance);
        }
        if was_paused && !is_paused {
            self.resume(instance);
        }
        self.dequeue(instance);
    }

    /// Everything that the instance was doing is lost, and its callers' connections with it. What a pause deferred stays listed: its owners are gone, so
    /// it does nothing when it is resumed, but for replies to calls that are closed by then, which must still be received to be forgotten.
    fn crash(&mut self, instance: u32, present: &[Id<Attempt>]) {
        for &id in present {
            // What was lost on another instance may have taken attempts of this one with it.
            if self.attempts.get(id).is_none_or(|attempt| !attempt.is_inside()) {
                continue;
            }
            let child = std::mem::replace(&mut self.attempts[id].child, Id::NONE);
            if !child.is_none() {
                self.cancel_call(child);
            }
            self.finish(id, ServiceEnd::Reset, Some(Class::Reset));
        }
        self.reset_policy_state(instance);
    }

    fn reset_policy_state(&mut self, instance: u32) {
        let planned = &self.plan.instances[instance as usize];
        for edge in &self.plan.edges {
            if edge.caller != Caller::Service(planned.service) {
                continue;
            }
            let client = edge.first_state + planned.ordinal;
            let state = start_client(self.plan, &self.keys, edge, client, &mut self.peers);
            self.clients[client as usize] = state;
        }
    }

    /// Whatever came due during a pause happens now, in that order.
    fn resume(&mut self, instance: u32) {
        let deferred = std::mem::take(&mut self.instances[instance as usize].deferred);
        self.hops.extend(deferred);
    }

    /// The attempts inside a service by instance, in the order in which they came. A scan of everything in flight: changes are rare.
    fn attempts_at(&self, service: u32) -> BTreeMap<u32, Vec<Id<Attempt>>> {
        let mut found: BTreeMap<u32, Vec<Id<Attempt>>> = BTreeMap::new();
        for id in self.attempts.ids() {
            let attempt = &self.attempts[id];
            if attempt.place.service == service && attempt.is_inside() {
                found.entry(attempt.place.instance).or_default().push(id);
            }
        }
        for present in found.values_mut() {
            present.sort_by_key(|&id| (self.attempts[id].received, self.attempts[id].word));
        }
        found
    }

    /// Puts off what is due at a paused instance: its sleeps, and the replies to its calls.
    #[cold]
    pub(super) fn is_deferred(&mut self, event: Event, id: Id<Attempt>, ticket: Ticket) -> bool {
        let attempt = &self.attempts[id];
        match event {
            Event::Reply(_) => {
                let call = attempt.call;
                self.calls.get(call).is_some() && self.is_caller_paused(call, event, ticket)
            }
            Event::SleepEnds(_) | Event::Start(_) | Event::Abort(_) => {
                let instance = &mut self.instances[attempt.place.instance as usize];
                if instance.is_paused {
                    instance.deferred.push((event, ticket));
                }
                instance.is_paused
            }
            _ => false,
        }
    }

    /// Puts off what is due for a call whose caller is paused.
    #[inline]
    pub(super) fn is_caller_paused(&mut self, call: Id<Call>, event: Event, ticket: Ticket) -> bool {
        if self.paused_instances == 0 {
            return false;
        }
        let Some(Call { caller: CallerOf::Attempt(parent), .. }) = self.calls.get(call) else {
            return false;
        };
        let instance = &mut self.instances[self.attempts[*parent].place.instance as usize];
        if instance.is_paused {
            instance.deferred.push((event, ticket));
        }
        instance.is_paused
    }
}
