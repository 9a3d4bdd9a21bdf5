//! Rate limits: who goes on when, who is rejected, and what becomes of permits.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{CircuitBreakerEvent, GuardEvent, RateLimitEvent};

/// Users who come at 20 ms, 40 ms, … until an instant to a service that does this.
fn scene(until: &str, service: &str, policy: &str) -> Story {
    let service = format!("[services.a]\nthreads = \"unlimited\"\n{service}\n[policies.user]\n{policy}");
    tell(&(users("50/s", until) + &service))
}

/// The same where the service calls another one, `z`, under this policy.
fn relayed(until: &str, policy: &str, rest: &str) -> Story {
    let services = format!(
        r#"
[services.a]
threads = "unlimited"
handler = [{{ call = {{ to = "z", policy = "p" }} }}]
[services.z]
threads = "unlimited"
{WORKS}
[policies.p]
{policy}
{rest}"#
    );
    tell(&(users("50/s", until) + &services))
}

const WORKS: &str = "handler = [{ sleep = \"5ms\" }]";
const FAILS: &str = "handler = [{ sleep = \"5ms\" }, { fail = \"100%\" }]";

/// When attempts were sent.
fn sent(story: &Story, service: &str) -> Vec<u64> {
    story.sent(service).into_iter().map(|(at, _)| at).collect()
}

fn bucket(burst: u32, rest: &str) -> String {
    format!("rate_limit = {{ token_bucket = {{ rate = \"20/s\", burst = {burst}, {rest} }} }}")
}

#[test]
fn a_bucket_sends_on_whoever_waits_when_the_permit_comes() {
    let story = scene("110ms", WORKS, &bucket(2, "max_wait = \"unlimited\""));
    assert_eq!(sent(&story, "a"), [20, 40, 70, 120, 170]);
    let story = scene("110ms", WORKS, &bucket(2, "max_wait = \"20ms\""));
    assert_eq!(sent(&story, "a"), [20, 40, 70, 120]);
    let ok = |at| (at, Class::Ok);
    assert_eq!(story.requests(), [ok(25), ok(45), ok(75), (80, Class::LocalReject), ok(125)]);
}

#[test]
fn a_blocking_caller_waits_in_vain_and_an_asynchronous_one_knows_at_once() {
    let ends = |rejects: &str| {
        let window = "limit = 1, period = \"50ms\", max_wait = \"45ms\"";
        let story =
            scene("90ms", WORKS, &format!("rate_limit = {{ fixed_window = {{ {window}{rejects} }} }}"));
        assert_eq!(sent(&story, "a"), [20, 50, 100]);
        story.requests().into_iter().find(|(_, class)| *class == Class::LocalReject)
    };
    assert_eq!(ends(""), Some((125, Class::LocalReject)));
    assert_eq!(ends(", rejects = \"at_once\""), Some((80, Class::LocalReject)));
}

#[test]
fn the_time_of_a_call_begins_with_its_permit_and_that_of_an_attempt_before() {
    let slow = "handler = [{ sleep = \"40ms\" }]";
    let policy = |level: &str| {
        format!(
            "timeout = \"25ms\"\n{}",
            bucket(1, &format!("max_wait = \"unlimited\", level = \"{level}\""))
        )
    };
    let story = scene("50ms", slow, &policy("call"));
    assert_eq!(sent(&story, "a"), [20, 70]);
    assert_eq!(story.requests(), [(45, Class::DeadlineExceeded), (95, Class::DeadlineExceeded)]);
    // Each has a permit of later than the one before, and none of them waits that long: the rate is there for nobody.
    let story = scene("130ms", slow, &policy("attempt"));
    assert_eq!(sent(&story, "a"), [20]);
    let left = story.guarded(|it| matches!(it, GuardEvent::RateLimit(RateLimitEvent::Left)));
    assert_eq!(left, [65, 85, 105, 125, 145]);
}

#[test]
fn a_retry_needs_a_permit_of_its_own_where_attempts_do() {
    let retried = |level: &str| {
        let bucket = bucket(1, &format!("max_wait = \"unlimited\", level = \"{level}\""));
        scene("30ms", FAILS, &format!("retry = {{ max_attempts = 2, backoff = \"none\" }}\n{bucket}"))
            .sent("a")
    };
    assert_eq!(retried("call"), [(20, 1), (25, 2)]);
    assert_eq!(retried("attempt"), [(20, 1), (70, 2)]);
}

#[test]
fn a_breaker_of_calls_sees_nothing_of_their_permits_and_one_of_attempts_does() {
    let opened = |story: &Story| {
        let is_it =
            |it: &GuardEvent| matches!(it, GuardEvent::CircuitBreaker(CircuitBreakerEvent::Opened { .. }));
        story.guarded(is_it)
    };
    let rejecting = |level: &str| {
        let breaker = format!(
            "circuit_breaker = {{ level = \"{level}\", consecutive_failures = 1, counts_as_failure = [\"local_reject\"], counts_as_ignored = [] }}"
        );
        scene(
            "90ms",
            WORKS,
            &format!("timeout = \"1s\"\n{breaker}\n{}", bucket(1, &format!("level = \"{level}\""))),
        )
    };
    let story = rejecting("call");
    assert_eq!((sent(&story, "a"), opened(&story)), (vec![20, 80], vec![]));
    let story = rejecting("attempt");
    assert_eq!((sent(&story, "a"), opened(&story)), (vec![20], vec![40]));
    let slow = "circuit_breaker = { level = \"call\", window = { count = { size = 1 } }, minimum_calls = 1, slow_call_duration_threshold = \"20ms\" }";
    let waiting = bucket(1, "max_wait = \"unlimited\"");
    let story = scene("50ms", WORKS, &format!("timeout = \"1s\"\n{slow}\n{waiting}"));
    assert_eq!((sent(&story, "a"), opened(&story)), (vec![20, 70], vec![]), "waiting is not being slow");
}

#[test]
fn an_inherited_deadline_ends_the_wait_for_a_permit() {
    let story = |propagate: bool| {
        let deadline = format!("deadline = {{ propagate = {propagate}, margin = \"10ms\" }}");
        let bucket = "rate_limit = { token_bucket = { rate = \"1/s\", max_wait = \"unlimited\" } }";
        relayed("50ms", &format!("{deadline}\n{bucket}"), "[policies.user]\ntimeout = \"100ms\"")
    };
    let hurried = story(true);
    assert_eq!(hurried.requests(), [(25, Class::Ok), (130, Class::GatewayError)]);
    assert_eq!(sent(&hurried, "z"), [20]);
    let patient = story(false);
    assert_eq!(patient.requests(), [(25, Class::Ok), (140, Class::DeadlineExceeded)]);
    assert_eq!(sent(&patient, "z"), [20, 1020], "nobody waits for the second any more");
}

#[test]
fn permits_are_forgotten_in_a_crash_and_wait_for_a_pause() {
    let policy = "rate_limit = { token_bucket = { rate = \"1/s\", max_wait = \"unlimited\" } }";
    let crash = "[faults.crash]\nat = \"45ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }";
    let story = relayed("90ms", policy, crash);
    assert_eq!(sent(&story, "z"), [20, 60, 1060]);
    assert_eq!(story.guarded(|it| matches!(it, GuardEvent::RateLimit(RateLimitEvent::Left))), [45]);
    let pause = "[faults.pause]\nat = \"45ms\"\nduration = \"1s\"\npause = { service = \"a\" }";
    let story = relayed("50ms", policy, pause);
    assert_eq!(sent(&story, "z"), [20, 1045]);
}

#[test]
fn permits_belong_to_whom_the_scope_says() {
    let of = |scope: &str| {
        let policy = format!("scope = \"{scope}\"\nrate_limit = {{ token_bucket = {{ rate = \"1/s\" }} }}");
        let text = users("50/s", "90ms")
            + &format!(
                "[services.a]\nthreads = \"unlimited\"\ninstances = 2\nhandler = [{{ call = {{ to = \"z\", policy = \"p\" }} }}]\n[services.z]\nthreads = \"unlimited\"\n{WORKS}\n[policies.p]\n{policy}"
            );
        sent(&tell(&text), "z")
    };
    assert_eq!(of("instance"), [20, 40]);
    assert_eq!(of("service"), [20]);
    assert_eq!(of("global"), [20]);
}
