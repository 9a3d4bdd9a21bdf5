//! Caches that are filled from elsewhere.

use super::service::shards;
use super::*;
use crate::plan::Feedback;
use crate::sim::Simulation;
use crate::sim::tests::scene::{Log, plan};

/// One of ten keys comes each 10 ms, from 15 ms after it began on; nobody asks for any of them.
const WARMING: &str = "warming = { rate = \"100/s\", delay = \"5ms\" }\n";

fn keyed(text: &str, keys: &str) -> String {
    text.replace("to = \"a\"", &format!("to = \"a\"\nkeys = {{ {keys} }}"))
}

/// When keys come, and what else happens to the cache of a service in which nobody does anything.
fn coming(cache: &str, rest: &str) -> Vec<(u64, String)> {
    let text = text(("1/s", "10ms"), &format!("{WARMING}{cache}"), "{ sleep = \"0ms\" }", "", rest);
    events(&tell(&keyed(&text, "uniform = { count = 1_000_000 }")))
}

/// Keys that come each 10 ms, from the first to the last one.
fn each(first: u64, last: u64) -> Vec<(u64, String)> {
    (first..=last).step_by(10).map(|at| (at, "brought".to_owned())).collect()
}

fn one(at: u64, what: &str) -> Vec<(u64, String)> {
    told(&[(at, what)])
}

#[test]
fn what_is_cold_is_filled_until_there_is_no_room() {
    assert_eq!(coming("", ""), each(15, 105));
    assert_eq!(coming("absent = \"50%\"", ""), each(15, 105), "keys without a value take no time");
    assert_eq!(coming("start = \"warm\"", ""), one(0, "warmed 10"));
}

const FLUSH: &str = "cache_flush = { cache = \"cache\" }";

#[test]
fn what_is_flushed_is_filled_again_from_the_first_key_on() {
    let at = |ms: u64| format!("[faults.flush]\nat = \"{ms}ms\"\n{FLUSH}");
    let expected = [each(15, 105), one(500, "flushed 10"), each(515, 605)].concat();
    assert_eq!(coming("", &at(500)), expected);
    // Meanwhile it begins anew.
    let expected = [each(15, 55), one(62, "flushed 5"), each(77, 167)].concat();
    assert_eq!(coming("", &at(62)), expected);
    let expected = [one(0, "warmed 10"), one(62, "flushed 10"), each(77, 167)].concat();
    assert_eq!(coming("start = \"warm\"", &at(62)), expected);
    // What was not taken away takes its turn all the same.
    let some = coming("start = \"warm\"", &at(62).replace("\"cache\" }", "\"cache\", share = \"50%\" }"));
    let count: usize = some[1].1.strip_prefix("flushed ").and_then(|count| count.parse().ok()).unwrap();
    assert!((1..10).contains(&count), "{some:?}");
    assert_eq!(some.len(), 2 + count);
    let turns: Vec<(u64, String)> = each(77, 167);
    assert!(some[2..].iter().all(|event| turns.contains(event)), "{some:?}");
}

#[test]
fn what_is_lost_in_a_crash_is_filled_when_the_instance_is_up_again() {
    let local = "placement = { local = \"a\" }";
    let crash = "[faults.power]\nat = \"32ms\"\nduration = \"100ms\"\ncrash = { service = \"a\" }\n";
    let expected = [each(15, 25), one(32, "flushed 2"), each(147, 237)].concat();
    assert_eq!(coming(local, crash), expected);
    // A flush of what is down does not make it begin sooner.
    let both = format!("{crash}[faults.flush]\nat = \"60ms\"\n{FLUSH}");
    let expected = [each(15, 25), one(32, "flushed 2"), one(60, "flushed 0"), each(147, 237)].concat();
    assert_eq!(coming(local, &both), expected);
    // What is elsewhere is not concerned.
    assert_eq!(coming("", crash), each(15, 105));
    // A second crash meanwhile, and one that is over before the next key.
    let twice = crash
        .replace("at = \"32ms\"\nduration = \"100ms\"", "every = \"32ms\"\ncount = 2\nduration = \"1ms\"");
    let expected =
        [each(15, 25), one(32, "flushed 2"), each(48, 58), one(65, "flushed 2"), each(81, 171)].concat();
    assert_eq!(coming(local, &twice), expected);
}

#[test]
fn nothing_comes_to_an_instance_that_stands_still() {
    let local = "placement = { local = \"a\" }";
    let pause = "[faults.stop]\nat = \"32ms\"\nduration = \"50ms\"\npause = { service = \"a\" }\n";
    let expected = [each(15, 25), each(82, 152)].concat();
    assert_eq!(coming(local, pause), expected);
    assert_eq!(coming("", pause), each(15, 105), "what is elsewhere is not concerned");
    let flushed = |at: u64| coming(local, &format!("{pause}[faults.flush]\nat = \"{at}ms\"\n{FLUSH}"));
    let lost = |at: u64| one(at, "flushed 2");
    assert_eq!(flushed(40), [each(15, 25), lost(40), each(82, 172)].concat());
    assert_eq!(flushed(80), [each(15, 25), lost(80), each(95, 185)].concat());
    // One that is killed while it stands still.
    let power = "[faults.power]\nat = \"50ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }\n";
    let expected = [each(15, 25), one(50, "flushed 2"), each(82, 172)].concat();
    assert_eq!(coming(local, &format!("{pause}{power}")), expected);
}

#[test]
fn each_shard_gets_its_own_keys() {
    let fast = "warming = { rate = \"100_000/s\" }".replace('_', "");
    let story = shards(&fast, "balancer = \"ring_hash\"");
    assert_eq!((count(&story, "brought"), count(&story, "missed")), (40, 0));
    // Where anybody is asked for anything, all get the same.
    let story = shards(&fast, "balancer = \"random\"");
    assert_eq!((count(&story, "brought"), count(&story, "missed")), (160, 0));
    let two = fast.replace(" }", ", keys = 2 }");
    assert_eq!(count(&shards(&two, "balancer = \"ring_hash\""), "brought"), 8);
    let flush = "balancer = \"ring_hash\"\n[faults.power]\nat = \"1s\"\ncache_flush = { cache = \"cache\", select = { fixed = 1 } }";
    let story = shards(&format!("start = \"warm\"\n{fast}"), flush);
    let flushed =
        events(&story).into_iter().find_map(|(_, what)| what.strip_prefix("flushed ")?.parse().ok());
    assert_eq!(Some(count(&story, "brought")), flushed);
    assert_eq!(count(&story, "missed"), 0);
}

#[test]
fn what_is_popular_is_so_at_the_instant_at_which_it_comes() {
    let one_key = "hot_spot = { count = 1000, hot = 1, share = \"100%\" }";
    let drift = "to = \"a\"\nkey_drift = { every = \"100ms\", by = 1 }";
    let warming = "warming = { rate = \"100/s\", delay = \"200ms\", keys = 1 }";
    let text = text(("20/s", "330ms"), warming, "{ cache = { get = \"cache\" } }", "", "");
    let expected = [
        (50, "missed"),
        (100, "missed"),
        (150, "missed"),
        (200, "missed"),
        (210, "brought"),
        (250, "hit 40"),
        (300, "missed"),
    ];
    assert_eq!(events(&tell(&keyed(&text, one_key).replace("to = \"a\"", drift))), told(&expected));
    // Also where keys have their own instances.
    let called =
        format!("{warming}\nplacement = {{ service = \"redis\" }}\ncalls = {{ policy = \"redis\" }}");
    let redis = "[services.redis]\ninstances = 3\nthreads = \"unlimited\"\nhandler = [{ sleep = \"0ms\" }]\n[policies.redis]\nbalancer = \"ring_hash\"";
    let text = super::text(("20/s", "330ms"), &called, "{ cache = { get = \"cache\" } }", "", redis);
    let story = tell(&keyed(&text, one_key).replace("to = \"a\"", drift));
    let hits: Vec<u64> =
        events(&story).into_iter().filter(|(_, what)| what.starts_with("hit")).map(|(at, _)| at).collect();
    assert_eq!((hits, count(&story, "brought")), (vec![250], 3));
}

#[test]
fn a_load_that_is_under_way_writes_anew_what_came_meanwhile() {
    let warming = "warming = { rate = \"100/s\", delay = \"50ms\" }";
    let text = text(("20/s", "130ms"), warming, READ_THROUGH, "", "");
    let expected = [
        (50, "missed"),
        (50, "load"),
        (60, "brought"),
        (75, "filled, 0 evicted"),
        (75, "loaded true"),
        (100, "hit 25"),
    ];
    assert_eq!(events(&tell(&keyed(&text, "uniform = { count = 1 }"))), told(&expected));
    // Who waits for whoever has the lease finds it when he looks again.
    let lease = format!("{warming}\nlease = {{ retry_delay = \"6ms\" }}");
    let text = super::text(("200/s", "56ms"), &lease, LOOK_ASIDE, "", "");
    let story = tell(&keyed(&text, "uniform = { count = 1 }").replace("25ms", "250ms"));
    let found: Vec<u64> =
        events(&story).into_iter().filter(|(_, what)| what.starts_with("hit")).map(|(at, _)| at).collect();
    assert_eq!(found.len(), 10, "{:?}", events(&story));
    assert!(found.iter().all(|at| (60..67).contains(at)), "{found:?}");
}

#[test]
fn a_second_world_goes_on_in_the_same_way_and_one_that_is_warmed_at_once_needs_no_more() {
    let text =
        text(("1/s", "10ms"), &format!("{WARMING}ttl = {{ max = \"40ms\" }}"), "{ sleep = \"0ms\" }", "", "");
    let plan = plan(&keyed(&text, "uniform = { count = 1_000_000 }"));
    let mut world = Simulation::new(&plan, 1, Log::default());
    world.run_until(crate::kernel::Time::from_ns(30_000_000));
    let (mut fork, mut relieved) = (world.fork(1, None), world.fork(1, None));
    for one in [&mut world, &mut fork] {
        one.run();
    }
    let (events, told) = (world.events(), world.into_observer().0);
    assert_eq!((fork.events(), fork.into_observer().0), (events, told));
    // What would come would write anew what is over by then.
    relieved.relieve(&plan, &[Feedback::ColdCache(0)]);
    relieved.run();
    let brought = relieved.into_observer().0.into_iter().filter(|(_, happening)| {
        matches!(happening, Happening::Cache { event: CacheEvent::Brought { .. }, .. })
    });
    assert_eq!(brought.count(), 2, "those that came before");
}

#[test]
fn what_a_cold_cache_gets_at_once_is_what_is_popular_then() {
    let keys = "hot_spot = { count = 1000, hot = 1, share = \"100%\" }";
    let drift = "to = \"a\"\nkey_drift = { every = \"100ms\", by = 100 }";
    let text = text(("20/s", "330ms"), "", "{ cache = { get = \"cache\" } }", "", "");
    let plan = plan(&keyed(&text, keys).replace("to = \"a\"", drift));
    let mut world = Simulation::new(&plan, 1, Log::default());
    world.run_until(crate::kernel::Time::from_ns(230_000_000));
    world.relieve(&plan, &[Feedback::ColdCache(0)]);
    world.run();
    let looked: Vec<(u64, bool)> = (world.into_observer().0.into_iter())
        .filter_map(|(now, happening)| match happening {
            Happening::Cache { event: CacheEvent::Hit { .. }, .. } => Some((now.as_ns() / 1_000_000, true)),
            Happening::Cache { event: CacheEvent::Missed { .. }, .. } => {
                Some((now.as_ns() / 1_000_000, false))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        looked,
        [(50, false), (100, false), (150, false), (200, false), (250, true), (300, false)],
        "the popular key is another from 300 ms on"
    );
}
