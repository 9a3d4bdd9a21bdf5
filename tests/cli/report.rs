//! Goal: a report and figures appear where they were asked for, replace only what is ours, and are the same bytes again. Method: run, and look at the disk.

use std::fs;

use crate::program::{Place, tree};
use crate::{MODEL, assert_refused, place_with};

/// Two variants of the model, of which one takes a second attempt.
const EXPERIMENT: &str = r#"
model = "model.toml"
seeds = 3

[variants.as_it_is]

[variants.again]
set = { "policies.browser.retry.max_attempts" = 2, "policies.browser.retry.budget" = "unlimited" }
"#;

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap()
}

#[test]
fn a_report_stands_where_it_was_asked_for_and_replaces_its_like() {
    let place = place_with(MODEL);
    let run = ["run", "model.toml", "--report", "deep/report.html"];
    let text = place.run(&run).success();
    assert!(text.ends_with("replay   metastable run model.toml --seed 1 --report deep/report.html\nreport   deep/report.html\n"), "{text}");
    let first = read(&place, "deep/report.html");
    assert!(first.starts_with("<!DOCTYPE html>\n") && first.ends_with("</html>\n"));
    assert!(first.contains("<pre tabindex=\"0\">metastable run model.toml --seed 1</pre>"));
    place.run(&run).success();
    assert_eq!(read(&place, "deep/report.html"), first, "the same bytes again");
    let elsewhere = ["run", "model.toml", "--report", "other.html", "--out", "elsewhere", "--format", "json"];
    place.run(&elsewhere).success();
    assert_eq!(read(&place, "other.html"), first, "wherever it and the results go");
    assert_eq!(tree(&place.path().join("deep")).len(), 1, "nothing else is left there");
}

#[test]
fn what_is_no_report_is_left_alone() {
    let place = place_with(MODEL);
    fs::write(place.path().join("mine.html"), "<!DOCTYPE html><title>mine</title>").unwrap();
    let before = tree(place.path());
    let refused = place.run(&["run", "model.toml", "--report", "mine.html"]);
    assert_refused(
        &refused,
        &["`mine.html` is no report of metastable", "choose another file with `--report`"],
    );
    let refused = place.run(&["run", "model.toml", "--report", "."]);
    assert_refused(&refused, &["exists and is not a file"]);
    let refused = place.run(&["run", "model.toml", "--figures", "mine.html"]);
    assert_refused(&refused, &["exists and is not a directory", "choose another directory with `--figures`"]);
    let refused = place.run(&["run", "model.toml", "--out", "x", "--figures", "y/../x"]);
    assert_refused(&refused, &["would both go into"]);
    for option in ["--report", "--figures"] {
        let refused = place.run(&["run", "model.toml", "--seeds", "1..2", option, "x"]);
        assert_refused(&refused, &["cannot be used with"]);
    }
    assert_eq!(tree(place.path()), before, "nothing was written");
}

#[test]
fn figures_are_files_with_a_list() {
    let place = place_with(MODEL);
    let text = place.run(&["run", "model.toml", "--figures", "figures"]).success();
    assert!(text.ends_with("figures  figures\n"), "{text}");
    let list: serde_json::Value = serde_json::from_str(&read(&place, "figures/figures.json")).unwrap();
    assert_eq!(list["schema"], "metastable.figures.v1");
    let listed = list["figures"].as_array().unwrap();
    let mut names: Vec<String> = listed.iter().map(|it| it["file"].as_str().unwrap().to_owned()).collect();
    for name in &names {
        let svg = read(&place, &format!("figures/{name}"));
        assert!(
            svg.starts_with("<?xml version=\"1.0\"") && svg.contains("xmlns=\"http://www.w3.org/2000/svg\""),
            "{name}"
        );
        assert!(!svg.contains("var(--"), "{name} has its own colours");
    }
    for name in ["goodput.svg", "backlog.svg", "failures.svg", "topology-before.svg", "topology-end.svg"] {
        assert!(names.iter().any(|other| other == name), "{name} is not in {names:?}");
    }
    names.push("figures.json".to_owned());
    names.sort();
    let files: Vec<String> = tree(&place.path().join("figures")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(files, names);
    place.run(&["run", "model.toml", "--seed", "2", "--figures", "figures"]).success();
}

#[test]
fn a_comparison_has_a_report_too() {
    let place = place_with(MODEL);
    fs::write(place.path().join("again.toml"), EXPERIMENT).unwrap();
    let run = ["compare", "again.toml", "--report", "again.html", "--figures", "figures"];
    let text = place.run(&run).success();
    assert!(text.contains("report   again.html\nfigures  figures\n"), "{text}");
    let first = read(&place, "again.html");
    for part in
        ["id=\"verdicts\"", "id=\"courses\"", "id=\"differences\"", "id=\"reproduce\"", "as_it_is", "again"]
    {
        assert!(first.contains(part), "{part}");
    }
    place.run(&run).success();
    assert_eq!(read(&place, "again.html"), first, "the same bytes again");
    fs::write(place.path().join("other.toml"), EXPERIMENT).unwrap();
    let refused = place.run(&["compare", "again.toml", "other.toml", "--report", "both.html"]);
    assert_refused(&refused, &["a report and figures are of one experiment"]);
}

/// A map of six cells, one of which cannot run.
const SWEEP: &str = r#"
model = "model.toml"
seeds = 4

[sweep]
"workloads.shoppers.arrivals.open.rate" = { name = "load <b>", values = ["20/s", "50/s", "400/s"] }
"faults.slow.duration" = { name = "slow", values = ["100ms", "1s"] }
"#;

/// Whatever makes results makes a report, at once or later: from what stands in the folder come the same bytes.
#[test]
fn a_report_of_what_is_there_has_the_bytes_that_it_would_have_had_at_once() {
    let place = place_with(MODEL);
    fs::write(place.path().join("again.toml"), EXPERIMENT).unwrap();
    fs::write(place.path().join("map.toml"), SWEEP).unwrap();
    let along = ["--along", "workloads.shoppers.arrivals.open.rate=20/s..400/s"];
    let commands: [&[&str]; 6] = [
        &["run", "model.toml"],
        &["run", "model.toml", "--set", "run.duration=30s", "--seed", "3", "--no-twin", "--check"],
        &["compare", "again.toml", "--seeds", "4"],
        &["sweep", "map.toml"],
        &["boundary", "model.toml", along[0], along[1], "--verdict", "not-surviving", "--tolerance", "30%"],
        &["hysteresis", "model.toml", along[0], along[1], "--for", "60s", "--seeds", "6"],
    ];
    for (index, command) in commands.into_iter().enumerate() {
        let (out, report) = (format!("out-{index}"), format!("{index}.html"));
        // Whether claims hold, or there is a boundary, is said by the exit code, and is no matter here.
        place.run(&[command, &["--out", &out, "--report", &report]].concat());
        let at_once = read(&place, &report);
        let before = tree(&place.path().join(&out));
        let text = place.run(&["report", &out, "--out", "later.html"]).success();
        assert_eq!(text, "report   later.html\n", "{command:?}");
        assert!(read(&place, "later.html") == at_once, "{command:?} gives another report later");
        assert_eq!(tree(&place.path().join(&out)), before, "{command:?}: the results are left alone");
    }
    place.run(&["report", "out-0", "--figures", "figures"]).success();
    assert_eq!(read(&place, "out-0/report.html"), read(&place, "0.html"), "by default it stands beside them");
    assert!(read(&place, "figures/figures.json").contains("goodput.svg"));
}

#[test]
fn there_is_no_report_of_what_is_not_what_it_was() {
    let place = place_with(MODEL);
    place.run(&["run", "model.toml", "--out", "out"]).success();
    place.run(&["run", "model.toml", "--out", "several", "--seeds", "1..2"]).success();
    fs::create_dir(place.path().join("empty")).unwrap();
    assert_refused(
        &place.run(&["report", "several"]),
        &["does not say by which command", "of several seeds"],
    );
    assert_refused(&place.run(&["report", "empty"]), &["holds no results of metastable"]);
    assert_refused(&place.run(&["report", "nowhere"]), &["there is no folder `nowhere`"]);
    fs::write(place.path().join("model.toml"), MODEL.replacen("50/s", "51/s", 1)).unwrap();
    let refused = place.run(&["report", "out"]);
    assert_refused(
        &refused,
        &["is not what its command gives now", "run the command again, with `--report`"],
    );
    fs::write(place.path().join("out/command.json"), "{}").unwrap();
    assert_refused(&place.run(&["report", "out"]), &["`out/command.json` is not as it was written"]);
    assert!(!place.path().join("out/report.html").exists());
}

#[test]
fn a_sweep_has_a_report_when_it_is_whole_or_merged() {
    let place = place_with(MODEL);
    fs::write(place.path().join("map.toml"), SWEEP).unwrap();
    let refused = place.run(&["sweep", "map.toml", "--out", "map", "--shard", "0/2", "--report", "map.html"]);
    assert_refused(&refused, &["cannot be used with"]);
    for shard in ["0/2", "1/2"] {
        place.run(&["sweep", "map.toml", "--out", "map", "--shard", shard]).success();
        if shard == "0/2" {
            assert_refused(&place.run(&["report", "map"]), &["of 3 blocks are missing"]);
        }
    }
    let text =
        place.run(&["sweep", "merge", "map", "--report", "map.html", "--figures", "figures"]).success();
    assert!(text.contains("report   map.html\nfigures  figures\n"), "{text}");
    let page = read(&place, "map.html");
    assert!(page.contains("load &lt;b&gt;") && !page.contains("load <b>"), "names are text");
    // The counts of the table are those of the file.
    let rows = read(&place, "map/cells.csv");
    for row in rows.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let survive = cells[4].parse::<f64>().unwrap() * cells[6].parse::<f64>().unwrap();
        let there = format!("<td>{}</td><td>{}</td><td>", cells[4], survive.round());
        assert!(page.contains(&there), "{row}: {there}");
    }
}
