//! What a judgement says: the vocabulary, without the rules that lead to it.

use crate::analysis::{Span, Trigger};
use crate::kernel::Duration;
use crate::quantity::Share;

/// What became of the system after its trigger was gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// There was no trigger, and the requests succeed.
    Healthy,
    /// Even without a trigger the requests do not succeed.
    Unstable(Unstable),
    /// Goodput never fell below the threshold.
    Unaffected,
    /// Goodput fell, and came back for good.
    Recovered,
    /// The trigger is gone, goodput stays down, and nothing says that it will return.
    Metastable,
    /// The run does not tell.
    Undecided(Undecided),
}

/// Why a system fails without a trigger: decided by one more run, with every `max_attempts` = 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unstable {
    /// It fails even when nobody retries: there is more load than capacity.
    Overload,
    /// It works when nobody retries: chance alone tips it, and the retries keep it down.
    CollapseWithoutTrigger,
}

/// Why a run does not tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undecided {
    /// A trigger goes on until the run ends.
    TriggerNeverEnds,
    /// Too short a time follows the trigger.
    TooLittleTime,
    /// Goodput is down, but the backlog is falling.
    StillDraining,
    /// Goodput goes up and down.
    Flapping,
    /// Goodput came back, but too shortly before the end to call it lasting.
    TooLate,
    /// The twin has no good request in the final window (the load ended, say).
    NothingToCompare,
}

/// The answer for one run.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement {
    /// That of the worst workload.
    pub verdict: Verdict,
    /// From the begin of the first trigger to the end of the last; `None`: there was none.
    pub trigger: Option<Trigger>,
    /// One per workload, in the order of the run.
    pub workloads: Vec<WorkloadJudgement>,
}

/// The answer for one workload, with the figures that it rests on.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkloadJudgement {
    /// The name in the model.
    pub name: String,
    /// The answer.
    pub verdict: Verdict,
    /// From the begin of the first trigger to the end of the last; `None`: there was none.
    pub trigger: Option<Trigger>,
    /// The share of the twin's goodput that counts as "back".
    pub threshold: Share,
    /// How long goodput must hold to count: a whole number of intervals. [`Duration::MAX`]: the twin is offered nothing, so no
    /// time is long enough.
    pub hold: Duration,
    /// What decides: whole intervals at the end of the run; `None`: not one, or the trigger never ends.
    pub final_window: Option<Span>,
    /// Requests of the workload itself (no extra ones) that succeeded in the final window.
    pub final_good: u64,
    /// The same in the twin; without a trigger the run is its own twin.
    pub final_twin_good: u64,
    /// Requests that the twin was offered in the final window.
    pub final_twin_offered: u64,
    /// Goodput in the final window as a share of the twin's, 0 and up; `None`: no trigger, or nothing to compare with.
    pub final_ratio: Option<f64>,
    /// From the trigger's end to the begin of the first hold window after which goodput stayed up; only if recovered.
    pub time_to_recovery: Option<Duration>,
    /// How often goodput fell again after the trigger, having come back before.
    pub relapses: u32,
}

/// A run that a judgement cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MissingRun {
    /// The same world and seed without the triggers.
    #[error("the judgement needs the twin: the same model and seed without its triggers")]
    Twin,
    /// The twin with every `max_attempts` = 1 and no hedges; asked for only when the twin is unhealthy.
    #[error("the judgement needs the twin with every `max_attempts` = 1, to tell overload from collapse")]
    SingleAttemptTwin,
}

impl Verdict {
    /// The word, as it stands in the output and in expectations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unstable(_) => "unstable",
            Self::Unaffected => "unaffected",
            Self::Recovered => "recovered",
            Self::Metastable => "metastable",
            Self::Undecided(_) => "undecided",
        }
    }

    /// What stands behind the word, for machines; `None` where the word says it all.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Unstable(unstable) => Some(unstable.name()),
            Self::Undecided(undecided) => Some(undecided.name()),
            Self::Healthy | Self::Unaffected | Self::Recovered | Self::Metastable => None,
        }
    }

    /// How bad it is: a run is as bad as its worst workload.
    pub(super) const fn severity(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Unaffected => 1,
            Self::Recovered => 2,
            Self::Undecided(_) => 3,
            Self::Metastable => 4,
            Self::Unstable(_) => 5,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Unstable {
    /// For machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::CollapseWithoutTrigger => "collapse_without_trigger",
        }
    }
}

impl Undecided {
    /// For machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TriggerNeverEnds => "trigger_never_ends",
            Self::TooLittleTime => "too_little_time",
            Self::StillDraining => "still_draining",
            Self::Flapping => "flapping",
            Self::TooLate => "too_late",
            Self::NothingToCompare => "nothing_to_compare",
        }
    }
}

impl Judgement {
    /// The workload that decides: the worst, and the first of equals; `None` if there are no workloads.
    pub fn worst(&self) -> Option<&WorkloadJudgement> {
        self.workloads.iter().reduce(|worst, next| {
            if next.verdict.severity() > worst.verdict.severity() { next } else { worst }
        })
    }
}
