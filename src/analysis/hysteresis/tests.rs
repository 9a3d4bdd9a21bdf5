//! Goal: thresholds are those of the loads at which a known system changes, and only a real difference is called hysteresis. Method: rows made by hand.

use super::ramp::thresholds;
use super::{CELLS, CellCounts, Hysteresis, Ramp, RampObservation, Way};
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

fn found(falls: f64, back: f64) -> (Option<f64>, Option<f64>) {
    thresholds(&ramp(), &FRAME, 10, &rows(falls, back), &JudgeSettings::default())
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
    let (falls, back) = thresholds(&ramp, &FRAME, 10, &counts, &JudgeSettings::default());
    assert!(
        (falls.unwrap() - 300.0).abs() <= 10.0 && (back.unwrap() - 200.0).abs() <= 10.0,
        "{falls:?} {back:?}"
    );
}

fn observed(thresholds: &[(Option<f64>, Option<f64>)]) -> Hysteresis {
    let observation = |(index, &(falls_at_per_s, returns_at_per_s)): (usize, &(Option<f64>, Option<f64>))| {
        RampObservation {
            seed: index as u64,
            falls_at_per_s,
            returns_at_per_s,
            hold: Duration::from_secs(10),
            course: [vec![CellCounts { offered: 2, good: 1 }; CELLS], vec![CellCounts::default(); CELLS]],
            digest: [0; 32],
        }
    };
    Hysteresis { ramp: ramp(), observations: thresholds.iter().enumerate().map(observation).collect() }
}

#[test]
fn only_more_than_the_ramp_explains_is_hysteresis() {
    let pair = |falls: f64, back: f64| (Some(falls), Some(back));
    let of = |pairs: Vec<(Option<f64>, Option<f64>)>| observed(&pairs);
    let clear = of((0..8).map(|seed| pair(400.0 + f64::from(seed), 200.0)).collect());
    assert_eq!((clear.way(), clear.fall_count(), clear.lost_count()), (Way::Hysteresis, 8, 0));
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
    assert_eq!((lost.way(), lost.lost_count()), (Way::Hysteresis, 8));
    assert_eq!(lost.returns_at_per_s().unwrap().median, f64::NEG_INFINITY);
}
