//! Goal: a comparison answers first, proves what it claims, says where a mistake is, and gives the same bytes however it was made. Method: small experiments, run as a user would.

use std::fs;
use std::path::PathBuf;

use crate::experiments::experiments;
use crate::program::{Place, tree};
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
    assert_eq!(files, ["comparison.json", "differences.csv", "runs.csv", "variants.csv", "verdicts.csv"]);
    place.run(&["compare", "faster.toml", "--out", "threads", "--jobs", "3"]).success();
    assert!(results(&place, "threads") == whole, "the number of threads shows");
    place.run(&["compare", "faster.toml", "--out", "steps", "--seeds", "3"]);
    assert!(results(&place, "steps") != whole);
    place.run(&["compare", "faster.toml", "--out", "steps"]).success();
    assert!(results(&place, "steps") == whole, "the steps show");
}

/// What is there already is not run again: a run that was marked by hand stays marked.
#[test]
fn runs_that_are_there_are_kept_as_long_as_they_are_of_this_experiment() {
    let place = place();
    place.run(&["compare", "faster.toml", "--out", "out", "--seeds", "3"]);
    let file = place.path().join("out/runs.csv");
    let marked = fs::read_to_string(&file).unwrap().replacen(",unaffected,", ",healthy,", 1);
    fs::write(&file, marked).unwrap();
    let runs = || fs::read_to_string(&file).unwrap();
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
    assert_eq!(results(&place, "all/again").len(), 5);
    assert_eq!(results(&place, "all/faster").len(), 5);
    fs::create_dir(place.path().join("other")).unwrap();
    let twin = EXPERIMENT.replace("\"model.toml\"", "\"../model.toml\"");
    fs::write(place.path().join("other/faster.toml"), twin).unwrap();
    let ended = place.run(&["compare", "faster.toml", "other/faster.toml", "--out", "both"]);
    assert_refused(&ended, &["two experiments are called `faster`"]);
}

/// Those that take a second or two. All of them, which takes minutes, with `METASTABLE_DEEP=1`.
#[test]
fn the_claims_of_the_experiments_hold() {
    let deep = std::env::var_os("METASTABLE_DEEP").is_some_and(|value| value == "1");
    let is_quick =
        |path: &PathBuf| path.ends_with("congestive-collapse.toml") || path.ends_with("fan-out.toml");
    let chosen: Vec<PathBuf> = experiments().into_iter().filter(|path| deep || is_quick(path)).collect();
    assert!(chosen.len() >= 2, "the experiments were found: {chosen:?}");
    let mut arguments = vec!["compare".to_owned()];
    arguments.extend(chosen.iter().map(|path| path.to_string_lossy().into_owned()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = Place::new().run(&arguments).success();
    assert!(text.ends_with(": all hold\n"), "{text}");
}
