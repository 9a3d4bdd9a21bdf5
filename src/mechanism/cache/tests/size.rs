//! Entries of different sizes.

use super::*;
use crate::kernel::sampler::Sampler;

/// Room for so many bytes.
fn bytes(eviction: Eviction, bytes: u64) -> Cache {
    Cache::new(&CacheSettings { eviction, capacity: Limit::At(Room::Bytes(Bytes::new(bytes))), ..settings() })
}

fn put_sized(cache: &Cache, state: &mut CacheState, key: u32, size: u64, now: u64) -> Put {
    let entry = (key, Size::bytes(size));
    cache.put_sized(state, entry, Time::from_ns(now), Duration::ZERO, &mut bits(now))
}

proptest! {
    /// Goal: with LRU, a cache in bytes is a list from which the last go until there is room.
    #[test]
    fn it_is_a_list_from_which_the_last_go_until_there_is_room(
        room in 1_u64..40,
        sizes in vec(0_u64..20, 8),
        uses in vec((0_u32..8, any::<bool>()), 0..200),
    ) {
        let cache = bytes(Eviction::Lru, room);
        let mut state = cache.start_cold();
        let size = |key: u32| sizes[key as usize].max(1);
        let total = |list: &[u32]| list.iter().map(|&key| size(key)).sum::<u64>();
        // The latest first.
        let mut list: Vec<u32> = Vec::new();
        for (now, (key, puts)) in (0..).zip(uses) {
            let place = list.iter().position(|&other| other == key);
            if puts {
                let mut evicted = 0;
                if size(key) <= room {
                    place.map(|place| list.remove(place));
                    while total(&list) + size(key) > room {
                        list.pop();
                        evicted += 1;
                    }
                    list.insert(0, key);
                }
                let expected = Put { is_new: place.is_none(), is_kept: size(key) <= room, evicted };
                prop_assert_eq!(put_sized(&cache, &mut state, key, sizes[key as usize], now), expected);
                prop_assert_eq!(cache.is_too_large(Size::bytes(size(key))), size(key) > room);
            } else {
                let is_hit = matches!(get(&cache, &mut state, key, now), Found::Hit { .. });
                prop_assert_eq!(is_hit, place.is_some());
                if let Some(place) = place {
                    list.remove(place);
                    list.insert(0, key);
                }
            }
            prop_assert_eq!((state.len() as usize, state.size()), (list.len(), total(&list)));
        }
    }

    /// Goal: entries of one size are entries, whatever that is. Method: the same uses, in a cache for so many entries, and in one for as many times as much.
    #[test]
    fn entries_of_one_size_are_entries(
        size in 1_u64..5000,
        uses in vec((0_u32..900, any::<bool>()), 0..1500),
    ) {
        // Parts of it are so many hundredths and tenths of it.
        let room = 500;
        for eviction in Eviction::ALL {
            let (plain, sized) = (
                Cache::new(&CacheSettings { eviction, capacity: entries(room), ..settings() }),
                bytes(eviction, u64::from(room) * size),
            );
            let (mut few, mut large) = (plain.start_cold(), sized.start_cold());
            for (now, &(key, puts)) in (0..).zip(&uses) {
                if puts {
                    let expected = put(&plain, &mut few, key, now);
                    prop_assert_eq!(put_sized(&sized, &mut large, key, size, now), expected, "{:?}", eviction);
                } else {
                    let expected = get(&plain, &mut few, key, now);
                    prop_assert_eq!(get(&sized, &mut large, key, now), expected, "{:?}", eviction);
                }
            }
            prop_assert_eq!(large.size(), u64::from(few.len()) * size);
        }
    }
}

#[test]
fn a_warm_cache_has_the_most_popular_keys_that_fit_and_none_that_never_would() {
    let cache = bytes(Eviction::Lru, 100);
    // Key 1 never fits, and key 4 not any more.
    let sizes = |key: u32| Size::bytes([30, 101, 30, 30, 11, 1][key as usize]);
    let mut state = cache.start_warm(Time::ZERO, 0..6, sizes, |key| bits(key.into()));
    assert_eq!((state.len(), state.size()), (3, 90));
    let there: Vec<u32> = (0..6).filter(|&key| get(&cache, &mut state, key, 0) != Found::Miss).collect();
    assert_eq!(there, [0, 2, 3]);
}

#[test]
fn what_takes_four_gigabytes_is_in_no_cache() {
    let four = 1 << 32;
    let cache = bytes(Eviction::Lru, 10 * four);
    let mut state = cache.start_cold();
    for (size, is_kept) in [(four - 2, true), (four - 1, false), (four, false), (u64::MAX, false)] {
        assert_eq!(put_sized(&cache, &mut state, 1, size, 0), Put { is_new: true, is_kept, evicted: 0 });
        assert_eq!(cache.is_too_large(Size::bytes(size)), !is_kept);
        state.flush();
    }
}

#[test]
fn sizes_are_drawn_like_durations() {
    let sizes = Sizes::new(Sampler::uniform(1000.0, 3000.0));
    assert_eq!(sizes.mean(), 2000.0);
    let mean = (0..1000).map(|key| f64::from(sizes.draw(&mut bits(key)).get())).sum::<f64>() / 1000.0;
    // Within 4 standard errors.
    assert!((mean - 2000.0).abs() < 4.0 * 2000.0 / 12.0_f64.sqrt() / 1000.0_f64.sqrt(), "{mean}");
    assert_eq!(Sizes::new(Sampler::constant(Duration::ZERO)).draw(&mut bits(0)), Size::ONE);
}

#[test]
fn room_in_bytes_needs_sizes_and_room_in_entries_has_none() {
    let found = |capacity: Limit<Room>, sizes: Option<&str>| {
        let sizes = sizes.map(|sizes| sizes.parse().unwrap());
        let mut problems = Problems::new();
        CacheSettings { capacity, sizes, ..settings() }.check(&mut problems);
        problems.into_found().into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    let bytes = |bytes| Limit::At(Room::Bytes(Bytes::new(bytes)));
    assert_eq!(found(bytes(1), Some("1KiB")), [""; 0]);
    assert_eq!(found(Limit::Unlimited, Some("1KiB")), [""; 0]);
    assert_eq!(found(bytes(1), None), ["capacity"]);
    assert_eq!(found(bytes(0), Some("1KiB")), ["capacity"]);
    assert_eq!(found(entries(1), Some("1KiB")), ["sizes"]);
}
