//! What presets stand for, word by word, and that what is written beside them wins.

use super::*;
use crate::mechanism::circuit_breaker::BreakerPreset;
use crate::mechanism::connection_pool::PoolPreset;
use crate::mechanism::outlier_detection::OutlierPreset;
use crate::model::settings::PolicyPreset;

/// [`GOOD`] with its policy written so.
fn with_policy(policy: &str) -> Result<Loaded, Diagnostics> {
    let written = "timeout = \"4s\"\nper_try_timeout = \"500ms\"\nretry = { max_attempts = 2 }\n";
    load(&changed(written, policy), &[])
}

/// What a preset says of a policy, and nothing that only is the default of the language.
fn said_by(preset: &str, policy: &str) -> String {
    let explained = explain(&with_policy(policy).unwrap_or_else(|found| panic!("{policy}\n{found}")));
    let comment = format!("# preset {preset}, line ");
    let lines = explained.lines().filter_map(|line| Some(line.split_once(&comment)?.0.trim_end()));
    lines.collect::<Vec<_>>().join("\n")
}

/// The policy as it is in force.
fn in_force(policy: &str) -> String {
    let text = with_policy(policy).unwrap_or_else(|found| panic!("{policy}\n{found}")).model.effective_toml();
    let (_, rest) = text.split_once("[policies.db]\n").expect("the policy is in the model");
    rest.split("\n[").next().unwrap_or_default().trim_end().to_owned()
}

fn name(preset: impl serde::Serialize) -> String {
    serde_json::to_value(preset).ok().and_then(|name| name.as_str().map(str::to_owned)).expect("a word")
}

/// A preset never changes: `METASTABLE_BLESS=1` is for those that are new.
#[test]
fn every_preset_stands_for_what_was_committed() {
    let section =
        |title: String, preset: &str, policy: &str| format!("[{title}]\n{}\n", said_by(preset, policy));
    let policies = PolicyPreset::ALL.map(name).map(|name| {
        let policy = format!("preset = \"{name}\"\n");
        section(name.clone(), &name, &policy)
    });
    let breakers = BreakerPreset::ALL.map(name).map(|name| {
        let policy = format!("timeout = \"1s\"\ncircuit_breaker = {{ preset = \"{name}\" }}\n");
        section(format!("circuit_breaker.{name}"), &name, &policy)
    });
    let pools = PoolPreset::ALL.map(name).map(|name| {
        let policy = format!("timeout = \"1s\"\npool = {{ preset = \"{name}\" }}\n");
        section(format!("pool.{name}"), &name, &policy)
    });
    let detections = OutlierPreset::ALL.map(name).map(|name| {
        let policy = format!("timeout = \"1s\"\noutlier_detection = {{ preset = \"{name}\" }}\n");
        section(format!("outlier_detection.{name}"), &name, &policy)
    });
    let found =
        [policies.join("\n"), breakers.join("\n"), detections.join("\n"), pools.join("\n")].join("\n");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/model/tests/presets.txt");
    if std::env::var_os("METASTABLE_BLESS").is_some() {
        std::fs::write(path, &found).expect("the file can be written");
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), found);
}

#[test]
fn what_is_written_wins_and_the_rest_is_the_presets() {
    let policy = "preset = \"envoy\"\ntimeout = \"3s\"\nretry = { max_attempts = 3, budget = { static = { max_retries = 9 } } }\n";
    let text = in_force(policy);
    for line in [
        "timeout = \"3s\"",
        "retry.max_attempts = 3",
        "retry.backoff.exponential.base = \"25ms\"",
        "retry.budget.static.max_retries = 9",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let breaker = "timeout = \"3s\"\ncircuit_breaker = { preset = \"hystrix\", minimum_calls = 7, window = { count = { size = 9 } } }\n";
    let text = in_force(breaker);
    for line in ["minimum_calls = 7", "window.count.size = 9", "half_open_success_rule = \"first\""] {
        assert!(text.contains(&format!("circuit_breaker.{line}")), "{line}\n{text}");
    }
}

#[test]
fn an_override_wins_over_a_preset_and_explain_tells_them_apart() {
    let written = "timeout = \"4s\"\nper_try_timeout = \"500ms\"\nretry = { max_attempts = 2 }\n";
    let text = changed(written, "preset = \"aws_standard\"\n");
    let loaded = load(&text, &["policies.db.retry.max_attempts=5"]).unwrap_or_else(|found| panic!("{found}"));
    let explained = explain(&loaded);
    let line = |field: &str| {
        explained.lines().find(|line| line.starts_with(field)).map(str::to_owned).unwrap_or_default()
    };
    assert!(line("retry.max_attempts = 5").ends_with("# --set"), "{explained}");
    assert!(
        line("retry.backoff.exponential.max = \"20s\"").ends_with("# preset aws_standard, line 13"),
        "{explained}"
    );
    assert_eq!(load(&explained, &[]).map(|again| again.model).ok(), Some(loaded.model));
}

/// A name that stayed behind would make two models of one that says the same.
#[test]
fn what_explain_prints_of_a_preset_is_the_same_model() {
    for policy in [
        "preset = \"envoy\"\n",
        "timeout = \"3s\"\ncircuit_breaker = { preset = \"gobreaker\" }\n",
        "timeout = \"3s\"\npool = { preset = \"hikaricp\" }\n",
        "timeout = \"3s\"\noutlier_detection = { preset = \"grpc\" }\n",
    ] {
        let loaded = with_policy(policy).unwrap_or_else(|found| panic!("{found}"));
        assert_eq!(
            load(&explain(&loaded), &[]).map(|again| again.model).ok(),
            Some(loaded.model),
            "{policy}"
        );
    }
}

#[test]
fn a_preset_that_is_none_is_told() {
    let found = with_policy("preset = \"envoi\"\n").expect_err("nobody knows it").to_string();
    assert!(found.contains("unknown choice `envoi`") && found.contains("did you mean `envoy`"), "{found}");
}
