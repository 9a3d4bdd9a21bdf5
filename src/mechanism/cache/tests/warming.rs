//! Keys that come from elsewhere.

use proptest::option;
use proptest::sample::select;

use super::*;
use crate::quantity::Rate;

const KEYS: usize = 12;
const PARTS: u32 = 3;

fn rules(count: u64, per_ns: u64) -> WarmingSettings {
    WarmingSettings { rate: Rate::new(count, per_ns), keys: None, delay: Duration::ZERO }
}

/// One part, by lists.
#[derive(Clone, Default)]
struct Naive {
    /// What may come, the first one next.
    left: Vec<u32>,
    there: BTreeMap<u32, u64>,
    sent: u32,
    is_under_way: bool,
}

impl Naive {
    fn total(&self) -> u64 {
        self.there.values().sum()
    }

    fn next(&mut self, limit: Option<u32>, room: u64, size: impl Fn(u32) -> u64) -> Arrived {
        self.sent += 1;
        let key = self
            .left
            .first()
            .copied()
            .filter(|key| self.there.contains_key(key) || self.total() + size(*key) <= room);
        let Some(key) = key else {
            self.is_under_way = false;
            return Arrived::Over;
        };
        self.left.remove(0);
        self.is_under_way = limit.is_none_or(|limit| self.sent < limit);
        if self.there.contains_key(&key) {
            return Arrived::WasThere;
        }
        self.there.insert(key, size(key));
        Arrived::Put { is_new: true }
    }
}

proptest! {
    /// Goal: the most popular keys of a part that have a value, that fit in, and are not there, come one by one until there is no room, or they are as many as may come; nobody has to go. Method: a list for each part,
    /// while others put things there, take them away and keep that there is nothing.
    #[test]
    fn keys_come_in_their_order_until_there_is_no_room(
        eviction in select(Eviction::ALL.to_vec()),
        room in 1_u64..40,
        sizes in vec(0_u64..20, KEYS),
        owners in vec(option::weighted(0.8, 0..PARTS), KEYS),
        limit in option::of(1_u32..8),
        steps in vec((0_u32..8, 0_u32..KEYS as u32), 0..200),
    ) {
        let cache = Cache::new(&CacheSettings {
            eviction,
            capacity: Limit::At(Room::Bytes(Bytes::new(room))),
            negative: Some(NegativeSettings { ttl: Duration::from_secs(1), classes: vec![] }),
            ..settings()
        });
        let rules = WarmingSettings { keys: limit, ..rules(1, 1) };
        let size = |key: u32| sizes[key as usize].max(1);
        let all = |part: u32| -> Vec<u32> {
            let is_its = |&key: &u32| owners[key as usize] == Some(part) && size(key) <= room;
            (0..KEYS as u32).filter(is_its).collect()
        };
        let mut ranking = Ranking::new(PARTS);
        let mut parts = vec![(cache.start_cold(), Warming::default(), Naive::default()); PARTS as usize];
        for (now, (step, key)) in (0..).zip(steps) {
            let part = owners[key as usize].unwrap_or(0);
            let (state, warming, naive) = &mut parts[part as usize];
            let takes = if step == 5 { 1 } else { size(key) };
            let others = naive.total() - naive.there.get(&key).copied().unwrap_or(0);
            match step {
                0 => {
                    warming.begin(&rules, Time::from_ns(now));
                    *naive = Naive { left: all(part), is_under_way: true, sent: 0, ..naive.clone() };
                }
                1..=3 if naive.is_under_way => {
                    let ranked = |position: &mut u32| {
                        let next = ranking.nth(part, *position, KEYS as u32, |key| owners[key as usize])?;
                        *position += 1;
                        Some(next)
                    };
                    let there = (&cache, &mut *state);
                    let found = warming.next(&rules, Time::from_ns(now), there, ranked, |key| Size::bytes(size(key)), |key| bits(key.into()));
                    prop_assert_eq!(found, naive.next(limit, room, size));
                }
                4 if others + takes <= room => {
                    let entry = (key, Size::bytes(takes));
                    cache.put_sized(state, entry, Time::from_ns(now), Duration::ZERO, &mut bits(now));
                    naive.there.insert(key, takes);
                }
                5 if others + takes <= room => {
                    cache.put_nothing(state, key, Time::from_ns(now), Nothing::Absent, &mut bits(now));
                    naive.there.insert(key, takes);
                }
                6 => {
                    cache.invalidate(state, key, Time::from_ns(now));
                    naive.there.remove(&key);
                }
                7 if key == 0 => {
                    state.flush();
                    naive.there.clear();
                }
                _ => {}
            }
            prop_assert_eq!((state.len() as usize, state.size()), (naive.there.len(), naive.total()));
            prop_assert_eq!(warming.due(&rules).is_some(), naive.is_under_way);
        }
    }

    /// Goal: each part has its own keys in their order, whoever asks first and however often, and no key is looked at twice.
    #[test]
    fn a_ranking_is_that_of_the_keys_of_a_part(
        owners in vec(option::weighted(0.8, 0..PARTS), 0..60),
        asked in vec((0..PARTS, 0_u32..30), 0..60),
    ) {
        let mut ranking = Ranking::new(PARTS);
        let mut looked_at = 0;
        for (part, position) in asked {
            let found = ranking.nth(part, position, owners.len() as u32, |key| {
                assert_eq!(key, looked_at, "in their order");
                looked_at += 1;
                owners[key as usize]
            });
            let mut own = (0..).zip(&owners).filter(|(_, owner)| **owner == Some(part)).map(|(key, _)| key);
            prop_assert_eq!(found, own.nth(position as usize));
        }
    }
}

/// One key after the other at one part, that has room for all.
fn come(
    cache: &Cache,
    state: &mut CacheState,
    warming: &mut Warming,
    rules: &WarmingSettings,
    now: u64,
) -> Arrived {
    let ranked = |position: &mut u32| {
        *position += 1;
        Some(*position - 1)
    };
    warming.next(rules, Time::from_ns(now), (cache, state), ranked, |_| Size::ONE, |key| bits(key.into()))
}

#[test]
fn the_nth_key_comes_at_the_rounded_multiple_of_the_period() {
    let rules = WarmingSettings { delay: Duration::from_ns(100), ..rules(3, 10) };
    let (cache, mut warming) = (Cache::new(&settings()), Warming::default());
    let mut state = cache.start_cold();
    assert_eq!(warming.due(&rules), None);
    warming.begin(&rules, Time::from_ns(1000));
    let mut found = Vec::new();
    for _ in 0..6 {
        let due = warming.due(&rules).unwrap();
        found.push(due.as_ns());
        come(&cache, &mut state, &mut warming, &rules, due.as_ns());
    }
    assert_eq!(found, [1103, 1107, 1110, 1113, 1117, 1120]);
    // What is late does not come sooner afterwards.
    assert_eq!(warming.due(&rules), Some(Time::from_ns(1123)));
    come(&cache, &mut state, &mut warming, &rules, 1200);
    assert_eq!(warming.due(&rules), Some(Time::from_ns(1203)));
    assert_eq!((state.len(), warming.begun()), (7, 1));
    // It begins anew from the first.
    warming.begin(&rules, Time::from_ns(2000));
    assert_eq!(come(&cache, &mut state, &mut warming, &rules, 2103), Arrived::WasThere);
    assert_eq!(warming.begun(), 2);
    warming.stop();
    assert_eq!(warming.due(&rules), None);
}

/// Entries are of all ages below their time to live, so half of 1000 are over after half of it: 500 ± 79, which five standard deviations of the binomial distribution (15.8) contain with a probability of 1 - 6e-7.
#[test]
fn what_comes_has_any_age_and_replaces_what_is_over() {
    let cache = Cache::new(&CacheSettings {
        negative: Some(NegativeSettings { ttl: Duration::from_ns(10), classes: vec![] }),
        ttl: Some(ttl(1_000_000)),
        ..settings()
    });
    let rules = rules(1, 1);
    let (mut state, mut warming) = (cache.start_cold(), Warming::default());
    // One is over, one says that there is nothing, and that is over, and one says so still.
    put(&cache, &mut state, 0, 0);
    cache.put_nothing(&mut state, 1, Time::from_ns(1_000_000), Nothing::Absent, &mut bits(1));
    cache.put_nothing(&mut state, 2, Time::from_ns(1_999_995), Nothing::Absent, &mut bits(2));
    warming.begin(&rules, Time::from_ns(2_000_000));
    let found: Vec<Arrived> =
        (0..1003).map(|_| come(&cache, &mut state, &mut warming, &rules, 2_000_000)).collect();
    let anew = Arrived::Put { is_new: false };
    assert_eq!(found[..4], [anew, anew, Arrived::WasThere, Arrived::Put { is_new: true }]);
    assert_eq!(state.len(), 1003);
    let nothing = Found::Nothing { age: Duration::from_ns(5), why: Nothing::Absent };
    assert_eq!(get(&cache, &mut state, 2, 2_000_000), nothing);
    let mut fresh = [0, 0];
    for key in 3..1003 {
        let Found::Hit { age, is_stale: false, .. } = get(&cache, &mut state, key, 2_000_000) else {
            panic!("key {key} is fresh")
        };
        assert!(age < Duration::from_ns(1_000_000));
        fresh[0] += u32::from(age < Duration::from_ns(500_000));
        fresh[1] += u32::from(matches!(get(&cache, &mut state, key, 2_500_000), Found::Hit { .. }));
    }
    assert!(fresh[0].abs_diff(500) <= 79 && fresh[0].abs_diff(fresh[1]) <= 1, "{fresh:?}");
}

#[test]
fn what_is_too_large_is_passed_over_but_not_without_end() {
    let capacity = Limit::At(Room::Bytes(Bytes::new(100)));
    let cache = Cache::new(&CacheSettings { capacity, ..settings() });
    let rules = rules(1, 1);
    let largest = |large: u32| {
        let (mut state, mut warming) = (cache.start_cold(), Warming::default());
        warming.begin(&rules, Time::ZERO);
        let ranked = |position: &mut u32| {
            *position += 1;
            Some(*position)
        };
        let size = |key: u32| Size::bytes(if key <= large { 101 } else { 100 });
        warming.next(&rules, Time::ZERO, (&cache, &mut state), ranked, size, |key| bits(key.into()))
    };
    assert_eq!(largest(9_999), Arrived::Put { is_new: true });
    assert_eq!(largest(10_000), Arrived::Over);
}

#[test]
fn what_never_brings_anything_is_refused() {
    for (rules, field) in [(rules(0, 1), "rate"), (WarmingSettings { keys: Some(0), ..rules(1, 1) }, "keys")]
    {
        let mut problems = Problems::new();
        problems.at("warming", |problems| rules.check(problems));
        let found: Vec<String> = problems.into_found().into_iter().map(|problem| problem.path).collect();
        assert_eq!(found, [format!("warming.{field}")]);
    }
}
