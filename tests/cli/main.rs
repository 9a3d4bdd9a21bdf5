//! The program as its users meet it: arguments in; exit code, text and files out. Nothing here knows how it works inside.
//!
//! Every mistake must be answered with its place, the text that is meant and what to do; must end with exit code 2; and must leave the
//! file system as it was. What is asserted about messages is what helps a reader, not their exact drawing.

#![expect(clippy::unwrap_used, reason = "what does not work here is what the test is about")]

#[path = "../util/experiments.rs"]
mod experiments;
#[path = "../util/models.rs"]
mod models;
#[path = "../util/program.rs"]
mod program;

mod boundary;
mod compare;
mod explain;
mod formats;
mod hunt;
mod hysteresis;
mod mistakes;
mod output;
mod report;
#[cfg(unix)]
mod signals;
mod sweep;
mod terminal;
mod tools;
mod traces;

use std::fs;

use program::{Ended, Place, tree};

/// A model in which nothing is wrong, not even worth a warning; a second takes microseconds.
const MODEL: &str = r#"name = "shop"

[run]
duration = "20s"

[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
to = "web"
policy = "browser"

[policies.browser]
timeout = "1s"

[services.web]
threads = 4
queue = { capacity = 16 }
handler = [{ work = "2ms" }, { call = { to = "db" } }]

[services.db]
threads = "unlimited"
handler = [{ work = "exponential(3ms)" }]

[faults.slow]
at = "5s"
duration = "1s"
degrade = { service = "db", factor = 2 }
"#;

/// A place with the file `model.toml`.
fn place_with(text: impl AsRef<[u8]>) -> Place {
    let place = Place::new();
    fs::write(place.path().join("model.toml"), text).unwrap();
    place
}

/// [`MODEL`] with `from` replaced by `to`.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    assert!(MODEL.contains(from), "`{from}` is not in the model");
    MODEL.replacen(from, to, 1)
}

/// Checks that something was refused: exit code 2, nothing on standard output, these texts on standard error.
#[track_caller]
fn assert_refused(ended: &Ended, expected: &[&str]) {
    assert_eq!(ended.code, Some(2), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.stdout, "");
    for text in expected {
        assert!(ended.stderr.contains(text), "`{text}` is not in\n{}", ended.stderr);
    }
}

/// What a results directory holds, but for the command that made it.
fn without_command(place: &Place, out: &str) -> Vec<(String, Option<Vec<u8>>)> {
    let mut results = tree(&place.path().join(out));
    results.retain(|(name, _)| name != "command.json");
    results
}

/// The names of everything below a place, without what results directories contain.
fn names(place: &Place) -> Vec<String> {
    tree(place.path()).into_iter().map(|(name, _)| name).collect()
}

/// The five files of a results directory.
const RESULTS: [&str; 5] = ["command.json", "edges.csv", "services.csv", "summary.json", "workloads.csv"];
