//! What stands between a call and the network, and remembers how calls end: the order in which throttles, rate limits, breakers, bulkheads, outlier detection, pools and budgets are asked and told.
//!
//! Policies without any of it do not come here.

use crate::kernel::arena::Id;
use crate::kernel::calendar::Ticket;
use crate::kernel::random::Word;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::adaptive_throttle::AdaptiveThrottleState;
use crate::mechanism::circuit_breaker::{Level, Per, Permit, Refusal};
use crate::mechanism::connection_pool::ConnectionPool;
use crate::mechanism::outlier_detection::OutlierDetectionState;
use crate::mechanism::rate_limit::{RateLimitLevel, RateLimitState};
use crate::mechanism::retry_budget::{RetryBudget, RetryBudgetState};
use crate::observe::{GuardEvent, Happening, Observer, OutlierDetectionEvent, Place, RetryBudgetEvent};
use crate::plan::{Edge, Plan, Policy};

use super::Simulation;
use super::breaker::Breakers;
use super::bulkhead::{Berth, Bulkheads};
use super::client::Ended;
use super::event::Event;
use super::hedge::Hedges;
use super::outlier::{self, Sweeps};
use super::pool::{Line, Pools};
use super::rate_limit::Turn;
use super::tied::Ties;
use super::world::{Attempt, Call, CallerOf};

/// What clients remember of how their calls ended.
#[derive(Clone, Debug)]
pub(super) struct Guards {
    /// Whether any policy has some.
    pub(super) are_there: bool,
    /// By [`Edge::budgets`]; a budget begins with its first use.
    budgets: Vec<Option<RetryBudgetState>>,
    pub(super) breakers: Breakers,
    pub(super) bulkheads: Bulkheads,
    pub(super) hedges: Hedges,
    pub(super) ties: Ties,
    pub(super) pools: Pools,
    /// By [`Edge::throttles`].
    pub(super) throttles: Vec<AdaptiveThrottleState>,
    /// By [`Edge::rate_limits`].
    pub(super) rate_limits: Vec<RateLimitState>,
    /// How many calls wait for a permit.
    pub(super) turns_awaited: u64,
    /// By the slots of the calls. Calls of other policies have no entry, or an old one.
    pub(super) calls: Vec<GuardedCall>,
    /// By [`Edge::outliers`].
    pub(super) outliers: Vec<OutlierDetectionState>,
    pub(super) sweeps: Sweeps,
    /// Which instances may be picked; only in use during a pick.
    available: Vec<bool>,
}

/// What a call of a policy with guards has of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GuardedCall {
    /// What it holds of its retry budget.
    held: u32,
    /// By which its breaker has let it, or its attempt, through; until the outcome is known.
    pub(super) permit: Option<Permit>,
    pub(super) berth: Berth,
    pub(super) turn: Turn,
    /// When it went on, after it had waited for its permit.
    pub(super) entered: Time,
    pub(super) line: Line,
    /// Since when it wants a connection.
    pub(super) asked: Time,
    /// The instance that was picked for an attempt that waits for a connection to it.
    pub(super) picked: Option<u32>,
    /// Its own client has turned it away.
    pub(super) is_throttled: bool,
}

impl GuardedCall {
    /// Of one of the copies of an attempt, which holds so much of its retry budget.
    pub(super) fn of_copy(now: Time, held: u32) -> Self {
        Self { held, entered: now, ..Self::default() }
    }
}

impl Guards {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            are_there: plan.policies.iter().any(|policy| policy.is_guarded),
            budgets: vec![None; plan.budgets as usize],
            breakers: Breakers::new(plan),
            bulkheads: Bulkheads::new(plan),
            hedges: Hedges::new(plan),
            ties: Ties::new(plan),
            pools: Pools::new(plan),
            throttles: vec![AdaptiveThrottleState::new(Time::ZERO); plan.throttles as usize],
            rate_limits: vec![RateLimitState::new(Time::ZERO); plan.rate_limits as usize],
            turns_awaited: 0,
            calls: Vec::new(),
            outliers: outlier::new_states(plan),
            sweeps: Sweeps::new(plan),
            available: Vec::new(),
        }
    }

    /// What a call that begins has.
    pub(super) fn begin(&mut self, id: Id<Call>, guarded: GuardedCall) {
        let slot = id.index() as usize;
        if self.calls.len() <= slot {
            self.calls.resize(slot + 1, GuardedCall::default());
        }
        self.calls[slot] = guarded;
    }

    /// The budget of a client of an edge, and its state.
    fn budget<'a>(
        &'a mut self,
        edge: &Edge,
        policy: &'a Policy,
        client: u32,
        now: Time,
    ) -> Option<(&'a RetryBudget, &'a mut RetryBudgetState)> {
        let budget = policy.budget.as_ref()?;
        let state = &mut self.budgets[edge.budgets?.of(client - edge.first_state)];
        Some((budget, state.get_or_insert_with(|| budget.start(now))))
    }

    /// A client has forgotten everything.
    fn forget(&mut self, edge: &Edge, client: u32, now: Time) {
        if let Some(states) = edge.throttles {
            self.throttles[states.own(client)].fill(AdaptiveThrottleState::new(now));
        }
        if let Some(states) = edge.rate_limits {
            self.rate_limits[states.own(client)].fill(RateLimitState::new(now));
        }
        if let Some(states) = edge.budgets {
            self.budgets[states.own(client)].fill(None);
        }
    }
}

impl<O: Observer> Simulation<'_, O> {
    /// Tells what a part of the policy of an edge has decided.
    #[inline]
    pub(super) fn tell_guard(&mut self, edge: u32, event: impl Into<GuardEvent>) {
        self.tell(Happening::Guard { edge, event: event.into() });
    }

    /// A call begins. False if it does not go on now: it is not let through, or waits.
    #[inline(never)]
    pub(super) fn guard_call(&mut self, id: Id<Call>) -> bool {
        let policy = &self.plan.policies[usize::from(self.calls[id].policy)];
        self.guards.begin(id, GuardedCall::default());
        if policy.throttle.is_some() && !self.throttle_admits(id) {
            self.refuse(id);
            return false;
        }
        if policy.has_rate_limit_of(RateLimitLevel::Call) && !self.takes_permit(id) {
            return false;
        }
        self.enter_call(id)
    }

    /// A call goes on that was neither throttled nor had too few permits. False if it is not let through all the same.
    pub(super) fn enter_call(&mut self, id: Id<Call>) -> bool {
        let Call { edge, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
        self.guards.calls[id.index() as usize].entered = self.now;
        if let Some((budget, state)) = self.guards.budget(edge, policy, client, self.now) {
            budget.call_began(state, self.now);
        }
        let is_admitted = !policy.has_breaker_of(Level::Call) || self.breaker_admits(id);
        if !is_admitted {
            self.refuse(id);
        }
        is_admitted
    }

    /// The instance to which a call sends an attempt now. If there is none, it waits, or ends.
    #[inline(never)]
    pub(super) fn clear_to_send(&mut self, id: Id<Call>) -> Option<u32> {
        let Call { edge, client, policy, caller, .. } = self.calls[id];
        if let CallerOf::Connection(connection) = caller {
            return Some(self.guards.pools.connections[connection].host);
        }
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
        if policy.hedge.is_some() && !caller.is_of_copy() {
            self.begin_copies(id);
            return None;
        }
        let line = self.guards.calls[id.index() as usize].line;
        let picked = match line {
            Line::None if !self.may_send(id) => return None,
            Line::None => match policy.pool.as_ref().map(ConnectionPool::per) {
                None => self.pick_host(id)?,
                Some(Per::Target) => self.finds_connection(id, 0)?,
                Some(Per::Host) => {
                    let picked = self.pick_host(id)?;
                    self.guards.calls[id.index() as usize].picked = Some(picked);
                    self.finds_connection(id, picked)?
                }
            },
            line => self.takes_up_connection(id, line)?,
        };
        if let Some((budget, state)) = self.guards.budget(edge, policy, client, self.now) {
            budget.attempt_began(state);
        }
        Some(picked)
    }

    /// Whether a call may send an attempt now, whatever instance that goes to. If not, it waits, or ends.
    fn may_send(&mut self, id: Id<Call>) -> bool {
        let policy = &self.plan.policies[usize::from(self.calls[id].policy)];
        let GuardedCall { berth, turn, .. } = &mut self.guards.calls[id.index() as usize];
        if *berth == Berth::LetIn {
            *berth = Berth::Taken;
            return true;
        }
        if *turn == Turn::Come {
            *turn = Turn::None;
        } else {
            if policy.has_breaker_of(Level::Attempt) && !self.breaker_admits(id) {
                self.refuse(id);
                return false;
            }
            if policy.has_rate_limit_of(RateLimitLevel::Attempt) && !self.takes_permit(id) {
                return false;
            }
        }
        policy.bulkhead.is_none() || self.finds_berth(id)
    }

    /// The pick among the instances that neither outlier detection nor a breaker of their own leaves out.
    fn pick_guarded(&mut self, id: Id<Call>, word: Word) -> Option<u32> {
        let Call { edge: index, client, policy, baggage, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[index as usize], &plan.policies[usize::from(policy)]);
        let has_breakers = policy.breaker.is_some_and(|breaker| breaker.per() == Per::Host);
        let leaves_out = policy.outliers.is_some() && self.leaves_hosts_out(id);
        let avoids_copies = policy.hedge.is_some() && self.avoids_copies(id);
        if !has_breakers && !leaves_out && !avoids_copies {
            return self.pick_instance(edge, client as usize, (word, baggage.key), None);
        }
        let mut available = std::mem::take(&mut self.guards.available);
        available.clear();
        available.resize(plan.services[edge.target as usize].instances as usize, true);
        if leaves_out {
            self.leave_out_ejected(id, &mut available);
        }
        let is_any_left = available.contains(&true);
        if has_breakers {
            self.leave_out_refused(id, &mut available);
        }
        if avoids_copies {
            self.leave_out_copies(id, &mut available);
        }
        let picked = self.pick_instance(edge, client as usize, (word, baggage.key), Some(&available));
        self.guards.available = available;
        match picked {
            Some(picked) if has_breakers => self.lets_host_through(id, picked),
            Some(_) => {}
            None if is_any_left => self.refused(index, Refusal::Open),
            None => self.tell_guard(index, OutlierDetectionEvent::NoHost),
        }
        picked
    }

    /// The instance to which a call would send its next attempt. If none is let through, the call ends.
    fn pick_host(&mut self, id: Id<Call>) -> Option<u32> {
        let Call { word, attempts_made, .. } = self.calls[id];
        let picked = self.pick_guarded(id, word.child(u64::from(attempts_made) + 1));
        if picked.is_none() {
            self.refuse(id);
        }
        picked
    }

    /// An attempt is about to be sent. False if what is between client and service drops it.
    #[inline(never)]
    pub(super) fn leaves(&mut self, id: Id<Call>, attempt: Id<Attempt>) -> bool {
        if self.guards.ties.are_there {
            self.tie(id, attempt);
        }
        if !self.guards.pools.are_there {
            return true;
        }
        self.guards.calls[id.index() as usize].picked = None;
        self.board(id, attempt)
    }

    /// An attempt of a call has failed before it was sent.
    pub(super) fn unsent_attempt_fails(&mut self, id: Id<Call>, class: Class) {
        self.calls[id].attempts_made += 1;
        let Call { edge, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
        let picked = self.guards.calls[id.index() as usize].picked.take();
        let target = &plan.services[edge.target as usize];
        let place = Place { service: edge.target, instance: target.first_instance + picked.unwrap_or(0) };
        if policy.breaker.is_some() {
            self.record_attempt(id, place, class, self.now);
        }
        if policy.outliers.is_some() && picked.is_some() {
            self.record_for_outliers(id, place, class, self.now);
        }
        if let Some(host) = picked {
            self.peer_is_left(edge, client, host);
        }
        self.end_retry(id, edge, policy);
        let call = self.calls[id];
        self.give_berth_back(id.index(), &call);
        self.after_failure(id, class, None);
    }

    /// An attempt of a call has ended for its client.
    #[inline(never)]
    pub(super) fn judge_attempt(&mut self, id: Id<Call>, attempt: Id<Attempt>, ended: Ended) {
        let Ended { place, class, sent } = ended;
        let Call { edge, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
        if !policy.is_guarded {
            return;
        }
        if policy.breaker.is_some() {
            self.record_attempt(id, place, class, sent);
        }
        if policy.outliers.is_some() {
            self.record_for_outliers(id, place, class, sent);
        }
        if policy.budget.is_some() {
            if let Some((budget, state)) = self.guards.budget(edge, policy, client, self.now) {
                budget.attempt_ended(state, self.now, class, policy.retry.retries_on(class));
            }
            self.end_retry(id, edge, policy);
        }
        if policy.bulkhead.is_some() {
            let call = self.calls[id];
            self.give_berth_back(id.index(), &call);
        }
        if policy.pool.is_some() {
            // One whose answer has come is forgotten by now.
            let is_given_up = self.attempts.get(attempt).is_some();
            self.leave_connection(attempt, class, is_given_up);
        }
    }

    /// The attempt of a call is over: what it holds of its retry budget because that was a retry is given back.
    fn end_retry(&mut self, id: Id<Call>, edge: &Edge, policy: &Policy) {
        let (client, mut held) = (self.calls[id].client, self.guards.calls[id.index() as usize].held);
        if let Some((budget, state)) = self.guards.budget(edge, policy, client, self.now) {
            budget.retry_ended(state, &mut held);
        }
        self.guards.calls[id.index() as usize].held = held;
    }

    /// The same of a call whose attempt was made of copies.
    pub(super) fn end_retry_of(&mut self, id: Id<Call>) {
        let Call { edge, policy, .. } = self.calls[id];
        let plan = self.plan;
        self.end_retry(id, &plan.edges[edge as usize], &plan.policies[usize::from(policy)]);
    }

    /// Whether a call that would be tried again after `class` may be.
    #[inline(never)]
    pub(super) fn may_retry(&mut self, id: Id<Call>, class: Class) -> bool {
        let granted = self.withdraw_retry(id, class);
        if let Some(held) = granted {
            self.guards.calls[id.index() as usize].held = held;
        }
        granted.is_some()
    }

    /// What a retry, or another copy, of a call holds of its retry budget, if that grants one. Without a budget it is nothing.
    pub(super) fn withdraw_retry(&mut self, id: Id<Call>, class: Class) -> Option<u32> {
        let Call { edge: index, client, policy, .. } = self.calls[id];
        let plan = self.plan;
        let (edge, policy) = (&plan.edges[index as usize], &plan.policies[usize::from(policy)]);
        let Some((budget, state)) = self.guards.budget(edge, policy, client, self.now) else {
            return Some(0);
        };
        let granted = budget.withdraw(state, self.now, class);
        let event = if granted.is_some() { RetryBudgetEvent::Granted } else { RetryBudgetEvent::Denied };
        self.tell_guard(index, event);
        granted
    }

    /// A call is over.
    #[inline(never)]
    pub(super) fn judge_call(&mut self, slot: u32, call: &Call, class: Class) {
        let plan = self.plan;
        let policy = &plan.policies[usize::from(call.policy)];
        if !policy.is_guarded {
            return;
        }
        let is_of_copy = call.caller.is_of_copy();
        if is_of_copy && class != Class::Cancelled {
            self.note_copy(slot, call, class);
        }
        if policy.throttle.is_some() && !is_of_copy {
            self.record_for_throttle(slot, call, class);
        }
        if policy.rate_limit.is_some() {
            self.leave_turn(slot, call);
        }
        if policy.breaker.is_some() && self.guards.calls[slot as usize].permit.is_some() {
            self.record_call(slot, call, class);
        }
        let held = self.guards.calls[slot as usize].held;
        let edge = &plan.edges[call.edge as usize];
        if let Some((budget, state)) = self.guards.budget(edge, policy, call.client, self.now) {
            // A copy is not the first try of its call, whatever it is called.
            budget.call_ended(state, held, if is_of_copy { 2 } else { call.attempts_made }, class);
        }
        if policy.bulkhead.is_some() {
            self.give_berth_back(slot, call);
        }
        // Both may open connections, by calls that take the slot of this one.
        if policy.pool.is_some() {
            self.leave_pool(slot, call);
        }
        if policy.hedge.is_some() && !is_of_copy {
            self.end_copies(slot, call, class);
        }
    }

    /// A client of an edge is gone, with all that it remembered. The copies that it has for nobody are forgotten before.
    pub(super) fn forget_client(&mut self, index: u32, edge: &Edge, client: u32) {
        self.guards.forget(edge, client, self.now);
        self.forget_breakers(edge, client);
        self.forget_outliers(edge, client);
        self.forget_workers(index, edge, client);
        self.forget_pool(index, edge, client);
    }

    /// A call or attempt of a client waits no longer than it may.
    pub(super) fn has_waited(&mut self, id: Id<Call>, ticket: Ticket) {
        if self.is_caller_paused(id, Event::GiveUp(id.index()), ticket) {
            return;
        }
        match self.guards.calls[id.index() as usize].line {
            Line::None => self.berth_was_awaited(id),
            _ => self.connection_was_awaited(id),
        }
    }

    /// When the service that turned an attempt away asked its callers to come back, if this one listens.
    #[inline(never)]
    pub(super) fn asked_wait(&self, id: Id<Call>, instance: u32) -> Option<Duration> {
        let call = &self.calls[id];
        let retry = &self.plan.policies[usize::from(call.policy)].retry;
        let parameters = self.instances[instance as usize].parameters;
        let asked = self.plan.parameters[parameters as usize].retry_after?;
        let site = self.plan.edges[call.edge as usize].backoff_site;
        let mut draws = call.word.child(u64::from(call.attempts_made)).at(self.key(site));
        retry.obeyed(asked, &mut draws)
    }

    /// Tells how throttles, hedging and budgets stand at the end of an interval.
    pub(super) fn tell_guards(&mut self, end: Time) {
        self.tell_throttles(end);
        self.tell_hedges(end);
        for (index, edge) in self.plan.edges.iter().enumerate() {
            let Some(states) = edge.budgets else { continue };
            let (mut exhausted, mut left) = (0, Some(0));
            for ordinal in 0..states.owners(edge.states) {
                let pushed = if self.policy_pushes.is_empty() {
                    edge.policy
                } else {
                    self.pushed_policy(index as u32, ordinal)
                };
                let Some(budget) = &self.plan.policies[usize::from(pushed)].budget else {
                    left = None;
                    break;
                };
                // One that was not used yet begins with its first use, and not because somebody looks.
                let state = self.guards.budgets[states.of(ordinal)].as_ref();
                let granted = match state {
                    Some(state) => budget.left(state, end, Class::ServerError),
                    None => budget.left(&budget.start(end), end, Class::ServerError),
                };
                exhausted += u64::from(granted == Some(0));
                left = left.zip(granted).map(|(sum, granted)| sum + granted);
            }
            let event = RetryBudgetEvent::Level { exhausted, left };
            self.observer.happened(end, Happening::Guard { edge: index as u32, event: event.into() });
        }
    }

    /// Attempts and retries that budgets still count, places in bulkheads and connections that are taken or waited for, calls that wait for permits; 0 when everything was answered.
    pub fn guards_held(&self) -> u64 {
        let budgets: u64 = self.guards.budgets.iter().flatten().map(RetryBudgetState::held).sum();
        budgets + self.guards.bulkheads.held() + self.guards.pools.held() + self.guards.turns_awaited
    }
}
