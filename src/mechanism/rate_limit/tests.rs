//! Goal: the permits of a bucket and of resilience4j's windows, to the nanosecond.
//! Method: random scripts against naive models that write down when every permit is used, and against governor's own limiter; figures by hand.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use governor::clock::{Clock, FakeRelativeClock};
use governor::{Quota, RateLimiter};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kernel::Time;
use crate::mechanism::Problems;
use crate::quantity::{Duration, Limit, Rate};

const SECOND: u64 = 1_000_000_000;

fn bucket(rate: Rate, burst: u32, max_wait: Limit<Duration>) -> RateLimit {
    let level = RateLimitLevel::Call;
    RateLimit::new(&RateLimitSettings::TokenBucket(TokenBucketSettings { rate, burst, max_wait, level }))
}

fn window(limit: u32, period_ns: u64, max_wait: Limit<Duration>, rejects: Rejects) -> RateLimit {
    let (period, level) = (Duration::from_ns(period_ns), RateLimitLevel::Call);
    let settings = FixedWindowSettings { limit, period, max_wait, rejects, level };
    RateLimit::new(&RateLimitSettings::FixedWindow(settings))
}

fn max_wait() -> impl Strategy<Value = Limit<Duration>> {
    prop_oneof![
        2 => Just(Limit::At(Duration::ZERO)),
        3 => (0_u64..5000).prop_map(|ns| Limit::At(Duration::from_ns(ns))),
        1 => Just(Limit::Unlimited),
    ]
}

/// Waits between those who want a permit, in nanoseconds.
fn script(longest: u64) -> impl Strategy<Value = Vec<u64>> {
    vec(prop_oneof![2 => Just(0), 5 => 0..longest / 4, 1 => 0..longest * 4], 1..200)
}

/// What is left of a wait under a bound, as the caller sees it.
fn bounded(wait: u64, max_wait: Limit<Duration>, in_vain: bool) -> Reservation {
    match max_wait.limited() {
        _ if wait == 0 => Reservation::Now,
        Some(max) if wait > max.as_ns() => Reservation::Rejected(if in_vain { max } else { Duration::ZERO }),
        _ => Reservation::After(Duration::from_ns(wait)),
    }
}

/// No more than `burst` and what comes within any stretch are ever used: the first instant at which one more is within that for every stretch that ends there.
fn earliest(used: &[u64], rate: Rate, burst: u32, now: u64) -> u64 {
    let used = used.iter().enumerate().map(|(index, &at)| {
        let inside = (used.len() - index) as u128 + 1;
        let to_come = inside.saturating_sub(u128::from(burst));
        at + (to_come * u128::from(rate.per_ns())).div_ceil(u128::from(rate.count())) as u64
    });
    used.max().map_or(now, |at| at.max(now))
}

proptest! {
    /// Only of rates whose permits come at whole nanoseconds is the definition by stretches the same to the nanosecond: otherwise it forgets what was rounded.
    #[test]
    fn a_bucket_lets_no_stretch_have_more_than_the_burst_and_what_comes_in_it(
        apart in 1_u64..2000,
        burst in 1_u32..6,
        max_wait in max_wait(),
        waits in script(4000),
    ) {
        let rate = Rate::new(1, apart);
        let limit = bucket(rate, burst, max_wait);
        let (mut state, mut now, mut used) = (RateLimitState::new(Time::ZERO), 0, Vec::new());
        for wait in waits {
            now += wait;
            let permit = earliest(&used, rate, burst, now);
            let expected = bounded(permit - now, max_wait, false);
            prop_assert_eq!(limit.reserve(&mut state, Time::from_ns(now)), expected);
            if !matches!(expected, Reservation::Rejected(_)) {
                used.push(permit);
            }
        }
    }

    /// The real thing, under a clock that is moved by hand.
    #[test]
    fn governor_decides_the_same(apart in 1_u64..2000, burst in 1_u32..20, waits in script(4000)) {
        let clock = FakeRelativeClock::default();
        let quota = Quota::with_period(std::time::Duration::from_nanos(apart)).expect("longer than 0 ns");
        let quota = quota.allow_burst(NonZeroU32::new(burst).expect("above 0"));
        let theirs = RateLimiter::direct_with_clock(quota, clock.clone());
        let limit = bucket(Rate::new(1, apart), burst, Limit::At(Duration::ZERO));
        let patient = bucket(Rate::new(1, apart), burst, Limit::Unlimited);
        let (mut state, mut now) = (RateLimitState::new(Time::ZERO), 0);
        for wait in waits {
            now += wait;
            clock.advance(std::time::Duration::from_nanos(wait));
            let next = patient.reserve(&mut state.clone(), Time::from_ns(now));
            let ours = limit.reserve(&mut state, Time::from_ns(now));
            match theirs.check() {
                Ok(()) => prop_assert_eq!(ours, Reservation::Now),
                Err(not_until) => {
                    prop_assert_eq!(ours, Reservation::Rejected(Duration::ZERO));
                    let wait = not_until.wait_time_from(clock.now()).as_nanos() as u64;
                    prop_assert_eq!(next, Reservation::After(Duration::from_ns(wait)));
                }
            }
        }
    }

    /// Every permit is of some period, and a period has so many.
    #[test]
    fn a_window_gives_its_permits_to_who_comes_first(
        limit in 1_u32..5,
        period in 1_u64..2000,
        began in 0_u64..3000,
        max_wait in max_wait(),
        in_vain in any::<bool>(),
        waits in script(4000),
    ) {
        let rejects = if in_vain { Rejects::AfterMaxWait } else { Rejects::AtOnce };
        let windows = window(limit, period, max_wait, rejects);
        let (mut state, mut now) = (RateLimitState::new(Time::from_ns(began)), 0);
        let mut used: BTreeMap<u64, u32> = BTreeMap::new();
        for wait in waits {
            now += wait;
            let first = (now / period..=now / period + 200).find(|period| used.get(period).is_none_or(|used| *used < limit));
            let first = first.expect("nobody takes more than one permit, and there are fewer of them than periods");
            let expected = bounded((first * period).saturating_sub(now), max_wait, in_vain);
            prop_assert_eq!(windows.reserve(&mut state, Time::from_ns(began + now)), expected);
            if !matches!(expected, Reservation::Rejected(_)) {
                *used.entry(first).or_default() += 1;
            }
        }
    }
}

/// A third of a second is no whole number of nanoseconds: the permits of years come on time all the same.
#[test]
fn a_rate_is_not_rounded() {
    let limit = bucket(Rate::new(3, SECOND), 1, Limit::Unlimited);
    let mut state = RateLimitState::new(Time::ZERO);
    let waits: Vec<Reservation> = (0..4).map(|_| limit.reserve(&mut state, Time::ZERO)).collect();
    let after = |ns| Reservation::After(Duration::from_ns(ns));
    assert_eq!(waits, [Reservation::Now, after(333_333_334), after(666_666_667), after(SECOND)]);
    for _ in 4..3_000_000 {
        limit.reserve(&mut state, Time::ZERO);
    }
    assert_eq!(limit.reserve(&mut state, Time::ZERO), after(1_000_000 * SECOND));
}

#[test]
fn around_the_end_of_a_window_twice_its_limit_passes() {
    let limit = window(50, SECOND, Limit::At(Duration::ZERO), Rejects::AtOnce);
    let mut state = RateLimitState::new(Time::ZERO);
    let mut passed =
        |ns| (0..1000).filter(|_| limit.reserve(&mut state, Time::from_ns(ns)) == Reservation::Now).count();
    assert_eq!([SECOND - 1, SECOND, 2 * SECOND - 1, 5 * SECOND].map(&mut passed), [50, 50, 0, 50]);
}

/// The README of resilience4j: 10 calls in a millisecond, and whoever comes after them waits at most 25 ms.
#[test]
fn permits_of_later_periods_are_reserved_until_the_wait_is_too_long() {
    let limit = window(10, 1_000_000, Limit::At(Duration::from_ns(25_000_000)), Rejects::AfterMaxWait);
    let mut state = RateLimitState::new(Time::ZERO);
    let waits: Vec<Reservation> = (0..300).map(|_| limit.reserve(&mut state, Time::ZERO)).collect();
    let after = |ms: u64| Reservation::After(Duration::from_ns(ms * 1_000_000));
    assert_eq!(waits.iter().filter(|it| **it == Reservation::Now).count(), 10);
    assert_eq!([waits[10], waits[19], waits[20], waits[259]], [after(1), after(1), after(2), after(25)]);
    assert_eq!(waits[260..], [Reservation::Rejected(Duration::from_ns(25_000_000)); 40]);
}

#[test]
fn no_wait_is_too_long_to_be_told() {
    let rare = bucket(Rate::new(1, u64::MAX), 1, Limit::Unlimited);
    let windows = window(1, u64::MAX, Limit::Unlimited, Rejects::AtOnce);
    for limit in [rare, windows] {
        let mut state = RateLimitState::new(Time::ZERO);
        let waits: Vec<Reservation> = (0..3).map(|_| limit.reserve(&mut state, Time::MAX)).collect();
        assert_eq!(waits[2], Reservation::After(Duration::MAX));
    }
}

#[test]
fn settings_that_cannot_be_meant_are_found() {
    let found = |settings: RateLimitSettings| {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        problems.into_found().iter().map(|it| (it.is_error, it.path.clone())).collect::<Vec<_>>()
    };
    let bucket = |rate, burst| {
        let (max_wait, level) = (Limit::Unlimited, RateLimitLevel::Call);
        found(RateLimitSettings::TokenBucket(TokenBucketSettings { rate, burst, max_wait, level }))
    };
    assert_eq!(bucket(Rate::new(1, SECOND), 1), []);
    let both = [(true, "token_bucket.rate".to_owned()), (true, "token_bucket.burst".to_owned())];
    assert_eq!(bucket(Rate::new(0, SECOND), 0), both);
    let window = |change: fn(&mut FixedWindowSettings)| {
        let mut settings =
            FixedWindowSettings { period: Duration::from_secs(1), ..FixedWindowSettings::default() };
        change(&mut settings);
        found(RateLimitSettings::FixedWindow(settings))
    };
    assert_eq!(window(|_| {}), []);
    assert_eq!(window(|it| it.limit = 0), [(true, "fixed_window.limit".to_owned())]);
    assert_eq!(window(|it| it.period = Duration::ZERO), [(true, "fixed_window.period".to_owned())]);
    assert_eq!(
        window(|it| *it = FixedWindowSettings::default()),
        [(false, "fixed_window.period".to_owned())]
    );
    let never = window(|it| (it.max_wait, it.rejects) = (Limit::Unlimited, Rejects::AtOnce));
    assert_eq!(never, [(false, "fixed_window.rejects".to_owned())]);
}

/// A service has the bucket that a client has: fifteen at once, and then one every 25 ms, in nginx's words `rate=40r/s burst=4` with 100 ms to wait.
#[test]
fn the_bucket_of_a_service_is_that_of_a_client() {
    let rate = Rate::new(40, SECOND);
    let max_wait = Limit::At(Duration::from_ns(100_000_000));
    let scope = LimitScope::Service;
    let settings = ServiceRateLimitSettings::TokenBucket(ServiceTokenBucketSettings {
        rate,
        burst: 15,
        max_wait,
        scope,
    });
    let limit = RateLimit::of_service(&settings);
    assert_eq!(limit.bucket(), Some((rate, 15)));
    let mut state = RateLimitState::new(Time::ZERO);
    let outcomes: Vec<Reservation> = (0..21).map(|_| limit.reserve(&mut state, Time::ZERO)).collect();
    assert_eq!(outcomes[..15], [Reservation::Now; 15]);
    let waits = [25, 50, 75, 100].map(|ms| Reservation::After(Duration::from_ns(ms * 1_000_000)));
    assert_eq!(outcomes[15..19], waits);
    assert_eq!(outcomes[19..], [Reservation::Rejected(Duration::ZERO); 2]);
    assert_eq!(window(1, SECOND, max_wait, Rejects::AtOnce).bucket(), None);

    let found = |rate, burst| {
        let mut problems = Problems::new();
        let bucket = ServiceTokenBucketSettings { rate, burst, max_wait, scope };
        ServiceRateLimitSettings::TokenBucket(bucket).check(&mut problems);
        problems.into_found().into_iter().map(|it| (it.is_error, it.path)).collect::<Vec<_>>()
    };
    assert_eq!(found(rate, 1), []);
    let both = ["token_bucket.rate", "token_bucket.burst"].map(|path| (true, path.to_owned()));
    assert_eq!(found(Rate::new(0, SECOND), 0), both);
}
