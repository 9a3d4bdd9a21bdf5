//! Systems of several tiers, as their models tell them: what each header says is so, under one seed.

use metastable::analysis::Verdict;
use metastable::experiment::{Progress, Trial, TrialOptions};
use metastable::observe::Run;

use crate::util;

/// A model of `models/`, with these changes, under its own seed. Conservation is checked where nothing is changed: here it costs most of the time, and there are laws for it.
pub(crate) fn conduct(name: &str, changes: &[&str]) -> Trial {
    let model = util::model_of(name, changes);
    let plan = util::plan(&model);
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
fn a_cache_empties_while_retries_in_two_layers_keep_its_database_busy() {
    let trial = conduct("checkout", &[]);
    assert_eq!(trial.judgement.as_ref().map(|judgement| judgement.verdict), Some(Verdict::Metastable));
    let twin = trial.twin.as_ref().expect("there is one");
    let hits = |run: &Run| {
        let rows = &run.caches[0].rows[300..600];
        let hits: u64 = rows.iter().map(|row| row.hits).sum();
        hits as f64 / rows.iter().map(|row| row.hits + row.misses).sum::<u64>() as f64
    };
    assert!((hits(twin) - 0.7).abs() < 0.01, "seven of ten: {}", hits(twin));
    assert!(hits(&trial.run) < 0.5, "and then less than half: {}", hits(&trial.run));
    let late = r#"services.catalog.handler[0].cache={ get = "redis", load = [{ call = { to = "db", policy = "db" } }] }"#;
    let cures: [&[&str]; 3] = [
        &["services.db.queue.capacity=64"],
        &["policies.db.deadline.propagate=true", "services.db.abandoned_work=drop_on_dequeue"],
        &[late, "caches.redis.coalesce=cache", "caches.redis.ttl.stale_if_error=10min"],
    ];
    for cure in cures {
        assert_eq!(verdict("checkout", cure), Verdict::Recovered, "{cure:?}");
    }
    assert_eq!(verdict("checkout", &["policies.db.retry.max_attempts=1"]), Verdict::Metastable);
    let budget =
        |policy: &str| format!(r#"policies.{policy}.retry.budget={{ ratio = {{ percent = "20%" }} }}"#);
    let budgets = [budget("internal"), budget("db")];
    let budgets: Vec<&str> = budgets.iter().map(String::as_str).collect();
    assert_eq!(verdict("checkout", &budgets), Verdict::Metastable);
    let forever = [&budgets[..], &["caches.redis.ttl.max=24h"]].concat();
    assert_eq!(verdict("checkout", &forever), Verdict::Recovered);
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
    assert_eq!(verdict("zone-outage", &["workloads.users.arrivals.open.rate=520/s"]), Verdict::Unaffected);
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
