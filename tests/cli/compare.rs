//! Goal: a comparison answers first, proves what it claims, says where a mistake is, and gives the same bytes however it was made. Method: small experiments, run as a user would.

use std::fs;
use std::path::PathBuf;

use metastable::model::hexadecimal;
use sha2::{Digest as _, Sha256};

use crate::experiments::experiments;
use crate::program::{Ended, Place, tree};
use crate::{MODEL, assert_refused, names, place_with};

/// Two variants of [`MODEL`] that differ for sure: the database keeps up with its load, or does not.
const EXPERIMENT: &str = r#"model = "model.toml"
claim = "A faster database serves more."
seeds = 8

[variants.slow]
set = { "services.db.threads" = 1, "services.db.queue" = { capacity = 4 }, "services.db.handler[0].work" = "exponential(40ms)" }

[variants.fast]

[expect."the fast one serves more"]
variant = "fast"
versus = "slow"
metric = "goodput"
at_least = "10/s"

[expect."the fast one copes"]
variant = "fast"
verdict = "unaffected"
at_least = "60%"
"#;

fn place() -> Place {
    let place = place_with(MODEL);
    fs::write(place.path().join("faster.toml"), EXPERIMENT).unwrap();
    place
}

#[track_caller]
fn write(place: &Place, from: &str, to: &str) {
    assert!(EXPERIMENT.contains(from), "`{from}` is not in the experiment");
    fs::write(place.path().join("faster.toml"), EXPERIMENT.replacen(from, to, 1)).unwrap();
}

#[test]
fn the_answer_comes_first_and_the_claims_decide() {
    let place = place();
    let text = place.run(&["compare", "faster.toml"]).success();
    assert!(text.starts_with("BEST: fast  faster, seeds 1 to 8\nfast survives with 8 of 8 seeds"), "{text}");
    assert!(text.contains("\nClaim: A faster database serves more.\n"), "{text}");
    assert!(
        text.contains("\nHOLDS  the fast one serves more: goodput of fast less that of slow is"),
        "{text}"
    );
    assert!(text.contains("\nreplay   metastable compare faster.toml\n"), "{text}");
    assert!(text.ends_with("\none run  metastable run model.toml --seed 1\n"), "{text}");
    assert_eq!(names(&place), ["faster.toml", "model.toml"], "nothing is written that was not asked for");
    let wide = text.lines().filter(|line| line.chars().count() > 80).collect::<Vec<_>>();
    assert_eq!(wide, Vec::<&str>::new());
}

#[test]
fn claims_that_are_not_proven_are_exit_code_1() {
    let place = place();
    write(&place, "\"60%\"", "\"95%\"");
    let ended = place.run(&["compare", "faster.toml"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stdout.contains("\nTOO FEW SEEDS (needs 59)  the fast one copes: "), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("error: claims do not hold: `the fast one copes` of faster\n"),
        "{}",
        ended.stderr
    );
    write(&place, "\"10/s\"", "\"1000/s\"");
    let ended = place.run(&["compare", "faster.toml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("\nFAILS  the fast one serves more: "), "{}", ended.stdout);
}

#[test]
fn mistakes_have_their_place_in_the_experiment() {
    let place = place();
    write(&place, "\"services.db.threads\"", "\"services.bd.threads\"");
    let ended = place.run(&["compare", "faster.toml"]);
    assert_refused(
        &ended,
        &["error[M006]: `services` has no `bd`", "--> faster.toml:6:", "did you mean `db`?"],
    );
    write(&place, "versus = \"slow\"", "versus = \"solw\"");
    let ended = place.run(&["compare", "faster.toml"]);
    assert_refused(&ended, &["error[M020]: there is no variant `solw`", "--> faster.toml:12:", "`slow`"]);
    write(&place, "\"model.toml\"", "\"nosuch.toml\"");
    assert_refused(&place.run(&["compare", "faster.toml"]), &["cannot read `nosuch.toml`"]);
    fs::write(place.path().join("faster.toml"), EXPERIMENT).unwrap();
    fs::write(place.path().join("model.toml"), MODEL.replace("threads = 4", "threads = 0")).unwrap();
    let ended = place.run(&["compare", "faster.toml"]);
    assert_refused(&ended, &["error[M022]", "--> model.toml:"]);
    assert_eq!(ended.stderr.matches("error[").count(), 1, "said once for all variants: {}", ended.stderr);
}

#[test]
fn two_variants_that_are_the_same_are_doubted() {
    let place = place();
    write(
        &place,
        "[variants.fast]",
        "[variants.fast]\n[variants.same]\nset = { \"services.db.threads\" = \"unlimited\" }",
    );
    let ended = place.run(&["compare", "faster.toml"]);
    assert!(ended.stderr.contains("warning[M119]: `same` is the same model as `fast`"), "{}", ended.stderr);
    assert!(ended.stdout.starts_with("TIE: fast, same  "), "{}", ended.stdout);
}

/// The bytes of the files of a results directory.
fn results(place: &Place, out: &str) -> Vec<(String, Option<Vec<u8>>)> {
    tree(&place.path().join(out))
}

#[test]
fn the_results_are_the_same_on_any_number_of_threads_and_in_any_number_of_steps() {
    let place = place();
    place.run(&["compare", "faster.toml", "--out", "whole", "--jobs", "1"]).success();
    let whole = results(&place, "whole");
    let files: Vec<&str> = whole.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["command.json", "comparison.json", "differences.csv", "runs.csv", "variants.csv", "verdicts.csv"];
    assert_eq!(files, expected);
    place.run(&["compare", "faster.toml", "--out", "threads", "--jobs", "3"]).success();
    assert!(results(&place, "threads") == whole, "the number of threads shows");
    place.run(&["compare", "faster.toml", "--out", "steps", "--seeds", "3"]);
    assert!(results(&place, "steps") != whole);
    place.run(&["compare", "faster.toml", "--out", "steps"]).success();
    assert!(results(&place, "steps") == whole, "the steps show");
}

/// What is there already is not run again: a run that was marked by hand, together with its hash, stays marked. Without the hash it is told, and all are run again.
#[test]
fn runs_that_are_there_are_kept_as_long_as_they_are_of_this_experiment() {
    let place = place();
    place.run(&["compare", "faster.toml", "--out", "out", "--seeds", "3"]);
    let file = place.path().join("out/runs.csv");
    let runs = || fs::read_to_string(&file).unwrap();
    let mark = || {
        let marked = runs().replacen(",unaffected,", ",healthy,", 1);
        fs::write(&file, &marked).unwrap();
        hexadecimal(&Sha256::digest(marked))
    };
    mark();
    let ended = place.run(&["compare", "faster.toml", "--out", "out", "--seeds", "4"]);
    assert!(ended.stderr.contains("cannot be used: the file is not as it was written"), "{}", ended.stderr);
    assert_eq!((runs().lines().count(), runs().matches(",healthy,").count()), (9, 0));
    let hash = mark();
    let json = place.path().join("out/comparison.json");
    let text = fs::read_to_string(&json).unwrap();
    let old = serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let old = old["runs_sha256"].as_str().unwrap();
    fs::write(&json, text.replace(old, &hash)).unwrap();
    place.run(&["compare", "faster.toml", "--out", "out", "--seeds", "5"]);
    assert_eq!((runs().lines().count(), runs().matches(",healthy,").count()), (11, 1));
    write(&place, "exponential(40ms)", "exponential(41ms)");
    place.run(&["compare", "faster.toml", "--out", "out", "--seeds", "5"]);
    assert_eq!(runs().matches(",healthy,").count(), 0, "another experiment begins anew");
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let place = place();
    fs::create_dir(place.path().join("mine")).unwrap();
    fs::write(place.path().join("mine/notes.txt"), "mine").unwrap();
    let before = tree(place.path());
    let ended = place.run(&["compare", "faster.toml", "--out", "mine"]);
    assert_refused(&ended, &["`mine` is not empty and holds no results of metastable"]);
    assert_eq!(tree(place.path()), before);
}

#[test]
fn a_precision_asks_for_as_many_seeds_as_it_takes() {
    let place = place();
    write(&place, "seeds = 8", "seeds = { until = \"goodput 5%\", at_most = 60 }");
    let seeds = |arguments: &[&str]| {
        let text =
            place.run(&[&["compare", "faster.toml", "--format", "json"], arguments].concat()).success();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["seeds"].as_u64().unwrap()
    };
    assert_eq!(seeds(&[]), 20, "one batch is enough");
    assert_eq!(seeds(&["--jobs", "1"]), 20);
    assert_eq!(seeds(&["--seeds", "9"]), 9, "the command line decides");
    write(&place, "seeds = 8", "seeds = { until = \"goodput 0.01%\", at_most = 30 }");
    assert_eq!(seeds(&[]), 30, "never more than that");
    let text = place.run(&["compare", "faster.toml"]).success();
    assert!(text.contains("\ngoodput is not known to 0.01% for every variant yet: "), "{text}");
}

#[test]
fn several_experiments_have_a_directory_each() {
    let place = place();
    fs::write(place.path().join("again.toml"), EXPERIMENT).unwrap();
    let text = place.run(&["compare", "faster.toml", "again.toml", "--out", "all"]).success();
    assert!(text.ends_with("\n2 experiments, 4 claims: all hold\n"), "{text}");
    assert_eq!(results(&place, "all/again").len(), 6);
    assert_eq!(results(&place, "all/faster").len(), 6);
    fs::create_dir(place.path().join("other")).unwrap();
    let twin = EXPERIMENT.replace("\"model.toml\"", "\"../model.toml\"");
    fs::write(place.path().join("other/faster.toml"), twin).unwrap();
    let ended = place.run(&["compare", "faster.toml", "other/faster.toml", "--out", "both"]);
    assert_refused(&ended, &["two experiments are called `faster`"]);
}

/// Another experiment whose claims hold, beside one with a claim that does not.
fn with_broken_claim() -> Place {
    let place = place();
    fs::write(place.path().join("again.toml"), EXPERIMENT).unwrap();
    write(&place, "\"10/s\"", "\"1000/s\"");
    place
}

/// Whoever reads only the beginning still gets the exit code, and the files of all experiments.
#[test]
fn a_closed_pipe_mends_no_claim() {
    let place = with_broken_claim();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = place.command(&["compare", "faster.toml", "again.toml", "--out", "all"]);
    let ended = Ended::of(command.stdout(writer));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("claims do not hold: `the fast one serves more` of faster\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(results(&place, "all/again").len(), 6);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_hides_no_claim() {
    let place = with_broken_claim();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ended = Ended::of(place.command(&["compare", "faster.toml", "again.toml"]).stdout(full));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    for expected in
        ["claims do not hold: `the fast one serves more` of faster", "cannot write to standard output"]
    {
        assert!(ended.stderr.contains(expected), "`{expected}` is not in\n{}", ended.stderr);
    }
}

#[test]
fn every_place_is_looked_at_before_anything_runs() {
    let place = with_broken_claim();
    fs::create_dir_all(place.path().join("all/again")).unwrap();
    fs::write(place.path().join("all/again/notes.txt"), "mine").unwrap();
    let before = tree(place.path());
    let ended = place.run(&["compare", "faster.toml", "again.toml", "--out", "all"]);
    assert_refused(&ended, &["again` is not empty and holds no results of metastable"]);
    assert_eq!(tree(place.path()), before);
}

/// Requests of a workload of which none succeeds are not left out of a latency.
#[test]
fn latency_has_no_value_where_a_workload_has_no_success() {
    let place = place();
    let failing = "[workloads.lost]\narrivals = { open = { rate = \"5/s\" } }\nto = \"gone\"\n\n[services.gone]\nthreads = \"unlimited\"\nhandler = [{ fail = \"100%\" }]\n\n[services.web]";
    fs::write(place.path().join("model.toml"), MODEL.replacen("[services.web]", failing, 1)).unwrap();
    write(
        &place,
        "versus = \"slow\"\nmetric = \"goodput\"\nat_least = \"10/s\"",
        "metric = \"p99\"\nat_most = \"10s\"",
    );
    let ended = place.run(&["compare", "faster.toml"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let expected = "FAILS  the fast one serves more: p99 of fast has no value with 8 of 8 seeds\n";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

/// A disk that was full, a copy that was cut off: the runs are made again, and it is said why.
#[test]
fn damaged_results_are_made_again() {
    let place = place();
    place.run(&["compare", "faster.toml", "--out", "out"]).success();
    let whole = results(&place, "out");
    let file = place.path().join("out/runs.csv");
    let runs = fs::read_to_string(&file).unwrap();
    let last = runs.trim_end().rfind('\n').unwrap();
    for damaged in [None, Some(&runs[..last + 20]), Some(&runs[..=last]), Some("")] {
        match damaged {
            None => fs::remove_file(&file).unwrap(),
            Some(text) => fs::write(&file, text).unwrap(),
        }
        let ended = place.run(&["compare", "faster.toml", "--out", "out"]);
        let begins =
            ["warning: the runs in `out/runs.csv` cannot be used: ", "warning: the runs in `out\\runs.csv`"];
        assert!(begins.iter().any(|begin| ended.stderr.starts_with(begin)), "{}", ended.stderr);
        assert!(!ended.stderr.contains("TOML file"), "{}", ended.stderr);
        ended.success();
        assert!(results(&place, "out") == whole, "not the same as before");
    }
    assert_eq!(place.run(&["compare", "faster.toml", "--out", "out"]).stderr, "");
}

#[cfg(unix)]
#[test]
fn a_path_through_a_link_leads_to_the_model_that_was_run() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("real/experiments")).unwrap();
    fs::write(place.path().join("real/model.toml"), MODEL).unwrap();
    let experiment = EXPERIMENT.replace("\"model.toml\"", "\"../model.toml\"");
    fs::write(place.path().join("real/experiments/faster.toml"), experiment).unwrap();
    std::os::unix::fs::symlink("real/experiments", place.path().join("link")).unwrap();
    let text = place.run(&["compare", "link/faster.toml"]).success();
    assert!(text.ends_with("\none run  metastable run link/../model.toml --seed 1\n"), "{text}");
    let text = place.run(&["compare", "real/experiments/faster.toml"]).success();
    assert!(text.ends_with("\none run  metastable run real/model.toml --seed 1\n"), "{text}");
}

#[test]
fn there_is_a_last_seed() {
    let place = place();
    write(&place, "seeds = 8", "seeds = 2\nfirst_seed = 18446744073709551612");
    let ended = place.run(&["compare", "faster.toml", "--seeds", "50"]);
    assert_refused(
        &ended,
        &["error[M022]: there are no 50 seeds from 18446744073709551612 on", "--> faster.toml:4:"],
    );
    let ended = place.run(&["compare", "faster.toml", "--seeds", "3"]);
    assert!(
        ended.stdout.contains("seeds 18446744073709551612 to 18446744073709551614\n"),
        "{}",
        ended.stdout
    );
}

/// Those that take a second or two. All of them, which takes minutes, with `METASTABLE_DEEP=1`.
#[test]
fn the_claims_of_the_experiments_hold() {
    let deep = std::env::var_os("METASTABLE_DEEP").is_some_and(|value| value == "1");
    let quick = ["congestive-collapse", "deterministic-stall", "fan-out", "optimistic-lock"];
    let is_quick =
        |path: &PathBuf| quick.iter().any(|name| path.file_stem().is_some_and(|stem| stem == *name));
    let chosen: Vec<PathBuf> = experiments().into_iter().filter(|path| deep || is_quick(path)).collect();
    assert!(chosen.len() >= quick.len(), "the experiments were found: {chosen:?}");
    let mut arguments = vec!["compare".to_owned()];
    arguments.extend(chosen.iter().map(|path| path.to_string_lossy().into_owned()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = Place::new().run(&arguments).success();
    assert!(text.ends_with(": all hold\n"), "{text}");
}
