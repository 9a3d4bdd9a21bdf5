//! Edges, policies and the network between.

use crate::kernel::calendar::Rank;
use crate::mechanism::balancer::{Balancer, Ring};
use crate::mechanism::retry::Retry;
use crate::model::{LateReplies, PolicySettings, ServiceSettings};
use crate::plan::{Caller, Edge, Policy};

use super::{Compiler, EdgeNames};

impl<'a> Compiler<'a> {
    pub(super) fn policies(&mut self) -> Vec<Policy> {
        let default = PolicySettings::default();
        let names = self.policy_names.clone();
        names
            .into_iter()
            .map(|name| {
                let settings = self.model.policies.get(&name).unwrap_or(&default);
                self.policy(name, settings)
            })
            .collect()
    }

    pub(super) fn policy(&mut self, name: String, settings: &PolicySettings) -> Policy {
        let retry = settings.retry.as_ref().map_or_else(Retry::never, Retry::new);
        let constant = retry.backoff().as_constant();
        Policy {
            timeout: settings.timeout.limited().and_then(|length| self.lanes.delay(length, Rank::Timer)),
            per_try_timeout: settings
                .per_try_timeout
                .limited()
                .and_then(|length| self.lanes.delay(length, Rank::Timer)),
            backoff_lane: constant.and_then(|length| self.lanes.delay(length, Rank::Timer)),
            retry,
            deadline_margin: settings.deadline.propagate.then_some(settings.deadline.margin),
            accepts_late_replies: settings.late_replies == LateReplies::Accept,
            balancer: Balancer::new(settings.balancer),
            name,
        }
    }

    pub(super) fn edges(&mut self) -> Option<Vec<Edge>> {
        let mut first_state = 0;
        let mut first_peer = 0;
        let mut edges = Vec::new();
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
            edges.push(Edge {
                caller,
                target: target as u32,
                policy: policy as u16,
                first_state,
                states,
                first_peer: (peers > 0).then_some(first_peer),
                request: self.hop(caller_name, target_name, "request", Rank::Arrival),
                reply: self.hop(caller_name, target_name, "reply", Rank::Completion),
                cancel_site: self.sites.add(format!("network.{caller_name}.{target_name}.cancel")),
                network: self.edge_network(caller_name, target_name, policy_name),
                balancer_site: self.sites.add(format!("{path}.balancer")),
                backoff_site: self.sites.add(format!("{path}.backoff")),
            });
            first_state += states;
            first_peer += states * peers;
        }
        Some(edges)
    }

    /// Of how many instances of the target a client remembers something under this policy.
    fn peers_per_client(&self, target: &str, policy: &str) -> u32 {
        let instances = self.model.services[target].instances;
        if self.balancer(policy).remembers_peers(instances) { instances } else { 0 }
    }

    fn balancer(&self, policy: &str) -> Balancer {
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
