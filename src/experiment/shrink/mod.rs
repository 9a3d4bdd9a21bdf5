//! From a run that fails to the smallest that fails in the same way: the same verdict, the same property, the same seed.
//!
//! The seed stays as it is; faults go first, then components and policies, then what is left of the faults gets shorter, weaker and rounder, then load and time. Every step is
//! a model that was run and failed. The order is fixed and every answer is remembered by the digest of its model, so the result is a function of the model, the
//! property and the version, and a process that is given the answers of an earlier one goes on where that one stopped.

mod edits;
mod oracle;
mod round;
mod search;
mod steps;
mod story;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::replay::verdict;
use super::{Progress, Recorded, ReplayError, record};
use crate::analysis::Property;
use crate::model::Model;
use crate::quantity::Files;

use oracle::Oracle;
use steps::Shrinker;
pub use story::story;

/// What is shrunk by, and who is told.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "there is nothing to say of functions and of files that somebody else opens"
)]
pub struct Shrinking<'a> {
    /// The files that the model reads.
    pub files: &'a dyn Files,
    /// What must not hold.
    pub property: &'a Property,
    /// Is told the digest of every model that was asked, in their order, and whether it fails.
    pub note: &'a dyn Fn(&str, bool),
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Shrunk {
    /// The smallest run that fails.
    pub recorded: Recorded,
    /// How many different models it took, those that an earlier process ran included.
    pub runs: usize,
    /// How large the model was.
    pub before: Size,
    /// How large it is now.
    pub after: Size,
}

/// How much there is in a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Size {
    /// Faults, those in the background included.
    pub faults: usize,
    /// Services.
    pub services: usize,
    /// Policies.
    pub policies: usize,
    /// Lines of its effective text.
    pub lines: usize,
    /// Simulated time.
    pub duration: crate::kernel::Duration,
}

/// Why there is nothing smaller.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ShrinkError {
    /// The property holds: there is no failure to make smaller.
    #[error("there is nothing to shrink: `{property}` holds ({why})")]
    Holds {
        /// What was asked.
        property: String,
        /// Why it holds.
        why: String,
    },
    /// A run is not possible.
    #[error(transparent)]
    Run(#[from] ReplayError),
}

impl Size {
    fn of(model: &Model) -> Self {
        Self {
            faults: model.faults.len(),
            services: model.services.len(),
            policies: model.policies.len(),
            lines: model.effective_toml().lines().count(),
            duration: model.run.duration,
        }
    }
}

/// Looks for the smallest model that fails as this one does. `known` are the answers of an earlier process, by the digest of the model.
///
/// # Errors
/// If it does not fail, a file that the model reads is not as it should be, or `progress` was told to cancel.
///
/// ```
/// use metastable::analysis::Property;
/// use metastable::experiment::{Progress, Shrinking, shrink};
/// use metastable::model::{Case, Overrides};
/// use metastable::quantity::NoFiles;
///
/// let text = std::fs::read_to_string("tests/hunt/storm.case.toml")?;
/// let model = Case::parse("storm.case.toml", &text)?.case.model;
/// let (property, note) = (Property::Recovers, |_: &str, _| ());
/// let shrinking = Shrinking { files: &NoFiles, property: &property, note: &note };
/// let shrunk = shrink(&model, shrinking, Default::default(), &Progress::default())?;
/// assert!(shrunk.recorded.case.model.faults.len() <= model.faults.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shrink(
    model: &Model,
    shrinking: Shrinking<'_>,
    known: BTreeMap<String, bool>,
    progress: &Progress,
) -> Result<Shrunk, ShrinkError> {
    let first = record(model, shrinking.files, shrinking.property, progress)?;
    if first.judged.holds {
        let property = shrinking.property.to_string();
        return Err(ShrinkError::Holds { property, why: first.judged.why });
    }
    let wanted = verdict(&first.trial);
    let oracle = Oracle::new(shrinking, wanted, known, progress);
    let mut shrinker = Shrinker::new(&first.case.model, oracle, !shrinking.property.asks_for_objectives());
    shrinker.go()?;
    let (mut smallest, runs) = shrinker.into_smallest();
    if smallest.digest(shrinking.files) != first.case.model.digest(shrinking.files) {
        // What it was meant to show it shows no longer; the story takes its place.
        smallest.description.clear();
    }
    let recorded = record(&smallest, shrinking.files, shrinking.property, progress)?;
    let (before, after) = (Size::of(&first.case.model), Size::of(&recorded.case.model));
    Ok(Shrunk { recorded, runs, before, after })
}
