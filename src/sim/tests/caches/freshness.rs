//! The end of an entry's time, and what the cache loads before and after it.

use super::{LOOK_ASIDE, READ_THROUGH, events, scene, told};
use crate::mechanism::Class;

/// The database answers nothing but errors for a while.
const DOWN: &str = r#"
[faults.down]
at = "120ms"
duration = "160ms"
error_injection = { service = "db", share = "100%" }
"#;

/// It does not answer at all.
const SILENT: &str = r#"
[policies.hasty]
timeout = "30ms"
[faults.silent]
at = "120ms"
duration = "500ms"
pause = { service = "db" }
"#;

#[test]
fn what_is_stale_is_given_out_while_one_load_gets_it_anew() {
    let ttl = "ttl = { max = \"60ms\", stale_while_revalidate = \"100ms\" }";
    let story = scene(("20/s", "280ms"), ttl, READ_THROUGH, "");
    // Nobody waits but the first.
    let ends = [75, 100, 150, 200, 250].map(|at| (at, Class::Ok));
    assert_eq!(story.requests(), ends);
    let expected = [
        (50, "missed"),
        (50, "load"),
        (75, "filled, 0 evicted"),
        (75, "loaded true"),
        (100, "hit 25"),
        (150, "stale 75"),
        (150, "refresh"),
        (175, "filled, 0 evicted"),
        (175, "loaded true"),
        (200, "hit 25"),
        (250, "stale 75"),
        (250, "refresh"),
        (275, "filled, 0 evicted"),
        (275, "loaded true"),
    ];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn the_window_begins_and_ends_with_an_instant() {
    let at_150 = |ttl: &str| {
        let story = scene(("20/s", "180ms"), &format!("ttl = {{ {ttl} }}"), READ_THROUGH, "");
        let events = events(&story).into_iter().filter(|(at, _)| *at == 150);
        events.map(|(_, what)| what).collect::<Vec<_>>()
    };
    // Put there at 75.
    assert_eq!(at_150("max = \"75001us\", stale_while_revalidate = \"15ms\""), ["hit 75"]);
    assert_eq!(at_150("max = \"75ms\", stale_while_revalidate = \"15ms\""), ["stale 75", "refresh"]);
    assert_eq!(at_150("max = \"60ms\", stale_while_revalidate = \"15001us\""), ["stale 75", "refresh"]);
    assert_eq!(at_150("max = \"60ms\", stale_while_revalidate = \"15ms\""), ["expired", "load"]);
    assert_eq!(at_150("max = \"80ms\", refresh_after = \"75ms\""), ["hit 75"]);
    assert_eq!(at_150("max = \"80ms\", refresh_after = \"74999us\""), ["hit 75", "refresh"]);
}

#[test]
fn there_is_one_load_in_the_background_and_who_misses_meanwhile_waits_for_it_or_loads() {
    let ttl = "ttl = { max = \"20ms\", stale_while_revalidate = \"20ms\" }";
    // Put there at 35, it is fresh until 55 and of use until 75. What begins at 60 comes at 85.
    let told_of = |coalesce: &str| {
        let cache = format!("coalesce = \"{coalesce}\"\n{ttl}");
        let story = scene(("100/s", "95ms"), &cache, READ_THROUGH, "");
        let events = events(&story).into_iter().filter(|(at, _)| *at >= 60).collect::<Vec<_>>();
        (
            events,
            story.requests().into_iter().filter(|(at, _)| *at > 60).map(|(at, _)| at).collect::<Vec<_>>(),
        )
    };
    let expected = [
        (60, "stale 25"),
        (60, "refresh"),
        (70, "stale 35"),
        (80, "expired"),
        (80, "coalesced"),
        (85, "filled, 0 evicted"),
        (85, "loaded true"),
        (90, "hit 5"),
    ];
    for coalesce in ["instance", "cache"] {
        assert_eq!(told_of(coalesce), (told(&expected), vec![70, 85, 90]), "{coalesce}");
    }
    // Without coalescing the loads of 10, 20 and 30 all fill it; the last does at 55, so it is of use until 95.
    let story = scene(("100/s", "125ms"), ttl, READ_THROUGH, "");
    let expected = [
        (80, "stale 25"),
        (80, "refresh"),
        (90, "stale 35"),
        (100, "expired"),
        (100, "load"),
        (105, "filled, 0 evicted"),
        (105, "loaded true"),
        (110, "hit 5"),
        (120, "hit 15"),
        (125, "filled, 0 evicted"),
        (125, "loaded true"),
    ];
    let later = events(&story).into_iter().filter(|(at, _)| *at >= 80).collect::<Vec<_>>();
    assert_eq!(later, told(&expected));
}

#[test]
fn a_load_in_the_background_that_fails_leaves_what_is_there_to_the_next_who_tries() {
    let failing = |ttl: &str, expected: &[(u64, &str)]| {
        let story = scene(("20/s", "330ms"), &format!("ttl = {{ {ttl} }}"), READ_THROUGH, DOWN);
        let ends = [75, 100, 150, 200, 250, 300].map(|at| (at, Class::Ok));
        assert_eq!(story.requests(), ends, "{ttl}");
        let events = events(&story).into_iter().filter(|(at, _)| *at >= 150).collect::<Vec<_>>();
        assert_eq!(events, told(expected), "{ttl}");
    };
    failing(
        "max = \"60ms\", stale_while_revalidate = \"500ms\"",
        &[
            (150, "stale 75"),
            (150, "refresh"),
            (150, "loaded false"),
            (200, "stale 125"),
            (200, "refresh"),
            (200, "loaded false"),
            (250, "stale 175"),
            (250, "refresh"),
            (250, "loaded false"),
            (300, "stale 225"),
            (300, "refresh"),
            (325, "filled, 0 evicted"),
            (325, "loaded true"),
        ],
    );
    failing(
        "max = \"500ms\", refresh_after = \"60ms\"",
        &[
            (150, "hit 75"),
            (150, "refresh"),
            (150, "loaded false"),
            (200, "hit 125"),
            (200, "refresh"),
            (200, "loaded false"),
            (250, "hit 175"),
            (250, "refresh"),
            (250, "loaded false"),
            (300, "hit 225"),
            (300, "refresh"),
            (325, "filled, 0 evicted"),
            (325, "loaded true"),
        ],
    );
}

#[test]
fn what_is_stale_is_better_than_an_error_for_a_while() {
    let ttl = "ttl = { max = \"60ms\", stale_if_error = \"100ms\" }";
    let story = scene(("20/s", "330ms"), ttl, READ_THROUGH, DOWN);
    // Its time is over at 135, and with 235 it is of no use at all.
    let ends = [
        (75, Class::Ok),
        (100, Class::Ok),
        (150, Class::Ok),
        (200, Class::Ok),
        (250, Class::GatewayError),
        (325, Class::Ok),
    ];
    assert_eq!(story.requests(), ends);
    let expected = [
        (50, "missed"),
        (50, "load"),
        (75, "filled, 0 evicted"),
        (75, "loaded true"),
        (100, "hit 25"),
        (150, "expired, kept"),
        (150, "load"),
        (150, "loaded false"),
        (150, "served 75"),
        (200, "expired, kept"),
        (200, "load"),
        (200, "loaded false"),
        (200, "served 125"),
        (250, "expired"),
        (250, "load"),
        (250, "loaded false"),
        (300, "missed"),
        (300, "load"),
        (325, "filled, 0 evicted"),
        (325, "loaded true"),
    ];
    assert_eq!(events(&story), told(&expected));
}

#[test]
fn all_who_wait_get_what_is_stale_and_only_if_it_is_not_too_old_by_then() {
    let impatient = READ_THROUGH.replace("\"db\"", "\"db\", policy = \"hasty\"");
    let last = |window: &str| {
        let ttl = format!("coalesce = \"cache\"\nttl = {{ max = \"60ms\", stale_if_error = \"{window}\" }}");
        let story = scene(("100/s", "125ms"), &ttl, &impatient, SILENT);
        let events = events(&story).into_iter().filter(|(at, _)| *at >= 100).collect::<Vec<_>>();
        let ends = story.requests().into_iter().filter(|(at, _)| *at > 100).collect::<Vec<_>>();
        (events, ends)
    };
    // Put there at 35, its time is over at 95. What begins at 100 would come at 125 if the database did not fall silent at 120, and is given up at 130.
    let expected = [
        (100, "expired, kept"),
        (100, "load"),
        (110, "expired, kept"),
        (110, "coalesced"),
        (120, "expired, kept"),
        (120, "coalesced"),
        (130, "loaded false"),
        (130, "served 95"),
        (130, "served 95"),
        (130, "served 95"),
    ];
    assert_eq!(last("35001us"), (told(&expected), vec![(130, Class::Ok); 3]));
    // It is too old when the load fails, although it was not when it began.
    assert_eq!(last("35ms"), (told(&expected[..7]), vec![(130, Class::GatewayError); 3]));
}

#[test]
fn what_is_gone_by_then_is_given_to_nobody() {
    let flush = format!("{DOWN}\n[faults.flush]\nat = \"140ms\"\ncache_flush = {{ cache = \"cache\" }}");
    let ttl = "ttl = { max = \"60ms\", stale_if_error = \"10s\" }";
    let story = scene(("20/s", "180ms"), ttl, READ_THROUGH, &flush);
    assert_eq!(story.requests(), [(75, Class::Ok), (100, Class::Ok), (150, Class::GatewayError)]);
}

#[test]
fn nothing_is_refreshed_that_nobody_asks_for() {
    let ttl = "ttl = { max = \"70ms\", refresh_after = \"20ms\" }";
    let story = scene(("20/s", "280ms"), ttl, READ_THROUGH, "");
    let expected = [
        (50, "missed"),
        (50, "load"),
        (75, "filled, 0 evicted"),
        (75, "loaded true"),
        (100, "hit 25"),
        (100, "refresh"),
        (125, "filled, 0 evicted"),
        (125, "loaded true"),
        (150, "hit 25"),
        (150, "refresh"),
        (175, "filled, 0 evicted"),
        (175, "loaded true"),
    ];
    assert_eq!(events(&story)[..12], told(&expected));
    // Seconds later it has expired as if there were no such rule.
    let pause = "ttl = { max = \"20ms\", refresh_after = \"10ms\" }";
    let story = scene(("20/s", "130ms"), pause, READ_THROUGH, "");
    let last = told(&[(100, "expired"), (100, "load"), (125, "filled, 0 evicted"), (125, "loaded true")]);
    assert_eq!(events(&story)[4..], last);
}

#[test]
fn what_took_long_to_load_expires_early_by_chance_and_what_was_put_there_does_not() {
    // With so large a factor it does each time.
    let ttl = "ttl = { max = \"1s\", early_expiration = { beta = 1_000_000_000 } }";
    let story = scene(("20/s", "130ms"), ttl, READ_THROUGH, "");
    let expected = [
        (50, "missed"),
        (50, "load"),
        (75, "filled, 0 evicted"),
        (75, "loaded true"),
        (100, "hit 25"),
        (100, "refresh"),
        (125, "filled, 0 evicted"),
        (125, "loaded true"),
    ];
    assert_eq!(events(&story), told(&expected));
    // No load is known to have taken any time: the handler has put it there itself.
    let put = format!("{READ_THROUGH}, {{ put = \"cache\" }}");
    let story = scene(("20/s", "130ms"), ttl, &put, "");
    assert_eq!(events(&story)[5..], told(&[(100, "hit 25"), (100, "filled, 0 evicted")]));
}

#[test]
fn who_does_not_load_finds_what_is_stale_expired_and_leaves_it_there() {
    let ttl = "ttl = { max = \"60ms\", stale_while_revalidate = \"100ms\" }";
    let both = format!("{{ cache = {{ get = \"cache\" }} }}, {READ_THROUGH}");
    let story = scene(("20/s", "180ms"), ttl, &both, "");
    let expected = [
        (50, "missed"),
        (50, "missed"),
        (50, "load"),
        (75, "filled, 0 evicted"),
        (75, "loaded true"),
        (100, "hit 25"),
        (100, "hit 25"),
        (150, "expired, kept"),
        (150, "stale 75"),
        (150, "refresh"),
        (175, "filled, 0 evicted"),
        (175, "loaded true"),
    ];
    assert_eq!(events(&story), told(&expected));
    let aside = scene(("20/s", "180ms"), ttl, LOOK_ASIDE, "");
    assert_eq!(aside.requests().last(), Some(&(175, Class::Ok)));
}

#[test]
fn a_crash_ends_what_is_loaded_in_the_background_and_the_next_begins_it_anew() {
    let crash = "[faults.power]\nat = \"160ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }";
    let ttl = "ttl = { max = \"60ms\", stale_while_revalidate = \"1s\" }";
    let story = scene(("20/s", "230ms"), ttl, READ_THROUGH, crash);
    let expected = [
        (150, "stale 75"),
        (150, "refresh"),
        (160, "loaded false"),
        (200, "stale 125"),
        (200, "refresh"),
        (225, "filled, 0 evicted"),
        (225, "loaded true"),
    ];
    assert_eq!(events(&story)[5..], told(&expected));
}
