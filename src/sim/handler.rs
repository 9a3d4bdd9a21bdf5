//! The steps of a handler: an attempt is a position in a flat list of instructions.

use crate::kernel::Duration;
use crate::kernel::arena::Id;
use crate::kernel::calendar::Rank;
use crate::kernel::random::{Bits, Word};
use crate::mechanism::Class;
use crate::observe::{AttemptRef, Happening, Observer, ServiceEnd};
use crate::plan::{Instruction, Plan, SiteId, Span, Writing};

use super::call::Request;
use super::event::Event;
use super::service::end_of;
use super::world::{Attempt, Baggage, CallerOf, Stage};
use super::{Simulation, Wait};

impl<O: Observer> Simulation<'_, O> {
    /// Executes instructions until one takes time, or the handler is done.
    pub(super) fn run_handler(&mut self, id: Id<Attempt>) {
        loop {
            let Attempt { instruction, word, place, baggage, .. } = self.attempts[id];
            match &self.plan.instructions[instruction as usize] {
                Instruction::Work { span, site, iteration } => {
                    let demand = self.drawn(repeated(word, *iteration), span, *site);
                    if !demand.is_zero() {
                        let lane = match span {
                            Span::Constant(delay) => Some(delay.lane),
                            Span::Zero | Span::Drawn(_) => None,
                        };
                        self.begin_work(id, place, demand, lane);
                        return;
                    }
                }
                Instruction::Io { span, site, iteration } => {
                    let demand = self.drawn(repeated(word, *iteration), span, *site);
                    if !demand.is_zero() {
                        self.begin_io(id, demand);
                        return;
                    }
                }
                Instruction::Sleep { span, site, iteration } => {
                    let wait = self.wait(span, *site, repeated(word, *iteration));
                    if !matches!(wait, Wait::None) {
                        let ticket =
                            self.schedule_after(wait, Rank::Completion, Event::SleepEnds(id.index()));
                        self.attempts[id].ticket = ticket;
                        return;
                    }
                }
                Instruction::Call { edge, handler, iteration, step } => {
                    let ordinal = self.instances[place.instance as usize].ordinal;
                    let word = word.child(*step).child(u64::from(*iteration));
                    let Baggage { ledger, entry, .. } = baggage;
                    let entry = self.ledgers.entry(ledger, entry, *step, *iteration);
                    let baggage = Baggage { entry, ..baggage };
                    let call = self.begin_call(Request {
                        edge: *edge,
                        handler: *handler,
                        client: ordinal,
                        caller: CallerOf::Attempt(id),
                        word,
                        baggage,
                    });
                    self.attempts[id].child = call;
                    return;
                }
                Instruction::Ask { .. } => return self.ask(id),
                Instruction::Answer { cache, operation, entry } => {
                    self.answer(id, *cache, *operation, *entry);
                }
                Instruction::Get { .. }
                | Instruction::Put { .. }
                | Instruction::Invalidate { .. }
                | Instruction::Write(_) => {
                    if self.use_cache(id) {
                        continue;
                    }
                    return;
                }
                Instruction::Loaded { .. } => return self.loaded(id),
                Instruction::Acquire { .. }
                | Instruction::Release
                | Instruction::Read(_)
                | Instruction::CompareAndSet(_) => {
                    if self.use_shared(id) {
                        continue;
                    }
                    return;
                }
                Instruction::Fail { billionths, site, iteration } => {
                    if repeated(word, *iteration).at(self.key(*site)).chance(*billionths) {
                        if self.step_fails(id, Class::ServerError) {
                            continue;
                        }
                        return;
                    }
                }
                Instruction::Choose { first, count, site, iteration } => {
                    let way = self.chosen(repeated(word, *iteration), *site, *first, *count);
                    self.attempts[id].instruction = way;
                    continue;
                }
                Instruction::Jump(target) => {
                    self.attempts[id].instruction = *target;
                    continue;
                }
                Instruction::Fork { .. } => return self.begin_branches(id),
                Instruction::Join => return self.branch_ends(id, Class::Ok),
                Instruction::Otherwise => {
                    self.tell(Happening::FellBack { attempt: AttemptRef(id.raw()), place });
                }
                Instruction::Reject => {
                    return self.finish(id, ServiceEnd::Overloaded, Some(Class::Overloaded));
                }
                Instruction::Reply => return self.finish(id, ServiceEnd::Ok, Some(Class::Ok)),
            }
            self.attempts[id].instruction += 1;
        }
    }

    /// A handler comes to a step that concerns a lock or a register. Whether it goes on at once.
    #[inline(never)]
    fn use_shared(&mut self, id: Id<Attempt>) -> bool {
        match self.plan.instructions[self.attempts[id].instruction as usize] {
            Instruction::Acquire { lock, mode } => return self.acquire_lock(id, lock, mode),
            Instruction::Release => self.release_lock(id),
            Instruction::Read(register) => self.read_register(id, register),
            Instruction::CompareAndSet(register) => {
                if !self.set_register(id, register) {
                    return self.step_fails(id, Class::Conflict);
                }
            }
            _ => unreachable!("the handler is at such a step"),
        }
        self.attempts[id].instruction += 1;
        true
    }

    #[inline]
    pub(super) fn drawn(&self, word: Word, span: &Span, site: SiteId) -> Duration {
        match span {
            Span::Zero => Duration::ZERO,
            Span::Constant(delay) => delay.length,
            Span::Drawn(sampler) => sampler.sample(&mut word.at(self.key(site))),
        }
    }

    /// Time has passed for a handler: that of a `sleep`, or that which a cache takes.
    pub(super) fn sleep_ends(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        let goes_on = match self.plan.instructions[attempt.instruction as usize] {
            Instruction::Sleep { .. } => {
                attempt.instruction += 1;
                true
            }
            Instruction::Write(Writing::Waits { cache }) => self.store_is_due(id, cache),
            _ => self.looks_again(id) || self.cache_answers(id),
        };
        if goes_on {
            self.run_handler(id);
        }
    }

    #[inline(always)]
    pub(super) fn work_ends(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        attempt.held.work = false;
        attempt.instruction += 1;
        self.work_is_over(id);
        self.run_handler(id);
    }

    /// The call that a handler waited for is over.
    pub(super) fn call_returns(&mut self, id: Id<Attempt>, class: Class) {
        self.attempts[id].child = Id::NONE;
        if self.attempts[id].stage == Stage::Aborting {
            return;
        }
        if self.caches.are_called && self.cache_call_returns(id, class) {
            return;
        }
        let failure = match class {
            Class::Ok => {
                self.attempts[id].instruction += 1;
                self.run_handler(id);
                return;
            }
            Class::AppError | Class::Conflict | Class::Cancelled => class,
            _ => Class::GatewayError,
        };
        self.fail_step(id, failure);
    }

    /// The step that a handler has waited at has failed: it goes on where that is provided for, or it is over.
    pub(super) fn fail_step(&mut self, id: Id<Attempt>, class: Class) {
        if self.step_fails(id, class) {
            self.run_handler(id);
        }
    }

    /// The step that a handler is at has failed. Whether that is provided for, and the handler is where it goes on; it does not go on here, as a step that fails at once may be repeated more
    /// often than any stack is deep.
    #[must_use]
    pub(super) fn step_fails(&mut self, id: Id<Attempt>, class: Class) -> bool {
        let attempt = &mut self.attempts[id];
        let rescue = self.plan.rescues[attempt.instruction as usize];
        if rescue == Plan::NO_RESCUE {
            if attempt.is_branch() {
                self.branch_fails(id, class);
            } else {
                self.finish(id, end_of(class), Some(class));
            }
            return false;
        }
        attempt.instruction = rescue;
        // For those who see to it and then fail in the same way.
        attempt.outcome = class;
        if attempt.held.locks {
            self.release_locks(id, self.plan.lock_depths[rescue as usize]);
        }
        true
    }

    /// The first instruction of the way that is drawn.
    fn chosen(&self, word: Word, site: SiteId, first: u32, count: u32) -> u32 {
        let ways = &self.plan.ways[first as usize..(first + count) as usize];
        ways[self.drawn_share(ways, word, site, |way| way.below_billionths)].instruction
    }

    /// Which of several, each of which is taken if the draw is below its share with those before it; there is at least one.
    pub(super) fn drawn_share<T>(
        &self,
        several: &[T],
        word: Word,
        site: SiteId,
        below: impl Fn(&T) -> u32,
    ) -> usize {
        let drawn = word.at(self.key(site)).below(1_000_000_000) as u32;
        several.partition_point(|one| below(one) <= drawn).min(several.len() - 1)
    }
}

/// The subject of what is drawn for a step that is repeated: the attempt itself the first time.
#[inline]
pub(super) fn repeated(word: Word, iteration: u32) -> Word {
    if iteration == 0 { word } else { word.child(u64::from(iteration)) }
}
