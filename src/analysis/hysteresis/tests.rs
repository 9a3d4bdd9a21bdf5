//! Goal: thresholds are those of the loads at which a known system changes, and only a real difference is called hysteresis. Method: rows made by hand.

use proptest::prelude::*;

use super::ramp::{Thresholds, Windows};
use super::{CELLS, CellCounts, Held, HeldObservation, HeldRamp, Hysteresis, Ramp, RampObservation, Way};
use crate::analysis::{Counts, Frame};
use crate::kernel::{Duration, Time};
use crate::model::JudgeSettings;

/// From 100/s to 500/s in 400 s: 1/s per second.
fn ramp() -> Ramp {
    Ramp {
        low_per_s: 100.0,
        high_per_s: 500.0,
        foot: Duration::from_secs(20),
        slope: Duration::from_secs(400),
    }
}

const FRAME: Frame =
    Frame { duration: Duration::from_secs(840), warmup: Duration::ZERO, interval: Duration::from_secs(1) };

/// All that comes is good but from the load at which it falls over on the way up to that at which it is back on the way down.
fn rows(falls: f64, back: f64) -> Counts {
    let ramp = ramp();
    let (mut counts, mut is_down) = (Counts::default(), false);
    for second in 0..840 {
        let at = Time::ZERO + Duration::from_secs(second);
        let load = ramp.load_at(at);
        is_down = if at < ramp.top() { is_down || load >= falls } else { is_down && load > back };
        counts.offered.push(load as u64);
        counts.good.push(if is_down { 0 } else { load as u64 });
    }
    counts
}

fn thresholds(counts: Counts) -> Thresholds {
    let windows = Windows { frame: FRAME, hold_rows: 10, counts, level: JudgeSettings::default().threshold };
    windows.thresholds(&ramp())
}

fn found(falls: f64, back: f64) -> (Option<f64>, Option<f64>) {
    let found = thresholds(rows(falls, back));
    (found.falls_at_per_s, found.returns_at_per_s)
}

#[test]
fn the_ramp_rises_and_falls() {
    let ramp = Ramp::new(300.0, 1000.0, Duration::from_secs(640), Duration::ZERO).unwrap();
    assert_eq!((ramp.foot, ramp.slope), (Duration::from_secs(20), Duration::from_secs(300)));
    for (second, load) in [(0, 300.0), (20, 300.0), (170, 650.0), (320, 1000.0), (470, 650.0), (630, 300.0)] {
        let found = ramp.load_at(Time::ZERO + Duration::from_secs(second));
        assert!((found - load).abs() < 1e-9, "{second} s: {found}");
    }
    assert_eq!(
        ramp.profile(),
        r#"[{ at = "0s", scale = 0.3 }, { at = "20s", scale = 1.0, ramp = "5min" }, { at = "320s", scale = 0.3, ramp = "5min" }]"#
    );
    assert_eq!(Ramp::new(1.0, 2.0, Duration::from_secs(10), Duration::from_secs(5)), None);
    assert_eq!(Ramp::new(1.0, 2.0, Duration::from_secs(10), Duration::from_secs(9)), None);
}

#[test]
fn the_thresholds_are_the_loads_at_which_it_changes() {
    for (falls, back) in [(400.0, 200.0), (300.0, 300.0), (450.0, 120.0)] {
        let (found_falls, found_back) = found(falls, back);
        // 10 s are 10/s: a window has fallen when a fifth of it has, and is back when a tenth of it has not.
        assert!((found_falls.unwrap() - falls).abs() <= 10.0, "{found_falls:?} for {falls}");
        assert!((found_back.unwrap() - back).abs() <= 10.0, "{found_back:?} for {back}");
    }
    assert_eq!(found(501.0, 0.0), (None, None));
    let (falls, back) = found(400.0, 0.0);
    assert!(falls.is_some() && back.is_none(), "{falls:?} {back:?}");
}

/// Fallen at 300/s, back for a while between 350/s and 400/s on the way up, and only at 200/s for good.
#[test]
fn a_return_that_does_not_last_is_none() {
    let ramp = ramp();
    let mut counts = rows(300.0, 200.0);
    for second in 0..840 {
        let at = Time::ZERO + Duration::from_secs(second);
        if at < ramp.top() && (350.0..400.0).contains(&ramp.load_at(at)) {
            counts.good[second as usize] = counts.offered[second as usize];
        }
    }
    let found = thresholds(counts);
    assert!((found.falls_at_per_s.unwrap() - 300.0).abs() <= 10.0, "{found:?}");
    assert!((found.returns_at_per_s.unwrap() - 200.0).abs() <= 10.0, "{found:?}");
}

/// What is below the level at the foot already cannot fall, and what it does not reach on the way down it did not have on the way up.
#[test]
fn who_begins_below_the_level_is_left_out() {
    let mut counts = rows(501.0, 501.0);
    for (good, offered) in counts.good.iter_mut().zip(&counts.offered) {
        *good = offered / 2;
    }
    assert!(!thresholds(counts).begins_good);
    assert!(thresholds(rows(400.0, 200.0)).begins_good);
    let begins_low = |seed| RampObservation { begins_good: false, ..observation(seed, Some(100.0), None) };
    let mut hysteresis = observed(&[]);
    hysteresis.observations = (0..8).map(begins_low).collect();
    assert_eq!((hysteresis.way(), hysteresis.begun_count()), (Way::NeverBegan, 0));
    assert_eq!(hysteresis.next(), None);
}

/// Falls only behind the top, or has come back before it: the top is as far as a ramp can tell.
#[test]
fn what_happens_on_one_side_of_the_top_only_is_at_the_top() {
    let ramp = ramp();
    let of_side = |is_up: bool| {
        let mut counts = rows(501.0, 501.0);
        for second in 0..840 {
            let at = Time::ZERO + Duration::from_secs(second);
            if (at < ramp.top()) == is_up && ramp.load_at(at) >= 400.0 {
                counts.good[second as usize] = 0;
            }
        }
        thresholds(counts)
    };
    let up = of_side(true);
    assert!(
        (up.falls_at_per_s.unwrap() - 400.0).abs() <= 10.0 && up.returns_at_per_s == Some(500.0),
        "{up:?}"
    );
    let down = of_side(false);
    assert!(
        (down.returns_at_per_s.unwrap() - 400.0).abs() <= 10.0 && down.falls_at_per_s == Some(500.0),
        "{down:?}"
    );
}

proptest! {
    /// The null hypothesis of the sign test: played backwards, the two thresholds change places.
    #[test]
    fn the_two_thresholds_are_each_other_with_time_reversed(shares in prop::collection::vec(80u64..=100, 840)) {
        let ramp = ramp();
        let offered: Vec<u64> =
            (0..840).map(|second| ramp.load_at(Time::ZERO + Duration::from_ns(second * 1_000_000_000 + 500_000_000)) as u64).collect();
        let good: Vec<u64> = offered.iter().zip(&shares).map(|(offered, share)| offered * share / 100).collect();
        let reversed = |column: &[u64]| column.iter().rev().copied().collect::<Vec<_>>();
        let forth = thresholds(Counts { offered: offered.clone(), good: good.clone() });
        let back = thresholds(Counts { offered: reversed(&offered), good: reversed(&good) });
        prop_assume!(forth.begins_good && back.begins_good);
        prop_assert_eq!(forth.falls_at_per_s, back.returns_at_per_s);
        prop_assert_eq!(forth.returns_at_per_s, back.falls_at_per_s);
    }
}

/// A queue that is worked off at 300/s, from a load that goes up to 500/s and stays at the one in question: it is empty before the time is over, and not long before.
#[test]
fn a_load_stays_as_long_as_a_backlog_takes_and_no_longer() {
    for back in [100.0, 150.0, 200.0] {
        let held = HeldRamp::between(ramp(), 300.0, back, 0.0).unwrap();
        let fall_s = 500.0 - held.load_per_s;
        let mut backlog: f64 = 0.0;
        let mut emptied = None;
        for second in 0..held.duration().as_secs_f64() as u64 {
            let at = Time::ZERO + Duration::from_secs(second);
            let load =
                if at < ramp().top() { ramp().load_at(at) } else { ramp().load_at(at).max(held.load_per_s) };
            backlog = (backlog + load - 300.0).max(0.0);
            if backlog == 0.0 && at > ramp().top() {
                emptied.get_or_insert(second as f64 - 420.0 - fall_s);
            }
        }
        let (emptied, length) = (emptied.unwrap(), held.length.as_secs_f64());
        assert!(
            emptied < 0.6 * length && emptied > 0.2 * length,
            "{back}: empty after {emptied} of {length} s"
        );
    }
    // Nearly nothing is left over to work it off.
    assert_eq!(HeldRamp::between(ramp(), 110.0, f64::NEG_INFINITY, 0.0), None);
    let held = HeldRamp::between(ramp(), 400.0, 250.0, 0.0).unwrap();
    assert_eq!(
        held.profile(),
        r#"[{ at = "0s", scale = 0.2 }, { at = "20s", scale = 1.0, ramp = "400s" }, { at = "7min", scale = 0.6, ramp = "200s" }]"#
    );
}

fn observation(seed: u64, falls_at_per_s: Option<f64>, returns_at_per_s: Option<f64>) -> RampObservation {
    RampObservation {
        seed,
        begins_good: true,
        falls_at_per_s,
        returns_at_per_s,
        hold: Duration::from_secs(10),
        course: [vec![CellCounts { offered: 2, good: 1 }; CELLS], vec![CellCounts::default(); CELLS]],
        digest: [0; 32],
    }
}

fn observed(thresholds: &[(Option<f64>, Option<f64>)]) -> Hysteresis {
    let observations =
        thresholds.iter().enumerate().map(|(index, &(falls, back))| observation(index as u64, falls, back));
    Hysteresis { ramp: ramp(), observations: observations.collect(), held: None }
}

/// The same, when so many of the seeds stay down under a load that stays.
fn held(mut hysteresis: Hysteresis, down: usize) -> Hysteresis {
    let seeds = hysteresis.observations.len();
    let observation = |index| HeldObservation {
        seed: index as u64,
        was_good: true,
        is_good: index >= down,
        digest: [0; 32],
    };
    let held = hysteresis.next().expect("a candidate");
    hysteresis.held = Some(Held { held, observations: (0..seeds).map(observation).collect() });
    hysteresis
}

#[test]
fn only_more_than_the_ramp_explains_is_hysteresis() {
    let pair = |falls: f64, back: f64| (Some(falls), Some(back));
    let of = |pairs: Vec<(Option<f64>, Option<f64>)>| observed(&pairs);
    let clear = of((0..8).map(|seed| pair(400.0 + f64::from(seed), 200.0)).collect());
    assert_eq!((clear.way(), clear.fall_count(), clear.lost_count()), (Way::NotHeld, 8, 0));
    assert_eq!(held(clear.clone(), 8).way(), Way::Hysteresis);
    assert_eq!(held(clear.clone(), 0).way(), Way::Drains);
    assert_eq!(held(clear.clone(), 5).way(), Way::Drains, "five pairs prove nothing");
    assert_eq!(clear.falls_at_per_s().unwrap().median, 403.0);
    assert_eq!(clear.difference_per_s().unwrap().interval, Some((200.0, 207.0)));
    assert_eq!(clear.resolution_per_s(), 20.0);
    assert_eq!(clear.course()[0][0], CellCounts { offered: 16, good: 8 });
    // Eight of eight come back lower, but within two windows.
    assert_eq!(of(vec![pair(400.0, 385.0); 8]).way(), Way::Lag);
    let mixed = of((0..8).map(|seed| pair(400.0, if seed % 2 == 0 { 300.0 } else { 450.0 })).collect());
    assert_eq!(mixed.way(), Way::Same);
    assert_eq!(of(vec![(None, None); 8]).way(), Way::NeverFell);
    // Five seeds prove nothing, however clear they are.
    assert_ne!(of(vec![pair(400.0, 100.0); 5]).way(), Way::Hysteresis);
    let lost = of(vec![(Some(400.0), None); 8]);
    assert_eq!(held(lost.clone(), 8).way(), Way::Hysteresis);
    assert_eq!(lost.lost_count(), 8);
    assert_eq!(lost.returns_at_per_s().unwrap().median, f64::NEG_INFINITY);
}
