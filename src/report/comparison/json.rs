//! `comparison.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::files::hash_of_runs;
use super::{COMPARISON_SCHEMA, ComparisonReport};
use crate::analysis::{CONFIDENCE, Claim, Estimate, Finding, Needed, RecoverySpan, Seen, clopper_pearson};
use crate::experiment::BUILD;
use crate::model::{Metric, VerdictName};
use crate::report::summary::FileSummary;

/// The whole file.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ComparisonSummary {
    /// Which schema this is.
    pub schema: &'static str,
    /// The version of metastable that ran it.
    pub version: &'static str,
    /// Which state of its source that was.
    pub build: &'static str,
    /// The name of the experiment.
    pub name: String,
    /// What it is to show.
    pub claim: String,
    /// The first seed.
    pub first_seed: u64,
    /// Under how many seeds each variant ran.
    pub seeds: u64,
    /// The variant that the others are compared with.
    pub baseline: String,
    /// Which variant to choose.
    pub answer: AnswerSummary,
    /// What was seen of each variant.
    pub variants: Vec<VariantSummary>,
    /// What was expected, and whether it is so.
    pub claims: Vec<ClaimSummary>,
    /// SHA-256 of `runs.csv`: runs that were changed since are not used again.
    pub runs_sha256: String,
    /// The other files of the directory.
    pub files: Vec<FileSummary>,
}

/// Which variant to choose.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AnswerSummary {
    /// The best variant.
    pub best: String,
    /// Those that may be the best as well.
    pub ties: Vec<String>,
    /// The same for people, with the evidence.
    pub sentence: String,
    /// The confidence with which each level of each comparison with the best is judged, so that all together have 95 %.
    pub confidence_each_ratio: f64,
}

/// What was seen of a variant.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct VariantSummary {
    /// Its name.
    pub name: String,
    /// The arguments of `metastable run` that make it of the model.
    pub arguments: String,
    /// SHA-256 over the effective model.
    pub model_digest: String,
    /// How often it survives: is healthy, unaffected or recovered.
    pub survives: ShareSummary,
    /// By verdict, those that came.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// The median time to recovery; null: more than half of the runs were not back, or none has a trigger that ends.
    pub time_to_recovery_median_s: Option<f64>,
    /// The ends of its exact 95 % interval; null: too few runs, or an end after that of the runs.
    pub time_to_recovery_median_95_s: [Option<f64>; 2],
    /// Means, by metric.
    pub metrics: BTreeMap<&'static str, EstimateSummary>,
    /// Means of the differences from the baseline, seed by seed; empty for the baseline itself.
    pub differences: BTreeMap<&'static str, EstimateSummary>,
}

/// A share of the seeds, with its exact 95 % interval (Clopper and Pearson 1934).
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ShareSummary {
    /// Under so many seeds.
    pub seeds: u64,
    /// As a share of all.
    pub share_ratio: f64,
    /// The lower end of the interval.
    pub low_95_ratio: f64,
    /// The upper end.
    pub high_95_ratio: f64,
}

/// A mean, with its 95 % interval (Student 1908), wider where the range of the values is known.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct EstimateSummary {
    /// Of how many seeds.
    pub count: u64,
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub standard_deviation: f64,
    /// The lower end of the interval; null of a single value.
    pub low_95: Option<f64>,
    /// The upper end.
    pub high_95: Option<f64>,
}

/// A claim.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ClaimSummary {
    /// Its name.
    pub name: String,
    /// `holds`, `fails` or `too few seeds`.
    pub finding: &'static str,
    /// The fewest seeds at which what was seen would hold; null if it holds, fails, never would, or takes more than a million.
    pub needs_seeds: Option<u64>,
    /// What was asked at least, as written.
    pub at_least: Option<String>,
    /// What was asked at most, as written.
    pub at_most: Option<String>,
    /// The share or the mean that was seen.
    pub seen: Option<f64>,
    /// It is above this with 95 % confidence; null if too few values say so.
    pub low: Option<f64>,
    /// It is below this with 95 % confidence.
    pub high: Option<f64>,
}

impl ComparisonSummary {
    /// The summary of a comparison whose other files are these.
    pub fn new(report: &ComparisonReport<'_>, files: Vec<FileSummary>) -> Self {
        let name = |variant: usize| report.variant_name(variant).to_owned();
        let variants = 0..report.comparison.variant_count();
        Self {
            schema: COMPARISON_SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            build: BUILD,
            name: report.name.to_owned(),
            claim: report.experiment.claim.clone(),
            first_seed: report.experiment.first_seed,
            seeds: report.comparison.seed_count(),
            baseline: name(report.comparison.baseline),
            answer: AnswerSummary {
                best: name(report.answer.best),
                ties: report.answer.ties.iter().copied().map(name).collect(),
                sentence: report.spoken().sentence,
                confidence_each_ratio: report.answer.confidence,
            },
            variants: variants.map(|variant| VariantSummary::new(report, variant)).collect(),
            claims: report.claims.iter().map(ClaimSummary::new).collect(),
            runs_sha256: hash_of_runs(report),
            files,
        }
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("invariant: a summary has string keys and finite numbers")
            + "\n"
    }
}

impl VariantSummary {
    fn new(report: &ComparisonReport<'_>, variant: usize) -> Self {
        let comparison = report.comparison;
        let (survivals, all) = (comparison.survivals(variant), comparison.seed_count());
        let (low, high) = clopper_pearson(survivals, all, CONFIDENCE);
        let count = |verdict: VerdictName| (verdict.name(), comparison.verdict_count(variant, verdict));
        let metrics = |estimate: &dyn Fn(Metric) -> Option<Estimate>| {
            let all = Metric::ALL.into_iter();
            all.filter_map(|metric| Some((metric.column(), EstimateSummary::new(estimate(metric)?))))
                .collect()
        };
        let baseline = Some(comparison.baseline).filter(|&baseline| baseline != variant);
        Self {
            name: report.variant_name(variant).to_owned(),
            arguments: report.variants[variant].arguments.clone(),
            model_digest: report.variants[variant].digest.clone(),
            survives: ShareSummary {
                seeds: survivals,
                share_ratio: survivals as f64 / all as f64,
                low_95_ratio: low,
                high_95_ratio: high,
            },
            verdicts: VerdictName::ALL.map(count).into_iter().filter(|(_, count)| *count > 0).collect(),
            time_to_recovery_median_s: match comparison.median_recovery(variant) {
                Some(RecoverySpan::Within(time)) => Some(time),
                Some(RecoverySpan::NotWithin(_)) | None => None,
            },
            time_to_recovery_median_95_s: {
                let interval =
                    comparison.median(variant, Metric::Recovery).and_then(|median| median.interval);
                let finite = |end: f64| Some(end).filter(|end| end.is_finite());
                interval.map_or([None; 2], |(low, high)| [finite(low), finite(high)])
            },
            metrics: metrics(&|metric| comparison.estimate(variant, metric)),
            differences: metrics(&|metric| comparison.difference(variant, baseline?, metric)),
        }
    }
}

impl EstimateSummary {
    fn new(estimate: Estimate) -> Self {
        let interval = estimate.interval(CONFIDENCE);
        Self {
            count: estimate.count,
            mean: estimate.mean,
            standard_deviation: estimate.deviation,
            low_95: interval.map(|interval| interval.0),
            high_95: interval.map(|interval| interval.1),
        }
    }
}

impl ClaimSummary {
    fn new(claim: &Claim) -> Self {
        let (finding, needs_seeds) = match claim.finding {
            Finding::Holds => ("holds", None),
            Finding::Fails => ("fails", None),
            Finding::TooFewSeeds { needs: Needed::Count(count) } => ("too few seeds", Some(count)),
            Finding::TooFewSeeds { needs: Needed::TooMany | Needed::Never } => ("too few seeds", None),
        };
        let (seen, bounds) = match claim.seen {
            Seen::Share { count, of, low, high } => (Some(count as f64 / of as f64), Some((low, high))),
            Seen::Mean { estimate, bounds, .. } => (estimate.map(|estimate| estimate.mean), bounds),
        };
        Self {
            name: claim.name.clone(),
            finding,
            needs_seeds,
            at_least: claim.expected.at_least.as_ref().map(ToString::to_string),
            at_most: claim.expected.at_most.as_ref().map(ToString::to_string),
            seen,
            low: bounds.map(|bounds| bounds.0),
            high: bounds.map(|bounds| bounds.1),
        }
    }
}
