//! Pauses, crashes, brown-outs, injected errors, contention.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Happening, ServiceEnd};

/// One service with one kind of work, and users who come at 100 ms, 200 ms, … until an instant.
fn one_service(until: &str, settings: &str, rest: &str) -> Story {
    tell(&(users("10/s", until) + "[services.a]\n" + settings + "\n" + rest))
}

const ONE_THREAD: &str = "threads = 1\nqueue = { capacity = 5 }\nhandler = [{ work = \"100ms\" }]";

#[test]
fn a_pause_stops_work_where_it_is() {
    let pause = "[faults.stop]\nat = \"150ms\"\nduration = \"250ms\"\npause = { service = \"a\" }\n";
    assert_eq!(one_service("150ms", ONE_THREAD, pause).requests(), [(450, Class::Ok)]);
    let shared =
        ONE_THREAD.to_owned() + "\ncontention = { linear = { per_request = \"100%\", counts = \"others\" } }";
    assert_eq!(one_service("150ms", &shared, pause).requests(), [(450, Class::Ok)]);
}

#[test]
fn pauses_overlap() {
    let pauses = r#"
[faults.first]
at = "150ms"
duration = "100ms"
pause = { service = "a" }
[faults.second]
at = "200ms"
duration = "100ms"
pause = { service = "a" }
"#;
    assert_eq!(one_service("150ms", ONE_THREAD, pauses).requests(), [(350, Class::Ok)]);
}

#[test]
fn a_paused_instance_takes_what_comes_and_begins_it_afterwards() {
    let pause = "[faults.stop]\nat = \"50ms\"\nduration = \"200ms\"\npause = { service = \"a\" }\n";
    let story = one_service("250ms", ONE_THREAD, pause);
    assert_eq!(story.threads_taken("a"), [(100, 0), (350, 150)]);
    assert_eq!(story.requests(), [(350, Class::Ok), (450, Class::Ok)]);
}

/// The first request sleeps from 20 ms to 50 ms and then has a timer at 100 ms; the second one sleeps from 40 ms to 70 ms. Both come due
/// while their instance is paused, from 60 ms to 200 ms.
#[test]
fn timers_and_sleeps_of_a_paused_instance_come_due_at_its_end_in_their_order() {
    let world = users("50/s", "50ms")
        + r#"
[services.a]
threads = 2
queue = { capacity = 0 }
handler = [{ sleep = "30ms" }, { call = { to = "b", policy = "brief" } }]
[services.b]
threads = "unlimited"
handler = [{ sleep = "1s" }]
[policies.brief]
timeout = "50ms"
[faults.stop]
at = "60ms"
duration = "140ms"
pause = { service = "a" }
"#;
    let story = tell(&world);
    assert_eq!(story.order_at(200), ["a calls b", "-user gateway_error"]);
    assert_eq!(story.answered("b"), [(200, Class::DeadlineExceeded), (250, Class::DeadlineExceeded)]);
    assert_eq!(story.requests(), [(200, Class::GatewayError), (250, Class::GatewayError)]);
}

/// At 120 ms the reply, at 150 ms the timer: whichever came first in the pause comes first after it.
#[test]
fn a_reply_that_reached_a_paused_caller_in_time_is_a_success() {
    let world = users("10/s", "150ms")
        + r#"
[services.a]
threads = 1
queue = { capacity = 0 }
handler = [{ call = { to = "b", policy = "brief" } }]
[services.b]
threads = 1
queue = { capacity = 0 }
handler = [{ sleep = "20ms" }]
[policies.brief]
timeout = "50ms"
[faults.stop]
at = "110ms"
duration = "90ms"
pause = { service = "a" }
"#;
    assert_eq!(tell(&world).requests(), [(200, Class::Ok)]);
    let slower = world.replace("20ms", "60ms");
    assert_eq!(tell(&slower).requests(), [(200, Class::GatewayError)]);
}

#[test]
fn a_crash_resets_what_is_in_flight_and_refuses_until_its_end() {
    let rest = r#"
[network]
default = { latency = "10ms" }
[faults.crash]
at = "150ms"
duration = "150ms"
crash = { service = "a" }
"#;
    let story = one_service("350ms", ONE_THREAD, rest);
    assert_eq!(story.requests(), [(160, Class::Reset), (220, Class::ConnectFailure), (420, Class::Ok)]);
    assert_eq!(story.finished("a"), [(150, ServiceEnd::Reset), (410, ServiceEnd::Ok)]);
    let refused =
        story.told.iter().filter(|(_, happening)| matches!(happening, Happening::AttemptRefused { .. }));
    assert_eq!(refused.map(|(at, _)| at.as_ns()).collect::<Vec<_>>(), [210_000_000]);
}

#[test]
fn a_crash_loses_the_queue() {
    let crash = "[faults.crash]\nat = \"60ms\"\nduration = \"40ms\"\ncrash = { service = \"a\" }\n";
    let story = tell(&(users("50/s", "70ms") + "[services.a]\n" + ONE_THREAD + "\n" + crash));
    assert_eq!(story.threads_taken("a"), [(20, 0)]);
    // Who comes at the instant of the crash still comes before it: changes are last.
    assert_eq!(story.finished("a"), [(60, ServiceEnd::Reset); 3]);
    assert_eq!(story.requests(), [(60, Class::Reset); 3]);
}

#[test]
fn who_comes_at_the_instant_at_which_a_crash_ends_comes_too_early() {
    let crash = "[faults.crash]\nat = \"50ms\"\nduration = \"50ms\"\ncrash = { service = \"a\" }\n";
    let story = one_service("250ms", ONE_THREAD, crash);
    assert_eq!(story.requests(), [(100, Class::ConnectFailure), (300, Class::Ok)]);
}

/// A regression: the reply waited for the end of the pause, which the crash made forget what it had deferred, and stayed in the world for ever.
#[test]
fn a_crash_during_a_pause_forgets_no_reply() {
    let world = users("10/s", "150ms")
        + r#"
[services.a]
threads = 1
queue = { capacity = 0 }
handler = [{ call = { to = "b", policy = "patient" } }]
[services.b]
threads = 1
queue = { capacity = 0 }
handler = [{ work = "20ms" }]
[policies.patient]
late_replies = "accept"
[faults.stop]
at = "110ms"
duration = "100ms"
pause = { service = "a" }
[faults.crash]
at = "130ms"
duration = "20ms"
crash = { service = "a" }
"#;
    let story = tell(&world);
    assert_eq!(story.requests(), [(130, Class::Reset)]);
    assert_eq!(story.answered("b"), [(130, Class::Cancelled)]);
}

#[test]
fn a_brown_out_slows_work_in_progress_and_its_end_speeds_it_up() {
    // 50 ms done by 150 ms, 20 ms more by 190 ms, and the last 30 ms at full speed.
    let degrade =
        "[faults.slow]\nat = \"150ms\"\nduration = \"40ms\"\ndegrade = { service = \"a\", factor = 2 }\n";
    assert_eq!(one_service("150ms", ONE_THREAD, degrade).requests(), [(220, Class::Ok)]);
    // Factors multiply: from 170 ms to 190 ms only 5 ms more.
    let twice = degrade.to_owned()
        + "[faults.slower]\nat = \"170ms\"\nduration = \"20ms\"\ndegrade = { service = \"a\", factor = 2 }\n";
    assert_eq!(one_service("150ms", ONE_THREAD, &twice).requests(), [(225, Class::Ok)]);
    let shared =
        ONE_THREAD.to_owned() + "\ncontention = { linear = { per_request = \"100%\", counts = \"others\" } }";
    assert_eq!(one_service("150ms", &shared, &twice).requests(), [(225, Class::Ok)]);
}

#[test]
fn a_brown_out_slows_work_but_not_sleep() {
    let sleeps = "threads = 1\nqueue = { capacity = 5 }\nhandler = [{ sleep = \"100ms\" }]";
    let degrade = "[faults.slow]\nat = \"0s\"\ndegrade = { service = \"a\", factor = 10 }\n";
    assert_eq!(one_service("150ms", sleeps, degrade).requests(), [(200, Class::Ok)]);
}

#[test]
fn contention_throughout_slows_those_who_are_there_and_at_start_only_newcomers() {
    let work = |applies: &str| {
        let contention = format!(
            "{{ linear = {{ per_request = \"100%\", counts = \"others\", applies = \"{applies}\" }} }}"
        );
        format!("threads = \"unlimited\"\nhandler = [{{ work = \"150ms\" }}]\ncontention = {contention}")
    };
    // The first has done 100 ms when the second comes; then both go at half speed until the first has done the other 50 ms, at 300 ms.
    assert_eq!(
        one_service("250ms", &work("throughout"), "").requests(),
        [(300, Class::Ok), (400, Class::Ok)]
    );
    // The first takes 150 ms whatever comes; the second, which began in company, takes twice as long.
    assert_eq!(one_service("250ms", &work("at_start"), "").requests(), [(250, Class::Ok), (500, Class::Ok)]);
}

#[test]
fn contention_with_self_slows_also_who_is_alone() {
    let settings = "threads = 1\nqueue = { capacity = 1 }\nhandler = [{ work = \"100ms\" }]\ncontention = { linear = { per_request = \"100%\" } }";
    assert_eq!(one_service("150ms", settings, "").requests(), [(300, Class::Ok)]);
}

#[test]
fn an_injected_error_takes_no_thread() {
    let errors = "[faults.errors]\nat = \"150ms\"\nduration = \"100ms\"\nerror_injection = { service = \"a\", share = \"100%\", class = \"overloaded\" }\n";
    let story = one_service("350ms", ONE_THREAD, errors);
    assert_eq!(story.requests(), [(200, Class::Ok), (200, Class::Overloaded), (400, Class::Ok)]);
    assert_eq!(story.threads_taken("a"), [(100, 0), (300, 0)]);
    assert_eq!(story.finished("a")[1], (200, ServiceEnd::Overloaded));
}
