//! Backoff on its own: what the header of its model says is so, under its seeds.

use metastable::analysis::Verdict::{Metastable, Recovered};

use crate::callers::check;

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
