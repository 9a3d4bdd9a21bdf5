//! Leases: one of those who miss a key fills it, and the others wait; what was fetched before a change is not put there after it.

use super::{LOOK_ASIDE, count, events, scene, text, told};
use crate::mechanism::Class;
use crate::observe::Happening;
use crate::sim::tests::scene::{Story, tell};

const LEASE: &str = "lease = { ttl = \"1s\", retry_delay = \"10ms\" }";

#[test]
fn one_fills_and_the_others_wait_and_look_again() {
    let story = scene(("100/s", "45ms"), LEASE, LOOK_ASIDE, "");
    assert_eq!(story.requests(), [(35, Class::Ok), (40, Class::Ok), (40, Class::Ok), (40, Class::Ok)]);
    let expected = [
        (10, "missed"),
        (10, "leased"),
        (20, "missed"),
        (20, "told to wait"),
        (30, "missed"),
        (30, "told to wait"),
        (30, "missed"),
        (30, "told to wait"),
        (35, "filled, 0 evicted"),
        (40, "hit 5"),
        (40, "hit 5"),
        (40, "hit 5"),
    ];
    assert_eq!(events(&story), told(&expected));
    assert_eq!(story.received("db").len(), 1);
    assert_eq!(scene(("100/s", "45ms"), "", LOOK_ASIDE, "").received("db").len(), 3);
}

#[test]
fn each_look_takes_the_time_of_a_look() {
    let story = scene(("100/s", "25ms"), &format!("latency = \"2ms\"\n{LEASE}"), LOOK_ASIDE, "");
    let expected = [
        (12, "missed"),
        (12, "leased"),
        (22, "missed"),
        (22, "told to wait"),
        (34, "missed"),
        (34, "told to wait"),
        (39, "filled, 0 evicted"),
        (46, "hit 7"),
    ];
    assert_eq!(events(&story), told(&expected));
}

/// Somebody reads at 10 ms, and somebody else writes at 20 ms.
fn race(cache: &str, write: &str) -> Vec<(u64, String)> {
    let writer = "[workloads.writer]\narrivals = { open = { rate = \"50/s\", process = \"constant\" } }\nprofile = [{ at = \"25ms\", scale = 0 }]\nto = \"a\"\nhandler = \"write\"";
    let write = format!("handlers.write = [{write}]");
    events(&tell(&text(("100/s", "15ms"), cache, LOOK_ASIDE, &write, writer)))
}

#[test]
fn what_was_fetched_before_a_change_is_not_put_there_after_it() {
    let begin = [(10, "missed"), (10, "leased")];
    let refused = [begin[0], begin[1], (35, "refused")];
    assert_eq!(race(LEASE, "{ invalidate = \"cache\" }"), told(&refused));
    let replaced = [begin[0], begin[1], (20, "filled, 0 evicted"), (35, "refused")];
    assert_eq!(race(LEASE, "{ put = \"cache\" }"), told(&replaced));
    // Without leases the old answer stays there until it expires.
    let stale = [(10, "missed"), (35, "filled, 0 evicted")];
    assert_eq!(race("", "{ invalidate = \"cache\" }"), told(&stale));
}

#[test]
fn a_token_lasts_until_the_next_one() {
    let short = "lease = { ttl = \"15ms\", retry_delay = \"10ms\" }";
    let story = scene(("100/s", "25ms"), short, LOOK_ASIDE, "");
    let expected = [
        (10, "missed"),
        (10, "leased"),
        (20, "missed"),
        (20, "told to wait"),
        (30, "missed"),
        (30, "leased"),
        (35, "refused"),
        (55, "filled, 0 evicted"),
    ];
    assert_eq!(events(&story), told(&expected));
    // Nobody else came, so it is good for longer.
    let story = scene(("100/s", "15ms"), short, LOOK_ASIDE, "");
    assert_eq!(events(&story), told(&[(10, "missed"), (10, "leased"), (35, "filled, 0 evicted")]));
}

#[test]
fn nobody_waits_for_longer_than_a_token_lasts() {
    let short = "lease = { ttl = \"15ms\", retry_delay = \"10ms\" }";
    let failing = LOOK_ASIDE.replace("{ put", "{ sleep = \"100ms\" }, { put");
    let story = scene(("200/s", "60ms"), short, &failing, "");
    let ends = story.requests();
    assert_eq!(ends.len(), 12);
    let waited = |position: usize| ends[position].0 - 5 * (position as u64 + 1) - 125;
    let waits: Vec<u64> = (0..ends.len()).map(waited).collect();
    assert!(waits.iter().all(|&wait| wait <= 20) && waits.contains(&20), "{waits:?}");
    assert!(count(&story, "refused") > 0);
}

/// The cache is in a service that takes 2 ms.
fn called(times: (&str, &str), handler: &str, rest: &str) -> Story {
    let calls = format!("placement = {{ service = \"redis\" }}\n{LEASE}");
    let redis =
        format!("[services.redis]\nthreads = \"unlimited\"\nhandler = [{{ sleep = \"2ms\" }}]\n{rest}");
    tell(&text(times, &calls, handler, "", &redis))
}

#[test]
fn a_service_hands_out_leases_too() {
    let story = called(("100/s", "25ms"), LOOK_ASIDE, "");
    assert_eq!(story.requests(), [(39, Class::Ok), (46, Class::Ok)]);
    let expected = [
        (12, "missed"),
        (12, "leased"),
        (22, "missed"),
        (22, "told to wait"),
        (34, "missed"),
        (34, "told to wait"),
        (39, "filled, 0 evicted"),
        (46, "hit 7"),
    ];
    assert_eq!(events(&story), told(&expected));
    // A crash takes the tokens with it.
    let crash = "[faults.power]\nat = \"30ms\"\nduration = \"1ms\"\ncrash = { service = \"redis\" }";
    let story = called(("100/s", "15ms"), LOOK_ASIDE, crash);
    let expected = [(12, "missed"), (12, "leased"), (30, "flushed 0"), (39, "refused")];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn who_could_not_look_may_not_fill() {
    let crash = "[faults.power]\nat = \"5ms\"\nduration = \"10ms\"\ncrash = { service = \"redis\" }";
    let story = called(("100/s", "15ms"), LOOK_ASIDE, crash);
    assert_eq!(events(&story), told(&[(5, "flushed 0"), (10, "get failed"), (37, "refused")]));
}

/// The cache is in a service that takes 2 ms, with 2 ms each way, and calls to it follow this policy.
fn far_away(policy: &str, handler: &str) -> Story {
    let calls = format!(
        "placement = {{ service = \"redis\" }}\ncalls = {{ policy = \"redis\", put = \"set\" }}\n{LEASE}"
    );
    let redis = format!(
        "[services.redis]\nthreads = \"unlimited\"\nhandler = [{{ sleep = \"2ms\" }}]\nhandlers.set = [{{ sleep = \"0ms\" }}]\n[network]\nlinks = [{{ from = \"a\", to = \"redis\", latency = \"2ms\" }}]\n[policies.redis]\n{policy}"
    );
    tell(&text(("100/s", "15ms"), &calls, handler, "", &redis))
}

/// A regression: the answer is on its way when the caller gives up, and the token was its own all the same.
#[test]
fn who_was_not_answered_in_time_has_no_token() {
    let expected = [(14, "missed"), (14, "leased"), (15, "get failed"), (42, "refused")];
    assert_eq!(events(&far_away("timeout = \"5ms\"", LOOK_ASIDE)), told(&expected));
}

#[test]
fn a_token_whose_holder_has_given_up_is_out_all_the_same() {
    // The look-up takes 2 ms, and the caller waits for 1 ms.
    let calls = format!(
        "placement = {{ service = \"redis\" }}\ncalls = {{ policy = \"hasty\", put = \"set\" }}\n{LEASE}"
    );
    let redis = "[services.redis]\nthreads = \"unlimited\"\nhandler = [{ sleep = \"2ms\" }]\nhandlers.set = [{ sleep = \"0ms\" }]\n[policies.hasty]\ntimeout = \"1ms\"";
    let story = tell(&text(("100/s", "15ms"), &calls, LOOK_ASIDE, "", redis));
    let expected = [(11, "get failed"), (12, "missed"), (12, "leased"), (36, "refused")];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn a_branch_fills_with_the_token_of_its_handler() {
    let aside = LOOK_ASIDE.replace(
        "[{ call = { to = \"db\" } }, { put = \"cache\" }]",
        "[{ parallel = { steps = [{ sequence = [{ call = { to = \"db\" } }, { put = \"cache\" }] }] } }]",
    );
    assert_ne!(aside, LOOK_ASIDE);
    let expected = told(&[(10, "missed"), (10, "leased"), (35, "filled, 0 evicted")]);
    assert_eq!(events(&scene(("100/s", "15ms"), LEASE, &aside, "")), expected);
    let expected = told(&[(12, "missed"), (12, "leased"), (39, "filled, 0 evicted")]);
    assert_eq!(events(&called(("100/s", "15ms"), &aside, "")), expected);
}

#[test]
fn looking_again_is_not_doing_it_twice() {
    let calls = format!("placement = {{ service = \"redis\" }}\n{LEASE}");
    let redis = "[services.redis]\nthreads = \"unlimited\"\nhandler = [{ sleep = \"2ms\" }]";
    let text = text(("100/s", "45ms"), &calls, LOOK_ASIDE, "", redis);
    let text = text.replace(
        "to = \"a\"\n",
        "to = \"a\"\nmix = [{ name = \"pay\", share = \"100%\", idempotent = false }]\n",
    );
    let story = tell(&text);
    assert!(count(&story, "told to wait") > 2);
    let again = |happening: &Happening| matches!(happening, Happening::DuplicateExecution { .. });
    assert!(!story.told.iter().any(|(_, happening)| again(happening)));
}

/// A regression: who looked again was told to wait for itself.
#[test]
fn nobody_waits_for_a_token_of_its_own() {
    let failing = r#"{ try = { steps = [{ cache = { get = "cache", on_miss = [{ fail = "100%" }, { put = "cache" }] } }] } }"#;
    let twice = [(10, "missed"), (10, "leased"), (10, "missed"), (10, "leased"), (35, "filled, 0 evicted")];
    assert_eq!(
        events(&scene(("100/s", "15ms"), LEASE, &format!("{failing}, {LOOK_ASIDE}"), "")),
        told(&twice)
    );
    let inside = format!(
        "{{ cache = {{ get = \"cache\", on_miss = [{{ parallel = {{ steps = [{LOOK_ASIDE}] }} }}] }} }}"
    );
    assert_eq!(events(&scene(("100/s", "15ms"), LEASE, &inside, "")), told(&twice));
    // A copy of the look-up is one of the same handler.
    let story = far_away("hedge = { delay = { fixed = \"1ms\" } }", LOOK_ASIDE);
    let expected = [
        (14, "missed"),
        (14, "leased"),
        (15, "missed"),
        (15, "leased"),
        (43, "filled, 0 evicted"),
        (44, "refused"),
    ];
    assert_eq!(events(&story), told(&expected));
    // Others wait all the same.
    let story = scene(("100/s", "25ms"), LEASE, &format!("{failing}, {LOOK_ASIDE}"), "");
    assert!(count(&story, "told to wait") > 0);
}

const STALE: &str =
    "lease = { ttl = \"1s\", retry_delay = \"10ms\", serve_stale = \"45ms\" }\nttl = { max = \"20ms\" }";

#[test]
fn those_who_would_have_to_wait_get_what_was_there_for_some_time() {
    // It takes 25 ms to fill it, and it is over 20 ms after that.
    let story = scene(("100/s", "85ms"), STALE, LOOK_ASIDE, "");
    let expected = [
        (35, "filled, 0 evicted"),
        (40, "hit 5"),
        (40, "hit 5"),
        (40, "hit 5"),
        (50, "hit 15"),
        (60, "expired, kept"),
        (60, "leased"),
        (70, "expired, kept"),
        (70, "told to wait"),
        (70, "instead 35"),
        (80, "expired, kept"),
        (80, "told to wait"),
        (80, "instead 45"),
        (85, "filled, 0 evicted"),
    ];
    let found = events(&story);
    assert_eq!(found[found.len() - expected.len()..], told(&expected));
    // Only until then: 45 ms after its time, which was over at 55 ms, everybody waits as before.
    let slow =
        LOOK_ASIDE.replace("{ call = { to = \"db\" } }", "{ call = { to = \"db\" } }, { sleep = \"30ms\" }");
    let story = scene(("100/s", "145ms"), STALE, &slow, "");
    let instead: Vec<u64> = events(&story)
        .into_iter()
        .filter(|(_, name)| name.starts_with("instead"))
        .map(|(at, _)| at)
        .collect();
    // Filled at 65 ms, over at 85 ms; whoever comes first after that fills it from 90 ms on, until 145 ms.
    assert_eq!(instead, [100, 110, 120]);
}

#[test]
fn what_was_taken_away_is_given_to_those_who_would_have_to_wait_and_is_not_put_back() {
    let lease = "lease = { ttl = \"1s\", retry_delay = \"10ms\", serve_stale = \"1s\" }\nstart = \"warm\"";
    let writer = "[workloads.writer]\narrivals = { open = { rate = \"1/35ms\", process = \"constant\" } }\nprofile = [{ at = \"50ms\", scale = 0 }]\nto = \"a\"\nhandler = \"write\"\nkeys = { uniform = { count = 1 } }";
    let write = "handlers.write = [{ invalidate = \"cache\" }]";
    let text = text(("50/s", "85ms"), lease, LOOK_ASIDE, write, writer)
        .replace("to = \"a\"\npolicy", "to = \"a\"\nkeys = { uniform = { count = 1 } }\npolicy");
    let expected = [
        (0, "warmed 1"),
        (20, "hit 20"),
        (35, "invalidated, kept"),
        (40, "expired, kept"),
        (40, "leased"),
        (60, "expired, kept"),
        (60, "told to wait"),
        (60, "instead 60"),
        (65, "filled, 0 evicted"),
        (80, "hit 15"),
    ];
    assert_eq!(events(&tell(&text)), told(&expected));
}
