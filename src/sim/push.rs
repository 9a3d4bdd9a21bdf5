//! Config pushes: instances follow other parameters, and callers other policies, until they are rolled back.
//!
//! Attempts finish the handler that they started, and calls keep the policy that they began with.

use crate::mechanism::fault::{Effect, select_instances};
use crate::observe::Observer;
use crate::plan::{Caller, Push};

use super::Simulation;

/// What a push in force makes of policies.
#[derive(Clone, Debug)]
pub(super) struct PolicyPush {
    change: u32,
    /// By edge: the policy that takes the place of its own, and which clients of the edge follow it.
    edges: Vec<Option<(u16, Vec<bool>)>>,
}

impl<O: Observer> Simulation<'_, O> {
    /// A push begins.
    pub(super) fn push(&mut self, change: u32, push: &Push) {
        for &(service, set) in &push.services {
            let instances = self.pushed_instances(change, service, push);
            self.apply_to_all(&instances, change, Some(Effect::Parameters(set)));
        }
        if push.policies.is_empty() {
            return;
        }
        let edges = self.plan.edges.iter().map(|edge| {
            let (_, pushed) = push.policies.iter().find(|(policy, _)| *policy == edge.policy)?;
            let (zones, count) = match edge.caller {
                Caller::Workload(index) => {
                    let workload = &self.plan.workloads[index as usize];
                    (&workload.zones, workload.clients)
                }
                Caller::Service(index) => {
                    let service = &self.plan.services[index as usize];
                    (&service.zones, service.instances)
                }
            };
            let mut follows = vec![false; count as usize];
            for ordinal in self.pushed_ordinals(change, push, zones, count) {
                follows[ordinal as usize] = true;
            }
            Some((*pushed, follows))
        });
        let pushed = PolicyPush { change, edges: edges.collect() };
        let position = self.policy_pushes.partition_point(|other| other.change < change);
        self.policy_pushes.insert(position, pushed);
    }

    /// A push is taken back.
    pub(super) fn roll_back(&mut self, change: u32, push: &Push) {
        for &(service, _) in &push.services {
            let instances = self.pushed_instances(change, service, push);
            self.apply_to_all(&instances, change, None);
        }
        self.policy_pushes.retain(|other| other.change != change);
    }

    /// The policy that a client of an edge follows while there are pushes: that of the last one by name which concerns it, or its own.
    #[cold]
    pub(super) fn pushed_policy(&self, edge: u32, client: u32) -> u16 {
        let mut pushes = self.policy_pushes.iter().rev();
        let pushed = pushes.find_map(|push| {
            let (policy, follows) = push.edges[edge as usize].as_ref()?;
            follows[client as usize].then_some(*policy)
        });
        pushed.unwrap_or(self.plan.edges[edge as usize].policy)
    }

    fn pushed_instances(&self, change: u32, service: u32, push: &Push) -> Vec<u32> {
        let service = &self.plan.services[service as usize];
        let ordinals = self.pushed_ordinals(change, push, &service.zones, service.instances);
        ordinals.into_iter().map(|ordinal| service.first_instance + ordinal).collect()
    }

    fn pushed_ordinals(&self, change: u32, push: &Push, zones: &[String], count: u32) -> Vec<u32> {
        let site = self.key(self.plan.changes[change as usize].site);
        let occurrence = self.changes[change as usize].begun - 1;
        select_instances(&push.select, zones, site, occurrence, count)
    }
}
