//! Runs that are kept as cases, and run again.

use super::{BUILD, Progress, Stopped, Trial, TrialOptions, with_explicit_faults};
use crate::analysis::{Judged, Property, PropertyError, Verdict};
use crate::mechanism::Problem;
use crate::model::{Case, CaseRecord, Model, VerdictName, hexadecimal};
use crate::plan::Plan;
use crate::quantity::Files;

/// The version of this program, as cases name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A run that was made to be kept.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    /// What there is to keep.
    pub case: Case,
    /// The run and its twin.
    pub trial: Trial,
    /// Whether the property held.
    pub judged: Judged,
}

/// A case, run again.
#[derive(Clone, PartialEq, Debug)]
pub struct Replay {
    /// The run and its twin.
    pub trial: Trial,
    /// What it was asked to keep.
    pub property: Property,
    /// Whether it did.
    pub judged: Judged,
    /// Whether the run is the one that was recorded, to the bit.
    pub is_same: bool,
}

/// Why a run cannot be recorded or replayed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ReplayError {
    /// Another version recorded it.
    #[error("version {0} recorded this case, and this is version {VERSION}")]
    Version(String),
    /// The model is not the one that was recorded, or a file that it reads is not.
    #[error("the model in this case has the digest {found}, and {recorded} was recorded")]
    Model {
        /// What the case says.
        recorded: String,
        /// What its model has.
        found: String,
    },
    /// It asks for no property that there is.
    #[error("`case.property`: {0}")]
    Property(#[from] PropertyError),
    /// A file that the model reads is not as it should be.
    #[error("the model has no plan: {}", .0.first().map_or("", |problem| problem.message.as_str()))]
    Plan(Vec<Problem>),
    /// The run came to no end.
    #[error("the run was stopped")]
    Stopped(Stopped),
}

impl ReplayError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Version(version) => format!(
                "results may differ between versions: install metastable {version}, or see with `--force` what this version makes of it"
            ),
            Self::Model { .. } => {
                "it was edited, or a file beside it: undo that, or see with `--force` what comes out now"
                    .to_owned()
            }
            Self::Property(error) => error.help().to_owned(),
            Self::Plan(problems) => {
                problems.first().and_then(|problem| problem.help.clone()).unwrap_or_default()
            }
            Self::Stopped(_) => "run it again".to_owned(),
        }
    }
}

/// Runs a model under its seed, with its faults as they happen written out, and keeps what a case needs.
///
/// If it comes out otherwise with the faults written out, they are kept as the model says them.
///
/// # Errors
/// If a file that the model reads is not as it should be, or `progress` was told to cancel.
pub fn record(
    model: &Model,
    files: &dyn Files,
    property: &Property,
    progress: &Progress,
) -> Result<Recorded, ReplayError> {
    let drawn = conduct(model, files, progress)?;
    let judged = drawn.judge(model, property);
    let explicit = with_explicit_faults(model, &drawn.run).filter(|explicit| explicit != model);
    if let Some(explicit) = explicit {
        let trial = conduct(&explicit, files, progress)?;
        let again = trial.judge(&explicit, property);
        if again.holds == judged.holds && verdict(&trial) == verdict(&drawn) {
            return Ok(keep(explicit, files, property, trial, again));
        }
    }
    Ok(keep(model.clone(), files, property, drawn, judged))
}

/// Runs a case again.
///
/// # Errors
/// If the version or the digest of the model is not what was recorded, unless `forced`; if the case asks for no property that there is; if a file
/// that the model reads is not as it should be, or `progress` was told to cancel.
pub fn replay(
    case: &Case,
    beside: &dyn Files,
    forced: bool,
    progress: &Progress,
) -> Result<Replay, ReplayError> {
    let record = &case.record;
    let property: Property = record.property.parse()?;
    if record.version != VERSION && !forced {
        return Err(ReplayError::Version(record.version.clone()));
    }
    let found = case.model_digest(beside);
    if found != record.model_digest && !forced {
        return Err(ReplayError::Model { recorded: record.model_digest.clone(), found });
    }
    let trial = conduct(&case.model, &case.files(beside), progress)?;
    let judged = trial.judge(&case.model, &property);
    let is_same = hexadecimal(&trial.run.digest) == record.run_digest;
    Ok(Replay { trial, property, judged, is_same })
}

fn conduct(model: &Model, files: &dyn Files, progress: &Progress) -> Result<Trial, ReplayError> {
    let plan = Plan::compile(model, files).map_err(ReplayError::Plan)?;
    let options = TrialOptions { with_twin: true, check: false };
    Trial::conduct(model, &plan, model.run.seed, options, progress).map_err(ReplayError::Stopped)
}

/// What a case of a trial says.
pub(super) fn keep(
    model: Model,
    files: &dyn Files,
    property: &Property,
    trial: Trial,
    judged: Judged,
) -> Recorded {
    let record = CaseRecord {
        property: property.to_string(),
        verdict: verdict(&trial),
        holds: judged.holds,
        version: VERSION.to_owned(),
        build: BUILD.to_owned(),
        model_digest: model.digest_hex(files),
        run_digest: hexadecimal(&trial.run.digest),
        files: model.embedded_files(files),
    };
    Recorded { case: Case { model, record }, trial, judged }
}

/// The verdict as its word; a trial without a twin tells nothing.
pub(super) fn verdict(trial: &Trial) -> VerdictName {
    match trial.judgement.as_ref().map(|judgement| judgement.verdict) {
        Some(Verdict::Healthy) => VerdictName::Healthy,
        Some(Verdict::Unaffected) => VerdictName::Unaffected,
        Some(Verdict::Recovered) => VerdictName::Recovered,
        Some(Verdict::Metastable) => VerdictName::Metastable,
        Some(Verdict::Unstable(_)) => VerdictName::Unstable,
        Some(Verdict::Undecided(_)) | None => VerdictName::Undecided,
    }
}
