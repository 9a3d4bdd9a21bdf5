//! Goal: the probabilities of the book and of Envoy, over exactly the outcomes that they look at.
//! Method: random histories against a model that remembers each outcome with the begin of its second; figures by hand; how often it rejects, with a bound.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kernel::Time;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};
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
    let mut state = AdaptiveThrottleState::default();
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
        let mut state = AdaptiveThrottleState::default();
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
        let mut state = AdaptiveThrottleState::default();
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
}
