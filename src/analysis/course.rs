//! What a judgement looks at: the few columns of a run and its twin that matter, as plain numbers.

use std::collections::BTreeMap;

use crate::analysis::MissingRun;
use crate::kernel::{Duration, Time};
use crate::mechanism::fault::{FaultSettings, Role};
use crate::observe::{Run, WorkloadSeries};

/// The runs that a judgement rests on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The faults of the model, by name: they tell which of them cut the load.
    pub faults: &'a BTreeMap<String, FaultSettings>,
    /// The run in question.
    pub run: &'a Run,
    /// The same world and seed without the triggers; needed if there was a trigger.
    pub twin: Option<&'a Run>,
    /// The twin (without a trigger: the run) with every `max_attempts` = 1; needed if the twin is unhealthy.
    pub single_attempt_twin: Option<&'a Run>,
}

/// A run and its twin, as far as a judgement looks at them.
#[derive(Clone, PartialEq, Debug)]
pub struct Course {
    /// How time is cut.
    pub frame: Frame,
    /// When the triggers acted; `None`: there was none.
    pub trigger: Option<Trigger>,
    /// Per interval, attempts inside all services of the run, in attempt-nanoseconds.
    pub backlog: Vec<u128>,
    /// One per workload.
    pub workloads: Vec<WorkloadCourse>,
}

/// How the time of a run is cut into rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Simulated time.
    pub duration: Duration,
    /// Rows that begin before this are not judged.
    pub warmup: Duration,
    /// What one row covers; more than zero. A last row that is shorter is not judged.
    pub interval: Duration,
}

/// From the begin of the first trigger to the end of the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// When the first began.
    pub begin: Time,
    /// When the last ended; `None`: one did not end before the run did.
    pub end: Option<Time>,
}

/// One workload in the run and in its twin, per interval.
#[derive(Clone, PartialEq, Debug)]
pub struct WorkloadCourse {
    /// The name in the model.
    pub name: String,
    /// Requests that succeeded in the run, without those that a trigger added.
    pub good: Vec<u64>,
    /// The twin; without a trigger the run itself.
    pub twin: Counts,
    /// The twin with every `max_attempts` = 1, if it was run.
    pub single_attempt_twin: Option<Counts>,
    /// When a trigger took requests away from this workload.
    pub load_cuts: Vec<Span>,
}

/// Requests per interval, without those that a trigger added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Requests that entered.
    pub offered: Vec<u64>,
    /// Requests that succeeded while still wanted.
    pub good: Vec<u64>,
}

/// From an instant to another, the end not included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first instant.
    pub begin: Time,
    /// The first instant after it.
    pub end: Time,
}

impl Span {
    /// How long it is.
    pub fn length(&self) -> Duration {
        self.end.since(self.begin)
    }

    /// Whether they have an instant in common.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.begin < other.end && other.begin < self.end
    }
}

impl Course {
    /// Gathers what matters from the runs.
    ///
    /// # Errors
    /// If there was a trigger, and there is no twin to compare with.
    ///
    /// # Panics
    /// If the runs are not of the same model: that is a mistake of the caller.
    pub fn new(evidence: &Evidence<'_>) -> Result<Self, MissingRun> {
        let run = evidence.run;
        let trigger = trigger(run);
        let twin = match (trigger, evidence.twin) {
            (None, _) => run,
            (Some(_), Some(twin)) => twin,
            (Some(_), None) => return Err(MissingRun::Twin),
        };
        assert_comparable(run, twin);
        if let Some(single) = evidence.single_attempt_twin {
            assert_comparable(run, single);
        }
        let workloads = run.workloads.iter().enumerate().map(|(index, series)| WorkloadCourse {
            name: series.name.clone(),
            good: counts(series).good,
            twin: counts(&twin.workloads[index]),
            single_attempt_twin: evidence.single_attempt_twin.map(|single| counts(&single.workloads[index])),
            load_cuts: load_cuts(evidence, &series.name),
        });
        Ok(Self {
            frame: Frame { duration: run.duration, warmup: run.warmup, interval: run.interval },
            trigger,
            backlog: backlog(run),
            workloads: workloads.collect(),
        })
    }
}

/// The columns of a judgement are compared row by row, so they must mean the same.
fn assert_comparable(run: &Run, other: &Run) {
    assert_eq!(run.duration, other.duration, "invariant: a run and its twin are equally long");
    assert_eq!(run.interval, other.interval, "invariant: a run and its twin have the same rows");
    let names = |run: &Run| run.workloads.iter().map(|series| series.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(run), names(other), "invariant: a run and its twin have the same workloads");
}

fn counts(series: &WorkloadSeries) -> Counts {
    Counts {
        offered: series.rows.iter().map(|row| row.offered).collect(),
        good: series.rows.iter().map(|row| row.good).collect(),
    }
}

fn trigger(run: &Run) -> Option<Trigger> {
    let triggers = || run.faults.iter().filter(|fault| fault.role == Role::Trigger);
    let begin = triggers().map(|fault| fault.at).min()?;
    let end = triggers().map(|fault| fault.end.unwrap_or(Time::MAX)).max()?;
    Some(Trigger { begin, end: (end < Time::MAX).then_some(end) })
}

fn backlog(run: &Run) -> Vec<u128> {
    let in_row = |index: usize| {
        run.services.iter().filter_map(|service| service.rows.get(index)).map(|row| row.inside.integral).sum()
    };
    (0..run.row_count()).map(in_row).collect()
}

/// A cut in the background acts in the twin too, so there the comparison stays fair.
fn load_cuts(evidence: &Evidence<'_>, workload: &str) -> Vec<Span> {
    let cuts = |name: &str| {
        let spike = evidence.faults.get(name).and_then(|fault| fault.load_spike.as_ref());
        spike.is_some_and(|spike| spike.factor.get() < 1.0)
    };
    let faults = evidence.run.faults.iter();
    faults
        .filter(|fault| fault.role == Role::Trigger && fault.target == workload && cuts(&fault.name))
        .map(|fault| Span { begin: fault.at, end: fault.end.unwrap_or(Time::MAX) })
        .collect()
}
