//! Adaptive throttles: calls that their own client turns away.

use crate::kernel::Time;
use crate::kernel::arena::Id;
use crate::mechanism::Class;
use crate::observe::{AdaptiveThrottleEvent, Happening, Observer};

use super::Simulation;
use super::world::Call;

impl<O: Observer> Simulation<'_, O> {
    /// Whether the throttle of a policy, if it has one, lets a call begin.
    pub(super) fn throttle_admits(&mut self, id: Id<Call>) -> bool {
        let call = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[call.edge as usize], &plan.policies[usize::from(call.policy)]);
        let (Some(throttle), Some(states)) = (&policy.throttle, edge.throttles) else { return true };
        let site = self.key(edge.throttle_site);
        let state = &mut self.guards.throttles[states.of(call.client - edge.first_state)];
        let passes = throttle.admit(state, self.now, || call.word.at(site));
        self.guards.calls[id.index() as usize].is_throttled = !passes;
        let event = if passes { AdaptiveThrottleEvent::Passed } else { AdaptiveThrottleEvent::Rejected };
        self.tell_guard(call.edge, event);
        passes
    }

    /// A call is over.
    pub(super) fn record_for_throttle(&mut self, slot: u32, call: &Call, class: Class) {
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[call.edge as usize], &plan.policies[usize::from(call.policy)]);
        let (Some(throttle), Some(states)) = (&policy.throttle, edge.throttles) else { return };
        if !self.guards.calls[slot as usize].is_throttled {
            let state = &mut self.guards.throttles[states.of(call.client - edge.first_state)];
            throttle.record(state, self.now, class);
        }
    }

    /// Tells how throttles stand at the end of an interval.
    pub(super) fn tell_throttles(&mut self, end: Time) {
        for (index, edge) in (0_u32..).zip(&self.plan.edges) {
            let policy = &self.plan.policies[edge.policy as usize];
            let (Some(throttle), Some(states)) = (&policy.throttle, edge.throttles) else { continue };
            let clients = states.owners(edge.states);
            let (mut sum, mut max) = (0, 0);
            for client in 0..clients {
                let state = &self.guards.throttles[states.of(client)];
                let billionths = (throttle.rejection_probability(state, end) * 1e9).round() as u64;
                (sum, max) = (sum + billionths, max.max(billionths));
            }
            let event = AdaptiveThrottleEvent::Level { sum, max, throttles: clients };
            self.observer.happened(end, Happening::Guard { edge: index, event: event.into() });
        }
    }
}
