//! Goal: what a hunt finds is a file that runs again, gets smaller, and says why; and what is stopped goes on as if it had not been.

use std::fs;

use crate::program::{Ended, Place};
use crate::{assert_refused, names, place_with};

/// A server that is retried to death by nearly anything.
const STORM: &str = r#"name = "storm"

[run]
duration = "100s"

[workloads.users]
arrivals = { open = { rate = "25/s" } }
to = "web"
policy = "web"

[policies.web]
per_try_timeout = "500ms"
retry = { max_attempts = 4, backoff = "none", budget = "unlimited" }

[services.web]
threads = 1
queue = { capacity = 60 }
handler = [{ work = "exponential(20ms)" }]
"#;

fn hunted(place: &Place, more: &[&str]) -> Ended {
    place.run(&[&["hunt", "model.toml", "--out", "out", "--runs", "40"], more].concat())
}

fn case(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

#[test]
fn what_is_found_is_replayed_and_shrunk() {
    let place = place_with(STORM);
    let ended = hunted(&place, &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("FOUND  storm: `recovers` does not hold in "), "{}", ended.stdout);
    assert!(ended.stdout.contains("1  metastable: retries at web, "), "{}", ended.stdout);
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    assert!(ended.stderr.contains("metastable shrink out/case-1.toml"), "{}", ended.stderr);

    let replayed = place.run(&["replay", "out/case-1.toml"]).success();
    assert!(replayed.starts_with("SAME  storm, seed 1: metastable\n"), "{replayed}");
    let json = place.run(&["replay", "out/case-1.toml", "--format", "json"]).success();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["same"], &json["holds"]), (&true.into(), &false.into()));

    let shrunk = place.run(&["shrink", "out/case-1.toml", "--out", "small.toml"]).success();
    assert!(
        shrunk.starts_with("SHRUNK  storm, seed 1: from ") && shrunk.contains("One fault: at "),
        "{shrunk}"
    );
    assert!(shrunk.lines().all(|line| line.chars().count() <= 80), "{shrunk}");
    assert!(place.run(&["replay", "small.toml"]).success().starts_with("SAME"));
    assert!(!place.path().join("small.toml.journal").exists());

    let parted = place.run(&["replay", "--to-first-difference", "small.toml", "out/case-1.toml"]).success();
    assert!(parted.starts_with("DIFFERENT  The two runs part at "), "{parted}");
    let same = place.run(&["replay", "--to-first-difference", "small.toml", "small.toml"]).success();
    assert!(same.starts_with("SAME  small.toml and small.toml\n"), "{same}");
}

/// The answers that are in the journal are not asked for again, and what comes out is what would have come out.
#[test]
fn a_hunt_goes_on_where_it_was_stopped() {
    let (whole, stopped) = (place_with(STORM), place_with(STORM));
    let first = hunted(&whole, &[]);
    assert_eq!(stopped.run(&["hunt", "model.toml", "--out", "out", "--runs", "7"]).code, Some(1));
    // The process dies in the middle of a line.
    let journal = case(&stopped, "out/hunt.journal");
    fs::write(stopped.path().join("out/hunt.journal"), &journal[..journal.len() - 9]).unwrap();
    let second = hunted(&stopped, &["--jobs", "1"]);
    assert_eq!((second.code, &second.stdout), (first.code, &first.stdout));
    assert_eq!(case(&stopped, "out/case-1.toml"), case(&whole, "out/case-1.toml"));
    assert_eq!(hunted(&whole, &[]).stdout, first.stdout, "all answers are known by now");
}

#[test]
fn time_that_is_over_is_no_interrupt() {
    let place = place_with(STORM);
    let ended = place.run(&["hunt", "model.toml", "--out", "out", "--runs", "1000000", "--until", "1s"]);
    assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.stderr);
    assert!(ended.stdout.contains(" runs"), "{}", ended.stdout);
}

#[test]
fn a_property_that_holds_is_no_failure() {
    let place = place_with(STORM);
    let held = ["--set", "policies.web.retry.max_attempts=1", "--format", "json"];
    let ended = hunted(&place, &held).success();
    let json: serde_json::Value = serde_json::from_str(&ended).unwrap();
    assert_eq!((&json["runs"], json["failures"].as_array().map(Vec::len)), (&40.into(), Some(0)));
    assert_eq!(names(&place), ["model.toml", "out", "out/hunt.journal"]);
}

#[test]
fn mistakes_are_named() {
    let place = place_with(STORM);
    assert_refused(&hunted(&place, &["--property", "recover"]), &["`recover`", "`recovers`"]);
    assert_refused(&hunted(&place, &["--property", "meets_objectives"]), &["no objectives", "[objectives]"]);
    assert_refused(&hunted(&place, &["--faults", "paus"]), &["`paus`", "`pause`"]);
    assert_refused(&hunted(&place, &["--set", "run.duration=20s"]), &["no room for faults"]);
    assert_refused(&place.run(&["replay", "model.toml"]), &["no `[case]`", "`metastable hunt`"]);
    assert_refused(&place.run(&["replay", "--to-first-difference", "model.toml"]), &["two files"]);
    assert_refused(&place.run(&["replay", "model.toml", "model.toml"]), &["--to-first-difference"]);
    assert_refused(&place.run(&["shrink", "model.toml"]), &["nothing to shrink", "--property"]);
    assert_refused(&place.run(&["shrink", "model.toml", "--out", "model.toml"]), &["no case of metastable"]);

    hunted(&place, &[]);
    assert_refused(&hunted(&place, &["--seed", "2"]), &["a hunt for something else", "--out"]);
    let text = case(&place, "out/case-1.toml");
    assert_refused(
        &place.run(&["run", "out/case-1.toml"]),
        &["a model has no `case`", "`metastable replay`"],
    );
    fs::write(place.path().join("other.toml"), text.replace("version = \"", "version = \"9.")).unwrap();
    assert_refused(&place.run(&["replay", "other.toml"]), &["version 9.", "--force"]);
    assert!(place.run(&["replay", "other.toml", "--force"]).success().starts_with("SAME"));
    let edited = text.replace("queue.capacity = 60", "queue.capacity = 59");
    fs::write(place.path().join("other.toml"), edited).unwrap();
    assert_refused(&place.run(&["replay", "other.toml"]), &["digest", "--force"]);
    let different = place.run(&["replay", "other.toml", "--force"]);
    assert_eq!(different.code, Some(1), "{}", different.stderr);
}

/// Ctrl-C keeps what is done, and the same command goes on as if nothing had been.
#[cfg(unix)]
#[test]
fn an_interrupted_hunt_goes_on() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let (place, whole) = (place_with(STORM), place_with(STORM));
    let mut endless = place.command(&["hunt", "model.toml", "--out", "out", "--runs", "1000000"]);
    let child = endless.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let answers =
        || fs::read_to_string(place.path().join("out/hunt.journal")).unwrap_or_default().lines().count();
    for _ in 0..6000 {
        if answers() > 10 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("interrupted: ") && stderr.contains("run the same command again"), "{stderr}");
    assert!(output.stdout.is_empty() && answers() > 10);
    assert_eq!(hunted(&place, &[]).stdout, hunted(&whole, &[]).stdout);
}
