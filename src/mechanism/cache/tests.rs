//! A cache against its rules; who is evicted is tested where that is decided.

mod lease;
mod negative;
mod propagation;
mod size;
mod warming;
mod write_behind;

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kernel::random::{Bits, Draws, SiteKey, Word};
use crate::kernel::{Duration, Time, num};
use crate::mechanism::Problems;
use crate::quantity::{Bytes, Factor, Limit, Room, Share};

fn settings() -> CacheSettings {
    CacheSettings {
        placement: Placement::default(),
        calls: None,
        capacity: Limit::Unlimited,
        sizes: None,
        eviction: Eviction::default(),
        ttl: None,
        absent: Share::ZERO,
        negative: None,
        propagation: None,
        write_behind: None,
        start: Start::Cold,
        warming: None,
        latency: crate::quantity::Distribution::Constant(Duration::ZERO),
        coalesce: Coalesce::None,
        lease: None,
    }
}

fn entries(entries: u32) -> Limit<Room> {
    Limit::At(Room::Entries(entries))
}

fn ttl(max_ns: u64) -> TtlSettings {
    TtlSettings {
        max: Duration::from_ns(max_ns),
        jitter: Share::ZERO,
        renewed_on_hit: false,
        stale_while_revalidate: None,
        stale_if_error: None,
        refresh_after: None,
        early_expiration: None,
    }
}

fn with(ttl: TtlSettings) -> Cache {
    Cache::new(&CacheSettings { ttl: Some(ttl), ..settings() })
}

fn bits(subject: u64) -> Draws {
    let site = SiteKey::new(7, 7);
    Word::root(site, subject).at(site)
}

fn no_bits() -> Option<Draws> {
    None
}

fn put(cache: &Cache, state: &mut CacheState, key: u32, now: u64) -> Put {
    cache.put(state, key, Time::from_ns(now), Duration::ZERO, &mut bits(now))
}

/// A look-up of somebody who does not load.
fn get(cache: &Cache, state: &mut CacheState, key: u32, now: u64) -> Found {
    cache.get(state, key, Time::from_ns(now), no_bits)
}

/// An entry of this age, as it is found where no rule says more about it.
fn hit(age: u64) -> Found {
    Found::Hit { age: Duration::from_ns(age), is_stale: false, is_due: false }
}

#[derive(Clone, Copy, Debug)]
enum Use {
    /// By somebody who loads what he misses, or not.
    Get(u32, bool),
    /// His load has failed.
    Error(u32),
    Put(u32),
    Invalidate(u32),
    Flush(u32),
}

fn uses() -> impl Strategy<Value = Vec<(u64, Use)>> {
    let key = 0_u32..5;
    let one = prop_oneof![
        6 => (key.clone(), any::<bool>()).prop_map(|(key, loads)| Use::Get(key, loads)),
        1 => key.clone().prop_map(Use::Error),
        3 => key.clone().prop_map(Use::Put),
        1 => key.clone().prop_map(Use::Invalidate),
        1 => key.prop_map(Use::Flush),
    ];
    vec((0_u64..8, one), 0..120)
}

/// Goal: without eviction a cache is a table of instants; by key, when it was written and when its time is over.
struct Table {
    ttl: TtlSettings,
    entries: BTreeMap<u32, (u64, u64)>,
}

impl Table {
    fn window(of: Option<Duration>) -> u64 {
        of.map_or(0, Duration::as_ns)
    }

    fn put(&mut self, key: u32, now: u64) -> Put {
        let is_new = self.entries.insert(key, (now, now + self.ttl.max.as_ns())).is_none();
        Put { is_new, is_kept: true, evicted: 0 }
    }

    fn get(&mut self, key: u32, loads: bool, now: u64) -> Found {
        let Some(&(written, over)) = self.entries.get(&key) else { return Found::Miss };
        let (while_loading, on_error) =
            (Self::window(self.ttl.stale_while_revalidate), Self::window(self.ttl.stale_if_error));
        let age = Duration::from_ns(now - written);
        if now < over {
            if self.ttl.renewed_on_hit {
                self.entries.insert(key, (written, now + self.ttl.max.as_ns()));
            }
            let is_due = loads && self.ttl.refresh_after.is_some_and(|after| age > after);
            Found::Hit { age, is_stale: false, is_due }
        } else if loads && now < over + while_loading {
            Found::Hit { age, is_stale: true, is_due: true }
        } else if now < over + while_loading || now < over + on_error {
            Found::Expired { is_kept: true }
        } else {
            self.entries.remove(&key);
            Found::Expired { is_kept: false }
        }
    }

    fn get_after_error(&self, key: u32, now: u64) -> Option<(Duration, bool)> {
        let on_error = Self::window(self.ttl.stale_if_error);
        let &(written, over) = self.entries.get(&key)?;
        (on_error > 0 && now < over + on_error).then(|| (Duration::from_ns(now - written), now >= over))
    }
}

/// Times to live that end in every way there is, but for those that are drawn.
fn any_ttl() -> impl Strategy<Value = TtlSettings> {
    let window = || proptest::option::of((0_u64..20).prop_map(Duration::from_ns));
    (1_u64..20, any::<bool>(), window(), window(), window()).prop_map(
        |(max, renewed_on_hit, stale_while_revalidate, stale_if_error, refresh_after)| TtlSettings {
            renewed_on_hit,
            stale_while_revalidate,
            stale_if_error,
            refresh_after,
            ..ttl(max)
        },
    )
}

proptest! {
    #[test]
    fn it_is_a_table_of_instants(uses in uses(), ttl in any_ttl()) {
        let cache = with(ttl);
        let mut state = cache.start_cold();
        let mut table = Table { ttl, entries: BTreeMap::new() };
        let mut now = 0;
        for (gap, one) in uses {
            now += gap;
            let time = Time::from_ns(now);
            match one {
                Use::Get(key, loads) => {
                    let found = cache.get(&mut state, key, time, || loads.then(|| bits(now)));
                    prop_assert_eq!(found, table.get(key, loads, now));
                }
                Use::Error(key) => {
                    let served = cache.get_after_error(&state, key, time);
                    prop_assert_eq!(served, table.get_after_error(key, now));
                }
                Use::Put(key) => prop_assert_eq!(put(&cache, &mut state, key, now), table.put(key, now)),
                Use::Invalidate(key) => {
                    let is_gone = cache.invalidate(&mut state, key, time) == Invalidated::Gone;
                    prop_assert_eq!(is_gone, table.entries.remove(&key).is_some());
                }
                Use::Flush(below) => {
                    let lost = table.entries.keys().filter(|&&key| key < below).count();
                    table.entries.retain(|&key, _| key >= below);
                    prop_assert_eq!(state.flush_if(|key| key < below), lost as u32);
                }
            }
            prop_assert_eq!(state.len() as usize, table.entries.len());
            prop_assert_eq!(state.is_empty(), table.entries.is_empty());
        }
        prop_assert_eq!(state.flush() as usize, table.entries.len());
        prop_assert!(state.is_empty());
    }

    /// Goal: jitter shortens, by no more than it may.
    #[test]
    fn no_entry_lives_longer_than_it_may(max in 1_u64..1_000_000, percent in 0_u32..=100, subject: u64) {
        let cache = with(TtlSettings { jitter: Share::percent(percent), ..ttl(max) });
        let mut state = cache.start_cold();
        cache.put(&mut state, 1, Time::ZERO, Duration::ZERO, &mut bits(subject));
        // Rounded to whole nanoseconds.
        let shortest = (max as f64 * (1.0 - f64::from(percent) / 100.0)).ceil() as u64;
        if shortest > 1 {
            prop_assert_eq!(get(&cache, &mut state, 1, shortest - 1), hit(shortest - 1));
        }
        prop_assert_eq!(get(&cache, &mut state, 1, max), Found::Expired { is_kept: false });
    }
}

#[test]
fn a_warm_cache_has_what_is_popular_at_all_ages() {
    let ttl = Some(ttl(100_000_000_000));
    let cache = Cache::new(&CacheSettings { capacity: entries(1000), ttl, ..settings() });
    let mut state = cache.start_warm(Time::ZERO, 0..5000, |_| Size::ONE, |key| bits(key.into()));
    assert_eq!(state.len(), 1000);
    let mut ages_s = Vec::new();
    for key in 0..1001 {
        match get(&cache, &mut state, key, 0) {
            Found::Hit { age, .. } => ages_s.push(age.as_secs_f64()),
            found => assert_eq!((key, found), (1000, Found::Miss)),
        }
    }
    // Uniform over 100 s: within 4 standard errors of the mean.
    let mean = ages_s.iter().sum::<f64>() / 1000.0;
    assert!((mean - 50.0).abs() < 4.0 * 100.0 / 12.0_f64.sqrt() / 1000.0_f64.sqrt(), "{mean}");
    let late = (0..1000).filter(|&key| {
        let age = ages_s[key as usize];
        let expected = age + 40.0 < 100.0;
        matches!(get(&cache, &mut state, key, 40_000_000_000), Found::Hit { .. }) != expected
    });
    assert_eq!(late.count(), 0, "what is old goes first");
}

#[test]
fn the_least_popular_is_evicted_first_after_a_warm_start() {
    let cache = Cache::new(&CacheSettings { capacity: entries(3), ..settings() });
    let mut state = cache.start_warm(Time::ZERO, 0..10, |_| Size::ONE, |key| bits(key.into()));
    assert_eq!(put(&cache, &mut state, 7, 0), Put { is_new: true, is_kept: true, evicted: 1 });
    let there: Vec<u32> = (0..10).filter(|&key| get(&cache, &mut state, key, 0) != Found::Miss).collect();
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
        let cache = Cache::new(&CacheSettings { eviction, capacity: entries(50), ..settings() });
        let mut state = cache.start_warm(Time::ZERO, 0..80, |_| Size::ONE, |key| bits(key.into()));
        assert_eq!(state.len(), 50, "{eviction:?}");
        assert_eq!(get(&cache, &mut state, 49, 0), hit(0), "{eviction:?}");
        assert_eq!(get(&cache, &mut state, 50, 0), Found::Miss, "{eviction:?}");
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
    assert_eq!(found(&CacheSettings { capacity: entries(0), ..settings() }), ["capacity"]);
    assert_eq!(found(&CacheSettings { capacity: entries(200_000_000), ..settings() }), ["capacity"]);
    let found_in = |ttl: TtlSettings| found(&CacheSettings { ttl: Some(ttl), ..settings() });
    assert_eq!(found_in(ttl(0)), ["ttl.max"]);
    let after = |after: u64| TtlSettings { refresh_after: Some(Duration::from_ns(after)), ..ttl(10) };
    assert_eq!(found_in(after(0)), ["ttl.refresh_after"]);
    assert_eq!(found_in(after(10)), ["ttl.refresh_after"]);
    assert_eq!(found_in(after(9)), [""; 0]);
    assert_eq!(found_in(TtlSettings { renewed_on_hit: true, ..after(10) }), [""; 0]);
    assert_eq!(found_in(early(0)), ["ttl.early_expiration.beta"]);
    assert_eq!(found_in(early(1)), [""; 0]);
}

fn early(beta: u32) -> TtlSettings {
    let early = EarlyExpirationSettings { beta: Factor::from(beta) };
    TtlSettings { early_expiration: Some(early), ..ttl(1000) }
}

/// Bits that give one number, of which it is known what ln makes of it.
struct Fixed(f64);

impl Bits for Fixed {
    fn next_u64(&mut self) -> u64 {
        unreachable!("only a unit is asked for")
    }

    fn unit_open(&mut self) -> f64 {
        self.0
    }
}

#[test]
fn an_entry_expires_early_by_as_much_as_its_load_took_times_beta_times_what_was_drawn() {
    for (beta, took, draw, before) in [
        (1, 100, num::exp(-1.0), 100),
        (3, 100, num::exp(-1.0), 300),
        (1, 200, num::exp(-0.5), 100),
        // Not a draw, but that there was no load, lets it live to the end.
        (1, 0, 1e-300, 0),
        (1, 100, 1.0, 0),
    ] {
        let cache = with(early(beta));
        let mut state = cache.start_cold();
        cache.put(&mut state, 1, Time::ZERO, Duration::from_ns(took), &mut bits(0));
        let mut is_due = |now: u64, draw: f64| {
            let found = cache.get(&mut state, 1, Time::from_ns(now), || Some(Fixed(draw)));
            let Found::Hit { is_due, is_stale: false, .. } = found else { panic!("{found:?} at {now}") };
            is_due
        };
        let (last, first) = (1000 - before - 1, 1000 - before + 1);
        assert!(!is_due(last, draw), "beta {beta}, {took} ns, u = {draw}");
        assert!(first > 1000 || is_due(first, draw), "beta {beta}, {took} ns, u = {draw}");
        assert_eq!(get(&cache, &mut state, 1, 999), hit(999), "who does not load begins nothing");
        assert_eq!(get(&cache, &mut state, 1, 1000), Found::Expired { is_kept: false });
    }
}

#[test]
fn nothing_is_drawn_where_no_rule_asks_for_it() {
    let settings = [TtlSettings { renewed_on_hit: true, jitter: Share::percent(10), ..ttl(1000) }, ttl(1000)];
    for ttl in settings {
        let cache = with(ttl);
        let mut state = cache.start_cold();
        put(&cache, &mut state, 1, 0);
        for now in [0, 899, 2000] {
            cache.get(&mut state, 1, Time::from_ns(now), || -> Option<Draws> { unreachable!("no rule") });
        }
        assert!(state.is_empty());
    }
}
