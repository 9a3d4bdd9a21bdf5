//! What is to be stored, against a reference that only knows which writes of which key there were, and what became of them.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::kernel::{Duration, Time};
use crate::mechanism::cache::{AfterStore, DirtyKeys, WriteBehindSettings, Written};
use crate::quantity::Limit;

/// One thing that happens, to one of a few keys.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Put(u32),
    /// The oldest wait of all is over.
    WaitEnds,
    /// The oldest store of all ends.
    StoreEnds(bool),
    /// Whoever sees to this key is gone.
    Crash(u32),
    /// All even keys are lost.
    Flush,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (0_u32..5).prop_map(Deed::Put),
        4 => Just(Deed::WaitEnds),
        3 => Just(Deed::StoreEnds(true)),
        3 => Just(Deed::StoreEnds(false)),
        1 => (0_u32..5).prop_map(Deed::Crash),
        1 => Just(Deed::Flush),
    ]
}

/// All writes of a key that the cache has, and that are not stored.
#[derive(Clone, Debug)]
struct Reference {
    key: u32,
    holder: u32,
    /// When each was made, and whether the store under way has it.
    writes: Vec<(u64, bool)>,
    /// Whether the cache has lost those that the store under way has.
    is_flushed: bool,
    failures: u32,
}

/// The reference: keys that wait, that stand in line, and that are being stored, each in their order.
#[derive(Clone, Default, Debug)]
struct World {
    waiting: VecDeque<Reference>,
    line: VecDeque<Reference>,
    storing: VecDeque<Reference>,
}

impl World {
    fn lists(&mut self) -> [&mut VecDeque<Reference>; 3] {
        [&mut self.waiting, &mut self.line, &mut self.storing]
    }

    fn take(&mut self, key: u32) -> Option<(Reference, bool)> {
        for (place, list) in self.lists().into_iter().enumerate() {
            if let Some(position) = list.iter().position(|it| it.key == key) {
                return list.remove(position).map(|it| (it, place == 2));
            }
        }
        None
    }

    fn all(&self) -> impl Iterator<Item = &Reference> {
        self.waiting.iter().chain(&self.line).chain(&self.storing)
    }
}

fn begins(mut of: Reference) -> Reference {
    of.writes.iter_mut().for_each(|write| write.1 = true);
    of
}

proptest! {
    #[test]
    fn what_is_to_be_stored_is_what_the_whole_story_says(
        delay in 0_u64..4,
        max_dirty in 1_u32..4,
        concurrency in 1_u32..3,
        max_attempts in 1_u32..4,
        deeds in vec((deed(), 0_u64..3), 1..120),
    ) {
        let rules = WriteBehindSettings {
            delay: Duration::from_ns(delay),
            max_dirty: Limit::At(max_dirty),
            concurrency,
            max_attempts,
            retry_delay: Duration::from_ns(7),
        };
        let mut dirty: DirtyKeys<u32> = DirtyKeys::default();
        let mut world = World::default();
        let (mut now, mut holders) = (0, 0);
        for (deed, later) in deeds {
            now += later;
            let at = Time::from_ns(now);
            match deed {
                Deed::Put(key) => {
                    let written = dirty.put(&rules, key, at);
                    let count = world.all().count();
                    if let Some(it) = world.lists().into_iter().flatten().find(|it| it.key == key) {
                        prop_assert_eq!(written, Written::Coalesced);
                        if std::mem::take(&mut it.is_flushed) {
                            it.writes.retain(|write| write.1);
                        }
                        it.writes.push((now, false));
                        continue;
                    }
                    if count == max_dirty as usize {
                        prop_assert_eq!(written, Written::Full);
                        continue;
                    }
                    prop_assert_eq!(written, Written::First);
                    holders += 1;
                    dirty.note(key, at, holders);
                    let writes = vec![(now, false)];
                    let new = Reference { key, holder: holders, writes, is_flushed: false, failures: 0 };
                    world.waiting.push_back(new);
                }
                Deed::WaitEnds => {
                    let Some(it) = world.waiting.pop_front() else { continue };
                    let has_room = world.storing.len() < concurrency as usize;
                    prop_assert_eq!(dirty.is_due(&rules, it.key), has_room);
                    if has_room {
                        world.storing.push_back(begins(it));
                    } else {
                        world.line.push_back(it);
                    }
                }
                Deed::StoreEnds(ok) => {
                    let Some(mut it) = world.storing.pop_front() else { continue };
                    let after = dirty.stored(&rules, it.key, at, ok);
                    let newer: Vec<(u64, bool)> = it.writes.iter().copied().filter(|write| !write.1).collect();
                    it.failures = if ok { 0 } else { it.failures + 1 };
                    let expected = if it.is_flushed {
                        // What came while it was being stored is lost, and what could not be stored is not tried again.
                        if ok && newer.is_empty() { AfterStore::Clean } else { AfterStore::Lost }
                    } else if ok {
                        it.writes = newer;
                        match it.writes.first() {
                            None => AfterStore::Clean,
                            Some(first) => {
                                AfterStore::Again(Duration::from_ns((first.0 + delay).saturating_sub(now)))
                            }
                        }
                    } else if it.failures == max_attempts && newer.is_empty() {
                        AfterStore::Lost
                    } else {
                        if it.failures == max_attempts {
                            it.failures = 0;
                        }
                        AfterStore::Again(rules.retry_delay)
                    };
                    prop_assert_eq!(after, expected);
                    if let AfterStore::Again(_) = after {
                        it.writes.iter_mut().for_each(|write| write.1 = false);
                        world.waiting.push_back(it);
                    }
                }
                Deed::Crash(key) => {
                    let was_stored = world.take(key).is_some_and(|(_, is_stored)| is_stored);
                    prop_assert_eq!(dirty.lose(key), was_stored);
                }
                Deed::Flush => {
                    let mut lost = dirty.lose_if(|key| key % 2 == 0);
                    let mut expected = Vec::new();
                    for list in [&mut world.waiting, &mut world.line] {
                        expected.extend(list.iter().filter(|it| it.key % 2 == 0).map(|it| it.holder));
                        list.retain(|it| it.key % 2 != 0);
                    }
                    world.storing.iter_mut().filter(|it| it.key % 2 == 0).for_each(|it| it.is_flushed = true);
                    lost.sort_unstable();
                    expected.sort_unstable();
                    prop_assert_eq!(lost, expected);
                }
            }
            while let Some(holder) = dirty.next(&rules) {
                let it = world.line.pop_front().expect("somebody stands in line");
                prop_assert_eq!(holder, it.holder);
                world.storing.push_back(begins(it));
            }
            prop_assert!(world.line.is_empty() || world.storing.len() == concurrency as usize);
            prop_assert_eq!(dirty.len(), world.all().count());
            for key in 0..5 {
                let known = world.all().find(|it| it.key == key && !it.is_flushed);
                let age = known.and_then(|it| it.writes.last()).map(|write| Duration::from_ns(now - write.0));
                prop_assert_eq!(dirty.age(key, at), age, "{}", key);
            }
        }
    }
}
