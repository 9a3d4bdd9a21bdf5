//! M/M/c: Poisson arrivals, exponential service, one queue without a bound, events in one 4-ary heap.

use std::collections::VecDeque;

use super::heap::{Heap, key, time_of};
use super::histogram::Histogram;
use super::random::Xoshiro;

const ARRIVAL: u32 = u32::MAX;
const SECOND_NS: u64 = 1_000_000_000;

/// What came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Mean time from arrival to departure.
    pub(crate) mean_ns: f64,
    /// Arrivals and departures.
    pub(crate) events: u64,
}

/// Serves `customers` with `servers` servers of mean service time `service_ns`, each busy for a share `load` of the time.
pub(crate) fn simulate(customers: u64, servers: usize, service_ns: f64, load: f64, seed: u64) -> Outcome {
    let gap_ns = service_ns / (load * servers as f64);
    let (mut gaps, mut services) = (Xoshiro::new(seed, 0), Xoshiro::new(seed, 1));
    let mut heap = Heap::new();
    let mut sequence = 0_u32;
    let mut schedule = |heap: &mut Heap, time: u64, payload: u32| {
        sequence = sequence.wrapping_add(1);
        heap.push(key(time, sequence, payload));
    };
    let mut arrived_at = vec![0_u64; servers];
    let mut idle: Vec<u32> = (0..servers as u32).rev().collect();
    let mut queue: VecDeque<u64> = VecDeque::with_capacity(1024);
    let mut sojourns = Histogram::new();
    let mut total = Histogram::total();
    let mut rows = Vec::new();
    let (mut arrived, mut sum_ns, mut events, mut interval_end) = (0, 0_u128, 0, SECOND_NS);
    schedule(&mut heap, gaps.exponential(gap_ns), ARRIVAL);
    while let Some(next) = heap.pop() {
        let (now, payload) = (time_of(next), next as u32);
        events += 1;
        while now >= interval_end {
            rows.push(sojourns.flush(&mut total));
            interval_end += SECOND_NS;
        }
        if payload == ARRIVAL {
            arrived += 1;
            if arrived < customers {
                schedule(&mut heap, now + gaps.exponential(gap_ns), ARRIVAL);
            }
            if let Some(server) = idle.pop() {
                arrived_at[server as usize] = now;
                schedule(&mut heap, now + services.exponential(service_ns), server);
            } else {
                queue.push_back(now);
            }
        } else {
            let sojourn_ns = now - arrived_at[payload as usize];
            sum_ns += u128::from(sojourn_ns);
            sojourns.record(sojourn_ns >> 10);
            if let Some(waiting_since) = queue.pop_front() {
                arrived_at[payload as usize] = waiting_since;
                schedule(&mut heap, now + services.exponential(service_ns), payload);
            } else {
                idle.push(payload);
            }
        }
    }
    std::hint::black_box(rows);
    Outcome { mean_ns: sum_ns as f64 / customers as f64, events }
}
