//! Goal: fair turns, a drawn start, and not one draw where there is nothing to choose.

use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};

fn draws(ordinal: u64) -> Draws {
    let site = SiteKey::new(7, hash64("services.db.balancer"));
    Word::root(site, ordinal).at(site)
}

fn no_draws() -> Draws {
    panic!("nothing is to be drawn here")
}

#[test]
fn round_robin_takes_turns_from_its_start() {
    let balancer = Balancer::new(BalancerSettings::RoundRobin);
    let mut state = balancer.start(5, || draws(0));
    let picks: Vec<u32> = (0..10).map(|_| balancer.pick(&mut state, 5, no_draws)).collect();
    let expected: Vec<u32> = (0..10).map(|turn| (picks[0] + turn) % 5).collect();
    assert_eq!(picks, expected);
}

#[test]
fn clients_start_at_every_instance_about_equally_often() {
    let balancer = Balancer::new(BalancerSettings::RoundRobin);
    let mut counts = [0_u32; 4];
    for client in 0..10_000 {
        let mut state = balancer.start(4, || draws(client));
        counts[balancer.pick(&mut state, 4, no_draws) as usize] += 1;
    }
    // Binomial(10 000, 1/4) has a standard deviation of 43.3; five of them: two-sided 99.9999 % for each count, fixed words.
    for count in counts {
        assert!(count.abs_diff(2500) < 217, "an instance is the first of {count} clients of 10 000");
    }
}

#[test]
fn random_picks_are_uniform_and_keep_no_state() {
    let balancer = Balancer::new(BalancerSettings::Random);
    let mut state = balancer.start(3, no_draws);
    let mut counts = [0_u32; 3];
    for attempt in 0..9_000 {
        counts[balancer.pick(&mut state, 3, || draws(attempt)) as usize] += 1;
    }
    assert_eq!(state, BalancerState::default());
    // Standard deviation 44.7; five of them.
    for count in counts {
        assert!(count.abs_diff(3000) < 224, "an instance got {count} picks of 9 000");
    }
}

#[test]
fn a_single_instance_needs_no_draw() {
    for settings in [BalancerSettings::RoundRobin, BalancerSettings::Random] {
        let balancer = Balancer::new(settings);
        let mut state = balancer.start(1, no_draws);
        assert_eq!(balancer.pick(&mut state, 1, no_draws), 0, "{settings:?}");
    }
}

#[test]
fn a_turn_beyond_the_last_instance_goes_back_to_the_first() {
    let balancer = Balancer::new(BalancerSettings::RoundRobin);
    let mut state = balancer.start(1, no_draws);
    for expected in [0, 1, 2] {
        assert_eq!(balancer.pick(&mut state, 4, no_draws), expected);
    }
    assert_eq!(balancer.pick(&mut state, 2, no_draws), 0);
    assert_eq!(balancer.pick(&mut state, 2, no_draws), 1);
}
