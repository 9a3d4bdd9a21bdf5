//! The rules of the verdict, in their order: the first that applies decides.

use std::ops::Range;

use crate::analysis::window::{
    HoldWindow, Ratio, Windows, final_window, hold_rows, is_backlog_falling, is_healthy, sum,
};
use crate::analysis::{
    Course, Evidence, Judgement, MissingRun, Trigger, Undecided, Unstable, Verdict, WorkloadCourse,
    WorkloadJudgement,
};
use crate::kernel::{Duration, Time};
use crate::model::JudgeSettings;

/// Judges a run against its twin.
///
/// Without a trigger the run is its own twin, and `evidence.twin` is not looked at.
///
/// # Errors
/// If the verdict depends on a run that is not there: the caller makes it, and asks again. At most two such rounds are needed.
///
/// # Panics
/// If the runs are not of the same model.
pub fn judge(settings: &JudgeSettings, evidence: &Evidence<'_>) -> Result<Judgement, MissingRun> {
    judge_course(settings, &Course::new(evidence)?)
}

/// Judges the columns of a run and its twin; the run's verdict is that of its worst workload.
///
/// # Errors
/// If a twin is unhealthy, and the course lacks the run that tells why.
pub fn judge_course(settings: &JudgeSettings, course: &Course) -> Result<Judgement, MissingRun> {
    let workloads = course.workloads.iter().map(|workload| judge_workload(settings, course, workload));
    let workloads = workloads.collect::<Result<Vec<_>, _>>()?;
    let verdict = Verdict::Undecided(Undecided::NothingToCompare);
    let mut judgement = Judgement { verdict, trigger: course.trigger, workloads };
    if let Some(worst) = judgement.worst() {
        judgement.verdict = worst.verdict;
    }
    Ok(judgement)
}

/// What the rules look at, for one workload and a trigger that ended (or none, which ended when the warm-up did).
struct Case<'a> {
    settings: &'a JudgeSettings,
    course: &'a Course,
    workload: &'a WorkloadCourse,
    windows: Windows<'a>,
    hold: Duration,
    trigger_end: Time,
    final_rows: Range<u64>,
}

fn judge_workload(
    settings: &JudgeSettings,
    course: &Course,
    workload: &WorkloadCourse,
) -> Result<WorkloadJudgement, MissingRun> {
    let frame = course.frame;
    let hold_rows = hold_rows(&settings.hold, &frame, &workload.twin);
    let mut judgement = WorkloadJudgement {
        name: workload.name.clone(),
        verdict: Verdict::Undecided(Undecided::TriggerNeverEnds),
        trigger: course.trigger,
        threshold: settings.threshold,
        hold: frame.hold(hold_rows),
        final_window: None,
        final_good: 0,
        final_twin_good: 0,
        final_twin_offered: 0,
        final_ratio: None,
        time_to_recovery: None,
        relapses: 0,
    };
    let trigger_end = match course.trigger {
        None => frame.after_warmup(),
        Some(Trigger { end: Some(end), .. }) => end,
        Some(Trigger { end: None, .. }) => return Ok(judgement),
    };
    let final_rows = final_window(settings, &frame, hold_rows, trigger_end);
    let windows = Windows::new(frame, hold_rows, workload);
    let case = Case { settings, course, workload, windows, hold: judgement.hold, trigger_end, final_rows };
    case.fill_in(&mut judgement);
    judgement.verdict = case.decide(&mut judgement.time_to_recovery)?;
    Ok(judgement)
}

impl Case<'_> {
    /// The figures that are printed whatever the verdict.
    fn fill_in(&self, judgement: &mut WorkloadJudgement) {
        let rows = &self.final_rows;
        judgement.final_window = (!rows.is_empty()).then(|| self.course.frame.span(rows));
        judgement.final_good = sum(&self.workload.good, rows);
        judgement.final_twin_good = sum(&self.workload.twin.good, rows);
        judgement.final_twin_offered = sum(&self.workload.twin.offered, rows);
        if let Some(trigger) = self.course.trigger {
            judgement.final_ratio = self.windows.ratio(rows).map(Ratio::as_f64);
            judgement.relapses = self.relapses(trigger);
        }
    }

    fn decide(&self, time_to_recovery: &mut Option<Duration>) -> Result<Verdict, MissingRun> {
        if !is_healthy(&self.workload.twin, &self.final_rows) {
            return self.why_unstable().map(Verdict::Unstable);
        }
        let Some(trigger) = self.course.trigger else {
            return Ok(Verdict::Healthy);
        };
        if self.is_unaffected(trigger) {
            return Ok(Verdict::Unaffected);
        }
        if self.is_too_short() {
            return Ok(Verdict::Undecided(Undecided::TooLittleTime));
        }
        let is_back_at_the_end = self.windows.ratio(&self.final_rows).map(|ratio| self.is_back(ratio));
        if is_back_at_the_end == Some(true) {
            *time_to_recovery = self.lasting_recovery().map(|begin| begin.since(self.trigger_end));
        }
        Ok(match is_back_at_the_end {
            None => Verdict::Undecided(Undecided::NothingToCompare),
            Some(true) if time_to_recovery.is_some() => Verdict::Recovered,
            Some(_) if self.is_down_to_the_end() && self.is_draining() => {
                Verdict::Undecided(Undecided::StillDraining)
            }
            Some(_) if self.is_down_to_the_end() => Verdict::Metastable,
            Some(true) => Verdict::Undecided(Undecided::TooLate),
            Some(false) => Verdict::Undecided(Undecided::Flapping),
        })
    }

    fn is_back(&self, ratio: Ratio) -> bool {
        ratio.is_at_least(self.settings.threshold)
    }

    fn has_fallen(&self, window: &HoldWindow) -> bool {
        !window.ratio.is_at_least(self.settings.relapse)
    }

    fn why_unstable(&self) -> Result<Unstable, MissingRun> {
        let single = self.workload.single_attempt_twin.as_ref().ok_or(MissingRun::SingleAttemptTwin)?;
        let copes = is_healthy(single, &self.final_rows);
        Ok(if copes { Unstable::CollapseWithoutTrigger } else { Unstable::Overload })
    }

    fn touched_by(&self, trigger: Trigger) -> impl Iterator<Item = HoldWindow> + '_ {
        let frame = self.course.frame;
        self.windows.all().filter(move |window| frame.row_begin(window.rows.1) > trigger.begin)
    }

    /// Nothing to see is no evidence: at least one window must say so.
    fn is_unaffected(&self, trigger: Trigger) -> bool {
        let mut touched = self.touched_by(trigger).peekable();
        touched.peek().is_some() && touched.all(|window| self.is_back(window.ratio))
    }

    fn is_too_short(&self) -> bool {
        let final_length = self.course.frame.span(&self.final_rows).length();
        let after_trigger = self.course.frame.time_after(self.trigger_end);
        final_length < self.hold || after_trigger < self.three_holds()
    }

    fn three_holds(&self) -> Duration {
        self.hold + self.hold + self.hold
    }

    /// When the first window at or above the threshold begins after the last that had fallen, if that is early enough to last.
    fn lasting_recovery(&self) -> Option<Time> {
        let frame = self.course.frame;
        let last_fallen = self.windows.all().rev().find(|window| self.has_fallen(window));
        let earliest_row = last_fallen.map_or(0, |window| window.rows.0 + 1);
        let first_back =
            self.windows.all().find(|window| window.rows.0 >= earliest_row && self.is_back(window.ratio))?;
        let begin = frame.row_begin(first_back.rows.0);
        (frame.time_after(begin) >= self.three_holds()).then_some(begin)
    }

    fn is_down_to_the_end(&self) -> bool {
        let mut inside = self.windows.inside(self.final_rows.clone()).peekable();
        inside.peek().is_some() && inside.all(|window| !self.is_back(window.ratio))
    }

    fn is_draining(&self) -> bool {
        is_backlog_falling(&self.course.backlog, &self.course.frame, &self.final_rows)
    }

    /// Falls below `relapse` after the trigger's end that follow an earlier fall and a return to the threshold; two levels, so
    /// that noise around one of them does not count.
    fn relapses(&self, trigger: Trigger) -> u32 {
        let (mut is_down, mut falls_before, mut relapses) = (false, false, 0);
        for window in self.touched_by(trigger) {
            if is_down {
                is_down = !self.is_back(window.ratio);
            } else if self.has_fallen(&window) {
                let is_after_trigger = self.course.frame.row_begin(window.rows.0) >= self.trigger_end;
                relapses += u32::from(falls_before && is_after_trigger);
                (is_down, falls_before) = (true, true);
            }
        }
        relapses
    }
}
