//! The database example of N. Bronson et al., "Metastable Failures in Distributed Systems" (`HotOS` 2021), idealised: 30 threads at 100 ms, 300/s in all,
//! clients that give up after 1 s and ask once more, and a stall of 10 s.
//!
//! With work that nobody waits for and a queue without end it stays down as soon as arrivals x attempts exceed the capacity: 2 x 150/s = 300/s (L. Huang et
//! al., "Metastable Failures in the Wild", OSDI 2022, theorem 2).

use metastable::model::Model;

use crate::trial::{Case, Outcome, assert_all_collapse, assert_all_recover, assert_attempts_per_s};
use crate::util;

/// The case, run for so long.
pub(crate) fn model(rate_per_s: u32, max_attempts: u32, duration_s: u32) -> Model {
    let rate = format!("workloads.app.arrivals.open.rate={rate_per_s}/s");
    let attempts = format!("policies.app.retry.max_attempts={max_attempts}");
    util::model_of("database-brownout", &[&rate, &attempts, &format!("run.duration={duration_s}s")])
}

/// Twenty seeds of the case; judged in the last hundred seconds.
fn try_at(rate_per_s: u32, max_attempts: u32) -> Vec<Outcome> {
    Case::of(model(rate_per_s, max_attempts, 400), (300, 400)).try_seeds(20)
}

#[test]
fn a_third_of_the_capacity_recovers() {
    assert_all_recover(&try_at(100, 2));
}

#[test]
fn nearly_all_of_the_capacity_stays_down() {
    let outcomes = try_at(280, 2);
    assert_all_collapse(&outcomes, 2);
    assert_attempts_per_s(&outcomes, 560.0, 2);
    for outcome in outcomes {
        assert_eq!(outcome.window.good, 0, "seed {}", outcome.seed);
    }
}

#[test]
fn without_retries_it_recovers() {
    assert_all_recover(&try_at(280, 1));
}

#[test]
fn just_below_the_threshold_it_recovers() {
    assert_all_recover(&try_at(140, 2));
}

#[test]
fn just_above_the_threshold_it_stays_down() {
    assert_all_collapse(&try_at(155, 2), 2);
}
