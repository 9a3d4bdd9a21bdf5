//! What is kept of answers that bring nothing.

use super::*;
use crate::mechanism::Class;

fn negative(ttl_ns: u64, classes: &[Class]) -> NegativeSettings {
    NegativeSettings { ttl: Duration::from_ns(ttl_ns), classes: classes.to_vec() }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Get(u32),
    /// His load has failed.
    Error(u32),
    Put(u32),
    Nothing(u32, Nothing),
    Invalidate(u32),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let key = 0_u32..4;
    let why = prop_oneof![
        Just(Nothing::Absent),
        Just(Nothing::Failed(Class::ServerError)),
        Just(Nothing::Failed(Class::AppError)),
    ];
    let step = prop_oneof![
        5 => key.clone().prop_map(Step::Get),
        1 => key.clone().prop_map(Step::Error),
        2 => key.clone().prop_map(Step::Put),
        3 => (key.clone(), why).prop_map(|(key, why)| Step::Nothing(key, why)),
        1 => key.prop_map(Step::Invalidate),
    ];
    vec((0_u64..8, step), 0..120)
}

/// What is there, of a key: when it was written, when its time is over, and why it is nothing.
type Row = (u64, u64, Option<Nothing>);

proptest! {
    /// Goal: without eviction it is a table of instants, in which failures stand only where nothing better does, and only of the classes that are kept.
    #[test]
    fn it_is_a_table_of_instants_and_of_reasons(
        steps in steps(),
        (lives, lives_not) in (1_u64..20, 1_u64..20),
        on_error in proptest::option::of(0_u64..20),
    ) {
        let ttl = TtlSettings { stale_if_error: on_error.map(Duration::from_ns), ..ttl(lives) };
        let negative = Some(negative(lives_not, &[Class::ServerError]));
        let cache = Cache::new(&CacheSettings { ttl: Some(ttl), negative, ..settings() });
        let mut state = cache.start_cold();
        let mut table: BTreeMap<u32, Row> = BTreeMap::new();
        let window = on_error.unwrap_or(0);
        let mut now = 0;
        for (gap, step) in steps {
            now += gap;
            let time = Time::from_ns(now);
            let age = |written: u64| Duration::from_ns(now - written);
            match step {
                Step::Get(key) => {
                    let expected = match table.get(&key).copied() {
                        None => Found::Miss,
                        Some((written, over, Some(why))) if now < over => Found::Nothing { age: age(written), why },
                        Some((written, over, None)) if now < over => hit(age(written).as_ns()),
                        Some((_, over, None)) if now < over + window => Found::Expired { is_kept: true },
                        Some(_) => {
                            table.remove(&key);
                            Found::Expired { is_kept: false }
                        }
                    };
                    prop_assert_eq!(get(&cache, &mut state, key, now), expected);
                }
                Step::Error(key) => {
                    let expected = table.get(&key).and_then(|&(written, over, why)| {
                        let is_served = why.is_none() && window > 0 && now < over + window;
                        is_served.then(|| (age(written), now >= over))
                    });
                    prop_assert_eq!(cache.get_after_error(&state, key, time), expected);
                }
                Step::Put(key) => {
                    let is_new = table.insert(key, (now, now + lives, None)).is_none();
                    let expected = Put { is_new, is_kept: true, evicted: 0 };
                    prop_assert_eq!(put(&cache, &mut state, key, now), expected);
                }
                Step::Nothing(key, why) => {
                    let there = table.get(&key).copied();
                    let is_better = there.is_some_and(|(_, over, why)| now < over || why.is_none() && now < over + window);
                    let is_kept = match why {
                        Nothing::Absent => true,
                        Nothing::Failed(class) => class == Class::ServerError && !is_better,
                    };
                    let expected = is_kept.then(|| {
                        table.insert(key, (now, now + lives_not, Some(why)));
                        Put { is_new: there.is_none(), is_kept: true, evicted: 0 }
                    });
                    prop_assert_eq!(cache.put_nothing(&mut state, key, time, why, &mut bits(now)), expected);
                }
                Step::Invalidate(key) => {
                    let is_gone = cache.invalidate(&mut state, key, time) == Invalidated::Gone;
                    prop_assert_eq!(is_gone, table.remove(&key).is_some());
                }
            }
            prop_assert_eq!(state.len() as usize, table.len());
        }
    }
}

#[test]
fn without_the_rule_nothing_is_kept_of_it() {
    let cache = Cache::new(&settings());
    let mut state = cache.start_cold();
    for why in [Nothing::Absent, Nothing::Failed(Class::ServerError)] {
        assert_eq!(cache.put_nothing(&mut state, 1, Time::ZERO, why, &mut bits(0)), None);
    }
    assert!(state.is_empty());
}

#[test]
fn that_there_is_nothing_takes_a_place_and_little_room() {
    let capacity = Limit::At(Room::Bytes(Bytes::new(10)));
    let cache = Cache::new(&CacheSettings { capacity, negative: Some(negative(10, &[])), ..settings() });
    let mut state = cache.start_cold();
    let fill = |state: &mut CacheState, key: u32, size: u64| {
        let put = cache.put_sized(state, (key, Size::bytes(size)), Time::ZERO, Duration::ZERO, &mut bits(0));
        (put.is_new, put.is_kept, put.evicted, state.size())
    };
    let nothing = |state: &mut CacheState, key: u32| {
        let put = cache.put_nothing(state, key, Time::ZERO, Nothing::Absent, &mut bits(0)).unwrap();
        (put.is_new, put.is_kept, put.evicted, state.size())
    };
    assert_eq!(fill(&mut state, 1, 9), (true, true, 0, 9));
    assert_eq!(nothing(&mut state, 2), (true, true, 0, 10));
    assert_eq!(nothing(&mut state, 3), (true, true, 1, 2));
    // What was nothing is found, in its own size, or too large.
    assert_eq!(fill(&mut state, 2, 9), (false, true, 0, 10));
    assert_eq!(fill(&mut state, 3, 1 << 40), (false, false, 1, 9));
    assert_eq!(state.len(), 1);
}

#[test]
fn only_what_a_load_can_end_with_is_kept_and_only_for_some_time() {
    let found = |negative: NegativeSettings| {
        let (mut problems, negative) = (Problems::new(), Some(negative));
        CacheSettings { negative, ..settings() }.check(&mut problems);
        problems.into_found().into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    let failures = [Class::AppError, Class::ServerError, Class::GatewayError, Class::Conflict];
    assert_eq!(found(negative(1, &failures)), [""; 0]);
    assert_eq!(found(negative(0, &[])), ["negative.ttl"]);
    let other = [Class::ServerError, Class::Ok, Class::DeadlineExceeded];
    assert_eq!(found(negative(1, &other)), ["negative.classes[1]", "negative.classes[2]"]);
}
