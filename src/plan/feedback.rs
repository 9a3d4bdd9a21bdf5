//! What may keep a system down after its trigger has gone, and the same system without it.
//!
//! A loop that sustains a failure goes through something that remembers (a backlog, a cold cache, a full heap) or something that answers failure with more load (retries, hedges, users who
//! ask again). Each of them can be taken away alone (Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021, call it the sustaining effect).

use crate::mechanism::retry::Retry;
use crate::model::AbandonedWork;
use crate::quantity::Limit;

use super::{Plan, What};

/// Something that answers failure, or remembers it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Feedback {
    /// Attempts after the first one that the callers of a policy make; its position in [`Plan::policies`].
    Retries(u16),
    /// The copies that the callers of a policy send.
    Hedges(u16),
    /// Users of a workload who ask again; its position in [`Plan::workloads`].
    UserRetries(u32),
    /// Work of a service for callers who have given up; its position in [`Plan::services`].
    AbandonedWork(u32),
    /// What waits for a thread of a service.
    Backlog(u32),
    /// What a cache lost; its position in [`Plan::caches`].
    ColdCache(u32),
    /// What collections, and a heap without room, do to a service.
    MemoryPressure(u32),
}

impl Plan {
    /// All that this system has of it, in the order in which it is told.
    pub fn feedbacks(&self) -> Vec<Feedback> {
        let mut used: Vec<u16> = self.edges.iter().map(|edge| edge.policy).collect();
        used.sort_unstable();
        used.dedup();
        let policy = |index: u16| &self.policies[usize::from(index)];
        let retries = used.iter().filter(|&&index| policy(index).retry.max_attempts() > 1);
        let hedges = used.iter().filter(|&&index| policy(index).hedge.is_some());
        let users = (0..).zip(&self.workloads).filter(|(_, workload)| {
            workload
                .users
                .as_ref()
                .is_some_and(|users| users.retry.as_ref().is_some_and(|retry| retry.max_retries > 0))
        });
        let services = || (0..).zip(&self.services);
        let calls =
            |service: u32| self.edges.iter().any(|edge| edge.target == service && self.gives_up(edge.policy));
        let own = |parameters: u32| &self.parameters[parameters as usize];
        let abandoned = services().filter(|(index, service)| {
            own(service.parameters).abandoned_work != AbandonedWork::Abort && calls(*index)
        });
        let backlogs =
            services().filter(|(_, service)| own(service.parameters).queue.capacity != Limit::At(0));
        let caches = (0..).zip(&self.caches).filter(|(_, cache)| cache.keys > 0);
        let memories = self.memories.iter().map(|memory| Feedback::MemoryPressure(memory.service));
        let mut all: Vec<Feedback> = retries.map(|&index| Feedback::Retries(index)).collect();
        all.extend(hedges.map(|&index| Feedback::Hedges(index)));
        all.extend(users.map(|(index, _)| Feedback::UserRetries(index)));
        all.extend(abandoned.map(|(index, _)| Feedback::AbandonedWork(index)));
        all.extend(backlogs.map(|(index, _)| Feedback::Backlog(index)));
        all.extend(caches.map(|(index, _)| Feedback::ColdCache(index)));
        all.extend(memories);
        all
    }

    /// Whether a caller who follows a policy ever gives up on what it asked for.
    fn gives_up(&self, policy: u16) -> bool {
        let policy = &self.policies[usize::from(policy)];
        policy.timeout.is_some() || policy.per_try_timeout.is_some() || policy.hedge.is_some()
    }

    /// The same system without these: what a world that follows this plan from now on does no more. What it did remains, and so do calls that were begun, to their end, under the policy that
    /// they began with.
    pub fn without_feedbacks(&self, removed: &[Feedback]) -> Self {
        let mut plan = self.clone();
        for &feedback in removed {
            match feedback {
                Feedback::Retries(policy) => {
                    plan.change_policy(self, policy, |policy| policy.retry = Retry::never());
                }
                Feedback::Hedges(policy) => plan.change_policy(self, policy, |policy| policy.hedge = None),
                Feedback::UserRetries(workload) => {
                    if let Some(users) = &mut plan.workloads[workload as usize].users {
                        users.retry = None;
                    }
                }
                Feedback::AbandonedWork(service) => {
                    let sets: Vec<u32> = plan.sets_of(service);
                    for set in sets {
                        plan.parameters[set as usize].abandoned_work = AbandonedWork::Abort;
                    }
                    plan.services[service as usize].hears_cancellation = true;
                }
                Feedback::MemoryPressure(service) => {
                    for memory in plan.memories.iter_mut().filter(|memory| memory.service == service) {
                        memory.rules = memory.rules.without_limit();
                    }
                }
                // It is taken away once, and may come again.
                Feedback::Backlog(_) | Feedback::ColdCache(_) => {}
            }
        }
        plan
    }

    /// Gives the callers of a policy another one; `original` is the plan that its position is one of.
    fn change_policy(&mut self, original: &Self, policy: u16, change: impl Fn(&mut super::Policy)) {
        // Those that were changed before have gone on to a policy of their own.
        let followers = original.edges.iter().zip(&self.edges).filter(|(edge, _)| edge.policy == policy);
        let Some(now) = followers.map(|(_, edge)| edge.policy).next() else { return };
        let mut changed = self.policies[usize::from(now)].clone();
        change(&mut changed);
        let next = self.policies.len() as u16;
        self.policies.push(changed);
        for edge in self.edges.iter_mut().filter(|edge| edge.policy == now) {
            edge.policy = next;
        }
        // Pushes that are still to come, or in force, push what they do without it.
        let pushes = self.changes.iter().filter_map(|change| match &change.what {
            What::Push(push) => Some(&push.policies),
            _ => None,
        });
        let pushed: Vec<u16> =
            pushes.flatten().filter(|(from, _)| *from == policy).map(|&(_, to)| to).collect();
        for pushed in pushed {
            change(&mut self.policies[usize::from(pushed)]);
        }
        for change in &mut self.changes {
            if let What::Push(push) = &mut change.what {
                push.policies.iter_mut().filter(|(from, _)| *from == now).for_each(|pair| pair.0 = next);
            }
        }
    }

    /// The positions of all parameter sets that a service may follow.
    fn sets_of(&self, service: u32) -> Vec<u32> {
        let own = std::iter::once(self.services[service as usize].parameters);
        let pushed = self.changes.iter().filter_map(|change| match &change.what {
            What::Push(push) => {
                push.services.iter().find(|pushed| pushed.0 == service).map(|pushed| pushed.1)
            }
            _ => None,
        });
        own.chain(pushed).collect()
    }

    /// What a feedback is called.
    pub fn feedback_name(&self, feedback: Feedback) -> String {
        let service = |index: u32| &*self.services[index as usize].name;
        match feedback {
            Feedback::Retries(policy) => format!("retries of `{}`", self.policies[usize::from(policy)].name),
            Feedback::Hedges(policy) => format!("hedges of `{}`", self.policies[usize::from(policy)].name),
            Feedback::UserRetries(workload) => {
                format!("user retries of `{}`", self.workloads[workload as usize].name)
            }
            Feedback::AbandonedWork(index) => format!("abandoned work at `{}`", service(index)),
            Feedback::Backlog(index) => format!("backlog of `{}`", service(index)),
            Feedback::ColdCache(cache) => format!("cold cache `{}`", self.caches[cache as usize].name),
            Feedback::MemoryPressure(index) => format!("memory pressure at `{}`", service(index)),
        }
    }
}
