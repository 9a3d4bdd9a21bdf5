//! Tokens against a reference that remembers everything that ever happened, and nothing else.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::kernel::{Duration, Time};
use crate::mechanism::cache::Leases;

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
