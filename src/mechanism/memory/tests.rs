//! A heap against its rules, and against one that knows every object.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::kernel::{Duration, Time};
use crate::mechanism::Problems;
use crate::quantity::{Bandwidth, Bytes, Share};

const SECOND: u64 = 1_000_000_000;

fn settings(collector: Option<CollectorSettings>) -> MemorySettings {
    MemorySettings {
        heap: Bytes::new(1000),
        base_live: Bytes::new(100),
        live_per_request: Bytes::new(10),
        live_per_queued: Bytes::new(3),
        live_per_connection: Bytes::new(7),
        allocated_per_request: Some(Bytes::new(50)),
        collector,
        out_of_memory: OutOfMemorySettings::default(),
    }
}

/// 100 bytes per second.
fn speed() -> Bandwidth {
    Bandwidth::new(100).expect("above 0")
}

fn stop_the_world() -> StopTheWorldSettings {
    StopTheWorldSettings { speed: speed(), base_pause: Duration::from_ns(SECOND / 2), overhead_limit: None }
}

fn stopping() -> Memory {
    Memory::new(&settings(Some(CollectorSettings::StopTheWorld(stop_the_world()))))
}

fn concurrent() -> Memory {
    let collector =
        ConcurrentSettings { speed: speed(), starts_at: Share::percent(50), cpu_share: Share::percent(20) };
    Memory::new(&settings(Some(CollectorSettings::Concurrent(collector))))
}

fn at(second: u64) -> Time {
    Time::from_ns(second * SECOND)
}

/// So many attempts allocate; those who are done are not in `on_threads` any more.
fn allocate(memory: &Memory, state: &mut MemoryState, times: u32) {
    for _ in 0..times {
        memory.allocate_request(state, 1.0);
    }
}

#[test]
fn a_full_heap_stops_everything_until_what_is_alive_was_traced() {
    let memory = stopping();
    let mut state = memory.begin(at(0));
    allocate(&memory, &mut state, 17);
    assert!(!memory.is_pressed(&state, 4, 0), "950 of 1000 bytes");
    allocate(&memory, &mut state, 1);
    assert!(memory.is_pressed(&state, 4, 0));
    let live = memory.live(&state, 4, 20);
    assert_eq!(live, 100 + 40 + 60);
    // Half a second, and 200 bytes at 100 bytes per second.
    let takes = Duration::from_ns(SECOND * 5 / 2);
    assert_eq!(memory.respond(&mut state, at(1), live), Response::Collect(takes));
    assert_eq!(memory.impact(&state), Impact::Stopped);
    assert_eq!(memory.respond(&mut state, at(1), live), Response::Nothing, "it goes on already");
    let end = at(1) + takes;
    let collected = Collected { stopped: takes, freed: 800, out_of_memory: false };
    assert_eq!(memory.collected(&mut state, end), collected);
    assert_eq!((memory.occupied(&state, live), memory.impact(&state)), (200, Impact::None));
}

#[test]
fn a_concurrent_collection_begins_early_and_stalls_everybody_if_it_is_too_late() {
    let memory = concurrent();
    let mut state = memory.begin(at(0));
    allocate(&memory, &mut state, 8);
    assert!(memory.is_pressed(&state, 0, 0), "500 of 1000 bytes");
    assert_eq!(memory.respond(&mut state, at(0), 100), Response::Collect(Duration::from_secs(1)));
    assert_eq!(memory.impact(&state), Impact::Slowed(1.25));
    allocate(&memory, &mut state, 9);
    assert!(!memory.is_pressed(&state, 0, 0), "950 bytes: there is room while it goes on");
    allocate(&memory, &mut state, 1);
    assert!(memory.is_pressed(&state, 0, 0));
    let half = Time::from_ns(SECOND / 2);
    assert_eq!(memory.respond(&mut state, half, 100), Response::Stall);
    assert_eq!(memory.impact(&state), Impact::Stopped);
    let collected = memory.collected(&mut state, at(1));
    assert_eq!(collected.stopped, Duration::from_ns(SECOND / 2));
    // What came while it went on is there until the next one, dead or not.
    assert_eq!((collected.freed, memory.occupied(&state, 100)), (400, 600));
    assert!(memory.is_pressed(&state, 0, 0));
}

#[test]
fn what_does_not_fit_alive_is_killed_and_comes_back_later_each_time() {
    let memory = stopping();
    let mut state = memory.begin(at(0));
    allocate(&memory, &mut state, 18);
    let live = memory.live(&state, 90, 0);
    assert_eq!(live, 1000);
    memory.respond(&mut state, at(0), live);
    let mut now = at(1);
    assert!(memory.collected(&mut state, now).out_of_memory);
    for away in [10, 20, 40, 80, 160, 300, 300] {
        assert_eq!(memory.kill(&mut state, now), Duration::from_secs(away));
        memory.begin_anew(&mut state, now);
        assert_eq!(memory.impact(&state), Impact::Down);
        assert!(!memory.is_pressed(&state, 90, 0));
        now = now + Duration::from_secs(away);
        memory.come_back(&mut state, now);
        assert_eq!((memory.impact(&state), memory.occupied(&state, 0)), (Impact::None, 100));
    }
    now = now + Duration::from_secs(600);
    assert_eq!(memory.kill(&mut state, now), Duration::from_secs(10), "it has run for ten minutes");
}

#[test]
fn without_a_collector_only_what_is_alive_counts() {
    let memory = Memory::new(&settings(None));
    let mut state = memory.begin(at(0));
    allocate(&memory, &mut state, 10_000);
    assert!(!memory.is_pressed(&state, 89, 0));
    assert_eq!(memory.occupied(&state, 990), 990);
    assert!(memory.is_pressed(&state, 90, 0));
    assert_eq!(memory.respond(&mut state, at(0), 1000), Response::Kill);
}

/// HotSpot's rule, by hand: 10.35 s of every 10.45 s, with 15 bytes of 1000 free, five times.
#[test]
fn collecting_all_the_time_for_nothing_is_too_much_the_fifth_time() {
    let limit = StopTheWorldSettings { overhead_limit: Some(Share::percent(90)), ..stop_the_world() };
    let memory = Memory::new(&settings(Some(CollectorSettings::StopTheWorld(limit))));
    let mut state = memory.begin(at(0));
    memory.set_stress(&mut state, 885);
    let mut now = at(0);
    // Once there are two seconds between, which are a sixth of the time: that forgives everything before.
    let gaps = [1, 1, 1, 1, 20, 1, 1, 1, 1, 1].map(|tenths| Duration::from_ns(tenths * SECOND / 10));
    let killed = gaps.map(|gap| {
        now = now + gap;
        allocate(&memory, &mut state, 1);
        let live = memory.live(&state, 0, 0);
        let Response::Collect(takes) = memory.respond(&mut state, now, live) else { panic!("it is full") };
        now = now + takes;
        memory.collected(&mut state, now).out_of_memory
    });
    let mut expected = [false; 10];
    expected[9] = true;
    assert_eq!(killed, expected);
}

#[test]
fn a_collection_that_leaves_room_forgives() {
    let limit = StopTheWorldSettings { overhead_limit: Some(Share::percent(90)), ..stop_the_world() };
    let memory = Memory::new(&settings(Some(CollectorSettings::StopTheWorld(limit))));
    let mut state = memory.begin(at(0));
    let mut now = at(0);
    let killed = [885, 885, 885, 885, 880, 885, 885, 885, 885, 885].map(|stress| {
        memory.set_stress(&mut state, stress);
        allocate(&memory, &mut state, 1);
        let live = memory.live(&state, 0, 0);
        let Response::Collect(takes) = memory.respond(&mut state, now, live) else { panic!("it is full") };
        now = now + takes;
        memory.collected(&mut state, now).out_of_memory
    });
    let mut expected = [false; 10];
    expected[9] = true;
    assert_eq!(killed, expected, "980 bytes leave the two hundredths that forgive");
}

/// What can happen to a process.
#[derive(Clone, Copy, Debug)]
enum Op {
    Queue,
    Start,
    Finish,
    Open,
    Close,
    Stress(u64),
    /// The collection in progress ends, if there is one.
    Collected,
}

/// A heap that knows every object: how large it is, and whether anybody needs it.
#[derive(Default)]
struct Objects {
    alive: Vec<(Owner, u64)>,
    dead: u64,
    /// Dead when the collection in progress began.
    found: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    Process,
    Request,
    Queued,
    Connection,
    Stress,
}

impl Objects {
    fn allocate(&mut self, owner: Owner, bytes: u64) {
        self.alive.push((owner, bytes));
    }

    /// One object of this owner is needed no more; false if there is none.
    fn drop_one(&mut self, owner: Owner) -> bool {
        let position = self.alive.iter().position(|(other, _)| *other == owner);
        if let Some(position) = position {
            self.dead += self.alive.swap_remove(position).1;
        }
        position.is_some()
    }

    fn count(&self, owner: Owner) -> u32 {
        self.alive.iter().filter(|(other, _)| *other == owner).count() as u32
    }

    fn live(&self) -> u64 {
        self.alive.iter().map(|(_, bytes)| bytes).sum()
    }
}

proptest! {
    /// What is alive and what is there are those of a heap that counts objects, one by one, and a collection frees just what was dead when it began.
    #[test]
    fn a_heap_is_the_sum_of_its_objects(
        is_concurrent in any::<bool>(),
        ops in vec(prop_oneof![
            3 => Just(Op::Queue),
            6 => Just(Op::Start),
            6 => Just(Op::Finish),
            2 => Just(Op::Open),
            2 => Just(Op::Close),
            1 => (0_u64..100).prop_map(Op::Stress),
            3 => Just(Op::Collected),
        ], 0..300),
    ) {
        let memory = if is_concurrent { concurrent() } else { stopping() };
        let mut state = memory.begin(at(0));
        let mut objects = Objects::default();
        objects.allocate(Owner::Process, 100);
        for (second, op) in (1..).zip(ops) {
            match op {
                Op::Queue => {
                    memory.allocate_queued(&mut state);
                    objects.allocate(Owner::Queued, 3);
                }
                Op::Start => {
                    objects.drop_one(Owner::Queued);
                    memory.allocate_request(&mut state, 1.0);
                    objects.allocate(Owner::Request, 10);
                    objects.dead += 40;
                }
                Op::Finish => _ = objects.drop_one(Owner::Request),
                Op::Open => {
                    memory.open_connection(&mut state);
                    objects.allocate(Owner::Connection, 7);
                }
                Op::Close => {
                    if objects.drop_one(Owner::Connection) {
                        memory.close_connection(&mut state);
                    }
                }
                Op::Stress(bytes) => {
                    memory.set_stress(&mut state, bytes);
                    // Of what was there before as much stays as is still needed; what is more is new.
                    let before: u64 = objects.alive.iter().filter(|(owner, _)| *owner == Owner::Stress).map(|(_, bytes)| bytes).sum();
                    objects.alive.retain(|(owner, _)| *owner != Owner::Stress);
                    objects.dead += before.saturating_sub(bytes);
                    objects.allocate(Owner::Stress, bytes);
                }
                Op::Collected => {
                    if let Some(found) = objects.found.take() {
                        let collected = memory.collected(&mut state, at(second));
                        prop_assert_eq!(collected.freed, found);
                        objects.dead -= found;
                    }
                }
            }
            let (requests, queued) = (objects.count(Owner::Request), objects.count(Owner::Queued));
            let live = memory.live(&state, requests, queued);
            prop_assert_eq!(live, objects.live());
            let occupied = memory.occupied(&state, live);
            prop_assert_eq!(occupied, objects.live() + objects.dead);
            let limit = if is_concurrent && objects.found.is_none() { 500 } else { 1000 };
            let is_stopped = memory.impact(&state) == Impact::Stopped;
            prop_assert_eq!(memory.is_pressed(&state, requests, queued), occupied >= limit && !is_stopped);
            if occupied >= limit && !is_stopped {
                match memory.respond(&mut state, at(second), live) {
                    Response::Collect(_) => objects.found = Some(objects.dead),
                    Response::Stall => prop_assert!(is_concurrent && occupied >= 1000 && objects.found.is_some()),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }
    }
}

fn complaints(settings: &MemorySettings) -> Vec<String> {
    let mut problems = Problems::new();
    settings.check(&mut problems);
    problems.into_found().into_iter().map(|problem| problem.path).collect()
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let good = settings(None);
    assert_eq!(complaints(&good), Vec::<String>::new());
    let bad = [
        (MemorySettings { heap: Bytes::new(0), ..good }, "heap"),
        (MemorySettings { base_live: Bytes::new(1000), ..good }, "base_live"),
        (MemorySettings { live_per_request: Bytes::new(51), ..good }, "allocated_per_request"),
        (MemorySettings { allocated_per_request: Some(Bytes::new(900)), ..good }, "allocated_per_request"),
        (MemorySettings { live_per_queued: Bytes::new(900), ..good }, "live_per_queued"),
    ];
    for (settings, path) in bad {
        assert_eq!(complaints(&settings), [path]);
    }
    let limit = StopTheWorldSettings { overhead_limit: Some(Share::ZERO), ..stop_the_world() };
    let bad = settings(Some(CollectorSettings::StopTheWorld(limit)));
    assert_eq!(complaints(&bad), ["collector.stop_the_world.overhead_limit"]);
    let collectors = [
        (Share::ZERO, Share::percent(20), "collector.concurrent.starts_at"),
        (Share::percent(50), Share::ONE, "collector.concurrent.cpu_share"),
    ];
    for (starts_at, cpu_share, path) in collectors {
        let collector = ConcurrentSettings { speed: speed(), starts_at, cpu_share };
        assert_eq!(complaints(&settings(Some(CollectorSettings::Concurrent(collector)))), [path]);
    }
    let (zero, minute) = (Duration::ZERO, Duration::from_secs(60));
    for (restart_after, restart_max, path) in [
        (zero, minute, "out_of_memory.restart_after"),
        (minute, Duration::from_secs(1), "out_of_memory.restart_max"),
    ] {
        let out_of_memory = OutOfMemorySettings { restart_after, restart_max };
        assert_eq!(complaints(&MemorySettings { out_of_memory, ..settings(None) }), [path]);
    }
}
