//! The calendar against a naive list that is sorted at every step.

use proptest::prelude::*;

use super::*;

const RANKS: [Rank; 5] = [Rank::Completion, Rank::Timer, Rank::Arrival, Rank::Controller, Rank::Change];

#[derive(Clone, Debug)]
enum Step {
    Schedule { delay: u64, rank: usize },
    Lane { lane: usize },
    Register { register: usize, delay: u64 },
    Cancel { which: usize },
    Pop { count: usize },
}

fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..4_u64, 0..1000_u64, 0..1_000_000_000_u64, 0..1_u64 << 50]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (delay(), 0..5_usize).prop_map(|(delay, rank)| Step::Schedule { delay, rank }),
        3 => (0..3_usize).prop_map(|lane| Step::Lane { lane }),
        2 => (0..2_usize, delay()).prop_map(|(register, delay)| Step::Register { register, delay }),
        2 => any::<usize>().prop_map(|which| Step::Cancel { which }),
        4 => (1..9_usize).prop_map(|count| Step::Pop { count }),
    ]
}

const LANES: [(Duration, Rank); 3] = [
    (Duration::from_ns(5), Rank::Timer),
    (Duration::from_ns(1000), Rank::Timer),
    (Duration::from_ns(5), Rank::Completion),
];

/// What the calendar promises, without any of its structure.
#[derive(Default)]
struct Naive {
    pending: Vec<(Time, Rank, u64, u64)>,
    scheduled: u64,
}

impl Naive {
    fn add(&mut self, time: Time, rank: Rank, event: u64) {
        self.scheduled += 1;
        self.pending.push((time, rank, self.scheduled, event));
    }

    fn pop(&mut self) -> Option<(Time, u64)> {
        let first = (0..self.pending.len()).min_by_key(|&index| {
            let (time, rank, sequence, _) = self.pending[index];
            (time, rank, sequence)
        })?;
        let (time, _, _, event) = self.pending.swap_remove(first);
        Some((time, event))
    }
}

fn run(steps: &[Step], sweep_eagerly: bool) {
    let mut calendar = Calendar::new(2, &LANES, u64::MAX);
    let mut naive = Naive::default();
    let mut now = Time::ZERO;
    let mut next_event = 0;
    let mut live: Vec<(u64, Ticket)> = Vec::new();
    let mut register_of = [None; 2];
    for step in steps {
        match *step {
            Step::Schedule { delay, rank } => {
                let time = now + Duration::from_ns(delay);
                live.push((next_event, calendar.schedule(time, RANKS[rank], next_event)));
                naive.add(time, RANKS[rank], next_event);
                next_event += 1;
            }
            Step::Lane { lane } => {
                live.push((next_event, calendar.schedule_in_lane(now, LaneId::new(lane as u32), next_event)));
                naive.add(now + LANES[lane].0, LANES[lane].1, next_event);
                next_event += 1;
            }
            Step::Register { register, delay } if register_of[register].is_none() => {
                let time = now + Duration::from_ns(delay);
                live.push((next_event, calendar.set_register(register, time, Rank::Arrival, next_event)));
                naive.add(time, Rank::Arrival, next_event);
                register_of[register] = Some(next_event);
                next_event += 1;
            }
            Step::Cancel { which } if !live.is_empty() => {
                let (event, _) = live[which % live.len()];
                if register_of.contains(&Some(event)) {
                    continue;
                }
                live.retain(|&(other, _)| other != event);
                naive.pending.retain(|&(.., other)| other != event);
                if calendar.note_cancelled() || sweep_eagerly {
                    calendar.sweep(|event, ticket| live.contains(&(event, ticket)));
                }
            }
            Step::Register { .. } | Step::Cancel { .. } => {}
            Step::Pop { count } => {
                for _ in 0..count {
                    let expected = naive.pop();
                    let got = loop {
                        let due =
                            calendar.pop_before(Time::MAX, |event, ticket| live.contains(&(event, ticket)));
                        let Some(due) = due else { break None };
                        if live.contains(&(due.event, due.ticket)) {
                            break Some((due.time, due.event));
                        }
                        calendar.note_skipped();
                    };
                    assert_eq!(got, expected);
                    let Some((time, event)) = got else { break };
                    assert!(time >= now);
                    now = time;
                    live.retain(|&(other, _)| other != event);
                    for register in &mut register_of {
                        register.take_if(|other| *other == event);
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn pops_in_the_order_of_a_sorted_list(steps in proptest::collection::vec(step(), 1..300)) {
        run(&steps, false);
        run(&steps, true);
    }
}

#[test]
fn order_within_an_instant_is_rank_then_scheduling() {
    let mut calendar = Calendar::new(1, &[(Duration::from_ns(7), Rank::Timer)], 0);
    let at = Time::from_ns(7);
    calendar.schedule(at, Rank::Change, 5);
    calendar.set_register(0, at, Rank::Arrival, 3);
    calendar.schedule_in_lane(Time::ZERO, LaneId::new(0), 2);
    calendar.schedule(at, Rank::Arrival, 4);
    calendar.schedule(at, Rank::Completion, 1);
    let order: Vec<i32> =
        std::iter::from_fn(|| calendar.pop_before(Time::MAX, |_, _| true)).map(|due| due.event).collect();
    assert_eq!(order, [1, 2, 3, 4, 5]);
}

#[test]
fn nothing_is_popped_at_the_end_or_later() {
    let mut calendar = Calendar::new(0, &[], 0);
    calendar.schedule(Time::from_ns(9), Rank::Completion, 1);
    calendar.schedule(Time::from_ns(10), Rank::Completion, 2);
    assert_eq!(calendar.pop_before(Time::from_ns(10), |_, _| true).map(|due| due.event), Some(1));
    assert_eq!(calendar.pop_before(Time::from_ns(10), |_, _| true), None);
    assert_eq!(calendar.pop_before(Time::from_ns(11), |_, _| true).map(|due| due.event), Some(2));
}

#[test]
fn cancelled_timers_do_not_make_it_grow() {
    let mut calendar = Calendar::new(0, &[(Duration::from_secs(3600), Rank::Timer)], 0);
    for event in 0..100_000_u64 {
        let now = Time::from_ns(event);
        calendar.schedule_in_lane(now, LaneId::new(0), event);
        calendar.schedule(now + Duration::from_secs(3600), Rank::Timer, event);
        for _ in 0..2 {
            if calendar.note_cancelled() {
                calendar.sweep(|_, _| false);
            }
        }
    }
    assert!(calendar.len() < 3000, "{} entries are left of 200 000 cancelled ones", calendar.len());
}

#[test]
fn a_crowd_at_one_instant_and_a_wide_spread_keep_the_order() {
    let mut calendar = Calendar::new(0, &[], 0_u64);
    // A single far event opens a wide near list, then everything crowds into it.
    calendar.schedule(Time::from_ns(1 << 40), Rank::Change, 0);
    let mut expected = Vec::new();
    for event in 1..20_000_u64 {
        let time = Time::from_ns((event * 7919) % 4096 * 1_000_003);
        calendar.schedule(time, Rank::Completion, event);
        expected.push((time, event));
    }
    expected.sort();
    let got: Vec<_> = std::iter::from_fn(|| calendar.pop_before(Time::from_ns(1 << 40), |_, _| true))
        .map(|due| (due.time, due.event))
        .collect();
    assert_eq!(got, expected);
}
