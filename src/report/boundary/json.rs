//! `boundary.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{BOUNDARY_SCHEMA, BoundaryReport};
use crate::analysis::{CONFIDENCE, Outcome};
use crate::model::VerdictName;
use crate::report::summary::FileSummary;

/// The whole file.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BoundarySummary {
    /// Which schema this is.
    pub schema: &'static str,
    /// The version of metastable that ran it.
    pub version: &'static str,
    /// The name of the model.
    pub name: String,
    /// What was asked.
    pub question: QuestionSummary,
    /// What came out.
    pub answer: AnswerSummary,
    /// What was seen, by value.
    pub probes: Vec<ProbeSummary>,
    /// The other files of the directory.
    pub files: Vec<FileSummary>,
}

/// What was asked.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct QuestionSummary {
    /// The path of the value that varies.
    pub along: String,
    /// The lower end of the range, as typed.
    pub from: String,
    /// The upper end.
    pub to: String,
    /// `linear` or `log`.
    pub scale: &'static str,
    /// Which runs are counted.
    pub verdict: &'static str,
    /// The level that their share crosses.
    pub level_ratio: f64,
    /// How wide the answer may be, as a share of the larger of its ends.
    pub tolerance_ratio: f64,
    /// The most seeds per value; the first is 1.
    pub seeds_max: u64,
}

/// What came out.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AnswerSummary {
    /// Whether the level is crossed between two values.
    pub is_crossed: bool,
    /// The value at which the share is proven to be less; null without a crossing.
    pub below: Option<String>,
    /// The value at which it is proven to be more.
    pub above: Option<String>,
    /// The values between them at which it could not be told.
    pub open: Vec<String>,
    /// Whether it is wider than the tolerance because enough values were looked at.
    pub is_cut_short: bool,
    /// Two values, the lower first, at which the share is proven to be in the wrong order; null: it may well rise or fall throughout.
    pub not_monotone: Option<[String; 2]>,
    /// The confidence of all of this together.
    pub confidence_ratio: f64,
    /// The confidence of each look at a value, so that it is.
    pub confidence_each_ratio: f64,
    /// The same for people, with the evidence.
    pub sentence: String,
}

/// What was seen of a value.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ProbeSummary {
    /// The value, as typed.
    pub value: String,
    /// Its number.
    pub number: f64,
    /// SHA-256 over the effective model with it.
    pub model_digest: String,
    /// Under how many seeds it ran.
    pub seeds: u64,
    /// How many of the runs count.
    pub count: u64,
    /// The same as a share.
    pub share_ratio: f64,
    /// The lower end of its interval.
    pub low_ratio: f64,
    /// The upper end.
    pub high_ratio: f64,
    /// `below` or `above` the level, or `open`.
    pub side: &'static str,
    /// By verdict, those that came.
    pub verdicts: BTreeMap<&'static str, u64>,
}

impl BoundarySummary {
    /// The summary of a search whose other files are these.
    pub fn new(report: &BoundaryReport<'_>, files: Vec<FileSummary>) -> Self {
        let (search, question) = (report.search, report.search.question());
        let (from, to) = question.along.ends();
        let (below, above) = match report.outcome {
            Outcome::Crossing { below, above } => (Some(report.written(below)), Some(report.written(above))),
            Outcome::SameSide(_) | Outcome::OpenEnd(_) => (None, None),
        };
        let open = if below.is_some() { search.open_between() } else { Vec::new() };
        let probes = report.in_order().into_iter().map(|(position, probe)| {
            let counts = VerdictName::ALL.map(|verdict| (verdict.name(), probe.verdict_count(verdict)));
            ProbeSummary {
                value: report.written(position),
                number: probe.value,
                model_digest: report.digests[position].clone(),
                seeds: probe.seed_count(),
                count: probe.count,
                share_ratio: probe.share(),
                low_ratio: probe.interval.0,
                high_ratio: probe.interval.1,
                side: probe.side.name(),
                verdicts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            }
        });
        Self {
            schema: BOUNDARY_SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            name: report.name.to_owned(),
            question: QuestionSummary {
                along: question.along.path().to_owned(),
                from: question.along.written(from),
                to: question.along.written(to),
                scale: question.scale.name(),
                verdict: question.counted.name(),
                level_ratio: question.level.as_f64(),
                tolerance_ratio: question.tolerance.as_f64(),
                seeds_max: question.seeds_max,
            },
            answer: AnswerSummary {
                is_crossed: below.is_some(),
                below,
                above,
                open: open.into_iter().map(|value| question.along.written(value)).collect(),
                is_cut_short: report.width().is_some(),
                not_monotone: search
                    .inversion()
                    .map(|(low, high)| [report.written(low), report.written(high)]),
                confidence_ratio: CONFIDENCE,
                confidence_each_ratio: search.confidence_each(),
                sentence: report.sentence(),
            },
            probes: probes.collect(),
            files,
        }
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("invariant: a summary has string keys and finite numbers")
            + "\n"
    }
}
