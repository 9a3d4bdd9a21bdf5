//! Where along a number of the model a share of the seeds crosses a level: bisection that asks each value as many seeds as it takes.
//!
//! A value is *below* the level or *above* it when the exact interval of its share is (C. Clopper, E. Pearson 1934). Seeds come in batches, and after each the interval is looked at; the
//! confidence of 95 % is that of everything together, shared among all values that may be probed and all looks at each (Bonferroni). So the answer, "at A it is below, at B
//! above", has 95 % however it was found, and as the share has to cross the level between the two, so has "it crosses between A and B". Nothing is assumed about the course in
//! between; where it is seen to fall and rise again, that is said.
//!
//! Near the crossing no number of seeds would tell. A value that stays *open* with the most seeds is taken to be in the middle of the transition, and each of its edges is looked for by itself.

mod search;
#[cfg(test)]
mod tests;

#[cfg(test)]
use search::BATCH;
pub use search::{Next, Outcome, Probe, Question, Search, Side};

use crate::model::VerdictName;

/// Which runs are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Those with this verdict; `recovered` is met by `unaffected` too.
    Verdict(VerdictName),
    /// Those in which the system works in the end: `healthy`, `unaffected` or `recovered`.
    Surviving,
    /// Those in which it does not.
    NotSurviving,
}

impl Counted {
    /// Whether a run with this verdict counts.
    pub fn counts(self, found: VerdictName) -> bool {
        match self {
            Self::Verdict(verdict) => verdict.is_met_by(found),
            Self::Surviving => found.is_good(),
            Self::NotSurviving => !found.is_good(),
        }
    }

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.name(),
            Self::Surviving => "surviving",
            Self::NotSurviving => "not-surviving",
        }
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        VerdictName::ALL.into_iter().map(Self::Verdict).chain([Self::Surviving, Self::NotSurviving])
    }
}
