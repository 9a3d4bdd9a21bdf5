//! Goal: the same model and seed give the same bytes, everywhere and for ever. Method: run the program and compare what it writes: with
//! the digests that were committed, with a second run, with other numbers of threads, with a processor that can do less.
//!
//! `.ci/run` compares builds with one another in the same way; a test sees only the build that it is part of.

#![expect(clippy::unwrap_used, reason = "what does not work here is what the test is about")]

#[path = "../util/models.rs"]
mod models;
#[path = "../util/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use program::{Ended, Place, tree};

/// The folder of these tests, with models that put many parts into little time.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/determinism")
}

/// The models of the project, then those of this folder.
fn all_models() -> Vec<PathBuf> {
    let own = [
        "called",
        "caches",
        "callers",
        "contention",
        "everything",
        "forever",
        "freshness",
        "kept",
        "locks",
        "memory",
        "warming",
    ]
    .map(|name| folder().join(name).with_extension("toml"));
    models::models().into_iter().chain(own).collect()
}

/// Runs a model with these environment variables and returns the directory of its results.
fn results(place: &Place, model: &Path, variables: &[(&str, &str)]) -> PathBuf {
    let path = model.to_str().expect("invariant: the project has no strange names");
    let mut command = place.command(&["run", path, "--out", "out"]);
    Ended::of(command.envs(variables.iter().copied())).success();
    place.path().join("out")
}

/// The row of a model in the table of digests.
fn row(model: &Path, variables: &[(&str, &str)]) -> String {
    let place = Place::new();
    let summary = fs::read(results(&place, model, variables).join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    let text = |pointer: &str| {
        summary.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or("-").to_owned()
    };
    format!(
        "{} {}\n  model  {}\n  actual {}\n  twin   {}\n",
        text("/model/name"),
        summary["seed"],
        text("/model/digest"),
        text("/actual/digest"),
        text("/twin/digest"),
    )
}

const HEAD: &str = "\
# Name and seed of a model, the digest of the model, and the digests of the run and its twin. Whoever changes them changes the results
# of everybody: say why in the commit, and under \"results change\" in the change log. To write them anew:
#
#   METASTABLE_BLESS=1 cargo test --test determinism

";

/// The committed table; written anew first if that was asked for.
fn golden() -> &'static str {
    static GOLDEN: OnceLock<String> = OnceLock::new();
    GOLDEN.get_or_init(|| {
        let path = folder().join("golden.txt");
        if std::env::var_os("METASTABLE_BLESS").is_some_and(|value| value == "1") {
            let rows: String = all_models().iter().map(|model| row(model, &[])).collect();
            fs::write(&path, format!("{HEAD}{rows}")).unwrap();
        }
        fs::read_to_string(path).unwrap()
    })
}

/// Compares the rows of all models with the committed ones.
fn assert_golden(variables: &[(&str, &str)]) {
    let mut expected = golden().strip_prefix(HEAD).expect("the head of the table is the one above");
    for model in all_models() {
        let row = row(&model, variables);
        let length = expected.match_indices('\n').nth(3).map_or(expected.len(), |(at, _)| at + 1);
        assert_eq!(
            row,
            expected[..length],
            "\n{} gives other results than before ({variables:?}). If that is meant: METASTABLE_BLESS=1 cargo test --test determinism",
            model.display()
        );
        expected = &expected[length..];
    }
    assert_eq!(expected, "", "every row belongs to a model");
}

#[test]
fn digests_are_those_that_were_committed() {
    assert_golden(&[]);
}

/// The mathematics of the C library chooses its instructions by the processor, and with them its last bits; ours does not.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#[test]
fn a_processor_without_fused_operations_gives_the_same_digests() {
    let mask = "glibc.cpu.hwcaps=-FMA,-AVX2,-AVX2_Usable,-FMA_Usable";
    assert_golden(&[("GLIBC_TUNABLES", mask)]);
}

#[test]
fn every_byte_is_the_same_again_and_with_any_number_of_threads() {
    for name in ["models/steady.toml", "tests/determinism/everything.toml"] {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let bytes = |variables: &[(&str, &str)]| {
            let place = Place::new();
            tree(&results(&place, &model, variables))
        };
        let first = bytes(&[]);
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["command.json", "edges.csv", "services.csv", "summary.json", "workloads.csv"]);
        for variables in [
            &[][..],
            &[("RAYON_NUM_THREADS", "1")],
            &[("RAYON_NUM_THREADS", "2")],
            &[("TZ", "Asia/Tokyo"), ("LC_ALL", "de_DE.UTF-8")],
        ] {
            assert!(bytes(variables) == first, "{name} differs with {variables:?}");
        }
    }
}

#[test]
fn another_seed_gives_another_run_of_the_same_model() {
    let place = Place::new();
    let model = folder().join("contention.toml");
    let digests = |seed| {
        let path = model.to_str().expect("invariant: the project has no strange names");
        let json = place.run(&["run", path, "--seed", seed, "--out", seed, "--format", "json"]).success();
        let summary: serde_json::Value = serde_json::from_str(&json).unwrap();
        (summary["model"]["digest"].clone(), summary["actual"]["digest"].clone())
    };
    let (first, second, again) = (digests("1"), digests("2"), digests("1"));
    assert_eq!(first, again);
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1);
}
