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
fn what_is_no_export_is_left_alone() {
    let place = place_with(MODEL);
    fs::write(place.path().join("mine.txt"), "mine").unwrap();
    let before = tree(place.path());
    let refused = place.run(&["run", "model.toml", "--openmetrics", "mine.txt"]);
    let messages = ["`mine.txt` is no exposition of metrics", "choose another file with `--openmetrics`"];
    assert_refused(&refused, &messages);
    let refused = place.run(&["run", "model.toml", "--openmetrics", "."]);
    assert_refused(&refused, &["exists and is not a file"]);
    for with in [["--seeds", "1..2"], ["--check-determinism", "--ascii"]] {
        let refused = place.run(&[&["run", "model.toml", "--openmetrics", "x"], &with[..]].concat());
        assert_refused(&refused, &["cannot be used with"]);
    }
    assert_eq!(tree(place.path()), before, "nothing was written");
}
