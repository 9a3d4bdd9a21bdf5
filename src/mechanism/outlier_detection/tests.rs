//! Goal: the rules of Envoy, and the one for latency, in the order of its passes.
//! Method: published rules and traps one by one; random scripts against a naive model (`reference`).

mod reference;

use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};
use crate::kernel::{Duration, Time};
use crate::mechanism::{Class, Problems};
use crate::quantity::{Factor, Limit, Share};

fn ms(number: u64) -> Duration {
    Duration::from_ns(number * 1_000_000)
}

fn at(ms: u64) -> Time {
    Time::from_ns(ms * 1_000_000)
}

fn draws(ordinal: u64) -> Draws {
    let site = SiteKey::new(3, hash64("edges.a.b.p.outlier_detection"));
    Word::root(site, ordinal).at(site)
}

fn factor(number: f64) -> Factor {
    Factor::new(number).expect("a factor")
}

const NOBODY: [u32; 0] = [];

/// One client, its clock, and what was told.
struct Bench {
    detection: OutlierDetection,
    state: OutlierDetectionState,
    hosts: u32,
    now: u64,
    told: Vec<(u64, Verdict)>,
}

impl Bench {
    fn new(settings: &OutlierDetectionSettings, hosts: u32) -> Self {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        assert!(!problems.has_errors(), "{:?}", problems.into_found());
        let detection = OutlierDetection::new(settings);
        let state = detection.start(hosts);
        Self { detection, state, hosts, now: 0, told: Vec::new() }
    }

    /// Time passes, and sweeps with it; one that is due now comes after everything else of now.
    fn wait(&mut self, ms: u64) {
        let interval = self.detection.interval().as_ns() / 1_000_000;
        let until = self.now + ms;
        let mut sweep = self.now.next_multiple_of(interval).max(interval);
        while sweep < until {
            let told = &mut self.told;
            self.detection.sweep(&mut self.state, at(sweep), draws, |verdict| told.push((sweep, verdict)));
            sweep += interval;
        }
        self.now = until;
    }

    fn end(&mut self, host: u32, class: Class, took: u64) {
        let (now, told) = (self.now, &mut self.told);
        let outcome = (class, ms(took));
        self.detection.record(&mut self.state, at(now), host, outcome, draws, |it| told.push((now, it)));
    }

    fn ends(&mut self, host: u32, outcomes: &[(Class, usize)]) {
        for &(class, times) in outcomes {
            (0..times).for_each(|_| self.end(host, class, 1));
        }
    }

    fn ejected(&self) -> Vec<u32> {
        (0..self.hosts).filter(|&host| self.state.is_ejected(host)).collect()
    }
}

fn defaults(change: impl FnOnce(&mut OutlierDetectionSettings)) -> OutlierDetectionSettings {
    let mut settings = OutlierDetectionSettings::default();
    change(&mut settings);
    settings
}

/// The fifth failure in a row ejects at once, and not the fourth; one success in between begins anew.
#[test]
fn failures_in_a_row_eject_at_once_until_a_sweep_after_thirty_seconds() {
    let mut bench = Bench::new(&OutlierDetectionSettings::default(), 10);
    bench.wait(3_000);
    bench.ends(7, &[(Class::ServerError, 4), (Class::Ok, 1), (Class::Reset, 4)]);
    assert_eq!(bench.ejected(), NOBODY);
    bench.ends(7, &[(Class::AppError, 1), (Class::AttemptTimeout, 5)]);
    assert_eq!(bench.ejected(), [7]);
    bench.wait(37_000);
    assert_eq!(bench.ejected(), [7], "33 s are over with the sweep at 40 s, and not before");
    bench.wait(1);
    assert_eq!(bench.ejected(), NOBODY);
    let detected = Verdict::NotEnforced(Cause::ConsecutiveGatewayFailure);
    let ejected = Verdict::Ejected(Cause::Consecutive5xx);
    assert_eq!(bench.told, [(3_000, detected), (3_000, ejected), (40_000, Verdict::Returned)]);
}

/// 30 s, 60 s, 90 s, …, at most 300 s; each sweep without an ejection makes the next one shorter again.
#[test]
fn who_is_ejected_again_stays_away_for_longer() {
    let mut bench = Bench::new(&OutlierDetectionSettings::default(), 10);
    let mut lengths = Vec::new();
    for _ in 0..12 {
        bench.ends(0, &[(Class::ServerError, 5)]);
        let since = bench.now;
        while !bench.ejected().is_empty() {
            bench.wait(10_000);
        }
        lengths.push((bench.now - since) / 1_000);
    }
    // Ejected at an instant of a sweep, before it: the ejection ends with a sweep, and is noticed with the next step.
    assert_eq!(lengths, [40, 70, 100, 130, 160, 190, 220, 250, 280, 310, 310, 310]);
    // The sweep that returns it makes nothing shorter; those of 10 s, 20 s and 30 s later do.
    bench.wait(30_000);
    bench.ends(0, &[(Class::ServerError, 5)]);
    let since = bench.now;
    while !bench.ejected().is_empty() {
        bench.wait(10_000);
    }
    assert_eq!((bench.now - since) / 1_000, 280);
}

#[test]
fn the_share_that_may_be_ejected_is_no_one_of_nine() {
    for (hosts, is_one_always, expected) in [
        (9, false, vec![]),
        (9, true, vec![0]),
        (10, false, vec![0]),
        (20, false, vec![0, 1]),
        (20, true, vec![0, 1]),
    ] {
        let settings = defaults(|it| it.always_eject_one_host = is_one_always);
        let mut bench = Bench::new(&settings, hosts);
        for host in 0..hosts {
            bench.ends(host, &[(Class::ServerError, 5)]);
        }
        assert_eq!(bench.ejected(), expected, "of {hosts}");
        let overflowed = bench.told.iter().filter(|it| matches!(it.1, Verdict::Overflowed(_))).count();
        assert_eq!(overflowed + expected.len(), hosts as usize);
        assert_eq!(settings.spares_all_of(hosts), expected.is_empty());
    }
}

#[test]
fn below_the_panic_threshold_nobody_is_left_out() {
    let mut bench = Bench::new(&defaults(|it| it.max_ejection_percent = Share::ONE), 4);
    for (host, panics) in [(0, false), (1, false), (2, true), (3, true)] {
        bench.ends(host, &[(Class::ServerError, 5)]);
        assert_eq!(bench.detection.is_panicking(&bench.state), panics, "2 of 4 are no less than half");
    }
    let never = defaults(|it| {
        (it.max_ejection_percent, it.healthy_panic_threshold) = (Share::ONE, Share::ZERO);
    });
    let mut bench = Bench::new(&never, 2);
    bench.ends(0, &[(Class::ServerError, 5)]);
    bench.ends(1, &[(Class::ServerError, 5)]);
    assert!(!bench.detection.is_panicking(&bench.state));
    assert_eq!(bench.state.ejected(), 2);
}

/// One host at 50 % among four at 100 %: mean 90, standard deviation 20, so that 1.9 of them ends at 52 (the example in Envoy's source).
#[test]
fn a_success_rate_is_compared_with_those_of_the_others() {
    let ejected = |bad: usize, volume: usize, hosts: u32, stdev_factor: f64| {
        let settings = defaults(|it| {
            it.consecutive_5xx = Limit::Unlimited;
            (it.max_ejection_percent, it.success_rate_stdev_factor) = (Share::ONE, factor(stdev_factor));
        });
        let mut bench = Bench::new(&settings, hosts);
        for host in 0..hosts {
            let failures = if host == 2 { bad } else { 0 };
            bench.ends(host, &[(Class::ServerError, failures), (Class::Ok, volume - failures)]);
        }
        bench.wait(10_001);
        assert!(
            bench.told.iter().all(|(at, it)| (*at, *it) == (10_000, Verdict::Ejected(Cause::SuccessRate)))
        );
        bench.ejected()
    };
    assert_eq!(ejected(50, 100, 5, 1.9), [2]);
    assert_eq!(ejected(1, 100, 5, 1.9), [2], "1 % is as far from 0 % as 50 %, in standard deviations");
    assert_eq!(ejected(50, 100, 5, 2.0), NOBODY, "two standard deviations are not more than two");
    assert_eq!(ejected(49, 99, 5, 1.9), NOBODY, "99 outcomes say nothing");
    assert_eq!(ejected(50, 100, 4, 1.9), NOBODY, "nor do four instances");
}

#[test]
fn three_of_ten_that_are_equally_bad_are_not_found_by_success_rates() {
    let mut settings = defaults(|it| {
        (it.consecutive_5xx, it.max_ejection_percent) = (Limit::Unlimited, Share::ONE);
    });
    let ejected = |settings: &OutlierDetectionSettings, bad: u32| {
        let mut bench = Bench::new(settings, 10);
        for host in 0..10 {
            bench.ends(host, &[(if host < bad { Class::ServerError } else { Class::Ok }, 100)]);
        }
        bench.wait(10_001);
        bench.ejected().len()
    };
    assert_eq!([1, 2, 3, 10].map(|bad| ejected(&settings, bad)), [1, 2, 0, 0]);
    settings.enforcing.failure_percentage = Share::ONE;
    assert_eq!([1, 2, 3, 10].map(|bad| ejected(&settings, bad)), [1, 2, 3, 10], "which compares with nobody");
}

#[test]
fn what_no_rule_enforces_is_detected_and_begins_anew() {
    let mut bench = Bench::new(&defaults(|it| it.consecutive_gateway_failure = Limit::At(3)), 10);
    bench.ends(0, &[(Class::Overloaded, 4), (Class::ServerError, 1)]);
    let gateway = Verdict::NotEnforced(Cause::ConsecutiveGatewayFailure);
    assert_eq!(bench.told, [(0, gateway), (0, Verdict::Ejected(Cause::Consecutive5xx))]);
    bench.ends(1, &[(Class::GatewayError, 2), (Class::ServerError, 1), (Class::GatewayError, 1)]);
    assert_eq!(bench.told.len(), 2, "a failure that is none of the gateway interrupts those that are");
}

#[test]
fn failures_without_an_answer_are_counted_apart_if_that_is_asked_for() {
    let split = defaults(|it| it.split_external_local_origin_errors = true);
    let mut bench = Bench::new(&split, 10);
    bench.ends(0, &[(Class::Reset, 4), (Class::ServerError, 1), (Class::Reset, 4)]);
    assert_eq!(bench.ejected(), NOBODY, "an answer, even a bad one, interrupts them");
    bench.ends(0, &[(Class::ConnectFailure, 1)]);
    assert_eq!(bench.told, [(0, Verdict::Ejected(Cause::ConsecutiveLocalOriginFailure))]);
    let mut bench = Bench::new(&OutlierDetectionSettings::default(), 10);
    bench.ends(0, &[(Class::Reset, 4), (Class::ServerError, 1)]);
    assert_eq!(bench.told, [(0, Verdict::Ejected(Cause::Consecutive5xx))]);
}

fn slow_only() -> OutlierDetectionSettings {
    defaults(|it| {
        it.slow_ejection =
            Some(SlowEjectionSettings { factor: factor(3.0), minimum_hosts: 2, request_volume: 10 });
        (it.consecutive_5xx, it.consecutive_gateway_failure) = (Limit::Unlimited, Limit::Unlimited);
        (it.enforcing.success_rate, it.max_ejection_percent) = (Share::ZERO, Share::ONE);
    })
}

#[test]
fn who_is_slower_than_the_others_by_more_than_the_factor_is_ejected() {
    let ejected = |times: &[u64]| {
        let mut bench = Bench::new(&slow_only(), times.len() as u32);
        for (host, &took) in (0_u32..).zip(times) {
            (0..10).for_each(|_| bench.end(host, Class::Ok, took));
        }
        bench.wait(10_001);
        bench.ejected()
    };
    assert_eq!(ejected(&[10, 10, 30]), NOBODY);
    assert_eq!(ejected(&[10, 10, 31]), [2]);
    assert_eq!(ejected(&[31, 10]), [0], "of two, the other one is all there is to compare with");
    assert_eq!(ejected(&[31, 10, 31, 10]), [0, 2], "half of them are slow, and the lower median is fast");
    assert_eq!(ejected(&[31, 31, 31, 10]), NOBODY, "most of them are slow, so that is what is usual");
    assert_eq!(ejected(&[31]), NOBODY, "slower than whom?");
}

#[test]
fn what_was_given_up_makes_nobody_fast_and_what_failed_says_nothing() {
    let mut bench = Bench::new(&slow_only(), 4);
    for host in 0..4 {
        (0..10).for_each(|_| bench.end(host, Class::Ok, 10));
    }
    // 31 ms per answer, though each attempt was given up after 7 ms.
    (0..30).for_each(|_| bench.end(3, Class::AttemptTimeout, 7));
    (0..99).for_each(|_| bench.end(3, Class::Cancelled, 0));
    (0..30).for_each(|_| bench.end(2, Class::Ok, 10));
    bench.ends(2, &[(Class::Overloaded, 3), (Class::Ok, 1), (Class::Overloaded, 3)]);
    bench.wait(10_001);
    assert_eq!(bench.told, [(10_000, Verdict::Ejected(Cause::Slow))]);
    assert_eq!(bench.ejected(), [3]);
}

#[test]
fn settings_that_cannot_be_meant_are_errors() {
    let found = |change: &dyn Fn(&mut OutlierDetectionSettings)| {
        let mut problems = Problems::new();
        defaults(|it| change(it)).check(&mut problems);
        let found = problems.into_found().into_iter();
        found.map(|problem| (problem.is_error, problem.path)).collect::<Vec<_>>()
    };
    let error = |path: &str| vec![(true, path.to_owned())];
    assert_eq!(found(&|_| {}), []);
    assert_eq!(found(&|it| it.interval = Duration::ZERO), error("interval"));
    assert_eq!(found(&|it| it.base_ejection_time = Duration::ZERO), error("base_ejection_time"));
    assert_eq!(found(&|it| it.max_ejection_time = Duration::from_secs(29)), error("max_ejection_time"));
    assert_eq!(found(&|it| it.base_ejection_time = Duration::from_secs(400)), [], "the longer of the two");
    assert_eq!(found(&|it| it.max_ejection_percent = Share::ZERO), error("max_ejection_percent"));
    assert_eq!(found(&|it| it.consecutive_5xx = Limit::At(0)), error("consecutive_5xx"));
    assert_eq!(found(&|it| it.success_rate_request_volume = 0), error("success_rate_request_volume"));
    assert_eq!(
        found(&|it| it.success_rate_stdev_factor = factor(1900.0)),
        error("success_rate_stdev_factor")
    );
    let doubtful = vec![(false, "success_rate_stdev_factor".to_owned())];
    assert_eq!(found(&|it| it.success_rate_minimum_hosts = 4), doubtful);
    assert_eq!(
        found(&|it| it.failure_percentage_threshold = Share::ZERO),
        error("failure_percentage_threshold")
    );
    assert_eq!(found(&|it| it.counts_as_ignored.push(Class::Reset)), error("counts_as_ignored[2]"));
    assert_eq!(found(&|it| it.counts_as_failure.push(Class::Ok)), error("counts_as_failure[8]"));
    let gateway = "counts_as_gateway_failure[7]";
    assert_eq!(found(&|it| it.counts_as_gateway_failure.push(Class::AppError)), error(gateway));
    let slow = |factor: f64, minimum_hosts, request_volume| SlowEjectionSettings {
        factor: Factor::new(factor).expect("a factor"),
        minimum_hosts,
        request_volume,
    };
    for (settings, path) in [
        (slow(1.0, 3, 20), "slow_ejection.factor"),
        (slow(2.0, 1, 20), "slow_ejection.minimum_hosts"),
        (slow(2.0, 3, 0), "slow_ejection.request_volume"),
    ] {
        assert_eq!(found(&|it| it.slow_ejection = Some(settings)), error(path));
    }
    let nothing = |it: &mut OutlierDetectionSettings| {
        (it.consecutive_5xx, it.enforcing.success_rate) = (Limit::Unlimited, Share::ZERO);
    };
    assert_eq!(found(&nothing), error(""));
    let slow_is_enough = |it: &mut OutlierDetectionSettings| {
        nothing(it);
        it.slow_ejection = Some(SlowEjectionSettings::default());
    };
    assert_eq!(found(&slow_is_enough), []);
}

#[test]
fn an_ejection_is_enforced_as_often_as_it_says_and_as_long_as_its_jitter_says() {
    let settings = defaults(|it| {
        it.enforcing.consecutive_5xx = Share::percent(30);
        it.max_ejection_percent = Share::ONE;
        (it.interval, it.max_ejection_time_jitter) = (ms(100), ms(10_000));
    });
    let mut bench = Bench::new(&settings, 20_000);
    for host in 0..20_000 {
        bench.ends(host, &[(Class::ServerError, 5)]);
    }
    // Five standard deviations of a binomial, √(n·p·q) = 64.8: two-sided 99.9999 %, fixed words.
    let ejected = bench.ejected().len() as f64;
    assert!((ejected - 6_000.0).abs() < 324.0, "{ejected} of 20000");
    bench.wait(30_000);
    assert_eq!(bench.ejected().len() as f64, ejected);
    bench.wait(5_001);
    let left = bench.ejected().len() as f64;
    assert!((left - ejected / 2.0).abs() < 5.0 * (ejected / 4.0).sqrt(), "{left} of {ejected}");
    bench.wait(5_000);
    assert_eq!(bench.ejected(), NOBODY);
}
