//! The server's side of an attempt: admission, queue, threads, and the end.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::Bits;
use crate::mechanism::Class;
use crate::mechanism::queue::WhenFull;
use crate::model::AbandonedWork;
use crate::observe::{AttemptRef, Happening, Observer, Place, ServiceEnd};
use crate::plan::{Parameters, Plan};

use super::Simulation;
use super::event::Event;
use super::world::{Attempt, CallerOf, Held, InstanceState, Stage, WaitsFor};

impl<O: Observer> Simulation<'_, O> {
    /// An attempt arrives at its instance.
    pub(super) fn reach(&mut self, id: Id<Attempt>) {
        if self.guards.pools.are_there && self.is_unknown_there(id) {
            self.tell(Happening::AttemptRefused { attempt: AttemptRef(id.raw()) });
            self.reply(id, Class::Reset);
            return;
        }
        let attempt = &mut self.attempts[id];
        let (place, handler) = (attempt.place, attempt.handler);
        let instance = &self.instances[place.instance as usize];
        if instance.is_crashed || handler == Plan::ACCEPT {
            let class = if instance.is_crashed { Class::ConnectFailure } else { Class::Ok };
            self.tell(Happening::AttemptRefused { attempt: AttemptRef(id.raw()) });
            self.reply(id, class);
            return;
        }
        attempt.received = self.now;
        let Attempt { abandoned, cancelled, .. } = *attempt;
        let is_changed = instance.is_changed;
        self.tell(Happening::Received { attempt: AttemptRef(id.raw()), place });
        if abandoned {
            self.tell(Happening::Orphaned { attempt: AttemptRef(id.raw()), place });
            if cancelled
                && matches!(
                    self.parameters(id).abandoned_work,
                    AbandonedWork::RemoveFromQueue | AbandonedWork::Abort
                )
            {
                self.finish(id, ServiceEnd::Cancelled, None);
                return;
            }
        }
        if self.guards.ties.are_there && self.is_untied(id) {
            return;
        }
        if is_changed && let Some(class) = self.injected_error(id) {
            self.finish(id, end_of(class), Some(class));
            return;
        }
        if !self.permits.is_empty() && !self.has_permit(id, place) {
            return;
        }
        self.admit(id, place);
    }

    fn injected_error(&self, id: Id<Attempt>) -> Option<Class> {
        let word = self.attempts[id].word;
        let mut injections = self.instance(id).rest.effects.error_injections();
        let hit = injections.find(|&(fault, share, _)| {
            let site = self.plan.changes[fault as usize].site;
            word.at(self.key(site)).chance(share.billionths())
        });
        hit.map(|(_, _, class)| class)
    }

    /// A free thread, a place in the queue, or neither.
    #[inline(always)]
    pub(super) fn admit(&mut self, id: Id<Attempt>, place: Place) {
        let instance = &mut self.instances[place.instance as usize];
        let parameters = &self.plan.parameters[instance.parameters as usize];
        let is_free = instance.threads_busy < parameters.threads;
        let is_paused = instance.is_paused;
        if is_free || (parameters.queue.preemptive && self.preempt(place, id)) {
            self.take_thread(id, parameters.first_handler, Ticket::NONE);
            if is_paused {
                self.defer_handler(id);
            } else {
                self.begin_handler(id);
            }
            return;
        }
        let priority = self.attempts[id].baggage.priority;
        let instance = &mut self.instances[place.instance as usize];
        match instance.join_queue(self.now, priority, id) {
            Ok(waiting) => {
                let attempt = &mut self.attempts[id];
                attempt.stage = Stage::Queued;
                attempt.waiting = waiting;
                attempt.held.queue = true;
                self.tell(Happening::Queued { attempt: AttemptRef(id.raw()), place });
                if let Some(timeout) = &parameters.queue_timeout {
                    self.set_queue_timer(id, timeout, parameters.queue_site);
                }
                if self.heaps.are_there() {
                    self.allocate_in_queue(place.instance);
                }
            }
            Err(_) => match parameters.queue.when_full {
                WhenFull::Reject => self.turn_away(id),
                WhenFull::Drop => self.finish(id, ServiceEnd::Dropped, None),
            },
        }
    }

    /// An attempt that has nothing is rejected, which may be work.
    pub(super) fn turn_away(&mut self, id: Id<Attempt>) {
        let Some(rejection) = self.parameters(id).rejection else {
            self.finish(id, ServiceEnd::Overloaded, Some(Class::Overloaded));
            return;
        };
        let attempt = &mut self.attempts[id];
        attempt.stage = Stage::Handling;
        attempt.held = Held::default();
        attempt.instruction = rejection;
        let place = attempt.place;
        self.tell(Happening::Rejecting { attempt: AttemptRef(id.raw()), place });
        if self.instance(id).is_paused {
            self.defer_handler(id);
        } else {
            self.run_handler(id);
        }
    }

    /// An attempt gets a thread; `start` is for the event that begins its handler.
    #[inline(always)]
    fn take_thread(&mut self, id: Id<Attempt>, first_handler: u32, start: Ticket) {
        let attempt = &mut self.attempts[id];
        attempt.ticket = start;
        attempt.stage = Stage::Handling;
        attempt.held = Held { thread: true, ..Held::default() };
        let since = if attempt.suspended { attempt.work_began } else { attempt.received };
        if !attempt.suspended {
            attempt.instruction = self.plan.handlers[first_handler as usize + usize::from(attempt.handler)];
        }
        let (place, waited) = (attempt.place, self.now.since(since));
        self.instances[place.instance as usize].threads_busy += 1;
        self.tell(Happening::ThreadTaken { attempt: AttemptRef(id.raw()), place, waited });
        if self.guards.ties.are_there {
            self.tell_tied(id);
        }
    }

    /// An attempt that has a thread does what it has it for.
    #[inline]
    pub(super) fn begin_handler(&mut self, id: Id<Attempt>) {
        if self.heaps.are_there() {
            self.allocate_for(id);
        }
        self.run_handler(id);
    }

    /// The handler begins when the pause of its instance is over.
    fn defer_handler(&mut self, id: Id<Attempt>) {
        let ticket = self.calendar.ticket();
        let attempt = &mut self.attempts[id];
        attempt.ticket = ticket;
        let instance = attempt.place.instance;
        self.instances[instance as usize].rest.deferred.push((Event::Start(id.index()), ticket));
    }

    /// Gives free threads to those who wait.
    #[inline]
    pub(super) fn dequeue(&mut self, instance: u32) {
        if self.instances[instance as usize].has_queue {
            self.call_from_queue(instance);
        }
    }

    #[inline(never)]
    fn call_from_queue(&mut self, instance: u32) {
        loop {
            let state = &mut self.instances[instance as usize];
            if !state.has_queue {
                return;
            }
            let parameters = &self.plan.parameters[state.parameters as usize];
            if state.is_crashed || state.threads_busy >= parameters.threads {
                return;
            }
            let keys = &self.keys;
            let Some(id) = state.call_from_queue(self.now, || keys[parameters.queue_site.index()]) else {
                return;
            };
            let attempt = &mut self.attempts[id];
            let stale = std::mem::replace(&mut attempt.ticket, Ticket::NONE);
            attempt.held.queue = false;
            let (place, expiry) = (attempt.place, attempt.expiry);
            self.forget(stale);
            self.tell(Happening::LeftQueue { attempt: AttemptRef(id.raw()), place });
            if parameters.abandoned_work == AbandonedWork::DropOnDequeue && expiry <= self.now {
                self.finish(id, ServiceEnd::Expired, None);
                continue;
            }
            // Not at once: a handler without work would finish, and dequeue, and so on without end.
            let ticket = self.calendar.ticket();
            self.take_thread(id, parameters.first_handler, ticket);
            self.hops.push((Event::Start(id.index()), ticket));
        }
    }

    /// The service is done with an attempt: everything is given back, and the caller hears of it, if there is a reply and a caller.
    pub(super) fn finish(&mut self, id: Id<Attempt>, end: ServiceEnd, reply: Option<Class>) {
        let freed_thread = self.release(id);
        let attempt = &self.attempts[id];
        let wanted = self.is_wanted(attempt);
        let Attempt { place, received, worked, abandoned, baggage, .. } = *attempt;
        self.tell(Happening::Finished {
            attempt: AttemptRef(id.raw()),
            place,
            end,
            received,
            worked,
            wanted,
        });
        if end == ServiceEnd::Ok
            && !baggage.ledger.is_none()
            && self.ledgers.executed(baggage.ledger, baggage.entry)
        {
            self.tell(Happening::DuplicateExecution { place });
        }
        if freed_thread {
            self.dequeue(place.instance);
        }
        match reply {
            Some(class) => self.reply(id, class),
            None if abandoned => self.discard(id),
            None => self.attempts[id].stage = Stage::Lost,
        }
    }

    /// Sends the reply on its way, if anybody may care for it.
    #[inline(always)]
    fn reply(&mut self, id: Id<Attempt>, class: Class) {
        let Attempt { call, edge, word, .. } = self.attempts[id];
        if self.calls.get(call).is_none() {
            self.discard(id);
            return;
        }
        let planned = &self.plan.edges[edge as usize];
        if self.is_networked(planned) {
            self.send_reply(id, class);
            return;
        }
        let wait = self.hop_wait(planned.reply_kind, &planned.reply, word);
        let ticket = self.schedule_after(wait, Rank::Completion, Event::Reply(id.index()));
        let attempt = &mut self.attempts[id];
        attempt.stage = Stage::Replying;
        attempt.outcome = class;
        attempt.ticket = ticket;
    }

    /// Forgets an attempt that holds nothing, and what is on its way for it.
    pub(super) fn discard(&mut self, id: Id<Attempt>) {
        let Attempt { ticket, timer, .. } = self.attempts[id];
        self.remove_attempt(id);
        self.forget(ticket);
        self.forget(timer);
    }

    /// Gives back everything that an attempt holds, on every way out. Says whether a thread became free.
    #[inline(always)]
    pub(super) fn release(&mut self, id: Id<Attempt>) -> bool {
        let attempt = &mut self.attempts[id];
        let (place, held) = (attempt.place, std::mem::take(&mut attempt.held));
        let ticket = std::mem::replace(&mut attempt.ticket, Ticket::NONE);
        let Held { thread, work, cpu, queue, line, io, locks } = held;
        if work {
            self.attempts[id].held.cpu = cpu;
            self.stop_work(id, ticket);
        } else {
            self.forget(ticket);
        }
        if queue {
            let instance = &mut self.instances[place.instance as usize];
            let was_there = instance.leave_queue(self.attempts[id].waiting);
            debug_assert!(was_there, "invariant: who holds a place in the queue is in it");
            self.tell(Happening::LeftQueue { attempt: AttemptRef(id.raw()), place });
        }
        if line.is_some() || io {
            self.release_resource(id, place, line);
        }
        if locks {
            self.release_locks(id, 0);
        }
        if thread {
            self.instances[place.instance as usize].threads_busy -= 1;
            self.tell(Happening::ThreadReleased { attempt: AttemptRef(id.raw()), place });
        }
        thread
    }

    /// Whether somebody up to the user still waits for what this attempt does.
    fn is_wanted(&self, attempt: &Attempt) -> bool {
        let mut attempt = attempt;
        loop {
            if attempt.is_branch() {
                match self.forks.get(attempt.branch_of).map(|fork| fork.waits) {
                    Some(WaitsFor::Handler { owner, .. }) => attempt = &self.attempts[owner],
                    // What is loaded is kept for whoever asks next, and what is stored was promised.
                    Some(WaitsFor::Cache { .. } | WaitsFor::Store { .. }) => return true,
                    None => return false,
                }
                continue;
            }
            let Some(call) = self.calls.get(attempt.call) else {
                return false;
            };
            let caller = match call.caller {
                CallerOf::Hedged(call) => self.calls.get(call).map_or(CallerOf::Nobody, |call| call.caller),
                caller => caller,
            };
            match caller {
                CallerOf::Request { abandoned, .. } => return !abandoned,
                CallerOf::Attempt(parent) => attempt = &self.attempts[parent],
                CallerOf::Connection(_) => return true,
                CallerOf::Hedged(_) | CallerOf::Nobody => return false,
            }
        }
    }

    #[inline]
    pub(super) fn instance(&self, id: Id<Attempt>) -> &InstanceState {
        &self.instances[self.attempts[id].place.instance as usize]
    }

    #[inline]
    pub(super) fn parameters(&self, id: Id<Attempt>) -> &Parameters {
        &self.plan.parameters[self.instance(id).parameters as usize]
    }
}

/// How an attempt with this outcome ends for its service.
pub(super) fn end_of(class: Class) -> ServiceEnd {
    match class {
        Class::Ok => ServiceEnd::Ok,
        Class::AppError => ServiceEnd::AppError,
        Class::Conflict => ServiceEnd::Conflict,
        Class::GatewayError => ServiceEnd::GatewayError,
        Class::Overloaded | Class::RefusedStream => ServiceEnd::Overloaded,
        Class::Reset | Class::ConnectFailure => ServiceEnd::Reset,
        Class::Cancelled => ServiceEnd::Cancelled,
        Class::ServerError | Class::AttemptTimeout | Class::DeadlineExceeded | Class::LocalReject => {
            ServiceEnd::ServerError
        }
    }
}
