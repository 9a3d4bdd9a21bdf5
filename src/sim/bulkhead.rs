//! Bulkheads: places that attempts need before they are sent, and the lines before them.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::mechanism::Class;
use crate::mechanism::bulkhead::{Bulkhead, BulkheadState, Entry};
use crate::observe::{BulkheadEvent, Observer};
use crate::plan::{Edge, Plan};

use super::event::Event;
use super::world::{Attempt, Call};
use super::{Simulation, Wait};

/// The bulkheads of all edges.
#[derive(Clone, Debug)]
pub(super) struct Bulkheads {
    /// By [`Edge::bulkheads`].
    states: Vec<BulkheadState<Id<Call>>>,
    /// Whether an attempt that was given up may keep its place.
    pub(super) keep_workers: bool,
    /// By the slots of attempts: the edge and the bulkhead in which one that was given up keeps its place.
    workers: Vec<Option<(u32, u32)>>,
}

/// What a call has of its bulkhead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Berth {
    /// Nothing.
    #[default]
    None,
    /// It waits for a place.
    Waiting,
    /// It has a place, for an attempt that is about to be sent.
    LetIn,
    /// It has a place.
    Taken,
}

impl Bulkheads {
    pub(super) fn new(plan: &Plan) -> Self {
        let keeps = |bulkhead: &Bulkhead| bulkhead.keeps_workers();
        Self {
            states: vec![BulkheadState::default(); plan.bulkheads as usize],
            keep_workers: plan.policies.iter().filter_map(|policy| policy.bulkhead.as_ref()).any(keeps),
            workers: Vec::new(),
        }
    }

    /// Places taken, and attempts that wait for one.
    pub(super) fn held(&self) -> u64 {
        self.states.iter().map(|state| u64::from(state.taken() + state.waiting())).sum()
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// Where the bulkhead of a call is, if its policy has one.
    fn bulkhead_of(&self, call: &Call) -> Option<(&Bulkhead, usize)> {
        let edge = &self.plan.edges[call.edge as usize];
        let bulkhead = self.plan.policies[usize::from(call.policy)].bulkhead.as_ref()?;
        Some((bulkhead, edge.bulkheads?.of(call.client - edge.first_state)))
    }

    /// Whether an attempt of a call may be sent now. If not, its call waits for a place, or ends.
    pub(super) fn finds_berth(&mut self, id: Id<Call>) -> bool {
        let call = self.calls[id];
        let slot = id.index() as usize;
        let Some((&bulkhead, index)) = self.bulkhead_of(&call) else { return true };
        match bulkhead.enter(&mut self.guards.bulkheads.states[index], id) {
            Entry::Entered => {
                self.guards.calls[slot].berth = Berth::Taken;
                self.tell_guard(call.edge, BulkheadEvent::Entered);
                true
            }
            Entry::Full => {
                self.tell_guard(call.edge, BulkheadEvent::Refused);
                self.refuse(id);
                false
            }
            Entry::Waits(limit) => {
                self.guards.calls[slot].berth = Berth::Waiting;
                self.tell_guard(call.edge, BulkheadEvent::Queued);
                let ticket = limit.map_or(Ticket::NONE, |limit| {
                    self.schedule_after(Wait::For(limit), Rank::Timer, Event::GiveUp(id.index()))
                });
                self.calls[id].ticket = ticket;
                false
            }
        }
    }

    /// A call has waited for a place as long as it may.
    pub(super) fn berth_was_awaited(&mut self, id: Id<Call>) {
        self.calls[id].ticket = Ticket::NONE;
        let call = self.calls[id];
        self.leave_line(id.index(), &call, BulkheadEvent::TimedOut);
        self.end_call(id, Class::LocalReject);
    }

    fn leave_line(&mut self, slot: u32, call: &Call, event: BulkheadEvent) {
        let Some((_, index)) = self.bulkhead_of(call) else { return };
        self.guards.calls[slot as usize].berth = Berth::None;
        self.guards.bulkheads.states[index].give_up();
        self.tell_guard(call.edge, event);
    }

    /// An attempt of a call, or the call itself, is over for the caller: what it has of its bulkhead goes to the next.
    pub(super) fn give_berth_back(&mut self, slot: u32, call: &Call) {
        match self.guards.calls[slot as usize].berth {
            Berth::None => {}
            Berth::Waiting => self.leave_line(slot, call, BulkheadEvent::LeftLine),
            Berth::LetIn | Berth::Taken => {
                self.guards.calls[slot as usize].berth = Berth::None;
                if let Some((_, index)) = self.bulkhead_of(call) {
                    self.next_takes_berth(call.edge, index);
                }
            }
        }
    }

    fn next_takes_berth(&mut self, edge: u32, index: usize) {
        let Self { calls, guards, .. } = self;
        let waits = |id: &Id<Call>| {
            calls.get(*id).is_some() && guards.calls[id.index() as usize].berth == Berth::Waiting
        };
        let Some(next) = guards.bulkheads.states[index].leave(waits) else {
            self.tell_guard(edge, BulkheadEvent::Left);
            return;
        };
        guards.calls[next.index() as usize].berth = Berth::LetIn;
        self.tell_guard(edge, BulkheadEvent::HandedOver);
        let ticket = self.calendar.ticket();
        self.hops.push((Event::Send(next.index()), ticket));
        let timer = std::mem::replace(&mut self.calls[next].ticket, ticket);
        self.forget(timer);
    }

    /// The caller of an attempt gives up: its worker may have to wait for the answer all the same.
    pub(super) fn leave_worker(&mut self, id: Id<Call>, attempt: Id<Attempt>) {
        let call = self.calls[id];
        let Some((bulkhead, index)) = self.bulkhead_of(&call) else { return };
        let slot = id.index() as usize;
        if !bulkhead.keeps_workers() || self.guards.calls[slot].berth != Berth::Taken {
            return;
        }
        self.guards.calls[slot].berth = Berth::None;
        let workers = &mut self.guards.bulkheads.workers;
        let slot = attempt.index() as usize;
        if workers.len() <= slot {
            workers.resize(slot + 1, None);
        }
        workers[slot] = Some((call.edge, index as u32));
        self.tell_guard(call.edge, BulkheadEvent::WorkerKept);
    }

    /// An attempt is forgotten; if a worker still waited for it, that is free now.
    #[inline(never)]
    pub(super) fn free_worker(&mut self, slot: u32) {
        let worker = self.guards.bulkheads.workers.get_mut(slot as usize).and_then(Option::take);
        if let Some((edge, index)) = worker {
            self.tell_guard(edge, BulkheadEvent::WorkerFreed);
            self.next_takes_berth(edge, index as usize);
        }
    }

    /// A client is gone, with its workers; whoever waited in its line was cancelled before.
    pub(super) fn forget_workers(&mut self, index: u32, edge: &Edge, client: u32) {
        let Some(states) = edge.bulkheads else { return };
        let here = Some((index, states.of(client) as u32));
        for slot in 0..self.guards.bulkheads.workers.len() {
            if self.guards.bulkheads.workers[slot] == here {
                self.free_worker(slot as u32);
            }
        }
    }
}
