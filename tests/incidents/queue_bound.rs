//! The running example of R. Isaacs et al., "Analyzing Metastable Failures" (`HotOS` 2025): one server at half load, users who try six times, and ten minutes of
//! threefold load. With a waiting room for 150 it never recovers, with one for 35 it does.

use crate::trial::{Case, assert_all_collapse, assert_all_recover, assert_attempts_per_s};
use crate::util::{by_depth, model_of};

/// The case with these changes; judged in the last ten of the thirty minutes that follow the trigger.
fn case(changes: &[&str]) -> Case {
    Case::of(model_of("retry-storm", changes), (2100, 2700))
}

fn seeds() -> u64 {
    by_depth(20, 50)
}

#[test]
fn a_waiting_room_for_35_recovers() {
    assert_all_recover(&case(&["services.server.queue.capacity=35"]).try_seeds(seeds()));
}

#[test]
fn a_waiting_room_for_150_never_recovers() {
    let outcomes = case(&[]).try_seeds(seeds());
    assert_all_collapse(&outcomes, 6);
    assert_attempts_per_s(&outcomes, 30.0, 6);
    for outcome in outcomes {
        assert_eq!(outcome.window.good, 0, "seed {}", outcome.seed);
    }
}

#[test]
fn last_in_first_out_recovers() {
    assert_all_recover(&case(&["services.server.queue.order=lifo"]).try_seeds(seeds()));
}

#[test]
fn dropping_expired_work_recovers() {
    assert_all_recover(&case(&["services.server.abandoned_work=drop_on_dequeue"]).try_seeds(seeds()));
}
