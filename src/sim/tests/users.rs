//! Users who think, stay, lose patience and ask again; kinds of requests; batches.

use super::scene::{Story, tell};
use crate::mechanism::Class;
use crate::observe::Happening;

/// A workload with these lines, and a service with a thread for everybody that takes 10 ms, or 50 ms by its other handler.
fn scene(workload: &str, rest: &str) -> Story {
    tell(&format!(
        r#"
name = "scene"
run = {{ duration = "3s" }}
[workloads.user]
{workload}
to = "a"
policy = "user"
clients = 1
[services.a]
threads = "unlimited"
abandoned_work = "abort"
handler = [{{ work = "10ms" }}]
[services.a.handlers]
slow = [{{ work = "50ms" }}]
[policies.user]
{rest}
"#
    ))
}

/// When requests entered, in milliseconds, and whether the user repeated an earlier one.
fn entered(story: &Story) -> Vec<(u64, bool)> {
    let entered = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::RequestEntered { is_user_retry, .. } => Some((at.as_ns() / 1_000_000, *is_user_retry)),
        _ => None,
    });
    entered.collect()
}

/// When requests ended and since when they were wanted, in milliseconds, how, and whether too late.
fn ended(story: &Story) -> Vec<(u64, u64, Class, bool)> {
    let ended = story.told.iter().filter_map(|(at, happening)| match happening {
        Happening::RequestEnded { class, intended, late, .. } => {
            Some((at.as_ns() / 1_000_000, intended.as_ns() / 1_000_000, *class, *late))
        }
        _ => None,
    });
    ended.collect()
}

const ONE: &str = "arrivals = { batch = { every = \"10s\", first = \"100ms\", size = 1 } }";

#[test]
fn users_of_a_closed_loop_ask_think_and_ask_again() {
    let story = scene("arrivals = { closed = { users = 2, think = \"60ms\" } }", "");
    let expected: Vec<(u64, bool)> = (0..42).flat_map(|turn| [(60 + 70 * turn, false); 2]).collect();
    assert_eq!(entered(&story), expected);
}

#[test]
fn users_who_do_not_think_still_let_time_pass() {
    let failing = scene(
        "arrivals = { closed = { users = 1, think = \"0s\" } }",
        "[faults.crash]\nat = \"5ms\"\ncrash = { service = \"a\" }\n",
    );
    // The first ends with the crash; then every millisecond one finds nobody there.
    let entered = entered(&failing);
    assert_eq!(entered[..3], [(0, false), (5, false), (6, false)]);
    assert_eq!(entered.len(), 2996);
}

#[test]
fn sessions_go_on_as_long_as_users_stay() {
    let story = scene(
        "arrivals = { partly_open = { rate = \"100/s\", think = \"10ms\", stay = \"75%\" } }\nprofile = [{ at = \"2s\", scale = 0 }]",
        "",
    );
    let sessions = entered(&story).len();
    // 200 sessions of 4 requests on average: variance 4 of the number per session's geometric 12, and Poisson sessions: sd of the sum is sqrt(200 * (12 + 16)) = 75.
    // Four of them: two-sided 99.99 %, a fixed seed.
    assert!(sessions.abs_diff(800) < 300, "{sessions} requests");
}

#[test]
fn patience_makes_late_what_is_not_cancelled() {
    let slow = format!("{ONE}\nhandler = \"slow\"\npatience = \"20ms\"");
    assert_eq!(ended(&scene(&slow, "")), [(150, 100, Class::Ok, true)]);
    let cancelled = format!("{slow}\ncancel_on_abandon = true");
    assert_eq!(ended(&scene(&cancelled, "")), [(120, 100, Class::Cancelled, false)]);
    let patient = format!("{ONE}\nhandler = \"slow\"\npatience = \"60ms\"");
    assert_eq!(ended(&scene(&patient, "")), [(150, 100, Class::Ok, false)]);
}

#[test]
fn users_ask_again_and_count_from_the_first_click() {
    let retry = "user_retry = { probability = \"100%\", delay = \"30ms\", max_retries = 2 }";
    let story = scene(&format!("{ONE}\n{retry}"), "timeout = \"5ms\"");
    assert_eq!(entered(&story), [(100, false), (135, true), (170, true)]);
    let failed = |at| (at, 100, Class::DeadlineExceeded, false);
    assert_eq!(ended(&story), [105, 140, 175].map(failed));
    let content = scene(&format!("{ONE}\n{retry}"), "");
    assert_eq!(entered(&content), [(100, false)]);
}

#[test]
fn who_has_lost_patience_asks_again_while_the_first_request_goes_on() {
    let retry = "user_retry = { probability = \"100%\", delay = \"5ms\", max_retries = 1 }";
    let story = scene(&format!("{ONE}\nhandler = \"slow\"\npatience = \"20ms\"\n{retry}"), "");
    assert_eq!(entered(&story), [(100, false), (125, true)]);
    assert_eq!(ended(&story), [(150, 100, Class::Ok, true), (175, 125, Class::Ok, true)]);
}

#[test]
fn kinds_of_requests_have_their_handlers_and_shares() {
    let mix = "mix = [{ name = \"fast\", share = \"90%\" }, { name = \"slow\", share = \"10%\", handler = \"slow\" }]";
    let story = scene(
        &format!("arrivals = {{ batch = {{ every = \"10s\", size = 2000, spread = \"1s\" }} }}\n{mix}"),
        "",
    );
    let slow = story.told.iter().filter(|(at, happening)| {
        matches!(happening, Happening::RequestEnded { operation: 1, began, .. } if at.since(*began).as_ns() == 50_000_000)
    });
    let of_kind = story
        .told
        .iter()
        .filter(|(_, happening)| matches!(happening, Happening::RequestEntered { operation: 1, .. }));
    let (slow, of_kind) = (slow.count(), of_kind.count());
    assert_eq!(slow, of_kind);
    // Binomial(2000, .1): standard deviation 13.4; five of them, a fixed seed.
    assert!(of_kind.abs_diff(200) < 67, "{of_kind} of 2000 have a share of 10 %");
}

#[test]
fn a_batch_comes_at_once_or_spread() {
    let story = scene("arrivals = { batch = { every = \"1s\", first = \"500ms\", size = 3 } }", "");
    let at = [500, 500, 500, 1500, 1500, 1500, 2500, 2500, 2500].map(|at| (at, false));
    assert_eq!(entered(&story), at);
    let story = scene(
        "arrivals = { batch = { every = \"2s\", first = \"500ms\", size = 2, spread = \"100ms\" } }",
        "",
    );
    assert_eq!(entered(&story), [500, 550, 2500, 2550].map(|at| (at, false)));
}
