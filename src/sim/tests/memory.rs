//! Heaps in the engine: when a collection begins, what it stops, who is killed, what comes back.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, MemoryEvent};

/// Users who come at 20 ms, 40 ms, … until an instant to a service with a heap of 1000 bytes, of which an attempt allocates 200; 1 byte takes 0.1 ms.
fn heap(until: &str, service: &str, memory: &str, rest: &str) -> Story {
    let text = users("50/s", until)
        + &format!(
            r#"
[services.a]
{service}
memory = {{ heap = "1000B", base_live = "100B", {memory} }}
{rest}
"#
        );
    tell(&text)
}

const STOPS: &str = "live_per_request = \"50B\", allocated_per_request = \"200B\", collector = { stop_the_world = { speed = \"10000B/s\" } }";

/// What happened to heaps, in milliseconds, levels left out.
fn events(story: &Story) -> Vec<(u64, MemoryEvent)> {
    let events = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::Memory { event: MemoryEvent::Level { .. }, .. } => None,
        Happening::Memory { event, .. } => Some((at.as_ns() / 1_000_000, *event)),
        _ => None,
    });
    events.collect()
}

fn ended(pause_ms: u64, freed: u64) -> MemoryEvent {
    let pause = (pause_ms > 0).then(|| crate::kernel::Duration::from_ns(pause_ms * 1_000_000));
    MemoryEvent::CollectionEnded { pause, freed }
}

#[test]
fn work_stands_still_while_its_heap_is_collected_and_goes_on_after_it() {
    // 100 + 5 x 200 bytes are too many: at 100 ms. Then 100 and one attempt are alive, 15 ms of collecting.
    let story = heap("150ms", "threads = \"unlimited\"\nhandler = [{ work = \"10ms\" }]", STOPS, "");
    let expected = [(100, MemoryEvent::CollectionBegan { stops: true }), (115, ended(15, 950))];
    assert_eq!(events(&story), expected);
    let ok = |at| (at, Class::Ok);
    assert_eq!(story.requests(), [ok(30), ok(50), ok(70), ok(90), ok(125), ok(130), ok(150)]);
}

#[test]
fn nothing_begins_and_no_sleep_ends_on_an_instance_that_stands_still() {
    // The arrival at 120 ms takes a thread when the pause is over, at 118 ms with 180 bytes alive; timers of its own burst then.
    let memory = STOPS.replace("50B", "80B");
    let story =
        heap("130ms", "threads = 1\nqueue = { capacity = 10 }\nhandler = [{ sleep = \"1ms\" }]", &memory, "");
    assert_eq!(events(&story), [(100, MemoryEvent::CollectionBegan { stops: true }), (118, ended(18, 920))]);
    let ok = |at| (at, Class::Ok);
    assert_eq!(story.requests(), [ok(21), ok(41), ok(61), ok(81), ok(118), ok(121)]);
}

#[test]
fn a_concurrent_collection_takes_its_share_of_the_work() {
    let memory = "allocated_per_request = \"200B\", collector = { concurrent = { speed = \"5000B/s\", starts_at = \"50%\", cpu_share = \"50%\" } }";
    let story = heap("90ms", "threads = \"unlimited\"\nhandler = [{ work = \"10ms\" }]", memory, "");
    // From 500 bytes on, at 40 ms, 100 bytes at 5000 per second: 20 ms at half the speed.
    let expected = [(40, MemoryEvent::CollectionBegan { stops: false }), (60, ended(0, 400))];
    assert_eq!(events(&story)[..2], expected);
    assert_eq!(story.requests()[..3], [(30, Class::Ok), (60, Class::Ok), (70, Class::Ok)]);
}

#[test]
fn who_allocates_faster_than_it_collects_waits_for_it() {
    let memory = "allocated_per_request = \"400B\", collector = { concurrent = { speed = \"2000B/s\", starts_at = \"50%\", cpu_share = \"50%\" } }";
    let story = heap("90ms", "threads = \"unlimited\"\nhandler = [{ work = \"10ms\" }]", memory, "");
    // It begins at 20 ms, with 500 bytes, and takes 50 ms; at 60 ms there are 1300.
    let told = events(&story);
    assert_eq!(told[..2], [(20, MemoryEvent::CollectionBegan { stops: false }), (60, MemoryEvent::Stalled)]);
    let again = [
        (70, ended(10, 400)),
        (80, MemoryEvent::CollectionBegan { stops: false }),
        (80, MemoryEvent::Stalled),
    ];
    assert_eq!(told[2..5], again);
    // At half the speed from 20 to 60 ms. Who came at 60 ms waits until 70, and works at full speed until the next one allocates, and is too late from the begin.
    assert_eq!(story.requests()[..3], [(40, Class::Ok), (60, Class::Ok), (80, Class::Ok)]);
}

#[test]
fn an_instance_whose_live_set_does_not_fit_is_killed_and_comes_back_empty() {
    let memory = "live_per_queued = \"300B\", out_of_memory = { restart_after = \"100ms\" }";
    let story =
        heap("270ms", "threads = 1\nqueue = { capacity = 10 }\nhandler = [{ sleep = \"1s\" }]", memory, "");
    // One on the thread, and the third in the queue, at 80 ms, makes 1000 bytes; the same again after 180 ms, twice as long.
    let (killed, back) = (MemoryEvent::Killed, MemoryEvent::Restarted);
    assert_eq!(events(&story), [(80, killed), (180, back), (260, killed), (460, back)]);
    let (reset, refused) = (Class::Reset, Class::ConnectFailure);
    let classes: Vec<Class> = story.requests().into_iter().map(|(_, class)| class).collect();
    // Who comes in the instant of the return comes before it.
    let expected = [[reset; 4].as_slice(), &[refused; 5], &[reset; 4]].concat();
    assert_eq!(classes, expected);
}

#[test]
fn a_crash_ends_a_collection_and_empties_the_heap() {
    let crash = "[faults.crash]\nat = \"105ms\"\nduration = \"30ms\"\ncrash = { service = \"a\" }";
    let story = heap("250ms", "threads = \"unlimited\"\nhandler = [{ work = \"10ms\" }]", STOPS, crash);
    let began = MemoryEvent::CollectionBegan { stops: true };
    let lost = MemoryEvent::CollectionLost { stopped: true };
    // 140, 160, 180, 200 and 220 ms fill it again.
    assert_eq!(events(&story), [(100, began), (105, lost), (220, began), (235, ended(15, 950))]);
    assert_eq!(story.requests()[4..6], [(105, Class::Reset), (120, Class::ConnectFailure)]);
}

#[test]
fn faults_fill_the_heap() {
    let service = "threads = \"unlimited\"\nhandler = [{ work = \"1ms\" }]";
    let stress = "[faults.leak]\nat = \"30ms\"\nduration = \"40ms\"\nmemory_stress = { service = \"a\", bytes = \"500B\" }";
    let story = heap("130ms", service, STOPS, stress);
    // 100 + 200 + 500 + 200 at 40 ms; 500 + 150 alive take 65 ms, and 200 each for 60, 80 and 100 ms wait until then.
    let began = MemoryEvent::CollectionBegan { stops: true };
    assert_eq!(events(&story)[..2], [(40, began), (105, ended(65, 350))]);
    let surge = "[faults.surge]\nat = \"30ms\"\nduration = \"40ms\"\nallocation_surge = { service = \"a\", factor = 4 }";
    let story = heap("130ms", service, STOPS, surge);
    // 100 + 200 + 800 at 40 ms.
    assert_eq!(events(&story)[..2], [(40, began), (55, ended(15, 950))]);
}

#[test]
fn connections_that_are_open_take_room() {
    let memory = "live_per_connection = \"300B\", out_of_memory = { restart_after = \"50ms\" }";
    let service = "threads = \"unlimited\"\nhandler = [{ sleep = \"100ms\" }]";
    // One connection per attempt in progress: the third fills it, at 60 ms.
    let pool = "[policies.user]\npool = { max_size = 10, min_idle = 0 }";
    let story = heap("70ms", service, memory, pool);
    assert_eq!(events(&story), [(60, MemoryEvent::Killed), (110, MemoryEvent::Restarted)]);
    let story = heap("70ms", service, memory, "[policies.user]\npool = { max_size = 2, min_idle = 0 }");
    assert_eq!(events(&story), []);
}

#[test]
fn sizes_without_sense_are_no_panic() {
    let huge = "memory = { heap = \"16000PiB\", base_live = \"15000PiB\", live_per_request = \"900PiB\", collector = { stop_the_world = { speed = \"1B/s\" } } }";
    let text = users("50/s", "150ms")
        + &format!(
            "[services.a]\ninstances = 100\nthreads = \"unlimited\"\nhandler = [{{ sleep = \"50ms\" }}]\n{huge}\n"
        )
        + "[policies.user]\n[faults.leak]\nat = \"200ms\"\nduration = \"1s\"\nmemory_stress = { service = \"a\", bytes = \"16000PiB\" }\n";
    assert_eq!(tell(&text).requests().len(), 7);
}
