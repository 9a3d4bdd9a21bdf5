//! Goal: what `explain` prints is the model that is in force, and a model itself. Method: explain it again, and run it.

use std::fs;

use crate::models::models;
use crate::program::{Ended, Place};
use crate::{MODEL, assert_refused, changed, place_with, without_command};

/// The explanation without the origins, which name other lines the second time.
fn without_origins(explanation: &str) -> Vec<&str> {
    explanation.lines().map(|line| line.split(" # ").next().unwrap_or("").trim_end()).collect()
}

/// Writes the explanation of `name` beside it as `explained.toml`, checks that it explains itself, and returns it.
#[track_caller]
fn explained(place: &Place, name: &str, sets: &[&str]) -> String {
    let overrides = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> = ["explain", name].into_iter().chain(overrides).collect();
    let first = place.run(&arguments).success();
    fs::write(place.path().join("explained.toml"), &first).unwrap();
    let second = place.run(&["explain", "explained.toml"]).success();
    assert_eq!(without_origins(&first), without_origins(&second));
    first
}

#[test]
fn every_model_explains_itself() {
    for path in models() {
        let place = Place::new();
        fs::copy(&path, place.path().join("model.toml")).unwrap();
        explained(&place, "model.toml", &[]);
    }
}

#[test]
fn values_have_their_origins() {
    let place = place_with(MODEL);
    let text = explained(
        &place,
        "model.toml",
        &["policies.browser.retry={ max_attempts = 2 }", "run.seed=18446744073709551615"],
    );
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("duration = \"20s\"").ends_with("# line 4"), "{text}");
    assert!(line("interval = \"1s\"").ends_with("# default"), "{text}");
    assert!(line("retry.max_attempts = 2").ends_with("# --set"), "{text}");
    assert!(line("seed = 18446744073709551615").ends_with("# --set"), "{text}");
}

#[test]
fn texts_of_every_kind_survive() {
    let text = changed(
        "name = \"shop\"",
        "name = \"shop\"\ndescription = \"\"\"\nlines, \\u001b[31m, # \"quotes\", 'others', \\\\ and ü日本\n\"\"\"",
    );
    let with_params = text.replace("\"50/s\"", "\"$rate\"") + "\n[params]\nrate = \"50/s\"\n";
    for text in [text, with_params] {
        let place = place_with(&text);
        let explanation = explained(&place, "model.toml", &[]);
        assert!(!explanation.contains('\u{1b}'), "{explanation:?}");
    }
}

#[test]
fn the_explained_model_runs_to_the_same_results() {
    let place = place_with(MODEL);
    let set = "policies.browser.retry={ max_attempts = 2 }";
    explained(&place, "model.toml", &[set]);
    place.run(&["run", "model.toml", "--set", set, "--out", "written"]).success();
    place.run(&["run", "explained.toml", "--out", "explained"]).success();
    assert_eq!(without_command(&place, "written"), without_command(&place, "explained"));
}

#[test]
fn a_model_with_mistakes_is_not_explained() {
    let place = place_with(changed("threads = 4", "thraeds = 4"));
    let ended: Ended = place.run(&["explain", "model.toml"]);
    assert_refused(&ended, &["model.toml:15:1", "unknown field `thraeds`"]);
}

#[test]
fn warnings_do_not_mix_with_the_explanation() {
    let place = place_with(MODEL);
    let ended = place.run(&["explain", "model.toml", "--set", "workloads.shoppers.arrivals.open.rate=0/s"]);
    assert!(ended.stderr.contains("warning[M130]") && !ended.stdout.contains("warning"), "{ended:?}");
    assert_eq!(ended.code, Some(0));
}
