//! What holds for every course.

use proptest::prelude::*;

use super::*;
use crate::analysis::{Span, Unstable};

/// A course that may be anything: any rows, any trigger, any cuts, columns that do not fit the frame.
fn any_course() -> impl Strategy<Value = Course> {
    let column = || prop::collection::vec(0_u64..300, 0..80);
    let times = (0_u64..90_000, 0_u64..40_000, 1_u64..5_000);
    let trigger = prop::option::of((0_u64..100_000, prop::option::of(0_u64..100_000)));
    let cuts = prop::collection::vec((0_u64..90_000, 0_u64..90_000), 0..3);
    let columns = (column(), column(), column(), prop::option::of((column(), column())));
    (times, trigger, cuts, columns, prop::collection::vec(0_u128..1_000_000_000_000, 0..80)).prop_map(
        |((duration, warmup, interval), trigger, cuts, (good, offered, twin_good, single), backlog)| {
            let ms = |time: u64| Time::from_ns(time * 1_000_000);
            let span = |time: u64| Duration::from_ns(time * 1_000_000);
            let workload = WorkloadCourse {
                name: "users".to_owned(),
                good,
                twin: Counts { offered, good: twin_good },
                single_attempt_twin: single.map(|(offered, good)| Counts { offered, good }),
                load_cuts: cuts
                    .into_iter()
                    .map(|(begin, end)| Span { begin: ms(begin), end: ms(end) })
                    .collect(),
            };
            Course {
                frame: Frame { duration: span(duration), warmup: span(warmup), interval: span(interval) },
                trigger: trigger.map(|(begin, end)| Trigger { begin: ms(begin), end: end.map(ms) }),
                backlog,
                workloads: vec![workload],
            }
        },
    )
}

/// A healthy twin, and a run that does anything from `begin` on.
fn any_trouble() -> impl Strategy<Value = Course> {
    let pieces = prop::collection::vec((1_u64..40, 0_u64..=100), 1..12);
    (20_u64..80, 1_u64..30, pieces).prop_map(|(begin, length, mut pieces)| {
        pieces.insert(0, (begin, 100));
        course(Some((begin, Some(begin + length))), &pieces)
    })
}

fn verdicts(course: &Course) -> Result<Vec<(Verdict, Option<Duration>, u32)>, crate::analysis::MissingRun> {
    let judgement = judge_course(&hold(10, 1), course)?;
    Ok(judgement.workloads.iter().map(|one| (one.verdict, one.time_to_recovery, one.relapses)).collect())
}

proptest! {
    #[test]
    fn every_course_has_a_verdict_and_a_sentence(course in any_course(), intervals in 0_u32..20, requests in 0_u32..500) {
        if let Ok(judgement) = judge_course(&hold(intervals, requests), &course) {
            prop_assert!(judgement.sentence().starts_with(judgement.verdict.name()));
            let one = &judgement.workloads[0];
            prop_assert_eq!(one.verdict == Verdict::Recovered, one.time_to_recovery.is_some());
            if course.trigger.is_none() {
                prop_assert!(matches!(one.verdict, Verdict::Healthy | Verdict::Unstable(_)));
            }
        } else {
            prop_assert!(course.workloads[0].single_attempt_twin.is_none());
        }
    }

    #[test]
    fn a_run_equal_to_its_healthy_twin_is_unaffected(seconds in 80_u64..300, begin in 0_u64..60) {
        check(&course(Some((begin, Some(begin + 5))), &[(seconds, 100)]), Verdict::Unaffected);
    }

    #[test]
    fn more_of_the_same_users_changes_nothing(course in any_trouble(), factor in 1_u64..1000) {
        let mut more = course.clone();
        for workload in &mut more.workloads {
            for column in [&mut workload.good, &mut workload.twin.good, &mut workload.twin.offered] {
                for count in column.iter_mut() { *count *= factor; }
            }
        }
        prop_assert_eq!(verdicts(&course), verdicts(&more));
    }

    #[test]
    fn a_longer_warm_up_before_everything_changes_nothing(course in any_trouble(), later in 1_u64..200) {
        let mut shifted = course.clone();
        let longer = |time: Duration| time + secs(later);
        shifted.frame.duration = longer(course.frame.duration);
        shifted.frame.warmup = longer(course.frame.warmup);
        shifted.trigger = course.trigger.map(|trigger| Trigger {
            begin: trigger.begin + secs(later),
            end: trigger.end.map(|end| end + secs(later)),
        });
        let before = |column: &[u64]| [vec![7; later as usize], column.to_vec()].concat();
        let workload = &mut shifted.workloads[0];
        workload.good = before(&workload.good);
        workload.twin.good = before(&workload.twin.good);
        workload.twin.offered = before(&workload.twin.offered);
        shifted.backlog = [vec![0; later as usize], course.backlog.clone()].concat();
        prop_assert_eq!(verdicts(&course), verdicts(&shifted));
    }

    #[test]
    fn a_sick_twin_outweighs_everything_but_an_endless_trigger(course in any_trouble()) {
        let mut sick = course;
        let rows = sick.backlog.len();
        sick.workloads[0].twin.good.fill(0);
        sick.workloads[0].single_attempt_twin = Some(Counts { offered: vec![100; rows], good: vec![0; rows] });
        let is_empty = first(&sick).final_window.is_none();
        prop_assert!(is_empty || judged(&sick).verdict == Verdict::Unstable(Unstable::Overload));
    }
}
