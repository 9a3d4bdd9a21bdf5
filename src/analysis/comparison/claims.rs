//! Whether what was expected is so.
//!
//! A share of seeds is judged by the exact one-sided bounds of Clopper and Pearson, the mean of a metric by those of Student, each with 95 %.

use super::{CONFIDENCE, Comparison};
use crate::analysis::statistics::{Estimate, Needed, SAME_MIN, clopper_pearson, trials_needed};
use crate::model::{ExpectSettings, Metric, VerdictName};

/// What was expected, and what came out.
#[derive(Clone, PartialEq, Debug)]
pub struct Claim {
    /// Its name in the experiment.
    pub name: String,
    /// What was expected.
    pub expected: ExpectSettings,
    /// What was seen.
    pub seen: Seen,
    /// Whether it is so.
    pub finding: Finding,
}

/// What was seen of what a claim is about, and between which bounds the truth is: below the upper one with 95 %, and above the lower one with 95 %.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Seen {
    /// A share of the seeds.
    Share {
        /// Under how many.
        count: u64,
        /// Of how many.
        of: u64,
        /// The lower bound of the share.
        low: f64,
        /// The upper bound.
        high: f64,
    },
    /// The mean of a metric or of a difference.
    Mean {
        /// The estimate; `None` if no seed has a value.
        estimate: Option<Estimate>,
        /// The bounds; `None` if there are fewer than two values, or too few that are all the same.
        bounds: Option<(f64, f64)>,
        /// Seeds without a value.
        missing: u64,
    },
}

/// Whether a claim holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// It does, with a confidence of 95 %.
    Holds,
    /// It does not, with a confidence of 95 %.
    Fails,
    /// Neither can be said yet.
    TooFewSeeds {
        /// At how many seeds what was seen would hold.
        needs: Needed,
    },
}

impl Comparison {
    /// Judges an expectation.
    ///
    /// # Panics
    /// If it names no variant of the comparison.
    pub fn judge(&self, name: &str, expected: &ExpectSettings) -> Claim {
        let position = |name: &String| {
            let found = self.names.iter().position(|other| other == name);
            found.expect("invariant: an experiment that was checked names its variants")
        };
        let variant = position(&expected.variant);
        let versus = expected.versus.as_ref().map(position);
        let (seen, finding) = match (expected.verdict, expected.metric) {
            (Some(verdict), _) => self.judge_share(variant, verdict, expected),
            (None, Some(metric)) => self.judge_mean(variant, versus, metric, expected),
            (None, None) => unreachable!("an experiment that was checked says what is expected"),
        };
        Claim { name: name.to_owned(), expected: expected.clone(), seen, finding }
    }

    /// Within how many seconds the claim sees anything: `None` of a metric that has no such end.
    pub fn claim_horizon(&self, variant: usize, versus: Option<usize>, metric: Metric) -> Option<f64> {
        let variants: Vec<usize> = std::iter::once(variant).chain(versus).collect();
        self.horizon(&variants).filter(|_| metric == Metric::Recovery)
    }

    fn judge_share(
        &self,
        variant: usize,
        verdict: VerdictName,
        expected: &ExpectSettings,
    ) -> (Seen, Finding) {
        let of = self.seed_count();
        let met = self.observations[variant].iter().filter(|observed| verdict.is_met_by(observed.verdict));
        let count = met.count() as u64;
        let (low, high) = clopper_pearson(count, of, two_sided());
        let lower = expected.at_least.as_ref().map(|bound| {
            let bound = bound.value();
            Bounded {
                holds: low >= bound,
                fails: high < bound,
                needs: trials_needed(count, of, bound, CONFIDENCE),
            }
        });
        let upper = expected.at_most.as_ref().map(|bound| {
            let bound = bound.value();
            let needs = trials_needed(of - count, of, 1.0 - bound, CONFIDENCE);
            Bounded { holds: high <= bound, fails: low > bound, needs }
        });
        (Seen::Share { count, of, low, high }, together(lower, upper))
    }

    fn judge_mean(
        &self,
        variant: usize,
        versus: Option<usize>,
        metric: Metric,
        expected: &ExpectSettings,
    ) -> (Seen, Finding) {
        let estimate = match versus {
            Some(versus) => self.difference(variant, versus, metric),
            None => self.estimate(variant, metric),
        };
        let missing = self.seed_count() - estimate.map_or(0, |estimate| estimate.count);
        let bounds = estimate.filter(|estimate| !estimate.lacks_spread());
        let bounds = bounds.and_then(|estimate| estimate.interval(two_sided()));
        let seen = Seen::Mean { estimate, bounds, missing };
        // Where nothing succeeds there is no latency, and no claim about it is so: it would be about other seeds than it says.
        if missing > 0 {
            return (seen, Finding::Fails);
        }
        let Some(estimate) = estimate else {
            return (seen, Finding::TooFewSeeds { needs: Needed::Count(2) });
        };
        let (low, high) = bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let needed = |estimate: Estimate, bound: f64| match estimate.lacks_spread() {
            true if estimate.mean >= bound => Needed::Count(SAME_MIN),
            true => Needed::Never,
            false => estimate.count_needed(bound, two_sided()),
        };
        let horizon = self.claim_horizon(variant, versus, metric);
        // No mean within a horizon is beyond it, so a bound that is says nothing about these runs.
        let is_beyond = |bound: f64| horizon.is_some_and(|horizon| bound.abs() >= horizon);
        let judged = |bound: f64, holds: bool, fails: bool, needs: Needed| {
            if is_beyond(bound) {
                Bounded { holds: false, fails: false, needs: Needed::Never }
            } else {
                Bounded { holds, fails, needs }
            }
        };
        let lower = expected.at_least.as_ref().map(|bound| {
            let bound = bound.value();
            judged(bound, low >= bound, high < bound, needed(estimate, bound))
        });
        let upper = expected.at_most.as_ref().map(|bound| {
            let bound = bound.value();
            judged(bound, high <= bound, low > bound, needed(estimate.negated(), -bound))
        });
        (seen, together(lower, upper))
    }
}

/// The confidence of the two-sided interval whose ends are one-sided bounds of 95 %.
fn two_sided() -> f64 {
    2.0 * CONFIDENCE - 1.0
}

/// What is known about one bound.
struct Bounded {
    holds: bool,
    fails: bool,
    needs: Needed,
}

fn together(lower: Option<Bounded>, upper: Option<Bounded>) -> Finding {
    let bounds: Vec<Bounded> = lower.into_iter().chain(upper).collect();
    if bounds.iter().any(|bound| bound.fails) {
        return Finding::Fails;
    }
    if bounds.iter().all(|bound| bound.holds) {
        return Finding::Holds;
    }
    let needs = bounds.iter().filter(|bound| !bound.holds).map(|bound| bound.needs);
    Finding::TooFewSeeds { needs: needs.max().unwrap_or(Needed::Never) }
}
