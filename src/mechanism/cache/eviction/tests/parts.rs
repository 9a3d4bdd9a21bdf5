//! The index and the sketch by themselves, and the draws.

use super::super::entries::{Entries, NONE};
use super::super::index::Index;
use super::super::sketch::Sketch;
use super::super::w_tiny_lfu::WTinyLfu;
use super::*;

proptest! {
    #[test]
    fn the_index_finds_what_a_map_finds(
        operations in prop::collection::vec((0..40_u32, prop::bool::weighted(0.6)), 1..300),
    ) {
        let (mut index, mut map) = (Index::default(), BTreeMap::new());
        for ((key, comes), slot) in operations.into_iter().zip(0..) {
            if comes && !map.contains_key(&key) {
                index.insert(key, slot);
                map.insert(key, slot);
            } else if map.remove(&key).is_some() {
                index.remove(key);
            }
            for key in 0..40 {
                prop_assert_eq!(index.find(key), map.get(&key).copied().unwrap_or(NONE));
            }
        }
        index.clear();
        prop_assert!((0..40).all(|key| index.find(key) == NONE));
    }

    #[test]
    fn within_a_period_an_estimate_is_never_below_the_truth(keys in prop::collection::vec(0..50_u32, 1..159)) {
        let mut sketch = Sketch::default();
        sketch.resize(16);
        let mut truth = BTreeMap::new();
        for key in keys {
            sketch.count(key);
            *truth.entry(key).or_insert(0) += 1;
        }
        for (key, count) in truth {
            prop_assert!(sketch.estimate(key) >= count.min(15));
        }
    }
}

#[test]
fn counts_stop_at_15_and_are_halved_after_the_period() {
    let mut sketch = Sketch::default();
    assert_eq!((sketch.suits(1), sketch.estimate(1)), (false, 0));
    sketch.count(1);
    sketch.resize(1 << 16);
    assert_eq!(sketch.estimate(1), 0, "nothing was counted before it had a size");
    for _ in 0..20 {
        sketch.count(1);
    }
    assert_eq!((sketch.estimate(1), sketch.estimate(2)), (15, 0));

    // 160 counted accesses; that of 1 in the end does not count, and 1 is halved with all others by the 160th.
    let mut small = Sketch::default();
    small.resize(16);
    for _ in 0..15 {
        small.count(1);
    }
    for key in 100..244 {
        small.count(key);
    }
    small.count(1);
    assert_eq!(small.estimate(1), 15);
    small.count(1000);
    assert_eq!(small.estimate(1), 7);
}

#[test]
fn a_hundred_thousand_keys_are_told_apart() {
    let mut sketch = Sketch::default();
    sketch.resize(1 << 17);
    // Every tenth key is asked for five times, the others once.
    for key in 0..100_000 {
        for _ in 0..if key % 10 == 0 { 5 } else { 1 } {
            sketch.count(key);
        }
    }
    let overrated = (0..100_000).filter(|key| key % 10 != 0 && sketch.estimate(*key) >= 5).count();
    assert!(overrated < 1000, "{overrated}");
}

/// A candidate that is warm, and no warmer than the victim, is let in once in 128 times; within four standard errors.
#[test]
fn a_warm_candidate_is_let_in_now_and_then() {
    let mut entries = Entries::default();
    let mut policy = WTinyLfu::new(100);
    for key in 1000..1060 {
        let slot = entries.add(key, 1);
        policy.enter(&mut entries, slot);
    }
    for (key, count) in [(1, 6), (2, 7), (3, 5), (4, 8)] {
        for _ in 0..count {
            policy.count(key);
        }
    }
    let tries = 100_000;
    let admitted =
        |candidate| (0..tries).filter(|&number| policy.admits(candidate, 2, &mut bits(number))).count();
    assert_eq!((admitted(3), admitted(4)), (0, tries as usize));
    let expected = tries as f64 / 128.0;
    assert!((admitted(1) as f64 - expected).abs() < 4.0 * expected.sqrt(), "{}", admitted(1));
}

/// Chi-squared with 9 degrees of freedom is above 27.9 with a probability of 10^-3; the seed is fixed.
#[test]
fn random_eviction_takes_each_with_the_same_probability() {
    let mut full = Store::new(Eviction::Random, Some(10));
    for key in 0..10 {
        ask(&mut full, key, 0);
    }
    let mut counts = [0_u32; 10];
    for number in 0..10_000 {
        counts[ask(&mut full.clone(), 10, number).1[0] as usize] += 1;
    }
    let squares: f64 =
        counts.iter().map(|&count| (f64::from(count) - 1000.0) * (f64::from(count) - 1000.0)).sum();
    assert!(squares / 1000.0 < 27.9, "{counts:?}");
}
