//! Goal: the probabilities of the book, of Envoy and of Finagle, over exactly the outcomes that they look at.
//! Method: random histories against models that remember every outcome; figures by hand; how often it rejects, with a bound.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};
use crate::kernel::{Time, num};
use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Factor, Rate, Share};

fn draws(ordinal: u64) -> Draws {
    let site = SiteKey::new(5, hash64("edges.a.b.p.adaptive_throttle"));
    Word::root(site, ordinal).at(site)
}

fn at(ms: u64) -> Time {
    Time::from_ns(ms * 1_000_000)
}

fn sre() -> AdaptiveThrottle {
    AdaptiveThrottle::new(&AdaptiveThrottleSettings::Sre(SreSettings::default()))
}

fn control(change: impl FnOnce(&mut AdmissionControlSettings)) -> AdaptiveThrottle {
    let mut settings = AdmissionControlSettings::default();
    change(&mut settings);
    AdaptiveThrottle::new(&AdaptiveThrottleSettings::AdmissionControl(settings))
}

/// So many calls at one instant, of which this share ends well; none is left out because it is rejected.
fn past(throttle: &AdaptiveThrottle, calls: u64, accepted: u64) -> AdaptiveThrottleState {
    let mut state = AdaptiveThrottleState::new(Time::ZERO);
    for call in 0..calls {
        throttle.admit(&mut state, Time::ZERO, || draws(call));
        let class = if call < accepted { Class::Ok } else { Class::Overloaded };
        throttle.record(&mut state, Time::ZERO, class);
    }
    state
}

#[test]
fn half_of_what_is_accepted_is_enough_for_the_book_and_not_for_envoy() {
    let book = sre();
    assert_eq!(book.rejection_probability(&past(&book, 100, 50), Time::ZERO), 0.0);
    assert_eq!(book.rejection_probability(&past(&book, 100, 25), Time::ZERO), 50.0 / 101.0);
    assert_eq!(book.rejection_probability(&past(&book, 100, 0), Time::ZERO), 100.0 / 101.0);
    let envoy = control(|_| {});
    assert_eq!(envoy.rejection_probability(&past(&envoy, 100, 95), Time::ZERO), 0.0);
    assert_eq!(envoy.rejection_probability(&past(&envoy, 100, 19), Time::ZERO), 80.0 / 101.0);
    assert_eq!(envoy.rejection_probability(&past(&envoy, 100, 0), Time::ZERO), 0.8, "never more than 80 %");
    let steep = control(|it| it.aggression = Factor::from(2_u32));
    let probability = steep.rejection_probability(&past(&steep, 100, 76), Time::ZERO);
    assert!((probability - (20.0_f64 / 101.0).sqrt()).abs() < 1e-12, "{probability}");
    let quiet = control(|it| it.rps_threshold = Rate::new(4, 1_000_000_000));
    assert_eq!(quiet.rejection_probability(&past(&quiet, 119, 0), Time::ZERO), 0.0);
    assert_eq!(quiet.rejection_probability(&past(&quiet, 120, 0), Time::ZERO), 0.8);
}

/// What the client itself rejects counts for the book, and not for Envoy.
#[test]
fn the_book_goes_on_throttling_while_it_throttles() {
    let (book, envoy) = (sre(), control(|_| {}));
    for (throttle, grows) in [(book, true), (envoy, false)] {
        let mut state = past(&throttle, 100, 0);
        let before = throttle.rejection_probability(&state, Time::ZERO);
        for call in 0..100 {
            throttle.admit(&mut state, Time::ZERO, || draws(1000 + call));
        }
        assert_eq!(throttle.rejection_probability(&state, Time::ZERO) > before, grows);
    }
}

#[test]
fn it_rejects_as_often_as_it_says() {
    let throttle = control(|_| {});
    let state = past(&throttle, 100, 38);
    let probability = throttle.rejection_probability(&state, Time::ZERO);
    let rejected =
        (0..100_000).filter(|&call| !throttle.admit(&mut state.clone(), Time::ZERO, || draws(call))).count();
    // Five standard deviations of a binomial: two-sided 99.9999 %, fixed words.
    let deviation = (100_000.0 * probability * (1.0 - probability)).sqrt();
    assert!(
        (rejected as f64 - 100_000.0 * probability).abs() < 5.0 * deviation,
        "{rejected} of {probability}"
    );
}

#[test]
fn an_application_failure_is_accepted_work_for_the_book_and_a_failure_for_envoy() {
    for (throttle, expected) in [(sre(), 0.0), (control(|_| {}), 0.5)] {
        let mut state = AdaptiveThrottleState::new(Time::ZERO);
        throttle.admit(&mut state, Time::ZERO, || draws(0));
        throttle.record(&mut state, Time::ZERO, Class::ServerError);
        assert_eq!(throttle.rejection_probability(&state, Time::ZERO), expected);
    }
}

proptest! {
    #[test]
    fn what_is_looked_at_is_what_is_in_the_window(
        steps in vec((prop_oneof![3 => 0_u64..400, 1 => 0_u64..6000], any::<bool>(), any::<bool>()), 1..200),
        window_s in 1_u64..8,
    ) {
        let throttle = control(|it| (it.sampling_window, it.max_rejection_probability) = (Duration::from_secs(window_s), Share::ONE));
        let mut state = AdaptiveThrottleState::new(Time::ZERO);
        let (mut now, mut second, mut book): (u64, Option<u64>, Vec<(u64, bool)>) = (0, None, Vec::new());
        for (step, (wait, is_call, is_good)) in (0_u64..).zip(steps) {
            now += wait;
            // A second begins with the first use at least a second after the begin of the one before, or when nothing is left of that.
            if second.is_none_or(|began| now - began >= 1000) {
                second = Some(now);
            }
            if is_call {
                throttle.admit(&mut state, at(now), || draws(step));
            } else {
                throttle.record(&mut state, at(now), if is_good { Class::Ok } else { Class::Reset });
                book.extend(second.map(|began| (began, is_good)));
            }
            let seen: Vec<bool> = book.iter().filter(|(began, _)| now - began < window_s * 1000).map(|it| it.1).collect();
            let (total, good) = (seen.len() as f64, seen.iter().filter(|&&is_good| is_good).count() as f64);
            let expected = ((total - good / 0.95) / (total + 1.0)).max(0.0);
            let found = throttle.rejection_probability(&state, at(now));
            prop_assert!((found - expected).abs() < 1e-12, "{} instead of {}", found, expected);
        }
    }
}

fn nack(change: impl FnOnce(&mut NackSettings)) -> AdaptiveThrottle {
    let mut settings = NackSettings::default();
    change(&mut settings);
    AdaptiveThrottle::new(&AdaptiveThrottleSettings::Nack(settings))
}

/// Ten requests a second, each answered at once: what the average has become of 1 after `seconds` of this class.
fn after(
    throttle: &AdaptiveThrottle,
    state: &mut AdaptiveThrottleState,
    from_s: u64,
    seconds: u64,
    class: Class,
) {
    for tenth in 10 * from_s + 1..=10 * (from_s + seconds) {
        throttle.admit(state, at(100 * tenth), || draws(tenth));
        throttle.record(state, at(100 * tenth), class);
    }
}

/// By hand: exp(-t / 2 min) is a half after 83.2 s, and a quarter after 166.4 s.
#[test]
fn finagle_forgets_in_two_minutes_and_never_rejects_more_than_three_quarters() {
    let throttle = nack(|_| {});
    let mut state = AdaptiveThrottleState::new(Time::ZERO);
    // The first four requests are too few for a rate of 5/s, and count as accepted; rounded off, that is 0.4 s.
    after(&throttle, &mut state, 0, 83, Class::Overloaded);
    assert_eq!(throttle.rejection_probability(&state, at(83_000)), 0.0);
    after(&throttle, &mut state, 83, 1, Class::Overloaded);
    let probability = throttle.rejection_probability(&state, at(84_000));
    let expected = 1.0 - 2.0 * num::exp(-83.6 / 120.0);
    assert!((probability - expected).abs() < 1e-9, "{probability} instead of {expected}");
    after(&throttle, &mut state, 84, 316, Class::Overloaded);
    assert_eq!(throttle.rejection_probability(&state, at(400_000)), 0.75);
    assert_eq!(throttle.rejection_probability(&state, at(999_000)), 0.75, "silence changes nothing");
    after(&throttle, &mut state, 400, 78, Class::ServerError);
    let probability = throttle.rejection_probability(&state, at(478_000));
    assert!(probability > 0.0 && probability < 0.02, "a failure is work that was accepted: {probability}");
    after(&throttle, &mut state, 478, 2, Class::ServerError);
    assert_eq!(throttle.rejection_probability(&state, at(480_000)), 0.0);
}

proptest! {
    /// The average as the integral that it is: what happened at an instant stands for the time since the outcome before, and weighs less the longer ago that is.
    #[test]
    fn the_average_of_finagle_is_that_of_everything_so_far(
        steps in vec((prop_oneof![3 => 0_u64..150, 1 => 0_u64..3000], any::<bool>(), any::<bool>()), 1..200),
        window_s in 1_u64..8,
        rps in 1_u64..8,
        threshold in 1_u32..100,
    ) {
        let throttle = nack(|it| {
            (it.window, it.rps_threshold) = (Duration::from_secs(window_s), Rate::new(rps, 1_000_000_000));
            (it.nack_rate_threshold, it.max_rejection_probability) = (Share::percent(threshold), Share::ONE);
        });
        let mut state = AdaptiveThrottleState::new(Time::ZERO);
        let (mut now, mut began, mut slot, mut asked, mut outcomes) = (0, 0, 0, Vec::new(), vec![(0, true)]);
        for (step, (wait, is_call, is_good)) in (0_u64..).zip(steps) {
            now += wait;
            // A slot begins with the first use at least a tenth of a second after the begin of the one before; those between had no use.
            if now - began >= 100 {
                (slot, began) = (slot + (now - began) / 100, now);
            }
            if is_call {
                throttle.admit(&mut state, at(now), || draws(step));
                asked.push(slot);
            } else {
                throttle.record(&mut state, at(now), if is_good { Class::Ok } else { Class::Overloaded });
                let recent = asked.iter().filter(|&&asked| slot - asked < 10).count() as u64;
                outcomes.push((now, is_good || recent < rps));
            }
            let last = outcomes[outcomes.len() - 1].0;
            let weight = |at: u64| num::exp(-((last - at) as f64) / (window_s as f64 * 1000.0));
            let rest: f64 = outcomes.windows(2).filter(|it| it[1].1).map(|it| weight(it[1].0) - weight(it[0].0)).sum();
            let average = weight(0) + rest;
            let expected = (1.0 - average / (1.0 - f64::from(threshold) / 100.0)).max(0.0);
            let found = throttle.rejection_probability(&state, at(now));
            prop_assert!((found - expected).abs() < 1e-9, "{} instead of {}", found, expected);
        }
    }
}

#[test]
fn settings_that_reject_always_or_never_are_errors() {
    let errors = |settings: AdaptiveThrottleSettings| {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        problems.into_found().iter().map(|problem| problem.path.clone()).collect::<Vec<_>>()
    };
    let k = Factor::new(0.9).expect("a factor");
    let window = Duration::from_ns(999_999_999);
    let sre = AdaptiveThrottleSettings::Sre(SreSettings { k, window });
    assert_eq!(errors(sre), ["sre.window", "sre.k"]);
    let control = AdmissionControlSettings {
        sr_threshold: Share::ZERO,
        aggression: k,
        ..AdmissionControlSettings::default()
    };
    let control = AdaptiveThrottleSettings::AdmissionControl(control);
    assert_eq!(errors(control), ["admission_control.sr_threshold", "admission_control.aggression"]);
    assert_eq!(errors(AdaptiveThrottleSettings::Sre(SreSettings::default())), [""; 0]);
    let nack = NackSettings {
        window: Duration::ZERO,
        nack_rate_threshold: Share::ONE,
        max_rejection_probability: Share::ONE,
        ..NackSettings::default()
    };
    let paths = ["nack.window", "nack.nack_rate_threshold", "nack.max_rejection_probability"];
    assert_eq!(errors(AdaptiveThrottleSettings::Nack(nack)), paths);
    let nack = NackSettings { nack_rate_threshold: Share::ZERO, ..NackSettings::default() };
    assert_eq!(errors(AdaptiveThrottleSettings::Nack(nack)), ["nack.nack_rate_threshold"]);
    assert_eq!(errors(AdaptiveThrottleSettings::Nack(NackSettings::default())), [""; 0]);
}
