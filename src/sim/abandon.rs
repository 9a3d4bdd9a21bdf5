//! What happens to attempts that nobody waits for any more.
//!
//! The service does not know unless it is told or looks: by default it does all the work for nobody, which is the fuel of most metastable failures. A cancellation
//! reaches the service at once; one that overtakes its attempt on the network takes effect when that arrives.

use crate::kernel::arena::Id;
use crate::model::AbandonedWork;
use crate::observe::{AttemptRef, Happening, Observer, ServiceEnd};

use super::Simulation;
use super::event::Event;
use super::world::{Attempt, Stage};

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
            Stage::Outbound => {}
            Stage::Lost => _ = self.attempts.remove(id),
            Stage::Replying if accepts_late => {}
            Stage::Replying => {
                let ticket = attempt.ticket;
                self.attempts.remove(id);
                self.forget(ticket);
            }
            // A cancellation does not get through a partition, and is not sent again.
            Stage::Queued | Stage::Handling if is_cut_off => {
                let place = attempt.place;
                self.tell(Happening::Orphaned { attempt: AttemptRef(id.raw()), place });
            }
            Stage::Queued | Stage::Handling => self.orphan(id),
        }
    }

    fn orphan(&mut self, id: Id<Attempt>) {
        let Attempt { place, stage, held, ticket, .. } = self.attempts[id];
        self.tell(Happening::Orphaned { attempt: AttemptRef(id.raw()), place });
        match (self.parameters(id).abandoned_work, stage) {
            // At once: whoever stays in the queue until later may be given a thread before.
            (AbandonedWork::RemoveFromQueue | AbandonedWork::Abort, Stage::Queued) => {
                self.finish(id, ServiceEnd::Cancelled, None);
            }
            (AbandonedWork::Finish | AbandonedWork::DropOnDequeue | AbandonedWork::RemoveFromQueue, _) => {}
            (AbandonedWork::Abort, _) => {
                if held.work {
                    self.attempts[id].held.work = false;
                    self.stop_work(id, ticket);
                } else {
                    self.forget(ticket);
                }
                // As a hop of its own: an abort cancels calls, whose attempts are aborted, down the whole tree.
                let abort = self.calendar.ticket();
                self.attempts[id].ticket = abort;
                self.hops.push((Event::Abort(id.index()), abort));
            }
        }
    }

    /// A cancelled attempt stops what it does.
    pub(super) fn abort(&mut self, id: Id<Attempt>) {
        let child = std::mem::replace(&mut self.attempts[id].child, Id::NONE);
        if !child.is_none() {
            self.cancel_call(child);
        }
        self.finish(id, ServiceEnd::Cancelled, None);
    }
}
