//! The experiments of the project, for tests that go through all of them.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder `experiments` of the project.
pub(crate) fn experiments() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut experiments: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    experiments.sort();
    assert!(experiments.len() >= 5, "the experiments were found: {experiments:?}");
    experiments
}
