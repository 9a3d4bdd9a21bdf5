//! The same for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{DIAGNOSIS_SCHEMA, DiagnosisReport};
use crate::experiment::{Aftermath, Finding};
use crate::kernel::{Duration, Time};

/// Everything that was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DiagnosisSummary {
    /// Which schema this is.
    pub schema: &'static str,
    /// The version of metastable that ran it.
    pub version: &'static str,
    /// The name of the model.
    pub name: String,
    /// SHA-256 over the effective model.
    pub model_digest: String,
    /// Under which seed.
    pub seed: u64,
    /// Of the run that is explained.
    pub verdict: String,
    /// The answer, for people.
    pub sentence: String,
    /// What keeps it down; empty: no loop was found, or there is none to look for.
    pub loops: Vec<String>,
    /// Whether only all of them together bring it back, and not each alone.
    pub is_together: bool,
    /// When each feedback was taken away alone.
    pub down_s: Option<f64>,
    /// When the operator acted.
    pub acts_s: Option<f64>,
    /// What followed when something was taken away.
    pub removals: Vec<AftermathSummary>,
    /// What followed when an operator did something.
    pub remedies: Vec<AftermathSummary>,
}

/// What followed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AftermathSummary {
    /// What was taken away or done.
    pub what: String,
    /// The verdict then.
    pub verdict: String,
    /// Whether it came back.
    pub comes_back: bool,
    /// From then on; only if it came back.
    pub time_to_recovery_s: Option<f64>,
    /// Goodput in the final window as a share of the twin's.
    pub final_ratio: Option<f64>,
    /// The faults that do it, by name, as TOML; empty: a model cannot say it.
    pub faults: BTreeMap<String, String>,
}

impl DiagnosisSummary {
    /// What a report says.
    pub fn new(report: &DiagnosisReport<'_>) -> Self {
        let diagnosis = report.diagnosis;
        let (mut removals, mut remedies, mut is_together) = (Vec::new(), Vec::new(), false);
        if let Finding::Down { removals: removed, together, remedies: done } = &diagnosis.finding {
            is_together = !together.is_empty();
            removals =
                removed.iter().map(|it| summary(it.name.clone(), &it.after, BTreeMap::new())).collect();
            remedies =
                done.iter().map(|it| summary(it.action.to_string(), &it.after, it.faults.clone())).collect();
        }
        let seconds = |time: Time| time.since(Time::ZERO).as_secs_f64();
        Self {
            schema: DIAGNOSIS_SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            name: report.name.to_owned(),
            model_digest: report.digest.to_owned(),
            seed: report.seed,
            verdict: diagnosis.judgement.verdict.to_string(),
            sentence: report.sentence(),
            loops: diagnosis.loops().into_iter().map(str::to_owned).collect(),
            is_together,
            down_s: diagnosis.down.map(seconds),
            acts_s: diagnosis.acts.map(seconds),
            removals,
            remedies,
        }
    }

    /// As it is printed; ends with a newline.
    pub fn to_json(&self) -> String {
        let text =
            serde_json::to_string_pretty(self).expect("invariant: names and finite numbers can be written");
        text + "\n"
    }
}

fn summary(what: String, after: &Aftermath, faults: BTreeMap<String, String>) -> AftermathSummary {
    AftermathSummary {
        what,
        verdict: after.verdict.to_string(),
        comes_back: after.is_back(),
        time_to_recovery_s: after.time_to_recovery.map(Duration::as_secs_f64),
        final_ratio: after.final_ratio,
        faults,
    }
}
