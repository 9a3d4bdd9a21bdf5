//! Hedging: attempts that are made of several copies.
//!
//! Each copy is a call of its own, of one attempt, with what it holds of bulkheads, breakers and pools; nobody is told of it as a call. The call that it is for waits for the first success among
//! its copies, and only when they have failed is it tried again.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::hedge::{Failure, Hedge, HedgeState};
use crate::mechanism::retry::BackoffState;
use crate::observe::{CallRef, Happening, HedgeEvent, Observer};
use crate::plan::{Edge, Plan};

use super::event::Event;
use super::guard::GuardedCall;
use super::world::{Call, CallerOf, Stage};
use super::{Simulation, Wait};

/// What a word is mixed with for the copies of an attempt: no step of a handler has this number.
const HEDGE: u64 = u64::from_be_bytes(*b"hedge\0\0\0");

/// The copies of all attempts that have some.
#[derive(Clone, Debug)]
pub(super) struct Hedges {
    /// By [`Edge::hedges`].
    states: Vec<HedgeState>,
    /// By the slots of calls. Other calls have no entry, or an old one.
    calls: Vec<HedgedCall>,
}

/// What is known of a call whose attempts are made of copies, or of such a copy.
#[derive(Clone, Copy, Debug)]
struct HedgedCall {
    /// The first copy of a list; of a copy the next one.
    next: Id<Call>,
    /// How many copies the attempt in progress has had; of a copy how many there were before it.
    copies: u32,
    /// How many of them are under way.
    under_way: u32,
    /// How the last one failed.
    failed: Class,
    /// A copy that has timed out, and whose answer would still be welcome.
    is_late: bool,
}

const NOTHING: HedgedCall =
    HedgedCall { next: Id::NONE, copies: 0, under_way: 0, failed: Class::Ok, is_late: false };

impl Hedges {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut states = Vec::new();
        for edge in &plan.edges {
            let hedge = plan.policies[edge.policy as usize].hedge.as_ref();
            let (Some(at), Some(hedge)) = (edge.hedges, hedge) else { continue };
            let end = (at.first + at.owners(edge.states)) as usize;
            if states.len() < end {
                states.resize(end, hedge.start(Time::ZERO));
            }
        }
        Self { states, calls: Vec::new() }
    }

    fn of(&mut self, id: Id<Call>) -> &mut HedgedCall {
        let slot = id.index() as usize;
        if self.calls.len() <= slot {
            self.calls.resize(slot + 1, NOTHING);
        }
        &mut self.calls[slot]
    }

    /// Takes a copy out of the list of its call.
    fn unlink(&mut self, id: Id<Call>, copy: Id<Call>) {
        let after = self.of(copy).next;
        let mut at = id;
        while self.of(at).next != copy {
            at = self.of(at).next;
            if at.is_none() {
                return;
            }
        }
        self.of(at).next = after;
    }
}

impl CallerOf {
    /// Whether such a call is a copy, and not a call as such.
    pub(super) const fn is_of_copy(self) -> bool {
        matches!(self, Self::Hedged(_) | Self::Nobody)
    }
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// How a call is hedged, and what its client remembers for that.
    fn hedging(&mut self, call: &Call) -> Option<(&'p Hedge, &mut HedgeState)> {
        let plan = self.plan;
        let edge = &plan.edges[call.edge as usize];
        let hedge = plan.policies[usize::from(call.policy)].hedge.as_ref()?;
        Some((hedge, &mut self.guards.hedges.states[edge.hedges?.of(call.client - edge.first_state)]))
    }

    /// The copies of a call, those included whose answers would be late.
    fn copies(&self, id: Id<Call>) -> impl Iterator<Item = Id<Call>> + '_ {
        let list = &self.guards.hedges.calls;
        let next = move |id: &Id<Call>| {
            Some(list[id.index() as usize].next).filter(|next: &Id<Call>| !next.is_none())
        };
        std::iter::successors(list.get(id.index() as usize).and_then(|_| next(&id)), next)
    }

    /// An attempt of a call begins with its first copy.
    pub(super) fn begin_copies(&mut self, id: Id<Call>) {
        self.calls[id].attempts_made += 1;
        let call = self.calls[id];
        let now = self.now;
        let hedged = self.guards.hedges.of(id);
        // What an earlier attempt of the same call has left may still be answered.
        let next = if call.attempts_made == 1 { Id::NONE } else { hedged.next };
        *hedged = HedgedCall { next, ..NOTHING };
        if let Some((hedge, state)) = self.hedging(&call) {
            hedge.attempt_began(state, now);
        }
        self.tell_guard(call.edge, HedgeEvent::AttemptBegan);
        self.send_copy(id, 0);
    }

    /// Sends one more copy of the attempt in progress, which holds so much of the retry budget.
    fn send_copy(&mut self, id: Id<Call>, held: u32) {
        let call = self.calls[id];
        let hedged = self.guards.hedges.of(id);
        let (next, copies) = (hedged.next, hedged.copies);
        hedged.copies += 1;
        hedged.under_way += 1;
        // The first is what the attempt would be without hedging, and draws the same.
        let (word, attempts_made) = if copies == 0 {
            (call.word, call.attempts_made - 1)
        } else {
            let attempt = call.word.child(u64::from(call.attempts_made));
            (attempt.child(HEDGE).child(u64::from(copies)), 0)
        };
        let copy = self.calls.insert_with(|| Call {
            caller: CallerOf::Hedged(id),
            word,
            began: self.now,
            timer: Ticket::NONE,
            ticket: Ticket::NONE,
            attempts_made,
            attempt: Id::NONE,
            backoff: BackoffState::default(),
            ..call
        });
        self.ledgers.hold(call.baggage.ledger);
        self.guards.hedges.of(id).next = copy;
        *self.guards.hedges.of(copy) = HedgedCall { next, copies, ..NOTHING };
        self.guards.begin(copy, GuardedCall::of_copy(self.now, held));
        let (call_ref, copy_ref) = (CallRef(id.raw()), CallRef(copy.raw()));
        self.tell(Happening::CopyBegan { call: call_ref, copy: copy_ref, number: copies });
        if copies > 0 {
            self.tell_guard(call.edge, HedgeEvent::Sent);
        }
        self.send_attempt(copy);
        self.await_hedge(id);
    }

    /// The next copy of a call is sent when its time has come, if there is to be one.
    fn await_hedge(&mut self, id: Id<Call>) {
        let (call, now) = (self.calls[id], self.now);
        let copies = self.guards.hedges.of(id).copies;
        let Some((hedge, state)) = self.hedging(&call) else { return };
        let Some(delay) = hedge.delay(state, now, copies) else { return };
        let wait = match self.plan.policies[usize::from(call.policy)].hedge_lane {
            Some(constant) => Wait::Lane(constant.lane),
            None => Wait::of(delay),
        };
        let ticket = self.schedule_after(wait, Rank::Timer, Event::Hedge(id.index()));
        self.calls[id].ticket = ticket;
    }

    /// The time of the next copy has come.
    pub(super) fn hedge_comes_due(&mut self, id: Id<Call>, ticket: Ticket) {
        if self.is_caller_paused(id, Event::Hedge(id.index()), ticket) {
            return;
        }
        self.calls[id].ticket = Ticket::NONE;
        let HedgedCall { under_way, failed, .. } = *self.guards.hedges.of(id);
        if !self.hedges(id) && under_way == 0 {
            self.copies_failed(id, failed, None);
        }
    }

    /// Sends one more copy, if that is worth while, and allowed.
    fn hedges(&mut self, id: Id<Call>) -> bool {
        let (call, now) = (self.calls[id], self.now);
        let is_handled = self.guards.ties.are_there && {
            let mut attempts = self.copies(id).filter_map(|copy| self.attempts.get(self.calls[copy].attempt));
            attempts.any(|attempt| attempt.stage == Stage::Handling)
        };
        let Some((hedge, state)) = self.hedging(&call) else { return false };
        if hedge.is_tied() && is_handled {
            return false;
        }
        if !hedge.withdraw(state, now) {
            self.tell_guard(call.edge, HedgeEvent::DeniedExtraLoad);
            return false;
        }
        let granted = self.withdraw_retry(id, Class::AttemptTimeout);
        match granted {
            Some(held) => self.send_copy(id, held),
            None => self.tell_guard(call.edge, HedgeEvent::DeniedBudget),
        }
        granted.is_some()
    }

    /// The attempt of a copy has failed, which is not tried again by itself.
    pub(super) fn copy_fails(&mut self, copy: Id<Call>, class: Class, asked: Option<Duration>) {
        let call = self.calls[copy];
        let policy = &self.plan.policies[usize::from(call.policy)];
        let CallerOf::Hedged(id) = call.caller else { return self.end_call(copy, class) };
        if class == Class::AttemptTimeout && policy.accepts_late_replies {
            self.note_copy(copy.index(), &call, class);
            self.guards.hedges.of(copy).is_late = true;
        } else {
            self.remove_call(copy, class);
            self.guards.hedges.unlink(id, copy);
        }
        self.copy_has_failed(id, class, asked);
    }

    /// A copy of a call is over, and forgotten.
    pub(super) fn copy_ends(&mut self, id: Id<Call>, copy: Id<Call>, class: Class) {
        let HedgedCall { copies, is_late, .. } = *self.guards.hedges.of(copy);
        self.guards.hedges.unlink(id, copy);
        if class == Class::Ok {
            if copies > 0 {
                self.tell_guard(self.calls[id].edge, HedgeEvent::Won);
            }
            self.end_call(id, class);
        } else if !is_late {
            self.copy_has_failed(id, class, None);
        }
    }

    fn copy_has_failed(&mut self, id: Id<Call>, class: Class, asked: Option<Duration>) {
        let call = self.calls[id];
        let hedged = self.guards.hedges.of(id);
        hedged.under_way -= 1;
        hedged.failed = class;
        let HedgedCall { under_way, copies, .. } = *hedged;
        let Some((hedge, _)) = self.hedging(&call) else { return };
        match (hedge.failed(class, copies), asked) {
            (Failure::SendNext, Some(asked)) => {
                self.forget(call.ticket);
                let wait = Wait::of(asked);
                self.calls[id].ticket = self.schedule_after(wait, Rank::Timer, Event::Hedge(id.index()));
            }
            (Failure::SendNext, None) => {
                self.stop_hedging(id);
                if !self.hedges(id) && under_way == 0 {
                    self.copies_failed(id, class, None);
                }
            }
            (Failure::Wait, _) if under_way > 0 => {}
            (Failure::Fatal | Failure::Wait, _) => self.copies_failed(id, class, asked),
        }
    }

    /// No more copies of the attempt in progress are sent.
    fn stop_hedging(&mut self, id: Id<Call>) {
        let timer = std::mem::replace(&mut self.calls[id].ticket, Ticket::NONE);
        self.forget(timer);
    }

    /// An attempt that was made of copies has failed.
    fn copies_failed(&mut self, id: Id<Call>, class: Class, asked: Option<Duration>) {
        self.stop_hedging(id);
        let mut next = self.guards.hedges.of(id).next;
        while !next.is_none() {
            let copy = next;
            let HedgedCall { next: after, is_late, .. } = *self.guards.hedges.of(copy);
            next = after;
            if !is_late {
                self.guards.hedges.unlink(id, copy);
                self.cancel_call(copy);
            }
        }
        self.guards.hedges.of(id).under_way = 0;
        if class == Class::LocalReject {
            return self.end_call(id, class);
        }
        self.end_retry_of(id);
        self.after_failure(id, class, asked);
    }

    /// A call is over, and forgotten: so are its copies, or they go on for nobody.
    pub(super) fn end_copies(&mut self, slot: u32, call: &Call, class: Class) {
        let plan = self.plan;
        let Some(hedge) = &plan.policies[usize::from(call.policy)].hedge else { return };
        let Some(&HedgedCall { mut next, .. }) = self.guards.hedges.calls.get(slot as usize) else { return };
        if call.attempts_made == 0 {
            return;
        }
        self.guards.hedges.calls[slot as usize] = NOTHING;
        while !next.is_none() {
            let copy = next;
            let HedgedCall { next: after, is_late, .. } = *self.guards.hedges.of(copy);
            next = after;
            if class == Class::Ok && !is_late {
                self.tell_guard(call.edge, HedgeEvent::Overtaken);
                if !hedge.cancels_losers() {
                    self.detach(copy);
                    continue;
                }
                let loser = self.calls[copy];
                self.note_copy(copy.index(), &loser, Class::Cancelled);
            }
            let class = if class == Class::DeadlineExceeded { class } else { Class::Cancelled };
            self.drop_attempt(copy, class);
            self.remove_call(copy, class);
        }
    }

    /// A copy goes on for nobody, until its call would have timed out.
    fn detach(&mut self, copy: Id<Call>) {
        let deadline = self.calls[copy].deadline;
        self.calls[copy].caller = CallerOf::Nobody;
        if deadline < Time::MAX {
            // It is over by now where its timer was put off by a pause.
            let wait = Wait::of(deadline.max(self.now).since(self.now));
            let timer = self.schedule_after(wait, Rank::Timer, Event::CallTimer(copy.index()));
            self.calls[copy].timer = timer;
        }
    }

    /// How long a copy took counts for the delay of others, once.
    pub(super) fn note_copy(&mut self, slot: u32, copy: &Call, class: Class) {
        if self.guards.hedges.calls[slot as usize].is_late {
            return;
        }
        let now = self.now;
        if let Some((hedge, state)) = self.hedging(copy) {
            hedge.ended(state, now, class, now.since(copy.began));
        }
    }

    /// Takes the instances at which other copies are out of those that are `available` to a copy, as long as there are others.
    pub(super) fn leave_out_copies(&self, copy: Id<Call>, available: &mut [bool]) {
        let Call { caller: CallerOf::Hedged(id), edge, .. } = self.calls[copy] else { return };
        let first = self.plan.services[self.plan.edges[edge as usize].target as usize].first_instance;
        let attempts = self.copies(id).filter_map(|other| self.attempts.get(self.calls[other].attempt));
        for attempt in attempts {
            let host = (attempt.place.instance - first) as usize;
            available[host] = false;
            if !available.contains(&true) {
                available[host] = true;
                return;
            }
        }
    }

    /// Whether the instances at which other copies are may be left out of the pick for a call.
    pub(super) fn avoids_copies(&self, id: Id<Call>) -> bool {
        let Call { caller, policy, .. } = self.calls[id];
        let hedge = self.plan.policies[usize::from(policy)].hedge.as_ref();
        let is_second = |hedge: &Hedge| {
            hedge.has_distinct_hosts() && self.guards.hedges.calls[id.index() as usize].copies > 0
        };
        caller.is_of_copy() && hedge.is_some_and(is_second)
    }

    /// The copy that follows another one, or the call itself, in its list.
    pub(super) fn next_copy(&mut self, id: Id<Call>) -> Option<Id<Call>> {
        let next = self.guards.hedges.of(id).next;
        (!next.is_none()).then_some(next)
    }

    /// How many copies of the attempt in progress are under way.
    pub(super) fn copies_under_way(&mut self, id: Id<Call>) -> u32 {
        self.guards.hedges.of(id).under_way
    }

    /// A copy has been taken away.
    pub(super) fn forget_copy(&mut self, id: Id<Call>, copy: Id<Call>) {
        self.guards.hedges.unlink(id, copy);
        self.guards.hedges.of(id).under_way -= 1;
        self.remove_call(copy, Class::Cancelled);
    }

    /// A client of an edge is gone: with what it remembers, and the copies that it has for nobody.
    pub(super) fn forget_copies(&mut self, index: u32, edge: &Edge, client: u32) {
        let plan = self.plan;
        let Some(states) = edge.hedges else { return };
        let own = |call: &Call| {
            call.caller == CallerOf::Nobody && (call.edge, call.client) == (index, edge.first_state + client)
        };
        let mut copies: Vec<Id<Call>> = self.calls.ids().filter(|&id| own(&self.calls[id])).collect();
        // Their ids depend on what happens elsewhere.
        copies.sort_by_key(|&id| (self.calls[id].word, self.calls[id].attempts_made));
        for copy in copies {
            self.cancel_call(copy);
        }
        if let Some(hedge) = &plan.policies[edge.policy as usize].hedge {
            self.guards.hedges.states[states.own(client)].fill(hedge.start(self.now));
        }
    }

    /// Tells how long clients wait for an answer at the end of an interval, before they send another copy.
    pub(super) fn tell_hedges(&mut self, end: Time) {
        for (index, edge) in (0_u32..).zip(&self.plan.edges) {
            let hedge = self.plan.policies[edge.policy as usize].hedge.as_ref();
            let (Some(hedge), Some(states)) = (hedge, edge.hedges) else { continue };
            let (mut sum_ns, mut clients) = (0, 0);
            for client in 0..states.owners(edge.states) {
                let state = &mut self.guards.hedges.states[states.of(client)];
                if let Some(delay) = hedge.current_delay(state, end) {
                    sum_ns += u128::from(delay.as_ns());
                    clients += 1;
                }
            }
            let event = HedgeEvent::Level { sum_ns, clients };
            self.observer.happened(end, Happening::Guard { edge: index, event: event.into() });
        }
    }
}
