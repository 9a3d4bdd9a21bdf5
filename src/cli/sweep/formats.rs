//! In which formats the tables of a sweep are written, besides CSV.

use super::super::failure::Failure;
use super::merge::Merged;
use crate::report::directory::Storage;
use crate::report::sweep::{CELLS_PARQUET, RUNS_PARQUET};

/// What is wanted besides CSV.
#[derive(Clone, Copy, Debug)]
pub(super) struct Formats {
    /// Apache Parquet.
    pub(super) parquet: bool,
}

impl Formats {
    /// Refuses what this build cannot write, before anything is read.
    pub(super) fn check(self) -> Result<(), Failure> {
        if self.parquet && cfg!(not(feature = "parquet")) { Err(unavailable()) } else { Ok(()) }
    }

    /// The files that there will be.
    pub(super) fn names(self) -> &'static [&'static str] {
        if self.parquet { &[RUNS_PARQUET, CELLS_PARQUET] } else { &[] }
    }
}

/// Writes both tables as Parquet.
#[cfg(feature = "parquet")]
pub(super) fn write_parquet(merged: &Merged<'_>, storage: &impl Storage) -> Result<(), Failure> {
    merged.write_parquet(storage).map_err(Failure::from)
}

/// There is none in this build.
#[cfg(not(feature = "parquet"))]
pub(super) fn write_parquet(_: &Merged<'_>, _: &impl Storage) -> Result<(), Failure> {
    Err(unavailable())
}

fn unavailable() -> Failure {
    Failure::Other(
        "this build of metastable writes no Parquet".to_owned(),
        "build one that does with `cargo install --path . --features parquet`; runs.csv and cells.csv are written without `--parquet`".to_owned(),
    )
}
