//! Policies of callers at the scale of a fleet: what the headers of their models say is so, under their seeds.

use metastable::analysis::Unstable::Overload;
use metastable::analysis::Verdict::{self, Healthy, Metastable, Recovered, Unstable};

use crate::systems::verdict;

#[track_caller]
pub(crate) fn check(model: &str, cases: &[(&[&str], Verdict)]) {
    for (changes, expected) in cases {
        assert_eq!(verdict(model, changes), *expected, "{model} {changes:?}");
    }
}

#[test]
fn a_budget_per_client_is_as_large_as_the_fleet() {
    let unlimited = "policies.query.retry.budget=unlimited";
    let backoff =
        r#"policies.query.retry.backoff={ exponential = { base = "100ms", max = "2s", jitter = "full" } }"#;
    check(
        "retry-budget",
        &[
            (&[], Metastable),
            (&["policies.query.retry.budget={ ratio = {} }"], Recovered),
            (&["policies.query.retry.budget={ token = { max_tokens = 10, token_ratio = 0.1 } }"], Recovered),
            (&["policies.query.retry.budget={ quota = {} }"], Recovered),
            (&["policies.query.retry.max_attempts=1"], Recovered),
            (&[r#"policies.query.circuit_breaker={ preset = "hystrix" }"#], Recovered),
            (&["policies.query.retry.budget={ concurrency = {} }"], Metastable),
            (&[unlimited, backoff], Metastable),
        ],
    );
}

#[test]
fn connections_that_are_closed_with_their_calls_are_opened_for_ever() {
    check(
        "connection-storm",
        &[
            (&[], Metastable),
            (&["policies.query.pool.abandoned=drain"], Recovered),
            (&["policies.query.pool.max_connecting=1"], Recovered),
            (&["policies.query.timeout=1s"], Recovered),
            (&[r#"services.store.handlers.login=[{work="1ms"}]"#], Recovered),
            (&["policies.query.pool.max_size=10"], Metastable),
        ],
    );
}

#[test]
fn a_breaker_that_is_called_too_rarely_does_not_close() {
    check(
        "breaker-fleet",
        &[
            (&[], Metastable),
            (&["workloads.users.clients=100"], Recovered),
            (&["policies.query.circuit_breaker.half_open_max_calls=2"], Recovered),
            (&["policies.query.circuit_breaker.half_open_max_wait=60s"], Recovered),
            (&[r#"policies.query.circuit_breaker={ preset = "gobreaker" }"#], Recovered),
            (
                &[
                    "policies.query.circuit_breaker.minimum_calls=1000000",
                    "policies.query.circuit_breaker.window.count.size=100000",
                ],
                Metastable,
            ),
        ],
    );
}

#[test]
fn a_node_that_limps_is_seen_by_what_looks_at_time_only() {
    let nine = "services.index.instances=9";
    let slow_calls = r#"policies.query.circuit_breaker={ per = "host", window = { count = { size = 20 } }, minimum_calls = 10, slow_call_duration_threshold = "100ms", slow_call_rate_threshold = "50%" }"#;
    check(
        "slow-node",
        &[
            (&[], Unstable(Overload)),
            (&["policies.query.outlier_detection={}"], Unstable(Overload)),
            (
                &[
                    r#"policies.query.outlier_detection={ always_eject_one_host = true, enforcing = { failure_percentage = "100%" } }"#,
                ],
                Unstable(Overload),
            ),
            (&["policies.query.timeout=60s"], Unstable(Overload)),
            (&["services.app.queue.capacity=10000"], Unstable(Overload)),
            (&["policies.query.outlier_detection={ slow_ejection = {} }"], Healthy),
            (&["policies.query.balancer=least_request"], Healthy),
            (&["policies.query.balancer=power_of_two"], Healthy),
            (&["policies.query.per_try_timeout=100ms", "policies.query.retry={ max_attempts = 2 }"], Healthy),
            (&[slow_calls], Healthy),
            (&[nine, "policies.query.outlier_detection={ slow_ejection = {} }"], Unstable(Overload)),
            (
                &[
                    nine,
                    "policies.query.outlier_detection={ slow_ejection = {}, always_eject_one_host = true }",
                ],
                Healthy,
            ),
        ],
    );
}
