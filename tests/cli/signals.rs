//! Goal: an interrupted run is as if it had never begun. Method: begin one that would take hours, wait until its temporary directory
//! is there, and send a signal.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::program::{Place, tree};
use crate::{MODEL, names, place_with};

/// A run that nobody waits for, writing into `out`.
const RUN: [&str; 8] =
    ["run", "model.toml", "--out", "out", "--set", "run.duration=20000d", "--set", "run.interval=1d"];

/// Begins it, and waits until it has begun.
fn long_run(place: &Place, arguments: &[&str]) -> Child {
    let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let has_begun = || {
        let mut entries = fs::read_dir(place.path()).unwrap();
        entries.any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(".partial"))
    };
    // A machine under load takes its time; a minute means that it never begins.
    for _ in 0..6000 {
        if has_begun() {
            return child;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the run has not begun");
}

/// Interrupts a long run and checks what it says and that the place is as it was.
fn interrupt(place: &Place, arguments: &[&str], signal: &str) {
    let before = tree(place.path());
    let child = long_run(place, arguments);
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{signal}: {stderr}");
    assert!(stderr.contains("interrupted: unfinished results have been removed"), "{stderr}");
    assert!(output.stdout.is_empty());
    assert_eq!(tree(place.path()), before);
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    let place = place_with(MODEL);
    for signal in ["-INT", "-TERM"] {
        interrupt(&place, &RUN, signal);
        assert_eq!(names(&place), ["model.toml"]);
    }
}

#[test]
fn an_interrupt_leaves_the_earlier_results() {
    let place = place_with(MODEL);
    place.run(&["run", "model.toml", "--out", "out"]).success();
    interrupt(&place, &RUN, "-INT");
}

#[test]
fn an_interrupted_comparison_leaves_nothing_behind() {
    let place = place_with(MODEL);
    let long = "model = \"model.toml\"\nseeds = 3\n[variants.long]\nset = { \"run.duration\" = \"20000d\", \"run.interval\" = \"1d\" }\n";
    fs::write(place.path().join("long.toml"), long).unwrap();
    interrupt(&place, &["compare", "long.toml", "--out", "out"], "-INT");
}

#[test]
fn an_interrupted_search_leaves_nothing_behind() {
    let place = place_with(MODEL);
    let long = ["--set", "run.duration=20000d", "--set", "run.interval=1d", "--out", "out"];
    let search = ["boundary", "model.toml", "--along", "services.web.threads=1..9"];
    interrupt(&place, &[&search[..], &long].concat(), "-INT");
    let ramp = ["hysteresis", "model.toml", "--along", "workloads.shoppers.arrivals.open.rate=10/s..90/s"];
    interrupt(&place, &[&ramp[..], &long].concat(), "-INT");
}
