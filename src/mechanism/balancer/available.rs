//! The pick among some of the instances.

use super::state::counted;
use super::{Balancer, BalancerSettings, BalancerState, Peers};
use crate::kernel::random::{Bits, Draws};

impl Balancer {
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
        let count = peers.count as usize;
        let left = available[..count].iter().filter(|&&is_available| is_available).count();
        if left == count {
            return Some(self.pick(state, peers, key, draws));
        }
        let Peers { count, memory, weights, ring } = peers;
        // The instance with this position among the available ones.
        let nth = |position: u64| {
            let mut ordinals = (0..count).filter(|&ordinal| available[ordinal as usize]);
            ordinals.nth(position as usize)
        };
        if left == 0 {
            return None;
        }
        match self.settings() {
            BalancerSettings::RoundRobin => {
                let picked = (0..count)
                    .map(|step| (state.turn() + step) % count)
                    .find(|&it| available[it as usize])?;
                state.set_turn((picked + 1) % count);
                Some(picked)
            }
            BalancerSettings::Random if left == 1 => nth(0),
            BalancerSettings::Random => nth(draws().below(left as u64)),
            BalancerSettings::RingHash => ring.owner_among(key, available),
            BalancerSettings::LeastRequest => {
                let in_flight = |ordinal: &u32| memory[*ordinal as usize].get();
                let ordinals = || (0..count).filter(|&ordinal| available[ordinal as usize]);
                let fewest = ordinals().map(|ordinal| in_flight(&ordinal)).min()?;
                let tied = || ordinals().filter(|ordinal| in_flight(ordinal) == fewest);
                let ties = tied().count() as u64;
                let chosen = if ties > 1 { draws().below(ties) } else { 0 };
                let picked = tied().nth(chosen as usize)?;
                Some(counted(memory, picked as usize))
            }
            BalancerSettings::PowerOfTwo if left == 1 => {
                nth(0).map(|picked| counted(memory, picked as usize))
            }
            BalancerSettings::PowerOfTwo => {
                let mut draws = draws();
                let first = draws.below(left as u64);
                let other = draws.below(left as u64 - 1);
                let second = if other < first { other } else { other + 1 };
                let (first, second) = (nth(first)? as usize, nth(second)? as usize);
                let picked = if memory[second].get() < memory[first].get() { second } else { first };
                Some(counted(memory, picked))
            }
            BalancerSettings::WeightedRoundRobin => {
                let (mut picked, mut heaviest, mut total) = (None, i64::MIN, 0);
                for ordinal in (0..count).filter(|&ordinal| available[ordinal as usize]) {
                    let weight = weights.get(ordinal as usize).map_or(1, |&weight| i64::from(weight));
                    let peer = &mut memory[ordinal as usize];
                    *peer = peer.plus(weight);
                    total += weight;
                    if peer.get() > heaviest {
                        (picked, heaviest) = (Some(ordinal), peer.get());
                    }
                }
                let picked = picked?;
                memory[picked as usize] = memory[picked as usize].plus(-total);
                Some(picked)
            }
        }
    }
}
