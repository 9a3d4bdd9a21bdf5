//! A stall in a world without chance: the garbage collection example of happy-simulator. One thread at 100 ms serves 7/s, its clients try four times, 50 ms
//! apart, and a single stop of one second is never worked off.

use crate::trial::{Case, Outcome, assert_all_collapse, assert_all_recover};
use crate::util::model_of;

/// The case with so many attempts; judged in the last minute.
fn outcome(max_attempts: u32) -> Outcome {
    let attempts = format!("policies.client.retry.max_attempts={max_attempts}");
    Case::of(model_of("deterministic-stall", &[&attempts]), (60, 120)).try_seeds(1)[0]
}

#[test]
fn one_stall_is_never_worked_off() {
    let outcome = outcome(4);
    assert_all_collapse(&[outcome], 4);
    assert_eq!(outcome.window.good, 0);
    assert_eq!(outcome.window.attempts_per_s(), 28.0);
}

#[test]
fn without_retries_it_recovers() {
    let outcome = outcome(1);
    assert_all_recover(&[outcome]);
    assert_eq!((outcome.window.good, outcome.window.attempts), (420, 420));
}
