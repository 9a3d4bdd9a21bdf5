//! Every policy against a naive model of it, access by access; worked examples; and exact hit ratios.

use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};

/// A source of bits of its own for every number.
fn bits(number: u64) -> Draws {
    let site = SiteKey::new(7, hash64("test"));
    Word::root(site, number).at(site)
}

/// Asks for a key and takes it in if it was missed; who had to go.
fn ask(store: &mut Store, key: u32, number: u64) -> (bool, Vec<u32>) {
    let mut gone = Vec::new();
    let is_hit = store.get(key).is_some();
    if !is_hit {
        store.insert(key, 1, &mut bits(number), |key, _| gone.push(key));
    }
    (is_hit, gone)
}

/// The keys that go, in their order, as each of these is asked for.
fn gone(eviction: Eviction, capacity: u64, keys: &[u32]) -> Vec<u32> {
    let mut store = Store::new(eviction, Some(capacity));
    keys.iter().zip(0..).flat_map(|(&key, number)| ask(&mut store, key, number).1).collect()
}

#[test]
fn lru_fifo_lfu_and_clock_differ_in_who_goes() {
    // 2 came last, 1 was used last, 3 is in between; 1 and 3 were hit.
    let asked = [1, 3, 2, 3, 1, 4];
    assert_eq!(gone(Eviction::Fifo, 3, &asked), [1]);
    assert_eq!(gone(Eviction::Lru, 3, &asked), [2]);
    assert_eq!(gone(Eviction::Lfu, 3, &asked), [2]);
    assert_eq!(gone(Eviction::Clock, 3, &asked), [2]);
}
