//! Systems of several tiers, as their models tell them: what each header says is so, under one seed.

use metastable::analysis::Verdict;
use metastable::experiment::{Progress, Trial, TrialOptions};
use metastable::model::{Model, Overrides};
use metastable::plan::Plan;
use metastable::quantity::NoFiles;

/// A model of `models/`, with these changes, under its own seed. Conservation is checked where nothing is changed: here it costs most of the time, and there are laws for it.
pub(crate) fn conduct(name: &str, changes: &[&str]) -> Trial {
    let path = format!("{}/models/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the model is there");
    let mut overrides = Overrides::new();
    for change in changes {
        overrides.set(change);
    }
    let model = Model::parse(name, &text, &overrides).unwrap_or_else(|found| panic!("{found}")).model;
    let plan = Plan::compile(&model, &NoFiles).expect("the model compiles");
    let options = TrialOptions { with_twin: true, check: changes.is_empty() };
    let trial = Trial::conduct(&model, &plan, model.run.seed, options, &Progress::default())
        .expect("nobody cancels it");
    assert!(trial.violations.is_empty(), "{:?}", trial.violations);
    trial
}

pub(crate) fn verdict(name: &str, changes: &[&str]) -> Verdict {
    conduct(name, changes).judgement.expect("there is a judgement").verdict
}

/// Good requests of a workload as a share of what it offered.
fn good(trial: &Trial, workload: usize) -> f64 {
    let totals = &trial.run.workloads[workload].totals;
    totals.good as f64 / totals.offered as f64
}

#[test]
fn retries_in_two_layers_make_minutes_of_ten_seconds() {
    let trial = conduct("checkout", &[]);
    assert_eq!(trial.judgement.as_ref().map(|judgement| judgement.verdict), Some(Verdict::Recovered));
    assert!(good(&trial, 0) < 0.7, "{}", good(&trial, 0));
    assert_eq!(verdict("checkout", &["policies.db.retry.max_attempts=1"]), Verdict::Unaffected);
    let deadline = ["policies.db.deadline.propagate=true", "services.db.abandoned_work=drop_on_dequeue"];
    assert_eq!(verdict("checkout", &deadline), Verdict::Unaffected);
}

#[test]
fn threads_above_bound_what_piles_up_below() {
    assert_eq!(verdict("three-tier", &[]), Verdict::Recovered);
    assert_eq!(verdict("three-tier", &["services.db.queue.capacity=unlimited"]), Verdict::Recovered);
}

#[test]
fn a_fallback_hides_what_is_not_needed() {
    let trial = conduct("four-planes", &[]);
    assert_eq!(trial.judgement.as_ref().map(|judgement| judgement.verdict), Some(Verdict::Unaffected));
    let fallbacks: u64 =
        trial.run.services.iter().flat_map(|service| &service.rows).map(|row| row.fallbacks).sum();
    assert!(fallbacks > 4000, "{fallbacks} pages with popular items in a minute of about 6000");
    let without = r#"services.gateway.handler[1].parallel.steps[0]={ call = { to = "recommendation", policy = "quick" } }"#;
    assert_eq!(verdict("four-planes", &[without]), Verdict::Recovered);
}

#[test]
fn the_slowest_of_a_hundred_leaves_decides() {
    let median_ms =
        |changes: &[&str]| conduct("fan-out", changes).run.workloads[0].totals.latency.p50_ns / 1_000_000;
    assert!(median_ms(&[]) >= 990);
    assert!(median_ms(&["services.root.handler[0].parallel.wait=98"]) <= 1);
    assert!(median_ms(&["services.root.handler[0].parallel.copies=10"]) <= 1);
}

#[test]
fn a_low_priority_keeps_the_batch_out_of_the_way() {
    let by_priority = conduct("batch-at-midnight", &[]);
    assert!(good(&by_priority, 1) > 0.999, "{}", good(&by_priority, 1));
    assert_eq!(good(&by_priority, 0), 1.0);
    let in_order = conduct("batch-at-midnight", &["services.api.queue.order=fifo"]);
    assert!(good(&in_order, 1) < 0.95, "{}", good(&in_order, 1));
}

#[test]
fn the_zone_comes_back_and_the_service_does_not() {
    assert_eq!(verdict("zone-outage", &[]), Verdict::Metastable);
    assert_eq!(verdict("zone-outage", &["workloads.users.arrivals.open.rate=560/s"]), Verdict::Unaffected);
    assert_eq!(verdict("zone-outage", &["policies.mobile.retry.max_attempts=1"]), Verdict::Recovered);
    assert_eq!(verdict("zone-outage", &["services.api.queue.capacity=16"]), Verdict::Recovered);
}

#[test]
fn a_rollback_does_not_bring_it_back() {
    assert_eq!(verdict("config-push", &[]), Verdict::Metastable);
    let canary = r#"faults.push.config_push.select={ share = "25%" }"#;
    assert_eq!(verdict("config-push", &[canary]), Verdict::Unaffected);
    assert_eq!(verdict("config-push", &["policies.search.retry.max_attempts=1"]), Verdict::Recovered);
    assert_eq!(verdict("config-push", &["services.search.queue.capacity=64"]), Verdict::Recovered);
}
