//! What a system is asked to keep, as a value: it can be written, read, combined, and judged on any trial.
//!
//! A property is judged on a run and its twin. It says whether it holds, how near it is to not holding, and why, in one sentence. That is what a search for
//! failures is guided by, what a case records, and what a test of one's own asserts.

mod facts;
mod judge;
#[cfg(test)]
mod tests;
mod text;

use crate::analysis::{Judgement, ObjectiveJudgement};
use crate::model::Model;
use crate::observe::Run;
use crate::quantity::{Duration, Factor, Share};

pub use text::PropertyError;

/// What a system is asked to keep.
///
/// As text, each is a name with what it takes in parentheses; `and`, `or`, `not` and parentheses combine them:
///
/// | text | what it asks |
/// |---|---|
/// | `recovers` | the run is not metastable, and does not collapse without a trigger |
/// | `recovers_within(30s)` | goodput is back for good that soon after the last trigger's end, or never fell |
/// | `goodput_at_least(99%)` | so many of the requests offered after the warm-up are good |
/// | `goodput_at_least(90% of twin)` | as many of them as that share of the twin's good ones |
/// | `amplification_at_most(1.5)` | no caller makes more attempts per call, in any hold window |
/// | `queue_bounded(200)` | no service has more attempts waiting for a thread, in all its instances together |
/// | `nothing_lost` | of the requests that begin after the trigger's end none fails or comes too late |
/// | `meets_objectives` | every objective of the model is met |
///
/// A hold window has `judge.hold.intervals` rows, and counts if the caller makes `judge.hold.requests` calls in it.
///
/// ```
/// use metastable::analysis::Property;
///
/// let property: Property = "recovers_within(30s) and not queue_bounded(10)".parse()?;
/// assert_eq!(property.to_string(), "recovers_within(30s) and not queue_bounded(10)");
///
/// let error = "recover_within(30s)".parse::<Property>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown property `recover_within`");
/// assert_eq!(error.help(), "did you mean `recovers_within(30s)`?");
/// # Ok::<(), metastable::analysis::PropertyError>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Property {
    /// The verdict is not `metastable`, and not `unstable` because of a collapse without a trigger.
    #[default]
    Recovers,
    /// Every workload is healthy or unaffected, or recovered within this time after the last trigger's end. What a run does not tell does not hold.
    RecoversWithin(Duration),
    /// For every workload: good requests in [warm-up, duration) against so large a share of others.
    GoodputAtLeast(Share, Against),
    /// Attempts per call of every caller, in every hold window, are at most this many.
    AmplificationAtMost(Factor),
    /// Attempts waiting for a thread are never more than this in any service, its instances together, after the warm-up.
    QueueBounded(u64),
    /// In the whole rows after the last trigger's end, and the longest time that a request takes (the `timeout` of its policy, or a constant `patience`), no
    /// request fails or comes too late; without a trigger, after the warm-up. What is still waiting is not lost.
    NothingLost,
    /// Every objective of the model is met, as with `--strict`.
    MeetsObjectives,
    /// Both hold.
    And(Box<Self>, Box<Self>),
    /// At least one holds.
    Or(Box<Self>, Box<Self>),
    /// It does not hold.
    Not(Box<Self>),
}

/// What goodput is held against.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Against {
    /// The requests that were offered, those still in progress at the end included.
    #[default]
    Offered,
    /// The good requests of the twin, outside of the rows in which a trigger takes load away.
    Twin,
}

/// Whether a property holds for a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// Whether it holds.
    pub holds: bool,
    /// How far it is from the edge, from -1 to 1: at least 0 if it holds, at most 0 if not, and the nearer to 0 the less is missing. Numbers of one property can be
    /// compared with each other.
    pub margin: f64,
    /// Why, in one sentence with the numbers, without a full stop.
    pub why: String,
}

/// What a property is judged on.
#[derive(Clone, Copy, Debug)]
pub struct PropertyEvidence<'a> {
    /// What was run.
    pub model: &'a Model,
    /// The run.
    pub run: &'a Run,
    /// The same world and seed without the triggers; `None`: there was no trigger, or it was not run.
    pub twin: Option<&'a Run>,
    /// The verdict; `None`: it needs a twin that was not run.
    pub judgement: Option<&'a Judgement>,
    /// Whether the objectives of the model were met.
    pub objectives: &'a [ObjectiveJudgement],
}

impl Property {
    /// This and another one.
    ///
    /// ```
    /// use metastable::analysis::Property;
    ///
    /// let both = Property::Recovers.and(Property::QueueBounded(200));
    /// assert_eq!(both.to_string(), "recovers and queue_bounded(200)");
    /// ```
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::And(Box::new(self), Box::new(other))
    }

    /// This or another one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }

    /// Whether it asks for the objectives of the model, which must have some then.
    pub fn asks_for_objectives(&self) -> bool {
        match self {
            Self::MeetsObjectives => true,
            Self::And(first, second) | Self::Or(first, second) => {
                first.asks_for_objectives() || second.asks_for_objectives()
            }
            Self::Not(inner) => inner.asks_for_objectives(),
            _ => false,
        }
    }
}

impl std::ops::Not for Property {
    type Output = Self;

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl std::fmt::Display for Judged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let holds = if self.holds { "holds" } else { "does not hold" };
        write!(f, "{holds}: {}", self.why)
    }
}
