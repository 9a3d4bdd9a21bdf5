//! Whether a property holds, how nearly, and why.

use super::facts::{amplification, judged_rows, longest_queue, lost, strain};
use super::{Against, Judged, Property, PropertyEvidence};
use crate::analysis::sentence::{percent, share, span};
use crate::analysis::{
    Course, Evidence, Objective, Trigger, Undecided, Unstable, Verdict, WorkloadCourse, WorkloadJudgement,
};
use crate::kernel::{Duration, Time};
use crate::quantity::{Factor, Share};

/// Where the margins of runs that recovered begin, and those of runs that were not affected; below are those that do not tell.
const RECOVERED: f64 = 0.1;
const UNAFFECTED: f64 = 0.5;

impl Property {
    /// Judges it on a run.
    ///
    /// [`Trial::judge`](crate::experiment::Trial::judge) is the shorter way.
    pub fn judge(&self, evidence: &PropertyEvidence<'_>) -> Judged {
        match self {
            Self::Recovers => recovers(evidence),
            Self::RecoversWithin(time) => recovers_within(*time, evidence),
            Self::GoodputAtLeast(share, against) => goodput(*share, *against, evidence),
            Self::AmplificationAtMost(factor) => amplified(*factor, evidence),
            Self::QueueBounded(bound) => queued(*bound, evidence),
            Self::NothingLost => nothing_lost(evidence),
            Self::MeetsObjectives => objectives(evidence),
            Self::And(first, second) => worse(first.judge(evidence), second.judge(evidence)),
            Self::Or(first, second) => {
                let (first, second) = (first.judge(evidence), second.judge(evidence));
                let why = format!("{}; and {}", first.why, second.why);
                match (first.holds, second.holds) {
                    (false, false) => Judged { margin: first.margin.max(second.margin), holds: false, why },
                    (false, true) => second,
                    (true, true) if second.margin > first.margin => second,
                    (true, _) => first,
                }
            }
            Self::Not(inner) => {
                let Judged { holds, margin, why } = inner.judge(evidence);
                Judged { holds: !holds, margin: -margin, why }
            }
        }
    }
}

/// The one that does not hold, or holds less.
fn worse(first: Judged, second: Judged) -> Judged {
    match (first.holds, second.holds) {
        (true, false) => second,
        (false, true) => first,
        _ if second.margin < first.margin => second,
        _ => first,
    }
}

/// A margin in its range, on the right side of 0.
fn judged(holds: bool, margin: f64, why: String) -> Judged {
    let margin = if margin.is_nan() { 0.0 } else { margin };
    Judged { holds, margin: if holds { margin.clamp(0.0, 1.0) } else { margin.clamp(-1.0, 0.0) }, why }
}

/// From the edge up to 1: the more is inside that should not be, the nearer the edge.
fn relaxed(evidence: &PropertyEvidence<'_>, from: Time) -> f64 {
    1.0 / (1.0 + strain(evidence, from))
}

const NOT_JUDGED: &str = "there is no verdict, because the twin was not run";

fn recovers(evidence: &PropertyEvidence<'_>) -> Judged {
    let Some(judgement) = evidence.judgement else { return judged(false, -1.0, NOT_JUDGED.to_owned()) };
    let holds = !is_down_for_good(judgement.verdict);
    let margins = judgement.workloads.iter().map(|workload| margin_of(workload, evidence));
    let margin = margins.fold(1.0, f64::min);
    judged(holds, margin, judgement.sentence())
}

/// Whether it stays down though it could work.
fn is_down_for_good(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Metastable | Verdict::Unstable(Unstable::CollapseWithoutTrigger))
}

/// A run that comes back late is nearer to one that does not than a run that comes back soon.
fn margin_of(workload: &WorkloadJudgement, evidence: &PropertyEvidence<'_>) -> f64 {
    let end = trigger_end(workload.trigger, evidence);
    match workload.verdict {
        Verdict::Metastable => {
            let ratio = workload.final_ratio.unwrap_or(0.0);
            (ratio / workload.threshold.as_f64() - 1.0).min(-1e-9)
        }
        Verdict::Unstable(Unstable::CollapseWithoutTrigger) => -1.0,
        Verdict::Undecided(Undecided::StillDraining | Undecided::Flapping | Undecided::TooLate) => {
            RECOVERED / 2.0
        }
        Verdict::Recovered => {
            let left = Time::ZERO + evidence.run.duration;
            let left = left.since(end).as_secs_f64();
            let taken = workload.time_to_recovery.map_or(0.0, Duration::as_secs_f64);
            RECOVERED + (UNAFFECTED - RECOVERED) * (1.0 - taken / left.max(taken).max(1e-9))
        }
        Verdict::Unaffected => UNAFFECTED + (1.0 - UNAFFECTED) * relaxed(evidence, end),
        Verdict::Healthy | Verdict::Unstable(Unstable::Overload) | Verdict::Undecided(_) => 1.0,
    }
}

/// The last trigger's end; the warm-up's without a trigger, and the run's where one never ends.
fn trigger_end(trigger: Option<Trigger>, evidence: &PropertyEvidence<'_>) -> Time {
    match trigger {
        None => Time::ZERO + evidence.run.warmup,
        Some(trigger) => trigger.end.unwrap_or(Time::ZERO + evidence.run.duration),
    }
}

fn recovers_within(time: Duration, evidence: &PropertyEvidence<'_>) -> Judged {
    let Some(judgement) = evidence.judgement else { return judged(false, -1.0, NOT_JUDGED.to_owned()) };
    let several = judgement.workloads.len() > 1;
    let of = |workload: &WorkloadJudgement| {
        let whose = if several { format!(" (workload `{}`)", workload.name) } else { String::new() };
        let why = format!("{}{whose}", workload.sentence());
        match (workload.verdict, workload.time_to_recovery) {
            (Verdict::Healthy, _) => judged(true, 1.0, why),
            (Verdict::Unaffected, _) => {
                let relaxed = relaxed(evidence, trigger_end(workload.trigger, evidence));
                judged(true, UNAFFECTED + (1.0 - UNAFFECTED) * relaxed, why)
            }
            (Verdict::Recovered, Some(taken)) => {
                let (taken_s, time_s) = (taken.as_secs_f64(), time.as_secs_f64());
                judged(taken <= time, (time_s - taken_s) / time_s.max(taken_s).max(1e-9), why)
            }
            _ => judged(false, -1.0, why),
        }
    };
    let nothing = judged(true, 1.0, "there is no workload".to_owned());
    judgement.workloads.iter().map(of).reduce(worse).unwrap_or(nothing)
}

fn goodput(wanted: Share, against: Against, evidence: &PropertyEvidence<'_>) -> Judged {
    let counted = match against {
        Against::Offered => against_offered(evidence),
        Against::Twin => match against_twin(evidence) {
            Some(counted) => counted,
            None => return judged(false, -1.0, NOT_JUDGED.to_owned()),
        },
    };
    let of = |(name, good, whole): &(String, u64, u64)| {
        let holds = u128::from(*good) * 1_000_000_000 >= u128::from(*whole) * u128::from(wanted.billionths());
        let found = percent(*good, *whole).unwrap_or_else(|| "none".to_owned());
        let what = match against {
            Against::Offered => format!("{good} of {whole} requests of `{name}` are good ({found})"),
            Against::Twin => format!("`{name}` has {good} good requests, and the twin {whole} ({found})"),
        };
        let margin = *good as f64 / (*whole).max(1) as f64 - wanted.as_f64();
        judged(
            holds,
            if *whole == 0 { 1.0 } else { margin },
            format!("{what}; asked for are {}", share(wanted)),
        )
    };
    let nothing = judged(true, 1.0, "there is no workload".to_owned());
    counted.iter().map(of).reduce(worse).unwrap_or(nothing)
}

/// By workload: good and offered requests.
fn against_offered(evidence: &PropertyEvidence<'_>) -> Vec<(String, u64, u64)> {
    let workloads = evidence.run.workloads.iter();
    workloads.map(|workload| (workload.name.clone(), workload.totals.good, workload.totals.offered)).collect()
}

/// By workload: good requests of the run and of its twin, in the rows that can be compared.
fn against_twin(evidence: &PropertyEvidence<'_>) -> Option<Vec<(String, u64, u64)>> {
    let runs = Evidence {
        faults: &evidence.model.faults,
        run: evidence.run,
        twin: evidence.twin,
        single_attempt_twin: None,
    };
    let course = Course::new(&runs).ok()?;
    let rows = judged_rows(evidence.run);
    let is_comparable = |workload: &WorkloadCourse, row: usize| {
        let (begin, end) = (evidence.run.row_start(row), evidence.run.row_start(row + 1));
        !workload.load_cuts.iter().any(|cut| cut.begin < end && begin < cut.end)
    };
    let of = |workload: &WorkloadCourse| {
        let comparable = rows.clone().filter(|&row| is_comparable(workload, row));
        let (good, twin) = comparable.fold((0, 0), |(good, twin), row| {
            let at = |column: &[u64]| column.get(row).copied().unwrap_or(0);
            (good + at(&workload.good), twin + at(&workload.twin.good))
        });
        (workload.name.clone(), good, twin)
    };
    Some(course.workloads.iter().map(of).collect())
}

fn amplified(wanted: Factor, evidence: &PropertyEvidence<'_>) -> Judged {
    let Some(most) = amplification(evidence.model, evidence.run) else {
        let requests = evidence.model.judge.hold.requests;
        return judged(true, 1.0, format!("no caller makes {requests} calls in a hold window"));
    };
    let (found, wanted) = (most.as_f64(), wanted.get());
    let why = format!(
        "`{}` makes {} attempts per call of `{}` from {} to {}; allowed are {}",
        most.edge.caller,
        rounded(found),
        most.edge.target,
        instant(most.begin),
        instant(most.end),
        rounded(wanted)
    );
    judged(found <= wanted, (wanted - found) / wanted.max(found).max(1e-9), why)
}

fn queued(bound: u64, evidence: &PropertyEvidence<'_>) -> Judged {
    let Some(longest) = longest_queue(evidence.run) else {
        return judged(true, 1.0, "there is no service".to_owned());
    };
    let (found, wanted) = (longest.attempts as f64, bound as f64);
    let why = format!(
        "up to {} attempts wait at `{}`, in the interval from {}; allowed are {bound}",
        longest.attempts,
        longest.service,
        instant(longest.at)
    );
    judged(longest.attempts <= bound, (wanted - found) / wanted.max(found).max(1.0), why)
}

fn nothing_lost(evidence: &PropertyEvidence<'_>) -> Judged {
    let Some(judgement) = evidence.judgement else { return judged(false, -1.0, NOT_JUDGED.to_owned()) };
    let after = trigger_end(judgement.trigger, evidence);
    let found = lost(evidence.model, evidence.run, after);
    let of = |lost: &super::facts::Lost<'_>| {
        let (failed, late) = (lost.failed, lost.late);
        let from = instant(lost.from);
        if failed + late == 0 {
            let why = format!("from {from} on no request of `{}` fails or comes too late", lost.workload);
            return judged(true, relaxed(evidence, after), why);
        }
        let why = format!(
            "from {from} on {failed} requests of `{}` fail and {late} come too late, while {} are offered",
            lost.workload, lost.offered
        );
        judged(false, -((failed + late) as f64) / lost.offered.max(failed + late) as f64, why)
    };
    let nothing = judged(true, 1.0, "there is no workload".to_owned());
    found.iter().map(of).reduce(worse).unwrap_or(nothing)
}

fn objectives(evidence: &PropertyEvidence<'_>) -> Judged {
    let of = |it: &crate::analysis::ObjectiveJudgement| {
        let name = it.objective.name();
        let (target, found) = (it.objective.target(), it.objective.found());
        let holds = it.met == Some(true);
        let shown = found.map_or_else(|| "not known".to_owned(), rounded);
        let why = format!("{name} of `{}` is {shown}; promised is {}", it.workload, rounded(target));
        let margin = match (it.objective, found) {
            (Objective::Availability { .. }, Some(found)) => found - target,
            (_, Some(found)) => (target - found) / target.max(found).max(1e-9),
            (_, None) if holds => 1.0,
            (_, None) => -1.0,
        };
        judged(holds, margin, why)
    };
    let nothing = judged(true, 1.0, "the model has no objectives".to_owned());
    evidence.objectives.iter().map(of).reduce(worse).unwrap_or(nothing)
}

/// Two decimals, none at the end that are zero.
fn rounded(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn instant(at: Time) -> String {
    span(at.since(Time::ZERO))
}
