//! Changes to the running world take effect and are taken back.

use std::collections::BTreeMap;

use crate::kernel::Time;
use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::{Bits, Word};
use crate::mechanism::Class;
use crate::mechanism::fault::{Effect, RAMP_STEPS, ramp_step_at, select_instances};
use crate::observe::{FaultOccurrence, Happening, Observer, ServiceEnd};
use crate::plan::{Caller, Edge, What};

use super::Simulation;
use super::client::start_client;
use super::event::Event;
use super::world::{Attempt, Call, CallerOf, WaitsFor};

/// How far a change is.
#[derive(Clone, Debug)]
pub(super) struct ChangeState {
    /// Of its first begin, whether it has one or not.
    pub(super) first: Ticket,
    /// How often it has begun.
    pub(super) begun: u64,
    pub(super) is_active: bool,
    /// In tenths: 10 but for the steps of a ramp.
    pub(super) strength: u8,
    /// The instances that the occurrence in force has selected.
    pub(super) selected: Vec<u32>,
    pub(super) occurrences: Vec<Occurrence>,
}

/// One occurrence of a change.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) at: Time,
    pub(super) end: Option<Time>,
    pub(super) instances: Vec<u32>,
}

impl ChangeState {
    pub(super) const fn new() -> Self {
        Self {
            first: Ticket::NONE,
            begun: 0,
            is_active: false,
            strength: RAMP_STEPS,
            selected: Vec::new(),
            occurrences: Vec::new(),
        }
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// The faults as they happened so far.
    pub fn faults(&self) -> Vec<FaultOccurrence> {
        let end_of_run = Time::ZERO + self.plan.duration;
        let changes = self.plan.changes.iter().zip(&self.changes);
        let occurrences = changes.flat_map(|(change, state)| {
            state.occurrences.iter().map(|occurrence| FaultOccurrence {
                name: change.name.clone(),
                kind: change.kind,
                role: change.role,
                at: occurrence.at,
                end: occurrence.end.filter(|&end| end < end_of_run),
                target: change.target.clone(),
                instances: occurrence.instances.clone(),
            })
        });
        let mut faults: Vec<FaultOccurrence> = occurrences.collect();
        faults.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.name.cmp(&b.name)));
        faults
    }

    /// Schedules the first occurrences of changes that begin by themselves.
    pub(super) fn schedule_changes(&mut self) {
        for index in 0..self.plan.changes.len() {
            self.changes[index].first = self.calendar.ticket();
            self.schedule_first(index as u32);
        }
    }

    /// Schedules the first occurrence of a change that begins by itself.
    pub(super) fn schedule_first(&mut self, index: u32) {
        let change = &self.plan.changes[index as usize];
        if change.after.is_none()
            && let Some(at) = change.timing.first(self.key(change.gap_site))
        {
            let ticket = self.changes[index as usize].first;
            self.calendar.schedule_as(ticket, at, Rank::Change, Event::ChangeBegins(index));
        }
    }

    pub(super) fn change_begins(&mut self, index: u32) {
        self.guards.sweeps.changed_at = Some(self.now);
        let change = &self.plan.changes[index as usize];
        // What follows another change may be asked to begin again while it lasts.
        if self.changes[index as usize].is_active {
            return;
        }
        let occurrence = self.changes[index as usize].begun;
        let length = change.timing.length(occurrence, self.key(change.duration_site));
        let end = length.map(|length| self.now + length);
        if let Some(end) = end {
            self.calendar.schedule(end, Rank::Change, Event::ChangeEnds(index));
        }
        let selected = self.selected_by(index, occurrence);
        let state = &mut self.changes[index as usize];
        state.begun += 1;
        state.is_active = true;
        state.strength = if change.ramp.is_some() { 1 } else { RAMP_STEPS };
        state.occurrences.push(Occurrence { at: self.now, end, instances: selected.clone() });
        state.selected = selected;
        self.put_in_force(index, end);
        self.schedule_step(index);
        self.tell(Happening::ChangeBegan { change: index });
        self.schedule_followers(index, occurrence);
    }

    /// A change that comes slowly gets stronger.
    pub(super) fn change_steps(&mut self, index: u32) {
        self.guards.sweeps.changed_at = Some(self.now);
        self.changes[index as usize].strength += 1;
        if let What::Instances { service, effect, .. } = self.plan.changes[index as usize].what {
            self.apply_to_selected(index, service, Some(effect));
        }
        self.schedule_step(index);
    }

    pub(super) fn change_ends(&mut self, index: u32) {
        self.guards.sweeps.changed_at = Some(self.now);
        let change = &self.plan.changes[index as usize];
        match &change.what {
            What::Spike { .. } | What::FlushCache { .. } => {}
            What::HoldLock { lock, key, mode } => self.release_lock_outside(*lock, *key, *mode),
            What::Cut { .. } => self.cuts.retain(|&cut| cut != index),
            What::Instances { service, .. } => self.apply_to_selected(index, *service, None),
            What::ZoneOutage { instances } => self.apply_to_all(instances, index, None),
            What::Network(_) => self.end_disturbance(index),
            What::Push(push) => self.roll_back(index, push),
        }
        self.changes[index as usize].is_active = false;
        self.tell(Happening::ChangeEnded { change: index });
        let occurrence = self.changes[index as usize].begun;
        if let Some(at) = change.timing.next(occurrence, self.now, self.key(change.gap_site)) {
            self.calendar.schedule(at, Rank::Change, Event::ChangeBegins(index));
        }
    }

    fn selected_by(&self, index: u32, occurrence: u64) -> Vec<u32> {
        let change = &self.plan.changes[index as usize];
        let (service, select) = match &change.what {
            What::Instances { service, select, .. } => (*service, select),
            What::Network(fault) => match &fault.select {
                Some(selected) => (selected.service, &selected.select),
                None => return Vec::new(),
            },
            What::FlushCache { select, .. } => match select {
                Some(selected) => (selected.service, &selected.select),
                None => return Vec::new(),
            },
            What::ZoneOutage { .. }
            | What::Spike { .. }
            | What::Cut { .. }
            | What::HoldLock { .. }
            | What::Push(_) => return Vec::new(),
        };
        let service = &self.plan.services[service as usize];
        select_instances(select, &service.zones, self.key(change.site), occurrence, service.instances)
    }

    fn put_in_force(&mut self, index: u32, end: Option<Time>) {
        let change = &self.plan.changes[index as usize];
        match &change.what {
            What::Spike { .. } if change.timing.known_window().is_some() => {}
            What::Spike { .. } => self.begin_spike(index, end),
            What::Cut { .. } => self.cuts.push(index),
            What::Instances { service, effect, .. } => self.apply_to_selected(index, *service, Some(*effect)),
            What::ZoneOutage { instances } => self.apply_to_all(instances, index, Some(Effect::Crash)),
            What::Network(_) => self.begin_disturbance(index),
            What::FlushCache { cache, billionths, select } => {
                self.flush_cache(index, *cache, *billionths, select.as_ref());
            }
            What::HoldLock { lock, key, mode } => self.hold_lock_outside(*lock, *key, *mode),
            What::Push(push) => self.push(index, push),
        }
    }

    /// Schedules the next step of a ramp, if it comes before the end.
    fn schedule_step(&mut self, index: u32) {
        let state = &self.changes[index as usize];
        let (Some(ramp), Some(occurrence)) =
            (self.plan.changes[index as usize].ramp, state.occurrences.last())
        else {
            return;
        };
        let at = ramp_step_at(occurrence.at, ramp, state.strength);
        if state.strength < RAMP_STEPS && occurrence.end.is_none_or(|end| at < end) {
            self.calendar.schedule(at, Rank::Change, Event::ChangeSteps(index));
        }
    }

    /// Schedules what follows the begin of a change.
    fn schedule_followers(&mut self, index: u32, occurrence: u64) {
        for (follower, change) in self.plan.changes.iter().enumerate() {
            let Some(after) = change.after.filter(|after| after.change == index) else { continue };
            let key = self.key(after.site);
            if Word::root(key, occurrence).at(key).chance(after.billionths) {
                let at = self.now + after.delay;
                self.calendar.schedule(at, Rank::Change, Event::ChangeBegins(follower as u32));
            }
        }
    }

    /// An effect of a change on the instances that it has selected begins, changes its strength, or ends with `None`.
    fn apply_to_selected(&mut self, change: u32, service: u32, effect: Option<Effect>) {
        let state = &self.changes[change as usize];
        let first_instance = self.plan.services[service as usize].first_instance;
        let instances: Vec<u32> = state.selected.iter().map(|ordinal| first_instance + ordinal).collect();
        let effect = effect.map(|effect| effect.at_strength(state.strength));
        self.apply_to_all(&instances, change, effect);
    }

    /// The same on instances counted over all services, in ascending order.
    pub(super) fn apply_to_all(&mut self, instances: &[u32], change: u32, effect: Option<Effect>) {
        let mut present = self.attempts_at(instances);
        if self.locks.are_there && effect == Some(Effect::Crash) {
            self.leave_lines(present.values().flatten().copied());
        }
        for &instance in instances {
            self.apply(instance, change, effect, &present.remove(&instance).unwrap_or_default());
        }
    }

    /// An effect on one instance begins, or ends with `None`; what is in force is worked out afresh from all that are active. `present` are the
    /// attempts that it had when the change came.
    pub(super) fn apply(
        &mut self,
        instance: u32,
        change: u32,
        effect: Option<Effect>,
        present: &[Id<Attempt>],
    ) {
        let state = &mut self.instances[instance as usize];
        let (speed_before, was_paused, was_crashed) = (state.speed(), state.is_paused, state.is_crashed);
        let parameters_before = state.parameters;
        match effect {
            Some(effect) => state.rest.effects.begin(change, effect),
            None => _ = state.rest.effects.end(change),
        }
        let service = &self.plan.services[self.plan.instances[instance as usize].service as usize];
        state.parameters = state.rest.effects.parameters().unwrap_or(service.parameters);
        state.rest.queue.reconfigure(self.plan.parameters[state.parameters as usize].queue);
        state.is_changed = !state.rest.effects.is_empty();
        state.is_crashed = state.rest.effects.crashed();
        state.is_paused = state.rest.effects.paused() && !state.is_crashed;
        state.rest.speed =
            if state.is_paused || state.is_crashed { 0.0 } else { 1.0 / state.rest.effects.work_factor() };
        let (is_paused, is_crashed, speed) = (state.is_paused, state.is_crashed, state.speed());
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
        if was_crashed && !is_crashed && self.guards.pools.are_there {
            self.fill_pools(instance);
        }
        if was_crashed && !is_crashed && self.warmings.are_there() {
            self.warm_instance(instance);
        }
        self.dispatch_cpus(instance);
        self.dispatch_io(instance);
        self.dequeue(instance);
        if self.heaps.are_there() {
            self.stress_memory(instance);
        }
    }

    /// Everything that the instance was doing is lost, and its callers' connections with it. What a pause deferred stays listed: its owners are gone, so
    /// it does nothing when it is resumed, but for replies to calls that are closed by then, which must still be received to be forgotten.
    fn crash(&mut self, instance: u32, present: &[Id<Attempt>]) {
        self.lose_stores(present);
        for &id in present {
            // What was lost on another instance may have taken attempts of this one with it.
            if self.attempts.get(id).is_none_or(|attempt| !attempt.is_inside()) {
                continue;
            }
            if self.attempts[id].is_branch() {
                match self.forks.get(self.attempts[id].branch_of).map(|fork| fork.waits) {
                    // A branch that is still waited for goes with its attempt.
                    Some(WaitsFor::Handler { .. } | WaitsFor::Store { .. }) => {}
                    Some(WaitsFor::Cache { .. }) => {
                        self.stop_waiting(id);
                        self.say_nothing_of_key(self.attempts[id].branch_of);
                        self.branch_ends(id, Class::GatewayError);
                    }
                    None => self.cancel_branch(id),
                }
                continue;
            }
            self.stop_waiting(id);
            self.finish(id, ServiceEnd::Reset, Some(Class::Reset));
        }
        self.instances[instance as usize].rest.crashes += 1;
        let planned = &self.plan.instances[instance as usize];
        self.lose_caches(planned.service, planned.ordinal);
        if self.heaps.are_there() {
            self.lose_memory(instance);
        }
        self.reset_policy_state(instance);
        self.reset_permits(instance);
    }

    fn reset_policy_state(&mut self, instance: u32) {
        let planned = &self.plan.instances[instance as usize];
        for (index, edge) in (0_u32..).zip(&self.plan.edges) {
            if edge.caller != Caller::Service(planned.service) {
                continue;
            }
            let client = edge.first_state + planned.ordinal;
            // While their instances are still known as those with an attempt more.
            self.forget_copies(index, edge, planned.ordinal);
            let state = start_client(self.plan, &self.keys, edge, client, &mut self.peers);
            self.clients[client as usize] = state;
            self.forget_client(index, edge, planned.ordinal);
        }
    }

    /// Whatever came due during a pause happens now, in that order.
    fn resume(&mut self, instance: u32) {
        let deferred = std::mem::take(&mut self.instances[instance as usize].rest.deferred);
        self.hops.extend(deferred);
    }

    /// The attempts inside some instances, each in the order in which they came. A scan of everything in flight: changes are rare.
    pub(super) fn attempts_at(&self, instances: &[u32]) -> BTreeMap<u32, Vec<Id<Attempt>>> {
        let mut found: BTreeMap<u32, Vec<Id<Attempt>>> = BTreeMap::new();
        for id in self.attempts.ids() {
            let attempt = &self.attempts[id];
            if attempt.is_inside() && instances.binary_search(&attempt.place.instance).is_ok() {
                found.entry(attempt.place.instance).or_default().push(id);
            }
        }
        for present in found.values_mut() {
            let order = |id: &Id<Attempt>| self.attempts[*id].order();
            present.sort_by_key(order);
            debug_assert!(
                present.is_sorted_by(|one, other| order(one) < order(other)),
                "invariant: no two attempts arrive at once with the same word"
            );
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
            Event::SleepEnds(_)
            | Event::LoadEnds(_)
            | Event::IoEnds(_)
            | Event::QueueTimer(_)
            | Event::LockWaitEnds(_)
            | Event::Start(_)
            | Event::Abort(_) => {
                let instance = &mut self.instances[attempt.place.instance as usize];
                if instance.is_paused {
                    instance.rest.deferred.push((event, ticket));
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
        let instance = match self.calls.get(call) {
            Some(Call { caller: CallerOf::Attempt(parent), .. }) => self.attempts[*parent].place.instance,
            Some(&Call {
                caller: CallerOf::Connection(_) | CallerOf::Hedged(_) | CallerOf::Nobody,
                edge,
                client,
                ..
            }) => {
                let edge = &self.plan.edges[edge as usize];
                return self.is_client_paused(edge, client - edge.first_state, event, ticket);
            }
            _ => return false,
        };
        self.puts_off(instance, event, ticket)
    }

    /// Puts off what is due for a client of an edge that is paused.
    pub(super) fn is_client_paused(
        &mut self,
        edge: &Edge,
        client: u32,
        event: Event,
        ticket: Ticket,
    ) -> bool {
        let Caller::Service(service) = edge.caller else { return false };
        let instance = self.plan.services[service as usize].first_instance + client;
        self.puts_off(instance, event, ticket)
    }

    /// Puts off what is due at an instance that is paused.
    pub(super) fn puts_off(&mut self, instance: u32, event: Event, ticket: Ticket) -> bool {
        let instance = &mut self.instances[instance as usize];
        if instance.is_paused {
            instance.rest.deferred.push((event, ticket));
        }
        instance.is_paused
    }
}
