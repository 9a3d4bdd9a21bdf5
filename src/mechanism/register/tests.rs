//! Registers against naive ones: whole histories of who has written what.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{RegisterTable, Write};

#[derive(Clone, Copy, Debug)]
enum Act {
    Read(u32, (u32, u32)),
    Set(u32, (u32, u32)),
    Begin(u32, Option<u32>),
    Tell(u32, u32),
}

fn act() -> impl Strategy<Value = Act> {
    let who = || 0_u32..4;
    let value = || (0_u32..2, 0_u32..2);
    prop_oneof![
        3 => (who(), value()).prop_map(|(who, value)| Act::Read(who, value)),
        4 => (who(), value()).prop_map(|(who, value)| Act::Set(who, value)),
        1 => (who(), proptest::option::of(who())).prop_map(|(who, from)| Act::Begin(who, from)),
        1 => (who(), who()).prop_map(|(who, to)| Act::Tell(who, to)),
    ]
}

proptest! {
    /// A write goes through if, and only if, no other write of the same value lies between it and what its writer has seen. Keys are those of requests, so everybody has one key here.
    #[test]
    fn a_write_goes_through_if_nobody_else_has_written_since(acts in vec(act(), 1..80), key in 0_u32..2) {
        let mut table = RegisterTable::new(2);
        // Every write by its number, for each register; and the number that each has seen.
        let mut histories: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
        let mut seen: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for act in acts {
            match act {
                Act::Read(who, (register, _)) => {
                    table.read(who, (register, key));
                    seen.insert((who, register), histories[register as usize].len());
                }
                Act::Set(who, (register, _)) => {
                    let history = &mut histories[register as usize];
                    let expected = match seen.get(&(who, register)) {
                        None => Write::Blind,
                        Some(&at) if history[at..].is_empty() => Write::Done,
                        Some(_) => Write::Conflict,
                    };
                    prop_assert_eq!(table.compare_and_set(who, (register, key)), expected);
                    if expected != Write::Conflict {
                        history.push(who);
                        seen.insert((who, register), history.len());
                    }
                }
                Act::Begin(who, from) => {
                    let known = [0, 1].map(|register| from.and_then(|from| seen.get(&(from, register)).copied()));
                    table.begin(who, from);
                    for (register, known) in (0..).zip(known) {
                        seen.remove(&(who, register));
                        known.map(|known| seen.insert((who, register), known));
                    }
                }
                Act::Tell(who, to) => {
                    table.tell(who, to);
                    for register in 0..2 {
                        let told = seen.get(&(who, register)).copied();
                        let known = seen.get(&(to, register)).copied();
                        told.max(known).map(|latest| seen.insert((to, register), latest));
                    }
                }
            }
        }
    }
}

#[test]
fn keys_and_registers_are_apart_from_one_another() {
    let mut table = RegisterTable::new(2);
    table.read(0, (0, 7));
    assert_eq!(table.compare_and_set(1, (0, 8)), Write::Blind);
    assert_eq!(table.compare_and_set(1, (1, 7)), Write::Blind);
    assert_eq!(table.compare_and_set(0, (0, 7)), Write::Done);
    // It knows what it has written itself.
    assert_eq!(table.compare_and_set(0, (0, 7)), Write::Done);
    assert!(table.are_there() && !RegisterTable::new(0).are_there());
}
