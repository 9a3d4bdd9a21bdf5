//! Several servers with one queue: M/M/c, M/M/c/K, and the loss system of Erlang.

use crate::estimate::{LOOSE, TIGHT, assert_percentile};
use crate::station::{Measured, Station, UNIT_NS};
use crate::util::by_depth;

/// P(wait), Lq, Wq and p99 of Wq.
type Exact = [f64; 4];

fn check_m_m_c(load_tenths: u64, threads: u32, [waiting, queued, time, time_p99]: Exact, quick: u64) {
    let customers = by_depth(quick, quick * 4);
    let capacity = "\"unlimited\"";
    let station = Station { load_tenths, threads, capacity, work: "exponential(10ms)", customers };
    let measured = station.measure(u64::from(threads));
    measured.waiting().assert_is("P(wait)", waiting, LOOSE);
    measured.queued().assert_is("Lq", queued, TIGHT);
    measured.time_in_queue().assert_is("Wq", time, TIGHT);
    assert_percentile("p99 of Wq", measured.queueing().p99_ns as f64 / UNIT_NS, time_p99);
}

#[test]
fn m_m_2() {
    check_m_m_c(16, 2, [0.711_111_111, 2.844_444_44, 1.777_777_78, 10.660_609_0], 3_500_000);
}

#[test]
fn m_m_10() {
    check_m_m_c(80, 10, [0.409_180_151, 1.636_720_60, 0.204_590_075, 1.855_785_22], 6_000_000);
}

/// The probability that a customer is turned away, L, W of those let in, and the throughput.
fn check_m_m_c_k(station: Station, [blocked, inside, time, throughput]: Exact) -> Measured {
    let measured = station.measure(1);
    let at_most_point_eight = station.load_tenths * 10 <= 80 * u64::from(station.threads);
    let error_max = if at_most_point_eight { TIGHT } else { LOOSE };
    measured.blocked().assert_is("P(block)", blocked, LOOSE);
    measured.inside().assert_is("L", inside, error_max);
    measured.time_in_station().assert_is("W", time, error_max);
    measured.throughput().assert_is("throughput", throughput, error_max);
    measured
}

#[test]
fn m_m_1_10() {
    let customers = by_depth(2_000_000, 8_000_000);
    let station = Station { load_tenths: 8, threads: 1, capacity: "9", work: "exponential(10ms)", customers };
    check_m_m_c_k(station, [0.023_492_857_6, 2.966_314_27, 3.797_097_50, 0.781_205_714]);
}

#[test]
fn m_m_5_5() {
    let customers = by_depth(1_000_000, 4_000_000);
    let station =
        Station { load_tenths: 20, threads: 5, capacity: "0", work: "exponential(10ms)", customers };
    check_m_m_c_k(station, [0.036_697_247_7, 1.926_605_50, 1.0, 1.926_605_50]);
}

/// The loss system does not care how service times are distributed, only for their mean.
fn check_erlang_b(work: &'static str) {
    let customers = by_depth(600_000, 2_400_000);
    let station = Station { load_tenths: 100, threads: 10, capacity: "0", work, customers };
    let measured = check_m_m_c_k(station, [0.214_582_343, 7.854_177_66, 1.0, 7.854_177_66]);
    assert_eq!(measured.queueing().max_ns, 0, "nobody waits where there is no queue");
}

#[test]
fn erlang_b_exponential() {
    check_erlang_b("exponential(10ms)");
}

#[test]
fn erlang_b_deterministic() {
    check_erlang_b("10ms");
}

#[test]
fn erlang_b_lognormal() {
    check_erlang_b("lognormal(mean=10ms, cv=2)");
}
