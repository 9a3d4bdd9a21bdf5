//! Clients with a rate limit, in front of a service that takes everybody; and services with one.
//!
//! A bucket that keeps one permit sends on whoever waits at least 1 / rate apart: it is the server of an M/D/1 queue. One that rejects is one whose room is `burst`, and a window
//! that rejects loses what is too much of a Poisson number.

use metastable::kernel::num;
use metastable::observe::{RateLimitRow, Run, ServiceRow};

use crate::estimate::{Estimate, LOOSE, TIGHT};
use crate::station::{UNIT_NS, open_station};
use crate::util::{self, by_depth};

/// Customers come at `load_tenths` / 10 per unit of time, and a permit in each.
fn limited(load_tenths: u64, rate_limit: &str, customers: u64) -> Run {
    let settings = format!(
        "threads = \"unlimited\"\nhandler = [{{ sleep = \"1ms\" }}]\n[policies.default]\nrate_limit = {{ {rate_limit} }}"
    );
    util::run(&open_station(load_tenths * 10, customers, &settings), load_tenths)
}

fn ratio(run: &Run, of: impl Fn(&RateLimitRow) -> (f64, f64)) -> Estimate {
    Estimate::of_ratio(run.guards.rate_limits[0].rows[1..].iter().map(of))
}

fn check_m_d_1(load_tenths: u64, wait: f64, quick: u64) {
    let bucket = "token_bucket = { rate = \"100/s\", burst = 1, max_wait = \"unlimited\" }";
    let run = limited(load_tenths, bucket, by_depth(quick, 4 * quick));
    let load = load_tenths as f64 / 10.0;
    let interval = run.interval.as_ns() as f64;
    ratio(&run, |row| (row.waited_ns as f64 / UNIT_NS, row.passed as f64)).assert_is("Wq", wait, TIGHT);
    ratio(&run, |row| (row.waiting.integral as f64, interval)).assert_is("Lq", load * wait, TIGHT);
    ratio(&run, |row| (row.waited as f64, row.passed as f64)).assert_is("P(wait)", load, TIGHT);
}

/// ρ / (2 μ (1 - ρ)).
#[test]
fn those_who_wait_for_a_bucket_are_an_m_d_1_queue() {
    check_m_d_1(5, 0.5, 1_000_000);
    check_m_d_1(8, 2.0, 3_000_000);
}

/// The probability that nothing, one, two, … come, of a Poisson number.
fn poisson(mean: f64) -> impl Iterator<Item = f64> {
    (1_u32..).scan(num::exp(-mean), move |p, k| {
        let this = *p;
        *p *= mean / f64::from(k);
        Some(this)
    })
}

/// The share that M/D/1 turns away with room for `room`, the one in service too: 1 - 1 / (π₀ + ρ), where π is the chain of those left behind at a departure
/// (D. Gross and C. Harris, "Fundamentals of Queueing Theory", 1998, §5.1.8).
fn m_d_1_loss(load: f64, room: usize) -> f64 {
    let arrivals: Vec<f64> = poisson(load).take(room).collect();
    let mut left = vec![1.0 / room as f64; room];
    for _ in 0..10_000 {
        let mut next = vec![0.0; room];
        for (behind, share) in left.iter().enumerate() {
            let served = behind.saturating_sub(1);
            let mut rest = 1.0;
            for (end, p) in next[served..room - 1].iter_mut().zip(&arrivals) {
                *end += share * p;
                rest -= p;
            }
            next[room - 1] += share * rest;
        }
        left = next;
    }
    1.0 - 1.0 / (left[0] + load)
}

#[test]
fn a_chain_of_one_place_loses_as_erlang_says() {
    assert!((m_d_1_loss(0.8, 1) - 0.8 / 1.8).abs() < 1e-12);
}

#[test]
fn a_bucket_that_rejects_loses_what_m_d_1_with_that_room_does() {
    for (load_tenths, burst) in [(8, 1), (8, 3), (12, 1), (12, 5)] {
        let bucket = format!("token_bucket = {{ rate = \"100/s\", burst = {burst} }}");
        let run = limited(load_tenths, &bucket, by_depth(1_000_000, 4_000_000));
        let lost = ratio(&run, |row| (row.rejected as f64, (row.passed + row.rejected) as f64));
        let exact = m_d_1_loss(load_tenths as f64 / 10.0, burst);
        lost.assert_is(&format!("loss at load {load_tenths}/10, burst {burst}"), exact, LOOSE);
    }
}

#[test]
fn a_window_that_rejects_loses_what_is_too_much_of_a_poisson_number() {
    let window = "fixed_window = { limit = 8, period = \"100ms\", max_wait = \"0s\" }";
    let run = limited(10, window, by_depth(1_000_000, 4_000_000));
    let lost = ratio(&run, |row| (row.rejected as f64, (row.passed + row.rejected) as f64));
    let too_many = |(count, p): (usize, f64)| p * count.saturating_sub(8) as f64;
    let exact = poisson(10.0).enumerate().take(100).map(too_many).sum::<f64>() / 10.0;
    lost.assert_is("loss of a window", exact, LOOSE);
}

/// The same limits on the side of the service, by rows of that.
fn throttled(load_tenths: u64, instances: u32, bucket: &str, customers: u64) -> Run {
    let settings = format!(
        "instances = {instances}\nthreads = \"unlimited\"\nhandler = [{{ sleep = \"1ms\" }}]\nrate_limit = {{ token_bucket = {{ rate = \"100/s\", {bucket} }} }}"
    );
    util::run(&open_station(load_tenths * 10, customers, &settings), load_tenths)
}

fn service_ratio(run: &Run, of: impl Fn(&ServiceRow) -> (f64, f64)) -> Estimate {
    Estimate::of_ratio(run.services[0].rows[1..].iter().map(of))
}

/// With one permit kept, an attempt is taken on, then none for 1 / r, then the next one that comes, 1 / L later on average: 1 / (1 / r + 1 / L) are taken on per time.
#[test]
fn a_service_takes_on_as_many_as_permits_and_arrivals_allow() {
    for load_tenths in [3, 8, 12, 30] {
        let run = throttled(load_tenths, 1, "burst = 1", by_depth(500_000, 4_000_000));
        let load = load_tenths as f64 / 10.0;
        let taken_on =
            service_ratio(&run, |row| ((row.received - row.rate_limited) as f64, row.received as f64));
        taken_on.assert_is(&format!("taken on at load {load}"), 1.0 / (1.0 + load), LOOSE);
    }
}

/// All instances together are one bucket, whichever of them is asked.
#[test]
fn a_bucket_of_the_service_loses_what_m_d_1_with_that_room_does() {
    for (load_tenths, burst) in [(8, 3), (12, 5)] {
        let shared = format!("burst = {burst}, scope = \"service\"");
        let run = throttled(load_tenths, 3, &shared, by_depth(1_000_000, 4_000_000));
        let lost = service_ratio(&run, |row| (row.rate_limited as f64, row.received as f64));
        let exact = m_d_1_loss(load_tenths as f64 / 10.0, burst);
        lost.assert_is(&format!("loss at load {load_tenths}/10, burst {burst}"), exact, LOOSE);
    }
}

#[test]
fn those_who_wait_for_the_permit_of_a_service_are_an_m_d_1_queue() {
    let run = throttled(8, 1, "burst = 1, max_wait = \"unlimited\"", by_depth(3_000_000, 12_000_000));
    let interval = run.interval.as_ns() as f64;
    let waiting = service_ratio(&run, |row| (row.waiting_for_permit.integral as f64, interval));
    waiting.assert_is("Lq", 1.6, TIGHT);
    let waited =
        |row: &ServiceRow| (row.time_in_queue.sum_ns as f64 / UNIT_NS, row.time_in_queue.count as f64);
    service_ratio(&run, waited).assert_is("Wq", 2.0, TIGHT);
}
