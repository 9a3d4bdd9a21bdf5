//! Goal: what the program writes for other programs (editors, shells, man) is what they read; and a run can be asked whether it comes again.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::program::Place;
use crate::{MODEL, assert_refused, changed, names, place_with};

#[test]
fn the_schema_is_printed_as_it_is_checked_in() {
    let printed = Place::new().run(&["schema"]).success();
    let kept =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metastable.schema.json")).unwrap();
    assert!(printed == kept, "cargo test --test schema brings docs/metastable.schema.json up to date");
    let printed = Place::new().run(&["schema", "experiment"]).success();
    let kept = include_str!("../../docs/metastable.experiment.schema.json");
    assert!(
        printed == kept,
        "cargo test --test schema brings docs/metastable.experiment.schema.json up to date"
    );
}

#[test]
fn every_shell_has_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Place::new().run(&["completions", shell]).success();
        for word in ["check-determinism", "explain", "unset"] {
            assert!(script.contains(word), "{shell} does not know `{word}`");
        }
    }
    let refused = Place::new().run(&["completions", "sh"]);
    assert_refused(&refused, &["'sh'", "bash", "zsh"]);
}

#[cfg(target_os = "linux")]
#[test]
fn bash_reads_its_completions() {
    let script = Place::new().run(&["completions", "bash"]).success();
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let place = Place::new();
    let page = place.run(&["man"]).success();
    assert!(page.contains(".TH metastable 1") && page.contains("Exit codes"), "{page}");
    assert_eq!(place.run(&["man", "--dir", "share/man1"]).success(), "");
    let commands = [
        "boundary",
        "check",
        "compare",
        "completions",
        "diagnose",
        "explain",
        "hunt",
        "hysteresis",
        "man",
        "replay",
        "report",
        "run",
        "schema",
        "shrink",
        "sweep",
        "sweep-merge",
        "sweep-status",
        "sweep-verify",
    ];
    let mut expected = vec!["share".to_owned(), "share/man1".to_owned()];
    expected.extend(commands.map(|command| format!("share/man1/metastable-{command}.1")));
    expected.push("share/man1/metastable.1".to_owned());
    expected.sort();
    assert_eq!(names(&place), expected);
    let run = fs::read_to_string(place.path().join("share/man1/metastable-run.1")).unwrap();
    assert!(run.contains("\\-\\-check\\-determinism"), "{run}");
    fs::write(place.path().join("file"), "").unwrap();
    assert_refused(&place.run(&["man", "--dir", "file"]), &["`file`", "a directory"]);
}

#[test]
fn a_run_that_comes_again_is_deterministic_and_writes_nothing() {
    let place = place_with(MODEL);
    let once = place.run(&["run", "model.toml", "--check-determinism"]).success();
    assert!(once.starts_with("DETERMINISTIC  shop, seed 1\nTwo runs had the same "), "{once}");
    assert_eq!(once, place.run(&["run", "model.toml", "--check-determinism"]).success());
    assert_ne!(once, place.run(&["run", "model.toml", "--check-determinism", "--seed", "2"]).success());
    let longer = place_with(changed("\"2ms\"", "\"3ms\""));
    assert_ne!(once, longer.run(&["run", "model.toml", "--check-determinism"]).success());
    assert_eq!(names(&place), ["model.toml"]);
    let both = place.run(&["run", "model.toml", "--check-determinism", "--out", "out"]);
    assert_refused(&both, &["--check-determinism", "--out"]);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let place = place_with(MODEL);
    for jobs in ["1", "3"] {
        place.run(&["run", "model.toml", "--seeds", "1..4", "--jobs", jobs, "--out", jobs]).success();
    }
    for file in ["runs.csv", "summary.json"] {
        let read = |jobs: &str| fs::read(place.path().join(jobs).join(file)).unwrap();
        assert!(read("1") == read("3"), "{file}");
    }
    assert_refused(&place.run(&["run", "model.toml", "--jobs", "0"]), &["'0'", "--jobs"]);
}

/// Goodput is never touched, and the database takes 3 ms: what is promised here holds, and what is asked for next does not.
#[test]
fn objectives_are_judged_and_strictly_so_if_asked() {
    let promised = |objectives: &str| {
        place_with(changed("[workloads.shoppers]", &format!("{objectives}\n[workloads.shoppers]")))
    };
    let kept =
        promised("[objectives]\navailability = \"90%\"\nlatency = { p50 = \"1s\" }\nrecovery = \"5s\"");
    let text = kept.run(&["run", "model.toml", "--strict"]).success();
    assert_eq!(text.matches(" met\n").count(), 3, "{text}");

    let broken = promised("[objectives]\nlatency = { p50 = \"1ms\", p999 = \"10s\" }");
    let text = broken.run(&["run", "model.toml"]).success();
    assert!(text.contains("shoppers: latency p50") && text.contains("MISSED"), "{text}");
    let strict = broken.run(&["run", "model.toml", "--strict", "--out", "out"]);
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    assert!(strict.stderr.contains("latency_p50_s of shoppers"), "{}", strict.stderr);
    let summary = fs::read(broken.path().join("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    let objectives = summary["objectives"].as_array().unwrap();
    assert_eq!(objectives.len(), 2, "the results are there all the same");
    assert_eq!(
        (&objectives[0]["objective"], &objectives[0]["met"]),
        (&"latency_p50_s".into(), &false.into())
    );
    assert_eq!((&objectives[1]["target"], &objectives[1]["met"]), (&10.0.into(), &true.into()));

    let none = place_with(MODEL);
    assert_refused(&none.run(&["run", "model.toml", "--strict"]), &["no objectives", "[objectives]"]);
}
