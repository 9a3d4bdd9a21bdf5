//! A cache against its rules; who is evicted is tested where that is decided.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kernel::random::{Bits, SiteKey, Word};
use crate::kernel::{Duration, Time};
use crate::mechanism::Problems;
use crate::quantity::{Limit, Share};

fn settings() -> CacheSettings {
    CacheSettings {
        placement: Placement::default(),
        capacity: Limit::Unlimited,
        eviction: Eviction::default(),
        ttl: None,
        start: Start::Cold,
        latency: crate::quantity::Distribution::Constant(Duration::ZERO),
        coalesce: Coalesce::None,
    }
}

fn with_ttl(max_ns: u64, jitter: Share, renewed_on_hit: bool) -> Cache {
    let ttl = TtlSettings { max: Duration::from_ns(max_ns), jitter, renewed_on_hit };
    Cache::new(&CacheSettings { ttl: Some(ttl), ..settings() })
}

fn bits(subject: u64) -> impl Bits {
    let site = SiteKey::new(7, 7);
    Word::root(site, subject).at(site)
}

#[derive(Clone, Copy, Debug)]
enum Use {
    Get(u32),
    Put(u32),
    Invalidate(u32),
    Flush(u32),
}

fn uses() -> impl Strategy<Value = Vec<(u64, Use)>> {
    let key = 0_u32..5;
    let one = prop_oneof![
        4 => key.clone().prop_map(Use::Get),
        3 => key.clone().prop_map(Use::Put),
        1 => key.clone().prop_map(Use::Invalidate),
        1 => key.prop_map(Use::Flush),
    ];
    vec((0_u64..8, one), 0..120)
}

proptest! {
    /// Goal: without eviction a cache is a table of instants.
    #[test]
    fn it_is_a_table_of_instants(uses in uses(), max in 1_u64..20, renewed in any::<bool>()) {
        let cache = with_ttl(max, Share::ZERO, renewed);
        let mut state = cache.start_cold();
        // By key: when it was written, and when it was written or used last.
        let mut naive: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        let mut now = 0;
        for (gap, one) in uses {
            now += gap;
            let time = Time::from_ns(now);
            match one {
                Use::Get(key) => {
                    let expected = match naive.get(&key).copied() {
                        None => Found::Miss,
                        Some((written, used)) if now < if renewed { used } else { written } + max => {
                            naive.insert(key, (written, now));
                            Found::Hit { age: Duration::from_ns(now - written) }
                        }
                        Some(_) => {
                            naive.remove(&key);
                            Found::Expired
                        }
                    };
                    prop_assert_eq!(cache.get(&mut state, key, time), expected);
                }
                Use::Put(key) => {
                    let is_new = naive.insert(key, (now, now)).is_none();
                    let put = cache.put(&mut state, key, time, &mut bits(now));
                    prop_assert_eq!(put, Put { is_new, is_kept: true, evicted: 0 });
                }
                Use::Invalidate(key) => prop_assert_eq!(state.invalidate(key), naive.remove(&key).is_some()),
                Use::Flush(below) => {
                    let lost = naive.keys().filter(|&&key| key < below).count();
                    naive.retain(|&key, _| key >= below);
                    prop_assert_eq!(state.flush_if(|key| key < below), lost as u32);
                }
            }
            prop_assert_eq!(state.len() as usize, naive.len());
            prop_assert_eq!(state.is_empty(), naive.is_empty());
        }
        prop_assert_eq!(state.flush() as usize, naive.len());
        prop_assert!(state.is_empty());
    }

    /// Goal: jitter shortens, by no more than it may.
    #[test]
    fn no_entry_lives_longer_than_it_may(max in 1_u64..1_000_000, percent in 0_u32..=100, subject: u64) {
        let cache = with_ttl(max, Share::percent(percent), false);
        let mut state = cache.start_cold();
        cache.put(&mut state, 1, Time::ZERO, &mut bits(subject));
        // Rounded to whole nanoseconds.
        let shortest = (max as f64 * (1.0 - f64::from(percent) / 100.0)).ceil() as u64;
        if shortest > 1 {
            let hit = Found::Hit { age: Duration::from_ns(shortest - 1) };
            prop_assert_eq!(cache.get(&mut state, 1, Time::from_ns(shortest - 1)), hit);
        }
        prop_assert_eq!(cache.get(&mut state, 1, Time::from_ns(max)), Found::Expired);
    }
}

#[test]
fn a_warm_cache_has_what_is_popular_at_all_ages() {
    let ttl = TtlSettings { max: Duration::from_secs(100), jitter: Share::ZERO, renewed_on_hit: false };
    let cache = Cache::new(&CacheSettings { capacity: Limit::At(1000), ttl: Some(ttl), ..settings() });
    let mut state = cache.start_warm(5000, |key| bits(key.into()));
    assert_eq!(state.len(), 1000);
    let mut ages_s = Vec::new();
    for key in 0..1001 {
        match cache.get(&mut state, key, Time::ZERO) {
            Found::Hit { age } => ages_s.push(age.as_secs_f64()),
            found => assert_eq!((key, found), (1000, Found::Miss)),
        }
    }
    // Uniform over 100 s: within 4 standard errors of the mean.
    let mean = ages_s.iter().sum::<f64>() / 1000.0;
    assert!((mean - 50.0).abs() < 4.0 * 100.0 / 12.0_f64.sqrt() / 1000.0_f64.sqrt(), "{mean}");
    let late = (0..1000).filter(|&key| {
        let age = ages_s[key as usize];
        let expected = age + 40.0 < 100.0;
        matches!(cache.get(&mut state, key, Time::from_ns(40_000_000_000)), Found::Hit { .. }) != expected
    });
    assert_eq!(late.count(), 0, "what is old goes first");
}

#[test]
fn the_least_popular_is_evicted_first_after_a_warm_start() {
    let cache = Cache::new(&CacheSettings { capacity: Limit::At(3), ..settings() });
    let mut state = cache.start_warm(10, |key| bits(key.into()));
    let put = cache.put(&mut state, 7, Time::ZERO, &mut bits(0));
    assert_eq!(put, Put { is_new: true, is_kept: true, evicted: 1 });
    let there: Vec<u32> =
        (0..10).filter(|&key| cache.get(&mut state, key, Time::ZERO) != Found::Miss).collect();
    assert_eq!(there, [0, 1, 7]);
    for eviction in [
        Eviction::Fifo,
        Eviction::Lfu,
        Eviction::Random,
        Eviction::Clock,
        Eviction::Sieve,
        Eviction::S3Fifo,
        Eviction::WTinyLfu,
    ] {
        let cache = Cache::new(&CacheSettings { eviction, capacity: Limit::At(50), ..settings() });
        let mut state = cache.start_warm(80, |key| bits(key.into()));
        assert_eq!(state.len(), 50, "{eviction:?}");
        assert_eq!(cache.get(&mut state, 49, Time::ZERO), Found::Hit { age: Duration::ZERO }, "{eviction:?}");
        assert_eq!(cache.get(&mut state, 50, Time::ZERO), Found::Miss, "{eviction:?}");
    }
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let found = |settings: &CacheSettings| {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        problems.into_found().into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(found(&settings()), [""; 0]);
    assert_eq!(found(&CacheSettings { capacity: Limit::At(0), ..settings() }), ["capacity"]);
    assert_eq!(found(&CacheSettings { capacity: Limit::At(200_000_000), ..settings() }), ["capacity"]);
    let ttl = TtlSettings { max: Duration::ZERO, jitter: Share::ZERO, renewed_on_hit: false };
    assert_eq!(found(&CacheSettings { ttl: Some(ttl), ..settings() }), ["ttl.max"]);
}
