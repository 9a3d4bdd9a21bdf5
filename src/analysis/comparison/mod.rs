//! Variants of one model under the same seeds: which is better, by how much, and how sure that is.
//!
//! The same seed gives every variant the same arrivals and the same demands (common random numbers), so variants are compared seed by seed: the differences vary far less than
//! the values do. Intervals are those of the mean difference, each with 95 % confidence by itself. What is said to be *better* is held to more: the differences that decide
//! have a confidence of 95 % together, shared among the comparisons and what is tried in each (Bonferroni).

#[cfg(test)]
mod chance;
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
}

/// How long it takes half of the runs to come back.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum RecoverySpan {
    /// So many seconds.
    Within(f64),
    /// More than half are not back when their runs end; half take longer than so many seconds.
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
        Self { names, baseline, observations }
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
        let horizon = self.horizon(&[variant]);
        let values: Vec<f64> = self.values(variant, metric, horizon).flatten().collect();
        let estimate = Estimate::of(&values)?;
        Some(largest(metric, horizon).map_or(estimate, |most| estimate.within(0.0, most)))
    }

    /// The mean difference of a metric, `variant` less `versus`, over the seeds under which both have one.
    pub fn difference(&self, variant: usize, versus: usize, metric: Metric) -> Option<Estimate> {
        let horizon = self.horizon(&[variant, versus]);
        let pairs = self.values(variant, metric, horizon).zip(self.values(versus, metric, horizon));
        let differences: Vec<f64> = pairs.filter_map(|(one, other)| Some(one? - other?)).collect();
        let estimate = Estimate::of(&differences)?;
        Some(largest(metric, horizon).map_or(estimate, |most| estimate.within(-most, most)))
    }

    /// How long after the trigger's end all runs of these variants look, in seconds; `None` if none has a trigger that ends. Runs that never fell do not count, if there are
    /// others: their time is 0, however short they look.
    pub fn horizon(&self, variants: &[usize]) -> Option<f64> {
        let looked_at = |counts: &dyn Fn(&Observation) -> bool| {
            let runs = variants.iter().flat_map(|&variant| &self.observations[variant]);
            runs.filter(|run| counts(run)).filter_map(|run| run.observed_s).reduce(f64::min)
        };
        looked_at(&|run| run.verdict != VerdictName::Unaffected).or_else(|| looked_at(&|_| true))
    }

    /// Their horizon, if one of them was seen to recover after it: means of times to recovery are then about less than was seen.
    pub fn cut_off(&self, variants: &[usize]) -> Option<f64> {
        let horizon = self.horizon(variants)?;
        let mut runs = variants.iter().flat_map(|&variant| &self.observations[variant]);
        runs.any(|run| run.value(Metric::Recovery).is_some_and(|time| time > horizon)).then_some(horizon)
    }

    /// The median time to recovery over the runs that tell; those that are not back count as longer than any.
    pub fn median_recovery(&self, variant: usize) -> Option<RecoverySpan> {
        let told = || self.observations[variant].iter().filter_map(|run| Some((run, run.observed_s?)));
        let median = |mut spans: Vec<f64>| {
            spans.sort_by(f64::total_cmp);
            spans.get(spans.len().saturating_sub(1) / 2).copied()
        };
        let spans = told().map(|(run, _)| run.value(Metric::Recovery).unwrap_or(f64::INFINITY)).collect();
        let time = median(spans)?;
        if time.is_finite() {
            return Some(RecoverySpan::Within(time));
        }
        let at_least = told().map(|(run, observed_s)| run.value(Metric::Recovery).unwrap_or(observed_s));
        median(at_least.collect()).map(RecoverySpan::NotWithin)
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

    /// Whether the mean of a metric is known this precisely for every variant.
    pub fn is_precise(&self, precision: Precision) -> bool {
        (0..self.variant_count()).all(|variant| {
            let horizon = self.horizon(&[variant]);
            let has_all = self.values(variant, precision.metric, horizon).all(|value| value.is_some());
            let estimate = self
                .estimate(variant, precision.metric)
                .filter(|estimate| has_all && !estimate.lacks_spread());
            estimate.is_some_and(|estimate| {
                let half = estimate.half_width(CONFIDENCE);
                half.is_some_and(|half| half <= precision.share.as_f64() * estimate.mean.abs())
            })
        })
    }

    /// A metric of every run of a variant. Who is not back counts with all the time that was looked at, the same for every run: the mean is then that of the time down within
    /// this horizon (the restricted mean of P. Royston and M. Parmar, BMC Medical Research Methodology 2013), and no run is left out.
    fn values(
        &self,
        variant: usize,
        metric: Metric,
        horizon: Option<f64>,
    ) -> impl Iterator<Item = Option<f64>> + '_ {
        self.observations[variant].iter().map(move |observation| match metric {
            Metric::Recovery => {
                let horizon = observation.observed_s.and(horizon)?;
                Some(observation.value(metric).map_or(horizon, |time| time.min(horizon)))
            }
            _ => observation.value(metric),
        })
    }
}

/// The largest value that a metric can have, if that is known; the smallest is 0.
fn largest(metric: Metric, horizon: Option<f64>) -> Option<f64> {
    match metric {
        Metric::Recovery => horizon,
        Metric::Success | Metric::WastedWork => Some(1.0),
        Metric::Goodput
        | Metric::P50
        | Metric::P99
        | Metric::P999
        | Metric::Amplification
        | Metric::Attempts => None,
    }
}
