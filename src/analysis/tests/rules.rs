//! What a window, a hold and a trigger are.

use super::*;
use crate::analysis::{Span, Undecided, Unstable};
use crate::quantity::Share;

#[test]
fn a_window_in_which_the_twin_has_no_good_request_says_nothing() {
    // The load of the world ends from 100 to 200: no window inside can be at or below anything.
    let mut gap = course(Some((50, Some(60))), &[(100, 100), (100, 0), (100, 100)]);
    let twin = &mut gap.workloads[0].twin;
    twin.good[100..200].fill(0);
    twin.offered[100..200].fill(0);
    check(&gap, Verdict::Unaffected);
}

#[test]
fn a_window_that_overlaps_a_load_cut_says_nothing() {
    let mut cut = course(Some((50, Some(100))), &[(50, 100), (50, 10), (200, 100)]);
    check(&cut, Verdict::Recovered);
    cut.workloads[0].load_cuts = vec![Span { begin: at(50), end: at(100) }];
    check(&cut, Verdict::Unaffected);
    // One second of harm outside the cut is in ten windows, of which one does not overlap the cut: 90 of 100, then 89.
    cut.workloads[0].good[109] = 0;
    check(&cut, Verdict::Unaffected);
    cut.workloads[0].good[108] = 99;
    check(&cut, Verdict::Recovered);
}

#[test]
fn a_hold_window_is_any_hold_consecutive_intervals_after_the_warm_up() {
    // Bad until the warm-up ends at 20; the window [20, 30) is the first that is judged.
    let mut warming = course(Some((20, Some(21))), &[(20, 0), (180, 100)]);
    warming.frame.warmup = secs(20);
    check(&warming, Verdict::Unaffected);
    warming.frame.warmup = secs(18);
    check(&warming, Verdict::Recovered);
}

#[test]
fn hold_is_the_longer_of_ten_intervals_and_the_fewest_that_bring_a_hundred_requests() {
    let hold_of = |per_second: u64, settings: &JudgeSettings| {
        let mut quiet = course(Some((50, Some(60))), &[(400, 100)]);
        quiet.workloads[0].twin.offered.fill(per_second);
        quiet.workloads[0].twin.good.fill(per_second);
        judge_course(settings, &quiet).expect("the twin is healthy").workloads[0].hold
    };
    assert_eq!(hold_of(100, &hold(10, 100)), secs(10));
    assert_eq!(hold_of(5, &hold(10, 100)), secs(20));
    assert_eq!(hold_of(3, &hold(10, 100)), secs(34), "33 intervals bring 99 requests");
    assert_eq!(hold_of(100, &hold(0, 0)), secs(1), "a window is never empty");
    assert_eq!(hold_of(0, &hold(10, 100)), Duration::MAX, "no time is long enough");
}

#[test]
fn the_mean_rate_of_the_twin_leaves_the_warm_up_out() {
    let mut warming = course(Some((100, Some(110))), &[(300, 100)]);
    warming.frame.warmup = secs(100);
    warming.workloads[0].twin.offered[100..].fill(5);
    warming.workloads[0].twin.good[100..].fill(5);
    assert_eq!(first(&warming).hold, secs(20));
}

#[test]
fn the_final_window_is_the_last_third_of_what_follows_the_trigger() {
    let window = |trigger, seconds| first(&course(trigger, &[(seconds, 100)])).final_window;
    assert_eq!(window(Some((60, Some(70))), 400), Some(Span { begin: at(290), end: at(400) }));
    assert_eq!(window(None, 300), Some(Span { begin: at(200), end: at(300) }));
    // A third of 100 s is 33 whole seconds.
    assert_eq!(window(None, 100), Some(Span { begin: at(67), end: at(100) }));
    // A third of 1800 s is 10 min, but 5 min are enough.
    assert_eq!(window(Some((300, Some(900))), 2700), Some(Span { begin: at(2400), end: at(2700) }));
}

#[test]
fn the_final_window_may_be_longer_than_stated_if_three_holds_are() {
    let mut settings = hold(10, 100);
    settings.final_window = secs(20);
    let long = course(Some((60, Some(70))), &[(400, 100)]);
    let judgement = judge_course(&settings, &long).expect("the twin is healthy");
    assert_eq!(judgement.workloads[0].final_window, Some(Span { begin: at(370), end: at(400) }));
}

#[test]
fn a_last_interval_that_is_not_whole_is_not_judged() {
    let mut short = course(None, &[(100, 100)]);
    short.frame.duration = Duration::from_ns(99_500_000_000);
    assert_eq!(first(&short).final_window, Some(Span { begin: at(67), end: at(99) }));
}

#[test]
fn the_twin_is_healthy_down_to_two_standard_deviations_below_nine_tenths() {
    // 10 000 offered in the last 100 s: 9000 - 2 sqrt(900) = 8940.
    let good = |total: u64| {
        let mut twin = course(None, &[(300, 100)]);
        twin.workloads[0].twin.good[200..].fill(total / 100);
        twin.workloads[0].twin.good[299] += total % 100;
        twin.workloads[0].single_attempt_twin =
            Some(Counts { offered: vec![100; 300], good: vec![100; 300] });
        judged(&twin).verdict
    };
    assert_eq!(good(8940), Verdict::Healthy);
    assert_eq!(good(8939), Verdict::Unstable(Unstable::CollapseWithoutTrigger));
}

#[test]
fn at_or_above_the_threshold_is_exact() {
    let third = |good: u64| {
        let mut run = course(Some((60, Some(70))), &[(400, 100)]);
        run.workloads[0].good.fill(good);
        judge_course(&JudgeSettings { threshold: Share::percent(57), ..JudgeSettings::default() }, &run)
            .expect("the twin is healthy")
            .verdict
    };
    assert_eq!(third(57), Verdict::Unaffected, "0.57 has no exact binary fraction");
    assert_eq!(third(56), Verdict::Metastable);
}

#[test]
fn a_workload_that_offers_nothing_is_not_called_unaffected() {
    let mut silent = course(Some((60, Some(70))), &[(400, 0)]);
    silent.workloads[0].twin = Counts { offered: vec![0; 400], good: vec![0; 400] };
    check(&silent, Verdict::Undecided(Undecided::TooLittleTime));
    let judgement = first(&silent);
    assert_eq!(judgement.hold, Duration::MAX);
    assert_eq!(judgement.sentence(), "undecided: the twin is offered no request after the warm-up");
}
