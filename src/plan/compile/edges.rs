//! Edges, policies and the network between.

use std::collections::BTreeMap;

use crate::kernel::calendar::Rank;
use crate::mechanism::adaptive_throttle::AdaptiveThrottle;
use crate::mechanism::balancer::{Balancer, Ring};
use crate::mechanism::bulkhead::Bulkhead;
use crate::mechanism::circuit_breaker::{CircuitBreaker, Per};
use crate::mechanism::connection_pool::ConnectionPool;
use crate::mechanism::hedge::Hedge;
use crate::mechanism::outlier_detection::OutlierDetection;
use crate::mechanism::rate_limit::RateLimit;
use crate::mechanism::retry::Retry;
use crate::mechanism::retry_budget::{RetryBudget, RetryBudgetSettings};
use crate::model::{LateReplies, PolicySettings, Scope, ServiceSettings};
use crate::plan::{Caller, Connect, Edge, Plan, Policy, Service, States};

use super::{Compiler, EdgeNames};

/// Hands out the states of one mechanism.
#[derive(Debug, Default)]
pub(super) struct StateCounter<'a> {
    pub(super) count: u32,
    /// The first state of what everybody shares who calls a target under a policy.
    global: BTreeMap<(&'a str, &'a str), u32>,
}

impl<'a> StateCounter<'a> {
    /// The states of an edge with so many clients, each of which has `each`.
    fn take(&mut self, (_, target, policy): EdgeNames<'a>, scope: Scope, clients: u32, each: u32) -> States {
        let first = self.count;
        match scope {
            Scope::Instance => {
                self.count += clients * each;
                return States { first, each, are_shared: false };
            }
            Scope::Service => {}
            Scope::Global => {
                let known = *self.global.entry((target, policy)).or_insert(first);
                if known != first {
                    return States { first: known, each, are_shared: true };
                }
            }
        }
        self.count += each;
        States { first, each, are_shared: true }
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn policies(&mut self) -> Vec<Policy> {
        let default = PolicySettings::default();
        let names = self.policy_names.clone();
        names
            .into_iter()
            .map(|name| {
                let connect = self.connect_policy(&name);
                let settings = connect.as_ref().or(self.model.policies.get(&name)).unwrap_or(&default);
                self.policy(name, settings)
            })
            .collect()
    }

    /// The policy under which connections are opened, if that is what this one is.
    fn connect_policy(&self, name: &str) -> Option<PolicySettings> {
        let (pooled, _) = self.connect_names.iter().find(|(_, connect)| *connect == name)?;
        let timeout = self.model.policies.get(pooled)?.pool.as_ref()?.connect.timeout;
        Some(PolicySettings { timeout, ..PolicySettings::default() })
    }

    pub(super) fn policy(&mut self, name: String, settings: &PolicySettings) -> Policy {
        let retry = settings.retry.as_ref().map_or_else(Retry::never, Retry::new);
        let constant = retry.backoff().as_constant();
        let budget =
            settings.retry.as_ref().and_then(|retry| retry.budget.as_ref()).and_then(RetryBudget::new);
        let hedge = settings.hedge.as_ref().map(Hedge::new);
        Policy {
            timeout: settings.timeout.limited().and_then(|length| self.lanes.delay(length, Rank::Timer)),
            per_try_timeout: settings
                .per_try_timeout
                .limited()
                .and_then(|length| self.lanes.delay(length, Rank::Timer)),
            is_guarded: budget.is_some()
                || settings.circuit_breaker.is_some()
                || settings.bulkhead.is_some()
                || settings.pool.is_some()
                || self.connect_names.values().any(|connect| *connect == name)
                || settings.adaptive_throttle.is_some()
                || settings.rate_limit.is_some()
                || settings.outlier_detection.is_some()
                || hedge.is_some(),
            hedge_lane: hedge
                .and_then(|hedge| hedge.as_constant())
                .and_then(|length| self.lanes.delay(length, Rank::Timer)),
            hedge,
            rate_limit: settings.rate_limit.as_ref().map(RateLimit::new),
            outliers: settings.outlier_detection.as_ref().map(OutlierDetection::new),
            throttle: settings.adaptive_throttle.as_ref().map(AdaptiveThrottle::new),
            bulkhead: settings.bulkhead.as_ref().map(Bulkhead::new),
            pool: settings.pool.as_ref().map(ConnectionPool::new),
            breaker: settings.circuit_breaker.as_ref().map(CircuitBreaker::new),
            budget,
            backoff_lane: constant.and_then(|length| self.lanes.delay(length, Rank::Timer)),
            retry,
            deadline_margin: settings.deadline.propagate.then_some(settings.deadline.margin),
            accepts_late_replies: settings.late_replies == LateReplies::Accept,
            balancer: Balancer::new(settings.balancer),
            name,
        }
    }

    pub(super) fn edges(&mut self, services: &[Service]) -> Option<Vec<Edge>> {
        let mut first_state = 0;
        let mut first_peer = 0;
        let mut edges: Vec<Edge> = Vec::new();
        let numbered: Vec<EdgeNames<'a>> = self.edges.keys().copied().collect();
        for (caller_name, target_name, policy_name) in numbered {
            let workload = self.model.workloads.keys().position(|name| name == caller_name);
            let service = self.model.services.keys().position(|name| name == caller_name);
            let (caller, states) = match (workload, service) {
                (Some(index), _) => {
                    (Caller::Workload(index as u32), self.model.workloads[caller_name].clients)
                }
                (None, Some(index)) => {
                    (Caller::Service(index as u32), self.model.services[caller_name].instances)
                }
                (None, None) => return None,
            };
            let target = self.model.services.keys().position(|name| name == target_name)?;
            let policy = self.policy_names.iter().position(|name| name == policy_name)?;
            let peers = self.peers_per_client(target_name, policy_name);
            let path = format!("edges.{caller_name}.{target_name}.{policy_name}");
            let names = (caller_name, target_name, policy_name);
            let breakers = self.breakers(names, states);
            // Only edges that share them have the same ones.
            let teller = edges.iter().position(|edge| edge.breakers.is_some() && edge.breakers == breakers);
            let backoff_site = self.sites.add(format!("{path}.backoff"));
            let breaker_site = match breakers {
                Some(_) => self.sites.add(format!("{path}.circuit_breaker")),
                None => backoff_site,
            };
            let throttles = self.throttles(names, states);
            let throttle_site = match throttles {
                Some(_) => self.sites.add(format!("{path}.adaptive_throttle")),
                None => backoff_site,
            };
            let outliers = self.outliers(names, states);
            let outlier_teller =
                edges.iter().position(|edge| edge.outliers.is_some() && edge.outliers == outliers);
            let outlier_site = match outliers {
                Some(_) => self.sites.add(format!("{path}.outlier_detection")),
                None => backoff_site,
            };
            let request = self.hop(caller_name, target_name, "request", Rank::Arrival);
            let reply = self.hop(caller_name, target_name, "reply", Rank::Completion);
            edges.push(Edge {
                caller,
                target: target as u32,
                first_instance: services[target].first_instance,
                instances: services[target].instances,
                policy: policy as u16,
                first_state,
                states,
                first_peer: (peers > 0).then_some(first_peer),
                request_kind: request.kind(),
                reply_kind: reply.kind(),
                request,
                reply,
                cancel_site: self.sites.add(format!("network.{caller_name}.{target_name}.cancel")),
                network: self.edge_network(caller_name, target_name, policy_name),
                balancer_site: self.sites.add(format!("{path}.balancer")),
                backoff_site,
                budgets: self.budgets(names, states),
                bulkheads: self.bulkheads(names, states),
                pools: self.pools(names, states),
                connect: self.connect(names, &path),
                rate_limits: self.rate_limits(names, states),
                hedges: self.hedges(names, states),
                throttles,
                throttle_site,
                breakers,
                breaker_teller: teller.unwrap_or(edges.len()) as u32,
                breaker_site,
                outliers,
                outlier_hosts: outliers.map_or(0, |_| self.model.services[target_name].instances),
                outlier_teller: outlier_teller.unwrap_or(edges.len()) as u32,
                outlier_site,
            });
            first_state += states;
            first_peer += states * peers;
        }
        Some(edges)
    }

    /// The retry budgets of an edge with so many clients.
    fn budgets(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, _, policy) = names;
        let has_budget = |settings: &PolicySettings| {
            let budget = settings.retry.as_ref().and_then(|retry| retry.budget.as_ref());
            budget.is_some_and(|budget| *budget != RetryBudgetSettings::Unlimited)
        };
        let own = self.model.policies.get(policy)?;
        let mut variants = self.pushed.values().filter_map(|model| model.policies.get(policy)).chain([own]);
        variants.any(has_budget).then(|| self.budget_states.take(names, own.scope, clients, 1))
    }

    /// The bulkheads of an edge with so many clients: each has its own, whatever the scope.
    fn bulkheads(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, _, policy) = names;
        self.model.policies.get(policy)?.bulkhead.as_ref()?;
        Some(self.bulkhead_states.take(names, Scope::Instance, clients, 1))
    }

    /// The connection pools of an edge with so many clients: each has its own, whatever the scope.
    fn pools(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, _, policy) = names;
        self.model.policies.get(policy)?.pool.as_ref()?;
        Some(self.pool_states.take(names, Scope::Instance, clients, 1))
    }

    /// How the connections of an edge are opened.
    fn connect(&mut self, (caller, target, policy): EdgeNames<'a>, path: &str) -> Option<Connect> {
        let settings = &self.model.policies.get(policy)?.pool.as_ref()?.connect;
        let handler = settings.handler.as_deref();
        let number = handler.map_or(Plan::ACCEPT, |_| self.handler_number(target, handler));
        let edge = *self.edges.get(&(caller, target, self.connect_names.get(policy)?))?;
        Some(Connect { edge, handler: number, site: self.sites.add(format!("{path}.pool")) })
    }

    /// The adaptive throttles of an edge with so many clients.
    fn throttles(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, _, policy) = names;
        let settings = self.model.policies.get(policy)?;
        settings.adaptive_throttle.as_ref()?;
        Some(self.throttle_states.take(names, settings.scope, clients, 1))
    }

    /// The permits of an edge with so many clients.
    fn rate_limits(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, _, policy) = names;
        let settings = self.model.policies.get(policy)?;
        settings.rate_limit.as_ref()?;
        Some(self.rate_limit_states.take(names, settings.scope, clients, 1))
    }

    /// What the clients of an edge remember for hedging.
    fn hedges(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, _, policy) = names;
        let settings = self.model.policies.get(policy)?;
        settings.hedge.as_ref()?;
        Some(self.hedge_states.take(names, settings.scope, clients, 1))
    }

    /// The circuit breakers of an edge with so many clients.
    fn breakers(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, target, policy) = names;
        let settings = self.model.policies.get(policy)?;
        let each = match settings.circuit_breaker.as_ref()?.per {
            Per::Target => 1,
            Per::Host => self.model.services[target].instances,
        };
        Some(self.breaker_states.take(names, settings.scope, clients, each))
    }

    /// What the clients of an edge know of instances that do worse than the others: one state for all of these.
    fn outliers(&mut self, names: EdgeNames<'a>, clients: u32) -> Option<States> {
        let (_, _, policy) = names;
        let settings = self.model.policies.get(policy)?;
        settings.outlier_detection.as_ref()?;
        Some(self.outlier_states.take(names, settings.scope, clients, 1))
    }

    /// Of how many instances of the target a client remembers something under this policy.
    fn peers_per_client(&self, target: &str, policy: &str) -> u32 {
        let instances = self.model.services[target].instances;
        if self.balancer(policy).remembers_peers(instances) { instances } else { 0 }
    }

    pub(super) fn balancer(&self, policy: &str) -> Balancer {
        Balancer::new(self.model.policies.get(policy).map_or_else(Default::default, |it| it.balancer))
    }

    /// Whose which key is at a service.
    pub(super) fn ring(&self, name: &str, settings: &ServiceSettings) -> Ring {
        let mut callers = self.edges.keys().filter(|(_, to, _)| *to == name);
        if callers.any(|(_, _, policy)| self.balancer(policy).hashes_keys()) {
            Ring::new(name, settings.instances, &settings.weights)
        } else {
            Ring::default()
        }
    }
}
