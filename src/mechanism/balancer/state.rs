//! The pick of an instance.

use super::choice::{All, Choice, Left};
use super::{BalancerSettings, Ring};
use crate::kernel::random::{Bits, Draws};

/// How a client picks, ready to be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Balancer(BalancerSettings);

/// What a client remembers between two picks: the instance whose turn it is (round robin), or nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BalancerState(u32);

/// What a client remembers of one instance: its own attempts in flight there, or its current weight in the smooth weighted round robin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PeerState(i64);

impl PeerState {
    /// As if this had been remembered.
    #[cfg(test)]
    pub(super) const fn of(number: i64) -> Self {
        Self(number)
    }

    /// The number that is remembered.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// The instances that a client can pick, in the order of their ordinals.
#[derive(Debug)]
pub struct Peers<'a> {
    /// How many there are, at least 1.
    pub count: u32,
    /// What the client remembers of each, if the balancer [remembers](Balancer::remembers_peers) anything of them; otherwise empty.
    pub memory: &'a mut [PeerState],
    /// The weight of each, if the balancer [weighs](Balancer::weighs); empty: all are 1.
    pub weights: &'a [u32],
    /// Whose which key is, if the balancer [hashes](Balancer::hashes_keys); otherwise empty.
    pub ring: &'a Ring,
}

impl Balancer {
    /// Compiles the settings, which cannot be wrong.
    pub const fn new(settings: BalancerSettings) -> Self {
        Self(settings)
    }

    /// Whether a client must remember something of each of `count` instances. Of a single one there is nothing to remember.
    pub const fn remembers_peers(self, count: u32) -> bool {
        match self.0 {
            BalancerSettings::RoundRobin | BalancerSettings::Random | BalancerSettings::RingHash => false,
            BalancerSettings::LeastRequest
            | BalancerSettings::PowerOfTwo
            | BalancerSettings::WeightedRoundRobin => count > 1,
        }
    }

    /// Whether what it remembers of instances is the number of attempts in flight.
    pub const fn counts_attempts(self) -> bool {
        matches!(self.0, BalancerSettings::LeastRequest | BalancerSettings::PowerOfTwo)
    }

    /// Whether it looks at weights when it picks.
    #[inline]
    pub const fn weighs(self) -> bool {
        matches!(self.0, BalancerSettings::WeightedRoundRobin)
    }

    /// Whether it looks at the key of the request.
    pub const fn hashes_keys(self) -> bool {
        matches!(self.0, BalancerSettings::RingHash)
    }

    /// The state of a new client. What takes turns begins at a place drawn here, once; with a single instance, and for other balancers, nothing is drawn.
    /// The weighted turns begin after as many picks as an instance drawn uniformly has before it (as in Envoy's `EdfLoadBalancerBase`).
    pub fn start(&self, peers: Peers<'_>, draws: impl FnOnce() -> Draws) -> BalancerState {
        let Peers { count, memory, weights, .. } = peers;
        memory.fill(PeerState::default());
        match self.0 {
            BalancerSettings::RoundRobin if count > 1 => {
                BalancerState(draws().below(u64::from(count)) as u32)
            }
            BalancerSettings::WeightedRoundRobin if count > 1 => {
                for _ in 0..draws().below(u64::from(count)) {
                    smooth_turn(memory, weights, All(count));
                }
                BalancerState::default()
            }
            BalancerSettings::RoundRobin
            | BalancerSettings::Random
            | BalancerSettings::LeastRequest
            | BalancerSettings::PowerOfTwo
            | BalancerSettings::WeightedRoundRobin
            | BalancerSettings::RingHash => BalancerState::default(),
        }
    }

    /// The instance for the next attempt of a request about `key`, by its ordinal; where attempts are counted, this one is in flight from now on, until [`Balancer::ended`] hears
    /// of its end. `draws` is called at most once, and not at all if there is nothing to choose.
    ///
    /// # Panics
    ///
    /// If there is no instance.
    #[inline]
    pub fn pick(
        &self,
        state: &mut BalancerState,
        peers: Peers<'_>,
        key: u32,
        draws: impl FnOnce() -> Draws,
    ) -> u32 {
        assert!(peers.count > 0, "a pick needs an instance to pick");
        if peers.count == 1 {
            return 0;
        }
        let all = All(peers.count);
        self.pick_among(state, peers, key, all, draws)
    }

    /// Like [`Balancer::pick`], but only among the instances that are `available`, by their ordinals; `None` if there is none. Turns and weights go on among those that
    /// are left, and a key whose instance is not available goes to the next one on the ring.
    pub fn pick_available(
        &self,
        state: &mut BalancerState,
        peers: Peers<'_>,
        key: u32,
        available: &[bool],
        draws: impl FnOnce() -> Draws,
    ) -> Option<u32> {
        let left = Left::new(&available[..peers.count as usize]);
        if left.count() == 0 {
            return None;
        }
        if left.count() == peers.count {
            return Some(self.pick(state, peers, key, draws));
        }
        Some(self.pick_among(state, peers, key, left, draws))
    }

    /// The pick among one or more.
    #[inline]
    fn pick_among(
        self,
        state: &mut BalancerState,
        peers: Peers<'_>,
        key: u32,
        choice: impl Choice,
        draws: impl FnOnce() -> Draws,
    ) -> u32 {
        let Peers { count, memory, weights, ring } = peers;
        match self.0 {
            BalancerSettings::RoundRobin => {
                // Instances may have gone since the last pick; the turn then goes back to the first.
                let turn = if state.0 < count { state.0 } else { 0 };
                let picked = choice.next_from(turn, count);
                state.0 = (picked + 1) % count;
                picked
            }
            BalancerSettings::Random => match choice.count() {
                1 => choice.nth(0),
                left => choice.nth(draws().below(u64::from(left)) as u32),
            },
            BalancerSettings::LeastRequest => counted(memory, fewest(memory, choice, draws)),
            BalancerSettings::PowerOfTwo => counted(memory, fewer_of_two(memory, choice, draws)),
            BalancerSettings::WeightedRoundRobin => smooth_turn(memory, weights, choice),
            BalancerSettings::RingHash => ring.owner_among(key, |ordinal| choice.has(ordinal)),
        }
    }

    /// An attempt that was sent to an instance has ended for its client, which remembers `peer` of it.
    pub fn ended(&self, peer: &mut PeerState) {
        if self.counts_attempts() {
            peer.0 -= 1;
            debug_assert!(peer.0 >= 0, "an attempt ends once");
        }
    }
}

fn counted(memory: &mut [PeerState], picked: u32) -> u32 {
    memory[picked as usize].0 += 1;
    picked
}

/// The instance with the fewest attempts in flight; if several have as few, one of them, uniformly.
#[inline(never)]
fn fewest(memory: &[PeerState], choice: impl Choice, draws: impl FnOnce() -> Draws) -> u32 {
    let in_choice = || (0_u32..).zip(memory).filter(|&(ordinal, _)| choice.has(ordinal));
    let (mut fewest, mut ties) = (i64::MAX, 0);
    for (_, peer) in in_choice() {
        if peer.0 < fewest {
            (fewest, ties) = (peer.0, 1);
        } else if peer.0 == fewest {
            ties += 1;
        }
    }
    let chosen = if ties > 1 { draws().below(ties) } else { 0 };
    let mut tied = in_choice().filter(|(_, peer)| peer.0 == fewest);
    tied.nth(chosen as usize).expect("invariant: the minimum of a list is in it").0
}

/// Of two different instances, the one with fewer attempts in flight; of one, that.
#[inline(never)]
fn fewer_of_two(memory: &[PeerState], choice: impl Choice, draws: impl FnOnce() -> Draws) -> u32 {
    let left = u64::from(choice.count());
    if left == 1 {
        return choice.nth(0);
    }
    let mut draws = draws();
    let first = draws.below(left) as u32;
    let other = draws.below(left - 1) as u32;
    let second = if other < first { other } else { other + 1 };
    let (first, second) = (choice.nth(first), choice.nth(second));
    if memory[second as usize].0 < memory[first as usize].0 { second } else { first }
}

/// One turn of nginx's smooth weighted round robin (`ngx_http_upstream_round_robin.c`): everybody gains their weight, the first of the heaviest is picked and loses the
/// sum of all weights.
#[inline(never)]
fn smooth_turn(memory: &mut [PeerState], weights: &[u32], choice: impl Choice) -> u32 {
    let (mut picked, mut heaviest, mut total) = (0, i64::MIN, 0);
    for (ordinal, peer) in (0_u32..).zip(memory.iter_mut()).filter(|&(ordinal, _)| choice.has(ordinal)) {
        let weight = weights.get(ordinal as usize).map_or(1, |&weight| i64::from(weight));
        peer.0 += weight;
        total += weight;
        if peer.0 > heaviest {
            (picked, heaviest) = (ordinal, peer.0);
        }
    }
    memory[picked as usize].0 -= total;
    picked
}
