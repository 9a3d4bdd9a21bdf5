//! A load that goes up and comes down again, and the two thresholds that whoever reads the CSV finds: where it falls over, and where it comes back.

use std::fs;
use std::path::Path;

use crate::program::Place;

/// Offered and good requests per second, of the run and not of its twin.
fn series(set: &[&str]) -> Vec<(f64, f64)> {
    let place = Place::new();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/gc-hysteresis.toml");
    let mut arguments = vec!["run", model.to_str().expect("UTF-8"), "--out", "out"];
    arguments.extend(set.iter().flat_map(|set| ["--set", set]));
    place.run(&arguments);
    let text = fs::read_to_string(place.path().join("out/workloads.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|it| *it == name).unwrap();
    let (run, offered, good) = (column("run"), column("offered"), column("good"));
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let rows = rows.filter(|row| row[run] == "actual");
    rows.map(|row| (row[offered].parse().unwrap(), row[good].parse().unwrap())).collect()
}

/// The mean load of ten seconds, and the share of it that succeeds, from each second on.
fn windows(series: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let window = |rows: &[(f64, f64)]| {
        let (offered, good) = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        (offered / rows.len() as f64, good / offered)
    };
    series.windows(10).map(window).collect()
}

#[test]
fn it_falls_over_at_one_load_and_comes_back_at_half_of_it() {
    let windows = windows(&series(&[]));
    let falls = windows.iter().position(|(_, good)| *good < 0.5).expect("it falls over");
    let after = &windows[falls..];
    let returns = after.iter().position(|(_, good)| *good > 0.95).expect("it comes back");
    let (falls_at, returns_at) = (windows[falls].0, after[returns].0);
    assert!(falls_at > 900.0, "it takes {falls_at}/s");
    assert!(returns_at < 0.6 * falls_at, "back at {returns_at}/s, of {falls_at}/s");
    assert!(after[returns..].iter().all(|(_, good)| *good > 0.9), "and stays");
}

#[test]
fn with_a_short_queue_the_way_back_is_nearly_the_way_there() {
    let windows = windows(&series(&["services.app.queue.capacity=200"]));
    let worst = windows.iter().map(|(_, good)| *good).fold(1.0, f64::min);
    assert!(worst > 0.75, "it turns away what is too much, and little more: {worst}");
    let too_much = |window: &&(f64, f64)| window.1 < 0.95;
    let falls_at = windows.iter().find(too_much).expect("there is too much").0;
    let returns_at = windows.iter().rfind(too_much).expect("there is too much").0;
    assert!(returns_at > 0.85 * falls_at, "back at {returns_at}/s, of {falls_at}/s");
}

/// The command finds what a reader of the CSV finds: 20 s at the foot and 300 s up and down are the ramp of the model.
#[test]
fn the_command_agrees_with_the_reader_of_the_csv() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/gc-hysteresis.toml");
    let along = "workloads.users.arrivals.open.rate=300/s..1000/s";
    let find = |more: &[&str]| {
        let arguments = ["hysteresis", model.to_str().expect("UTF-8"), "--along", along, "--seeds", "6"];
        let text = Place::new().run(&[&arguments[..], &["--format", "json"], more].concat()).success();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let found = find(&[]);
    assert_eq!(found["ramp"]["slope_s"], 300.0);
    let median = |name: &str| found[name]["median"].as_f64().unwrap();
    let windows = windows(&series(&[]));
    let falls = windows.iter().position(|(_, good)| *good < 0.9).expect("it falls over");
    let back = windows.iter().rposition(|(_, good)| *good < 0.9).expect("it falls over") + 1;
    // A window of ten seconds is 23/s; the CSV is that of one seed.
    assert!((median("falls_at_per_s") - windows[falls].0).abs() < 50.0, "{found}");
    assert!((median("returns_at_per_s") - windows[back].0).abs() < 50.0, "{found}");
    assert!(median("returns_at_per_s") < 0.6 * median("falls_at_per_s"), "{found}");
    assert_eq!(found["is_hysteresis"], true);
    let short = find(&["--set", "services.app.queue.capacity=200"]);
    assert!(
        short["difference_per_s"]["median"].as_f64().unwrap() < 0.3 * median("difference_per_s"),
        "{short}"
    );
}

/// Ten threads of 20 ms: 500/s. What it does at a load does not depend on how it came there.
const STATION: &str = r#"
name = "station"
[run]
duration = "5min"
[workloads.u]
arrivals = { open = { rate = "300/s" } }
to = "db"
policy = "p"
[policies.p]
timeout = "1s"
[services.db]
threads = 10
queue = { capacity = 20 }
handler = [{ work = "20ms" }]
"#;

fn station(range: &str, more: &[&str]) -> String {
    let place = Place::new();
    fs::write(place.path().join("model.toml"), STATION).unwrap();
    let along = format!("workloads.u.arrivals.open.rate={range}");
    let arguments = ["hysteresis", "model.toml", "--along", &along, "--seeds", "8"];
    place.run(&[&arguments[..], more].concat()).success()
}

#[test]
fn a_loss_system_has_no_hysteresis() {
    let text = station("300/s..700/s", &[]);
    assert!(text.starts_with("NO HYSTERESIS"), "{text}");
}

#[test]
fn a_range_that_begins_above_the_capacity_says_nothing() {
    let text = station("600/s..900/s", &[]);
    assert!(text.starts_with("UNCLEAR") && text.contains("begin lower"), "{text}");
}

/// A queue without bound comes back late however slow the ramp is, since the backlog is as slow; if the load stays, it comes back.
#[test]
fn a_queue_that_is_worked_off_is_no_hysteresis() {
    for (range, length) in [("200/s..700/s", "5min"), ("300/s..700/s", "5min"), ("300/s..700/s", "20min")] {
        let queue = "services.db.queue.capacity=unlimited";
        let text = station(range, &["--set", queue, "--for", length]);
        assert!(text.starts_with("NO HYSTERESIS"), "{range} {length}: {text}");
        assert!(text.replace('\n', " ").contains("a backlog that is worked off"), "{range} {length}: {text}");
    }
}
