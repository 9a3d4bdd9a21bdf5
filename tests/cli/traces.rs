//! Traces: what was recorded comes out again, and a file that is no trace is refused by its line, before anything is written.

use std::fs;

use crate::program::Place;
use crate::{assert_refused, changed, names, place_with};

fn traced(trace: impl AsRef<[u8]>) -> Place {
    let model = changed("{ open = { rate = \"50/s\" } }", "{ trace = { file = \"monday.csv\" } }").replace(
        "[faults.slow]\nat = \"5s\"\nduration = \"1s\"\ndegrade = { service = \"db\", factor = 2 }\n",
        "",
    );
    let place = place_with(model);
    fs::write(place.path().join("monday.csv"), trace).unwrap();
    place
}

/// The column `name` of `workloads.csv`, summed over the rows.
fn offered(place: &Place) -> u64 {
    let text = fs::read_to_string(place.path().join("out/workloads.csv")).unwrap();
    let column = text.lines().next().unwrap().split(',').position(|name| name == "offered").unwrap();
    text.lines().skip(1).map(|line| line.split(',').nth(column).unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn every_line_is_a_request() {
    let lines: Vec<String> =
        (0..500).map(|line| format!("{}.{:03}\n", line / 100, line % 100 * 10)).collect();
    let lines = lines.concat();
    let place = traced(format!("time_s\n{lines}19.9999\n20\n3600\n"));
    place.run(&["run", "model.toml", "--out", "out", "--check"]).success();
    assert_eq!(offered(&place), 501, "what comes at the end of the run or later is left out");
    let digest = |place: &Place| place.run(&["run", "model.toml", "--format", "json"]).success();
    let before = digest(&place);
    fs::write(place.path().join("monday.csv"), format!("time_s\n{lines}19.9998\n")).unwrap();
    assert_ne!(before, digest(&place), "the digest of a model sees into its files");
}

#[test]
fn what_is_no_trace_is_refused_by_its_line_and_nothing_is_written() {
    for (trace, message) in [
        (&b"time_s\n1\n2\n3"[..], "line 4: it has no end"),
        (b"time_s\n1\n3\n2\n", "line 4: its time lies before"),
        (b"time_s\n1\ntwo\n", "line 3: `two` is no time"),
        (b"time_s,tenant\n1,x\n", "line 2: it names the tenant `x`"),
        (b"\xff\xfe\n", "line 1"),
        (b"", "line 1: the file is empty"),
    ] {
        let place = traced(trace);
        for command in ["run", "check"] {
            let ended = place.run(&[command, "model.toml"]);
            assert_refused(&ended, &["`monday.csv`", message, "model.toml", "arrivals.trace.file"]);
        }
        assert_eq!(names(&place), ["model.toml", "monday.csv"]);
    }
    let place = traced("time_s\n1\n");
    fs::remove_file(place.path().join("monday.csv")).unwrap();
    assert_refused(&place.run(&["run", "model.toml"]), &["cannot read `monday.csv`"]);
    fs::create_dir(place.path().join("monday.csv")).unwrap();
    assert_refused(&place.run(&["run", "model.toml"]), &["cannot read `monday.csv`"]);
}
