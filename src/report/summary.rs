//! `summary.json`: what was run, what came out, and what is needed to run it again.
//!
//! The schema is versioned and has types of its own, so that the model language may change without breaking those who read it.
//! Numbers with `_s` are seconds, `_per_s` rates, `_ratio` shares of 1; a value that does not exist is null.

use serde::Serialize;

use super::decimal::seconds;
use super::steady::SteadySummary;
use super::switches::Switches;
use crate::analysis::{Figures, Judgement, ObjectiveJudgement, Span, WorkloadJudgement};
use crate::kernel::{Duration, Time};
use crate::mechanism::fault::Role;
use crate::model::{JudgeSettings, hexadecimal};
use crate::observe::{FaultOccurrence, Run};

/// The version of the schema that this program writes.
pub const SCHEMA: &str = "metastable.summary.v1";
/// What the schemas of all versions begin with.
pub const SCHEMA_FAMILY: &str = "metastable.summary.";
/// The name of the file.
pub const SUMMARY_FILE: &str = "summary.json";

/// The whole file.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Summary {
    /// Which schema this is: [`SCHEMA`].
    pub schema: &'static str,
    /// The version of metastable that ran the model.
    pub version: &'static str,
    /// Which model.
    pub model: ModelIdentity,
    /// The seed: with model and version it determines everything else.
    pub seed: u64,
    /// Simulated time in seconds.
    pub duration_s: f64,
    /// The begin of the span that the figures cover, in seconds.
    pub warmup_s: f64,
    /// What one row of the CSV files covers, in seconds.
    pub interval_s: f64,
    /// What was found; its fields stand at the top level of the file.
    #[serde(flatten)]
    pub judgement: JudgementSummary,
    /// What the model promises, and whether it was kept.
    pub objectives: Vec<ObjectiveSummary>,
    /// The thresholds that led to it.
    pub judge: JudgeSummary,
    /// The switches that change results more than any tuning.
    pub switches: Switches,
    /// Every fault as it happened.
    pub faults: Vec<FaultSummary>,
    /// How well the means of a run without a trigger are known; empty if there was one.
    pub steady_state: Vec<SteadySummary>,
    /// The run.
    pub actual: RunSummary,
    /// The same world and seed without the triggers; null if there are none, or if it was not asked for.
    pub twin: Option<RunSummary>,
    /// The other files of the directory.
    pub files: Vec<FileSummary>,
}

/// Which model was run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ModelIdentity {
    /// Its name.
    pub name: String,
    /// SHA-256 over the effective model, in hexadecimal.
    pub digest: String,
}

/// What was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct JudgementSummary {
    /// The word: `healthy`, `unaffected`, `recovered`, `undecided`, `metastable`, `unstable`; null if nothing was judged, for
    /// want of a twin.
    pub verdict: Option<String>,
    /// Why, where the word alone does not say: `trigger_never_ends`, `overload`, …
    pub reason: Option<String>,
    /// The same for people.
    pub sentence: String,
    /// By workload; the verdict of the run is that of its worst one.
    pub judgements: Vec<WorkloadJudgementSummary>,
}

/// What was found about one workload.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WorkloadJudgementSummary {
    /// The name in the model.
    pub workload: String,
    /// As above, for this workload.
    pub verdict: String,
    /// As above, for this workload.
    pub reason: Option<String>,
    /// The same for people.
    pub sentence: String,
    /// Goodput in the final window / goodput of the twin there.
    pub final_ratio: Option<f64>,
    /// From the end of the trigger to the return of goodput.
    pub time_to_recovery_s: Option<f64>,
    /// How often goodput fell again.
    pub relapses: u32,
    /// How long goodput must hold to count.
    pub hold_s: f64,
    /// Begin and end of the final window.
    pub final_window_s: Option<[f64; 2]>,
}

/// A promise to a workload.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ObjectiveSummary {
    /// Whose.
    pub workload: String,
    /// What is promised, with its unit: `availability_ratio`, `latency_p99_s`, `recovery_s`.
    pub objective: String,
    /// How much.
    pub target: f64,
    /// What came out; null if there is no such figure.
    pub found: Option<f64>,
    /// Whether it was kept; null if that cannot be said.
    pub met: Option<bool>,
}

impl ObjectiveSummary {
    /// As it was judged.
    pub fn new(judged: &ObjectiveJudgement) -> Self {
        let ObjectiveJudgement { workload, objective, met } = judged;
        Self {
            workload: workload.clone(),
            objective: objective.name(),
            target: objective.target(),
            found: objective.found(),
            met: *met,
        }
    }
}

/// `[judge]` as it was in force.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct JudgeSummary {
    /// Goodput must hold for at least so many intervals.
    pub hold_intervals: u32,
    /// And for so many requests offered to the twin.
    pub hold_requests: u32,
    /// How much of the end of the run decides, at most.
    pub final_window_s: f64,
    /// At or above this share of the twin's goodput the system is back.
    pub threshold_ratio: f64,
    /// Below this share it has fallen again.
    pub relapse_ratio: f64,
}

/// A fault as it happened; times are spelled as in a model, so that the list can be pasted into one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FaultSummary {
    /// The name in the model.
    pub name: String,
    /// `degrade`, `pause`, …
    pub kind: &'static str,
    /// `trigger` or `background`.
    pub role: Role,
    /// When it began: `"300s"`.
    pub at: String,
    /// How long it lasted; null: to the end of the run.
    pub duration: Option<String>,
    /// Whom it hit: the service, workload or zone, both ends of what was cut, or the settings that were pushed.
    pub target: String,
    /// Which instances of the service; empty for a workload.
    pub instances: Vec<u32>,
}

/// One run: its digest and its figures.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RunSummary {
    /// SHA-256 over the observable rows, in hexadecimal: equal digests, equal CSV files.
    pub digest: String,
    /// How many events the engine executed.
    pub events: u64,
    /// The figures of [warm-up, duration).
    #[serde(flatten)]
    pub figures: Figures,
    /// The figures of the final window, which decides the verdict; null if nothing was judged by one.
    pub final_window: Option<Figures>,
}

/// A file of the directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FileSummary {
    /// Its name.
    pub name: String,
    /// Its rows, without the header.
    pub rows: u64,
}

impl Summary {
    /// The text of the file.
    pub fn to_json(&self) -> String {
        pretty(self) + "\n"
    }
}

impl JudgementSummary {
    /// The judgement, or that there is none.
    pub fn new(judgement: Option<&Judgement>) -> Self {
        let Some(judgement) = judgement else {
            let sentence =
                "not judged: the run has triggers, and the twin to compare it with was not asked for";
            return Self {
                verdict: None,
                reason: None,
                sentence: sentence.to_owned(),
                judgements: Vec::new(),
            };
        };
        Self {
            verdict: Some(judgement.verdict.name().to_owned()),
            reason: judgement.verdict.reason().map(str::to_owned),
            sentence: judgement.sentence(),
            judgements: judgement.workloads.iter().map(WorkloadJudgementSummary::new).collect(),
        }
    }
}

impl WorkloadJudgementSummary {
    fn new(judgement: &WorkloadJudgement) -> Self {
        let in_seconds = |time: Time| time.since(Time::ZERO).as_secs_f64();
        Self {
            workload: judgement.name.clone(),
            verdict: judgement.verdict.name().to_owned(),
            reason: judgement.verdict.reason().map(str::to_owned),
            sentence: judgement.sentence(),
            final_ratio: judgement.final_ratio,
            time_to_recovery_s: judgement.time_to_recovery.map(Duration::as_secs_f64),
            relapses: judgement.relapses,
            hold_s: judgement.hold.as_secs_f64(),
            final_window_s: judgement.final_window.map(|span| [in_seconds(span.begin), in_seconds(span.end)]),
        }
    }
}

impl JudgeSummary {
    /// The settings, as numbers.
    pub fn new(settings: &JudgeSettings) -> Self {
        Self {
            hold_intervals: settings.hold.intervals,
            hold_requests: settings.hold.requests,
            final_window_s: settings.final_window.as_secs_f64(),
            threshold_ratio: settings.threshold.as_f64(),
            relapse_ratio: settings.relapse.as_f64(),
        }
    }
}

impl FaultSummary {
    /// The occurrence, in the language.
    pub fn new(fault: &FaultOccurrence) -> Self {
        let spelled = |ns: u64| format!("{}s", seconds(u128::from(ns)));
        Self {
            name: fault.name.clone(),
            kind: fault.kind,
            role: fault.role,
            at: spelled(fault.at.as_ns()),
            duration: fault.end.map(|end| spelled(end.since(fault.at).as_ns())),
            target: fault.target.clone(),
            instances: fault.instances.clone(),
        }
    }
}

impl RunSummary {
    /// The summary of a run.
    pub fn new(run: &Run, final_window: Option<Span>) -> Self {
        Self {
            digest: hexadecimal(&run.digest),
            events: run.events,
            figures: Figures::new(run),
            final_window: final_window.map(|window| Figures::of_window(run, window)),
        }
    }
}

fn pretty(summary: &Summary) -> String {
    serde_json::to_string_pretty(summary).expect("invariant: plain data has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Time;

    #[test]
    fn faults_are_spelled_in_the_language() {
        let fault = FaultOccurrence {
            name: "db_slow".to_owned(),
            kind: "degrade",
            role: Role::Trigger,
            at: Time::from_ns(300_000_000_000),
            end: Some(Time::from_ns(300_250_000_000)),
            target: "db".to_owned(),
            instances: vec![0, 2],
        };
        let json = serde_json::to_value(FaultSummary::new(&fault)).expect("plain data");
        let expected = serde_json::json!({
            "name": "db_slow", "kind": "degrade", "role": "trigger", "at": "300s", "duration": "0.25s",
            "target": "db", "instances": [0, 2],
        });
        assert_eq!(json, expected);
        let endless = FaultSummary::new(&FaultOccurrence { end: None, ..fault });
        assert_eq!(endless.duration, None);
    }

    #[test]
    fn the_thresholds_in_force_are_numbers() {
        let json = serde_json::to_value(JudgeSummary::new(&JudgeSettings::default())).expect("plain data");
        let expected = serde_json::json!({
            "hold_intervals": 10, "hold_requests": 100, "final_window_s": 300.0,
            "threshold_ratio": 0.9, "relapse_ratio": 0.8,
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn the_schema_is_recognised_by_its_family() {
        assert!(SCHEMA.starts_with(SCHEMA_FAMILY));
        assert_eq!(hexadecimal(&[0, 10, 255]), "000aff");
    }
}
