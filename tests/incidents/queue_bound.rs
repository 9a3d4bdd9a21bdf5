//! The running example of R. Isaacs et al., "Analyzing Metastable Failures" (`HotOS` 2025): one server at half load, users who try six times, and ten minutes of
//! threefold load. With a waiting room for 150 it never recovers, with one for 35 it does.

use crate::trial::{Case, assert_all_collapse, assert_all_recover, assert_attempts_per_s};
use crate::util::by_depth;

/// The case with this waiting room; judged in the last ten of the thirty minutes that follow the trigger.
fn case(capacity: u32, order: &str, abandoned_work: &str) -> Case {
    let text = format!(
        r#"
        name = "queue-bound"
        run = {{ duration = "2700s" }}

        [workloads.users]
        arrivals = {{ open = {{ rate = "5/s", process = "poisson" }} }}
        to = "server"
        policy = "user"
        clients = 1

        [policies.user]
        per_try_timeout = "5s"
        retry = {{ max_attempts = 6, backoff = "none" }}

        [services.server]
        threads = 1
        queue = {{ capacity = {capacity}, order = "{order}", when_full = "drop" }}
        abandoned_work = "{abandoned_work}"
        handler = [{{ work = "exponential(100ms)" }}]

        [faults.rush]
        at = "5min"
        duration = "10min"
        load_spike = {{ workload = "users", factor = 3 }}
        "#
    );
    Case::new(&text, (2100, 2700))
}

fn seeds() -> u64 {
    by_depth(20, 50)
}

#[test]
fn a_waiting_room_for_35_recovers() {
    assert_all_recover(&case(35, "fifo", "finish").try_seeds(seeds()));
}

#[test]
fn a_waiting_room_for_150_never_recovers() {
    let outcomes = case(150, "fifo", "finish").try_seeds(seeds());
    assert_all_collapse(&outcomes, 6);
    assert_attempts_per_s(&outcomes, 30.0, 6);
    for outcome in outcomes {
        assert_eq!(outcome.window.good, 0, "seed {}", outcome.seed);
    }
}

#[test]
fn last_in_first_out_recovers() {
    assert_all_recover(&case(150, "lifo", "finish").try_seeds(seeds()));
}

#[test]
fn dropping_expired_work_recovers() {
    assert_all_recover(&case(150, "fifo", "drop_on_dequeue").try_seeds(seeds()));
}
