//! A lock against a naive one: a list of who has it and a list of who waits.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{Given, HoldId, Holds, LockMode, LockTable};
use crate::kernel::Time;

const EXCLUSIVE: LockMode = LockMode::Exclusive;
const SHARED: LockMode = LockMode::Shared;

/// Everybody who is at any place, in the order in which they came.
#[derive(Default)]
struct Naive {
    all: Vec<Entry>,
    outside: Vec<(u32, Option<u32>, LockMode)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Entry {
    who: u32,
    place: (u32, u32),
    mode: LockMode,
    waits: bool,
    since: Time,
}

impl Naive {
    /// Whoever waits, and has nobody before them who waits and nobody beside them who is in the way, goes on; until nobody does.
    fn settle(&mut self, now: Time) -> Vec<Given<u32>> {
        let mut given = Vec::new();
        while let Some(next) = (0..self.all.len()).find(|&index| self.may_go_on(index)) {
            let mut entry = self.all.remove(next);
            let (lock, place) = entry.place;
            given.push(Given { who: entry.who, lock, place, mode: entry.mode, since: entry.since });
            (entry.waits, entry.since) = (false, now);
            self.all.insert(next, entry);
        }
        given
    }

    fn may_go_on(&self, index: usize) -> bool {
        let entry = self.all[index];
        let both_read = |mode| mode == SHARED && entry.mode == SHARED;
        let same = |other: &&Entry| other.place == entry.place;
        let is_first = !self.all[..index].iter().filter(same).any(|other| other.waits);
        let in_the_way = self.all.iter().filter(same).any(|other| !other.waits && !both_read(other.mode));
        let (lock, place) = entry.place;
        let outside = self
            .outside
            .iter()
            .any(|&(other, at, mode)| other == lock && at.is_none_or(|at| at == place) && !both_read(mode));
        entry.waits && is_first && !in_the_way && !outside
    }
}

#[derive(Clone, Debug)]
enum Act {
    Acquire(u32, u32, LockMode),
    Release(Index),
    /// Everybody with an odd number who waits leaves, at once.
    Leave,
    Outside(u32, Option<u32>, LockMode),
    BackFromOutside(Index),
}

fn act() -> impl Strategy<Value = Act> {
    let mode = || prop_oneof![Just(EXCLUSIVE), Just(SHARED)];
    let place = prop_oneof![Just(None), (0_u32..3).prop_map(Some)];
    prop_oneof![
        6 => (0_u32..2, 0_u32..3, mode()).prop_map(|(lock, place, mode)| Act::Acquire(lock, place, mode)),
        6 => any::<Index>().prop_map(Act::Release),
        1 => Just(Act::Leave),
        1 => (0_u32..2, place, mode()).prop_map(|(lock, place, mode)| Act::Outside(lock, place, mode)),
        1 => any::<Index>().prop_map(Act::BackFromOutside),
    ]
}

proptest! {
    /// The same go on at the same instants, in the same order at each place, and when all are gone nothing is left.
    #[test]
    fn it_is_as_a_naive_one(acts in vec(act(), 1..120)) {
        let mut table: LockTable<u32> = LockTable::new(2);
        let (mut naive, mut held): (Naive, Vec<(u32, HoldId)>) = (Naive::default(), Vec::new());
        let mut given = Vec::new();
        for (step, act) in (0..).zip(acts) {
            let now = Time::from_ns(u64::from(step));
            given.clear();
            let mut expected = Vec::new();
            match act {
                Act::Acquire(lock, place, mode) => {
                    let is_free = table.is_free((lock, place), mode);
                    let (is_given, holds) = table.acquire(now, (lock, place), mode, step, Holds::default());
                    prop_assert_eq!(is_free, is_given);
                    let id = holds.last().expect("somebody who asks has something");
                    prop_assert_eq!((table.place_of(id), table.mode(id), table.since(id)), ((lock, place), mode, now));
                    held.push((step, id));
                    naive.all.push(Entry { who: step, place: (lock, place), mode, waits: true, since: now });
                    prop_assert_eq!(is_given, naive.settle(now).len() == 1);
                }
                Act::Release(which) if !held.is_empty() => {
                    let (who, id) = held.remove(which.index(held.len()));
                    table.release(now, id, &mut given);
                    naive.all.retain(|entry| entry.who != who);
                    expected = naive.settle(now);
                }
                Act::Leave => {
                    let goes = |who: u32, waits: bool| who % 2 == 1 && waits;
                    let (gone, kept): (Vec<_>, Vec<_>) =
                        held.into_iter().partition(|&(who, id)| goes(who, table.waits(id)));
                    held = kept;
                    let places: Vec<_> = gone.iter().map(|&(_, id)| table.place_of(id)).collect();
                    for (_, id) in gone {
                        table.leave_line(id);
                    }
                    for place in places {
                        table.serve(now, place, &mut given);
                    }
                    naive.all.retain(|entry| !goes(entry.who, entry.waits));
                    expected = naive.settle(now);
                }
                Act::Outside(lock, place, mode) => {
                    table.hold_outside(lock, place, mode);
                    naive.outside.push((lock, place, mode));
                }
                Act::BackFromOutside(which) if !naive.outside.is_empty() => {
                    let (lock, place, mode) = naive.outside.remove(which.index(naive.outside.len()));
                    table.release_outside(now, lock, place, mode, &mut given);
                    expected = naive.settle(now);
                }
                Act::Release(_) | Act::BackFromOutside(_) => {}
            }
            // Places are told one after the other.
            given.sort_by_key(|given| given.who);
            expected.sort_by_key(|given| given.who);
            prop_assert_eq!(&given, &expected);
            for &(who, id) in &held {
                let entry = naive.all.iter().find(|entry| entry.who == who).expect("both know who is there");
                prop_assert_eq!((table.waits(id), table.since(id)), (entry.waits, entry.since));
            }
        }
        for (_, id) in held {
            table.release(Time::from_ns(1000), id, &mut given);
        }
        for (lock, place, mode) in naive.outside {
            table.release_outside(Time::from_ns(1000), lock, place, mode, &mut given);
        }
        prop_assert_eq!(table.places_in_use(), 0);
    }
}

#[test]
fn what_somebody_has_is_given_back_from_the_inside_out() {
    let mut table: LockTable<u32> = LockTable::new(2);
    let (_, outer) = table.acquire(Time::ZERO, (0, 7), EXCLUSIVE, 1, Holds::default());
    let (_, both) = table.acquire(Time::ZERO, (1, 7), EXCLUSIVE, 1, outer);
    assert_eq!((table.depth(Holds::default()), table.depth(outer), table.depth(both)), (0, 1, 2));
    let inner = both.last().expect("there is one");
    assert_eq!((table.place_of(inner), table.outer(inner)), ((1, 7), outer));
    table.release(Time::ZERO, inner, &mut Vec::new());
    assert!(table.is_free((1, 7), EXCLUSIVE) && !table.is_free((0, 7), EXCLUSIVE));
}

#[test]
fn memory_goes_by_who_is_there_and_not_by_how_many_keys_there_are() {
    let mut table: LockTable<u32> = LockTable::new(1);
    for key in 0..10_000 {
        let (_, holds) = table.acquire(Time::ZERO, (0, key), EXCLUSIVE, key, Holds::default());
        table.release(Time::ZERO, holds.last().expect("it was taken"), &mut Vec::new());
    }
    assert_eq!((table.places.len(), table.holds.len(), table.places_in_use()), (1, 1, 0));
}
