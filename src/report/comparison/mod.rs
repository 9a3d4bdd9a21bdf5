//! A comparison of variants: the answer in a sentence, tables on 80 columns, and files.

mod files;
mod json;
mod sentence;
mod terminal;
#[cfg(test)]
mod tests;

pub(in crate::report) use files::Rows;
pub use files::{DIFFERENCES_FILE, Earlier, RUNS_FILE, VARIANTS_FILE, VERDICTS_FILE, write_files};
pub use json::ComparisonSummary;
pub(in crate::report) use terminal::{compared, word};

use crate::analysis::{Answer, Claim, Comparison};
use crate::model::Experiment;

/// The version of the schema of `comparison.json`.
pub const COMPARISON_SCHEMA: &str = "metastable.comparison.v1";
/// What the schemas of all versions begin with.
pub const COMPARISON_FAMILY: &str = "metastable.comparison.";
/// The name of the file.
pub const COMPARISON_FILE: &str = "comparison.json";

/// What there is to report.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonReport<'a> {
    /// The name of the experiment: that of its file.
    pub name: &'a str,
    /// What it says.
    pub experiment: &'a Experiment,
    /// Which models its variants are, in its order.
    pub variants: &'a [VariantIdentity],
    /// What was observed.
    pub comparison: &'a Comparison,
    /// Which variant is the best.
    pub answer: &'a Answer,
    /// What was expected, and whether it is so.
    pub claims: &'a [Claim],
}

/// Which model a variant is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VariantIdentity {
    /// The arguments of `metastable run` that make it of the model.
    pub arguments: String,
    /// SHA-256 over the effective model, in hexadecimal.
    pub digest: String,
}
