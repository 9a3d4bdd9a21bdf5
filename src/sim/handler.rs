//! The steps of a handler: an attempt is a position in a flat list of instructions.

use crate::kernel::Duration;
use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::{Bits, Word};
use crate::mechanism::Class;
use crate::observe::{Observer, ServiceEnd};
use crate::plan::{Instruction, SiteId, Span};

use super::event::Event;
use super::service::end_of;
use super::world::{Attempt, CallerOf};
use super::{Simulation, Wait};

impl<O: Observer> Simulation<'_, O> {
    /// Executes instructions until one takes time, or the handler is done.
    pub(super) fn run_handler(&mut self, id: Id<Attempt>) {
        loop {
            let Attempt { instruction, word, place, baggage, .. } = self.attempts[id];
            match &self.plan.instructions[instruction as usize] {
                Instruction::Work { span, site } => {
                    let demand = self.drawn(word, span, *site);
                    if !demand.is_zero() {
                        let lane = match span {
                            Span::Constant(delay) => Some(delay.lane),
                            Span::Zero | Span::Drawn(_) => None,
                        };
                        self.begin_work(id, place, demand, lane);
                        return;
                    }
                }
                Instruction::Sleep { span, site } => {
                    let wait = match (span, self.drawn(word, span, *site)) {
                        (_, Duration::ZERO) => None,
                        (Span::Constant(delay), _) => Some(Wait::Lane(delay.lane)),
                        (_, length) => Some(Wait::For(length)),
                    };
                    if let Some(wait) = wait {
                        let ticket =
                            self.schedule_after(wait, Rank::Completion, Event::SleepEnds(id.index()));
                        self.attempts[id].ticket = ticket;
                        return;
                    }
                }
                Instruction::Call { edge, step } => {
                    let ordinal = self.plan.instances[place.instance as usize].ordinal;
                    let word = word.child(*step).child(0);
                    let call = self.begin_call(*edge, ordinal, CallerOf::Attempt(id), word, baggage);
                    self.attempts[id].child = call;
                    return;
                }
                Instruction::Fail { billionths, site } => {
                    if word.at(self.key(*site)).chance(*billionths) {
                        self.finish(id, ServiceEnd::ServerError, Some(Class::ServerError));
                        return;
                    }
                }
                Instruction::Reply => {
                    self.finish(id, ServiceEnd::Ok, Some(Class::Ok));
                    return;
                }
            }
            self.attempts[id].instruction += 1;
        }
    }

    #[inline]
    fn drawn(&self, word: Word, span: &Span, site: SiteId) -> Duration {
        match span {
            Span::Zero => Duration::ZERO,
            Span::Constant(delay) => delay.length,
            Span::Drawn(sampler) => sampler.sample(&mut word.at(self.key(site))),
        }
    }

    pub(super) fn sleep_ends(&mut self, id: Id<Attempt>) {
        self.attempts[id].instruction += 1;
        self.run_handler(id);
    }

    pub(super) fn work_ends(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        attempt.held.work = false;
        attempt.instruction += 1;
        self.stop_work(id, Ticket::NONE);
        self.run_handler(id);
    }

    /// The call that a handler waited for is over.
    pub(super) fn call_returns(&mut self, id: Id<Attempt>, class: Class) {
        self.attempts[id].child = Id::NONE;
        let failure = match class {
            Class::Ok => {
                self.attempts[id].instruction += 1;
                self.run_handler(id);
                return;
            }
            Class::AppError | Class::Cancelled => class,
            _ => Class::GatewayError,
        };
        self.finish(id, end_of(failure), Some(failure));
    }
}
