//! Presets: the defaults of client libraries and proxies, by name.
//!
//! `preset = "aws_standard"` in a policy, in its circuit breaker, its outlier detection or its pool, stands for the fields below. They are put into the document before it is read, under the fields
//! that are written beside it: so what is written wins, and `explain` tells which default came from where. A preset never changes; what a vendor changes
//! gets another name.

use super::node::{Node, Place, Value};

/// What a preset stands for, as TOML.
type Expansion = (&'static str, &'static str);

/// Presets of policies. Sources: envoyproxy/envoy `router_filter.rst`, `route_components.proto` and `backoff_strategy.cc`; the default retry policy of Istio's mesh; smithy-rs
/// `strategy/standard.rs` and the AWS SDK retry specification; Finagle `RetryBudget.scala` and its requeue filter; resilience4j `RetryConfig.java`; Polly `RetryConstants.cs`.
const POLICIES: &[Expansion] = &[
    (
        "envoy",
        r#"
        timeout = "15s"
        retry = { max_attempts = 2, backoff = { exponential = { base = "25ms", max = "250ms", jitter = "envoy" } }, budget = { static = { max_retries = 3 } } }
        "#,
    ),
    (
        "istio",
        r#"
        retry = { max_attempts = 3, backoff = { exponential = { base = "25ms", max = "250ms", jitter = "envoy" } }, budget = "unlimited", retry_on = ["connect_failure", "refused_stream", "gateway_error"] }
        "#,
    ),
    (
        "aws_standard",
        r#"
        retry = { max_attempts = 3, backoff = { exponential = { base = "1s", max = "20s", jitter = "full" } }, budget = { quota = { capacity = 500, retry_cost = 5, timeout_cost = 10, throttle_cost = 5, first_success_credit = 1 } } }
        "#,
    ),
    (
        "aws_standard_2_1",
        r#"
        retry = { max_attempts = 3, backoff = { exponential = { base = "50ms", max = "20s", jitter = "full" } }, budget = { quota = { capacity = 500, retry_cost = 14, timeout_cost = 14, throttle_cost = 5, first_success_credit = 1 } } }
        "#,
    ),
    (
        "finagle",
        r#"
        retry = { max_attempts = "unlimited", backoff = "none", budget = { ratio = { percent = "20%", min_retries_per_second = 10, ttl = "10s", implementation = "finagle" } }, retry_on = ["connect_failure", "refused_stream", "overloaded"] }
        "#,
    ),
    (
        "resilience4j",
        r#"retry = { max_attempts = 3, backoff = { fixed = { base = "500ms" } }, budget = "unlimited" }"#,
    ),
    ("polly", r#"retry = { max_attempts = 4, backoff = { fixed = { base = "2s" } }, budget = "unlimited" }"#),
];

/// Presets of circuit breakers. Sources: resilience4j `CircuitBreakerConfig.java`; Polly `CircuitBreakerConstants.cs`; `HystrixCommandProperties.java`; gobreaker
/// `v2/gobreaker.go`; Finagle `FailureAccrualFactory.scala` (its policy of consecutive failures).
const CIRCUIT_BREAKERS: &[Expansion] = &[
    (
        "resilience4j",
        r#"
        window = { count = { size = 100 } }
        minimum_calls = 100
        failure_rate_threshold = "50%"
        slow_call_duration_threshold = "60s"
        slow_call_rate_threshold = "100%"
        open_duration = { fixed = { base = "60s" } }
        half_open_max_calls = 10
        half_open_success_rule = "rate"
        late_results = "current_state"
        "#,
    ),
    (
        "polly",
        r#"
        window = { time = { duration = "30s", buckets = 10 } }
        minimum_calls = 100
        failure_rate_threshold = "10%"
        slow_call_rate_threshold = "unlimited"
        open_duration = { fixed = { base = "5s" } }
        half_open_max_calls = 1
        half_open_success_rule = "first"
        late_results = "current_state"
        "#,
    ),
    (
        "hystrix",
        r#"
        window = { time = { duration = "10s", buckets = 10 } }
        minimum_calls = 20
        failure_rate_threshold = "50%"
        slow_call_rate_threshold = "unlimited"
        open_duration = { fixed = { base = "5s" } }
        half_open_max_calls = 1
        half_open_success_rule = "first"
        "#,
    ),
    (
        "gobreaker",
        r#"
        consecutive_failures = 6
        failure_rate_threshold = "unlimited"
        slow_call_rate_threshold = "unlimited"
        open_duration = { fixed = { base = "60s" } }
        half_open_max_calls = 1
        half_open_success_rule = "all_consecutive"
        late_results = "discard"
        "#,
    ),
    (
        "finagle",
        r#"
        per = "host"
        consecutive_failures = 5
        failure_rate_threshold = "unlimited"
        slow_call_rate_threshold = "unlimited"
        open_duration = { exponential = { base = "5s", max = "300s", jitter = "equal" } }
        half_open_max_calls = 1
        half_open_success_rule = "first"
        "#,
    ),
];

/// Presets of connection pools. Sources: HikariCP `HikariConfig.java` and `HikariPool.java`; pgbouncer `doc/config.md`; MongoDB's "Connection Monitoring and Pooling" specification; Envoy
/// `circuit_breaker.proto`, `cluster.proto` (`connect_timeout`) and `protocol.proto` (`idle_timeout`).
const POOLS: &[Expansion] = &[
    (
        "hikaricp",
        r#"
        per = "target"
        max_size = 10
        max_connecting = 1
        acquire_timeout = "30s"
        order = "lifo"
        idle_timeout = "10min"
        max_lifetime = "30min"
        max_lifetime_jitter = "2.5%"
        validate_after_idle = "500ms"
        validation_timeout = "5s"
        "#,
    ),
    (
        "pgbouncer",
        r#"
        max_size = 20
        min_idle = 0
        max_connecting = "unlimited"
        acquire_timeout = "120s"
        order = "lifo"
        idle_timeout = "10min"
        max_lifetime = "1h"
        max_lifetime_jitter = "0%"
        validate_after_idle = "30s"
        connect = { timeout = "15s", backoff = { fixed = { base = "15s" } } }
        "#,
    ),
    (
        "mongodb",
        r#"
        per = "host"
        max_size = 100
        min_idle = 0
        max_connecting = 2
        acquire_timeout = "unlimited"
        idle_timeout = "unlimited"
        max_lifetime = "unlimited"
        validate_after_idle = "unlimited"
        connect = { timeout = "10s", on_failure = "fail" }
        "#,
    ),
    (
        "envoy",
        r#"
        per = "host"
        max_size = 1024
        min_idle = 0
        max_connecting = "unlimited"
        max_connections = 1024
        max_pending = 1024
        acquire_timeout = "unlimited"
        idle_timeout = "1h"
        max_lifetime = "unlimited"
        validate_after_idle = "unlimited"
        connect = { timeout = "5s", on_failure = "fail" }
        "#,
    ),
];

/// Presets of outlier detection. Sources: envoyproxy/envoy `outlier_detection.proto` and `outlier_detection_impl.cc`; Istio's `applyOutlierDetection`, which turns success rates off and sets the panic
/// threshold to `minHealthPercent`, 0 by default; gRPC proposal A50 and `outlier_detection_load_balancer`, where whatever is not OK is a failure.
const OUTLIER_DETECTION: &[Expansion] = &[
    (
        "envoy",
        r#"
        interval = "10s"
        base_ejection_time = "30s"
        max_ejection_time = "300s"
        max_ejection_percent = "10%"
        healthy_panic_threshold = "50%"
        consecutive_5xx = 5
        consecutive_gateway_failure = 5
        consecutive_local_origin_failure = 5
        success_rate_minimum_hosts = 5
        success_rate_request_volume = 100
        success_rate_stdev_factor = 1.9
        failure_percentage_threshold = "85%"
        failure_percentage_minimum_hosts = 5
        failure_percentage_request_volume = 50
        "#,
    ),
    (
        "istio",
        r#"
        interval = "10s"
        base_ejection_time = "30s"
        max_ejection_time = "300s"
        max_ejection_percent = "10%"
        healthy_panic_threshold = "0%"
        consecutive_5xx = 5
        consecutive_gateway_failure = 5
        consecutive_local_origin_failure = 5
        enforcing = { success_rate = "0%" }
        "#,
    ),
    (
        "grpc",
        r#"
        interval = "10s"
        base_ejection_time = "30s"
        max_ejection_time = "300s"
        max_ejection_percent = "10%"
        always_eject_one_host = true
        healthy_panic_threshold = "0%"
        consecutive_5xx = "unlimited"
        consecutive_gateway_failure = "unlimited"
        success_rate_minimum_hosts = 5
        success_rate_request_volume = 100
        success_rate_stdev_factor = 1.9
        failure_percentage_threshold = "85%"
        failure_percentage_minimum_hosts = 5
        failure_percentage_request_volume = 50
        enforcing = { success_rate = "100%", failure_percentage = "100%" }
        counts_as_failure = ["app_error", "server_error", "gateway_error", "overloaded", "connect_failure", "refused_stream", "reset", "attempt_timeout", "deadline_exceeded", "cancelled"]
        counts_as_ignored = ["local_reject"]
        "#,
    ),
];

/// Puts what presets stand for under what is written beside them. A name that is none is left for the decoder to report.
pub(crate) fn expand(root: &mut Node) {
    let Some(policies) = entry_mut(root, "policies") else { return };
    let Value::Table(policies) = &mut policies.value else { return };
    for (_, policy) in policies {
        expand_at(policy, POLICIES);
        if let Some(breaker) = entry_mut(policy, "circuit_breaker") {
            expand_at(breaker, CIRCUIT_BREAKERS);
        }
        if let Some(pool) = entry_mut(policy, "pool") {
            expand_at(pool, POOLS);
        }
        if let Some(detection) = entry_mut(policy, "outlier_detection") {
            expand_at(detection, OUTLIER_DETECTION);
        }
    }
}

fn expand_at(node: &mut Node, presets: &[Expansion]) {
    let Some(Node { value: Value::String(name), place, key, .. }) = node.get("preset") else { return };
    let Some((name, text)) = presets.iter().find(|(known, _)| known == name) else { return };
    let mut expansion = read(text);
    mark(&mut expansion, name, place, key.as_ref());
    fill_in(node, expansion);
}

/// The tree of an expansion.
fn read(text: &str) -> Node {
    let table = toml::de::DeTable::parse(text).expect("invariant: a test reads every preset");
    Node::from_document(table.get_ref())
}

/// Adds the fields that are not written. Those of `retry` are filled in one by one; every other field is either the author's or the preset's.
fn fill_in(node: &mut Node, expansion: Node) {
    let (Value::Table(written), Value::Table(entries)) = (&mut node.value, expansion.value) else { return };
    for (name, value) in entries {
        match written.iter_mut().find(|(known, _)| *known == name) {
            None => written.push((name, value)),
            Some((_, table)) if name == "retry" => fill_in(table, value),
            Some(_) => {}
        }
    }
}

/// Everything that comes from a preset is where its name is written.
fn mark(node: &mut Node, name: &str, place: &Place, key: Option<&Place>) {
    node.place = place.clone();
    node.key = node.key.as_ref().map(|_| key.unwrap_or(place).clone());
    node.preset = Some(name.to_owned());
    match &mut node.value {
        Value::Table(entries) => entries.iter_mut().for_each(|(_, entry)| mark(entry, name, place, key)),
        Value::Array(elements) => elements.iter_mut().for_each(|element| mark(element, name, place, key)),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

fn entry_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Table(entries) => entries.iter_mut().find(|(name, _)| name == key).map(|(_, node)| node),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::mechanism::Problems;
    use crate::mechanism::circuit_breaker::{BreakerPreset, CircuitBreakerSettings};
    use crate::mechanism::connection_pool::{PoolPreset, PoolSettings};
    use crate::mechanism::outlier_detection::{OutlierDetectionSettings, OutlierPreset};
    use crate::model::settings::{PolicyPreset, PolicySettings};

    /// The names of the presets as the language spells them, by their debug names.
    fn spelled(name: &str) -> String {
        let mut spelled = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() && !spelled.is_empty() {
                spelled.push('_');
            }
            spelled.push(c.to_ascii_lowercase());
        }
        spelled
    }

    #[test]
    fn every_preset_can_be_written_and_stands_for_settings_without_a_fault() {
        without_fault(POLICIES, |settings: &PolicySettings, problems| {
            settings.retry.iter().for_each(|retry| retry.check(problems));
        });
        without_fault(CIRCUIT_BREAKERS, CircuitBreakerSettings::check);
        without_fault(POOLS, PoolSettings::check);
        without_fault(OUTLIER_DETECTION, OutlierDetectionSettings::check);
    }

    fn without_fault<S: DeserializeOwned>(presets: &[Expansion], check: impl Fn(&S, &mut Problems)) {
        for (name, text) in presets {
            let settings: S = toml::from_str(&format!("preset = \"{name}\"\n{text}")).expect(name);
            let mut problems = Problems::new();
            check(&settings, &mut problems);
            assert_eq!(problems.into_found(), [], "{name}");
        }
    }

    /// What an architect expects who writes nothing, too.
    #[test]
    fn the_defaults_of_outlier_detection_are_those_of_envoy() {
        let text = OUTLIER_DETECTION.iter().find(|(name, _)| *name == "envoy").expect("it is there").1;
        let settings: OutlierDetectionSettings = toml::from_str(text).expect("settings");
        assert_eq!(settings, OutlierDetectionSettings::default());
    }

    #[test]
    fn every_name_of_the_language_stands_for_something() {
        let known =
            |presets: &[Expansion]| presets.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
        let policies = PolicyPreset::ALL
            .map(|preset| spelled(&format!("{preset:?}")).replace("standard2", "standard_2_"));
        assert_eq!(known(POLICIES), policies);
        assert_eq!(known(CIRCUIT_BREAKERS), BreakerPreset::ALL.map(|preset| spelled(&format!("{preset:?}"))));
        assert_eq!(known(POOLS), PoolPreset::ALL.map(|preset| spelled(&format!("{preset:?}"))));
        assert_eq!(
            known(OUTLIER_DETECTION),
            OutlierPreset::ALL.map(|preset| spelled(&format!("{preset:?}")))
        );
    }
}
