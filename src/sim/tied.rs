//! Tied copies of an attempt: the one that begins to be handled takes the others out of the queues that they wait in.
//!
//! Instances tell each other, so this goes on when the client has given all of them up.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::mechanism::Class;
use crate::mechanism::hedge::{Hedge, HedgeSettings};
use crate::observe::{AttemptRef, Happening, HedgeEvent, Observer, ServiceEnd};
use crate::plan::Plan;

use super::Simulation;
use super::client::Ended;
use super::event::Event;
use super::world::{Attempt, Call, CallerOf, Stage};

/// How many other copies an attempt may have.
const OTHERS_MAX: usize = HedgeSettings::MAX_ATTEMPTS as usize - 1;

/// Which attempts are tied.
#[derive(Clone, Debug)]
pub(super) struct Ties {
    /// Whether any are.
    pub(super) are_there: bool,
    /// By the slots of attempts. Others have no entry, or an old one.
    ties: Vec<Tie>,
}

/// What an attempt is tied to.
#[derive(Clone, Copy, Debug)]
struct Tie {
    of: Id<Attempt>,
    others: [Id<Attempt>; OTHERS_MAX],
    count: usize,
    /// The message that another one is being handled.
    message: Ticket,
    /// It has come, and the attempt has not.
    is_superfluous: bool,
}

impl Ties {
    pub(super) fn new(plan: &Plan) -> Self {
        let are_tied = |hedge: &Hedge| hedge.is_tied();
        Self {
            are_there: plan.policies.iter().filter_map(|policy| policy.hedge.as_ref()).any(are_tied),
            ties: Vec::new(),
        }
    }

    fn of(&mut self, id: Id<Attempt>) -> Option<&mut Tie> {
        self.ties.get_mut(id.index() as usize).filter(|tie| tie.of == id)
    }

    fn begin(&mut self, id: Id<Attempt>) {
        let none = [Id::NONE; OTHERS_MAX];
        let tie = Tie { of: id, others: none, count: 0, message: Ticket::NONE, is_superfluous: false };
        let slot = id.index() as usize;
        if self.ties.len() <= slot {
            self.ties.resize(slot + 1, tie);
        }
        self.ties[slot] = tie;
    }

    fn add(&mut self, id: Id<Attempt>, other: Id<Attempt>) {
        if let Some(tie) = self.of(id).filter(|tie| tie.count < OTHERS_MAX) {
            tie.others[tie.count] = other;
            tie.count += 1;
        }
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// An attempt is sent: if it is a tied copy, it and the copies before it know of each other.
    #[inline(never)]
    pub(super) fn tie(&mut self, copy: Id<Call>, attempt: Id<Attempt>) {
        let Call { caller: CallerOf::Hedged(call), policy, .. } = self.calls[copy] else { return };
        if !self.plan.policies[usize::from(policy)].hedge.as_ref().is_some_and(Hedge::is_tied) {
            return;
        }
        self.guards.ties.begin(attempt);
        let mut next = self.next_copy(call);
        while let Some(other) = next {
            next = self.next_copy(other);
            let before = self.calls[other].attempt;
            if other != copy && !before.is_none() {
                self.guards.ties.add(attempt, before);
                self.guards.ties.add(before, attempt);
            }
        }
    }

    /// An attempt begins to be handled: if it is a tied copy, the others are told.
    #[inline(never)]
    pub(super) fn tell_tied(&mut self, id: Id<Attempt>) {
        let Some(&mut Tie { others, count, .. }) = self.guards.ties.of(id) else { return };
        let edge = &self.plan.edges[self.attempts[id].edge as usize];
        for &other in &others[..count] {
            let waits = |attempt: &&Attempt| matches!(attempt.stage, Stage::Outbound | Stage::Queued);
            let Some(word) = self.attempts.get(other).filter(waits).map(|attempt| attempt.word) else {
                continue;
            };
            let is_told = self.guards.ties.of(other).is_none_or(|tie| !tie.message.is_none());
            if !is_told {
                let wait = self.wait(&edge.request.span, edge.cancel_site, word);
                let message = self.schedule_after(wait, Rank::Arrival, Event::Untie(other.index()));
                self.guards.ties.of(other).expect("invariant: it is not told yet").message = message;
            }
        }
    }

    /// The instance of a tied copy hears that another one is being handled.
    pub(super) fn untie(&mut self, slot: u32, ticket: Ticket) {
        let Some(id) = self.attempts.occupant(slot) else { return };
        let Some(tie) = self.guards.ties.of(id).filter(|tie| tie.message == ticket) else { return };
        match self.attempts[id].stage {
            Stage::Outbound => tie.is_superfluous = true,
            Stage::Queued => _ = self.take_away(id),
            Stage::Handling | Stage::Aborting | Stage::Replying | Stage::Lost => {}
        }
    }

    /// An attempt arrives at its instance. Whether it is taken away, because that has heard that another copy is being handled.
    #[inline(never)]
    pub(super) fn is_untied(&mut self, id: Id<Attempt>) -> bool {
        self.guards.ties.of(id).is_some_and(|tie| tie.is_superfluous) && self.take_away(id)
    }

    /// The service forgets a copy that another one makes superfluous, and so does its client. False if that is not so any more.
    fn take_away(&mut self, id: Id<Attempt>) -> bool {
        let Attempt { call: copy, edge, place, sent, timer, abandoned, .. } = self.attempts[id];
        let call = self.calls.get(copy).filter(|_| !abandoned).map(|call| call.caller);
        if let Some(CallerOf::Hedged(call)) = call {
            // The other one has failed by now.
            if self.copies_under_way(call) < 2 {
                return false;
            }
            self.forget(timer);
            let state = &mut self.attempts[id];
            state.timer = Ticket::NONE;
            state.abandoned = true;
            state.call = Id::NONE;
            self.calls[copy].attempt = Id::NONE;
            let class = Class::Cancelled;
            self.tell(Happening::AttemptEnded { edge, attempt: AttemptRef(id.raw()), class, sent });
            self.note_ended(copy, id, || Ended { place, class, sent });
            self.forget_copy(call, copy);
        }
        self.tell_guard(edge, HedgeEvent::Untied);
        self.finish(id, ServiceEnd::Cancelled, None);
        true
    }
}
