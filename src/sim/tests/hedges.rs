//! Hedging: when copies are sent, which answer counts, and what becomes of the others.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{
    BulkheadEvent, CircuitBreakerEvent, GuardEvent, HedgeEvent, RetryBudgetEvent, ServiceEnd,
};

/// Two instances that take 5 ms, the first of them so many times as long.
fn pair(factor: u32) -> String {
    format!(
        "[services.a]\nthreads = \"unlimited\"\ninstances = 2\nzones = [\"x\", \"y\"]\nhandler = [{{ work = \"5ms\" }}]\n
[faults.slow]\nat = \"0s\"\nduration = \"3s\"\ndegrade = {{ service = \"a\", factor = {factor}, select = {{ zone = \"y\" }} }}\n"
    )
}

/// Users who come at 20 ms, 40 ms, … until an instant to two instances in turn, of which the first takes 100 ms and the other 5 ms.
fn scene(until: &str, policy: &str) -> Story {
    tell(&(users("50/s", until) + &pair(20) + "[policies.user]\n" + policy))
}

/// The same with a service of one instance that does this.
fn single(until: &str, service: &str, policy: &str) -> Story {
    let text = format!("[services.a]\nthreads = \"unlimited\"\n{service}\n[policies.user]\n{policy}");
    tell(&(users("50/s", until) + &text))
}

const AFTER_10_MS: &str = "hedge = { delay = { fixed = \"10ms\" } }";

/// How the first policy differs from another one in these words.
fn with(more: &str) -> String {
    format!("hedge = {{ delay = {{ fixed = \"10ms\" }}, {more} }}")
}

fn hedged(story: &Story, event: HedgeEvent) -> Vec<u64> {
    story.guarded(|it| *it == GuardEvent::Hedge(event))
}

#[test]
fn the_faster_of_two_copies_counts_and_the_other_is_cancelled() {
    let story = scene("50ms", AFTER_10_MS);
    // The call of 40 ms begins at the other instance, after the hedge of the one before has taken its turn.
    assert_eq!(story.received("a"), [(20, 1), (30, 0), (40, 1), (50, 0)]);
    assert_eq!(story.requests(), [(35, Class::Ok), (55, Class::Ok)]);
    assert_eq!(story.answered("a")[..2], [(35, Class::Ok), (35, Class::Cancelled)]);
    assert_eq!(hedged(&story, HedgeEvent::AttemptBegan), [20, 40]);
    assert_eq!(hedged(&story, HedgeEvent::Sent), [30, 50]);
    assert_eq!(hedged(&story, HedgeEvent::Won), [35, 55]);
    assert_eq!(hedged(&story, HedgeEvent::Overtaken), [35, 55]);
    let unhedged = scene("50ms", "");
    assert_eq!(unhedged.requests(), [(45, Class::Ok), (120, Class::Ok)]);
}

#[test]
fn an_answer_within_the_delay_needs_no_copy() {
    let story = single("30ms", "handler = [{ sleep = \"9ms\" }]", AFTER_10_MS);
    assert_eq!((story.sent("a").len(), story.requests()), (1, vec![(29, Class::Ok)]));
    assert!(hedged(&story, HedgeEvent::Overtaken).is_empty());
    // An answer and the timer at the same instant: the answer was first.
    let story = single("30ms", "handler = [{ sleep = \"10ms\" }]", AFTER_10_MS);
    assert_eq!(story.sent("a").len(), 1);
}

#[test]
fn copies_follow_each_other_by_the_delay_up_to_their_number() {
    let sleeps = "handler = [{ sleep = \"100ms\" }]";
    let story = single("30ms", sleeps, &with("max_attempts = 4"));
    assert_eq!(story.sent("a"), [(20, 1), (30, 1), (40, 1), (50, 1)]);
    assert_eq!(story.requests(), [(120, Class::Ok)]);
    assert!(hedged(&story, HedgeEvent::Won).is_empty());
    assert_eq!(hedged(&story, HedgeEvent::Overtaken), [120, 120, 120]);
    let at_once = "hedge = { delay = { fixed = \"0s\" }, max_attempts = 3 }";
    assert_eq!(single("30ms", sleeps, at_once).sent("a"), [(20, 1), (20, 1), (20, 1)]);
}

#[test]
fn a_failure_that_is_not_fatal_brings_the_next_copy_at_once() {
    let fails = "handler = [{ sleep = \"3ms\" }, { fail = \"100%\" }]";
    let story = single("30ms", fails, &with("max_attempts = 3"));
    assert_eq!(story.sent("a"), [(20, 1), (23, 1), (26, 1)]);
    assert_eq!(story.requests(), [(29, Class::ServerError)]);
    // Each waits from its own begin.
    let story =
        single("30ms", "handler = [{ sleep = \"12ms\" }, { fail = \"100%\" }]", &with("max_attempts = 4"));
    assert_eq!(story.sent("a"), [(20, 1), (30, 1), (32, 1), (42, 1)]);
    assert_eq!(story.requests(), [(54, Class::ServerError)]);
}

#[test]
fn a_fatal_failure_ends_the_attempt_whatever_the_other_copies_do() {
    let fails = "handler = [{ sleep = \"12ms\" }, { fail = \"100%\" }]";
    let story = single("30ms", fails, &with("non_fatal = [\"overloaded\"]"));
    assert_eq!(story.sent("a"), [(20, 1), (30, 1)]);
    assert_eq!(story.requests(), [(32, Class::ServerError)]);
    assert_eq!(story.answered("a"), [(32, Class::ServerError), (32, Class::Cancelled)]);
}

#[test]
fn where_failures_are_waited_out_the_last_copy_decides() {
    let waits = with("on_failure = \"wait\", max_attempts = 3");
    let fails = |ms: u32| format!("handler = [{{ sleep = \"{ms}ms\" }}, {{ fail = \"100%\" }}]");
    let story = single("30ms", &fails(3), &waits);
    assert_eq!(story.sent("a"), [(20, 1)], "without another copy under way the attempt has failed");
    let story = single("30ms", &fails(12), &waits);
    assert_eq!(story.sent("a"), [(20, 1), (30, 1), (40, 1)]);
    assert_eq!(story.requests(), [(52, Class::ServerError)]);
}

#[test]
fn a_hedged_attempt_that_failed_is_tried_again_and_hedged_again() {
    let fails = "handler = [{ sleep = \"12ms\" }, { fail = \"100%\" }]";
    let policy = with("on_failure = \"wait\"")
        + "\nretry = { max_attempts = 2, backoff = { fixed = { base = \"100ms\" } } }";
    let story = single("30ms", fails, &policy);
    // The number of an attempt is that among those that are not hedges.
    assert_eq!(story.sent("a"), [(20, 1), (30, 1), (142, 2), (152, 1)]);
    assert_eq!(story.requests(), [(164, Class::ServerError)]);
}

#[test]
fn losers_that_are_not_cancelled_go_on_for_nobody() {
    let pool = "pool = { max_size = 2, min_idle = 2, per = \"host\" }";
    let story = scene("30ms", &(with("cancel_losers = false") + "\n" + pool));
    assert_eq!(story.requests(), [(35, Class::Ok)]);
    assert_eq!(story.answered("a"), [(35, Class::Ok), (120, Class::Ok)]);
    // Until the call would have timed out.
    let story = scene("30ms", &(with("cancel_losers = false") + "\ntimeout = \"60ms\""));
    assert_eq!(story.answered("a"), [(35, Class::Ok), (80, Class::DeadlineExceeded)]);
}

#[test]
fn what_cancelled_losers_do_is_for_nobody_unless_the_service_listens() {
    let listens = "[services.a]\nabandoned_work = \"abort\"\n";
    let story = |service: &str| {
        let text = pair(20).replace("[services.a]\n", service);
        tell(&(users("50/s", "30ms") + &text + "[policies.user]\n" + AFTER_10_MS))
    };
    assert_eq!(story("[services.a]\n").finished("a"), [(35, ServiceEnd::Ok), (120, ServiceEnd::Ok)]);
    assert_eq!(story(listens).finished("a"), [(35, ServiceEnd::Ok), (35, ServiceEnd::Cancelled)]);
}

#[test]
fn a_copy_avoids_the_instance_of_the_others() {
    let hosts = |more: &str| {
        let sleeps = "instances = 3\nhandler = [{ sleep = \"100ms\" }]";
        let policy = format!("balancer = \"ring_hash\"\n{}", with(more));
        let story = single("30ms", sleeps, &policy);
        story.received("a").into_iter().map(|(_, host)| host).collect::<Vec<u32>>()
    };
    let together = hosts("distinct_hosts = false, max_attempts = 4");
    assert!(together.windows(2).all(|pair| pair[0] == pair[1]), "{together:?}");
    let mut apart = hosts("max_attempts = 4");
    assert_eq!(apart.len(), 4, "where all have one, the next goes anywhere");
    apart.truncate(3);
    apart.sort_unstable();
    assert_eq!(apart, [0, 1, 2]);
}

#[test]
fn extra_load_is_bounded_by_a_share_of_the_attempts() {
    let sleeps = "handler = [{ sleep = \"15ms\" }]";
    let story = single("430ms", sleeps, &with("max_extra_load = \"10%\""));
    // One for every ten attempts: each brings a tenth.
    assert_eq!(hedged(&story, HedgeEvent::Sent), [210, 410]);
    assert_eq!(hedged(&story, HedgeEvent::DeniedExtraLoad).len(), 19);
    let story = single("430ms", sleeps, &with("max_extra_load = \"10%\", min_hedges_per_second = 1"));
    assert_eq!(hedged(&story, HedgeEvent::Sent).len(), 12, "ten more within 10 s");
}

#[test]
fn hedges_are_spent_by_the_retry_budget_too() {
    let sleeps = "handler = [{ sleep = \"15ms\" }]";
    let budget = "retry = { max_attempts = 1, budget = { bucket = { capacity = 3, per_call = 0 } } }";
    let story = single("90ms", sleeps, &format!("{AFTER_10_MS}\n{budget}"));
    assert_eq!(hedged(&story, HedgeEvent::Sent), [30, 50]);
    assert_eq!(hedged(&story, HedgeEvent::DeniedBudget), [70, 90]);
    assert_eq!(story.guarded(|it| matches!(it, GuardEvent::RetryBudget(RetryBudgetEvent::Denied))), [70, 90]);
    // A budget of retries at a time counts a hedge as long as it is under way.
    let at_a_time = "retry = { max_attempts = 1, budget = { static = { max_retries = 1 } } }";
    let slow = "handler = [{ sleep = \"35ms\" }]";
    let story = single("90ms", slow, &format!("{AFTER_10_MS}\n{at_a_time}"));
    assert_eq!(hedged(&story, HedgeEvent::Sent), [30, 70]);
}

#[test]
fn the_timer_of_the_call_ends_all_copies() {
    let story = single(
        "30ms",
        "handler = [{ sleep = \"100ms\" }]",
        &(with("max_attempts = 3") + "\ntimeout = \"25ms\""),
    );
    assert_eq!(story.requests(), [(45, Class::DeadlineExceeded)]);
    assert_eq!(story.answered("a"), [(45, Class::DeadlineExceeded); 3]);
    // Each copy has a timer of its own, and one that is given up makes room for the next.
    let policy = with("max_attempts = 3") + "\nper_try_timeout = \"15ms\"";
    let story = single("30ms", "handler = [{ sleep = \"100ms\" }]", &policy);
    assert_eq!(story.sent("a"), [(20, 1), (30, 1), (35, 1)]);
    assert_eq!(story.requests(), [(50, Class::AttemptTimeout)]);
}

#[test]
fn a_late_answer_of_any_copy_is_as_good_where_late_ones_are() {
    let policy = with("on_failure = \"wait\"")
        + "\nper_try_timeout = \"20ms\"\nlate_replies = \"accept\"\nretry = { max_attempts = 2, backoff = { fixed = { base = \"100ms\" } } }";
    let story = single("30ms", "handler = [{ sleep = \"40ms\" }]", &policy);
    assert_eq!(story.sent("a"), [(20, 1), (30, 1)]);
    assert_eq!(story.answered("a"), [(40, Class::AttemptTimeout), (50, Class::AttemptTimeout)]);
    assert_eq!(story.requests(), [(60, Class::Ok)]);
}

#[test]
fn a_client_that_has_no_room_for_a_copy_waits_for_the_others() {
    let policy = format!("{AFTER_10_MS}\nbulkhead = {{ semaphore = {{ max_concurrent = 1 }} }}");
    let story = single("30ms", "handler = [{ sleep = \"30ms\" }]", &policy);
    assert_eq!((story.sent("a"), story.requests()), (vec![(20, 1)], vec![(50, Class::Ok)]));
    assert_eq!(story.guarded(|it| matches!(it, GuardEvent::Bulkhead(BulkheadEvent::Refused))), [30]);
    // Where there is nothing to wait for, the call is over.
    let story = single("50ms", "handler = [{ sleep = \"30ms\" }]", &policy);
    assert_eq!(story.requests(), [(40, Class::LocalReject), (50, Class::Ok)]);
}

/// A loser has neither failed nor succeeded, so what it was let through for is given back.
#[test]
fn losers_say_nothing_to_a_breaker() {
    let breaker = "circuit_breaker = { window = { count = { size = 4 } }, minimum_calls = 2, failure_rate_threshold = \"50%\" }";
    let story = scene("200ms", &format!("{AFTER_10_MS}\n{breaker}"));
    assert!(hedged(&story, HedgeEvent::Overtaken).len() > 5);
    let opened =
        |it: &GuardEvent| matches!(it, GuardEvent::CircuitBreaker(CircuitBreakerEvent::Opened { .. }));
    assert!(story.guarded(opened).is_empty());
}

/// Two instances of one thread that take 50 ms: the third call waits in both queues from 62 ms on, and is handled by the first that is free, at 70 ms.
fn two_queues(tied: bool, more: &str) -> Story {
    let service = "[services.a]\nthreads = 1\ninstances = 2\nhandler = [{ work = \"50ms\" }]\n";
    let hedge = format!("hedge = {{ delay = {{ fixed = \"2ms\" }}, tied = {tied} }}");
    tell(&(users("50/s", "70ms") + service + "[policies.user]\n" + &hedge + more))
}

#[test]
fn a_tied_copy_that_is_handled_takes_the_others_out_of_their_queues() {
    let story = two_queues(true, "");
    // Nothing is sent after what is handled at once.
    assert_eq!(hedged(&story, HedgeEvent::Sent), [62]);
    assert_eq!(hedged(&story, HedgeEvent::Untied), [70]);
    assert_eq!(story.requests(), [(70, Class::Ok), (90, Class::Ok), (120, Class::Ok)]);
    assert_eq!(story.threads_taken("a").len(), 3, "nothing is done twice");
    assert!(two_queues(false, "").threads_taken("a").len() > 3);
}

#[test]
fn tied_copies_take_each_other_away_though_nobody_waits_for_them() {
    let story = two_queues(true, "\ntimeout = \"8ms\"");
    assert_eq!(story.requests(), [28, 48, 68].map(|at| (at, Class::DeadlineExceeded)));
    assert_eq!(hedged(&story, HedgeEvent::Untied), [70]);
    assert_eq!(story.threads_taken("a").len(), 3);
}

/// The message is as long on its way as a request: what has begun by then is done as well, and what has not arrived is taken away when it does.
#[test]
fn a_tied_copy_hears_of_another_one_after_the_time_of_a_message() {
    let network = "\n[network]\ndefault = { latency = \"1ms\" }\n";
    let story = two_queues(true, network);
    assert_eq!(hedged(&story, HedgeEvent::Untied).len(), 1);
    let at_once = "[services.a]\nthreads = 1\ninstances = 2\nhandler = [{ work = \"50ms\" }]\n[policies.user]\nhedge = { delay = { fixed = \"0s\" }, tied = true }";
    let story = tell(&(users("50/s", "30ms") + at_once + network));
    assert_eq!(story.threads_taken("a").len(), 2, "both were idle");
    assert!(hedged(&story, HedgeEvent::Untied).is_empty());
}

#[test]
fn a_delay_by_percentile_follows_what_was_seen() {
    let policy = "hedge = { delay = { percentile = { percentile = \"50%\", window = \"300ms\" } } }";
    let story = scene("990ms", policy);
    // Nothing is known before the first window of 100 ms is full; then half of the attempts took at most 5 ms.
    let sent = hedged(&story, HedgeEvent::Sent);
    assert_eq!(sent[..3], [105, 125, 145]);
    assert!(sent.iter().all(|at| at % 20 != 0), "{sent:?}");
}

#[test]
fn nothing_is_left_of_a_hedged_call_whose_caller_is_gone() {
    let services = format!(
        r#"
[services.a]
threads = "unlimited"
handler = [{{ call = {{ to = "z", policy = "on" }} }}]
[services.z]
threads = "unlimited"
handler = [{{ sleep = "200ms" }}]
[policies.on]
{}
retry = {{ max_attempts = 1, budget = {{ static = {{ max_retries = 5 }} }} }}
"#,
        with("cancel_losers = false, max_attempts = 3")
    );
    let crash = "[faults.crash]\nat = \"45ms\"\nduration = \"5ms\"\ncrash = { service = \"a\" }\n";
    let story = tell(&(users("50/s", "30ms") + &services + crash));
    assert_eq!(story.requests(), [(45, Class::Reset)]);
    assert_eq!(story.answered("z"), [(45, Class::Cancelled); 3]);
    let pause = "[faults.pause]\nat = \"25ms\"\nduration = \"1s\"\npause = { service = \"a\" }\n";
    let story = tell(&(users("50/s", "30ms") + &services + pause));
    // What came due for a caller that is paused happens in its order when it goes on: the timer first, then the answer.
    assert_eq!(story.sent("z"), [(20, 1), (1025, 1)]);
    assert_eq!(hedged(&story, HedgeEvent::Overtaken), [1025]);
    assert_eq!(story.requests(), [(1025, Class::Ok)]);
}

/// The copy that nobody waits for any more is in flight for its client, whose balancer counts it, until the crash.
#[test]
fn a_crash_ends_copies_for_nobody_before_the_balancer_forgets_them() {
    let slow = pair(20).replace("services.a", "services.z").replace("\"a\"", "\"z\"");
    let policy = "hedge = { delay = { fixed = \"1ms\" }, cancel_losers = false }";
    let story = tell(
        &(users("50/s", "30ms")
            + &format!(
                r#"
[services.a]
threads = "unlimited"
handler = [{{ call = {{ to = "z", policy = "p" }} }}]
{slow}
[policies.p]
balancer = "least_request"
{policy}
[policies.user]
[faults.crash]
at = "50ms"
duration = "5ms"
crash = {{ service = "a" }}
"#
            )),
    );
    let cancelled = story.answered("z").into_iter().filter(|(_, class)| *class == Class::Cancelled);
    assert!(cancelled.map(|(at, _)| at).eq([50]), "{:?}", story.answered("z"));
}
