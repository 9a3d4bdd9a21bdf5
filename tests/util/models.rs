//! The models of the project, for tests that go through all of them.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder `models` of the project.
pub(crate) fn models() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut models: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "toml")).collect();
    models.sort();
    assert!(models.len() >= 5, "the models were found: {models:?}");
    models
}
