//! Goal: never more inside than there are places, first come, first served, and nobody forgotten.
//! Method: random scripts against a naive line in which everybody stands by name.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::kernel::Duration;
use crate::mechanism::Problems;
use crate::quantity::Limit;

fn semaphore(max_concurrent: u32, waits: bool, queue_capacity: Limit<u32>) -> BulkheadSettings {
    let max_wait = Limit::At(if waits { Duration::from_secs(1) } else { Duration::ZERO });
    BulkheadSettings::Semaphore(SemaphoreSettings { max_concurrent, max_wait, queue_capacity })
}

#[derive(Clone, Debug)]
enum Step {
    Enter,
    Leave(Index),
    GiveUp(Index),
}

proptest! {
    #[test]
    fn places_go_to_who_came_first_and_still_waits(
        places in 1_u32..4,
        capacity in prop_oneof![Just(Limit::Unlimited), (0_u32..4).prop_map(Limit::At)],
        waits in any::<bool>(),
        steps in vec(
            prop_oneof![
                3 => Just(Step::Enter),
                2 => any::<Index>().prop_map(Step::Leave),
                1 => any::<Index>().prop_map(Step::GiveUp)
            ],
            1..200
        ),
    ) {
        let bulkhead = Bulkhead::new(&semaphore(places, waits, capacity));
        let mut state = BulkheadState::default();
        let (mut inside, mut line): (BTreeSet<u32>, Vec<u32>) = (BTreeSet::new(), Vec::new());
        for (who, step) in (0_u32..).zip(steps) {
            match step {
                Step::Enter => {
                    let room = if waits { capacity.limited().unwrap_or(u32::MAX) } else { 0 };
                    let expected = if inside.len() < places as usize {
                        inside.insert(who);
                        Entry::Entered
                    } else if line.len() < room as usize {
                        line.push(who);
                        Entry::Waits(Some(Duration::from_secs(1)))
                    } else {
                        Entry::Full
                    };
                    prop_assert_eq!(bulkhead.enter(&mut state, who), expected);
                }
                Step::Leave(which) if !inside.is_empty() => {
                    let leaver = *which.get(&inside.iter().copied().collect::<Vec<_>>());
                    inside.remove(&leaver);
                    let expected = if line.is_empty() { None } else { Some(line.remove(0)) };
                    inside.extend(expected);
                    let waiting = expected.into_iter().chain(line.iter().copied()).collect::<BTreeSet<_>>();
                    prop_assert_eq!(state.leave(|who| waiting.contains(who)), expected);
                }
                Step::GiveUp(which) if !line.is_empty() => {
                    line.remove(which.index(line.len()));
                    state.give_up();
                }
                Step::Leave(_) | Step::GiveUp(_) => {}
            }
            prop_assert_eq!((state.taken() as usize, state.waiting() as usize), (inside.len(), line.len()));
        }
    }
}

#[test]
fn the_defaults_are_those_of_resilience4j() {
    let bulkhead = Bulkhead::new(&BulkheadSettings::Semaphore(SemaphoreSettings::default()));
    let mut state = BulkheadState::default();
    let entries: Vec<Entry> = (0..26).map(|who| bulkhead.enter(&mut state, who)).collect();
    assert_eq!(entries[..25], [Entry::Entered; 25]);
    assert_eq!(entries[25], Entry::Full, "nobody waits");
    let pool = ThreadPoolSettings { threads: 1, queue_capacity: Limit::At(100), cancel_frees_worker: false };
    let pool = Bulkhead::new(&BulkheadSettings::ThreadPool(pool));
    let mut state = BulkheadState::default();
    let waiting = (0..200).filter(|&who| pool.enter(&mut state, who) == Entry::Waits(None)).count();
    assert_eq!((waiting, pool.keeps_workers(), bulkhead.keeps_workers()), (100, true, false));
}

#[test]
fn settings_that_cannot_be_meant_are_found() {
    let found = |settings: BulkheadSettings| {
        let mut problems = Problems::new();
        settings.check(&mut problems);
        problems.into_found().iter().map(|it| (it.is_error, it.path.clone())).collect::<Vec<_>>()
    };
    assert_eq!(found(semaphore(25, false, Limit::Unlimited)), []);
    assert_eq!(found(semaphore(0, false, Limit::Unlimited)), [(true, "semaphore.max_concurrent".to_owned())]);
    assert_eq!(found(semaphore(1, true, Limit::At(0))), [(false, "semaphore.max_wait".to_owned())]);
    assert_eq!(found(semaphore(1, false, Limit::At(5))), [(false, "semaphore.queue_capacity".to_owned())]);
    let pool = ThreadPoolSettings { threads: 0, queue_capacity: Limit::At(0), cancel_frees_worker: true };
    assert_eq!(found(BulkheadSettings::ThreadPool(pool)), [(true, "thread_pool.threads".to_owned())]);
}
