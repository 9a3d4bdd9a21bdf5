//! Goal: every wait is what its source says.
//! Method: each formula against a naive transcription in floats with the same draws, its published table, and its support.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{Bits, SiteKey, Word, hash64};
use crate::mechanism::{Class, Problem, Problems};
use crate::quantity::{Duration, Factor, Limit, Share};

const MS: u64 = 1_000_000;

fn ms(number: u64) -> Duration {
    Duration::from_ns(number * MS)
}

fn exponential(base_ms: u64, max: Limit<Duration>, jitter: JitterSettings) -> BackoffSettings {
    let multiplier = Factor::new(2.0).expect("2 is a factor");
    BackoffSettings::Exponential(ExponentialSettings { base: ms(base_ms), max, multiplier, jitter })
}

fn draws(ordinal: u64) -> impl Bits {
    let site = SiteKey::new(11, hash64("policies.db.retry"));
    Word::root(site, ordinal).at(site)
}

/// Bits that always are the same.
struct Stuck(u64);

impl Bits for Stuck {
    fn next_u64(&mut self) -> u64 {
        self.0
    }
}

/// The waits of one call in nanoseconds, each with its own draws.
fn waits(settings: &BackoffSettings, count: u32, call: u64) -> Vec<u64> {
    let (backoff, mut state) = (Backoff::new(settings), BackoffState::default());
    (1..=count)
        .map(|n| backoff.delay(n, &mut state, &mut draws(call * 1000 + u64::from(n))).as_ns())
        .collect()
}

/// The waits in milliseconds when every draw is the smallest or the largest possible.
fn bounds_ms(settings: &BackoffSettings, count: u32) -> Vec<(f64, f64)> {
    let backoff = Backoff::new(settings);
    let (mut low, mut high) = (BackoffState::default(), BackoffState::default());
    (1..=count)
        .map(|n| {
            let shortest = backoff.delay(n, &mut low, &mut Stuck(0)).as_ns();
            let longest = backoff.delay(n, &mut high, &mut Stuck(u64::MAX)).as_ns();
            (shortest as f64 / 1e6, longest as f64 / 1e6)
        })
        .collect()
}

fn check_bounds(settings: &BackoffSettings, expected: &[(f64, f64)]) {
    let found = bounds_ms(settings, expected.len() as u32);
    for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
        let is_close = (found.0 - expected.0).abs() < 1e-5 && (found.1 - expected.1).abs() < 1e-5;
        assert!(is_close, "retry {}: {found:?} ms, expected {expected:?} ms, {settings:?}", n + 1);
    }
}

#[test]
fn without_jitter_the_wait_is_the_formula() {
    let max = Limit::At(ms(350));
    assert_eq!(waits(&BackoffSettings::None, 3, 0), [0; 3]);
    let fixed = BackoffSettings::Fixed(FixedSettings { base: ms(500), jitter: JitterSettings::None });
    assert_eq!(waits(&fixed, 3, 0), [500 * MS; 3]);
    let linear =
        BackoffSettings::Linear(LinearBackoffSettings { base: ms(100), max, jitter: JitterSettings::None });
    assert_eq!(waits(&linear, 5, 0), [100 * MS, 200 * MS, 300 * MS, 350 * MS, 350 * MS]);
    let exponential = exponential(50, max, JitterSettings::None);
    assert_eq!(waits(&exponential, 5, 0), [50 * MS, 100 * MS, 200 * MS, 350 * MS, 350 * MS]);
}

#[test]
fn growth_saturates() {
    let unlimited = exponential(50, Limit::Unlimited, JitterSettings::None);
    let backoff = Backoff::new(&unlimited);
    let mut state = BackoffState::default();
    for n in [64, 1000, 2000, u32::MAX] {
        assert_eq!(backoff.delay(n, &mut state, &mut Stuck(0)), Duration::MAX, "retry {n}");
    }
    let polly = exponential(50, Limit::At(ms(1000)), JitterSettings::PollyV2);
    let waits = waits(&polly, 3000, 0);
    assert!(waits[20..].iter().all(|&wait| wait == 1000 * MS), "the wait stays at its cap beyond 2^1024");
}

#[test]
fn aws_blog_ranges() {
    let max = Limit::At(ms(1000));
    let v = [100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0];
    check_bounds(&exponential(100, max, JitterSettings::Full), &v.map(|v| (0.0, v)));
    check_bounds(&exponential(100, max, JitterSettings::Equal), &v.map(|v| (v / 2.0, v)));
    let longest = [300.0, 900.0, 1000.0, 1000.0];
    check_bounds(&exponential(100, max, JitterSettings::Decorrelated), &longest.map(|high| (100.0, high)));
}

#[test]
fn envoy_bounds_are_those_of_its_code() {
    // Draws are whole milliseconds below the bound.
    let bounds = [25.0, 50.0, 100.0, 200.0, 250.0, 250.0];
    let settings = exponential(25, Limit::Unlimited, JitterSettings::Envoy);
    check_bounds(&settings, &bounds.map(|bound| (0.0, bound - 1.0)));
    assert!(waits(&settings, 50, 3).iter().all(|wait| wait % MS == 0));
}

#[test]
fn grpc_spreads_after_the_cap() {
    let jitter = JitterSettings::Ratio(Share::percent(20));
    let expected = [(80.0, 120.0), (160.0, 240.0), (240.0, 360.0), (240.0, 360.0)];
    check_bounds(&exponential(100, Limit::At(ms(300)), jitter), &expected);
}

#[test]
fn polly_constant_and_linear_spread_by_a_quarter() {
    let jitter = JitterSettings::Ratio(Share::percent(25));
    let fixed = BackoffSettings::Fixed(FixedSettings { base: ms(2000), jitter: jitter.clone() });
    check_bounds(&fixed, &[(1500.0, 2500.0); 3]);
    let linear = LinearBackoffSettings { base: ms(2000), max: Limit::Unlimited, jitter };
    check_bounds(&BackoffSettings::Linear(linear), &[(1500.0, 2500.0), (3000.0, 5000.0)]);
}

#[test]
fn polly_v2_first_waits() {
    // With every draw u = 1/2: t = 1/2, 3/2, 5/2, f(t) = 2^t tanh(2 sqrt(t)), evaluated apart from this code:
    // f(1/2) = 1.2563669, f(3/2) = 2.7865719, f(5/2) = 5.6366190; waits base·(f - f_before)/1.4.
    let backoff = Backoff::new(&exponential(1000, Limit::Unlimited, JitterSettings::PollyV2));
    let mut state = BackoffState::default();
    let half = 1 << 63;
    for (n, expected_ms) in [(1, 897.4049), (2, 1093.0035), (3, 2035.7480)] {
        let wait_ms = backoff.delay(n, &mut state, &mut Stuck(half)).as_ns() as f64 / 1e6;
        assert!((wait_ms - expected_ms).abs() < 1e-3, "retry {n}: {wait_ms} ms, expected {expected_ms} ms");
    }
}

#[test]
fn resilience4j_adds_a_millisecond() {
    let jitter = JitterSettings::Resilience4j(Share::percent(50));
    let fixed = |base| BackoffSettings::Fixed(FixedSettings { base: ms(base), jitter: jitter.clone() });
    check_bounds(&fixed(500), &[(250.0, 751.0)]);
    check_bounds(&fixed(1), &[(1.0, 2.5)]);
    check_bounds(&fixed(0), &[(1.0, 1.0)]);
}

#[test]
fn tower_and_finagle_ranges() {
    let max = Limit::At(ms(500));
    let tower = exponential(100, max, JitterSettings::Tower(Share::percent(50)));
    check_bounds(&tower, &[(100.0, 150.0), (200.0, 300.0), (400.0, 500.0), (500.0, 500.0)]);
    let equal = exponential(100, max, JitterSettings::FinagleEqual);
    check_bounds(&equal, &[(100.0, 100.0), (100.0, 200.0), (200.0, 400.0), (400.0, 500.0), (500.0, 500.0)]);
    let decorrelated = exponential(100, max, JitterSettings::FinagleDecorrelated);
    check_bounds(&decorrelated, &[(100.0, 100.0), (100.0, 300.0), (100.0, 500.0), (100.0, 500.0)]);
}

/// `U(a, b)` in real numbers, from the draw that the code uses for it.
fn naive_uniform(low: f64, high: f64, bits: &mut impl Bits) -> f64 {
    low + (high - low) * (bits.next_u64() as f64 / 18_446_744_073_709_551_616.0)
}

/// The table of formulas, in floats and as one reads it; `previous` is the wait before in nanoseconds.
fn naive(jitter: &JitterSettings, n: u32, base: f64, max: f64, previous: f64, bits: &mut impl Bits) -> f64 {
    let power = |n: u32| (1..n).fold(1.0, |product, _| product * 2.0);
    let v = (base * power(n)).min(max);
    match jitter {
        JitterSettings::None => v,
        JitterSettings::Full => naive_uniform(0.0, v, bits),
        JitterSettings::Equal => v / 2.0 + naive_uniform(0.0, v / 2.0, bits),
        JitterSettings::Decorrelated => naive_uniform(base, 3.0 * previous, bits).min(max),
        JitterSettings::Ratio(r) => v * naive_uniform(1.0 - r.as_f64(), 1.0 + r.as_f64(), bits),
        JitterSettings::Resilience4j(f) => {
            let (f, one) = (f.as_f64(), 1e6);
            (v * (1.0 - f) + naive_uniform(0.0, 1.0, bits) * (2.0 * f * v + one)).max(one)
        }
        JitterSettings::Tower(j) => (v + naive_uniform(0.0, j.as_f64() * v, bits)).min(max),
        JitterSettings::FinagleEqual | JitterSettings::FinagleDecorrelated if n == 1 => base,
        JitterSettings::FinagleEqual => {
            let half = (base * power(n - 1)).min(max);
            (half + naive_uniform(0.0, half, bits)).min(max)
        }
        JitterSettings::FinagleDecorrelated => naive_uniform(previous, (3.0 * previous).min(max), bits),
        JitterSettings::Envoy | JitterSettings::PollyV2 => unreachable!("has a test of its own"),
    }
}

fn jitters() -> impl Strategy<Value = JitterSettings> {
    let share = (0_u32..=100).prop_map(Share::percent);
    prop_oneof![
        Just(JitterSettings::None),
        Just(JitterSettings::Full),
        Just(JitterSettings::Equal),
        Just(JitterSettings::Decorrelated),
        share.clone().prop_map(JitterSettings::Ratio),
        share.clone().prop_map(JitterSettings::Resilience4j),
        share.prop_map(JitterSettings::Tower),
        Just(JitterSettings::FinagleEqual),
        Just(JitterSettings::FinagleDecorrelated),
    ]
}

proptest! {
    #[test]
    fn every_formula_is_its_transcription(jitter in jitters(), base_ms in 1_u64..5000, factor in 1_u64..100, call in 0_u64..1_000_000) {
        let max_ms = base_ms * factor;
        let settings = exponential(base_ms, Limit::At(ms(max_ms)), jitter.clone());
        let mut previous = (base_ms * MS) as f64;
        for (index, &wait) in waits(&settings, 12, call).iter().enumerate() {
            let n = index as u32 + 1;
            let bits = &mut draws(call * 1000 + u64::from(n));
            let expected = naive(&jitter, n, (base_ms * MS) as f64, (max_ms * MS) as f64, previous, bits);
            prop_assert!((wait as f64 - expected).abs() < 4.0, "retry {}: {} ns, expected {} ns", n, wait, expected);
            previous = wait as f64;
        }
    }

    #[test]
    fn a_backoff_that_cannot_be_zero_never_is(jitter in jitters(), base_ns in 0_u64..4, call in 0_u64..1_000_000) {
        let settings = ExponentialSettings {
            base: Duration::from_ns(base_ns),
            max: Limit::Unlimited,
            multiplier: Factor::new(1.5).expect("1.5 is a factor"),
            jitter,
        };
        let settings = BackoffSettings::Exponential(settings);
        let shortest_ns = (bounds_ms(&settings, 5)[0].0 * 1e6) as u64;
        let backoff = Backoff::new(&settings);
        prop_assert_eq!(backoff.can_be_zero(), shortest_ns == 0);
        prop_assert!(backoff.can_be_zero() || waits(&settings, 20, call).iter().all(|&wait| wait > 0));
    }
}

#[test]
fn means_are_those_of_the_formulas() {
    // Third retry of 40 000 calls; base 100 ms, so v = 400 ms. U(0, 400) has a standard deviation of 115.5 ms, its mean here of 0.577 ms; 5 of
    // them (two-sided 99.9999 %) are 2.9 ms, more for the narrower ones.
    let share = Share::percent(20);
    let cases = [
        (JitterSettings::Full, 200.0),
        (JitterSettings::Equal, 300.0),
        (JitterSettings::Ratio(share), 400.0),
        (JitterSettings::Resilience4j(share), 400.5),
        (JitterSettings::Tower(share), 440.0),
        (JitterSettings::FinagleEqual, 300.0),
    ];
    for (jitter, expected_ms) in cases {
        let settings = exponential(100, Limit::Unlimited, jitter);
        let sum_ns: u64 = (0..40_000).map(|call| waits(&settings, 3, call)[2]).sum();
        let mean_ms = sum_ns as f64 / 40_000.0 / 1e6;
        assert!(
            (mean_ms - expected_ms).abs() < 2.9,
            "mean {mean_ms} ms, expected {expected_ms} ms: {settings:?}"
        );
    }
}

fn retry(max_attempts: Limit<u32>, backoff: BackoffSettings) -> RetrySettings {
    RetrySettings { max_attempts, backoff, retry_on: default_retry_on(), budget: None, retry_after: None }
}

#[test]
fn an_attempt_is_followed_by_another_one_only_while_there_are_some_and_for_the_classes_named() {
    let three = Retry::new(&retry(Limit::At(3), BackoffSettings::None));
    for class in Class::ALL {
        let is_retried = default_retry_on().contains(&class);
        let decisions = [1, 2, 3, 4].map(|made| three.decide(made, class));
        assert_eq!(decisions, [is_retried, is_retried, false, false], "{class}");
    }
    let unlimited = Retry::new(&retry(Limit::Unlimited, BackoffSettings::None));
    assert!(unlimited.decide(u32::MAX, Class::Reset));
    assert!(!unlimited.decide(1, Class::Ok));
}

fn problems_of(settings: &RetrySettings) -> Vec<Problem> {
    let mut problems = Problems::new();
    problems.at("retry", |problems| settings.check(problems));
    problems.into_found()
}

/// One problem is found, at this path, and its message contains this.
fn check_problem(settings: &RetrySettings, path: &str, part: &str) {
    let found = problems_of(settings);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, path);
    assert!(found[0].is_error && found[0].message.contains(part), "{found:?}");
    assert!(found[0].help.is_some(), "{found:?}");
}

#[test]
fn sound_settings_have_no_problems() {
    let backoff = exponential(25, Limit::At(ms(250)), JitterSettings::Envoy);
    assert_eq!(problems_of(&retry(Limit::At(3), backoff)), []);
    let backoff = exponential(25, Limit::Unlimited, JitterSettings::Equal);
    assert_eq!(problems_of(&retry(Limit::Unlimited, backoff)), []);
    assert_eq!(problems_of(&retry(Limit::At(1000), BackoffSettings::None)), []);
}

#[test]
fn numbers_of_attempts_that_make_no_sense_are_refused() {
    check_problem(&retry(Limit::At(0), BackoffSettings::None), "retry.max_attempts", "never be made");
    check_problem(&retry(Limit::At(1001), BackoffSettings::None), "retry.max_attempts", "1001");
    check_problem(&retry(Limit::Unlimited, BackoffSettings::None), "retry.max_attempts", "for ever");
    let full = exponential(50, Limit::Unlimited, JitterSettings::Full);
    check_problem(&retry(Limit::Unlimited, full), "retry.max_attempts", "for ever");
}

#[test]
fn classes_that_are_never_tried_again_are_refused() {
    use Class::{AppError, Cancelled, DeadlineExceeded, LocalReject, Ok, Reset};
    for class in [Ok, AppError, DeadlineExceeded, Cancelled, LocalReject] {
        let mut settings = retry(Limit::At(3), BackoffSettings::None);
        settings.retry_on = vec![Reset, class];
        check_problem(&settings, "retry.retry_on[1]", &format!("`{class}`"));
    }
}

#[test]
fn combinations_without_meaning_are_refused() {
    let linear = |jitter| {
        BackoffSettings::Linear(LinearBackoffSettings { base: ms(1), max: Limit::Unlimited, jitter })
    };
    let refused = |backoff, path: &str, part: &str| check_problem(&retry(Limit::At(3), backoff), path, part);
    refused(linear(JitterSettings::Decorrelated), "retry.backoff.linear.jitter", "decorrelated");
    let fixed = BackoffSettings::Fixed(FixedSettings { base: ms(1), jitter: JitterSettings::Envoy });
    refused(fixed, "retry.backoff.fixed.jitter", "envoy");
    let short_max = exponential(50, Limit::At(ms(49)), JitterSettings::Full);
    refused(short_max, "retry.backoff.exponential.max", "shorter");
    let with_multiplier = |multiplier, jitter| {
        let multiplier = Factor::new(multiplier).expect("a factor");
        BackoffSettings::Exponential(ExponentialSettings {
            base: ms(1),
            max: Limit::Unlimited,
            multiplier,
            jitter,
        })
    };
    refused(with_multiplier(0.5, JitterSettings::None), "retry.backoff.exponential.multiplier", "0.5");
    refused(
        with_multiplier(3.0, JitterSettings::PollyV2),
        "retry.backoff.exponential.multiplier",
        "polly_v2",
    );
    let submillisecond = BackoffSettings::Exponential(ExponentialSettings {
        base: Duration::from_ns(1_500_000),
        max: Limit::Unlimited,
        multiplier: Factor::new(2.0).expect("2 is a factor"),
        jitter: JitterSettings::Envoy,
    });
    refused(submillisecond, "retry.backoff.exponential.base", "whole milliseconds");
}
