//! Times to live and what a cache loads by itself: what is refused or doubted, and with which words.

use super::*;

/// What is found in a model with a cache whose entries end like this, and that is looked up with `load` or `on_miss`.
#[track_caller]
fn finds(ttl: &str, miss: &str, expected: &[&str]) {
    let handler = format!("handler = [ {{ cache = {{ get = \"pages\", {miss} }} }} ]\n");
    let text = changed("handler = [ { work = \"8ms\" } ]\n", &handler)
        .replace("to = \"db\"\n", "to = \"db\"\nkeys = { uniform = { count = 100 } }\n");
    let cache = format!("[caches.pages]\ncapacity = 10\nttl = {{ max = \"60s\", {ttl} }}\n");
    let found = load(&(text + &cache), &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let path = diagnostic.path.clone().unwrap_or_default();
            format!("{} {path}: {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

const LOAD: &str = "load = [{ work = \"8ms\" }]";
const ASIDE: &str = "on_miss = [{ work = \"8ms\" }, { put = \"pages\" }]";

#[test]
fn rules_of_freshness_are_accepted_and_explained() {
    let all = "refresh_after = \"30s\", stale_while_revalidate = \"30s\", stale_if_error = \"5min\", early_expiration = {}";
    finds(all, LOAD, &[]);
    let text = changed(
        "handler = [ { work = \"8ms\" } ]\n",
        &format!("handler = [ {{ cache = {{ get = \"pages\", {LOAD} }} }} ]\n"),
    ) + &format!("[caches.pages]\ncapacity = 1\nttl = {{ max = \"60s\", {all} }}\n");
    let loaded = load(&text, &[]).unwrap();
    let effective = loaded.model.effective_toml();
    assert!(effective.contains("beta = 1"), "{effective}");
    assert_eq!(load(&effective, &[]).unwrap().model, loaded.model);
}

#[test]
fn rules_that_never_act_are_refused_or_doubted() {
    let over = "M030 caches.pages.ttl.refresh_after: nothing is refreshed after 1min: its time of 1min is over before";
    finds("refresh_after = \"60s\"", LOAD, &[over]);
    finds("refresh_after = \"60s\", renewed_on_hit = true", LOAD, &[]);
    finds(
        "early_expiration = { beta = 0 }",
        LOAD,
        &["M030 caches.pages.ttl.early_expiration.beta: with a `beta` of 0 nothing expires early"],
    );
    let all = "refresh_after = \"30s\", stale_while_revalidate = \"30s\", stale_if_error = \"30s\", early_expiration = {}";
    let settings = ["refresh_after", "stale_while_revalidate", "stale_if_error", "early_expiration"];
    let nothing = settings.map(|setting| {
        format!(
            "M105 caches.pages.ttl.{setting}: `{setting}` is about what the cache loads by itself, and it loads nothing"
        )
    });
    finds(all, ASIDE, &nothing.each_ref().map(String::as_str));
    finds(
        "stale_while_revalidate = \"30s\", stale_if_error = \"30s\"",
        LOAD,
        &[
            "M130 caches.pages.ttl.stale_if_error: nobody waits for a load before 30s are over, and then nothing is kept for those whose load fails",
        ],
    );
}
