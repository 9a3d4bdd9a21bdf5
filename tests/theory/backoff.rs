//! Backoff where it helps: clients that want the same thing, and get out of each other's way.
//!
//! M. Brooker's simulation ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015; aws-arch-backoff-simulator): N clients start together on one row that is locked
//! optimistically. Each reads the row, writes it, and where another has written in between waits and reads again. The network takes |Normal(10, 2)| ms for each of the four ways.

use metastable::observe::Run;
use metastable::plan::Plan;

use crate::estimate::Estimate;
use crate::util::{self, for_seeds};

/// As many as keep four standard errors of each mean well inside its band.
const RUNS: u64 = 1000;
const CALLS_BAND: f64 = 0.08;
const TIME_BAND: f64 = 0.15;
/// Without jitter the clients collide again and again, and how often differs from run to run more than with any other formula.
const TIME_BAND_WITHOUT_JITTER: f64 = 0.25;

/// So many clients who start together, and try the whole of it again when they were too late.
fn contention(clients: usize, backoff: &str) -> Plan {
    let clients = format!("workloads.clients.arrivals.batch.size={clients}");
    let backoff = format!("policies.again.retry.backoff={backoff}");
    util::plan(&util::model_of("optimistic-lock", &[&clients, &backoff, "run.interval=3min"]))
}

/// Until when all clients have written, in milliseconds, and how many writes that took.
fn outcome(run: &Run, clients: usize) -> (f64, f64) {
    let (requests, row) = (&run.workloads[0].totals, &run.registers[0].rows[0]);
    assert_eq!((requests.good, row.writes - row.conflicts), (clients as u64, clients as u64));
    (requests.latency.max_ns as f64 / 1e6, row.writes as f64)
}

/// The whole interval of four standard errors must lie within the band around the published number.
#[track_caller]
fn assert_in_band(what: &str, samples: impl Iterator<Item = f64>, published: f64, band: f64) {
    let Estimate { value, standard_error } = Estimate::of_ratio(samples.map(|sample| (sample, 1.0)));
    let farthest = (value - published).abs() + 4.0 * standard_error;
    assert!(
        farthest <= band * published,
        "{what}: {value} +- {standard_error} instead of {published}, band {band}"
    );
}

/// Mean completion time in milliseconds and writes, published for 10 and for 50 clients.
#[track_caller]
fn check(backoff: &str, time_band: f64, published: [(usize, f64, f64); 2]) {
    for (clients, time_ms, writes) in published {
        let plan = contention(clients, backoff);
        let runs = for_seeds(RUNS, |seed| outcome(&util::run(&plan, seed), clients));
        let times = runs.iter().map(|&(time_ms, _)| time_ms);
        assert_in_band(&format!("milliseconds of {clients} clients"), times, time_ms, time_band);
        let counts = runs.iter().map(|&(_, writes)| writes);
        assert_in_band(&format!("writes of {clients} clients"), counts, writes, CALLS_BAND);
    }
}

fn exponential(base: &str, jitter: &str) -> String {
    format!(
        "{{ exponential = {{ base = \"{base}\", max = \"2s\", multiplier = 2, jitter = \"{jitter}\" }} }}"
    )
}

#[test]
fn without_backoff_most_writes_are_in_vain() {
    check("\"none\"", TIME_BAND, [(10, 371.0, 49.0), (50, 1135.0, 686.0)]);
}

// The published base is 5 ms and the first wait min(cap, 5 ms * 2^1): 10 ms here, where n counts from 1 and the growth from 0.
#[test]
fn without_jitter_those_who_collided_collide_again() {
    let backoff = exponential("10ms", "none");
    check(&backoff, TIME_BAND_WITHOUT_JITTER, [(10, 3515.0, 51.0), (50, 36583.0, 625.0)]);
}

#[test]
fn equal_jitter_spreads_half_of_the_wait() {
    check(&exponential("10ms", "equal"), TIME_BAND, [(10, 728.0, 42.0), (50, 4358.0, 348.0)]);
}

#[test]
fn full_jitter_spreads_all_of_it() {
    check(&exponential("10ms", "full"), TIME_BAND, [(10, 461.0, 38.0), (50, 2728.0, 330.0)]);
}

// Its first wait is drawn from `base` to three times `base`: no power of two is in it.
#[test]
fn decorrelated_jitter_grows_by_what_was_waited() {
    check(&exponential("5ms", "decorrelated"), TIME_BAND, [(10, 466.0, 38.0), (50, 2069.0, 373.0)]);
}
