//! A boundary along a number of the model: the answer in a sentence, the values that were probed, and files.

mod files;
mod json;
mod sentence;
mod terminal;
#[cfg(test)]
mod tests;

pub use files::write_files;
pub use json::BoundarySummary;
pub(super) use terminal::shown as interval_text;

use crate::analysis::{Outcome, Probe, Search};

/// The version of the schema of `boundary.json`.
pub const BOUNDARY_SCHEMA: &str = "metastable.boundary.v1";
/// What the schemas of all versions begin with.
pub const BOUNDARY_FAMILY: &str = "metastable.boundary.";
/// The name of the file.
pub const BOUNDARY_FILE: &str = "boundary.json";

/// What there is to report.
#[derive(Clone, Copy, Debug)]
pub struct BoundaryReport<'a> {
    /// The name of the model.
    pub name: &'a str,
    /// What was asked, and seen.
    pub search: &'a Search,
    /// How the search ended.
    pub outcome: Outcome,
    /// SHA-256 over the effective model at each probe, in hexadecimal, in their order.
    pub digests: &'a [String],
}

impl BoundaryReport<'_> {
    /// The probes in the order of their values, each with its position.
    pub(super) fn in_order(&self) -> Vec<(usize, &Probe)> {
        let mut probes: Vec<(usize, &Probe)> = self.search.probes().iter().enumerate().collect();
        probes.sort_by(|one, other| one.1.value.total_cmp(&other.1.value));
        probes
    }

    /// A value as it is typed.
    pub(super) fn written(&self, probe: usize) -> String {
        self.search.question().along.written(self.search.probes()[probe].value)
    }
}
