//! One server, first come first served: M/M/1, and M/G/1 by the formula of Pollaczek and Khinchine.

use crate::estimate::{TIGHT, assert_percentile};
use crate::station::{Measured, Station, UNIT_NS};
use crate::util::by_depth;

fn single(load_tenths: u64, work: &'static str, quick: u64, deep: u64) -> Measured {
    let customers = by_depth(quick, deep);
    let station = Station { load_tenths, threads: 1, capacity: "\"unlimited\"", work, customers };
    station.measure(load_tenths)
}

/// The exact values for M/M/1 at one load, in units of the mean service time.
struct Exact {
    inside: f64,
    queued: f64,
    time: f64,
    waiting: f64,
    time_p50: f64,
    time_p99: f64,
    waiting_p99: f64,
}

fn check_m_m_1(load_tenths: u64, exact: &Exact, quick: u64, deep: u64) {
    let measured = single(load_tenths, "exponential(10ms)", quick, deep);
    measured.inside().assert_is("L", exact.inside, TIGHT);
    measured.queued().assert_is("Lq", exact.queued, TIGHT);
    measured.time_in_station().assert_is("W", exact.time, TIGHT);
    measured.time_in_queue().assert_is("Wq", exact.waiting, TIGHT);
    measured.waiting().assert_is("P(wait)", load_tenths as f64 / 10.0, TIGHT);
    assert_percentile("p50 of W", measured.latency().p50_ns as f64 / UNIT_NS, exact.time_p50);
    assert_percentile("p99 of W", measured.latency().p99_ns as f64 / UNIT_NS, exact.time_p99);
    assert_percentile("p99 of Wq", measured.queueing().p99_ns as f64 / UNIT_NS, exact.waiting_p99);
}

#[test]
fn m_m_1_at_half_load() {
    let exact = Exact {
        inside: 1.0,
        queued: 0.5,
        time: 2.0,
        waiting: 1.0,
        time_p50: 1.386_294_36,
        time_p99: 9.210_340_37,
        waiting_p99: 7.824_046_01,
    };
    check_m_m_1(5, &exact, 1_000_000, 4_000_000);
}

#[test]
fn m_m_1_at_load_point_eight() {
    let exact = Exact {
        inside: 4.0,
        queued: 3.2,
        time: 5.0,
        waiting: 4.0,
        time_p50: 3.465_735_90,
        time_p99: 23.025_850_9,
        waiting_p99: 21.910_133_2,
    };
    check_m_m_1(8, &exact, 3_000_000, 12_000_000);
}

fn check_m_g_1(work: &'static str, half_load: f64, load_point_eight: f64, quick: u64) {
    let measured = single(5, work, quick / 2, quick * 2);
    measured.time_in_queue().assert_is("Wq at load .5", half_load, TIGHT);
    let measured = single(8, work, quick, quick * 4);
    measured.time_in_queue().assert_is("Wq at load .8", load_point_eight, TIGHT);
}

#[test]
fn m_g_1_deterministic() {
    check_m_g_1("10ms", 0.5, 2.0, 1_500_000);
}

#[test]
fn m_g_1_erlang_2() {
    check_m_g_1("erlang(k=2, mean=10ms)", 0.75, 3.0, 2_000_000);
}

#[test]
fn m_g_1_uniform() {
    check_m_g_1("uniform(0ms, 20ms)", 0.666_666_667, 2.666_666_67, 2_000_000);
}

#[test]
fn m_g_1_exponential() {
    check_m_g_1("exponential(10ms)", 1.0, 4.0, 2_500_000);
}

/// With a squared coefficient of variation of 4.
#[test]
fn m_g_1_hyperexponential() {
    check_m_g_1("hyperexponential(mean=10ms, cv=2)", 2.5, 10.0, 6_000_000);
}
