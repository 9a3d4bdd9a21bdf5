//! Examples that can be followed with a finger.

use super::*;

/// The keys that go, in their order, as each of these is asked for.
fn gone(eviction: Eviction, capacity: u64, keys: &[u32]) -> Vec<u32> {
    let mut store = Store::new(eviction, Some(capacity));
    keys.iter().zip(0..).flat_map(|(&key, number)| ask(&mut store, key, number).1).collect()
}

fn misses(eviction: Eviction, capacity: u64, keys: &[u32]) -> usize {
    let mut store = Store::new(eviction, Some(capacity));
    keys.iter().zip(0..).filter(|&(&key, number)| !ask(&mut store, key, number).0).count()
}

#[test]
fn policies_differ_in_who_goes() {
    // 1 came first, 2 was used the longest ago; 1 and 3 were hit.
    let asked = [1, 3, 2, 3, 1, 4];
    assert_eq!(gone(Eviction::Fifo, 3, &asked), [1]);
    for eviction in [Eviction::Lru, Eviction::Lfu, Eviction::Clock, Eviction::Sieve] {
        assert_eq!(gone(eviction, 3, &asked), [2], "{eviction:?}");
    }
}

/// Belady, Nelson, Shedler, "An anomaly in space-time characteristics of certain programs running in a paging machine", CACM 12(6), 1969: more room, and more misses; not with LRU, whose
/// larger cache contains the smaller one (Mattson et al., 1970).
#[test]
fn fifo_has_beladys_anomaly_and_lru_has_not() {
    let string = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];
    assert_eq!((misses(Eviction::Fifo, 3, &string), misses(Eviction::Fifo, 4, &string)), (9, 10));
    assert_eq!((misses(Eviction::Lru, 3, &string), misses(Eviction::Lru, 4, &string)), (10, 8));
}

/// Silberschatz, Galvin, Gagne, "Operating system concepts", the reference string of the chapter on page replacement: 15 and 12 page faults.
#[test]
fn the_textbook_string_has_its_page_faults() {
    let string = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
    assert_eq!(misses(Eviction::Fifo, 3, &string), 15);
    assert_eq!(misses(Eviction::Lru, 3, &string), 12);
}

#[test]
fn lfu_takes_the_least_recently_used_of_equal_counts() {
    // 1 and 2 have two accesses, 2 the later one; 3 and then 4 have one.
    assert_eq!(gone(Eviction::Lfu, 3, &[1, 2, 1, 2, 3, 4, 4, 5, 6]), [3, 1, 5]);
}

/// A spared key goes behind those that came meanwhile with CLOCK, and stays where it is with SIEVE: the hand is past it, and comes to the new ones first.
#[test]
fn sieve_keeps_the_old_where_clock_moves_it() {
    // 1 is spared and 2 goes for 4. CLOCK: 3, 1, 4. SIEVE: 1, 3, 4 with the hand at 3.
    let asked = [1, 2, 3, 1, 4, 5, 6];
    // CLOCK goes on with 3 and then 1; SIEVE with 3 and then 4.
    assert_eq!(gone(Eviction::Clock, 3, &asked), [2, 3, 1]);
    assert_eq!(gone(Eviction::Sieve, 3, &asked), [2, 3, 4]);
}

#[test]
fn the_hand_of_sieve_goes_round_and_moves_on_when_its_key_is_taken_out() {
    let mut store = Store::new(Eviction::Sieve, Some(3));
    for key in [1, 2, 3, 1, 4] {
        ask(&mut store, key, 0);
    }
    // 1, 3 (hand), 4.
    assert!(store.remove(3).is_some());
    assert!(ask(&mut store, 5, 0).1.is_empty());
    // 1, 4 (hand), 5: both are hit and spared, the hand goes round to 1.
    store.get(4);
    store.get(5);
    assert_eq!(ask(&mut store, 6, 0).1, [1]);
}

#[test]
fn s3_fifo_remembers_whom_it_turned_away() {
    let mut store = Store::new(Eviction::S3Fifo, Some(10));
    for key in 1..=10 {
        ask(&mut store, key, 0);
    }
    for key in [1, 1, 2] {
        ask(&mut store, key, 0);
    }
    // 1 was hit twice and moves to the main queue; 2 once, which is not enough, and it is a ghost now.
    assert_eq!(ask(&mut store, 11, 0).1, [2]);
    assert!(store.peek(1).is_some());
    // Back from the ghosts to the main queue, it survives a scan; 3 goes for it.
    assert_eq!(ask(&mut store, 2, 0).1, [3]);
    for key in 100..200 {
        ask(&mut store, key, 0);
    }
    let kept: Vec<u32> = store.keys().map(|(key, _)| key).filter(|key| *key < 100).collect();
    assert_eq!(kept.len(), 2);
    assert!(store.peek(1).is_some() && store.peek(2).is_some());
    // A ghost that is invalidated is none any more: it comes to the small queue, and goes with the next scan.
    assert!(store.remove(199).is_some() && store.remove(185).is_none() && store.peek(186).is_none());
    ask(&mut store, 185, 0);
    ask(&mut store, 186, 0);
    for key in 200..220 {
        ask(&mut store, key, 0);
    }
    assert_eq!((store.peek(185), store.peek(186).is_some()), (None, true));
}

/// Keys that are asked for again and again, and then many that are asked for once.
#[test]
fn a_scan_empties_lru_and_hardly_touches_what_asks_for_popularity() {
    let left = |eviction| {
        let mut store = Store::new(eviction, Some(100));
        for number in 0..1000 {
            ask(&mut store, number % 90, u64::from(number));
        }
        for number in 1000..2000 {
            ask(&mut store, number, u64::from(number));
        }
        store.keys().filter(|&(key, _)| key < 90).count()
    };
    for eviction in [Eviction::Lru, Eviction::Fifo, Eviction::Clock] {
        assert_eq!(left(eviction), 0, "{eviction:?}");
    }
    assert_eq!(left(Eviction::Lfu), 90);
    assert_eq!(left(Eviction::S3Fifo), 90);
    // The sketch is smaller than the number of keys in a scan, so now and then one of them looks popular.
    assert!(left(Eviction::WTinyLfu) >= 80, "{}", left(Eviction::WTinyLfu));
}

/// A hundred entries: the window has one, the main part 99.
#[test]
fn w_tiny_lfu_admits_only_what_is_more_popular_than_its_victim() {
    let mut store = Store::new(Eviction::WTinyLfu, Some(100));
    for key in 0..100 {
        ask(&mut store, key, 0);
    }
    // Nothing was counted before the cache was half full, so who comes, asked for once, is more popular than those who came then.
    let first: Vec<u32> = (1000..1050).flat_map(|key| ask(&mut store, key, 0).1).collect();
    assert_eq!(first, (0..50).collect::<Vec<_>>());
    // Now it is the turn of 50, which was asked for once, too: 1049, which falls out of the window, is not more popular.
    assert_eq!(ask(&mut store, 1050, 0).1, [1049]);
    // Asked for three times, 1050 is.
    store.get(1050);
    store.get(1050);
    assert_eq!(ask(&mut store, 1051, 0).1, [50]);
    assert!(store.peek(1050).is_some());
}

#[test]
fn what_is_heavier_than_the_capacity_does_not_come_in() {
    for eviction in Eviction::ALL {
        let mut store = Store::new(eviction, Some(10));
        let mut gone = Vec::new();
        assert!(store.insert(1, 3, &mut bits(0), |key, _| gone.push(key)).is_some());
        assert_eq!(store.insert(2, 11, &mut bits(0), |key, _| gone.push(key)), None);
        assert_eq!((store.len(), store.weight(), &gone[..]), (1, 3, &[][..]), "{eviction:?}");
        // Nor may it grow beyond.
        assert_eq!(store.insert(1, 11, &mut bits(0), |key, _| gone.push(key)), None);
        assert_eq!((store.len(), store.weight(), &gone[..]), (0, 0, &[1][..]), "{eviction:?}");
    }
}

#[test]
fn without_a_capacity_nobody_goes_and_without_any_nobody_comes() {
    for eviction in Eviction::ALL {
        let mut unlimited = Store::new(eviction, None);
        for key in 0..1000 {
            assert_eq!(ask(&mut unlimited, key, 0), (false, vec![]));
        }
        assert_eq!((unlimited.len(), unlimited.weight()), (1000, 1000));
        assert!(unlimited.remove(500).is_some() && unlimited.get(500).is_none());
        let mut none = Store::new(eviction, Some(0));
        assert_eq!(none.insert(1, 1, &mut bits(0), |_, _| ()), None);
        // No weight is some weight, or there would be room for any number.
        assert_eq!(none.insert(1, 0, &mut bits(0), |_, _| ()), None);
    }
}

#[test]
fn a_huge_capacity_takes_no_room_before_it_is_used() {
    for eviction in Eviction::ALL {
        let mut store = Store::new(eviction, Some(u64::MAX));
        for key in 0..100 {
            ask(&mut store, key, 0);
        }
        assert_eq!(store.len(), 100);
    }
}

#[test]
fn every_name_is_what_the_language_reads() {
    for eviction in Eviction::ALL {
        let text = format!("\"{}\"", eviction.name());
        assert_eq!(serde_json::to_string(&eviction).unwrap(), text);
        assert_eq!(serde_json::from_str::<Eviction>(&text).unwrap(), eviction);
    }
    assert_eq!(Eviction::default(), Eviction::Lru);
    assert!(serde_json::from_str::<Eviction>("\"arc\"").is_err());
}
