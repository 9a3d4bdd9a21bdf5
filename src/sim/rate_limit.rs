//! Rate limits: permits that calls, or their attempts, need before anything is sent.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::rate_limit::{RateLimitLevel, Reservation};
use crate::observe::{Observer, RateLimitEvent};

use super::event::Event;
use super::world::{Call, CallerOf};
use super::{Simulation, Wait};

/// Where a call is on its way to a permit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Turn {
    /// Nowhere: it needs none now.
    #[default]
    None,
    /// It waits for the time of its permit.
    Waiting {
        since: Time,
        /// It has none, and is told so at the end.
        in_vain: bool,
    },
    /// It has one, for an attempt that is about to be sent.
    Come,
}

impl<O: Observer> Simulation<'_, O> {
    /// Whether a call, or an attempt of it, goes on with a permit now. If not, it waits, or ends.
    pub(super) fn takes_permit(&mut self, id: Id<Call>) -> bool {
        let call = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[call.edge as usize], &plan.policies[usize::from(call.policy)]);
        let (Some(limit), Some(states)) = (&policy.rate_limit, edge.rate_limits) else { return true };
        let state = &mut self.guards.rate_limits[states.of(call.client - edge.first_state)];
        let (wait, in_vain) = match limit.reserve(state, self.now) {
            Reservation::Now => {
                self.tell_guard(call.edge, RateLimitEvent::Passed);
                return true;
            }
            Reservation::Rejected(Duration::ZERO) => {
                self.tell_guard(call.edge, RateLimitEvent::Rejected);
                self.refuse(id);
                return false;
            }
            Reservation::After(wait) => (wait, false),
            Reservation::Rejected(wait) => (wait, true),
        };
        self.tell_guard(call.edge, RateLimitEvent::Queued);
        self.guards.turns_awaited += 1;
        self.guards.calls[id.index() as usize].turn = Turn::Waiting { since: self.now, in_vain };
        let ticket = self.schedule_after(Wait::For(wait), Rank::Timer, Event::Permit(id.index()));
        self.calls[id].ticket = ticket;
        if limit.level() == RateLimitLevel::Call {
            // Its own time has not begun, but that of whoever makes it goes by.
            self.calls[id].deadline = Time::MAX;
            if let (Some(margin), CallerOf::Attempt(parent)) = (policy.deadline_margin, call.caller) {
                self.inherit_deadline(id, parent, margin);
            }
        }
        false
    }

    /// A call has waited until the time of its permit, or as long as it may.
    pub(super) fn turn_comes(&mut self, id: Id<Call>, ticket: Ticket) {
        if self.is_caller_paused(id, Event::Permit(id.index()), ticket) {
            return;
        }
        self.calls[id].ticket = Ticket::NONE;
        let call = self.calls[id];
        let plan = self.plan;
        let policy = &plan.policies[usize::from(call.policy)];
        let turn = std::mem::take(&mut self.guards.calls[id.index() as usize].turn);
        let (Turn::Waiting { since, in_vain }, Some(limit)) = (turn, &policy.rate_limit) else { return };
        self.guards.turns_awaited -= 1;
        if in_vain {
            self.tell_guard(call.edge, RateLimitEvent::WaitedInVain);
            self.end_call(id, Class::LocalReject);
            return;
        }
        self.tell_guard(call.edge, RateLimitEvent::PassedAfter(self.now.since(since)));
        match limit.level() {
            RateLimitLevel::Attempt => {
                self.guards.calls[id.index() as usize].turn = Turn::Come;
                self.send_attempt(id);
            }
            RateLimitLevel::Call => {
                self.forget(call.timer);
                let deadline = policy.timeout.map_or(Time::MAX, |delay| self.now + delay.length);
                (self.calls[id].timer, self.calls[id].deadline) = (Ticket::NONE, deadline);
                if self.enter_call(id) {
                    self.start_call(id);
                }
            }
        }
    }

    /// A call is over; if it still waits, its permit is lost.
    pub(super) fn leave_turn(&mut self, slot: u32, call: &Call) {
        let turn = std::mem::take(&mut self.guards.calls[slot as usize].turn);
        if let Turn::Waiting { .. } = turn {
            self.guards.turns_awaited -= 1;
            self.tell_guard(call.edge, RateLimitEvent::Left);
        }
    }
}
