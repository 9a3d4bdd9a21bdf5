//! Which verdict applies: the rules in their order.

use super::*;
use crate::analysis::{MissingRun, Undecided, Unstable};

/// 400 s, a trigger from 60 s to 70 s: the final window is [290, 400), and three holds before the end is 370 s.
fn after(per_cent: &[(u64, u64)]) -> Course {
    let mut pieces = vec![(60, 100), (10, 0)];
    pieces.extend_from_slice(per_cent);
    course(Some((60, Some(70))), &pieces)
}

#[test]
fn a_trigger_that_never_ends_is_undecided_before_anything_else() {
    let mut endless = course(Some((60, None)), &[(400, 100)]);
    endless.workloads[0].twin.good.fill(0);
    check(&endless, Verdict::Undecided(Undecided::TriggerNeverEnds));
    assert_eq!(first(&endless).final_window, None);
}

#[test]
fn an_unhealthy_twin_is_unstable_and_a_run_with_single_attempts_says_why() {
    let mut sick = after(&[(330, 100)]);
    sick.workloads[0].twin.good.fill(80);
    assert_eq!(judge_course(&JudgeSettings::default(), &sick), Err(MissingRun::SingleAttemptTwin));
    let single = |good| Some(Counts { offered: vec![100; 400], good: vec![good; 400] });
    sick.workloads[0].single_attempt_twin = single(80);
    check(&sick, Verdict::Unstable(Unstable::Overload));
    sick.workloads[0].single_attempt_twin = single(100);
    check(&sick, Verdict::Unstable(Unstable::CollapseWithoutTrigger));
}

#[test]
fn unaffected_is_a_run_in_which_every_window_after_the_begin_is_at_or_above_the_threshold() {
    check(&course(Some((60, Some(70))), &[(400, 90)]), Verdict::Unaffected);
    // Nine bad seconds of ten before the trigger do not count, the one after its begin does.
    check(&course(Some((60, Some(70))), &[(30, 0), (370, 100)]), Verdict::Unaffected);
    check(&course(Some((60, Some(70))), &[(60, 100), (1, 0), (339, 100)]), Verdict::Unaffected);
    check(&course(Some((60, Some(70))), &[(60, 100), (2, 0), (338, 100)]), Verdict::Recovered);
}

#[test]
fn unaffected_comes_before_too_little_time() {
    check(&course(Some((60, Some(70))), &[(75, 100)]), Verdict::Unaffected);
}

#[test]
fn too_little_time_is_less_than_three_holds_after_the_trigger() {
    check(&after(&[(29, 0)]), Verdict::Undecided(Undecided::TooLittleTime));
    check(&after(&[(30, 0)]), Verdict::Metastable);
}

#[test]
fn too_little_time_is_a_final_window_shorter_than_a_hold() {
    // Half a second later the last third of what follows holds nine whole intervals only.
    let mut late = after(&[(30, 0)]);
    late.frame.duration = Duration::from_ns(100_500_000_000);
    late.trigger = Some(Trigger { begin: at(60), end: Some(Time::from_ns(70_500_000_000)) });
    check(&late, Verdict::Undecided(Undecided::TooLittleTime));
}

#[test]
fn recovered_is_the_final_window_at_threshold_and_three_holds_after_the_last_fall() {
    // Nothing until 100 s. [98, 108) is the last window below 80 %, [99, 109) with 90 % the first that is back.
    let judgement = first(&after(&[(30, 0), (300, 100)]));
    assert_eq!(judgement.verdict, Verdict::Recovered);
    assert_eq!(judgement.time_to_recovery, Some(secs(29)));
    assert_eq!((judgement.final_ratio, judgement.relapses), (Some(1.0), 0));
}

#[test]
fn time_to_recovery_is_zero_if_goodput_is_back_before_the_trigger_ends() {
    let judgement = first(&course(Some((60, Some(100))), &[(60, 100), (10, 0), (330, 100)]));
    assert_eq!((judgement.verdict, judgement.time_to_recovery), (Verdict::Recovered, Some(Duration::ZERO)));
}

#[test]
fn a_return_to_above_relapse_is_not_yet_a_recovery() {
    // 85 % from 100 s to 200 s: never below 80 % again, but at the threshold only from then on.
    let judgement = first(&after(&[(30, 0), (100, 85), (200, 100)]));
    assert_eq!(judgement.verdict, Verdict::Recovered);
    // [194, 204) has 6 x 85 + 4 x 100 = 910; [193, 203) has 895.
    assert_eq!(judgement.time_to_recovery, Some(secs(124)));
}

#[test]
fn relapses_are_falls_below_eighty_per_cent_after_a_return() {
    let judgement =
        first(&after(&[(30, 0), (50, 100), (20, 0), (50, 100), (20, 85), (10, 100), (20, 0), (130, 100)]));
    assert_eq!((judgement.verdict, judgement.relapses), (Verdict::Recovered, 2));
    // Down until 270 s; [269, 279) is the first window that is back for good.
    assert_eq!(judgement.time_to_recovery, Some(secs(199)));
}

#[test]
fn a_second_trigger_is_no_relapse() {
    let twice = course(Some((60, Some(170))), &[(60, 100), (10, 0), (90, 100), (10, 0), (330, 100)]);
    assert_eq!((first(&twice).verdict, first(&twice).relapses), (Verdict::Recovered, 0));
}

#[test]
fn recovered_too_late_is_undecided() {
    // Three bad seconds from b on: [b, b + 10) has 70 %, the next window 80 %, [b + 2, b + 12) is back; 370 s is just in time.
    let blip = |begin: u64| after(&[(begin - 70, 100), (3, 0), (400 - begin - 3, 100)]);
    check(&blip(368), Verdict::Recovered);
    check(&blip(369), Verdict::Undecided(Undecided::TooLate));
}

#[test]
fn metastable_is_below_threshold_to_the_end_with_a_backlog_that_does_not_fall() {
    let judgement = first(&after(&[(330, 0)]));
    assert_eq!((judgement.verdict, judgement.final_ratio), (Verdict::Metastable, Some(0.0)));
    let partial = first(&after(&[(330, 58)]));
    assert_eq!((partial.verdict, partial.final_ratio), (Verdict::Metastable, Some(0.58)));
}

#[test]
fn a_single_good_hold_window_in_the_final_window_is_flapping() {
    check(&after(&[(230, 0), (9, 100), (91, 0)]), Verdict::Undecided(Undecided::Flapping));
    check(&after(&[(230, 0), (8, 100), (92, 0)]), Verdict::Metastable);
}

#[test]
fn a_backlog_that_falls_by_more_than_five_per_cent_and_ten_attempts_is_still_draining() {
    let with = |levels: &[(u64, u64)]| Course { backlog: backlog(levels), ..after(&[(330, 0)]) };
    let halves = |first, second| with(&[(290, 0), (55, first), (55, second)]);
    check(&halves(1000, 949), Verdict::Undecided(Undecided::StillDraining));
    check(&halves(1000, 950), Verdict::Metastable);
    check(&halves(20, 9), Verdict::Undecided(Undecided::StillDraining));
    check(&halves(20, 10), Verdict::Metastable);
    check(&halves(1000, 2000), Verdict::Metastable);
}

#[test]
fn without_a_trigger_a_run_is_healthy_or_unstable() {
    check(&course(None, &[(300, 100)]), Verdict::Healthy);
    let mut sick = course(None, &[(100, 100), (200, 10)]);
    assert_eq!(judge_course(&JudgeSettings::default(), &sick), Err(MissingRun::SingleAttemptTwin));
    sick.workloads[0].single_attempt_twin = Some(Counts { offered: vec![100; 300], good: vec![99; 300] });
    check(&sick, Verdict::Unstable(Unstable::CollapseWithoutTrigger));
}

#[test]
fn a_twin_whose_load_ends_leaves_nothing_to_compare() {
    let mut over = after(&[(330, 0)]);
    over.workloads[0].twin.offered[200..].fill(0);
    over.workloads[0].twin.good[200..].fill(0);
    check(&over, Verdict::Undecided(Undecided::NothingToCompare));
}

#[test]
fn the_verdict_of_the_run_is_that_of_its_worst_workload() {
    let metastable = after(&[(330, 0)]);
    let recovered = after(&[(330, 100)]);
    let flapping = after(&[(230, 0), (9, 100), (91, 0)]);
    let unaffected = course(Some((60, Some(70))), &[(400, 100)]);
    let together = |parts: &[&Course]| {
        let workloads = parts.iter().flat_map(|part| part.workloads.clone()).collect();
        judged(&Course { workloads, ..metastable.clone() }).verdict
    };
    assert_eq!(together(&[&unaffected, &recovered]), Verdict::Recovered);
    assert_eq!(together(&[&flapping, &recovered]), Verdict::Undecided(Undecided::Flapping));
    assert_eq!(together(&[&unaffected, &metastable, &flapping]), Verdict::Metastable);
    assert_eq!(together(&[]), Verdict::Undecided(Undecided::NothingToCompare));
    let mut sick = unaffected.clone();
    sick.workloads[0].twin.good.fill(10);
    sick.workloads[0].single_attempt_twin = Some(Counts { offered: vec![100; 400], good: vec![10; 400] });
    assert_eq!(together(&[&metastable, &sick]), Verdict::Unstable(Unstable::Overload));
}

#[test]
fn each_verdict_is_explained_in_a_sentence() {
    let says = |course: &Course, expected: &str| assert_eq!(judged(course).sentence(), expected);
    says(
        &after(&[(330, 0)]),
        "metastable: the trigger ended at 1min 10s; in the last 1min 50s goodput is 0 % of the twin's and the backlog is \
         not falling",
    );
    says(
        &after(&[(30, 0), (300, 100)]),
        "recovered: goodput was back 29s after the trigger ended at 1min 10s, and in the last 1min 50s it is 100 % of the \
         twin's",
    );
    says(
        &course(Some((60, Some(70))), &[(400, 100)]),
        "unaffected: after the trigger began at 1min 0s, goodput never fell below 90 % of the twin's",
    );
    says(&course(None, &[(300, 97)]), "healthy: in the last 1min 40s, 97 % of the requests succeed");
    says(
        &course(Some((60, None)), &[(300, 97)]),
        "undecided: the trigger that began at 1min 0s never ends, so there is nothing to recover from yet",
    );
    says(
        &after(&[(29, 0)]),
        "undecided: too little time follows the end of the trigger at 1min 10s: at least three times 10s are needed, and a \
         final third of at least as many whole intervals",
    );
}
