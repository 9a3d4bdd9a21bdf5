//! Heaps that fill up and stay full: what the headers of the models say.

use metastable::analysis::Verdict::{self, Metastable, Recovered, Unaffected};
use metastable::observe::Run;

use crate::systems::conduct;

const SEEDS: [&str; 2] = ["run.seed=1", "run.seed=2"];

const MODEL: &str = "gc-death-spiral";

fn verdicts(changes: &[&str]) -> [Verdict; 2] {
    SEEDS.map(|seed| {
        let trial = conduct(MODEL, &[changes, &[seed]].concat());
        trial.judgement.expect("there is a judgement").verdict
    })
}

/// The share of the time that goes into pauses, in these seconds.
fn stopped_share(run: &Run, seconds: std::ops::Range<usize>) -> f64 {
    let length = seconds.len() as f64;
    let stopped: u128 = run.memories[0].rows[seconds].iter().map(|row| row.stopped.integral).sum();
    stopped as f64 / 1e9 / length
}

#[test]
fn a_stall_fills_the_heap_and_collecting_it_keeps_it_full() {
    assert_eq!(verdicts(&[]), [Metastable; 2]);
    let trial = conduct(MODEL, &[]);
    let (before, after) = (stopped_share(&trial.run, 30..60), stopped_share(&trial.run, 200..300));
    assert!(before < 0.06, "a twentieth of the time before it: {before}");
    assert!(after > 0.5, "and more than half of it for ever after: {after}");
    let last = trial.run.memories[0].rows.last().expect("there are rows");
    assert!(last.live as f64 > 0.6 * last.heap as f64, "{last:?}");
    assert_eq!(verdicts(&["faults.stall.duration=500ms"]), [Unaffected; 2]);
}

#[test]
fn room_or_less_to_keep_in_it_is_the_cure() {
    for cure in [
        "services.app.memory.heap=4GiB",
        "services.app.queue.capacity=500",
        "services.app.memory.live_per_queued=64KiB",
        "workloads.users.arrivals.open.rate=500/s",
    ] {
        assert_eq!(verdicts(&[cure]), [Recovered; 2], "{cure}");
    }
    let concurrent = r#"services.app.memory.collector={ concurrent = { speed = "2GiB/s" } }"#;
    for vain in ["services.app.abandoned_work=drop_on_dequeue", concurrent] {
        assert_eq!(verdicts(&[vain]), [Metastable; 2], "{vain}");
    }
}

/// The trigger is a load that is twice as high for ten seconds, and then the earlier load again.
#[test]
fn a_restart_ends_it_and_a_return_to_the_earlier_load_does_not() {
    let spike =
        r#"faults.stall={ at = "60s", duration = "10s", load_spike = { workload = "users", factor = 2 } }"#;
    assert_eq!(verdicts(&[spike]), [Metastable; 2]);
    let restart = r#"faults.restart={ at = "120s", duration = "5s", role = "background", crash = { service = "app" } }"#;
    let shed = r#"faults.shed={ at = "120s", duration = "60s", role = "background", load_spike = { workload = "users", factor = 0.5 } }"#;
    for cure in [restart, shed] {
        assert_eq!(verdicts(&[spike, cure]), [Recovered; 2], "{cure}");
    }
}

/// The shortest stall, in steps of a quarter of a second, after which it does not come back; a longer one does not help.
fn tipping_stall(rate: u32, heap_mib: u32) -> u32 {
    let rate = format!("workloads.users.arrivals.open.rate={rate}/s");
    let heap = format!("services.app.memory.heap={heap_mib}MiB");
    let tips = |quarters: u32| {
        let stall = format!("faults.stall.duration={}ms", 250 * quarters);
        let changes = [&*rate, &*heap, &*stall, "run.duration=3min"];
        let trial = conduct(MODEL, &changes);
        trial.judgement.is_some_and(|judgement| judgement.verdict == Metastable)
    };
    let (mut short, mut long) = (0, 25);
    while long - short > 1 {
        let middle = u32::midpoint(short, long);
        if tips(middle) { long = middle } else { short = middle }
    }
    long
}

#[test]
fn the_stall_that_tips_it_is_shorter_with_load_and_longer_with_heap() {
    let by_load = [600, 700, 800].map(|rate| tipping_stall(rate, 2048));
    assert!(
        by_load.is_sorted_by(|a, b| a > b),
        "at 600, 700 and 800 per second: {by_load:?} quarters of a second"
    );
    let by_heap = [1792, 2048, 2304].map(|heap| tipping_stall(700, heap));
    assert!(
        by_heap.is_sorted_by(|a, b| a < b),
        "with 1.75, 2 and 2.25 GiB: {by_heap:?} quarters of a second"
    );
}
