//! The house keeps its shape: the direction of the floors, the parts of a mechanism, the size of files, what source may not say.

#![expect(clippy::unwrap_used, reason = "without the source there is nothing to test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the ground up; each may use itself and what stands before it.
const FLOORS: [&str; 11] = [
    "kernel",
    "quantity",
    "mechanism",
    "model",
    "plan",
    "observe",
    "sim",
    "analysis",
    "experiment",
    "testing",
    "report",
];

/// What every mechanism folder has.
const PARTS: [&str; 5] = ["mod.rs", "settings.rs", "state.rs", "series.rs", "tests.rs"];

/// A file longer than this wants to be two.
const LINES_MAX: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file: comments are no dependencies.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    lines.join("\n")
}

/// The floors that a text names as `crate::floor` or `use crate::{floor, …}`.
fn floors_used(code: &str) -> Vec<&str> {
    let mut used = Vec::new();
    for (position, _) in code.match_indices("crate::") {
        let rest = &code[position + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or(""),
            None => rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""),
        };
        used.extend(names.split(',').map(|name| name.trim().split("::").next().unwrap_or("")));
    }
    used.retain(|name| !name.is_empty());
    used
}

#[test]
fn a_module_uses_only_what_stands_on_a_lower_floor() {
    let mut wrong = Vec::new();
    for (height, floor) in FLOORS.iter().enumerate() {
        for file in files_below(&root().join("src").join(floor), ".rs") {
            // Tests may look up: they build whole worlds.
            if file.to_string_lossy().contains("tests") {
                continue;
            }
            let code = code(&file);
            let product = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
            for used in floors_used(product) {
                if !FLOORS[..=height].contains(&used) {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_check_of_the_floors_sees_what_it_should() {
    assert_eq!(floors_used("use crate::kernel::Time;"), ["kernel"]);
    assert_eq!(floors_used("use crate::{model, plan::Plan};"), ["model", "plan"]);
    assert_eq!(floors_used("let x = crate::sim::Simulation::new();"), ["sim"]);
}

#[test]
fn every_mechanism_has_all_its_parts() {
    let mut missing = Vec::new();
    let folders = fs::read_dir(root().join("src/mechanism")).unwrap();
    let folders: Vec<PathBuf> =
        folders.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(folders.len() >= 6, "the mechanisms were found");
    for folder in folders {
        for part in PARTS {
            if !folder.join(part).is_file() {
                missing.push(folder.join(part).display().to_string());
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_file_is_too_long() {
    let mut long: BTreeMap<String, usize> = BTreeMap::new();
    for file in files_below(&root().join("src"), ".rs") {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines > LINES_MAX {
            long.insert(file.display().to_string(), lines);
        }
    }
    assert_eq!(long, BTreeMap::new());
}

#[test]
fn source_does_not_say_what_it_must_not() {
    // Put together here so that this file does not say it either.
    let banned = [
        ["to", "do!("].concat(),
        ["FIX", "ME"].concat(),
        ["#[ig", "nore"].concat(),
        ["uns", "afe {"].concat(),
    ];
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for file in files_below(&root().join(folder), ".rs") {
            let text = fs::read_to_string(&file).unwrap();
            found.extend(
                banned
                    .iter()
                    .filter(|word| text.contains(*word))
                    .map(|word| format!("{}: {word}", file.display())),
            );
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
