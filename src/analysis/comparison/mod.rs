//! Variants of one model under the same seeds: which is better, by how much, and how sure that is.
//!
//! The same seed gives every variant the same arrivals and the same demands (common random numbers), so variants are compared seed by seed: the differences vary far less than
//! the values do. Intervals are those of the mean difference, each with 95 % confidence by itself. What is said to be *better* is held to more: the confidence of 95 % is
//! that of the whole answer, shared among its comparisons (Bonferroni).

mod claims;
mod observation;
mod ranking;
#[cfg(test)]
mod tests;

pub use claims::{Claim, Finding, Seen};
pub use observation::Observation;
pub use ranking::{Answer, Level, Relation};

use super::statistics::{Estimate, MedianEstimate};
use crate::model::{Metric, Precision, VerdictName};

/// The confidence of every interval that is shown.
pub const CONFIDENCE: f64 = 0.95;

/// What was observed of the variants.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The names of the variants, in the order of the experiment.
    pub names: Vec<String>,
    /// Which of them the others are compared with.
    pub baseline: usize,
    /// By variant, one per seed, in the order of the seeds: the same seeds for all.
    pub observations: Vec<Vec<Observation>>,
    /// How long after the trigger's end all runs look, in seconds; `None` if no run has a trigger that ends.
    pub horizon_s: Option<f64>,
}

/// How long it takes half of the runs to come back.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum RecoverySpan {
    /// So many seconds.
    Within(f64),
    /// More than half are not back when the run ends, so many seconds after the trigger.
    NotWithin(f64),
}

impl Comparison {
    /// What was observed, one list of the same seeds per variant.
    ///
    /// # Panics
    /// If the variants have not run under the same seeds, or the baseline is none of them.
    pub fn new(names: Vec<String>, baseline: usize, observations: Vec<Vec<Observation>>) -> Self {
        let seeds = |of: &Vec<Observation>| of.iter().map(|observation| observation.seed).collect::<Vec<_>>();
        assert_eq!(names.len(), observations.len(), "every variant was observed");
        assert!(baseline < names.len(), "the baseline is a variant");
        assert!(
            observations.windows(2).all(|pair| seeds(&pair[0]) == seeds(&pair[1])),
            "variants run under the same seeds"
        );
        let looked_at = observations.iter().flatten().filter_map(|observation| observation.observed_s);
        let horizon_s = looked_at.reduce(f64::min);
        Self { names, baseline, observations, horizon_s }
    }

    /// How many variants there are.
    pub fn variant_count(&self) -> usize {
        self.names.len()
    }

    /// Under how many seeds each ran.
    pub fn seed_count(&self) -> u64 {
        self.observations.first().map_or(0, Vec::len) as u64
    }

    /// How many runs of a variant ended so.
    pub fn verdict_count(&self, variant: usize, verdict: VerdictName) -> u64 {
        self.observations[variant].iter().filter(|observation| observation.verdict == verdict).count() as u64
    }

    /// In how many runs of a variant the system works in the end.
    pub fn survivals(&self, variant: usize) -> u64 {
        self.observations[variant].iter().filter(|observation| observation.verdict.is_good()).count() as u64
    }

    /// The mean of a metric, over the runs that have one.
    pub fn estimate(&self, variant: usize, metric: Metric) -> Option<Estimate> {
        let values: Vec<f64> = self.values(variant, metric).flatten().collect();
        Estimate::of(&values)
    }

    /// The mean difference of a metric, `variant` less `versus`, over the seeds under which both have one.
    pub fn difference(&self, variant: usize, versus: usize, metric: Metric) -> Option<Estimate> {
        let pairs = self.values(variant, metric).zip(self.values(versus, metric));
        let differences: Vec<f64> = pairs.filter_map(|(one, other)| Some(one? - other?)).collect();
        Estimate::of(&differences)
    }

    /// The median time to recovery over the runs that tell; those that are not back count as longer than any.
    pub fn median_recovery(&self, variant: usize) -> Option<RecoverySpan> {
        Some(self.recovery_span(self.median(variant, Metric::Recovery)?.median))
    }

    /// The median of a metric with its exact interval, over the runs that have one. A run that is not back has an infinite time to recovery.
    pub fn median(&self, variant: usize, metric: Metric) -> Option<MedianEstimate> {
        let values = self.observations[variant].iter().filter_map(|observation| match metric {
            Metric::Recovery => {
                observation.observed_s.map(|_| observation.value(metric).unwrap_or(f64::INFINITY))
            }
            _ => observation.value(metric),
        });
        MedianEstimate::of(&values.collect::<Vec<_>>(), CONFIDENCE)
    }

    fn recovery_span(&self, time: f64) -> RecoverySpan {
        let horizon = self.horizon_s.unwrap_or(f64::INFINITY);
        if time <= horizon { RecoverySpan::Within(time) } else { RecoverySpan::NotWithin(horizon) }
    }

    /// Whether the mean of a metric is known this precisely for every variant.
    pub fn is_precise(&self, precision: Precision) -> bool {
        (0..self.variant_count()).all(|variant| {
            let has_all = self.values(variant, precision.metric).all(|value| value.is_some());
            let estimate = self.estimate(variant, precision.metric).filter(|_| has_all);
            estimate.is_some_and(|estimate| {
                let half = estimate.half_width(CONFIDENCE);
                half.is_some_and(|half| half <= precision.share.as_f64() * estimate.mean.abs())
            })
        })
    }

    /// A metric of every run of a variant. Who is not back counts with all the time that was looked at, the same for every run: the mean is then that of the time down within
    /// this horizon (the restricted mean of P. Royston and M. Parmar, BMC Medical Research Methodology 2013), and no run is left out.
    fn values(&self, variant: usize, metric: Metric) -> impl Iterator<Item = Option<f64>> + '_ {
        self.observations[variant].iter().map(move |observation| match metric {
            Metric::Recovery => {
                let horizon = observation.observed_s.and(self.horizon_s)?;
                Some(observation.value(metric).map_or(horizon, |time| time.min(horizon)))
            }
            _ => observation.value(metric),
        })
    }
}
