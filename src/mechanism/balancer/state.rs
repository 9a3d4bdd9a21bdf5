//! The pick of an instance.

use super::BalancerSettings;
use crate::kernel::random::{Bits, Draws};

/// How a client picks, ready to be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Balancer(BalancerSettings);

/// What a client remembers between two picks: the instance whose turn it is (round robin), or nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BalancerState(u32);

impl Balancer {
    /// Compiles the settings, which cannot be wrong.
    pub const fn new(settings: BalancerSettings) -> Self {
        Self(settings)
    }

    /// The state of a new client of a service with `count` instances. Round robin begins at an instance drawn here, once;
    /// with a single instance, and for other balancers, nothing is drawn.
    pub fn start(&self, count: u32, draws: impl FnOnce() -> Draws) -> BalancerState {
        match self.0 {
            BalancerSettings::RoundRobin if count > 1 => {
                BalancerState(draws().below(u64::from(count)) as u32)
            }
            BalancerSettings::RoundRobin | BalancerSettings::Random => BalancerState::default(),
        }
    }

    /// The instance for the next attempt, of `count` (at least 1) in the order of their ordinals. `draws` is called at most once, and not at all
    /// if there is nothing to choose.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn pick(&self, state: &mut BalancerState, count: u32, draws: impl FnOnce() -> Draws) -> u32 {
        assert!(count > 0, "a pick needs an instance to pick");
        if count == 1 {
            return 0;
        }
        match self.0 {
            BalancerSettings::RoundRobin => {
                // Instances may have gone since the last pick; the turn then goes back to the first.
                let picked = if state.0 < count { state.0 } else { 0 };
                state.0 = (picked + 1) % count;
                picked
            }
            BalancerSettings::Random => draws().below(u64::from(count)) as u32,
        }
    }
}
