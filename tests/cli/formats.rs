//! Goal: what other programs read appears whole where it was asked for, replaces only its like, and is the same bytes again. Method: run, and look at the disk. That the contents are what
//! the formats ask for is tested beside the code, and by `.ci/formats` with programs that read them.

use std::fs;

use crate::program::{Place, tree};
use crate::{MODEL, assert_refused, place_with};

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

#[test]
fn metrics_stand_where_they_were_asked_for_and_replace_their_like() {
    let place = place_with(MODEL);
    let run = ["run", "model.toml", "--openmetrics", "deep/metrics.txt"];
    let text = place.run(&run).success();
    let end = "replay   metastable run model.toml --seed 1 --openmetrics deep/metrics.txt\nmetrics  deep/metrics.txt\n";
    assert!(text.ends_with(end), "{text}");
    let first = read(&place, "deep/metrics.txt");
    assert!(first.starts_with("# TYPE metastable_run info\n") && first.ends_with("\n# EOF\n"));
    place.run(&run).success();
    assert_eq!(read(&place, "deep/metrics.txt"), first, "the same bytes again");
    assert_eq!(tree(&place.path().join("deep")).len(), 1, "nothing else is left there");
    let folder = place.path().join("results/shop-1");
    place.run(&["report", folder.to_str().unwrap()]).success();
}

#[test]
fn the_metrics_are_the_sums_of_the_columns() {
    let place = place_with(MODEL);
    place.run(&["run", "model.toml", "--openmetrics", "metrics.txt", "--out", "out"]).success();
    let metrics = read(&place, "metrics.txt");
    let sum = |file: &str, column: &str, run: &str| -> u64 {
        let table = read(&place, &format!("out/{file}"));
        let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let position = |name: &str| header.iter().position(|header| *header == name).unwrap();
        let rows = lines.filter(|row| row[position("run")] == run);
        rows.map(|row| row[position(column)].parse::<u64>().unwrap()).sum()
    };
    let last = |name: &str, run: &str| -> u64 {
        let begin = format!("metastable_{name}_total{{run=\"{run}\"");
        let lines = metrics.lines().filter(|line| line.starts_with(&begin) && line.ends_with(" 20"));
        lines.map(|line| line.split(' ').nth_back(1).unwrap().parse::<u64>().unwrap()).sum()
    };
    for run in ["actual", "twin"] {
        for (name, file, column) in [
            ("requests_offered", "workloads.csv", "offered"),
            ("goodput_requests", "workloads.csv", "good"),
            ("attempts_sent", "edges.csv", "attempts"),
            ("service_attempts_received", "services.csv", "received"),
        ] {
            let total = last(name, run);
            assert!(total > 100, "{name}: {total}");
            assert_eq!(total, sum(file, column, run), "{name} of the {run}");
        }
    }
}

#[test]
fn traces_stand_where_they_were_asked_for_and_change_no_result() {
    let place = place_with(MODEL);
    place.run(&["run", "model.toml", "--out", "plain"]).success();
    let files = ["--otlp", "spans.json", "--perfetto", "deep/events.json"];
    let text = place.run(&[&["run", "model.toml", "--out", "out"], &files[..]].concat()).success();
    let end = "--seed 1 --out out --otlp spans.json --perfetto deep/events.json\notlp     spans.json\nperfetto deep/events.json\n";
    assert!(text.ends_with(end), "{text}");
    assert_eq!(tree(&place.path().join("out")), tree(&place.path().join("plain")), "nobody is steered");
    let (spans, events) = (read(&place, "spans.json"), read(&place, "deep/events.json"));
    for text in [&spans, &events] {
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(document.is_object());
    }
    place.run(&[&["run", "model.toml", "--out", "out", "--jobs", "1"], &files[..]].concat()).success();
    assert_eq!(
        (read(&place, "spans.json"), read(&place, "deep/events.json")),
        (spans, events),
        "the same bytes again"
    );
    let more = [&["run", "model.toml", "--trace-requests", "20"], &files[..]].concat();
    assert!(place.run(&more).success().contains("deep/events.json --trace-requests 20\n"));
    assert_eq!(tree(&place.path().join("deep")).len(), 1, "nothing else is left there");
    place.run(&["report", "out"]).success();
}

#[test]
fn what_is_no_export_is_left_alone() {
    let place = place_with(MODEL);
    fs::write(place.path().join("mine.txt"), "mine").unwrap();
    let before = tree(place.path());
    let refused = place.run(&["run", "model.toml", "--openmetrics", "mine.txt"]);
    let messages = ["`mine.txt` is no exposition of metrics", "choose another file with `--openmetrics`"];
    assert_refused(&refused, &messages);
    let refused = place.run(&["run", "model.toml", "--otlp", "mine.txt"]);
    assert_refused(&refused, &["`mine.txt` holds no OTLP-JSON of metastable", "another file with `--otlp`"]);
    let refused = place.run(&["run", "model.toml", "--perfetto", "mine.txt"]);
    assert_refused(&refused, &["`mine.txt` holds no trace events", "another file with `--perfetto`"]);
    let refused = place.run(&["run", "model.toml", "--otlp", "x/../y", "--perfetto", "y"]);
    assert_refused(&refused, &["`--otlp` and `--perfetto` would both write `y`"]);
    let refused = place.run(&["run", "model.toml", "--report", "y", "--otlp", "y"]);
    assert_refused(&refused, &["`--report` and `--otlp` would both write `y`"]);
    let refused = place.run(&["run", "model.toml", "--trace-requests", "5"]);
    assert_refused(&refused, &["required arguments"]);
    let refused = place.run(&["run", "model.toml", "--openmetrics", "."]);
    assert_refused(&refused, &["exists and is not a file"]);
    for option in ["--openmetrics", "--otlp", "--perfetto"] {
        for with in [&["--seeds", "1..2"][..], &["--check-determinism"]] {
            let refused = place.run(&[&["run", "model.toml", option, "x"], with].concat());
            assert_refused(&refused, &["cannot be used with"]);
        }
    }
    assert_eq!(tree(place.path()), before, "nothing was written");
}

#[cfg(unix)]
#[test]
fn a_place_that_cannot_be_written_is_named() {
    let place = place_with(MODEL);
    // A file where a folder would have to be: nobody may write there, not even root.
    fs::write(place.path().join("file"), "").unwrap();
    for option in ["--openmetrics", "--otlp", "--perfetto"] {
        let refused = place.run(&["run", "model.toml", option, "file/x.json"]);
        assert_refused(&refused, &["file/x.json", &format!("choose another file with `{option}`")]);
    }
    let names: Vec<String> = tree(place.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["file", "model.toml"], "nothing was written");
}
