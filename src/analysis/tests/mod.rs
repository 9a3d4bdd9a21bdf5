//! The sentences of the verdict's definition, each with a course computed by hand; then what must hold for every course.

mod laws;
mod order;
mod rules;
mod runs;

use crate::analysis::{
    Counts, Course, Frame, Judgement, Trigger, Verdict, WorkloadCourse, WorkloadJudgement, judge_course,
};
use crate::kernel::{Duration, Time};
use crate::model::{HoldSettings, JudgeSettings};

fn at(seconds: u64) -> Time {
    Time::from_ns(seconds * 1_000_000_000)
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A twin that is offered 100 requests per second, all good, and a run that does as well as `per_cent` says, second by second.
///
/// 100 requests are offered in one second, so the hold is the ten intervals of the default.
fn course(trigger: Option<(u64, Option<u64>)>, per_cent: &[(u64, u64)]) -> Course {
    let good: Vec<u64> =
        per_cent.iter().flat_map(|&(seconds, good)| std::iter::repeat_n(good, seconds as usize)).collect();
    let twin_good = if trigger.is_some() { vec![100; good.len()] } else { good.clone() };
    Course {
        frame: Frame { duration: secs(good.len() as u64), warmup: Duration::ZERO, interval: secs(1) },
        trigger: trigger.map(|(begin, end)| Trigger { begin: at(begin), end: end.map(at) }),
        backlog: vec![0; good.len()],
        workloads: vec![WorkloadCourse {
            name: "users".to_owned(),
            twin: Counts { offered: vec![100; good.len()], good: twin_good },
            good,
            single_attempt_twin: None,
            load_cuts: Vec::new(),
        }],
    }
}

/// The backlog `level`, in attempts, for so many seconds each.
fn backlog(levels: &[(u64, u64)]) -> Vec<u128> {
    let level_ns = |level: u64| u128::from(level) * 1_000_000_000;
    levels
        .iter()
        .flat_map(|&(seconds, level)| std::iter::repeat_n(level_ns(level), seconds as usize))
        .collect()
}

fn judged(course: &Course) -> Judgement {
    judge_course(&JudgeSettings::default(), course).expect("no further run is needed")
}

fn first(course: &Course) -> WorkloadJudgement {
    judged(course).workloads.swap_remove(0)
}

fn check(course: &Course, expected: Verdict) {
    let judgement = judged(course);
    assert_eq!(judgement.verdict, expected, "{}", judgement.sentence());
}

fn hold(intervals: u32, requests: u32) -> JudgeSettings {
    JudgeSettings { hold: HoldSettings { intervals, requests }, ..JudgeSettings::default() }
}
