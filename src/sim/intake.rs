//! Rate limits of services: permits that attempts need before anything is done for them.

use crate::kernel::arena::Id;
use crate::kernel::calendar::Rank;
use crate::mechanism::rate_limit::{RateLimitState, Reservation};
use crate::model::AbandonedWork;
use crate::observe::{AttemptRef, Happening, Observer, Place, ServiceEnd};

use super::event::Event;
use super::world::{Attempt, Resource, Stage};
use super::{Simulation, Wait};

impl<O: Observer> Simulation<'_, O> {
    /// Whether an attempt that has arrived goes on now, with a permit if it needs one. If not, it waits, or is turned away.
    #[inline(never)]
    pub(super) fn has_permit(&mut self, id: Id<Attempt>, place: Place) -> bool {
        let instance = &self.instances[place.instance as usize];
        let parameters = &self.plan.parameters[instance.parameters as usize];
        let Some((limit, states)) = &parameters.rate_limit else { return true };
        match limit.reserve(&mut self.permits[states.of(instance.ordinal)], self.now) {
            Reservation::Now => return true,
            Reservation::After(wait) => {
                self.tell(Happening::PermitQueued { attempt: AttemptRef(id.raw()), place });
                // As a timer: whoever waited goes before those who arrive at that instant.
                let ticket = self.schedule_after(Wait::For(wait), Rank::Timer, Event::Admit(id.index()));
                let attempt = &mut self.attempts[id];
                attempt.stage = Stage::Queued;
                attempt.ticket = ticket;
                attempt.held.line = Some(Resource::Permit);
            }
            Reservation::Rejected(_) => {
                self.tell(Happening::RateLimited { attempt: AttemptRef(id.raw()), place });
                self.turn_away(id);
            }
        }
        false
    }

    /// The time of the permit has come that an attempt waits for.
    pub(super) fn permit_comes(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        attempt.held.line = None;
        let (place, expiry) = (attempt.place, attempt.expiry);
        self.tell(Happening::PermitLeftQueue { attempt: AttemptRef(id.raw()), place });
        if self.parameters(id).abandoned_work == AbandonedWork::DropOnDequeue && expiry <= self.now {
            self.finish(id, ServiceEnd::Expired, None);
        } else {
            self.admit(id, place);
        }
    }

    /// An instance begins anew: what it has for itself is full again.
    pub(super) fn reset_permits(&mut self, instance: u32) {
        let planned = &self.plan.instances[instance as usize];
        for parameters in self.plan.parameter_sets(planned.service) {
            if let Some((_, states)) = parameters.rate_limit {
                self.permits[states.own(planned.ordinal)].fill(RateLimitState::new(self.now));
            }
        }
    }
}
