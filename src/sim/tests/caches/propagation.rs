//! Invalidations that are on their way.

use super::*;

/// Readers of a cache every 50 ms from 50 ms on, and one writer at 120 ms, who goes to `w`; what is missed is there at once.
fn story(cache: &str, readers: &str, writes: &str, rest: &str) -> Story {
    let text = users("20/s", "280ms")
        + &format!(
            r#"
[workloads.writer]
arrivals = {{ open = {{ rate = "1/120ms", process = "constant" }} }}
profile = [{{ at = "200ms", scale = 0 }}]
to = "w"
[caches.cache]
capacity = 10
{cache}
[services.a]
threads = "unlimited"
handler = [{{ cache = {{ get = "cache", on_miss = [{{ put = "cache" }}] }} }}]
{readers}
[services.w]
threads = "unlimited"
handler = [{writes}]
[policies.user]
balancer = "round_robin"
{rest}
"#
        );
    tell(&text)
}

const WRITE: &str = "{ invalidate = \"cache\" }";

#[test]
fn a_shared_cache_is_outdated_until_it_hears_of_the_change() {
    let story = story("propagation = \"50ms\"", "", WRITE, "");
    let expected = [
        (50, "missed"),
        (50, "filled, 0 evicted"),
        (100, "hit 50"),
        (120, "sent"),
        (150, "hit 100"),
        (150, "outdated 30"),
        (170, "arrived"),
        (170, "invalidated"),
        (200, "missed"),
        (200, "filled, 0 evicted"),
        (250, "hit 50"),
    ];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn every_instance_is_told_by_whoever_has_no_such_cache() {
    let local = "placement = { local = \"a\" }\npropagation = \"90ms\"";
    let story = story(local, "instances = 2", WRITE, "");
    // The instances take turns, so each has the key from 50 ms or 100 ms on.
    let names: Vec<(u64, String)> = events(&story).into_iter().filter(|(at, _)| *at >= 120).collect();
    let expected = [
        (120, "sent"),
        (120, "sent"),
        (150, "hit 100"),
        (150, "outdated 30"),
        (200, "hit 100"),
        (200, "outdated 80"),
        (210, "arrived"),
        (210, "invalidated"),
        (210, "arrived"),
        (210, "invalidated"),
        (250, "missed"),
        (250, "filled, 0 evicted"),
    ];
    assert_eq!(names, told(&expected));
}

#[test]
fn whoever_changes_something_knows_it_and_the_others_do_later() {
    let readers = r#"instances = 2
handlers.write = [{ invalidate = "cache" }]"#;
    let write = r#"{ call = { to = "a", handler = "write", policy = "user" } }"#;
    let local = "placement = { local = \"a\" }\npropagation = \"90ms\"";
    let story = story(local, readers, write, "");
    let names: Vec<(u64, String)> = events(&story).into_iter().filter(|(at, _)| *at >= 120).collect();
    // `w` is another caller, and begins with an instance of its own choice: its own cache is emptied at once, and the other one after 90 ms; each is asked once meanwhile.
    assert_eq!(names[..2], told(&[(120, "invalidated"), (120, "sent")]));
    let later: Vec<&str> = names[2..].iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(later.iter().filter(|name| name.starts_with("outdated")).count(), 1);
    assert!(names.contains(&(210, "arrived".to_owned())) && names.contains(&(210, "invalidated".to_owned())));
}

#[test]
fn nobody_tells_other_instances_without_propagation() {
    let readers = r#"instances = 2
handlers.write = [{ invalidate = "cache" }]"#;
    let write = r#"{ call = { to = "a", handler = "write", policy = "user" } }"#;
    let story = story("placement = { local = \"a\" }", readers, write, "");
    assert_eq!((count(&story, "invalidated"), count(&story, "sent"), count(&story, "outdated")), (1, 0, 0));
}

#[test]
fn what_was_put_there_after_the_change_is_not_outdated_and_goes_all_the_same() {
    let write = "{ invalidate = \"cache\" }, { sleep = \"1ms\" }, { put = \"cache\" }";
    let story = story("propagation = \"90ms\"", "", write, "");
    let expected = [
        (120, "sent"),
        (121, "filled, 0 evicted"),
        (150, "hit 29"),
        (200, "hit 79"),
        (210, "arrived"),
        (210, "invalidated"),
        (250, "missed"),
        (250, "filled, 0 evicted"),
    ];
    assert_eq!(events(&story)[3..], told(&expected));
}

#[test]
fn a_message_that_takes_no_time_or_reaches_a_crashed_instance_does_no_harm() {
    let story_of = |cache: &str, rest: &str| story(cache, "instances = 2", WRITE, rest);
    let none = story_of("propagation = \"0s\"", "");
    assert_eq!((count(&none, "sent"), count(&none, "arrived"), count(&none, "outdated")), (1, 1, 0));
    let crash = "[faults.power]\nat = \"130ms\"\nduration = \"100ms\"\ncrash = { service = \"a\", select = { fixed = 1 } }";
    let down = story_of("placement = { local = \"a\" }\npropagation = \"40ms\"", crash);
    assert_eq!((count(&down, "sent"), count(&down, "arrived"), count(&down, "invalidated")), (2, 2, 1));
}

#[test]
fn a_message_to_a_paused_instance_is_heard_when_it_goes_on() {
    let pause = "[faults.stall]\nat = \"125ms\"\nduration = \"100ms\"\npause = { service = \"a\" }";
    let local = "placement = { local = \"a\" }\npropagation = \"30ms\"";
    let events = events(&story(local, "", WRITE, pause));
    let later: Vec<(u64, String)> = events.into_iter().filter(|(at, _)| *at >= 120).collect();
    // Who came at 150 ms and 200 ms has waited since, and is behind the message of 150 ms only from then on.
    let expected = [
        (120, "sent"),
        (225, "hit 175"),
        (225, "outdated 105"),
        (225, "arrived"),
        (225, "invalidated"),
        (225, "missed"),
        (225, "filled, 0 evicted"),
        (250, "hit 25"),
    ];
    assert_eq!(later, told(&expected));
}

#[test]
fn messages_to_several_instances_take_their_own_time() {
    let local = "placement = { local = \"a\" }\npropagation = \"uniform(1ms, 100ms)\"";
    let story = story(local, "instances = 8", WRITE, "");
    let arrived: std::collections::BTreeSet<u64> =
        events(&story).into_iter().filter(|(_, name)| name == "arrived").map(|(at, _)| at).collect();
    assert!(arrived.len() > 4, "{arrived:?}");
}

#[test]
fn what_is_given_to_those_who_would_have_to_wait_may_be_outdated() {
    let text = users("100/s", "165ms")
        + r#"
[workloads.writer]
arrivals = { open = { rate = "1/65ms", process = "constant" } }
profile = [{ at = "100ms", scale = 0 }]
to = "w"
[caches.cache]
capacity = 10
ttl = { max = "60ms" }
propagation = "200ms"
lease = { ttl = "1s", retry_delay = "10ms", serve_stale = "1s" }
[services.a]
threads = "unlimited"
handler = [{ cache = { get = "cache", on_miss = [{ sleep = "35ms" }, { put = "cache" }] } }]
[services.w]
threads = "unlimited"
handler = [{ invalidate = "cache" }]
[policies.user]
balancer = "round_robin"
"#;
    let events = events(&tell(&text));
    let at = |what: &str| {
        let found = events.iter().filter(|(_, name)| name.starts_with(what));
        found.map(|(at, _)| *at).collect::<Vec<_>>()
    };
    // Filled at 45 ms, changed at 65 ms, over at 105 ms; who comes first after that fills it from 110 ms on, until 145 ms.
    assert_eq!(at("instead"), [120, 130, 140]);
    assert_eq!(at("outdated"), [70, 80, 90, 100, 120, 130, 140]);
}

#[test]
fn messages_of_two_steps_take_their_own_time() {
    let twice = "{ invalidate = \"cache\" }, { invalidate = \"cache\" }";
    let story = story("propagation = \"uniform(1ms, 100ms)\"", "", twice, "");
    let arrived: Vec<u64> =
        events(&story).into_iter().filter(|(_, name)| name == "arrived").map(|(at, _)| at).collect();
    assert!(arrived.len() == 2 && arrived[0] != arrived[1], "{arrived:?}");
}
