//! Hit ratios against theory, where requests are independent of one another.

use super::*;
use crate::kernel::random::Bits;
use crate::mechanism::keys::{KeySettings, Popularity, ZipfSettings};
use crate::quantity::{Factor, Limit};

fn zipf(exponent: f64, count: u32) -> Popularity {
    Popularity::new(&KeySettings::Zipf(ZipfSettings {
        exponent: Factor::new(exponent).unwrap(),
        count: Limit::At(count),
    }))
}

/// The share of hits among the requests that follow the first `warmup` ones.
fn hit_ratio(store: &mut Store, warmup: u64, counted: u64, mut draw: impl FnMut(&mut Draws) -> u32) -> f64 {
    let mut hits = 0;
    for number in 0..warmup + counted {
        let mut bits = bits(number);
        let key = draw(&mut bits);
        let is_hit = store.get(key).is_some();
        if !is_hit {
            store.insert(key, 1, &mut bits, |_, _| ());
        }
        hits += u64::from(is_hit && number >= warmup);
    }
    hits as f64 / counted as f64
}

/// Three keys with probabilities .5, .3 and .2, and room for two. LRU (King 1971): the sum over ordered pairs of `p q / (1 - p) (p + q)`; FIFO and random (Gelenbe, IEEE TC 22(6),
/// 1973): pairs in proportion to `p q`.
#[test]
fn three_keys_have_their_exact_hit_ratios() {
    let (counted, probabilities) = (400_000, [0.5, 0.3, 0.2]);
    let fifo = (0.15 * 0.8 + 0.10 * 0.7 + 0.06 * 0.5) / 0.31;
    for (eviction, expected) in
        [(Eviction::Lru, 0.719_285_714), (Eviction::Fifo, fifo), (Eviction::Random, fifo)]
    {
        let mut store = Store::new(eviction, Some(2));
        let found = hit_ratio(&mut store, 1000, counted, |bits| {
            let unit = bits.unit();
            u32::from(unit >= probabilities[0]) + u32::from(unit >= probabilities[0] + probabilities[1])
        });
        // Hits that follow one another are not independent, but hardly depend on each other: a state lasts for a few requests.
        let error = (expected * (1.0 - expected) / counted as f64).sqrt();
        assert!((found - expected).abs() < 4.0 * error, "{eviction:?}: {found}, not {expected}");
    }
}

/// Che's approximation (Che, Tung, Wang, IEEE JSAC 20(7), 2002; for FIFO and random Fricker, Robert, Roberts, ITC 2012), which is within 0.005 of the truth here.
#[test]
fn zipf_has_the_hit_ratios_of_che() {
    for (popularity, capacity, lru, fifo) in
        [(zipf(0.8, 1000), 100, 0.377_79, 0.333_68), (zipf(1.0, 10_000), 1000, 0.675_60, 0.630_91)]
    {
        for (eviction, expected) in [(Eviction::Lru, lru), (Eviction::Fifo, fifo), (Eviction::Random, fifo)] {
            let mut store = Store::new(eviction, Some(capacity));
            let found = hit_ratio(&mut store, 20_000, 200_000, |bits| popularity.draw(bits));
            assert!((found - expected).abs() < 0.005, "{eviction:?}, {capacity}: {found}, not {expected}");
        }
    }
}

/// If requests are independent, nothing is better than to keep the most popular keys (Aho, Denning, Ullman, JACM 18(1), 1971): of 10^4 keys by Zipf's law with exponent 1, the
/// first 1000 get H(1000) / H(10^4) = 0.7648 of the requests.
#[test]
fn what_looks_at_popularity_is_between_lru_and_the_best() {
    let popularity = zipf(1.0, 10_000);
    for eviction in [Eviction::Clock, Eviction::Sieve, Eviction::S3Fifo, Eviction::WTinyLfu, Eviction::Lfu] {
        let mut store = Store::new(eviction, Some(1000));
        let found = hit_ratio(&mut store, 50_000, 100_000, |bits| popularity.draw(bits));
        let least = if eviction == Eviction::Clock { 0.6756 } else { 0.71 };
        assert!((least..0.7648 + 0.004).contains(&found), "{eviction:?}: {found}");
    }
}

/// The `lru` crate agrees on every single access, and on who goes.
#[test]
fn another_implementation_of_lru_agrees() {
    let popularity = zipf(0.99, 10_000);
    let mut store = Store::new(Eviction::Lru, Some(500));
    let mut other = ::lru::LruCache::new(std::num::NonZeroUsize::new(500).unwrap());
    let mut hits = 0;
    for number in 0..200_000 {
        let key = popularity.draw(&mut bits(number));
        let (is_hit, gone) = ask(&mut store, key, number);
        assert_eq!(is_hit, other.get(&key).is_some());
        if !is_hit {
            let pushed_out = other.push(key, ()).map(|(key, ())| key);
            assert_eq!(gone.first().copied(), pushed_out);
        }
        hits += u32::from(is_hit);
    }
    assert!(hits > 80_000, "the trace has hits: {hits}");
}
