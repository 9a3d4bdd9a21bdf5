//! What handlers do besides one thing after the other: choices, fallbacks, repetitions, names.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, ServiceEnd};

/// One user every 100 ms until 450 ms, who asks `a`; and `b`, which takes 20 ms and then fails.
fn scene(handler: &str, rest: &str) -> Story {
    let services = format!(
        r#"
[services.a]
threads = "unlimited"
handler = [{handler}]
[services.b]
threads = "unlimited"
handler = [{{ sleep = "20ms" }}, {{ fail = "100%" }}]
[policies.user]
{rest}
"#
    );
    tell(&(users("10/s", "450ms") + &services))
}

fn fallbacks(story: &Story) -> usize {
    story.told.iter().filter(|(_, happening)| matches!(happening, Happening::FellBack { .. })).count()
}

#[test]
fn a_failed_call_ends_the_handler() {
    let story = scene(r#"{ call = { to = "b" } }, { sleep = "1s" }"#, "");
    assert_eq!(story.requests(), [120, 220, 320, 420].map(|at| (at, Class::GatewayError)));
}

#[test]
fn what_is_tried_and_fails_is_done_otherwise() {
    let handler = r#"{ try = { steps = [{ call = { to = "b" } }, { sleep = "1s" }], otherwise = [{ sleep = "5ms" }] } }, { sleep = "1ms" }"#;
    let story = scene(handler, "");
    assert_eq!(story.requests(), [126, 226, 326, 426].map(|at| (at, Class::Ok)));
    assert_eq!(fallbacks(&story), 4);
}

#[test]
fn without_otherwise_a_failure_is_ignored() {
    let story = scene(r#"{ try = { steps = [{ fail = "100%" }] } }"#, "");
    assert_eq!(story.requests(), [100, 200, 300, 400].map(|at| (at, Class::Ok)));
}

#[test]
fn what_is_tried_with_success_is_not_done_otherwise() {
    let handler = r#"{ try = { steps = [{ sleep = "2ms" }], otherwise = [{ sleep = "1s" }] } }"#;
    let story = scene(handler, "");
    assert_eq!(story.requests(), [102, 202, 302, 402].map(|at| (at, Class::Ok)));
    assert_eq!(fallbacks(&story), 0);
}

#[test]
fn a_failure_goes_to_the_innermost_try_and_from_its_fallback_to_the_next() {
    let inner =
        r#"{ try = { steps = [{ fail = "100%" }], otherwise = [{ sleep = "1ms" }, { fail = "100%" }] } }"#;
    let story = scene(
        &format!(
            "{{ try = {{ steps = [{inner}, {{ sleep = \"1s\" }}], otherwise = [{{ sleep = \"2ms\" }}] }} }}"
        ),
        "",
    );
    assert_eq!(story.requests(), [103, 203, 303, 403].map(|at| (at, Class::Ok)));
    assert_eq!(fallbacks(&story), 8);
    let outside = format!("{inner}, {{ sleep = \"1s\" }}");
    assert_eq!(scene(&outside, "").requests(), [101, 201, 301, 401].map(|at| (at, Class::ServerError)));
}

#[test]
fn a_repetition_is_one_after_the_other_and_nests() {
    let handler = r#"{ repeat = { times = 3, steps = [{ sleep = "2ms" }, { repeat = { times = 2, steps = [{ sleep = "1ms" }] } }] } }"#;
    assert_eq!(scene(handler, "").requests(), [112, 212, 312, 412].map(|at| (at, Class::Ok)));
}

/// Each repetition draws its own number: with the same one, all three would fail or none.
#[test]
fn repetitions_draw_afresh() {
    let handler = r#"{ repeat = { times = 1000, steps = [{ fail = "50%" }] } }"#;
    let story = scene(handler, "");
    assert_eq!(story.requests(), [100, 200, 300, 400].map(|at| (at, Class::ServerError)));
}

#[test]
fn one_way_is_chosen_each_time_as_often_as_its_share_says() {
    let handler = r#"{ choose = [{ share = "30%", steps = [{ sleep = "7ms" }] }, { share = "70%", steps = [] }] }, { sleep = "1ms" }"#;
    let text = users("2000/s", "1s")
        + &format!("[services.a]\nthreads = \"unlimited\"\nhandler = [{handler}]\n[policies.user]\n");
    let story = tell(&text);
    let long = story.told.iter().filter(|(at, happening)| {
        matches!(happening, Happening::RequestEnded { began, .. } if at.since(*began).as_ns() == 8_000_000)
    });
    let (long, all) = (long.count(), 1999);
    // Binomial(1999, .3): standard deviation 20.5; five of them, two-sided 99.9999 %, a fixed seed.
    assert!(long.abs_diff(600) < 103, "{long} of {all} took the way with a share of 30 %");
}

#[test]
fn a_call_says_which_handler() {
    let rest = r#"
[services.c]
threads = 1
queue = { capacity = 0 }
[services.c.handlers]
read = [{ sleep = "3ms" }]
write = [{ sleep = "9ms" }]
"#;
    let handler = r#"{ call = { to = "c", handler = "write" } }, { call = { to = "c", handler = "read" } }"#;
    let story = scene(handler, rest);
    assert_eq!(story.requests(), [112, 212, 312, 412].map(|at| (at, Class::Ok)));
    assert_eq!(story.finished("c").iter().filter(|(_, end)| *end == ServiceEnd::Ok).count(), 8);
}

/// A regression: each failure that was tried went on one call deeper.
#[test]
fn a_step_that_fails_at_once_may_be_repeated_as_often_as_is_allowed() {
    let often = |step: &str| {
        format!("{{ repeat = {{ times = 30_000, steps = [{{ try = {{ steps = [{step}] }} }}] }} }}")
    };
    let ends = |handler: &str, rest: &str| scene(handler, rest).requests();
    let ok = [100, 200, 300, 400].map(|at| (at, Class::Ok));
    assert_eq!(ends(&often("{ fail = \"100%\" }"), ""), ok);
    let held = "[locks.row]\nscope = \"global\"\nwait_timeout = \"0s\"\n[faults.held]\nat = \"0s\"\nlock_held = { lock = \"row\" }";
    let acquire = "{ lock = { acquire = \"row\", steps = [{ sleep = \"1ms\" }] } }";
    assert_eq!(ends(&often(acquire), held), ok);
    // Who has read it before somebody else has written it comes too late each time.
    let late = format!(
        "{{ read = \"value\" }}, {{ sleep = \"150ms\" }}, {}",
        often("{ compare_and_set = \"value\" }")
    );
    let register = "[registers.value]\nscope = \"global\"";
    assert_eq!(ends(&late, register), [250, 350, 450, 550].map(|at| (at, Class::Ok)));
}
