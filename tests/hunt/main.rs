//! Goal: the hunt finds what is planted, and nothing where nothing is. Method: a table of small models, one per mechanism that can keep a system down, each a file in
//! `planted/`; and models in `healthy/` that come back from everything. The seed is fixed, so an outcome is a fact and no matter of chance.

#![expect(clippy::unwrap_used, reason = "what does not work here is what the test is about")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use metastable::analysis::Property;
use metastable::experiment::{Answer, Hunting, Progress, Shrinking, hunt, record, replay, shrink, story};
use metastable::model::schedule::{FaultSpace, Limits};
use metastable::model::{Case, Model, Overrides};
use metastable::quantity::NoFiles;

/// A planted vulnerability must be found within so many runs.
const RUNS_MAX: u64 = 2000;
/// Healthy models are hunted for so many. With 2000 nothing is found either; that takes four times as long.
const HEALTHY_RUNS: u64 = 500;

fn models(folder: &str) -> Vec<(String, Model, Property)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hunt").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        let property = text.lines().find_map(|line| line.strip_prefix("# property: "));
        let model =
            Model::parse(&name, &text, &Overrides::new()).unwrap_or_else(|found| panic!("{found}")).model;
        assert_eq!(model.name, name);
        (
            name,
            model,
            property.expect("a property is named").parse().unwrap_or_else(|error| panic!("{error}")),
        )
    };
    paths.iter().map(read).collect()
}

/// The number of the first run that fails, and what came of the runs until then.
fn first_failure(
    model: &Model,
    property: &Property,
    runs: u64,
) -> Option<(u64, metastable::experiment::Hunted)> {
    let space = FaultSpace::of(model, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let (progress, first) = (Progress::default(), AtomicU64::new(u64::MAX));
    let note = |index: u64, answer: &Answer| {
        if answer.signature.is_some() {
            first.fetch_min(index, Ordering::Relaxed);
        }
    };
    // Rounds are added until something is there: what was run is not run again.
    let answers = std::sync::Mutex::new(BTreeMap::new());
    let mut wanted = 0;
    while wanted < runs {
        wanted = (wanted + 64).min(runs);
        let known = answers.lock().unwrap().clone();
        let hunting =
            Hunting { model, files: &NoFiles, property, space: &space, first_seed: 1, runs: wanted };
        let keep = |index: u64, answer: &Answer| {
            note(index, answer);
            answers.lock().unwrap().insert(index, answer.clone());
        };
        let hunted = hunt(hunting, &known, &keep, &progress).unwrap();
        if !hunted.failures.is_empty() {
            assert_eq!(hunted.failures[0].first, first.load(Ordering::Relaxed));
            return Some((hunted.failures[0].first, hunted));
        }
    }
    None
}

#[test]
fn what_is_planted_is_found() {
    let table = models("planted");
    assert!(table.len() >= 12);
    let mut missed = Vec::new();
    for (name, model, property) in &table {
        match first_failure(model, property, RUNS_MAX) {
            Some((first, hunted)) => println!("{name}: run {first}, {}", hunted.failures[0].signature),
            None => missed.push(name),
        }
    }
    assert!(10 * missed.len() <= table.len(), "not found: {missed:?}");
}

#[test]
fn nothing_is_found_where_nothing_is() {
    for (name, model, property) in models("healthy") {
        let found = first_failure(&model, &property, HEALTHY_RUNS);
        assert!(found.is_none(), "{name}: {found:?}");
    }
}

/// From a model to a case that says why, without looking at anything in between.
#[test]
fn what_is_found_is_shrunk_and_replayed() {
    let (_, model, property) = models("planted").into_iter().find(|(name, ..)| name == "no-budget").unwrap();
    let (_, hunted) = first_failure(&model, &property, RUNS_MAX).unwrap();
    let failing = hunted.failures[0].simplest.model(&model);
    let note = |_: &str, _: bool| ();
    let shrinking = Shrinking { files: &NoFiles, property: &property, note: &note };
    let shrunk = shrink(&failing, shrinking, BTreeMap::new(), &Progress::default()).unwrap();
    assert!(shrunk.after.faults <= 2 && shrunk.runs < 300, "{shrunk:?}");
    let told = story(&shrunk.recorded.case.model, &shrunk.recorded.trial);
    assert!(told.contains("attempts, of which `web` allows"), "{told}");

    let text = shrunk.recorded.case.to_toml(&told);
    let case = Case::parse("case.toml", &text).unwrap_or_else(|found| panic!("{found}")).case;
    assert_eq!(case, shrunk.recorded.case);
    let again = replay(&case, &NoFiles, false, &Progress::default()).unwrap();
    assert!(again.is_same && !again.judged.holds);
    let edited = text.replace("queue.capacity = 60", "queue.capacity = 61");
    let edited = Case::parse("case.toml", &edited).unwrap().case;
    let refused = replay(&edited, &NoFiles, false, &Progress::default()).unwrap_err();
    assert!(refused.to_string().contains("was recorded") && refused.help().contains("--force"), "{refused}");
    let recorded = record(&case.model, &NoFiles, &property, &Progress::default()).unwrap();
    assert_eq!(recorded.case.record, case.record);
}
