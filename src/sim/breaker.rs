//! Circuit breakers: what is refused before it is sent.

use crate::kernel::arena::Id;
use crate::kernel::calendar::Ticket;
use crate::kernel::random::{Draws, SiteKey, Word};
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::circuit_breaker::{
    CircuitBreaker, CircuitBreakerState, Level, Per, Permit, Phase, Refusal,
};
use crate::observe::{CircuitBreakerEvent, Observer, Place};
use crate::plan::{Edge, Plan, Policy};

use super::Simulation;
use super::event::Event;
use super::world::Call;

/// The breakers of all edges.
#[derive(Clone, Debug)]
pub(super) struct Breakers {
    /// By [`Edge::breakers`].
    states: Vec<CircuitBreakerState>,
}

impl Breakers {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut states = Vec::new();
        for edge in &plan.edges {
            let breaker = plan.policies[edge.policy as usize].breaker.as_ref();
            let (Some(at), Some(breaker)) = (edge.breakers, breaker) else { continue };
            let end = (at.first + at.owners(edge.states) * at.each) as usize;
            if states.len() < end {
                states.resize(end, breaker.start());
            }
        }
        Self { states }
    }
}

/// A breaker of an edge, and where it draws.
#[derive(Clone, Copy)]
struct Fuse<'p> {
    breaker: &'p CircuitBreaker,
    /// The edge that tells of it.
    teller: u32,
    /// Among the states of all edges.
    index: usize,
    /// Among those of its own edge: what it draws does not depend on who else has breakers.
    ordinal: u64,
    site: SiteKey,
}

impl Fuse<'_> {
    /// The same for the breaker of another host.
    fn of_host(self, host: u32) -> Self {
        Self { index: self.index + host as usize, ordinal: self.ordinal + u64::from(host), ..self }
    }

    fn draws(&self) -> impl Fn(u64) -> Draws + use<> {
        let (site, ordinal) = (self.site, self.ordinal);
        move |opened| Word::root(site, ordinal).child(opened).at(site)
    }
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// The breaker of a client, or the first of those that it has for the hosts.
    fn fuse(&self, edge: &Edge, policy: &'p Policy, client: u32) -> Option<Fuse<'p>> {
        let (breaker, at) = (policy.breaker.as_ref()?, edge.breakers?);
        let teller = edge.breaker_teller;
        let site = self.key(self.plan.edges[teller as usize].breaker_site);
        let index = at.of(client - edge.first_state);
        Some(Fuse { breaker, teller, index, ordinal: (index - at.first as usize) as u64, site })
    }

    /// Does something to a breaker, and tells of it if that has changed its phase.
    fn use_breaker<R>(
        &mut self,
        fuse: Fuse<'_>,
        use_it: impl FnOnce(&CircuitBreaker, &mut CircuitBreakerState) -> R,
    ) -> R {
        let state = &mut self.guards.breakers.states[fuse.index];
        let before = state.phase();
        let result = use_it(fuse.breaker, state);
        let after = state.phase();
        if std::mem::discriminant(&before) != std::mem::discriminant(&after) {
            let event = match after {
                Phase::Closed => CircuitBreakerEvent::Closed,
                Phase::Open { .. } => CircuitBreakerEvent::Opened { was_half_open: before != Phase::Closed },
                Phase::HalfOpen { .. } => CircuitBreakerEvent::HalfOpened,
            };
            self.tell_guard(fuse.teller, event);
        }
        result
    }

    /// What has become of a half-open breaker by itself is told before it is used.
    fn settle(&mut self, fuse: Fuse<'_>) {
        if let Phase::HalfOpen { .. } = self.guards.breakers.states[fuse.index].phase() {
            let (now, draws) = (self.now, fuse.draws());
            self.use_breaker(fuse, |breaker, state| breaker.settle(state, now, &draws));
        }
    }

    fn let_through(&mut self, fuse: Fuse<'_>) -> Result<Permit, Refusal> {
        let (now, draws) = (self.now, fuse.draws());
        self.settle(fuse);
        self.use_breaker(fuse, |breaker, state| breaker.admit(state, now, &draws))
    }

    fn record(&mut self, fuse: Fuse<'_>, permit: Permit, outcome: (Class, Duration)) {
        let (now, draws) = (self.now, fuse.draws());
        self.settle(fuse);
        self.use_breaker(fuse, |breaker, state| breaker.record(state, now, permit, outcome, &draws));
    }

    pub(super) fn refused(&mut self, edge: u32, refusal: Refusal) {
        let event = CircuitBreakerEvent::Refused { is_half_open: refusal == Refusal::HalfOpenFull };
        self.tell_guard(edge, event);
    }

    /// Whether the breaker of a policy, which is one for the whole target, lets a call or its attempt through.
    pub(super) fn breaker_admits(&mut self, id: Id<Call>) -> bool {
        let Call { edge: index, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[index as usize], &plan.policies[usize::from(policy)]);
        let Some(fuse) = self.fuse(edge, policy, client) else { return true };
        match self.let_through(fuse) {
            Ok(permit) => {
                self.guards.calls[id.index() as usize].permit = Some(permit);
                true
            }
            Err(refusal) => {
                self.refused(index, refusal);
                false
            }
        }
    }

    /// Takes those out of the instances that are `available` to a call whose breakers do not let it through.
    pub(super) fn leave_out_refused(&mut self, id: Id<Call>, available: &mut [bool]) {
        let Call { edge, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
        let Some(fuse) = self.fuse(edge, policy, client) else { return };
        let now = self.now;
        for (host, available) in (0_u32..).zip(available) {
            let fuse = fuse.of_host(host);
            let draws = fuse.draws();
            *available &= self.use_breaker(fuse, |breaker, state| breaker.would_admit(state, now, &draws));
        }
    }

    /// The breaker of the instance that was picked lets an attempt through.
    pub(super) fn lets_host_through(&mut self, id: Id<Call>, picked: u32) {
        let Call { edge, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
        let Some(fuse) = self.fuse(edge, policy, client) else { return };
        self.guards.calls[id.index() as usize].permit = self.let_through(fuse.of_host(picked)).ok();
    }

    /// An attempt of a call has ended for its client.
    pub(super) fn record_attempt(&mut self, id: Id<Call>, place: Place, class: Class, sent: Time) {
        let Call { edge, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
        let Some(mut fuse) = self.fuse(edge, policy, client) else { return };
        if fuse.breaker.level() != Level::Attempt {
            return;
        }
        let Some(permit) = self.guards.calls[id.index() as usize].permit.take() else { return };
        if fuse.breaker.per() == Per::Host {
            let first = plan.services[edge.target as usize].first_instance;
            fuse = fuse.of_host(place.instance - first);
        }
        self.record(fuse, permit, (class, self.now.since(sent)));
    }

    /// A call is over.
    pub(super) fn record_call(&mut self, slot: u32, call: &Call, class: Class) {
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[call.edge as usize], &plan.policies[usize::from(call.policy)]);
        let Some(mut fuse) = self.fuse(edge, policy, call.client) else { return };
        if fuse.breaker.per() == Per::Host
            && let Some(host) = self.guards.calls[slot as usize].picked
        {
            fuse = fuse.of_host(host);
        }
        let Some(permit) = self.guards.calls[slot as usize].permit.take() else { return };
        let took = match fuse.breaker.level() {
            Level::Call => self.now.since(self.guards.calls[slot as usize].entered),
            // An attempt that was let through, and then not sent.
            Level::Attempt => Duration::ZERO,
        };
        self.record(fuse, permit, (class, took));
    }

    /// A client is gone, and its breakers with it.
    pub(super) fn forget_breakers(&mut self, edge: &Edge, client: u32) {
        let Some(breaker) = &self.plan.policies[edge.policy as usize].breaker else { return };
        for index in edge.breakers.map_or(0..0, |states| states.own(client)) {
            let state = &mut self.guards.breakers.states[index];
            let phase = state.phase();
            breaker.restart(state);
            if phase != Phase::Closed {
                let was_half_open = matches!(phase, Phase::HalfOpen { .. });
                let event = CircuitBreakerEvent::Forgotten { was_half_open };
                self.tell_guard(edge.breaker_teller, event);
            }
        }
    }

    /// A call ends without having been sent, or sent again: as a hop of its own, since its caller does not know of it yet.
    pub(super) fn refuse(&mut self, id: Id<Call>) {
        let ticket = self.calendar.ticket();
        self.hops.push((Event::Refuse(id.index()), ticket));
        self.calls[id].ticket = ticket;
    }

    /// The call that was not let through ends.
    pub(super) fn refusal_arrives(&mut self, id: Id<Call>) {
        self.calls[id].ticket = Ticket::NONE;
        self.end_call(id, Class::LocalReject);
    }
}
