//! Caches in services, which are called: what is asked, what the instance does about it, and what comes back. And leases, by which some of those who find nothing wait.

use crate::kernel::arena::Id;
use crate::kernel::calendar::Rank;
use crate::kernel::random::{Draws, Word, mix};
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::cache::{Found, Operation};
use crate::observe::{CacheEvent, Observer, Place};
use crate::plan::{Instruction, SiteId};

use super::call::Request;
use super::event::Event;
use super::world::{Answer, Attempt, Baggage, Call, CallerOf, Progress, WaitsFor};
use super::{Simulation, Wait};

/// What a word is mixed with for looking again: no step of a handler has this number.
const LOOK: u64 = u64::from_be_bytes(*b"look\0\0\0\0");

impl<O: Observer> Simulation<'_, O> {
    /// A handler asks the service that a cache is in.
    #[inline(never)]
    pub(super) fn ask(&mut self, id: Id<Attempt>) {
        let Attempt { instruction, word, place, baggage, .. } = self.attempts[id];
        let Instruction::Ask { edge, handler, iteration, step, .. } =
            self.plan.instructions[instruction as usize]
        else {
            unreachable!("the handler asks a cache")
        };
        let client = self.instances[place.instance as usize].ordinal;
        // Looking again is no repetition of what was done.
        let way = self.looks(id).map_or(step, |looks| mix(mix(step, LOOK), u64::from(looks)));
        let entry = self.ledgers.entry(baggage.ledger, baggage.entry, way, iteration);
        let word = self.look_word(id, word.child(step).child(u64::from(iteration)));
        let call = self.begin_call(Request {
            edge,
            handler,
            client,
            caller: CallerOf::Attempt(id),
            word,
            baggage: Baggage { entry, ..baggage },
        });
        self.attempts[id].child = call;
    }

    /// The handler of a service in which a cache is has done its steps: what it was asked for is done now, and the reply says what it found.
    #[inline(never)]
    pub(super) fn answer(&mut self, id: Id<Attempt>, index: u32, operation: Operation, entry: SiteId) {
        let Attempt { word, place, baggage: Baggage { key, .. }, call, .. } = self.attempts[id];
        let now = self.now;
        match operation {
            Operation::Get => {
                let rules = &self.plan.caches[index as usize].rules;
                let found = rules.get(self.part(index, place), key, now, || None::<Draws>);
                self.tell_cache(index, found.into());
                if let Found::Expired { .. } = found {
                    let part = self.part_number(index, place);
                    self.tell_size(index, part);
                }
                self.attempts[id].answer = match found {
                    Found::Hit { .. } | Found::Nothing { .. } => Answer::Hit,
                    Found::Expired { .. } | Found::Miss => {
                        // A token for somebody who has given up is a token all the same.
                        let holder = self.handler_behind(call);
                        let part = self.part_number(index, place);
                        if self.lease(index, part, key, holder) {
                            Answer::Missed
                        } else if self.serve_stale(index, part, key) {
                            Answer::Hit
                        } else {
                            Answer::Busy
                        }
                    }
                };
            }
            Operation::Put | Operation::Fill => {
                let claim = (operation == Operation::Fill).then(|| self.handler_behind(call));
                if self.may_fill(index, place, key, claim) {
                    self.fill(index, place, key, Duration::ZERO, (word, entry));
                }
            }
            Operation::Invalidate => self.invalidate(index, place, key),
        }
    }

    /// The handler that waits for a call; [`Id::NONE`]: there is none any more.
    fn handler_behind(&self, call: Id<Call>) -> Id<Attempt> {
        let mut caller = self.calls.get(call).map(|call| call.caller);
        if let Some(CallerOf::Hedged(call)) = caller {
            caller = self.calls.get(call).map(|call| call.caller);
        }
        if let Some(CallerOf::Attempt(id)) = caller { id } else { Id::NONE }
    }

    /// What a service has found in a cache has come back to a call, with its reply: whoever made the call is told.
    #[inline(never)]
    pub(super) fn note_answer(&mut self, call: Id<Call>, answer: Answer) {
        let id = self.handler_behind(call);
        if let Some(attempt) = self.attempts.get_mut(id) {
            attempt.answer = answer;
        }
    }

    /// A call is over that may have been one to a cache. If so, the handler goes on; false if it was not, or if it failed and the handler with it.
    #[inline(never)]
    pub(super) fn cache_call_returns(&mut self, id: Id<Attempt>, class: Class) -> bool {
        let Attempt { instruction, answer, .. } = self.attempts[id];
        let Instruction::Ask { cache, operation, hit, .. } = self.plan.instructions[instruction as usize]
        else {
            return false;
        };
        let mut next = instruction + 1;
        if class != Class::Ok {
            self.tell_cache(cache, CacheEvent::Failed { operation });
            if operation == Operation::Get {
                self.lose_token(id, cache);
            }
        } else if operation == Operation::Get {
            match answer {
                Answer::Missed => {}
                Answer::Hit => next = hit,
                Answer::Busy => {
                    if self.look_later(id, cache) {
                        return true;
                    }
                }
            }
        }
        self.stop_looking(id);
        if class != Class::Ok && self.plan.caches[cache as usize].fails {
            return false;
        }
        self.attempts[id].instruction = next;
        self.run_handler(id);
        true
    }

    /// A look-up has found nothing. Whether whoever made it, for this handler, may fill it; if there are leases, one at a time may, and goes on to be the one if it looks again.
    pub(super) fn lease(&mut self, index: u32, part: u32, key: u32, holder: Id<Attempt>) -> bool {
        let Some(lease) = &self.plan.caches[index as usize].lease else { return true };
        let granted = self.caches.leases[part as usize].missed(key, holder, self.now, lease.ttl)
            || self.has_token(part, key, holder);
        self.tell_cache(index, if granted { CacheEvent::Leased } else { CacheEvent::ToldToWait });
        granted
    }

    /// Whether a handler has the token for a key, itself or through what it is a branch of.
    fn has_token(&self, part: u32, key: u32, id: Id<Attempt>) -> bool {
        let holder = self.caches.leases[part as usize].holder(key);
        holder.is_some_and(|holder| self.is_part_of(id, holder))
    }

    /// A look-up has failed for who made it, and what it has found there never came back: if that was a token, it is out, and nobody has it.
    fn lose_token(&mut self, id: Id<Attempt>, index: u32) {
        let cache = &self.plan.caches[index as usize];
        if cache.lease.is_none() {
            return;
        }
        let (first, key) = (cache.first_part as usize, self.attempts[id].baggage.key);
        for leases in &mut self.caches.leases[first..first + cache.parts as usize] {
            leases.hand_over(key, id, Id::NONE);
        }
    }

    /// Whether there is something for somebody who has missed a key, and has no token to fill it.
    pub(super) fn serve_stale(&mut self, index: u32, part: u32, key: u32) -> bool {
        let (rules, now) = (&self.plan.caches[index as usize].rules, self.now);
        let age = rules.get_instead_of_waiting(&self.caches.parts[part as usize], key, now);
        if let Some(age) = age {
            self.tell_cache(index, CacheEvent::ServedStale { age });
            if self.plan.caches[index as usize].propagation.is_some() {
                self.note_use(index, part, key, age);
            }
        }
        age.is_some()
    }

    /// Whether something may be put into a cache. A handler that fills what it has missed needs its token, which is used up; whoever else puts something there takes the token from whoever has it.
    pub(super) fn may_fill(
        &mut self,
        index: u32,
        place: Place,
        key: u32,
        claim: Option<Id<Attempt>>,
    ) -> bool {
        if self.plan.caches[index as usize].lease.is_none() {
            return true;
        }
        let part = self.part_number(index, place);
        if claim.is_some_and(|id| !self.has_token(part, key, id)) {
            self.tell_cache(index, CacheEvent::Refused);
            return false;
        }
        self.caches.leases[part as usize].void(key);
        true
    }

    /// Whether a handler is this one, or a branch of it.
    fn is_part_of(&self, mut id: Id<Attempt>, whole: Id<Attempt>) -> bool {
        while !id.is_none() {
            if id == whole {
                return true;
            }
            let fork = self.attempts.get(id).and_then(|attempt| self.forks.get(attempt.branch_of));
            let Some(WaitsFor::Handler { owner, .. }) = fork.map(|fork| fork.waits) else { return false };
            id = owner;
        }
        false
    }

    /// A handler that has to wait for what it has missed looks again later, unless it has waited as long as anybody does.
    pub(super) fn look_later(&mut self, id: Id<Attempt>, cache: u32) -> bool {
        let Some(lease) = &self.plan.caches[cache as usize].lease else { return false };
        let (since, looks) = match self.attempts[id].progress {
            Progress::Waits { since, looks, .. } => (since, looks),
            Progress::Own { .. } | Progress::Shared(_) => (self.now, 0),
        };
        if self.now.since(since) >= lease.ttl {
            return false;
        }
        let wait = lease.retry.map_or(Wait::None, |delay| Wait::Lane(delay.lane));
        let ticket = self.schedule_after(wait, Rank::Completion, Event::SleepEnds(id.index()));
        let attempt = &mut self.attempts[id];
        attempt.progress = Progress::Waits { since, looks: looks + 1, is_between: true };
        attempt.ticket = ticket;
        true
    }

    /// The time between two looks is over; false if that is not what a handler waited for.
    pub(super) fn looks_again(&mut self, id: Id<Attempt>) -> bool {
        match &mut self.attempts[id].progress {
            Progress::Waits { is_between, .. } => std::mem::replace(is_between, false),
            Progress::Own { .. } | Progress::Shared(_) => false,
        }
    }

    /// A handler has what it looked up, or will get it itself.
    pub(super) fn stop_looking(&mut self, id: Id<Attempt>) {
        if let Progress::Waits { .. } = self.attempts[id].progress {
            self.attempts[id].progress = Progress::Own { since: Time::ZERO, left: Duration::ZERO };
        }
    }

    /// How often a handler has looked already for what it looks up, if it had to wait for it.
    fn looks(&self, id: Id<Attempt>) -> Option<u32> {
        match self.attempts[id].progress {
            Progress::Waits { looks, .. } => Some(looks),
            Progress::Own { .. } | Progress::Shared(_) => None,
        }
    }

    /// The word for what is drawn for a look-up.
    pub(super) fn look_word(&self, id: Id<Attempt>, word: Word) -> Word {
        self.looks(id).map_or(word, |looks| word.child(LOOK).child(u64::from(looks)))
    }
}
