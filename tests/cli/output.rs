//! Goal: results appear whole or not at all, replace only what is ours, and say the same in every form. Method: run, and look at the disk.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use crate::program::{Place, tree};
use crate::{MODEL, RESULTS, assert_refused, changed, names, place_with, without_command};

#[cfg(unix)]
use crate::program::Ended;

/// The names below the directory `out` of a place.
fn results(place: &Place, out: &str) -> Vec<String> {
    tree(&place.path().join(out)).into_iter().map(|(name, _)| name).collect()
}

fn summary(place: &Place, out: &str) -> serde_json::Value {
    serde_json::from_slice(&fs::read(place.path().join(out).join("summary.json")).unwrap()).unwrap()
}

#[test]
fn results_go_where_model_and_seed_say() {
    let place = place_with(MODEL);
    let text = place.run(&["run", "model.toml"]).success();
    assert!(text.contains("results  results/shop-1\n"), "{text}");
    assert_eq!(results(&place, "results/shop-1"), RESULTS);
    place.run(&["run", "model.toml", "--seed", "7"]).success();
    assert_eq!(results(&place, "results"), expected_results(&["shop-1", "shop-7"]));
}

fn expected_results(directories: &[&str]) -> Vec<String> {
    let below = |directory: &&str| RESULTS.map(|file| format!("{directory}/{file}"));
    let mut names: Vec<String> = directories.iter().flat_map(below).collect();
    names.extend(directories.iter().map(|&directory| directory.to_owned()));
    names.sort();
    names
}

#[test]
fn new_directories_are_made_down_to_the_results() {
    let place = place_with(MODEL);
    place.run(&["run", "model.toml", "--out", "a/b/c"]).success();
    assert_eq!(results(&place, "a/b"), expected_results(&["c"]));
    // An empty directory is nobody's.
    fs::create_dir(place.path().join("empty")).unwrap();
    place.run(&["run", "model.toml", "--out", "empty/"]).success();
    assert_eq!(results(&place, "empty"), RESULTS);
}

/// What somebody has put beside them is none of them, and stays.
#[test]
fn earlier_results_are_replaced_as_a_whole() {
    let place = place_with(MODEL);
    place.run(&["run", "model.toml", "--out", "out", "--seed", "1"]).success();
    fs::write(place.path().join("out/notes.txt"), "mine").unwrap();
    let earlier = tree(&place.path().join("out"));
    place.run(&["run", "model.toml", "--out", "out", "--seed", "2"]).success();
    assert_eq!(fs::read_to_string(place.path().join("out/notes.txt")).unwrap(), "mine");
    assert_ne!(tree(&place.path().join("out")), earlier);
    fs::remove_file(place.path().join("out/notes.txt")).unwrap();
    assert_eq!(results(&place, "out"), RESULTS);
    assert_eq!(summary(&place, "out")["seed"], 2);
    assert_eq!(names(&place).len(), 2 + RESULTS.len(), "{:?}", names(&place));
}

#[test]
fn two_models_of_one_name_share_a_place_and_the_later_one_has_it() {
    let place = place_with(MODEL);
    fs::write(place.path().join("other.toml"), changed("\"50/s\"", "\"60/s\"")).unwrap();
    place.run(&["run", "model.toml"]).success();
    let first = summary(&place, "results/shop-1");
    place.run(&["run", "other.toml"]).success();
    let second = summary(&place, "results/shop-1");
    assert_ne!(first["model"]["digest"], second["model"]["digest"]);
    assert_eq!(results(&place, "results"), expected_results(&["shop-1"]));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let place = place_with(MODEL);
    fs::create_dir(place.path().join("mine")).unwrap();
    fs::write(place.path().join("mine/summary.json"), "{\"schema\": \"something else\"}").unwrap();
    fs::write(place.path().join("file"), "text").unwrap();
    let before = tree(place.path());
    for (out, message) in [
        ("mine", "error: `mine` is not empty and holds no results of metastable"),
        ("file", "error: `file` exists and is not a directory"),
        (".", "error: `.` is not empty"),
        ("/", "error: `/` is not empty"),
    ] {
        let ended = place.run(&["run", "model.toml", "--out", out]);
        assert_refused(&ended, &[message, "help: choose another directory with `--out`"]);
    }
    assert_eq!(tree(place.path()), before);
}

/// Root may write everywhere, so these are places where nobody can.
#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written() {
    let place = place_with(MODEL);
    fs::write(place.path().join("file"), "text").unwrap();
    std::os::unix::fs::symlink("nowhere", place.path().join("link")).unwrap();
    let long = "a".repeat(300);
    let before = names(&place);
    for out in
        ["file/out", "file/new/out", "/proc/out", "/proc/new/out", "/dev/null/out", "link", "link/out", &long]
    {
        let ended = place.run(&["run", "model.toml", "--out", out]);
        assert_refused(&ended, &["error: ", "help: choose a", "with `--out`"]);
        assert!(!ended.stderr.contains(".partial"), "only what the user named: {}", ended.stderr);
        assert_eq!(names(&place), before);
    }
}

/// A limit on the size of files fails where a full disk would: in the middle of writing.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_the_earlier_results() {
    let place = place_with(MODEL);
    let limited = |out: &str| {
        let script =
            r#"trap '' XFSZ; ulimit -f 1; exec "$0" run model.toml --set run.duration=10min --out "$1""#;
        let program = env!("CARGO_BIN_EXE_metastable");
        let mut shell = Command::new("sh");
        Ended::of(shell.args(["-c", script, program, out]).current_dir(place.path()))
    };
    let expected = [
        "error: cannot write `",
        "workloads.csv`: File too large",
        "help: raise the limit on the size of files",
    ];
    assert_refused(&limited("new/out"), &expected);
    assert_eq!(names(&place), ["model.toml"]);
    place.run(&["run", "model.toml", "--out", "out"]).success();
    let before = tree(place.path());
    assert_refused(&limited("out"), &expected);
    assert_eq!(tree(place.path()), before);
}

#[test]
fn json_is_the_summary() {
    let place = place_with(MODEL);
    let json = place.run(&["run", "model.toml", "--format", "json", "--out", "out"]).success();
    assert_eq!(json.as_bytes(), fs::read(place.path().join("out/summary.json")).unwrap());
    let summary: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(summary["schema"], "metastable.summary.v1");
    assert_eq!(summary["model"]["name"], "shop");
    assert_eq!(summary["faults"][0]["name"], "slow");
    for file in summary["files"].as_array().unwrap() {
        let text = fs::read_to_string(place.path().join("out").join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(file["rows"], text.lines().count() - 1, "{file}");
    }
}

#[test]
fn without_the_twin_there_is_no_verdict() {
    let place = place_with(MODEL);
    let text = place.run(&["run", "model.toml", "--out", "out", "--no-twin"]).success();
    assert!(text.starts_with("NOT JUDGED  shop, seed 1\n"), "{text}");
    assert!(text.contains(" --no-twin"), "the replay command gives the same again: {text}");
    let summary = summary(&place, "out");
    assert!(summary["verdict"].is_null() && summary["twin"].is_null(), "{summary}");
    let workloads = fs::read_to_string(place.path().join("out/workloads.csv")).unwrap();
    assert!(workloads.contains("1,actual,") && !workloads.contains("1,twin,"), "{workloads}");
}

#[test]
fn checking_the_laws_changes_nothing() {
    let place = place_with(MODEL);
    place.run(&["run", "model.toml", "--out", "plain"]).success();
    place.run(&["run", "model.toml", "--out", "checked", "--check"]).success();
    assert_eq!(without_command(&place, "plain"), without_command(&place, "checked"));
}

#[test]
fn the_replay_command_gives_the_same_bytes() {
    let place = place_with(MODEL);
    let arguments = [
        "run",
        "model.toml",
        "--set",
        "run.duration=30s",
        "--unset",
        "faults.slow",
        "--seed",
        "5",
        "--out",
        "first",
    ];
    let text = place.run(&arguments).success();
    let replay = text.lines().find_map(|line| line.strip_prefix("replay   metastable ")).unwrap();
    let words: Vec<&str> =
        replay.split(' ').map(|word| if word == "first" { "second" } else { word }).collect();
    place.run(&words).success();
    assert_eq!(tree(&place.path().join("first")), tree(&place.path().join("second")));
}

#[test]
fn sizes_at_the_edge_of_sense_are_no_panic() {
    let place = place_with(MODEL);
    for sets in [
        &["run.duration=1ns", "run.interval=1ns", "faults.slow.at=0s"][..],
        &["workloads.shoppers.arrivals.open.rate=0/s"],
        &["workloads.shoppers.arrivals.open.rate=1/d", "run.duration=213503d", "run.interval=200000d"],
        &["services.db.handler=[{ work = \"213503d\" }, { sleep = \"213503d\" }]"],
        &["network.default.latency=213503d", "policies.browser.timeout=213503d"],
        &["faults.slow.degrade.factor=1e308"],
        &["faults.slow.degrade.factor=1e-308"],
        &["faults.slow.duration=213503d"],
        &["faults.slow={ at = \"5s\", load_spike = { workload = \"shoppers\", factor = 0 } }"],
        &["services.web.instances=1000000", "workloads.shoppers.clients=1000000"],
        &["services.web.queue.capacity=0", "services.web.threads=1"],
        &["judge.hold={ intervals = 4294967295, requests = 4294967295 }", "judge.final_window=1ns"],
        &["judge={ threshold = \"0.0000001%\", relapse = \"0%\" }"],
        &["run.seed=18446744073709551615"],
    ] {
        let overrides = sets.iter().flat_map(|set| ["--set", set]);
        let arguments: Vec<&str> =
            ["run", "model.toml", "--check", "--out", "out"].into_iter().chain(overrides).collect();
        let text = place.run(&arguments).success();
        assert!(text.contains("results  out\n"), "{sets:?}\n{text}");
    }
}

#[test]
fn several_seeds_are_one_table() {
    let place = place_with(MODEL);
    let text = place.run(&["run", "model.toml", "--seeds", "3..6"]).success();
    assert!(
        text.starts_with("shop, seeds 3 to 6\n") && text.contains("results  results/shop-3..6\n"),
        "{text}"
    );
    assert_eq!(results(&place, "results/shop-3..6"), ["runs.csv", "summary.json"]);
    let runs = fs::read_to_string(place.path().join("results/shop-3..6/runs.csv")).unwrap();
    let seeds: Vec<&str> = runs.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(seeds, ["3", "4", "5", "6"]);
    // Each seed is the run that it is alone.
    place.run(&["run", "model.toml", "--seed", "5", "--out", "alone"]).success();
    let digest = summary(&place, "alone")["actual"]["digest"].as_str().unwrap().to_owned();
    assert!(runs.lines().nth(3).unwrap().ends_with(&digest), "{runs}\n{digest}");
    let verdicts = summary(&place, "results/shop-3..6")["verdicts"].clone();
    let counted: u64 =
        verdicts.as_object().unwrap().values().map(|share| share["seeds"].as_u64().unwrap()).sum();
    assert_eq!(counted, 4);
    // The same seeds again, one after the other, are the same bytes.
    let again = place.run(&["run", "model.toml", "--seeds", "3..6", "--out", "again"]).success();
    assert_eq!(again.replace("results  again", ""), text.replace("results  results/shop-3..6", ""));
    assert_eq!(fs::read_to_string(place.path().join("again/runs.csv")).unwrap(), runs);
}

#[test]
fn seeds_that_make_no_sense_are_refused() {
    let place = place_with(MODEL);
    for (seeds, message) in [
        ("5", "such as `1..20`"),
        ("a..b", "such as `1..20`"),
        ("7..3", "the last seed 3 is before the first, 7"),
        ("0..1000000", "more than 1000000 seeds"),
    ] {
        assert_refused(&place.run(&["run", "model.toml", "--seeds", seeds]), &[message]);
    }
    assert_refused(
        &place.run(&["run", "model.toml", "--seeds", "1..2", "--seed", "1"]),
        &["cannot be used with"],
    );
}

#[test]
fn a_large_system_fits_on_a_page() {
    let mut model =
        "name = \"large\"\n[run]\nduration = \"10s\"\n[policies.default]\ntimeout = \"5s\"\n".to_owned();
    let part = |number: u32| {
        format!(
            "[workloads.w{number}]\narrivals = {{ open = {{ rate = \"2/s\" }} }}\nto = \"s{number}\"\n\
             [services.s{number}]\ninstances = 10\nthreads = 2\nqueue = {{ capacity = 9 }}\nhandler = [{{ work = \"9ms\" }}]\n"
        )
    };
    let parts: Vec<String> = (0..300).map(part).collect();
    model.push_str(&parts.concat());
    let place = place_with(model);
    let text = place.run(&["run", "model.toml"]).success();
    assert!(text.lines().count() < 120, "{} lines", text.lines().count());
    for said in ["and 294 workloads less troubled: workloads.csv", "and 280 less troubled: services.csv"] {
        assert!(text.contains(said), "{text}");
    }
}
