//! Goal: a sweep gives the same bytes however it was made, goes on after whatever happened to it, and says where a mistake is. Method: small sweeps, run as a user would, killed and
//! shared.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::program::{Ended, Place, tree};
use crate::{MODEL, assert_refused, names, place_with};

/// 200 cells: 20 loads, 10 lengths of the fault.
const EXPERIMENT: &str = r#"model = "model.toml"
seeds = 5

[sweep]
"workloads.shoppers.arrivals.open.rate" = { name = "load", range = { from = "20/s", to = "400/s", steps = 20 } }
"faults.slow.duration" = { range = { from = "100ms", to = "1s", steps = 10 } }
"#;

/// A sweep with a direction: the more requests come, the more often the only thread of the database is too slow.
const DIRECTED: &str = r#"model = "model.toml"
claim = "A slow database cannot bear much."
seeds = 12

[variants.slow]
set = { "services.db.threads" = 1, "services.db.queue" = { capacity = 4 }, "services.db.handler[0].work" = "exponential(20ms)" }

[variants.fast]

[sweep]
"workloads.shoppers.arrivals.open.rate" = { name = "load", values = ["10/s", "200/s", "100/s"] }

[expect."too much is too much"]
variant = "slow"
verdict = "unstable"
rises_with = "load"
"#;

fn place() -> Place {
    let place = place_with(MODEL.replace("20s", "4s").replace("at = \"5s\"", "at = \"1s\""));
    fs::write(place.path().join("grid.toml"), EXPERIMENT).unwrap();
    place
}

#[track_caller]
fn write(place: &Place, from: &str, to: &str) {
    assert!(EXPERIMENT.contains(from), "`{from}` is not in the experiment");
    fs::write(place.path().join("grid.toml"), EXPERIMENT.replacen(from, to, 1)).unwrap();
}

/// Everything in a folder of results.
fn results(place: &Place, out: &str) -> Vec<(String, Option<Vec<u8>>)> {
    tree(&place.path().join(out))
}

/// The column of a table.
fn column(place: &Place, file: &str, heading: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(place.path().join(file)).unwrap();
    let at = reader.headers().unwrap().iter().position(|name| name == heading).expect(heading);
    reader.records().map(|record| record.unwrap()[at].to_owned()).collect()
}

#[test]
fn killed_shared_or_undisturbed_the_bytes_are_the_same() {
    let place = place();
    place.run(&["sweep", "grid.toml", "--out", "whole", "--jobs", "1"]).success();
    let whole = results(&place, "whole");
    assert_eq!(column(&place, "whole/runs.csv", "seed").len(), 1000);
    assert_eq!(column(&place, "whole/cells.csv", "seeds"), vec!["5"; 200]);

    let sweep = ["sweep", "grid.toml", "--out", "killed", "--jobs", "2"];
    let mut kills = 0;
    for pause in [300, 120, 500, 80, 250, 700, 30, 400] {
        let mut child = place.command(&sweep).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        kills += u64::from(!child.wait().unwrap().success());
    }
    assert!(kills > 0, "no process lived long enough to be killed");
    place.run(&sweep).success();
    assert!(results(&place, "killed") == whole, "that it was killed shows");

    for shard in ["2/4", "0/4", "3/4", "1/4"] {
        let text = place.run(&["sweep", "grid.toml", "--out", "shards", "--shard", shard]).success();
        assert!(text.contains("when all shards are done: metastable sweep merge shards\n"), "{text}");
    }
    place.run(&["sweep", "merge", "shards"]).success();
    assert!(results(&place, "shards") == whole, "that it was shared shows");
}

#[test]
fn more_seeds_are_added_to_what_is_there() {
    let place = place();
    write(&place, "steps = 20", "steps = 2");
    place.run(&["sweep", "grid.toml", "--out", "grown", "--seeds", "2"]).success();
    // A block that is whole is not computed again: a mark that was put there, with the hash that belongs to it, would be refused; its time stays.
    let block = place.path().join("grown/blocks/block-000000.csv");
    let written = fs::metadata(&block).unwrap().modified().unwrap();
    place.run(&["sweep", "grid.toml", "--out", "grown", "--seeds", "5"]).success();
    assert_eq!(fs::metadata(&block).unwrap().modified().unwrap(), written);
    place.run(&["sweep", "grid.toml", "--out", "at_once", "--seeds", "5"]).success();
    assert!(results(&place, "grown") == results(&place, "at_once"));
}

/// The tables are the same as CSV, which a test of the library shows; here they are there, or it is said which build has them.
#[test]
fn parquet_is_written_by_builds_that_have_it() {
    let place = place();
    write(&place, "steps = 20", "steps = 2");
    place.run(&["sweep", "grid.toml", "--out", "out"]).success();
    let ended = place.run(&["sweep", "merge", "out", "--parquet"]);
    if cfg!(feature = "parquet") {
        let text = ended.success();
        for name in ["runs.parquet", "cells.parquet"] {
            assert!(text.contains(&format!("         out/{name}\n")), "{text}");
            assert!(fs::read(place.path().join("out").join(name)).unwrap().ends_with(b"PAR1"), "{name}");
        }
    } else {
        assert_refused(&ended, &["writes no Parquet", "--features parquet"]);
    }
}

#[test]
fn what_goes_on_and_what_is_damaged_is_told() {
    let place = place();
    write(&place, "steps = 20", "steps = 2");
    place.run(&["sweep", "grid.toml", "--out", "out", "--shard", "1/2"]).success();
    let text = place.run(&["sweep", "status", "out"]).success();
    assert!(text.starts_with("grid: 5 of 10 blocks, 50 of 100 runs (50 %)\n"), "{text}");
    assert!(text.contains("\nmissing   0, 2, 4, 6, 8\n"), "{text}");
    assert!(text.ends_with("\nto go on  metastable sweep grid.toml --out out --seeds 5\n"), "{text}");
    assert_refused(
        &place.run(&["sweep", "merge", "out"]),
        &["5 of 10 blocks are missing", "sweep status out"],
    );
    place.run(&["sweep", "grid.toml", "--out", "out"]).success();
    let text = place.run(&["sweep", "verify", "out", "--sample", "100%"]).success();
    assert_eq!(text, "10 of 10 blocks were computed again, and are the same\n");

    let block = place.path().join("out/blocks/block-000003.csv");
    let whole = fs::read(&block).unwrap();
    fs::write(&block, &whole[..whole.len() / 2]).unwrap();
    let text = place.run(&["sweep", "status", "out"]).success();
    assert!(text.contains("\ndamaged   3\n"), "{text}");
    place.run(&["sweep", "grid.toml", "--out", "out"]).success();
    assert_eq!(fs::read(&block).unwrap(), whole);
}

#[test]
fn a_folder_holds_one_sweep() {
    let place = place();
    write(&place, "steps = 20", "steps = 2");
    place.run(&["sweep", "grid.toml", "--out", "out", "--seeds", "1"]).success();
    let before = tree(place.path());
    write(&place, "steps = 20", "steps = 3");
    let ended = place.run(&["sweep", "grid.toml", "--out", "out"]);
    assert_refused(&ended, &["`out` holds another sweep", "choose another folder"]);
    write(&place, "steps = 20", "steps = 2");
    assert_eq!(tree(place.path()), before);
    let model = fs::read_to_string(place.path().join("model.toml")).unwrap();
    fs::write(place.path().join("model.toml"), model.replace("3ms", "4ms")).unwrap();
    assert_refused(&place.run(&["sweep", "merge", "out"]), &["`out` holds another sweep"]);
}

#[test]
fn claims_of_a_direction_decide() {
    let place = place_with(MODEL);
    fs::write(place.path().join("directed.toml"), DIRECTED).unwrap();
    let text = place.run(&["sweep", "directed.toml", "--out", "out"]).success();
    assert!(text.starts_with("SWEEP  directed, 6 cells, seeds 1 to 12\n"), "{text}");
    assert!(text.contains("\nHOLDS  too much is too much: unstable rises with load: beyond doubt"), "{text}");
    // A command is copied as a whole, however long it is.
    let lines = text.lines().filter(|line| !line.starts_with("one run"));
    let wide: Vec<&str> = lines.filter(|line| line.chars().count() > 80).collect();
    assert_eq!(wide, Vec::<&str>::new());
    fs::write(place.path().join("directed.toml"), DIRECTED.replace("rises", "falls")).unwrap();
    let ended = place.run(&["sweep", "directed.toml", "--out", "out"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stdout.contains("\nFAILS  too much is too much: unstable falls with load: not between"),
        "{}",
        ended.stdout
    );
    assert!(ended.stderr.contains("claims do not hold: `too much is too much`"), "{}", ended.stderr);
}

#[test]
fn what_does_not_go_together_is_a_row() {
    let place = place();
    let text = EXPERIMENT.split("[sweep]").next().unwrap().to_owned()
        + "[sweep]\n\"run.duration\" = { values = [\"4s\", \"2s\"] }\n\"faults.slow.at\" = { values = [\"1s\", \"3s\"] }\n";
    fs::write(place.path().join("grid.toml"), text).unwrap();
    let ended = place.run(&["sweep", "grid.toml", "--out", "out", "--seeds", "2"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let again = "metastable run model.toml --set run.duration=2s --set faults.slow.at=3s --seed 1";
    assert!(
        ended.stderr.contains(&format!("2 of 8 runs have no result, the first of them: {again}\n")),
        "{}",
        ended.stderr
    );
    let expected = ["ok", "ok", "ok", "ok", "ok", "ok", "model_error", "model_error"];
    assert_eq!(column(&place, "out/runs.csv", "status"), expected);
    assert_eq!(column(&place, "out/cells.csv", "failed"), ["0", "0", "0", "2"]);
    let message = &column(&place, "out/runs.csv", "message")[7];
    assert!(message.starts_with("M023: "), "{message}");
}

#[test]
fn designs_other_than_grids() {
    let place = place();
    let axes = "[sweep]\n\"workloads.shoppers.arrivals.open.rate\" = { name = \"load\", range = { from = \"20/s\", to = \"100/s\" } }\n\"services.web.threads\" = { values = [1, 2, 4] }\n";
    for (design, points) in [("{ sobol = { points = 8 } }", 8), ("{ latin_hypercube = { points = 6 } }", 6)] {
        let text = format!("model = \"model.toml\"\nseeds = 1\ndesign = {design}\n{axes}");
        fs::write(place.path().join("grid.toml"), text).unwrap();
        place.run(&["sweep", "grid.toml", "--out", &format!("out{points}")]).success();
        let loads = column(&place, &format!("out{points}/cells.csv"), "load_per_s");
        assert_eq!(loads.len(), points, "{loads:?}");
    }
    let expected = ["20", "60", "80", "40", "50", "90", "70", "30"];
    assert_eq!(column(&place, "out8/cells.csv", "load_per_s"), expected, "the sequence of Sobol");

    fs::write(place.path().join("points.csv"), "x, threads\n25.5,2\n1e1,1\n").unwrap();
    let text = "model = \"model.toml\"\nseeds = 2\ndesign = { matrix = \"points.csv\" }\n[sweep]\n\"workloads.shoppers.arrivals.open.rate\" = { column = \"x\", unit = \"/s\" }\n\"services.web.threads\" = { column = \"threads\" }\n";
    fs::write(place.path().join("grid.toml"), text).unwrap();
    place.run(&["sweep", "grid.toml", "--out", "matrix"]).success();
    assert_eq!(
        column(&place, "matrix/cells.csv", "workloads.shoppers.arrivals.open.rate_per_s"),
        ["25.5", "10"]
    );
    assert_eq!(column(&place, "matrix/cells.csv", "services.web.threads"), ["2", "1"]);
    fs::write(place.path().join("points.csv"), "x, threads\n25.5,2\nfast,1\n").unwrap();
    let ended = place.run(&["sweep", "grid.toml", "--out", "other"]);
    assert_refused(
        &ended,
        &["error[M032]: `fast` in line 3 of the design matrix is no value", "--> grid.toml:5:"],
    );
    assert!(!names(&place).contains(&"other".to_owned()));
}

#[test]
fn mistakes_have_their_place() {
    let place = place();
    for (from, to, expected) in [
        (
            "\"workloads.shoppers.",
            "\"workloads.shopers.",
            &["error[M006]", "--> grid.toml:5:", "did you mean `shoppers`?"][..],
        ),
        ("\"20/s\"", "\"20ms\"", &["error[M032]: the two ends are not of one kind"][..]),
        ("steps = 20", "steps = 1", &["error[M032]: a range has at least its two ends"][..]),
        (", steps = 20", "", &["error[M032]: a grid needs a number of values"][..]),
        (
            "range = { from = \"20/s\", to = \"400/s\", steps = 20 }",
            "values = []",
            &["error[M032]: there is no value"][..],
        ),
        ("faults.slow.duration", "run.seed", &["error[M032]: seeds are no axis"][..]),
        ("\"100ms\"", "\"0s\"", &["error[M", "--> grid.toml:6:"][..]),
        ("seeds = 5", "seeds = 5\ndesign = { sobol = { points = 10 } }", &["write 8 or 16"][..]),
    ] {
        write(&place, from, to);
        assert_refused(&place.run(&["sweep", "grid.toml", "--out", "out"]), expected);
    }
    fs::write(place.path().join("grid.toml"), EXPERIMENT).unwrap();
    assert_refused(
        &place.run(&["compare", "grid.toml"]),
        &["`grid.toml` has a `[sweep]`", "metastable sweep grid.toml"],
    );
    let ended = place.run(&["sweep", "grid.toml", "--out", "out", "--shard", "4/4"]);
    assert_refused(&ended, &["there is no part 4 of 4"]);
    assert_eq!(names(&place), ["grid.toml", "model.toml"], "nothing was begun");
}

/// The id of a sweep is a hash over all that decides any cell, not only the first.
#[test]
fn a_change_that_concerns_only_later_cells_is_another_sweep() {
    let place = place();
    let model = fs::read_to_string(place.path().join("model.toml")).unwrap();
    let with_params = |b: &str| {
        let text = format!("{model}\n[params]\na = \"20/s\"\nb = \"{b}\"\n");
        fs::write(place.path().join("model.toml"), text).unwrap();
    };
    with_params("40/s");
    let text = "model = \"model.toml\"\nseeds = 1\n[sweep]\n\"workloads.shoppers.arrivals.open.rate\" = { values = [\"$a\", \"$b\"] }\n";
    fs::write(place.path().join("grid.toml"), text).unwrap();
    place.run(&["sweep", "grid.toml", "--out", "out"]).success();
    fs::write(place.path().join("grid.toml"), format!("# a comment\n{text}")).unwrap();
    place.run(&["sweep", "grid.toml", "--out", "out", "--seeds", "2"]).success();
    with_params("41/s");
    assert_refused(&place.run(&["sweep", "grid.toml", "--out", "out", "--seeds", "3"]), &["another sweep"]);

    let trace = "[sweep]\n\"workloads.shoppers.arrivals\" = { name = \"trace\", values = [{ trace = { file = \"a.csv\" } }, { trace = { file = \"b.csv\" } }] }\n";
    fs::write(place.path().join("grid.toml"), format!("model = \"model.toml\"\nseeds = 1\n{trace}")).unwrap();
    fs::write(place.path().join("a.csv"), "time_s\n1.0\n").unwrap();
    fs::write(place.path().join("b.csv"), "time_s\n1.0\n").unwrap();
    place.run(&["sweep", "grid.toml", "--out", "traces"]).success();
    fs::write(place.path().join("b.csv"), "time_s\n2.0\n").unwrap();
    let ended = place.run(&["sweep", "grid.toml", "--out", "traces", "--seeds", "2"]);
    assert_refused(&ended, &["another sweep"]);
}

#[test]
fn rates_that_are_no_round_fractions_are_values() {
    let place = place();
    let text = "model = \"model.toml\"\nseeds = 1\n[sweep]\n\"workloads.shoppers.arrivals.open.rate\" = { name = \"load\", values = [\"15/s\", \"60/s\", \"120/s\", \"20/min\", \"1/90s\"] }\n";
    fs::write(place.path().join("grid.toml"), text).unwrap();
    place.run(&["sweep", "grid.toml", "--out", "out"]).success();
    let loads = column(&place, "out/cells.csv", "load_per_s");
    assert_eq!(loads, ["15", "60", "120", "0.3333333333333333", "0.011111111111111112"]);
    assert_eq!(column(&place, "out/runs.csv", "status"), vec!["ok"; 5]);
}

/// As `numpy.savetxt` and Excel write it.
#[test]
fn a_design_matrix_of_another_program_is_read_and_its_mistakes_are_found() {
    let place = place();
    let text = "model = \"model.toml\"\nseeds = 1\ndesign = { matrix = \"points.csv\" }\n[sweep]\n\"services.db.handler[0].work\" = { column = \"x\", unit = \"ms\" }\n\"services.web.threads\" = { column = \"threads\" }\n";
    fs::write(place.path().join("grid.toml"), text).unwrap();
    let run = |points: &str, out: &str| {
        fs::write(place.path().join("points.csv"), points).unwrap();
        place.run(&["sweep", "grid.toml", "--out", out])
    };
    let numpy =
        "x,threads\n5.000000000000000000e-01,4.000000000000000000e+00\n1.5e+00,2.000000000000000000e+00\n";
    run(numpy, "numpy").success();
    assert_eq!(column(&place, "numpy/cells.csv", "services.web.threads"), ["4", "2"]);
    assert_eq!(column(&place, "numpy/runs.csv", "status"), vec!["ok"; 2]);
    for (points, expected) in [
        ("x,threads\n1,2\n-5,1\n", "`-5` in line 3 of the design matrix is no value"),
        ("x,threads\n1,2\n1e300,1\n", "`1e300` in line 3 of"),
        ("x,threads\r\n1,2\r\nfast,1\r\n", "`fast` in line 3 of"),
        ("x,threads\r\n1,2\r\n\r\nfast,1\r\n", "`fast` in line 4 of"),
        ("x,threads\n1,\"two\nlines\"\n", "has a line break"),
    ] {
        assert_refused(&run(points, "wrong"), &["error[M032]", expected]);
    }
    assert!(!names(&place).contains(&"wrong".to_owned()));
}

#[test]
fn axes_that_hide_one_another_or_share_a_column_are_refused() {
    let place = place();
    for (axes, expected) in [
        (
            "\"services.web\" = { values = [\"x\"] }\n\"services.web.threads\" = { values = [1] }",
            "lies inside `services.web`",
        ),
        (
            "\"a.rate\" = { name = \"x\", values = [\"1/s\"] }\n\"b\" = { name = \"x_per_s\", values = [1] }",
            "a column `x_per_s` is there already",
        ),
        ("\"a\" = { name = \"goodput\", values = [\"1/s\"] }", "a column `goodput_per_s` is there"),
        ("\"a\" = { name = \"metastable\", values = [1] }", "`metastable` cannot be the name of a column"),
        (
            "\"services.web.threads\" = { range = { from = 1, to = 9, steps = 6, scale = \"log\" } }",
            "2 would come twice",
        ),
    ] {
        fs::write(
            place.path().join("grid.toml"),
            format!("model = \"model.toml\"\nseeds = 1\n[sweep]\n{axes}\n"),
        )
        .unwrap();
        assert_refused(&place.run(&["sweep", "grid.toml", "--out", "out"]), &[expected]);
    }
    let variant = "[variants.one]\nset = { \"services.web.threads\" = 3 }\n[sweep]\n\"services.web\" = { values = [{ threads = 1 }] }\n";
    fs::write(place.path().join("grid.toml"), format!("model = \"model.toml\"\nseeds = 1\n{variant}"))
        .unwrap();
    assert_refused(
        &place.run(&["sweep", "grid.toml", "--out", "out"]),
        &["a variant sets what is swept over"],
    );
}

/// Whatever columns the tables have: none of them may be that of an axis, too.
#[test]
fn an_axis_is_called_like_no_column() {
    let place = place();
    let sweep = |name: &str, out: &str| {
        let axis = format!("\"services.web.threads\" = {{ name = \"{name}\", values = [1] }}");
        fs::write(
            place.path().join("grid.toml"),
            format!("model = \"model.toml\"\nseeds = 1\n[sweep]\n{axis}\n"),
        )
        .unwrap();
        place.run(&["sweep", "grid.toml", "--out", out])
    };
    sweep("width", "out").success();
    let mut headings: Vec<String> = Vec::new();
    for file in ["out/runs.csv", "out/cells.csv"] {
        let mut reader = csv::Reader::from_path(place.path().join(file)).unwrap();
        headings.extend(reader.headers().unwrap().iter().filter(|&name| name != "width").map(str::to_owned));
    }
    headings.sort();
    headings.dedup();
    assert!(headings.len() > 50, "{headings:?}");
    for heading in headings {
        assert_refused(&sweep(&heading, "other"), &["cannot be the name of a column"]);
    }
}

/// Nobody reads: claims that do not hold are still said by the exit code.
#[cfg(unix)]
#[test]
fn a_closed_pipe_does_not_hide_that_claims_fail() {
    let place = place();
    fs::write(place.path().join("directed.toml"), DIRECTED.replace("rises_with", "falls_with")).unwrap();
    let sweep = ["sweep", "directed.toml", "--out", "out"];
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let ended = Ended::of(place.command(&sweep).stdout(write));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("claims do not hold"), "{}", ended.stderr);
}

#[test]
fn what_is_not_as_it_was_asked_for_is_told() {
    let place = place();
    write(&place, "steps = 20", "steps = 2");
    place.run(&["sweep", "grid.toml", "--out", "out", "--seeds", "6"]).success();
    let ended = place.run(&["sweep", "grid.toml", "--out", "out", "--seeds", "2"]);
    assert!(ended.stderr.contains("warning: `out` has 6 seeds, and 2 were asked for"), "{}", ended.stderr);
    ended.success();
    for command in ["status", "merge", "verify"] {
        let ended = place.run(&["sweep", command, "nowhere"]);
        assert_refused(
            &ended,
            &["`nowhere` holds no sweep", "that `metastable sweep` was given with `--out`"],
        );
    }
}

/// Ctrl-C keeps what is there, and the same command goes on.
#[cfg(unix)]
#[test]
fn an_interrupt_keeps_the_blocks() {
    let place = place();
    let sweep = ["sweep", "grid.toml", "--out", "out", "--seeds", "200"];
    let child = place.command(&sweep).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let blocks = place.path().join("out/blocks");
    let is_under_way = || fs::read_dir(&blocks).is_ok_and(|entries| entries.count() > 3);
    for _ in 0..6000 {
        if is_under_way() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("blocks are there") && stderr.contains("run the same command again"), "{stderr}");
    assert!(names(&place).iter().all(|name| !name.ends_with(".partial")), "{:?}", names(&place));
}
