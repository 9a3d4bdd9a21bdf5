//! Goal: a boundary that is known is found, the answer comes first and can be typed again, and where there is none it says what to ask instead. Method: models with a known threshold, run as a user would.

use std::fs;

use serde_json::Value;

use crate::program::{Place, tree};
use crate::{MODEL, assert_refused, names, place_with};

/// A server of 100/s that turns away what is too much: the twin is unhealthy from about 110/s on.
const STATION: &str = r#"name = "station"

[run]
duration = "60s"

[workloads.users]
arrivals = { open = { rate = "50/s" } }
to = "server"

[services.server]
threads = 1
queue = { capacity = 10 }
handler = [{ work = "10ms" }]
"#;

const ALONG: &str = "workloads.users.arrivals.open.rate=50/s..200/s";

fn find(place: &Place, more: &[&str]) -> String {
    let arguments =
        ["boundary", "model.toml", "--along", ALONG, "--verdict", "unstable", "--tolerance", "5%"];
    place.run(&[&arguments[..], more].concat()).success()
}

#[test]
fn the_answer_comes_first_and_can_be_typed_again() {
    let place = place_with(STATION);
    let text = find(&place, &[]);
    let headline = text.lines().next().unwrap();
    let (low, high) = headline.strip_prefix("BOUNDARY: ").unwrap().split_once(" to ").unwrap();
    let number = |text: &str| text.split("/s").next().unwrap().parse::<f64>().unwrap();
    // Of 100/s and a few percent more at least 90 % are served.
    assert!(number(low) >= 100.0 && number(high) <= 125.0 && number(low) < number(high), "{text}");
    assert!(headline.ends_with("  station"), "{text}");
    assert!(text.contains("than 50 % of all seeds end unstable (0 of 12), at "), "{text}");
    let wide =
        text.lines().take_while(|line| !line.starts_with("replay")).filter(|line| line.chars().count() > 80);
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(names(&place), ["model.toml"], "nothing is written that was not asked for");
    // The three commands at the end do what they say.
    let command = |label: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(label)).unwrap();
        let words: Vec<&str> = line.trim().strip_prefix("metastable ").unwrap().split(' ').collect();
        place.run(&words).success()
    };
    assert_eq!(command("replay"), text);
    assert!(command("above").starts_with("UNSTABLE"));
    assert!(command("below").starts_with("HEALTHY"));
}

#[test]
fn the_files_are_the_same_on_any_number_of_threads() {
    let place = place_with(STATION);
    let json = find(&place, &["--out", "one", "--jobs", "1", "--format", "json"]);
    find(&place, &["--out", "three", "--jobs", "3"]);
    let results = |name: &str| tree(&place.path().join(name));
    assert!(results("one") == results("three"), "the number of threads shows");
    let files: Vec<String> = results("one").into_iter().map(|(name, _)| name).collect();
    assert_eq!(files, ["boundary.json", "command.json", "probes.csv", "runs.csv"]);
    assert_eq!(fs::read_to_string(place.path().join("one/boundary.json")).unwrap(), json);
    let read: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["schema"], "metastable.boundary.v1");
    assert_eq!(read["answer"]["is_crossed"], true);
    let probes = fs::read_to_string(place.path().join("one/probes.csv")).unwrap();
    assert!(
        probes.starts_with("value,seeds,count,share_ratio,low_ratio,high_ratio,side,healthy,"),
        "{probes}"
    );
    let runs = fs::read_to_string(place.path().join("one/runs.csv")).unwrap();
    let seeds: u64 =
        read["probes"].as_array().unwrap().iter().map(|probe| probe["seeds"].as_u64().unwrap()).sum();
    assert_eq!(runs.lines().count() as u64, seeds + 1, "a row per value and seed");
    // What is there already is ours, and replaced.
    find(&place, &["--out", "one", "--seeds", "24"]);
}

#[test]
fn counts_stay_whole() {
    let place = place_with(STATION.replace("50/s", "250/s"));
    let along = "services.server.threads=1..9";
    let text = place.run(&["boundary", "model.toml", "--along", along, "--verdict", "surviving"]).success();
    assert!(
        text.starts_with("BOUNDARY: 2 to 3  station\nAt 2 less than 50 % of all seeds survive"),
        "{text}"
    );
}

#[test]
fn without_a_crossing_it_says_what_to_ask_instead() {
    let place = place_with(STATION);
    let ended = place.run(&["boundary", "model.toml", "--along", ALONG]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("NO CROSSING  station\n"), "{}", ended.stdout);
    assert!(ended.stderr.contains("error: the range does not hold the boundary\n"), "{}", ended.stderr);
    let help = "at 50/s most seeds end healthy, at 200/s unstable: ask `--verdict not-surviving`";
    assert!(ended.stderr.contains(help), "{}", ended.stderr);
}

#[test]
fn mistakes_are_known_before_anything_is_run() {
    let place = place_with(STATION);
    let boundary = |along: &str, more: &[&str]| {
        place.run(&[&["boundary", "model.toml", "--along", along], more].concat())
    };
    assert_refused(&boundary("workloads.users=5", &[]), &["write a path and a range"]);
    let typo = boundary("workloads.user.arrivals.open.rate=1/s..2/s", &[]);
    assert_refused(&typo, &["error[M006]: `workloads` has no `user`", "did you mean `users`?"]);
    assert_refused(&boundary("services.server.threads=1..2000000", &[]), &["error[M022]"]);
    assert_refused(&boundary(ALONG, &["--level", "100%"]), &["a share between 0% and 100%"]);
    assert_refused(&boundary(ALONG, &["--verdict", "bad"]), &["metastable", "not-surviving"]);
    assert_refused(&boundary(ALONG, &["--seeds", "5"]), &["--seeds 5: even if all seeds agree", "`--seeds "]);
    assert_refused(&boundary("services.server.queue.capacity=0..9", &["--log"]), &["--log", "begins at 0"]);
}

/// L. Huang et al., "Metastable Failures in the Wild", OSDI 2022, theorem 2: of 300/s and two attempts per request half is what stays stable. Near it a finite run decides by chance.
#[test]
fn the_threshold_of_the_database_is_half_of_its_capacity() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/database-brownout.toml");
    let along = "workloads.app.arrivals.open.rate=120/s..200/s";
    let arguments =
        ["boundary", model, "--along", along, "--tolerance", "5%", "--seeds", "36", "--format", "json"];
    let answer: Value = serde_json::from_str(&Place::new().run(&arguments).success()).unwrap();
    let edge = |name: &str| {
        let text = answer["answer"][name].as_str().unwrap();
        text.strip_suffix("/s").unwrap().parse::<f64>().unwrap()
    };
    let (below, above) = (edge("below"), edge("above"));
    assert!((145.0..155.0).contains(&below) && below < above && above <= 155.0, "{below} to {above}");
}

/// The running example of R. Isaacs et al. (`HotOS` 2025) asks a server of 10/s six times: it comes back once less than 10/6 per second are left. Luck helps it a little: the room is small, and it waits long.
#[test]
fn how_far_the_load_must_be_cut_is_a_sixth_of_the_capacity() {
    let page = include_str!("../../docs/experiments.md");
    let model = page.split("```toml shed.toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let place = place_with(model);
    let along = "workloads.users.profile[1].scale=1.0..3";
    let text = place.run(&[
        "boundary",
        "model.toml",
        "--along",
        along,
        "--tolerance",
        "20%",
        "--seeds",
        "24",
        "--format",
        "json",
    ]);
    let answer: Value = serde_json::from_str(&text.success()).unwrap();
    let edge = |name: &str| answer["answer"][name].as_str().unwrap().parse::<f64>().unwrap();
    let (below, above) = (edge("below"), edge("above"));
    assert!(1.5 <= below && below < above && above <= 2.0, "{below} to {above}");
}

#[test]
fn a_ramp_is_for_rates_and_long_enough() {
    let place = place_with(MODEL);
    let hysteresis = |along: &str, more: &[&str]| {
        place.run(&[&["hysteresis", "model.toml", "--along", along], more].concat())
    };
    assert_refused(&hysteresis("services.web.threads=1..9", &[]), &["only the rate of an open workload"]);
    let along = "workloads.shoppers.arrivals.open.rate=10/s..90/s";
    assert_refused(
        &hysteresis(along, &["--for", "2s", "--set", "run.warmup=1s"]),
        &["--for 2s", "`run.warmup`"],
    );
    assert_refused(&hysteresis(along, &["--seeds", "5"]), &["5 is not in 6.."]);
    let text = hysteresis(along, &["--for", "60s", "--out", "out"]).success();
    assert!(
        text.starts_with("NEVER FELL  shop, seeds 1 to 20\nshoppers carries every load up to 90.0/s"),
        "{text}"
    );
    let files: Vec<String> = tree(&place.path().join("out")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(files, ["command.json", "course.csv", "hysteresis.json", "thresholds.csv"]);
}
