//! Deadlines that are handed on, and cancellations that take their time.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::ServiceEnd;

/// A user at 100 ms asks `a`, which works for 10 ms and then asks `b`, which works for 100 ms.
fn chain(user: &str, back: &str, abandoned_work: &str, latency: &str) -> Story {
    let text = format!(
        r#"
network = {{ default = {{ latency = "{latency}" }} }}
[services.a]
threads = "unlimited"
abandoned_work = "{abandoned_work}"
handler = [{{ work = "10ms" }}, {{ call = {{ to = "b", policy = "back" }} }}]
[services.b]
threads = 1
queue = {{ capacity = 5 }}
abandoned_work = "{abandoned_work}"
handler = [{{ work = "100ms" }}]
[policies.user]
{user}
[policies.back]
{back}
"#
    );
    let users = users("10/s", "150ms").replace(
        "[workloads",
        &(text.split_once("[services").map(|(network, _)| network).unwrap_or_default().to_owned()
            + "[workloads"),
    );
    let services =
        text.split_once("[services").map(|(_, services)| format!("[services{services}")).unwrap_or_default();
    tell(&(users + &services))
}

#[test]
fn every_hop_has_a_clock_of_its_own_unless_the_deadline_is_handed_on() {
    let story = chain("timeout = \"50ms\"", "timeout = \"80ms\"", "finish", "0s");
    assert_eq!(story.answered("b"), [(190, Class::DeadlineExceeded)]);
    let story =
        chain("timeout = \"50ms\"", "timeout = \"80ms\"\ndeadline = { propagate = true }", "finish", "0s");
    assert_eq!(story.requests(), [(150, Class::DeadlineExceeded)]);
    assert_eq!(story.answered("b"), [(150, Class::DeadlineExceeded)]);
}

#[test]
fn a_margin_leaves_time_for_the_answer() {
    let story =
        chain("timeout = \"50ms\"", "deadline = { propagate = true, margin = \"15ms\" }", "finish", "0s");
    assert_eq!(story.answered("b"), [(135, Class::DeadlineExceeded)]);
    assert_eq!(story.requests(), [(135, Class::GatewayError)]);
}

#[test]
fn the_own_timeout_counts_if_it_is_shorter() {
    let story =
        chain("timeout = \"50ms\"", "timeout = \"20ms\"\ndeadline = { propagate = true }", "finish", "0s");
    assert_eq!(story.requests(), [(130, Class::GatewayError)]);
}

#[test]
fn without_time_left_nothing_is_sent() {
    let story =
        chain("timeout = \"50ms\"", "deadline = { propagate = true, margin = \"40ms\" }", "finish", "0s");
    assert_eq!(story.sent("b"), []);
    assert_eq!(story.requests(), [(110, Class::GatewayError)]);
}

#[test]
fn the_time_of_one_attempt_is_handed_on_too() {
    let user = "per_try_timeout = \"30ms\"\nretry = { max_attempts = 2 }\ntimeout = \"1s\"";
    let story = chain(user, "deadline = { propagate = true }", "finish", "0s");
    assert_eq!(story.answered("b"), [(130, Class::DeadlineExceeded), (160, Class::DeadlineExceeded)]);
}

#[test]
fn a_cancellation_is_as_long_on_its_way_as_a_request() {
    // Sent at 150 ms; 5 ms to `a`, which cancels its call; 5 ms more to `b`.
    let story = chain("timeout = \"50ms\"", "", "abort", "5ms");
    assert_eq!(story.requests(), [(150, Class::DeadlineExceeded)]);
    assert_eq!(story.finished("a"), [(155, ServiceEnd::Cancelled)]);
    assert_eq!(story.finished("b"), [(160, ServiceEnd::Cancelled)]);
}

#[test]
fn a_cancellation_may_come_too_late() {
    // `b` is done at 225 ms, and `a` at 230 ms, when the cancellation of 228 ms is on its way.
    let story = chain("timeout = \"128ms\"", "", "abort", "5ms");
    assert_eq!(story.requests(), [(228, Class::DeadlineExceeded)]);
    assert_eq!(story.finished("a"), [(225, ServiceEnd::Ok)]);
}

#[test]
fn who_is_given_up_on_the_way_is_stopped_when_the_cancellation_comes() {
    // The attempt arrives at 150 ms, the cancellation, sent at 120 ms, at 170 ms.
    let story = chain("timeout = \"20ms\"", "", "abort", "50ms");
    assert_eq!(story.finished("a"), [(170, ServiceEnd::Cancelled)]);
}

/// A regression: a service that comes to listen only by a push was never told.
#[test]
fn who_comes_to_listen_by_a_push_is_told() {
    let ends = |before: &str, pushed: &str| {
        let text = users("10/s", "250ms")
            + &format!(
                "[services.a]\nthreads = \"unlimited\"\nhandler = [{{ work = \"80ms\" }}]\nabandoned_work = \"{before}\"\n[policies.user]\ntimeout = \"20ms\"\n[faults.push]\nat = \"150ms\"\nconfig_push = {{ set = {{ \"services.a.abandoned_work\" = \"{pushed}\" }} }}\n"
            );
        tell(&text).finished("a")
    };
    let stopped = [(180, ServiceEnd::Ok), (220, ServiceEnd::Cancelled)];
    assert_eq!(ends("finish", "abort"), stopped);
    assert_eq!(ends("drop_on_dequeue", "abort"), stopped);
    assert_eq!(ends("finish", "remove_from_queue"), [(180, ServiceEnd::Ok), (280, ServiceEnd::Ok)]);
    assert_eq!(ends("abort", "finish"), [(120, ServiceEnd::Cancelled), (280, ServiceEnd::Ok)]);
}
