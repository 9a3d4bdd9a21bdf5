//! Goal: fair turns, a drawn start, the fewest in flight, and not one draw where there is nothing to choose.
//! Method: counts with bounds for what is drawn; a naive model for what is counted; nginx's published sequence for what is weighed.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};
use crate::mechanism::Problems;

const ALL: [BalancerSettings; 6] = [
    BalancerSettings::RoundRobin,
    BalancerSettings::Random,
    BalancerSettings::LeastRequest,
    BalancerSettings::PowerOfTwo,
    BalancerSettings::WeightedRoundRobin,
    BalancerSettings::RingHash,
];

fn draws(ordinal: u64) -> Draws {
    let site = SiteKey::new(7, hash64("services.db.balancer"));
    Word::root(site, ordinal).at(site)
}

fn no_draws() -> Draws {
    panic!("nothing is to be drawn here")
}

/// One client of so many instances.
struct Client {
    balancer: Balancer,
    state: BalancerState,
    memory: Vec<PeerState>,
    count: u32,
    weights: Vec<u32>,
    ring: Ring,
}

impl Client {
    fn new(settings: BalancerSettings, count: u32, start: impl FnOnce() -> Draws) -> Self {
        Self::weighing(settings, count, Vec::new(), start)
    }

    fn weighing(
        settings: BalancerSettings,
        count: u32,
        weights: Vec<u32>,
        start: impl FnOnce() -> Draws,
    ) -> Self {
        let balancer = Balancer::new(settings);
        let size = if balancer.remembers_peers(count) { count as usize } else { 0 };
        let mut memory = vec![PeerState::default(); size];
        let ring = Ring::new("db", count, &weights);
        let peers = Peers { count, memory: &mut memory, weights: &weights, ring: &ring };
        let state = balancer.start(peers, start);
        Self { balancer, state, memory, count, weights, ring }
    }

    fn pick(&mut self, draws: impl FnOnce() -> Draws) -> u32 {
        self.pick_for(0, draws)
    }

    fn pick_for(&mut self, key: u32, draws: impl FnOnce() -> Draws) -> u32 {
        let Self { count, memory, weights, ring, .. } = self;
        self.balancer.pick(&mut self.state, Peers { count: *count, memory, weights, ring }, key, draws)
    }

    fn picks(&mut self, number: usize) -> Vec<u32> {
        (0..number).map(|_| self.pick(no_draws)).collect()
    }

    fn in_flight(&self) -> Vec<i64> {
        self.memory.iter().map(|peer| peer.get()).collect()
    }
}

proptest! {
    /// The pick is one of those that are available, the least busy where that is what is looked at, and the turns go on.
    #[test]
    fn a_pick_among_some_is_one_of_them(
        which in 0_usize..6,
        masks in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 5), 1..60),
    ) {
        let settings = ALL[which];
        let mut client = Client::new(settings, 5, || draws(0));
        let mut last: Option<u32> = None;
        for (turn, available) in (1_u64..).zip(&masks) {
            let before = client.in_flight();
            let key = turn as u32;
            let Client { balancer, state, memory, count, weights, ring } = &mut client;
            let peers = Peers { count: *count, memory, weights, ring };
            let picked = balancer.pick_available(state, peers, key, available, || draws(turn));
            let left: Vec<u32> = (0..5).filter(|&ordinal| available[ordinal as usize]).collect();
            prop_assert_eq!(picked.is_none(), left.is_empty());
            let Some(picked) = picked else { continue };
            prop_assert!(available[picked as usize]);
            match settings {
                BalancerSettings::LeastRequest => {
                    let fewest = left.iter().map(|&ordinal| before[ordinal as usize]).min();
                    prop_assert_eq!(Some(before[picked as usize]), fewest);
                }
                BalancerSettings::RoundRobin => {
                    let next = last.map(|last| (1..=5).map(|step| (last + step) % 5).find(|it| left.contains(it)));
                    prop_assert!(next.is_none_or(|next| next == Some(picked)), "after {:?} came {}", last, picked);
                }
                BalancerSettings::RingHash => {
                    let owner = client.ring.owner(key);
                    prop_assert!(!left.contains(&owner) || picked == owner);
                }
                BalancerSettings::WeightedRoundRobin => {
                    prop_assert_eq!(client.in_flight().iter().sum::<i64>(), 0, "what is gained is lost");
                }
                BalancerSettings::Random | BalancerSettings::PowerOfTwo => {}
            }
            last = Some(picked);
        }
    }

    #[test]
    fn a_pick_among_all_is_a_pick(which in 0_usize..6, keys in proptest::collection::vec(0_u32..100, 1..50)) {
        let mut one = Client::new(ALL[which], 5, || draws(0));
        let mut other = Client::new(ALL[which], 5, || draws(0));
        for (turn, key) in (1_u64..).zip(keys) {
            let Client { balancer, state, memory, count, weights, ring } = &mut one;
            let peers = Peers { count: *count, memory, weights, ring };
            let picked = balancer.pick_available(state, peers, key, &[true; 5], || draws(turn));
            prop_assert_eq!(picked, Some(other.pick_for(key, || draws(turn))));
            prop_assert_eq!(one.in_flight(), other.in_flight());
        }
    }
}

#[test]
fn round_robin_takes_turns_from_its_start() {
    let picks = Client::new(BalancerSettings::RoundRobin, 5, || draws(0)).picks(10);
    let expected: Vec<u32> = (0..10).map(|turn| (picks[0] + turn) % 5).collect();
    assert_eq!(picks, expected);
}

#[test]
fn clients_start_at_every_instance_about_equally_often() {
    for settings in [BalancerSettings::RoundRobin, BalancerSettings::WeightedRoundRobin] {
        let mut counts = [0_u32; 4];
        for client in 0..10_000 {
            counts[Client::new(settings, 4, || draws(client)).picks(1)[0] as usize] += 1;
        }
        // Binomial(10 000, 1/4) has a standard deviation of 43.3; five of them: two-sided 99.9999 % for each count, fixed words.
        for count in counts {
            assert!(count.abs_diff(2500) < 217, "an instance is the first of {count} clients of 10 000");
        }
    }
}

#[test]
fn random_picks_are_uniform_and_keep_no_state() {
    let mut client = Client::new(BalancerSettings::Random, 3, no_draws);
    let mut counts = [0_u32; 3];
    for attempt in 0..9_000 {
        counts[client.pick(|| draws(attempt)) as usize] += 1;
    }
    assert_eq!((client.state, client.memory), (BalancerState::default(), vec![]));
    // Standard deviation 44.7; five of them.
    for count in counts {
        assert!(count.abs_diff(3000) < 224, "an instance got {count} picks of 9 000");
    }
}

#[test]
fn a_single_instance_needs_no_draw_and_no_memory() {
    for settings in ALL {
        assert!(!Balancer::new(settings).remembers_peers(1), "{settings:?}");
        let mut client = Client::new(settings, 1, no_draws);
        assert_eq!(client.picks(2), [0, 0], "{settings:?}");
    }
}

#[test]
fn a_turn_beyond_the_last_instance_goes_back_to_the_first() {
    let mut client = Client::new(BalancerSettings::RoundRobin, 1, no_draws);
    client.count = 4;
    assert_eq!(client.picks(3), [0, 1, 2]);
    client.count = 2;
    assert_eq!(client.picks(2), [0, 1]);
}

#[test]
fn ties_are_broken_uniformly() {
    for settings in [BalancerSettings::LeastRequest, BalancerSettings::PowerOfTwo] {
        let mut counts = [0_u32; 3];
        for attempt in 0..9_000 {
            let mut client = Client::new(settings, 3, no_draws);
            counts[client.pick(|| draws(attempt)) as usize] += 1;
        }
        // Standard deviation 44.7; five of them.
        for count in counts {
            assert!(count.abs_diff(3000) < 224, "{settings:?}: {count} picks of 9 000");
        }
    }
}

/// Of three with 2, 1 and 0 in flight: the last of all, or the better of two, which is the last in two pairs of three and the middle one in the third.
#[test]
fn two_random_instances_are_compared_and_the_worst_of_all_is_never_picked() {
    let mut counts = [0_u32; 3];
    for attempt in 0..9_000 {
        let mut client = Client::new(BalancerSettings::PowerOfTwo, 3, no_draws);
        client.memory = [2, 1, 0].map(PeerState::of).to_vec();
        counts[client.pick(|| draws(attempt)) as usize] += 1;
    }
    assert_eq!(counts[0], 0);
    // Binomial(9 000, 1/3).
    assert!(counts[1].abs_diff(3000) < 224, "{counts:?}");
}

#[test]
fn smooth_turns_are_those_of_nginx() {
    let mut client = Client::weighing(BalancerSettings::WeightedRoundRobin, 3, vec![5, 1, 1], || draws(0));
    // Without the drawn start: as the commit that brought it to nginx shows.
    client.memory.fill(PeerState::default());
    assert_eq!(client.picks(7), [0, 0, 1, 0, 2, 0, 0]);
    assert_eq!(client.in_flight(), [0, 0, 0], "after a whole turn everything is as before");
}

proptest! {
    /// Any turn of as many picks as the sum of the weights has each instance as often as it weighs, whatever the start.
    #[test]
    fn a_whole_turn_has_each_instance_as_often_as_it_weighs(
        weights in prop::collection::vec(1_u32..20, 2..8),
        start in any::<u64>(),
        before in 0_usize..50,
    ) {
        let count = weights.len() as u32;
        let mut client =
            Client::weighing(BalancerSettings::WeightedRoundRobin, count, weights.clone(), || draws(start));
        client.picks(before);
        let turn = client.picks(weights.iter().sum::<u32>() as usize);
        for (index, weight) in weights.iter().enumerate() {
            prop_assert_eq!(turn.iter().filter(|&&picked| picked as usize == index).count(), *weight as usize);
        }
    }

    /// Against a plain list of the attempts in flight.
    #[test]
    fn what_is_picked_has_the_fewest_attempts_in_flight(
        count in 2_u32..6,
        script in prop::collection::vec(prop::option::of(any::<prop::sample::Index>()), 1..200),
    ) {
        for settings in [BalancerSettings::LeastRequest, BalancerSettings::PowerOfTwo] {
            let mut client = Client::new(settings, count, no_draws);
            let mut sent: Vec<u32> = Vec::new();
            for (ordinal, ends) in script.iter().enumerate() {
                match ends {
                    Some(which) if !sent.is_empty() => {
                        let instance = sent.swap_remove(which.index(sent.len()));
                        client.balancer.ended(&mut client.memory[instance as usize]);
                    }
                    _ => {
                        let before = client.in_flight();
                        let picked = client.pick(|| draws(ordinal as u64));
                        let worse = before.iter().filter(|&&it| it > before[picked as usize]).count();
                        let as_good = before.iter().filter(|&&it| it == before[picked as usize]).count() - 1;
                        match settings {
                            BalancerSettings::LeastRequest => prop_assert_eq!(worse + as_good, before.len() - 1),
                            _ => prop_assert!(worse + as_good >= 1, "{:?} picks {}", before, picked),
                        }
                        sent.push(picked);
                    }
                }
                let number = |instance| sent.iter().map(|&it| i64::from(it == instance)).sum();
                let counts: Vec<i64> = (0..count).map(number).collect();
                prop_assert_eq!(client.in_flight(), counts);
            }
        }
    }
}

#[test]
fn a_ring_has_as_many_points_as_envoys() {
    let points = |instances, weights: &[u32]| {
        let ring = Ring::new("db", instances, weights);
        let count = |instance| ring.points().iter().filter(|&&(_, it)| it == instance).count();
        (0..instances).map(count).collect::<Vec<_>>()
    };
    assert_eq!(points(4, &[]), [256; 4]);
    // 1024 / 3, rounded up for each.
    assert_eq!(points(3, &[]), [342; 3]);
    assert_eq!(points(2, &[3, 1]), [768, 256]);
    // More instances than 1024 have a point each.
    assert_eq!(points(2000, &[]), [1; 2000]);
    // The lightest has one point, and the heaviest a million.
    assert_eq!(points(2, &[1_000_000, 1]), [1_000_000, 1]);
}

/// How much of all keys belongs to an instance is how much of the circle its points close; keys are spread over that like independent draws.
#[test]
fn keys_belong_to_instances_by_what_these_have_of_the_ring() {
    let mut client = Client::weighing(BalancerSettings::RingHash, 2, vec![3, 1], no_draws);
    let points = client.ring.points().to_vec();
    let closes = |index: usize| {
        let before = points[(index + points.len() - 1) % points.len()].0;
        points[index].0.wrapping_sub(before) as f64 / (1_u128 << 64) as f64
    };
    let share: f64 = (0..points.len()).filter(|&index| points[index].1 == 0).map(closes).sum();
    // 768 of 1024 gaps, exponential but for the sum: the share has a standard deviation of sqrt(.75 * .25 / 1025); five of them.
    assert!((share - 0.75).abs() < 5.0 * 0.0135, "{share}");
    let keys = 100_000;
    let first = (0..keys).filter(|&key| client.pick_for(key, no_draws) == 0).count();
    let deviation = (f64::from(keys) * share * (1.0 - share)).sqrt();
    assert!((first as f64 - f64::from(keys) * share).abs() < 5.0 * deviation, "{first} of {keys}");
}

proptest! {
    /// Against a look at every point.
    #[test]
    fn a_key_belongs_to_the_next_point(
        weights in prop::collection::vec(1_u32..10, 2..6),
        keys in prop::collection::vec(any::<u32>(), 1..50),
    ) {
        let mut client =
            Client::weighing(BalancerSettings::RingHash, weights.len() as u32, weights.clone(), no_draws);
        for key in keys {
            let distance = |point: u64| point.wrapping_sub(Ring::hash_of(key));
            let next = client.ring.points().iter().min_by_key(|&&(point, _)| distance(point));
            let expected = next.map(|&(_, instance)| instance);
            prop_assert_eq!(Some(client.pick_for(key, no_draws)), expected);
            prop_assert_eq!(Some(client.pick_for(key, no_draws)), expected, "and the second time");
        }
    }
}

#[test]
fn weights_fit_the_instances() {
    let found = |weights: &[u32]| {
        let mut problems = Problems::new();
        check_weights(weights, 2, &mut problems);
        problems.into_found().into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    assert!(found(&[]).is_empty() && found(&[3, 1_000_000]).is_empty());
    assert_eq!(found(&[1]), ["`weights` has 1 entry, not 2"]);
    assert_eq!(found(&[1, 0]), ["the weight `0` is not between 1 and 1000000"]);
    assert_eq!(found(&[1_000_001, 1]), ["the weight `1000001` is not between 1 and 1000000"]);
}
