//! Policies that do not fit what they are used for: each warning at its place, and silence where it is right.

use super::*;

/// The codes and places of what is found in [`GOOD`] with this policy, and these other parts.
#[track_caller]
fn finds(policy: &str, rest: &str, expected: &[&str]) {
    let written = "timeout = \"4s\"\nper_try_timeout = \"500ms\"\nretry = { max_attempts = 2 }\n";
    let text = changed(written, policy) + rest;
    let found = load(&text, &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.path.clone().unwrap_or_default()))
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

#[test]
fn retries_that_only_max_attempts_bounds_are_doubted() {
    let policy = |retry: &str| format!("per_try_timeout = \"500ms\"\nretry = {{ {retry} }}\n");
    finds(&policy("max_attempts = 2"), "", &[]);
    finds(&policy("max_attempts = 3"), "", &["M106 policies.db.retry"]);
    finds(&policy("max_attempts = 3, budget = { static = {} }"), "", &[]);
    finds(&policy("max_attempts = 3, budget = \"unlimited\""), "", &[]);
    let breaker = policy("max_attempts = 3") + "circuit_breaker = {}\n";
    finds(&breaker, "", &[]);
}

#[test]
fn a_breaker_for_each_of_too_many_pairs_is_refused() {
    let policy = "timeout = \"1s\"\ncircuit_breaker = { per = \"host\" }\n";
    let instances = "policies.db.circuit_breaker.per=host";
    let text =
        changed("timeout = \"4s\"\nper_try_timeout = \"500ms\"\nretry = { max_attempts = 2 }\n", policy);
    let with = |clients: u32, scope: &str| {
        let overrides = [
            instances,
            &format!("workloads.shoppers.clients={clients}"),
            "services.db.instances=1000",
            scope,
        ];
        load(&text, &overrides).map_or_else(|found| found.to_string(), |_| String::new())
    };
    assert_eq!(with(1000, "policies.db.scope=instance"), "");
    assert!(with(1001, "policies.db.scope=instance").contains("1001000 pairs are more than 1000000"));
    assert_eq!(with(1001, "policies.db.scope=service"), "");
}

#[test]
fn a_call_that_outlives_who_waits_for_it_is_doubted() {
    let text = |policies: &str| {
        let handler = "handler = [ { work = \"8ms\" }, { call = { to = \"disk\", policy = \"disk\" } } ]\n";
        let text = changed("handler = [ { work = \"8ms\" } ]\n", handler);
        let text = text.replace("retry = { max_attempts = 2 }\n", "");
        text + "[services.disk]\nthreads = \"unlimited\"\nhandler = [ { sleep = \"1ms\" } ]\n[policies.disk]\n"
            + policies
    };
    let warnings = |policies: &str| load(&text(policies), &[]).expect("it is a model").warnings.to_string();
    assert!(!warnings("timeout = \"500ms\"").contains("M107"));
    let found = warnings("timeout = \"501ms\"");
    assert!(
        found.contains("`shoppers` gives up on `db` after 500ms, but this call may go on for 501ms"),
        "{found}"
    );
    assert!(!warnings("timeout = \"501ms\"\ndeadline = { propagate = true }").contains("M107"));
    let limited = |wait: &str| {
        let bucket = format!("token_bucket = {{ rate = \"1/s\", max_wait = {wait} }}");
        warnings(&format!("timeout = \"400ms\"\nrate_limit = {{ {bucket} }}"))
    };
    assert!(!limited("\"100ms\"").contains("M107"));
    assert!(limited("\"101ms\"").contains("this call may go on for 501ms"));
    assert!(limited("\"unlimited\"").contains("this call may go on until it has a permit"));
    assert!(!limited("\"101ms\", level = \"attempt\"").contains("M107"), "it waits within its timeout");
}

#[test]
fn a_breaker_that_never_acts_or_never_lets_go_is_doubted() {
    // 800/s of 100 clients: 8/s each, and up to twice as much.
    let window = |duration: &str, minimum: u32, more: &str| {
        format!(
            "timeout = \"1s\"\ncircuit_breaker = {{ window = {{ time = {{ duration = \"{duration}\" }} }}, minimum_calls = {minimum}{more} }}\n"
        )
    };
    finds(&window("10s", 80, ""), "", &[]);
    finds(&window("10s", 81, ""), "", &["M108 policies.db.circuit_breaker.minimum_calls"]);
    finds(&window("10s", 81, ", consecutive_failures = 5"), "", &[]);
    finds(&(window("10s", 8000, "") + "scope = \"service\"\n"), "", &[]);
    finds("circuit_breaker = {}\n", "", &["M109 policies.db.circuit_breaker"]);
    finds("circuit_breaker = { half_open_max_wait = \"5s\" }\n", "", &[]);
    let impatient = "circuit_breaker = { half_open_max_wait = \"1s\" }\n";
    finds(impatient, "", &["M110 policies.db.circuit_breaker.half_open_max_wait"]);
}

#[test]
fn outlier_detection_that_spares_everybody_is_doubted() {
    let policy = |more: &str| format!("timeout = \"4s\"\noutlier_detection = {{ {more} }}\n");
    let place = "M113 policies.db.outlier_detection.max_ejection_percent";
    finds(&policy(""), "", &[place]);
    finds(&policy("always_eject_one_host = true"), "", &[]);
    finds(&policy("max_ejection_percent = \"100%\""), "", &[]);
    finds(
        &policy("max_ejection_percent = \"0%\""),
        "",
        &["M030 policies.db.outlier_detection.max_ejection_percent"],
    );
}

#[test]
fn hedges_that_multiply_retries_or_come_too_late_are_doubted() {
    let policy = |hedge: &str, more: &str| {
        format!(
            "timeout = \"4s\"\n{more}\nhedge = {{ delay = {{ fixed = \"{hedge}\" }}, max_attempts = 3 }}\n"
        )
    };
    let retry = |more: &str| format!("per_try_timeout = \"1s\"\nretry = {{ max_attempts = 2{more} }}");
    finds(&policy("50ms", ""), "", &[]);
    finds(&policy("50ms", &retry("")), "", &["M114 policies.db.hedge"]);
    finds(&policy("50ms", &retry(", budget = { ratio = {} }")), "", &[]);
    finds(&policy("50ms", "retry = { max_attempts = 1 }"), "", &[]);
    finds(&policy("4s", ""), "", &["M115 policies.db.hedge.delay"]);
    finds(&policy("3999ms", ""), "", &[]);
    finds(&policy("1s", "per_try_timeout = \"1s\""), "", &[]);
    let waits = policy("1s", "per_try_timeout = \"1s\"")
        .replace("max_attempts", "on_failure = \"wait\", max_attempts");
    finds(&waits, "", &["M115 policies.db.hedge.delay"]);
}

#[test]
fn the_words_of_envoy_and_istio_are_understood() {
    for (word, advice) in [
        ("consecutive5xxErrors = 5", "`consecutive_5xx = 5`"),
        ("consecutiveGatewayErrors = 5", "`consecutive_gateway_failure`"),
        ("enforcing_success_rate = 100", "`enforcing = { success_rate"),
        ("minHealthPercent = 50", "`healthy_panic_threshold`"),
        ("baseEjectionTime = \"30s\"", "did you mean `base_ejection_time`?"),
    ] {
        let policy = format!("timeout = \"4s\"\noutlier_detection = {{ {word} }}\n");
        let written = "timeout = \"4s\"\nper_try_timeout = \"500ms\"\nretry = { max_attempts = 2 }\n";
        let found = load(&changed(written, &policy), &[]).expect_err(word);
        assert!(found.to_string().contains(advice), "{found}");
    }
}
