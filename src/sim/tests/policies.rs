//! Timers, retries, late replies, queues, and work that nobody waits for any more.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::ServiceEnd;

/// One thread with work of 100 ms, and users who come at 20 ms, 40 ms, … until an instant.
fn one_thread(until: &str, settings: &str, policy: &str) -> Story {
    let service = "[services.a]\nthreads = 1\nhandler = [{ work = \"100ms\" }]\n";
    tell(&(users("50/s", until) + service + settings + "\n[policies.user]\n" + policy))
}

#[test]
fn abandoned_work_is_finished_dropped_removed_or_aborted() {
    // The first is in work from 20 ms on and given up at 70 ms; the second waits from 40 ms on and is given up at 90 ms.
    let story = |what: &str| {
        let settings = format!("queue = {{ capacity = 5 }}\nabandoned_work = \"{what}\"");
        let story = one_thread("50ms", &settings, "timeout = \"50ms\"");
        assert_eq!(
            story.requests(),
            [(70, Class::DeadlineExceeded), (90, Class::DeadlineExceeded)],
            "{what}"
        );
        story
    };
    let finish = story("finish");
    assert_eq!(finish.finished("a"), [(120, ServiceEnd::Ok), (220, ServiceEnd::Ok)]);
    assert_eq!(story("drop_on_dequeue").finished("a"), [(120, ServiceEnd::Ok), (120, ServiceEnd::Expired)]);
    assert_eq!(
        story("remove_from_queue").finished("a"),
        [(90, ServiceEnd::Cancelled), (120, ServiceEnd::Ok)]
    );
    let abort = story("abort");
    assert_eq!(abort.finished("a"), [(70, ServiceEnd::Cancelled), (90, ServiceEnd::Cancelled)]);
    // The thread that the first gave back was the second's at once.
    assert_eq!(abort.threads_taken("a"), [(20, 0), (70, 30)]);
}

/// A front without limits that asks `b`, which has one thread, sleeps for a second, and stops for nobody's sake.
fn aborting(policy: &str, fault: &str) -> Story {
    let services = r#"
[services.a]
threads = "unlimited"
handler = [{ call = { to = "b", policy = "back" } }]
[services.b]
threads = 1
queue = { capacity = "unlimited" }
abandoned_work = "abort"
handler = [{ sleep = "1s" }]
[policies.user]
[policies.back]
"#;
    tell(&(users("10/s", "550ms") + services + policy + fault))
}

#[test]
fn who_waits_in_a_queue_is_aborted_there_and_gets_no_thread_before() {
    // Five wait for `b` when `a` crashes with all its calls.
    let crash = "\n[faults.crash]\nat = \"550ms\"\nduration = \"10ms\"\ncrash = { service = \"a\" }\n";
    let story = aborting("", crash);
    assert_eq!(story.finished("b"), [(550, ServiceEnd::Cancelled); 5]);
    assert_eq!(story.threads_taken("b").len(), 1);
}

#[test]
fn an_abort_waits_for_the_end_of_a_pause_but_the_queue_is_left_at_once() {
    let pause = "\n[faults.stall]\nat = \"150ms\"\nduration = \"850ms\"\npause = { service = \"b\" }\n";
    let story = aborting("timeout = \"300ms\"", pause);
    // The first came at 100 ms and holds the thread; the four behind it are given up at 500, 600, 700 and 800 ms.
    let queued = [500, 600, 700, 800].map(|at| (at, ServiceEnd::Cancelled));
    let expected: Vec<(u64, ServiceEnd)> =
        queued.into_iter().chain([(1000, ServiceEnd::Cancelled)]).collect();
    assert_eq!(story.finished("b"), expected);
    assert_eq!(story.threads_taken("b"), [(100, 0)]);
}

#[test]
fn who_is_removed_from_a_queue_leaves_a_place_in_it() {
    let settings = "queue = { capacity = 1 }\nabandoned_work = \"remove_from_queue\"";
    let story = one_thread("110ms", settings, "timeout = \"50ms\"");
    let expected = [
        (60, ServiceEnd::Overloaded),
        (80, ServiceEnd::Overloaded),
        (90, ServiceEnd::Cancelled),
        (120, ServiceEnd::Ok),
        (220, ServiceEnd::Ok),
    ];
    assert_eq!(story.finished("a"), expected);
}

#[test]
fn an_attempt_that_expires_at_the_instant_of_its_turn_is_dropped() {
    let settings = "queue = { capacity = 5 }\nabandoned_work = \"drop_on_dequeue\"";
    let story = one_thread("50ms", settings, "timeout = \"80ms\"");
    assert_eq!(story.finished("a"), [(120, ServiceEnd::Ok), (120, ServiceEnd::Expired)]);
}

#[test]
fn an_abort_propagates_down_two_levels() {
    let chain = |last: &str| {
        users("10/s", "150ms")
            + r#"
[services.a]
threads = 1
queue = { capacity = 0 }
abandoned_work = "abort"
handler = [{ call = { to = "b" } }]
[services.b]
threads = 1
queue = { capacity = 0 }
abandoned_work = "abort"
handler = [{ sleep = "10ms" }, { call = { to = "c" } }]
[services.c]
threads = 1
queue = { capacity = 0 }
abandoned_work = "abort"
"# + last + "\n[policies.user]\ntimeout = \"50ms\"\n"
    };
    for last in ["handler = [{ work = \"1s\" }]", "handler = [{ sleep = \"1s\" }]"] {
        let story = tell(&chain(last));
        for service in ["a", "b", "c"] {
            assert_eq!(story.finished(service), [(150, ServiceEnd::Cancelled)], "{service} with {last}");
        }
        assert_eq!(story.answered("c"), [(150, Class::Cancelled)]);
    }
}

#[test]
fn without_an_abort_the_whole_tree_is_worked_on_for_nobody() {
    let world = users("10/s", "150ms")
        + r#"
[services.a]
threads = 1
queue = { capacity = 0 }
handler = [{ sleep = "100ms" }, { call = { to = "b" } }]
[services.b]
threads = 1
queue = { capacity = 0 }
handler = [{ work = "100ms" }]
[policies.user]
timeout = "50ms"
"#;
    let story = tell(&world);
    assert_eq!(story.requests(), [(150, Class::DeadlineExceeded)]);
    assert_eq!(story.sent("b"), [(200, 1)]);
    assert_eq!(story.finished("a"), [(300, ServiceEnd::Ok)]);
}

#[test]
fn a_late_reply_completes_the_call_where_it_is_accepted() {
    let story = |late: &str| {
        let world = users("10/s", "150ms")
            + "[services.a]\nthreads = 2\nqueue = { capacity = 0 }\nhandler = [{ work = \"80ms\" }]\n[policies.user]\n"
            + "per_try_timeout = \"50ms\"\nretry = { max_attempts = 2 }\nlate_replies = \""
            + late
            + "\"\n";
        tell(&world)
    };
    let accept = story("accept");
    assert_eq!(accept.requests(), [(180, Class::Ok)]);
    assert_eq!(accept.answered("a"), [(150, Class::AttemptTimeout), (180, Class::Cancelled)]);
    assert_eq!(story("ignore").requests(), [(200, Class::AttemptTimeout)]);
    for story in [story("accept"), story("ignore")] {
        assert_eq!(story.finished("a"), [(180, ServiceEnd::Ok), (230, ServiceEnd::Ok)]);
    }
}

#[test]
fn a_late_reply_during_the_backoff_completes_the_call_too() {
    let world = users("10/s", "150ms")
        + r#"
[services.a]
threads = 2
queue = { capacity = 0 }
handler = [{ work = "80ms" }]
[policies.user]
per_try_timeout = "50ms"
retry = { max_attempts = 2, backoff = { fixed = { base = "100ms" } } }
late_replies = "accept"
"#;
    let story = tell(&world);
    assert_eq!(story.requests(), [(180, Class::Ok)]);
    assert_eq!(story.sent("a"), [(100, 1)]);
}

#[test]
fn a_silent_drop_leaves_the_caller_to_its_timer() {
    let drop = one_thread("50ms", "queue = { capacity = 0, when_full = \"drop\" }", "timeout = \"150ms\"");
    assert_eq!(drop.requests(), [(120, Class::Ok), (190, Class::DeadlineExceeded)]);
    assert_eq!(drop.finished("a"), [(40, ServiceEnd::Dropped), (120, ServiceEnd::Ok)]);
    let reject =
        one_thread("50ms", "queue = { capacity = 0, when_full = \"reject\" }", "timeout = \"150ms\"");
    assert_eq!(reject.requests(), [(40, Class::Overloaded), (120, Class::Ok)]);
}

#[test]
fn last_in_first_out_serves_the_freshest() {
    let lifo = one_thread("70ms", "queue = { capacity = 5, order = \"lifo\" }", "");
    assert_eq!(lifo.threads_taken("a"), [(20, 0), (120, 60), (220, 180)]);
    let fifo = one_thread("70ms", "queue = { capacity = 5, order = \"fifo\" }", "");
    assert_eq!(fifo.threads_taken("a"), [(20, 0), (120, 80), (220, 160)]);
}

/// A service that always fails at once, called under this policy at 100 ms.
fn failing(policy: &str) -> Story {
    let service = "[services.a]\nthreads = 1\nqueue = { capacity = 0 }\nhandler = [{ fail = \"100%\" }]\n[policies.user]\n";
    tell(&(users("10/s", "150ms") + service + policy))
}

#[test]
fn a_backoff_is_cut_by_the_deadline() {
    let retry = "retry = { max_attempts = \"unlimited\", backoff = { fixed = { base = \"100ms\" } } }\n";
    let attempts = [(100, 1), (200, 2), (300, 3)];
    let story = failing(&(retry.to_owned() + "timeout = \"250ms\""));
    assert_eq!(
        (story.requests(), story.sent("a")),
        (vec![(350, Class::DeadlineExceeded)], attempts.to_vec())
    );
    // At one instant the deadline, which was set first, comes before the end of the backoff.
    let story = failing(&(retry.to_owned() + "timeout = \"300ms\""));
    assert_eq!(
        (story.requests(), story.sent("a")),
        (vec![(400, Class::DeadlineExceeded)], attempts.to_vec())
    );
}

#[test]
fn waits_grow_as_the_backoff_says() {
    let retry = "retry = { max_attempts = 4, backoff = { exponential = { base = \"50ms\", max = \"150ms\", multiplier = 2 } } }";
    let story = failing(retry);
    assert_eq!(story.sent("a"), [(100, 1), (150, 2), (250, 3), (400, 4)]);
    assert_eq!(story.requests(), [(400, Class::ServerError)]);
}

#[test]
fn what_retry_on_does_not_name_is_not_tried_again() {
    let story = failing("retry = { max_attempts = 4, retry_on = [\"overloaded\", \"reset\"] }");
    assert_eq!((story.sent("a"), story.requests()), (vec![(100, 1)], vec![(100, Class::ServerError)]));
}

#[test]
fn a_deadline_at_the_instant_of_the_attempts_timer_is_exceeded() {
    let world = |per_try: &str| {
        let service = "[services.a]\nthreads = 9\nqueue = { capacity = 0 }\nhandler = [{ work = \"1s\" }]\n";
        let policy = "[policies.user]\ntimeout = \"100ms\"\nretry = { max_attempts = 3 }\nper_try_timeout = ";
        tell(&(users("10/s", "150ms") + service + policy + "\"" + per_try + "\"\n"))
    };
    for per_try in ["100ms", "150ms"] {
        let story = world(per_try);
        assert_eq!(story.requests(), [(200, Class::DeadlineExceeded)]);
        assert_eq!(story.answered("a"), [(200, Class::DeadlineExceeded)]);
    }
    let story = world("50ms");
    assert_eq!(story.requests(), [(200, Class::DeadlineExceeded)]);
    assert_eq!(story.answered("a"), [(150, Class::AttemptTimeout), (200, Class::DeadlineExceeded)]);
}

#[test]
fn a_failure_behind_a_service_is_its_gateway_error_and_retried_there_first() {
    let world = users("10/s", "150ms")
        + r#"
[services.a]
threads = 1
queue = { capacity = 0 }
handler = [{ call = { to = "b", policy = "twice" } }]
[services.b]
threads = 1
queue = { capacity = 0 }
handler = [{ work = "10ms" }, { fail = "100%" }]
[policies.twice]
retry = { max_attempts = 2 }
[policies.user]
retry = { max_attempts = 2 }
"#;
    let story = tell(&world);
    assert_eq!(story.sent("b"), [(100, 1), (110, 2), (120, 1), (130, 2)]);
    assert_eq!(story.answered("a"), [(120, Class::GatewayError), (140, Class::GatewayError)]);
    assert_eq!(story.requests(), [(140, Class::GatewayError)]);
}
