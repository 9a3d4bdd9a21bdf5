//! Tokens against a reference that remembers everything that ever happened, and nothing else.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::kernel::{Duration, Time};
use crate::mechanism::cache::{Cache, CacheSettings, Found, Invalidated, LeaseSettings, Leases, Put};

#[derive(Clone, Copy, Debug)]
enum Deed {
    Miss(u32, u8),
    /// A put by somebody who wants to use a token.
    Fill(u32, u8),
    /// A removal, or a put by somebody who needs none.
    Change(u32),
    /// All even keys are lost.
    Lose,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0_u32..3, 0_u8..4).prop_map(|(key, holder)| Deed::Miss(key, holder)),
        3 => (0_u32..3, 0_u8..4).prop_map(|(key, holder)| Deed::Fill(key, holder)),
        1 => (0_u32..3).prop_map(Deed::Change),
        1 => Just(Deed::Lose),
    ]
}

/// What was granted, to whom, and when; and what ended it.
#[derive(Clone, Copy, Debug)]
enum Fact {
    Granted { key: u32, holder: u8, at: u64 },
    Over { key: u32 },
}

/// The last word about a key.
fn last(facts: &[Fact], key: u32) -> Option<(u8, u64)> {
    facts
        .iter()
        .rev()
        .find_map(|fact| match *fact {
            Fact::Granted { key: of, holder, at } if of == key => Some(Some((holder, at))),
            Fact::Over { key: of } if of == key => Some(None),
            Fact::Granted { .. } | Fact::Over { .. } => None,
        })
        .flatten()
}

proptest! {
    #[test]
    fn a_token_is_what_the_whole_story_says(ttl in 1_u64..6, deeds in vec((deed(), 0_u64..3), 1..80)) {
        let mut leases = Leases::default();
        let mut facts: Vec<Fact> = Vec::new();
        let mut now = 0;
        for (deed, later) in deeds {
            now += later;
            match deed {
                Deed::Miss(key, holder) => {
                    let expected = last(&facts, key).is_none_or(|(_, at)| now >= at + ttl);
                    let granted = leases.missed(key, holder, Time::from_ns(now), Duration::from_ns(ttl));
                    prop_assert_eq!(granted, expected);
                    if expected {
                        facts.push(Fact::Granted { key, holder, at: now });
                    }
                }
                Deed::Fill(key, holder) => {
                    let is_valid = last(&facts, key).is_some_and(|(of, _)| of == holder);
                    prop_assert_eq!(leases.holder(key) == Some(holder), is_valid);
                    if is_valid {
                        leases.void(key);
                        facts.push(Fact::Over { key });
                    }
                }
                Deed::Change(key) => {
                    leases.void(key);
                    facts.push(Fact::Over { key });
                }
                Deed::Lose => {
                    leases.void_if(|key| key % 2 == 0);
                    facts.extend([0, 2].map(|key| Fact::Over { key }));
                }
            }
        }
    }
}

#[test]
fn there_is_one_token_for_a_key_at_a_time() {
    let (ttl, at) = (Duration::from_secs(10), |s: u64| Time::from_ns(s * 1_000_000_000));
    let mut leases = Leases::default();
    assert!(leases.missed(7, 'a', at(0), ttl));
    assert!(!leases.missed(7, 'b', at(9), ttl), "somebody has it");
    assert!(leases.missed(8, 'b', at(9), ttl), "another key");
    assert_eq!(leases.holder(7), Some('a'));
    assert!(leases.missed(7, 'b', at(10), ttl), "it took too long");
    assert_eq!(leases.holder(7), Some('b'), "and the earlier one is void");
    leases.void(7);
    assert_eq!(leases.holder(7), None);
    assert!(leases.missed(7, 'c', at(11), ttl));
}

#[test]
fn a_token_that_is_handed_over_is_out_all_the_same() {
    let (ttl, at) = (Duration::from_secs(10), |s: u64| Time::from_ns(s * 1_000_000_000));
    let mut leases = Leases::default();
    assert!(leases.missed(7, 'a', at(0), ttl));
    leases.hand_over(7, 'b', 'c');
    leases.hand_over(8, 'a', 'c');
    assert_eq!((leases.holder(7), leases.holder(8)), (Some('a'), None), "it was not theirs");
    leases.hand_over(7, 'a', 'c');
    assert_eq!(leases.holder(7), Some('c'));
    assert!(!leases.missed(7, 'a', at(9), ttl));
    assert!(leases.missed(7, 'a', at(10), ttl));
}

#[derive(Clone, Copy, Debug)]
enum Use {
    Get(u32),
    /// By somebody who would have to wait.
    Instead(u32),
    Put(u32),
    Invalidate(u32),
}

proptest! {
    /// Goal: what is over, or was taken away, is there for those who would have to wait, for so long and for nobody else. Method: a table of when each entry was written and when its time was over.
    #[test]
    fn what_is_over_is_kept_for_those_who_would_have_to_wait(
        uses in vec(
            (
                0_u64..8,
                (0_u32..4, 0..4).prop_map(|(key, kind)| match kind {
                    0 => Use::Get(key),
                    1 => Use::Instead(key),
                    2 => Use::Put(key),
                    _ => Use::Invalidate(key),
                }),
            ),
            0..120,
        ),
        (lives, window) in (1_u64..20, 1_u64..20),
    ) {
        let lease = LeaseSettings { serve_stale: Some(Duration::from_ns(window)), ..LeaseSettings::default() };
        let ttl = Some(super::ttl(lives));
        let cache = Cache::new(&CacheSettings { ttl, lease: Some(lease), ..super::settings() });
        let mut state = cache.start_cold();
        let mut table: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        let mut now = 0;
        for (gap, one) in uses {
            now += gap;
            let time = Time::from_ns(now);
            match one {
                Use::Get(key) => {
                    let expected = match table.get(&key).copied() {
                        None => Found::Miss,
                        Some((written, over)) if now < over => super::hit(now - written),
                        Some((_, over)) if now < over + window => Found::Expired { is_kept: true },
                        Some(_) => {
                            table.remove(&key);
                            Found::Expired { is_kept: false }
                        }
                    };
                    prop_assert_eq!(super::get(&cache, &mut state, key, now), expected);
                }
                Use::Instead(key) => {
                    let there = table.get(&key).filter(|(_, over)| now < over + window);
                    let expected = there.map(|(written, _)| Duration::from_ns(now - written));
                    prop_assert_eq!(cache.get_instead_of_waiting(&state, key, time), expected);
                }
                Use::Put(key) => {
                    let is_new = table.insert(key, (now, now + lives)).is_none();
                    prop_assert_eq!(super::put(&cache, &mut state, key, now), Put { is_new, is_kept: true, evicted: 0 });
                }
                Use::Invalidate(key) => {
                    let fresh = table.get_mut(&key).filter(|(_, over)| now < *over);
                    let expected = if fresh.is_some() { Invalidated::Kept } else { Invalidated::Nothing };
                    if let Some((_, over)) = fresh {
                        *over = now;
                    }
                    prop_assert_eq!(cache.invalidate(&mut state, key, time), expected);
                }
            }
            prop_assert_eq!(state.len() as usize, table.len());
        }
    }
}
