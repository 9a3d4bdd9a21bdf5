//! A stall in a world without chance: the garbage collection example of happy-simulator. One thread at 100 ms serves 7/s, its clients try four times, 50 ms
//! apart, and a single stop of one second is never worked off.

use crate::trial::{Case, Outcome, assert_all_collapse, assert_all_recover};

/// The case with so many attempts; judged in the last minute.
fn outcome(max_attempts: u32) -> Outcome {
    let text = format!(
        r#"
        name = "deterministic-stall"
        run = {{ duration = "120s" }}

        [workloads.clients]
        arrivals = {{ open = {{ rate = "7/s", process = "constant" }} }}
        to = "server"
        policy = "client"
        clients = 1

        [policies.client]
        per_try_timeout = "500ms"
        retry = {{ max_attempts = {max_attempts}, backoff = {{ fixed = {{ base = "50ms" }} }} }}

        [services.server]
        threads = 1
        queue = {{ capacity = "unlimited", order = "fifo" }}
        abandoned_work = "finish"
        handler = [{{ work = "100ms" }}]

        [faults.collection]
        at = "30s"
        duration = "1s"
        pause = {{ service = "server" }}
        "#
    );
    Case::new(&text, (60, 120)).try_seeds(1)[0]
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
