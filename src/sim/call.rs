//! The caller's side of a call: attempts, timers, retries.
//!
//! The layers, from outside in, without what guards them: the timer of the whole call, retry with backoff, the balancer, the per-try timer, the network.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::Word;
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::queue;
use crate::mechanism::retry::BackoffState;
use crate::observe::{AttemptRef, CallOrigin, CallRef, Happening, Observer, Place};
use crate::plan::{Delay, Hop, HopKind, SiteId, Span};

use super::client::Ended;
use super::event::Event;
use super::world::{Answer, Attempt, Baggage, Call, CallerOf, Held, Progress, Stage};
use super::{Simulation, Wait};

/// What is needed to begin a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) edge: u32,
    /// Which handler of the target.
    pub(super) handler: u16,
    /// Which client of the caller.
    pub(super) client: u32,
    pub(super) caller: CallerOf,
    pub(super) word: Word,
    pub(super) baggage: Baggage,
}

impl<O: Observer> Simulation<'_, O> {
    #[inline(never)]
    pub(super) fn begin_call(&mut self, request: Request) -> Id<Call> {
        self.begin_call_here(request)
    }

    /// As part of where it is called.
    #[inline(always)]
    pub(super) fn begin_call_here(
        &mut self,
        Request { edge, handler, client, caller, word, baggage }: Request,
    ) -> Id<Call> {
        let plan = self.plan;
        let planned = &plan.edges[edge as usize];
        let pushed =
            if self.policy_pushes.is_empty() { planned.policy } else { self.pushed_policy(edge, client) };
        let policy = &plan.policies[usize::from(pushed)];
        let call = self.calls.insert_with(|| Call {
            caller,
            edge,
            policy: pushed,
            client: planned.first_state + client,
            word,
            baggage,
            began: self.now,
            deadline: policy.timeout.map_or(Time::MAX, |delay| self.now + delay.length),
            timer: Ticket::NONE,
            ticket: Ticket::NONE,
            handler,
            attempts_made: 0,
            attempt: Id::NONE,
            backoff: BackoffState::default(),
        });
        self.ledgers.hold(baggage.ledger);
        let origin = match caller {
            CallerOf::Attempt(attempt) => CallOrigin::Handler(AttemptRef(attempt.raw())),
            CallerOf::Connection(_) => CallOrigin::Connection,
            CallerOf::Request { .. } | CallerOf::Hedged(_) | CallerOf::Nobody => CallOrigin::Request,
        };
        self.tell(Happening::CallBegan { edge, call: CallRef(call.raw()), origin });
        if !policy.is_guarded || self.guard_call(call) {
            self.start_call(call);
        }
        call
    }

    /// A call that is let through begins its own time, and sends its first attempt.
    #[inline(always)]
    pub(super) fn start_call(&mut self, id: Id<Call>) {
        let Call { policy, caller, .. } = self.calls[id];
        let policy = &self.plan.policies[usize::from(policy)];
        if let (Some(margin), CallerOf::Attempt(parent)) = (policy.deadline_margin, caller)
            && self.inherit_deadline(id, parent, margin)
        {
            return;
        }
        if let Some(delay) = policy.timeout.filter(|_| self.calls[id].timer.is_none()) {
            let timer = self.calendar.schedule_in_lane(self.now, delay.lane, Event::CallTimer(id.index()));
            self.calls[id].timer = timer;
        }
        self.send_attempt(id);
    }

    /// Bounds a call by what is left of its caller's own time, if that is less than its own. True if nothing is left: then it ends without an attempt.
    pub(super) fn inherit_deadline(&mut self, id: Id<Call>, parent: Id<Attempt>, margin: Duration) -> bool {
        let expiry = self.attempts[parent].expiry;
        if expiry == Time::MAX {
            return false;
        }
        let inherited = Time::from_ns(expiry.as_ns().saturating_sub(margin.as_ns()));
        if inherited >= self.calls[id].deadline {
            return false;
        }
        let event = Event::CallTimer(id.index());
        let is_over = inherited <= self.now;
        let timer = if is_over {
            self.schedule_after(Wait::None, Rank::Timer, event)
        } else {
            self.calendar.schedule(inherited, Rank::Timer, event)
        };
        let call = &mut self.calls[id];
        call.deadline = inherited;
        call.timer = timer;
        is_over
    }

    #[inline]
    pub(super) fn send_attempt(&mut self, id: Id<Call>) {
        let plan = self.plan;
        let Call { edge, policy, client, deadline, baggage, handler, word, attempts_made, .. } =
            self.calls[id];
        let policy = &plan.policies[usize::from(policy)];
        let ordinal = attempts_made + 1;
        let word = word.child(u64::from(ordinal));
        let planned = &plan.edges[edge as usize];
        let picked = if policy.is_guarded {
            let Some(picked) = self.clear_to_send(id) else { return };
            picked
        } else {
            let Some(picked) = self.pick_instance(planned, client as usize, (word, baggage.key), None) else {
                return self.refuse(id);
            };
            picked
        };
        let per_try = policy.per_try_timeout.filter(|delay| self.now + delay.length < deadline);
        let attempt = self.attempts.insert_with(|| Attempt {
            call: id,
            child: Id::NONE,
            fork: Id::NONE,
            branch_of: Id::NONE,
            word,
            baggage,
            edge,
            place: Place { service: planned.target, instance: planned.first_instance + picked },
            handler,
            instruction: 0,
            stage: Stage::Outbound,
            held: Held::default(),
            suspended: false,
            abandoned: false,
            cancelled: false,
            answer: Answer::Missed,
            outcome: Class::Ok,
            ticket: Ticket::NONE,
            timer: Ticket::NONE,
            waiting: queue::Ticket::default(),
            sent: self.now,
            received: Time::ZERO,
            expiry: per_try.map_or(deadline, |delay| self.now + delay.length),
            work_began: Time::ZERO,
            progress: Progress::Own { since: Time::ZERO, left: Duration::ZERO },
            worked: Duration::ZERO,
        });
        let call = &mut self.calls[id];
        call.attempts_made = ordinal;
        call.attempt = attempt;
        self.ledgers.hold(baggage.ledger);
        if self.registers.are_there() {
            self.begin_reading(attempt, id);
        }
        let timer = per_try.map_or(Ticket::NONE, |Delay { lane, .. }| {
            self.calendar.schedule_in_lane(self.now, lane, Event::AttemptTimer(attempt.index()))
        });
        let call = CallRef(id.raw());
        self.tell(Happening::AttemptSent { edge, attempt: AttemptRef(attempt.raw()), ordinal, call });
        let ticket = if policy.is_guarded && !self.leaves(id, attempt) {
            self.tell(Happening::AttemptLost { edge, attempt: AttemptRef(attempt.raw()) });
            self.attempts[attempt].stage = Stage::Lost;
            Ticket::NONE
        } else if self.is_networked(planned) {
            self.send_request(attempt)
        } else {
            let wait = self.hop_wait(planned.request_kind, &planned.request, word);
            self.schedule_after(wait, Rank::Arrival, Event::Reach(attempt.index()))
        };
        let state = &mut self.attempts[attempt];
        state.timer = timer;
        state.ticket = ticket;
    }

    /// How long one way over the network takes for an attempt.
    #[inline]
    pub(super) fn hop_wait(&self, kind: HopKind, hop: &Hop, word: Word) -> Wait {
        match kind {
            HopKind::Instant => Wait::None,
            HopKind::Lane(lane) => Wait::Lane(lane),
            HopKind::Drawn => self.wait(&hop.span, hop.site, word),
        }
    }

    /// How long a span is for whoever this word stands for.
    #[inline]
    pub(super) fn wait(&self, span: &Span, site: SiteId, word: Word) -> Wait {
        match span {
            Span::Zero => Wait::None,
            Span::Constant(delay) => Wait::Lane(delay.lane),
            Span::Drawn(sampler) => self.drawn_wait(sampler, site, word),
        }
    }

    #[inline(never)]
    fn drawn_wait(&self, sampler: &Sampler, site: SiteId, word: Word) -> Wait {
        Wait::of(sampler.sample(&mut word.at(self.key(site))))
    }

    /// The reply is back at the caller.
    pub(super) fn reply_arrives(&mut self, id: Id<Attempt>) {
        let Attempt { place, call, edge, abandoned, outcome, timer, sent, answer, .. } = self.attempts[id];
        if self.registers.are_there() && outcome == Class::Ok {
            self.tell_caller_what_was_read(id, call);
        }
        self.remove_attempt(id);
        self.forget(timer);
        let Some(waiting) = self.calls.get_mut(call) else {
            return;
        };
        if abandoned {
            self.late_reply_arrives(call, outcome, answer);
            return;
        }
        waiting.attempt = Id::NONE;
        self.tell(Happening::AttemptEnded { edge, attempt: AttemptRef(id.raw()), class: outcome, sent });
        self.note_ended(call, id, || Ended { place, class: outcome, sent });
        if outcome == Class::Ok {
            if self.caches.are_called {
                self.note_answer(call, answer);
            }
            self.end_call(call, outcome);
        } else {
            let asked =
                if outcome == Class::Overloaded { self.asked_wait(call, place.instance) } else { None };
            self.after_failure(call, outcome, asked);
        }
    }

    /// A reply that came after its timer completes the call if it is a success, under a policy that accepts it.
    fn late_reply_arrives(&mut self, call: Id<Call>, outcome: Class, answer: Answer) {
        if outcome != Class::Ok {
            return;
        }
        if self.caches.are_called {
            self.note_answer(call, answer);
        }
        self.drop_attempt(call, Class::Cancelled);
        self.end_call(call, Class::Ok);
    }

    /// Ends the call, or tries again: after its backoff, or when the service has asked to come back.
    pub(super) fn after_failure(&mut self, id: Id<Call>, class: Class, asked: Option<Duration>) {
        let plan = self.plan;
        let call = &self.calls[id];
        let edge = &plan.edges[call.edge as usize];
        let policy = &plan.policies[usize::from(call.policy)];
        if policy.is_guarded && call.caller.is_of_copy() {
            return self.copy_fails(id, class, asked);
        }
        let is_tried_again = policy.retry.decide(call.attempts_made, class);
        if !is_tried_again || (policy.is_guarded && !self.may_retry(id, class)) {
            self.end_call(id, class);
            return;
        }
        let call = &mut self.calls[id];
        let failed = call.word.child(u64::from(call.attempts_made));
        let mut draws = failed.at(self.keys[edge.backoff_site.index()]);
        let delay = policy.retry.backoff().delay(call.attempts_made, &mut call.backoff, &mut draws);
        let wait = match (asked, policy.backoff_lane) {
            (Some(asked), _) => Wait::For(asked),
            (None, Some(constant)) => Wait::Lane(constant.lane),
            (None, None) => Wait::of(delay),
        };
        let ticket = self.schedule_after(wait, Rank::Timer, Event::Send(id.index()));
        self.calls[id].ticket = ticket;
    }

    pub(super) fn backoff_ends(&mut self, id: Id<Call>, ticket: Ticket) {
        if self.is_caller_paused(id, Event::Send(id.index()), ticket) {
            return;
        }
        self.calls[id].ticket = Ticket::NONE;
        self.send_attempt(id);
    }

    pub(super) fn attempt_times_out(&mut self, id: Id<Attempt>, ticket: Ticket) {
        let call = self.attempts[id].call;
        if self.is_caller_paused(call, Event::AttemptTimer(id.index()), ticket) {
            return;
        }
        self.attempts[id].timer = Ticket::NONE;
        self.drop_attempt(call, Class::AttemptTimeout);
        self.after_failure(call, Class::AttemptTimeout, None);
    }

    pub(super) fn call_times_out(&mut self, id: Id<Call>, ticket: Ticket) {
        if self.is_caller_paused(id, Event::CallTimer(id.index()), ticket) {
            return;
        }
        self.calls[id].timer = Ticket::NONE;
        self.drop_attempt(id, Class::DeadlineExceeded);
        self.end_call(id, Class::DeadlineExceeded);
    }

    /// Stops waiting for the attempt in progress, if there is one.
    pub(super) fn drop_attempt(&mut self, call: Id<Call>, class: Class) {
        let id = std::mem::replace(&mut self.calls[call].attempt, Id::NONE);
        if id.is_none() {
            return;
        }
        let attempt = &mut self.attempts[id];
        let timer = std::mem::replace(&mut attempt.timer, Ticket::NONE);
        let (edge, place, sent) = (attempt.edge, attempt.place, attempt.sent);
        self.forget(timer);
        self.tell(Happening::AttemptEnded { edge, attempt: AttemptRef(id.raw()), class, sent });
        if self.guards.bulkheads.keep_workers {
            self.leave_worker(call, id);
        }
        self.note_ended(call, id, || Ended { place, class, sent });
        self.abandon(id);
    }

    /// The call is over; whoever waited for it goes on.
    pub(super) fn end_call(&mut self, id: Id<Call>, class: Class) {
        let Baggage { operation, tenant, .. } = self.calls[id].baggage;
        let (caller, began) = self.remove_call(id, class);
        match caller {
            CallerOf::Request { workload, extra, abandoned, session } => {
                let intended = self.sessions.get(session).map_or(began, |session| session.intended);
                let late = abandoned;
                self.tell(Happening::RequestEnded {
                    call: CallRef(id.raw()),
                    workload,
                    operation,
                    tenant,
                    extra,
                    class,
                    began,
                    intended,
                    late,
                });
                if !session.is_none() {
                    self.request_is_over(session, class == Class::Ok);
                }
            }
            CallerOf::Attempt(parent) => self.call_returns(parent, class),
            CallerOf::Connection(connection) => self.connect_ends(connection, class),
            CallerOf::Hedged(call) => self.copy_ends(call, id, class),
            CallerOf::Nobody => {}
        }
    }

    /// Forgets a call and its timers; says who made it, and when.
    #[inline(always)]
    pub(super) fn remove_call(&mut self, id: Id<Call>, class: Class) -> (CallerOf, Time) {
        let Call { caller, edge, began, timer, ticket, baggage, .. } = self.calls[id];
        if self.guards.are_there {
            self.remove_guarded_call(id, class);
        } else {
            self.calls.remove(id);
        }
        self.ledgers.release(baggage.ledger);
        self.forget(timer);
        self.forget(ticket);
        if !caller.is_of_copy() {
            self.tell(Happening::CallEnded { edge, call: CallRef(id.raw()), class, began });
        }
        (caller, began)
    }

    /// Apart, so that calls without guards need not be copied as a whole.
    #[inline(never)]
    fn remove_guarded_call(&mut self, id: Id<Call>, class: Class) {
        let call = self.calls.remove(id);
        self.judge_call(id.index(), &call, class);
    }

    /// The caller went away: the call and its attempt are dropped, and nobody is told.
    pub(super) fn cancel_call(&mut self, id: Id<Call>) {
        self.drop_attempt(id, Class::Cancelled);
        self.remove_call(id, Class::Cancelled);
    }
}
