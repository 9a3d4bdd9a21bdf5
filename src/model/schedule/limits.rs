//! When faults may happen, so that there is something to judge before, and enough time after.

use thiserror::Error;

use crate::kernel::Time;
use crate::mechanism::fault::FaultKind;
use crate::model::Model;
use crate::model::check::expected;
use crate::model::spelling::{closest, listed};
use crate::quantity::Duration;

/// The verdict needs this many hold windows after the last fault, and one more in which to see that the system is back.
const QUIET_HOLDS: u64 = 4;

/// What schedules are drawn within.
///
/// A *hold* is the time for which goodput must hold to count (`judge.hold`): so many intervals, or as long as the slowest workload takes to offer the stated number of
/// requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// No fault begins before this, nor before the warm-up is over. Absent: one hold after the warm-up, so that the system has found its pace.
    pub earliest: Option<Duration>,
    /// So much of the end of the run has no faults, so that a recovery can be seen and judged; never less than three holds, without which nothing is decided. Absent: half of
    /// the run after `earliest`, and at least four holds.
    pub quiet: Option<Duration>,
    /// No fault lasts longer. Absent: as long as there is room.
    pub longest: Option<Duration>,
    /// A schedule has at most so many faults.
    pub most_faults: usize,
    /// Only faults of these kinds (`pause`, `latency`, …); empty: of all kinds.
    pub only: Vec<String>,
    /// No faults of these kinds.
    pub never: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { earliest: None, quiet: None, longest: None, most_faults: 5, only: vec![], never: vec![] }
    }
}

/// Why no schedules can be drawn for a model.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum NoSpace {
    /// After what must stay free of faults nothing is left for them.
    #[error(
        "a run of {duration} has no room for faults: {before} come before the first one, {quiet} after the last one, and they need {least} in between; write `run.duration` of {} or longer",
        *before + *least + *quiet
    )]
    TooShort {
        /// How long the run is.
        duration: Duration,
        /// What is free of faults at its begin.
        before: Duration,
        /// What is free of faults at its end.
        quiet: Duration,
        /// The shortest stretch for faults.
        least: Duration,
    },
    /// A kind in [`Limits`] is none.
    #[error("no kind of fault is called `{name}`: {help}")]
    UnknownKind {
        /// As it was written.
        name: String,
        /// What to write.
        help: String,
    },
    /// A schedule without faults is none.
    #[error("schedules of at most 0 faults have none: write at least 1")]
    NoFaults,
    /// The kinds that are allowed find no target in the model.
    #[error(
        "none of the kinds of faults that are allowed can hit anything in this model: allow more of them"
    )]
    NothingToHit,
}

/// Where on the axis of time faults may lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Room {
    /// None begins before this.
    pub(super) earliest: Duration,
    /// All have ended by then.
    pub(super) end: Duration,
    /// None lasts longer.
    pub(super) longest: Duration,
    /// Begins are multiples of this.
    pub(super) tick: Duration,
}

impl Room {
    pub(super) fn of(model: &Model, limits: &Limits) -> Result<Self, NoSpace> {
        let (duration, warmup) = (model.run.duration, model.run.warmup);
        let hold = hold(model);
        let times = |count: u64| Duration::from_ns(hold.as_ns().saturating_mul(count));
        let earliest = limits.earliest.unwrap_or(warmup + hold).max(warmup);
        let half = Duration::from_ns(duration.saturating_sub(earliest).as_ns() / 2);
        let quiet = match limits.quiet {
            Some(quiet) => quiet.max(times(QUIET_HOLDS - 1)),
            None => half.max(times(QUIET_HOLDS)),
        };
        let end = duration.saturating_sub(quiet);
        // What is shorter than a hold may be over before anybody has noticed.
        if end < earliest + hold {
            return Err(NoSpace::TooShort { duration, before: earliest, quiet, least: hold });
        }
        let room = end.saturating_sub(earliest);
        let longest = limits.longest.unwrap_or(room).min(room).max(Duration::from_ns(1));
        let tick = Duration::from_ns((model.run.interval.as_ns() / 10).max(1));
        Ok(Self { earliest, end, longest, tick })
    }

    /// The nearest begin on the grid that is early enough for this length, and never too early.
    pub(super) fn begin(&self, wanted: Duration, length: Duration) -> Duration {
        let latest = self.end.saturating_sub(length).max(self.earliest);
        let grid = self.tick.as_ns();
        let on_grid = Duration::from_ns(wanted.as_ns() / grid * grid);
        on_grid.clamp(self.earliest, latest)
    }
}

/// The longest hold of the workloads, as the judge will see it if they offer what is expected of them; a closed loop offers what it is served, and is not asked.
pub(super) fn hold(model: &Model) -> Duration {
    let settings = &model.judge.hold;
    let judged = model.run.duration.saturating_sub(model.run.warmup);
    let (from, until) = (Time::ZERO + model.run.warmup, Time::ZERO + model.run.duration);
    let offering = |requests: f64| {
        let wanted = judged.as_ns() as f64 * f64::from(settings.requests) / requests;
        let intervals = (wanted / model.run.interval.as_ns() as f64).ceil();
        Duration::from_ns((intervals * model.run.interval.as_ns() as f64) as u64)
    };
    let by_requests = model.workloads.values().map(|workload| expected(workload, from, until));
    let longest = by_requests.filter(|&requests| requests > 0.0).map(offering).max().unwrap_or_default();
    longest.max(Duration::from_ns(model.run.interval.as_ns().saturating_mul(u64::from(settings.intervals))))
}

impl Limits {
    /// Whether faults of this kind are allowed.
    pub(super) fn allows(&self, kind: &str) -> bool {
        let is_in = |kinds: &[String]| kinds.iter().any(|other| other == kind);
        (self.only.is_empty() || is_in(&self.only)) && !is_in(&self.never)
    }

    pub(super) fn check(&self) -> Result<(), NoSpace> {
        if self.most_faults == 0 {
            return Err(NoSpace::NoFaults);
        }
        let mut named = self.only.iter().chain(&self.never);
        let Some(name) = named.find(|name| !FaultKind::NAMES.contains(&name.as_str())) else { return Ok(()) };
        let help = match closest(name, &FaultKind::NAMES) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("there are {}", listed(&FaultKind::NAMES)),
        };
        Err(NoSpace::UnknownKind { name: name.clone(), help })
    }
}
