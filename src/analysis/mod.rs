//! Runs in, judgement out.
//!
//! The question is whether a system comes back after its trigger is gone. "Back" is measured against the *twin*: the same
//! world and seed without the trigger. So a system that is slow by nature is not blamed for it, and no level has to be
//! guessed. [`judge`] answers per workload and for the run as a whole; [`Figures`] condense the rows to what a
//! person wants to see first.
//!
//! Nothing here simulates: a judgement that needs one more run says which ([`MissingRun`]). Nothing here writes: the
//! sentences are plain text, and the formats belong to `report`.

mod boundary;
mod cache_figures;
mod comparison;
mod course;
mod decide;
mod episodes;
mod figures;
mod hysteresis;
mod lock_figures;
mod memory_figures;
mod objectives;
mod policy_figures;
mod property;
mod sentence;
mod statistics;
mod steady;
mod symptoms;
#[cfg(test)]
mod tests;
mod trend;
mod verdict;
mod window;

pub use boundary::{Counted, Next, Outcome, Probe, Question, Search, Side};
pub use cache_figures::CacheFigures;
pub use comparison::{
    Answer, CONFIDENCE, Claim, Comparison, Finding, Level, Observation, RecoverySpan, Relation, Seen,
};
pub use course::{Counts, Course, Evidence, Frame, Span, Trigger, WorkloadCourse};
pub use decide::{judge, judge_course};
pub use episodes::{Episode, Trouble, episodes};
pub use figures::{EdgeFigures, Figures, ServiceFigures, Spread, WorkloadFigures};
pub use hysteresis::{CellCounts, Held, HeldObservation, HeldRamp, Hysteresis, Ramp, RampObservation, Way};
pub use lock_figures::LockFigures;
pub use memory_figures::MemoryFigures;
pub use objectives::{Objective, ObjectiveJudgement, judge_objectives};
pub use policy_figures::{HedgeFigures, PolicyFigures, RetryFigures};
pub use property::{Against, Judged, Property, PropertyError, PropertyEvidence};
pub use statistics::{
    BatchMeans, Estimate, MedianEstimate, Needed, clopper_pearson, sign_test, student_t_critical,
    warmup_by_mser,
};
pub use steady::SteadyState;
pub use symptoms::{NarrowPlace, Sign, Symptoms};
pub use trend::{Trend, TrendFinding};
pub use verdict::{Judgement, MissingRun, Undecided, Unstable, Verdict, WorkloadJudgement};
