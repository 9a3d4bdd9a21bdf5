//! Every policy against a naive model of it, access by access; worked examples; and hit ratios against theory.

use std::collections::BTreeMap;

use proptest::prelude::*;

use self::reference::{below, model};
use super::*;
use crate::kernel::random::{Draws, SiteKey, Word, hash64};

mod examples;
mod parts;
mod ratios;
mod reference;

/// A source of bits of its own for every number.
fn bits(number: u64) -> Draws {
    let site = SiteKey::new(7, hash64("test"));
    Word::root(site, number).at(site)
}

/// Asks for a key and takes it in if it was missed; whether it was there, and who had to go.
fn ask(store: &mut Store, key: u32, number: u64) -> (bool, Vec<u32>) {
    let mut gone = Vec::new();
    let is_hit = store.get(key).is_some();
    if !is_hit {
        store.insert(key, 1, &mut bits(number), |key, _| gone.push(key));
    }
    (is_hit, gone)
}

#[derive(Clone, Debug)]
enum Operation {
    /// A look-up, and on a miss the key comes.
    Ask(u32, u32),
    /// The key comes, or changes its weight, unasked for.
    Insert(u32, u32),
    Remove(u32),
    Clear,
}

/// A few keys are asked for often, as in life; else nobody would ever be popular.
fn operation(weight_max: u32) -> impl Strategy<Value = Operation> {
    let key = || prop_oneof![3 => 0..6_u32, 3 => 0..20_u32, 2 => 0..80_u32];
    let weight = || 1..=weight_max;
    prop_oneof![
        100 => (key(), weight()).prop_map(|(key, weight)| Operation::Ask(key, weight)),
        6 => (key(), weight()).prop_map(|(key, weight)| Operation::Insert(key, weight)),
        6 => key().prop_map(Operation::Remove),
        1 => Just(Operation::Clear),
    ]
}

/// A store as its owner sees it: what is in each slot.
struct Owner {
    store: Store,
    in_slots: Vec<Option<u32>>,
    most: usize,
}

impl Owner {
    fn insert(&mut self, key: u32, weight: u32, number: u64) -> (bool, Vec<u32>) {
        let before = self.store.peek(key);
        let (mut gone, in_slots) = (Vec::new(), &mut self.in_slots);
        let slot = self.store.insert(key, weight, &mut bits(number), |key, slot| {
            assert_eq!(in_slots[slot.index()].take(), Some(key), "who goes was in this slot");
            gone.push(key);
        });
        self.most = self.most.max(self.store.len());
        if let Some(slot) = slot {
            assert!(slot.index() <= self.most, "slots are dense");
            if self.in_slots.len() <= slot.index() {
                self.in_slots.resize(slot.index() + 1, None);
            }
            if let Some(before) = before {
                assert_eq!(slot, before, "an update keeps the slot");
            } else {
                assert_eq!(self.in_slots[slot.index()], None, "the slot was free");
            }
            self.in_slots[slot.index()] = Some(key);
        }
        (slot.is_some(), gone)
    }

    /// The store says of its keys what its owner has seen.
    fn check(&self, expected: &BTreeMap<u32, u32>) {
        let seen = self.in_slots.iter().enumerate().filter_map(|(slot, key)| key.map(|key| (key, slot)));
        let keys: Vec<(u32, usize)> = self.store.keys().map(|(key, slot)| (key, slot.index())).collect();
        assert_eq!(keys, seen.collect::<Vec<_>>());
        for &(key, slot) in &keys {
            assert_eq!(self.store.peek(key).map(Slot::index), Some(slot));
        }
        let kept: Vec<u32> = expected.keys().copied().collect();
        let mut sorted: Vec<u32> = keys.iter().map(|&(key, _)| key).collect();
        sorted.sort_unstable();
        assert_eq!(sorted, kept);
        assert_eq!(self.store.len(), expected.len());
        assert_eq!(self.store.is_empty(), expected.is_empty());
        assert_eq!(self.store.weight(), expected.values().map(|&weight| u64::from(weight)).sum::<u64>());
    }
}

/// The same hits and the same who goes, in the same order, as a naive model.
fn agrees(eviction: Eviction, capacity: u64, operations: &[Operation]) {
    let mut owner = Owner { store: Store::new(eviction, Some(capacity)), in_slots: Vec::new(), most: 0 };
    let mut naive = model(eviction, capacity);
    for (operation, number) in operations.iter().zip(0..) {
        match *operation {
            Operation::Ask(key, weight) => {
                let found = owner.store.get(key);
                assert_eq!(found.is_some(), naive.get(key), "{eviction:?}: {number}. a hit of {key}");
                if let Some(slot) = found {
                    assert_eq!(owner.in_slots[slot.index()], Some(key));
                } else {
                    let expected = naive.insert(key, weight, &mut below(&mut bits(number)));
                    let found = owner.insert(key, weight, number);
                    assert_eq!(found, expected, "{eviction:?}: {number}. {key} comes");
                }
            }
            Operation::Insert(key, weight) => {
                let expected = naive.insert(key, weight, &mut below(&mut bits(number)));
                assert_eq!(
                    owner.insert(key, weight, number),
                    expected,
                    "{eviction:?}: {number}. {key} changes"
                );
            }
            Operation::Remove(key) => {
                let slot = owner.store.remove(key);
                assert_eq!(slot.is_some(), naive.remove(key));
                if let Some(slot) = slot {
                    assert_eq!(owner.in_slots[slot.index()].take(), Some(key));
                }
            }
            Operation::Clear => {
                owner.store.clear();
                owner.in_slots.clear();
                naive = model(eviction, capacity);
            }
        }
        assert!(owner.store.weight() <= capacity);
        // Who goes is compared always, and everybody who stays now and then, which takes longer.
        if number % 16 == 0 || number as usize + 1 == operations.len() {
            owner.check(&naive.kept());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn entries_come_and_go_as_in_a_naive_model(
        capacity in 1..=40_u64,
        operations in prop::collection::vec(operation(1), 1..500),
    ) {
        for eviction in Eviction::ALL {
            agrees(eviction, capacity, &operations);
        }
    }

    #[test]
    fn weights_come_and_go_as_in_a_naive_model(
        capacity in 1..=40_u64,
        operations in prop::collection::vec(operation(5), 1..500),
    ) {
        for eviction in Eviction::ALL {
            agrees(eviction, capacity, &operations);
        }
    }

    /// Wide enough for segments of several entries, and a window of more than one.
    #[test]
    fn larger_stores_agree_with_a_naive_model(
        capacity in 100..=600_u64,
        accesses in prop::collection::vec(
            (prop_oneof![2 => 0..100_u32, 1 => 0..600_u32], prop::bool::weighted(0.9), 1..=6_u32),
            500..1500,
        ),
        weight_max in 1..=6_u32,
    ) {
        let operation = |&(key, is_asked, weight): &(u32, bool, u32)| {
            let weight = weight.min(weight_max);
            if is_asked { Operation::Ask(key, weight) } else { Operation::Insert(key, weight) }
        };
        let operations: Vec<Operation> = accesses.iter().map(operation).collect();
        for eviction in [Eviction::S3Fifo, Eviction::WTinyLfu] {
            agrees(eviction, capacity, &operations);
        }
    }
}
