//! Backoff on its own, and what vendors set by default: what the headers of their models say is so, under their seeds.

use metastable::analysis::Verdict::{self, Metastable, Recovered};
use metastable::experiment::Trial;
use metastable::kernel::Duration;

use crate::callers::check;
use crate::systems::conduct;

const BASE: &str = "policies.client.retry.backoff.exponential.base";

#[test]
fn no_backoff_ends_a_long_overload() {
    for base in ["100ms", "1s", "10s", "60s"] {
        check("backoff-only", &[(&[&format!("{BASE}={base}")], Metastable)]);
    }
    let none = "policies.client.retry.backoff=none";
    let closed = r#"workloads.users.arrivals={ closed = { users = 1000, think = "exponential(5s)" } }"#;
    check(
        "backoff-only",
        &[
            (&["run.seed=2"], Metastable),
            (&[none], Metastable),
            (&["policies.client.retry.max_attempts=2"], Recovered),
            (&["policies.client.retry.budget={ bucket = { capacity = 10, per_call = 0.1 } }"], Recovered),
            (&["policies.client.retry.budget={ token = { max_tokens = 10, token_ratio = 0.1 } }"], Recovered),
            (&[closed], Recovered),
            (&[closed, none], Metastable),
        ],
    );
}

#[test]
fn a_backoff_that_is_longer_than_the_overload_spreads_it() {
    for seed in ["run.seed=1", "run.seed=2", "run.seed=3"] {
        for (base, expected) in [("1s", Metastable), ("10s", Recovered), ("20s", Recovered)] {
            let base = format!("{BASE}={base}");
            check("backoff-only", &[(&[seed, "faults.brownout.duration=5s", &base], expected)]);
        }
    }
}

/// Attempts per call to the database in the ten seconds of the brown-out, in hundredths.
fn hundredths_of_attempts(trial: &Trial) -> u64 {
    let edge = trial.run.edges.iter().find(|edge| !edge.caller_is_workload);
    let rows = &edge.expect("invariant: the application calls the database").rows[60..70];
    let calls: u64 = rows.iter().map(|row| row.calls).sum();
    let attempts: u64 = rows.iter().map(|row| row.attempts).sum();
    (200 * attempts + calls) / (2 * calls)
}

/// A row of the table in the header: attempts per call in hundredths, verdict, and seconds to recovery.
#[track_caller]
fn check_row(changes: &[&str], (hundredths, expected, back_s): (u64, Verdict, Option<u64>)) {
    let trial = conduct("vendor-defaults", changes);
    let judged = &trial.judgement.as_ref().expect("there is a judgement").workloads[0];
    let found = (hundredths_of_attempts(&trial), judged.verdict, judged.time_to_recovery);
    assert_eq!(found, (hundredths, expected, back_s.map(Duration::from_secs)), "{changes:?}");
}

#[test]
fn retries_by_default_are_bounded_by_the_call_or_by_a_budget() {
    for (preset, row) in [
        ("envoy", (148, Recovered, Some(1))),
        ("istio", (100, Recovered, Some(1))),
        ("aws_standard", (103, Recovered, Some(1))),
        ("aws_standard_2_1", (102, Recovered, Some(1))),
        ("finagle", (127, Recovered, Some(1))),
        ("resilience4j", (285, Metastable, None)),
        ("polly", (280, Metastable, None)),
    ] {
        let preset = format!("policies.query.preset={preset}");
        check_row(&[&preset], row);
        check("vendor-defaults", &[(&[&preset, "run.seed=2"], row.1)]);
    }
}

#[test]
fn five_times_the_callers_may_make_five_times_the_retries_that_envoy_allows() {
    for (preset, row) in [
        ("envoy", (194, Metastable, None)),
        ("istio", (100, Recovered, Some(1))),
        ("aws_standard", (125, Recovered, Some(1))),
        ("aws_standard_2_1", (120, Recovered, Some(1))),
        ("finagle", (154, Recovered, Some(1))),
    ] {
        check_row(&["services.app.instances=20", &format!("policies.query.preset={preset}")], row);
    }
}

#[test]
fn a_breaker_by_default_costs_the_time_that_it_stays_open() {
    for (preset, row) in [
        ("resilience4j", (5, Recovered, Some(50))),
        ("polly", (36, Recovered, Some(2))),
        ("hystrix", (73, Recovered, Some(3))),
        ("gobreaker", (2, Recovered, Some(50))),
        ("finagle", (3, Recovered, Some(3))),
    ] {
        let breaker = format!("policies.query.circuit_breaker={{ preset = \"{preset}\" }}");
        check_row(&[&breaker], row);
    }
}
