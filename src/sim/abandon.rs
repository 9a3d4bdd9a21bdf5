//! What happens to attempts that nobody waits for any more.
//!
//! The service does not know unless it is told or looks: by default it does all the work for nobody, which is the fuel of most metastable failures. A cancellation
//! travels like a request; one that overtakes its attempt takes effect when that arrives.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::model::AbandonedWork;
use crate::observe::{AttemptRef, Happening, Observer, ServiceEnd};

use super::event::Event;
use super::world::{Attempt, Stage};
use super::{Simulation, Wait};

impl<O: Observer> Simulation<'_, O> {
    /// The caller of an attempt gives up.
    pub(super) fn abandon(&mut self, id: Id<Attempt>) {
        let edge = &self.plan.edges[self.attempts[id].edge as usize];
        let accepts_late = self.plan.policies[edge.policy as usize].accepts_late_replies;
        let is_cut_off = self.is_cut_off(id);
        let attempt = &mut self.attempts[id];
        attempt.abandoned = true;
        if !accepts_late {
            attempt.call = Id::NONE;
        }
        match attempt.stage {
            // A cancellation does not get through a partition, and is not sent again.
            Stage::Outbound if is_cut_off => {}
            Stage::Queued | Stage::Handling if is_cut_off => {
                let place = attempt.place;
                self.tell(Happening::Orphaned { attempt: AttemptRef(id.raw()), place });
            }
            Stage::Outbound => self.send_cancellation(id),
            Stage::Queued | Stage::Handling => {
                let place = attempt.place;
                self.tell(Happening::Orphaned { attempt: AttemptRef(id.raw()), place });
                self.send_cancellation(id);
            }
            Stage::Replying if accepts_late => {}
            Stage::Lost | Stage::Replying => self.discard(id),
            // Whoever is stopped was given up before.
            Stage::Aborting => {}
        }
    }

    /// Tells the service that nobody waits any more, if it listens. It is as long on its way as a request.
    fn send_cancellation(&mut self, id: Id<Attempt>) {
        let Attempt { edge, place, word, .. } = self.attempts[id];
        if !self.plan.services[place.service as usize].hears_cancellation {
            return;
        }
        let edge = &self.plan.edges[edge as usize];
        match self.wait(&edge.request.span, edge.cancel_site, word) {
            Wait::None => self.cancellation_arrives(id),
            wait => {
                let ticket = self.schedule_after(wait, Rank::Arrival, Event::Cancel(id.index()));
                self.attempts[id].timer = ticket;
            }
        }
    }

    /// The service hears that nobody waits for an attempt any more. One that is not there yet is stopped when it arrives.
    pub(super) fn cancellation_arrives(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        attempt.timer = Ticket::NONE;
        attempt.cancelled = true;
        let Attempt { stage, held, ticket, place, .. } = *attempt;
        match (self.parameters(id).abandoned_work, stage) {
            // At once: whoever stays in the queue until later may be given a thread before.
            (AbandonedWork::RemoveFromQueue | AbandonedWork::Abort, Stage::Queued) => {
                self.finish(id, ServiceEnd::Cancelled, None);
            }
            (AbandonedWork::Abort, Stage::Handling) => {
                if held.work {
                    self.attempts[id].held.work = false;
                    self.stop_work(id, ticket);
                } else if held.line.is_some() || held.io {
                    self.forget(ticket);
                    let held = &mut self.attempts[id].held;
                    let line = held.line.take();
                    held.io = false;
                    self.release_resource(id, place, line);
                } else {
                    self.forget(ticket);
                }
                self.attempts[id].ticket = Ticket::NONE;
                if self.locks.are_there {
                    self.leave_lines([id]);
                }
                // As a hop of its own: an abort cancels calls, whose attempts are aborted, down the whole tree.
                let abort = self.calendar.ticket();
                let attempt = &mut self.attempts[id];
                attempt.ticket = abort;
                attempt.stage = Stage::Aborting;
                self.hops.push((Event::Abort(id.index()), abort));
            }
            _ => {}
        }
    }

    /// A cancelled attempt stops what it does.
    pub(super) fn abort(&mut self, id: Id<Attempt>) {
        self.stop_waiting(id);
        self.finish(id, ServiceEnd::Cancelled, None);
    }
}
