//! Why a system does not come back and what would bring it back: in a sentence, two tables, and JSON.

mod json;
mod terminal;
#[cfg(test)]
mod tests;

pub use json::DiagnosisSummary;

use crate::analysis::{Undecided, Unstable, Verdict};
use crate::experiment::{Aftermath, Diagnosis, Finding, Remedy};
use crate::report::human;

/// The version of the schema of the JSON.
pub const DIAGNOSIS_SCHEMA: &str = "metastable.diagnosis.v1";

/// What there is to report.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisReport<'a> {
    /// The name of the model.
    pub name: &'a str,
    /// SHA-256 over the effective model, in hexadecimal.
    pub digest: &'a str,
    /// Under which seed it ran.
    pub seed: u64,
    /// What was found.
    pub diagnosis: &'a Diagnosis,
}

impl DiagnosisReport<'_> {
    /// The answer, without a full stop.
    pub fn sentence(&self) -> String {
        let diagnosis = self.diagnosis;
        let loops = diagnosis.loops();
        let is_together =
            matches!(&diagnosis.finding, Finding::Down { together, .. } if !together.is_empty());
        match (&diagnosis.finding, &loops[..]) {
            (Finding::NotDown, _) => not_down(diagnosis.judgement.verdict).to_owned(),
            (Finding::Down { .. }, []) => {
                "no loop was found: without all of what may feed it, it stays down".to_owned()
            }
            (Finding::Down { .. }, [one]) => format!("what keeps it down: {one}; without it, it comes back"),
            (Finding::Down { .. }, several) if is_together => {
                format!(
                    "what keeps it down: {}; only without all of them together it comes back",
                    listed(several)
                )
            }
            (Finding::Down { .. }, several) => {
                format!(
                    "what keeps it down: {}; take any one of them away, and it comes back",
                    listed(several)
                )
            }
        }
    }

    /// What an operator did, what helps first, and the sooner it does the earlier.
    fn remedies(&self) -> Vec<&Remedy> {
        let Finding::Down { remedies, .. } = &self.diagnosis.finding else { return Vec::new() };
        let mut remedies: Vec<&Remedy> = remedies.iter().collect();
        remedies.sort_by_key(|remedy| (!remedy.after.is_back(), remedy.after.time_to_recovery));
        remedies
    }

    /// The first thing that helps and that a model can say, as options of `metastable run`.
    pub fn cure(&self) -> Option<Vec<String>> {
        let cure =
            self.remedies().into_iter().find(|remedy| remedy.after.is_back() && !remedy.faults.is_empty())?;
        Some(cure.faults.iter().map(|(name, settings)| format!("faults.{name}={settings}")).collect())
    }
}

/// Why there is no loop to look for.
fn not_down(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unstable(Unstable::Overload) => {
            "no loop keeps it down: it fails without any trigger, and with single attempts too; there is more load than capacity"
        }
        Verdict::Unstable(Unstable::CollapseWithoutTrigger) => {
            "it falls without a trigger, and its own retries are what makes it fall: with single attempts it copes"
        }
        Verdict::Undecided(Undecided::TriggerNeverEnds) => {
            "a trigger goes on until the run ends: what would keep it down afterwards shows only when it ends (write its `duration`)"
        }
        Verdict::Undecided(_) => "the run does not tell whether it stays down: a longer `run.duration` may",
        Verdict::Healthy | Verdict::Unaffected | Verdict::Recovered | Verdict::Metastable => {
            "nothing keeps it down: there is no loop to look for"
        }
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Whether and when it came back.
fn comes_back(after: &Aftermath) -> String {
    match (after.is_back(), after.time_to_recovery) {
        (true, Some(time)) if !time.is_zero() => format!("after {}", human::instant(time.as_ns())),
        (true, _) => "at once".to_owned(),
        (false, _) => match after.verdict {
            Verdict::Undecided(Undecided::StillDraining | Undecided::TooLate) => "not in time".to_owned(),
            Verdict::Undecided(Undecided::Flapping) => "up and down".to_owned(),
            _ => "no".to_owned(),
        },
    }
}
