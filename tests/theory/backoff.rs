//! Backoff where it helps: clients that want the same thing, and get out of each other's way.
//!
//! M. Brooker's simulation ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015; aws-arch-backoff-simulator): N clients start together on one row that is locked
//! optimistically. Each reads the row, writes it, and where another has written in between waits and reads again. No service of the language can say that a write fails because of
//! another one, so this is the simulation itself, with the waits of this project.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use metastable::kernel::Duration;
use metastable::kernel::random::{Stream, hash64};
use metastable::kernel::sampler::Sampler;
use metastable::mechanism::retry::{
    Backoff, BackoffSettings, BackoffState, ExponentialSettings, JitterSettings,
};
use metastable::quantity::{Factor, Limit};

use crate::estimate::Estimate;
use crate::util::for_seeds;

/// As many as keep four standard errors of each mean well inside its band.
const RUNS: u64 = 1000;
const CALLS_BAND: f64 = 0.08;
const TIME_BAND: f64 = 0.15;
/// Without jitter the clients collide again and again, and how often differs from run to run more than with any other formula.
const TIME_BAND_WITHOUT_JITTER: f64 = 0.25;

/// Where a client is: what arrives next, and the version of the row that it says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Message {
    Read,
    Version(u64),
    Write(u64),
    Written,
    Conflict,
}

/// Until when all clients have written, in milliseconds, and how many writes that took.
fn contend(clients: usize, backoff: Backoff, seed: u64) -> (f64, f64) {
    let network = Sampler::normal(10e6, 2e6);
    let mut hops = Stream::new(seed, hash64("network"));
    let mut waits = Stream::new(seed, hash64("backoff"));
    let mut hop_ns = || network.sample(&mut hops).as_ns();
    let mut pending: BinaryHeap<_> =
        (0..clients).map(|client| Reverse((hop_ns(), client, Message::Read))).collect();
    let mut retries = vec![(0, BackoffState::new()); clients];
    let (mut version, mut writes, mut end_ns) = (0, 0_u32, 0);
    while let Some(Reverse((now_ns, client, message))) = pending.pop() {
        end_ns = now_ns;
        let mut wait_ns = 0;
        let next = match message {
            Message::Read => Message::Version(version),
            Message::Version(read) => Message::Write(read),
            Message::Write(read) => {
                writes += 1;
                let succeeds = read == version;
                version += u64::from(succeeds);
                if succeeds { Message::Written } else { Message::Conflict }
            }
            Message::Conflict => {
                let (n, state) = &mut retries[client];
                *n += 1;
                wait_ns = backoff.delay(*n, state, &mut waits).as_ns();
                Message::Read
            }
            Message::Written => continue,
        };
        pending.push(Reverse((now_ns + wait_ns + hop_ns(), client, next)));
    }
    (end_ns as f64 / 1e6, f64::from(writes))
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
fn check(settings: &BackoffSettings, time_band: f64, published: [(usize, f64, f64); 2]) {
    let backoff = Backoff::new(settings);
    for (clients, time_ms, writes) in published {
        let runs = for_seeds(RUNS, |seed| contend(clients, backoff, seed));
        let times = runs.iter().map(|&(time_ms, _)| time_ms);
        assert_in_band(&format!("milliseconds of {clients} clients"), times, time_ms, time_band);
        let counts = runs.iter().map(|&(_, writes)| writes);
        assert_in_band(&format!("writes of {clients} clients"), counts, writes, CALLS_BAND);
    }
}

fn exponential(base_ms: u64, jitter: JitterSettings) -> BackoffSettings {
    let base = Duration::from_ns(base_ms * 1_000_000);
    let multiplier = Factor::new(2.0).expect("2 is a factor");
    let max = Limit::At(Duration::from_secs(2));
    BackoffSettings::Exponential(ExponentialSettings { base, max, multiplier, jitter })
}

#[test]
fn without_backoff_most_writes_are_in_vain() {
    check(&BackoffSettings::None, TIME_BAND, [(10, 371.0, 49.0), (50, 1135.0, 686.0)]);
}

// The published base is 5 ms and the first wait min(cap, 5 ms * 2^1): 10 ms here, where n counts from 1 and the growth from 0.
#[test]
fn without_jitter_those_who_collided_collide_again() {
    let settings = exponential(10, JitterSettings::None);
    check(&settings, TIME_BAND_WITHOUT_JITTER, [(10, 3515.0, 51.0), (50, 36583.0, 625.0)]);
}

#[test]
fn equal_jitter_spreads_half_of_the_wait() {
    let settings = exponential(10, JitterSettings::Equal);
    check(&settings, TIME_BAND, [(10, 728.0, 42.0), (50, 4358.0, 348.0)]);
}

#[test]
fn full_jitter_spreads_all_of_it() {
    let settings = exponential(10, JitterSettings::Full);
    check(&settings, TIME_BAND, [(10, 461.0, 38.0), (50, 2728.0, 330.0)]);
}

// Its first wait is drawn from `base` to three times `base`: no power of two is in it.
#[test]
fn decorrelated_jitter_grows_by_what_was_waited() {
    let settings = exponential(5, JitterSettings::Decorrelated);
    check(&settings, TIME_BAND, [(10, 466.0, 38.0), (50, 2069.0, 373.0)]);
}
