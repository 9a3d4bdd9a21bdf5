//! Rate limits of services: who is taken on when, who waits, who is turned away, and whose permits they are.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, ServiceEnd};

/// Users who come at 20 ms, 40 ms, … until an instant to a service that is limited like this, and sleeps for 5 ms.
fn limited(until: &str, bucket: &str, rest: &str) -> Story {
    let limit = format!("rate_limit = {{ token_bucket = {{ {bucket} }} }}");
    served(until, &format!("threads = \"unlimited\"\n{limit}\n{rest}"))
}

fn served(until: &str, service: &str) -> Story {
    tell(
        &(users("50/s", until)
            + &format!(
                "[services.a]\nhandler = [{{ sleep = \"5ms\" }}]\n{service}\n[policies.user]\nbalancer = \"round_robin\"\n"
            )),
    )
}

/// Of those who came at 20 ms, 40 ms, …: who succeeded.
fn taken_on(story: &Story) -> Vec<bool> {
    story.requests().iter().map(|(_, class)| *class == Class::Ok).collect()
}

const ONE_PER_SECOND: &str = "rate = \"1/s\"";

#[test]
fn a_service_takes_on_what_its_bucket_holds_and_turns_the_rest_away_at_once() {
    let story = limited("150ms", "rate = \"20/s\", burst = 2", "");
    let (ok, not) = (|at| (at, Class::Ok), |at| (at, Class::Overloaded));
    assert_eq!(story.requests(), [ok(25), ok(45), not(60), ok(85), not(100), ok(125), not(140)]);
    let limited = story.told.iter().filter(|(_, it)| matches!(it, Happening::RateLimited { .. }));
    assert_eq!(limited.map(|(at, _)| at.as_ns() / 1_000_000).collect::<Vec<_>>(), [60, 100, 140]);
    let ends = story.finished("a").into_iter().filter(|(_, end)| *end == ServiceEnd::Overloaded).count();
    assert_eq!(ends, 3);
}

#[test]
fn turning_away_costs_what_it_costs_a_full_queue_and_says_when_to_come_back() {
    let queue = "queue = { capacity = \"unlimited\", reject_cost = \"3ms\", retry_after = \"70ms\" }";
    let story = limited("50ms", "rate = \"20/s\"", queue);
    assert_eq!(story.requests(), [(25, Class::Ok), (43, Class::Overloaded)]);
    let text = users("50/s", "50ms")
        + &format!(
            r#"
[services.a]
threads = "unlimited"
rate_limit = {{ token_bucket = {{ rate = "20/s" }} }}
{queue}
handler = [{{ sleep = "5ms" }}]
[policies.user]
retry = {{ max_attempts = 2, backoff = {{ fixed = {{ base = "1ms" }} }}, retry_after = {{ jitter = "0%" }} }}
"#
        );
    assert_eq!(tell(&text).sent("a"), [(20, 1), (40, 1), (113, 2)]);
}

#[test]
fn who_may_wait_gets_a_thread_when_the_permit_comes() {
    let limit = "rate_limit = { token_bucket = { rate = \"20/s\", max_wait = \"60ms\" } }";
    let story = served("90ms", &format!("threads = 1\nqueue = {{ capacity = 0 }}\n{limit}"));
    assert_eq!(story.threads_taken("a"), [(20, 0), (70, 30), (120, 60)]);
    let ok = |at| (at, Class::Ok);
    assert_eq!(story.requests(), [ok(25), ok(75), (80, Class::Overloaded), ok(125)]);
}

/// Both would have their permits at 70 ms and 120 ms.
#[test]
fn who_gives_up_while_waiting_for_a_permit_is_treated_as_in_the_queue() {
    let ends = |abandoned_work: &str| {
        let limit = "rate_limit = { token_bucket = { rate = \"20/s\", max_wait = \"unlimited\" } }";
        let service = format!(
            "[services.a]\nthreads = \"unlimited\"\nabandoned_work = \"{abandoned_work}\"\nhandler = [{{ sleep = \"5ms\" }}]\n{limit}\n[policies.user]\ntimeout = \"25ms\"\n"
        );
        tell(&(users("50/s", "70ms") + &service)).finished("a")
    };
    let then = |rest: [(u64, ServiceEnd); 2]| vec![(25, ServiceEnd::Ok), rest[0], rest[1]];
    assert_eq!(ends("finish"), then([(75, ServiceEnd::Ok), (125, ServiceEnd::Ok)]));
    assert_eq!(ends("drop_on_dequeue"), then([(70, ServiceEnd::Expired), (120, ServiceEnd::Expired)]));
    assert_eq!(ends("remove_from_queue"), then([(65, ServiceEnd::Cancelled), (85, ServiceEnd::Cancelled)]));
    assert_eq!(ends("abort"), then([(65, ServiceEnd::Cancelled), (85, ServiceEnd::Cancelled)]));
}

#[test]
fn permits_are_those_of_an_instance_or_of_the_service() {
    let of = |scope: &str| {
        taken_on(&limited("90ms", &format!("{ONE_PER_SECOND}, scope = \"{scope}\""), "instances = 2"))
    };
    assert_eq!(of("instance"), [true, true, false, false]);
    assert_eq!(of("service"), [true, false, false, false]);
}

#[test]
fn a_crash_gives_an_instance_its_permits_back_but_not_the_service() {
    let crash = "[faults.crash]\nat = \"45ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }";
    let of = |scope: &str| {
        limited("90ms", &format!("{ONE_PER_SECOND}, max_wait = \"100ms\", scope = \"{scope}\""), crash)
    };
    assert_eq!(taken_on(&of("instance")), [true, false, true, false]);
    assert_eq!(taken_on(&of("service")), [true, false, false, false]);
    let patient = limited("50ms", &format!("{ONE_PER_SECOND}, max_wait = \"unlimited\""), crash);
    assert_eq!(
        patient.requests(),
        [(25, Class::Ok), (45, Class::Reset)],
        "it waited when its instance crashed"
    );
}

#[test]
fn a_pushed_limit_has_a_bucket_of_its_own_and_a_push_of_anything_else_leaves_it_alone() {
    let pushed = |set: &str| {
        let push = format!(
            "[faults.push]\nat = \"45ms\"\nduration = \"40ms\"\nconfig_push = {{ set = {{ {set} }} }}"
        );
        ["instance", "service"].map(|scope| {
            taken_on(&limited("110ms", &format!("{ONE_PER_SECOND}, scope = \"{scope}\""), &push))
        })
    };
    let rate = pushed("\"services.a.rate_limit.token_bucket.rate\" = \"1000/s\"");
    assert_eq!(rate, [[true, false, true, true, false]; 2]);
    let same = pushed("\"services.a.threads\" = 7, \"services.a.queue\" = { capacity = 1 }");
    assert_eq!(same, [[true, false, false, false, false]; 2]);
}

#[test]
fn an_injected_error_takes_no_permit() {
    let errors = "[faults.errors]\nat = \"15ms\"\nduration = \"40ms\"\nerror_injection = { service = \"a\", share = \"100%\", class = \"app_error\" }";
    let story = limited("90ms", ONE_PER_SECOND, errors);
    let classes: Vec<Class> = story.requests().into_iter().map(|(_, class)| class).collect();
    assert_eq!(classes, [Class::AppError, Class::AppError, Class::Ok, Class::Overloaded]);
}

/// The front of a paused process still takes on and turns away.
#[test]
fn permits_come_during_a_pause() {
    let pause = "[faults.pause]\nat = \"30ms\"\nduration = \"60ms\"\npause = { service = \"a\" }";
    let story = limited("70ms", "rate = \"20/s\", max_wait = \"30ms\"", pause);
    assert_eq!(story.threads_taken("a"), [(20, 0), (70, 30)]);
    assert_eq!(story.requests(), [(25, Class::Ok), (60, Class::Overloaded), (95, Class::Ok)]);
}
