//! Which instance an attempt goes to, and what clients remember of instances.

use crate::kernel::Time;
use crate::kernel::arena::Id;
use crate::kernel::random::{SiteKey, Word};
use crate::mechanism::Class;
use crate::mechanism::balancer::{BalancerState, PeerState, Peers};
use crate::mechanism::circuit_breaker::Per;
use crate::observe::{Observer, Place};
use crate::plan::{Edge, Plan};

use super::Simulation;
use super::world::{Attempt, Call};

/// The clients of every edge, and what they remember of instances: nothing yet.
pub(super) fn new_clients(plan: &Plan, keys: &[SiteKey]) -> (Vec<BalancerState>, Vec<PeerState>) {
    let per_edge = |edge: &Edge| {
        let instances = plan.services[edge.target as usize].instances;
        edge.first_peer.map_or(0, |_| edge.states as usize * instances as usize)
    };
    let mut peers = vec![PeerState::default(); plan.edges.iter().map(per_edge).sum()];
    let mut clients = Vec::new();
    for edge in &plan.edges {
        for client in edge.first_state..edge.first_state + edge.states {
            clients.push(start_client(plan, keys, edge, client, &mut peers));
        }
    }
    (clients, peers)
}

/// The state of a client, among the states of all edges, that has not picked anything yet.
pub(super) fn start_client(
    plan: &Plan,
    keys: &[SiteKey],
    edge: &Edge,
    client: u32,
    peers: &mut [PeerState],
) -> BalancerState {
    let site = keys[edge.balancer_site.index()];
    let target = &plan.services[edge.target as usize];
    let memory = &mut peers[edge.peers(client, target.instances)];
    let peers = Peers { count: target.instances, memory, weights: &target.weights, ring: &target.ring };
    let draws = || Word::root(site, u64::from(client - edge.first_state)).at(site);
    plan.policies[edge.policy as usize].balancer.start(peers, draws)
}

/// How an attempt ended for its client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Where it went.
    pub(super) place: Place,
    pub(super) class: Class,
    pub(super) sent: Time,
}

/// Whether an edge's instances are picked for connections, and not for attempts.
fn picks_for_connections(plan: &Plan, edge: &Edge) -> bool {
    let pool = plan.policies[edge.policy as usize].pool.as_ref();
    pool.is_some_and(|pool| pool.per() == Per::Target)
}

impl<O: Observer> Simulation<'_, O> {
    /// The ordinal of the instance for an attempt with this word, of a request about `key`, among those that are `available`, or all; `None` if none is. `client` is the client's
    /// state among those of all edges.
    #[inline]
    pub(super) fn pick_instance(
        &mut self,
        edge: &Edge,
        client: usize,
        (word, key): (Word, u32),
        available: Option<&[bool]>,
    ) -> Option<u32> {
        if edge.instances == 1 && available.is_none() {
            return Some(0);
        }
        self.pick_among_several(edge, client, (word, key), available)
    }

    #[inline(never)]
    fn pick_among_several(
        &mut self,
        edge: &Edge,
        client: usize,
        (word, key): (Word, u32),
        available: Option<&[bool]>,
    ) -> Option<u32> {
        let target = &self.plan.services[edge.target as usize];
        let memory = &mut self.peers[edge.peers(client as u32, edge.instances)];
        let balancer = &self.plan.policies[edge.policy as usize].balancer;
        // Even where the weights are is far from the processor in a large system.
        let weights = if balancer.weighs() { &target.weights[..] } else { &[] };
        let peers = Peers { count: edge.instances, memory, weights, ring: &target.ring };
        let keys = &self.keys;
        let draws = || word.at(keys[edge.balancer_site.index()]);
        let state = &mut self.clients[client];
        match available {
            None => Some(balancer.pick(state, peers, key, draws)),
            Some(available) => balancer.pick_available(state, peers, key, available, draws),
        }
    }

    /// An attempt of this call has ended for its client.
    #[inline]
    pub(super) fn note_ended(&mut self, call: Id<Call>, attempt: Id<Attempt>, ended: impl FnOnce() -> Ended) {
        if self.watches_attempts {
            self.forget_attempt(call, attempt, ended());
        }
    }

    #[inline(never)]
    fn forget_attempt(&mut self, call: Id<Call>, attempt: Id<Attempt>, ended: Ended) {
        let Call { edge, client, .. } = self.calls[call];
        if self.guards.are_there {
            self.judge_attempt(call, attempt, ended);
        }
        let edge = &self.plan.edges[edge as usize];
        let first = self.plan.services[edge.target as usize].first_instance;
        // Where connections stay with an instance, those are what was picked.
        if !picks_for_connections(self.plan, edge) {
            self.peer_is_left(edge, client, ended.place.instance - first);
        }
    }

    /// What a client has picked an instance for is over; `client` is its state among those of all edges.
    pub(super) fn peer_is_left(&mut self, edge: &Edge, client: u32, host: u32) {
        let instances = self.plan.services[edge.target as usize].instances;
        if let Some(peer) = self.peers[edge.peers(client, instances)].get_mut(host as usize) {
            self.plan.policies[edge.policy as usize].balancer.ended(peer);
        }
    }

    /// Attempts in flight, as the balancers that count them see it.
    pub fn attempts_counted(&self) -> i64 {
        let counting = self
            .plan
            .edges
            .iter()
            .filter(|edge| self.plan.policies[edge.policy as usize].balancer.counts_attempts())
            .filter(|edge| !picks_for_connections(self.plan, edge));
        let count = |edge: &Edge| {
            let instances = self.plan.services[edge.target as usize].instances;
            let clients = edge.first_state..edge.first_state + edge.states;
            let of_client =
                |client| self.peers[edge.peers(client, instances)].iter().map(|peer| peer.get()).sum::<i64>();
            clients.map(of_client).sum::<i64>()
        };
        counting.map(count).sum()
    }
}
