//! Balancers that count, against the balance equations of the queues that they feed.

use crate::estimate::{Estimate, TIGHT};
use crate::station::{UNIT_NS, run_section};
use crate::util::{self, by_depth};

/// Mean time in the system of three M/M/1 queues, in units of the mean service time, when each arrival sees all three lengths. A state is the lengths in falling order;
/// `joins` is the probability that an arrival joins the longest, the middle and the shortest of them. The stationary distribution is found by iterating on the
/// balance equations (Gauss and Seidel) over lengths of at most 40, and at the loads below the result does not change in the ninth digit with 60; those that arrive to three full queues are lost.
fn mean_response(load: f64, joins: [f64; 3]) -> f64 {
    const LONGEST: usize = 40;
    let index = |[a, b, c]: [usize; 3]| (a * (LONGEST + 1) + b) * (LONGEST + 1) + c;
    let sorted = |mut state: [usize; 3]| {
        state.sort_unstable_by(|a, b| b.cmp(a));
        state
    };
    let mut states = Vec::new();
    for a in 0..=LONGEST {
        for b in 0..=a {
            states.extend((0..=b).map(|c| [a, b, c]));
        }
    }
    let arrivals = 3.0 * load;
    // Per state, the rate at which it is left, and from where it is entered at which rate.
    let mut leaves = vec![0.0; index([LONGEST, LONGEST, LONGEST]) + 1];
    let mut enters: Vec<Vec<(usize, f64)>> = vec![Vec::new(); leaves.len()];
    for &state in &states {
        let mut goes = |to: [usize; 3], rate: f64| {
            leaves[index(state)] += rate;
            enters[index(sorted(to))].push((index(state), rate));
        };
        for queue in 0..3 {
            let mut to = state;
            // Who would join a full queue joins the shortest.
            let joined = if state[queue] < LONGEST { queue } else { 2 };
            if joins[queue] > 0.0 && state[joined] < LONGEST {
                to[joined] += 1;
                goes(to, arrivals * joins[queue]);
            }
            if state[queue] > 0 {
                let mut to = state;
                to[queue] -= 1;
                goes(to, 1.0);
            }
        }
    }
    let mut probability = vec![0.0; leaves.len()];
    for &state in &states {
        probability[index(state)] = 1.0;
    }
    let mean_length = |probability: &[f64]| {
        let total: f64 = probability.iter().sum();
        states
            .iter()
            .map(|&state| probability[index(state)] * state.iter().sum::<usize>() as f64)
            .sum::<f64>()
            / total
    };
    let mut length = 0.0;
    for _ in 0..200 {
        for _ in 0..20 {
            for &state in &states {
                let here = index(state);
                probability[here] =
                    enters[here].iter().map(|&(from, rate)| probability[from] * rate).sum::<f64>()
                        / leaves[here];
            }
            let total: f64 = probability.iter().sum();
            for it in &mut probability {
                *it /= total;
            }
        }
        let before = std::mem::replace(&mut length, mean_length(&probability));
        if (length - before).abs() < 1e-9 {
            return length / arrivals;
        }
    }
    panic!("the balance equations do not converge at load {load}");
}

/// The time in the system that the simulator finds, for one client that knows everything.
fn measured(load_tenths: u64, balancer: &str, customers: u64) -> Estimate {
    let rate_per_s = 3 * load_tenths * 10;
    let run = run_section(customers, rate_per_s);
    let model = util::model(&format!(
        r#"
        name = "balancing"
        {run}
        [workloads.customers]
        arrivals = {{ open = {{ rate = "{rate_per_s}/s", process = "poisson" }} }}
        to = "station"
        policy = "balanced"
        clients = 1

        [policies.balanced]
        balancer = "{balancer}"

        [services.station]
        instances = 3
        threads = 1
        queue = {{ capacity = "unlimited" }}
        handler = [{{ work = "exponential(10ms)" }}]
        "#
    ));
    let run = util::run(&util::plan(&model), load_tenths);
    Estimate::of_ratio(run.services[0].rows[1..].iter().map(|row| {
        let times = row.time_in_service;
        (times.sum_ns as f64 / UNIT_NS, times.count as f64)
    }))
}

/// The solver itself, where there is a closed form: who joins any of the three makes them M/M/1 queues of their own.
#[test]
fn the_balance_equations_of_random_queues_are_those_of_m_m_1() {
    let third = 1.0 / 3.0;
    assert!((mean_response(0.5, [third, third, third]) - 2.0).abs() < 1e-6);
}

#[test]
fn least_request_joins_the_shortest_queue() {
    for (load_tenths, customers) in [(5, 600_000), (8, 2_000_000)] {
        let exact = mean_response(load_tenths as f64 / 10.0, [0.0, 0.0, 1.0]);
        let customers = by_depth(customers, 4 * customers);
        measured(load_tenths, "least_request", customers).assert_is("time in the system", exact, TIGHT);
    }
}

/// Of the three pairs one lacks the shortest queue, and then the middle one is joined.
#[test]
fn power_of_two_joins_the_shorter_of_two() {
    for (load_tenths, customers) in [(5, 600_000), (8, 2_000_000)] {
        let exact = mean_response(load_tenths as f64 / 10.0, [0.0, 1.0 / 3.0, 2.0 / 3.0]);
        let customers = by_depth(customers, 4 * customers);
        measured(load_tenths, "power_of_two", customers).assert_is("time in the system", exact, TIGHT);
    }
}
