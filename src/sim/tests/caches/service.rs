//! Caches in a service: look-ups, fills and removals are calls, with all that calls have.

use super::{LOOK_ASIDE, count, events, text, told};
use crate::mechanism::Class;
use crate::sim::tests::scene::{Story, tell};

/// Users as ever; the cache is in the instances of `redis`, which this is about. The rest comes behind `[policies.redis]`.
fn scene(times: (&str, &str), cache: &str, redis: &str, rest: &str) -> Story {
    let calls = format!("placement = {{ service = \"redis\" }}\n{cache}");
    let redis = format!("[services.redis]\n{redis}\n[policies.redis]\n{rest}");
    tell(&text(times, &calls, LOOK_ASIDE, "", &redis))
}

/// Calls under the policy `redis`.
const CALLS: &str = "calls = { policy = \"redis\" }";
const TWO_MS: &str = "threads = \"unlimited\"\nhandler = [{ sleep = \"2ms\" }]";

#[test]
fn what_is_looked_up_and_put_there_takes_a_call_each() {
    let story = scene(("20/s", "180ms"), CALLS, TWO_MS, "");
    assert_eq!(story.requests(), [(79, Class::Ok), (102, Class::Ok), (152, Class::Ok)]);
    let expected = [(52, "missed"), (79, "filled, 0 evicted"), (102, "hit 23"), (152, "hit 73")];
    assert_eq!(events(&story), told(&expected));
    assert_eq!(story.received("redis"), [(50, 0), (77, 0), (100, 0), (150, 0)]);
}

#[test]
fn a_get_and_a_put_may_have_handlers_of_their_own() {
    let calls = "calls = { policy = \"redis\", get = \"read\", put = \"write\" }";
    let redis = "threads = \"unlimited\"\nhandlers.read = [{ sleep = \"1ms\" }]\nhandlers.write = [{ sleep = \"4ms\" }]";
    let story = scene(("20/s", "130ms"), calls, redis, "");
    let expected = [(51, "missed"), (80, "filled, 0 evicted"), (101, "hit 21")];
    assert_eq!(events(&story), told(&expected));
}

const DOWN: &str = "[faults.down]\nat = \"10ms\"\nduration = \"3s\"\ncrash = { service = \"redis\" }";

#[test]
fn a_failure_is_a_miss_or_a_failure() {
    let story = scene(("20/s", "130ms"), CALLS, TWO_MS, DOWN);
    assert_eq!(story.requests(), [(75, Class::Ok), (125, Class::Ok)]);
    let expected =
        [(10, "flushed 0"), (50, "get failed"), (75, "put failed"), (100, "get failed"), (125, "put failed")];
    assert_eq!(events(&story), told(&expected));
    let fail = "calls = { policy = \"redis\", on_error = \"fail\" }";
    let story = scene(("20/s", "130ms"), fail, TWO_MS, DOWN);
    assert_eq!(story.requests(), [(50, Class::GatewayError), (100, Class::GatewayError)]);
    assert_eq!(events(&story), told(&[(10, "flushed 0"), (50, "get failed"), (100, "get failed")]));
}

#[test]
fn an_invalidate_is_a_call_too() {
    let handler = format!("{LOOK_ASIDE}, {{ sleep = \"1ms\" }}, {{ invalidate = \"cache\" }}");
    let ends = |calls: &str, fault: &str| {
        let cache = format!("placement = {{ service = \"redis\" }}\n{calls}");
        let redis = format!("[services.redis]\n{TWO_MS}\n[policies.redis]\n{fault}");
        let story = tell(&text(("20/s", "80ms"), &cache, &handler, "", &redis));
        (story.requests(), events(&story))
    };
    let gone = told(&[(52, "missed"), (79, "filled, 0 evicted"), (82, "invalidated")]);
    assert_eq!(ends(CALLS, ""), (vec![(82, Class::Ok)], gone.clone()));
    let later = DOWN.replace("10ms", "80ms");
    let lost = [(52, "missed"), (79, "filled, 0 evicted"), (80, "flushed 1"), (80, "invalidate failed")];
    let (requests, events) = ends(CALLS, &later);
    assert_eq!((requests, events), (vec![(80, Class::Ok)], told(&lost)));
    let (requests, _) = ends("calls = { policy = \"redis\", on_error = \"fail\" }", &later);
    assert_eq!(requests, [(80, Class::GatewayError)]);
}

#[test]
fn who_gives_up_on_a_cache_has_missed_nothing_and_the_cache_does_not_know() {
    let slow = "threads = \"unlimited\"\nhandler = [{ sleep = \"20ms\" }]";
    let story = scene(("20/s", "130ms"), CALLS, slow, "timeout = \"10ms\"");
    // 10 ms for nothing, 25 ms for the database, 10 ms for nothing.
    assert_eq!(story.requests(), [(95, Class::Ok), (145, Class::Ok)]);
    let expected = [
        (60, "get failed"),
        (70, "missed"),
        (95, "put failed"),
        (105, "filled, 0 evicted"),
        (110, "get failed"),
        (120, "hit 15"),
        (145, "put failed"),
        (155, "filled, 0 evicted"),
    ];
    assert_eq!(events(&story), told(&expected));
    // What comes late is of use to those who take it.
    let late = "timeout = \"1s\"\nper_try_timeout = \"10ms\"\nlate_replies = \"accept\"\nretry = { max_attempts = 2, backoff = { fixed = { base = \"15ms\" } } }";
    let story = scene(("20/s", "80ms"), CALLS, slow, late);
    assert_eq!(events(&story), told(&[(70, "missed"), (115, "filled, 0 evicted")]));
    assert_eq!(story.requests(), [(115, Class::Ok)]);
}

#[test]
fn what_is_tried_again_is_looked_up_again() {
    let errors = "[faults.errors]\nat = \"10ms\"\nduration = \"50ms\"\nerror_injection = { service = \"redis\", share = \"100%\" }";
    let retry = format!(
        "per_try_timeout = \"5ms\"\nretry = {{ max_attempts = 3, backoff = {{ fixed = {{ base = \"15ms\" }} }} }}\n{errors}"
    );
    let story = scene(("20/s", "130ms"), CALLS, TWO_MS, &retry);
    assert_eq!(story.requests(), [(94, Class::Ok), (102, Class::Ok)]);
    assert_eq!(events(&story), told(&[(67, "missed"), (94, "filled, 0 evicted"), (102, "hit 8")]));
    // A try that was given up is a look-up all the same.
    let slow = "threads = \"unlimited\"\nhandler = [{ sleep = \"8ms\" }]";
    let story = scene(("20/s", "80ms"), CALLS, slow, retry.split("[faults").next().unwrap());
    let gets: Vec<_> = events(&story).into_iter().filter(|(_, what)| !what.starts_with("filled")).collect();
    let expected = [(58, "missed"), (78, "missed"), (95, "get failed"), (98, "missed"), (165, "put failed")];
    assert_eq!(gets, told(&expected));
}

/// Two instances, of which the second takes so many times as long.
fn pair(factor: u32) -> (String, String) {
    let redis =
        "threads = \"unlimited\"\ninstances = 2\nzones = [\"x\", \"y\"]\nhandler = [{ work = \"5ms\" }]";
    let slow = format!(
        "[faults.slow]\nat = \"0s\"\nduration = \"3s\"\ndegrade = {{ service = \"redis\", factor = {factor}, select = {{ zone = \"y\" }} }}\n"
    );
    (redis.to_owned(), slow)
}

#[test]
fn every_copy_of_a_get_is_a_look_up() {
    let (redis, slow) = pair(20);
    let hedge = format!("balancer = \"round_robin\"\nhedge = {{ delay = {{ fixed = \"10ms\" }} }}\n{slow}");
    let story = scene(("10/s", "150ms"), CALLS, &redis, &hedge);
    // Both the get and the put begin at the slow one, and have a copy at the other, whose answer counts.
    assert_eq!(story.received("redis"), [(100, 1), (110, 0), (140, 1), (150, 0)]);
    assert_eq!(story.requests(), [(155, Class::Ok)]);
    let expected = [(115, "missed"), (155, "filled, 0 evicted"), (200, "missed"), (240, "filled, 0 evicted")];
    assert_eq!(events(&story), told(&expected));
}

const KEYS: &str = "to = \"a\"\nkeys = { uniform = { count = 40 } }";

/// 400 requests about 40 keys, and a cache in four instances.
pub(super) fn shards(cache: &str, policy: &str) -> Story {
    let calls = format!("placement = {{ service = \"redis\" }}\n{CALLS}\n{cache}");
    let redis = format!(
        "[services.redis]\nthreads = \"unlimited\"\ninstances = 4\nhandler = [{{ sleep = \"0ms\" }}]\n[policies.redis]\n{policy}"
    );
    let text = text(("200/s", "2s"), &calls, LOOK_ASIDE, "", &redis);
    tell(&text.replace("capacity = 10", "capacity = 40").replace("to = \"a\"", KEYS))
}

#[test]
fn keys_have_instances_of_their_own_where_the_balancer_hashes_them() {
    let story = shards("", "balancer = \"ring_hash\"");
    // A second request about a key within 25 ms misses it too.
    let missed = count(&story, "missed");
    assert!((40..=60).contains(&missed), "{missed}");
    assert_eq!(count(&story, "missed") + count(&story, "hit"), 400);
    let instances: std::collections::BTreeSet<u32> =
        story.received("redis").into_iter().map(|(_, instance)| instance).collect();
    assert_eq!(instances.len(), 4);
    let anywhere = count(&shards("", "balancer = \"round_robin\""), "missed");
    assert!(anywhere > 2 * missed, "{anywhere}: each instance has its own share of them all");
}

#[test]
fn shards_begin_with_what_they_are_asked_for() {
    let story = shards("start = \"warm\"", "balancer = \"ring_hash\"");
    assert_eq!(events(&story)[0], (0, "warmed 40".to_owned()));
    assert_eq!(count(&story, "missed"), 0);
    // Where anybody is asked for anything, all are full of the same.
    let story = shards("start = \"warm\"", "balancer = \"random\"");
    assert_eq!(events(&story)[0], (0, "warmed 160".to_owned()));
}

#[test]
fn a_crash_or_a_flush_empties_what_is_in_the_instance() {
    let some = "balancer = \"ring_hash\"\n[faults.power]\nat = \"1s\"\nduration = \"1ms\"\ncrash = { service = \"redis\", select = { fixed = 1 } }";
    let lost = |fault: &str| {
        let story = shards("start = \"warm\"", fault);
        let mut flushed = events(&story).into_iter().filter_map(|(_, what)| {
            what.strip_prefix("flushed ").and_then(|count| count.parse::<u32>().ok())
        });
        (flushed.next().unwrap(), count(&story, "missed") as u32)
    };
    let (crashed, missed) = lost(some);
    assert!((1..40).contains(&crashed), "{crashed}");
    assert!(missed >= crashed, "{missed}: what was there is fetched again");
    let flush = "balancer = \"ring_hash\"\n[faults.power]\nat = \"1s\"\ncache_flush = { cache = \"cache\", select = { fixed = 1 } }";
    let (flushed, _) = lost(flush);
    assert!((1..40).contains(&flushed), "{flushed}");
    let (flushed, _) =
        lost("balancer = \"ring_hash\"\n[faults.power]\nat = \"1s\"\ncache_flush = { cache = \"cache\" }");
    assert_eq!(flushed, 40);
}

#[test]
fn a_load_may_ask_a_cache_in_a_service() {
    let near = "{ cache = { get = \"near\", load = [{ cache = { get = \"cache\", on_miss = [{ call = { to = \"db\" } }, { put = \"cache\" }] } }] } }";
    let cache = format!("placement = {{ service = \"redis\" }}\n{CALLS}");
    let rest = format!(
        "[services.redis]\n{TWO_MS}\n[policies.redis]\n[caches.near]\ncapacity = 10\nttl = {{ max = \"40ms\" }}"
    );
    let story = tell(&text(("20/s", "130ms"), &cache, near, "", &rest));
    assert_eq!(story.requests(), [(79, Class::Ok), (100, Class::Ok)]);
    let story = tell(&text(("20/s", "180ms"), &cache, near, "", &rest));
    // At 150 ms what is near is too old, and what is in the service is not.
    assert_eq!(story.requests(), [(79, Class::Ok), (100, Class::Ok), (152, Class::Ok)]);
}

#[test]
fn a_push_changes_what_a_cache_is_asked_with() {
    let push = "timeout = \"1s\"\n[faults.push]\nat = \"60ms\"\nduration = \"100ms\"\nconfig_push = { set = { \"services.redis.handler[0].sleep\" = \"7ms\" } }";
    let story = scene(("20/s", "180ms"), CALLS, TWO_MS, push);
    // The put at 77 ms and the look-up at 100 ms take 7 ms, and so does that at 150 ms.
    let expected = [(52, "missed"), (84, "filled, 0 evicted"), (107, "hit 23"), (157, "hit 73")];
    assert_eq!(events(&story), told(&expected));
}
