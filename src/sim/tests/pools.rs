//! Connection pools: who waits for a connection, how connections are opened, and how they end.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{Closing, GuardEvent, PoolEvent};

/// Users who come at equal gaps until an instant to a service that does this, over such a pool.
fn scene(rate: &str, until: &str, service: &str, policy: &str) -> Story {
    let service = format!("[services.a]\nthreads = \"unlimited\"\n{service}\n[policies.user]\n{policy}");
    tell(&(users(rate, until) + &service))
}

/// When something of this kind happened to a pool, in milliseconds.
fn times(story: &Story, is_it: impl Fn(PoolEvent) -> bool) -> Vec<u64> {
    story.guarded(|event| matches!(event, GuardEvent::Pool(event) if is_it(*event)))
}

fn closed(story: &Story, cause: Closing) -> Vec<u64> {
    times(story, |event| matches!(event, PoolEvent::Closed { why, .. } if why == cause))
}

const SLEEPS: &str = "handler = [{ sleep = \"30ms\" }]";
const QUICK: &str = "handler = [{ sleep = \"5ms\" }]";

#[test]
fn who_finds_no_connection_waits_for_the_next_that_is_returned() {
    let story = scene("50/s", "70ms", SLEEPS, "pool = { max_size = 1 }");
    assert_eq!(story.requests(), [(50, Class::Ok), (80, Class::Ok), (110, Class::Ok)]);
    let story = scene("50/s", "70ms", SLEEPS, "pool = { max_size = 1, acquire_timeout = \"15ms\" }");
    assert_eq!(story.requests(), [(50, Class::Ok), (75, Class::LocalReject), (80, Class::Ok)]);
    assert_eq!(times(&story, |event| event == PoolEvent::TimedOut), [75]);
    let story = scene("50/s", "70ms", SLEEPS, "pool = { max_size = 1, max_pending = 0 }");
    assert_eq!(story.requests(), [(40, Class::LocalReject), (50, Class::Ok), (90, Class::Ok)]);
}

/// The per-try timer begins when there is a connection, that of the call at once.
#[test]
fn waiting_for_a_connection_is_time_of_the_call_and_not_of_the_attempt() {
    let story = scene("50/s", "50ms", SLEEPS, "per_try_timeout = \"31ms\"\npool = { max_size = 1 }");
    assert_eq!(story.requests(), [(50, Class::Ok), (80, Class::Ok)]);
    let story = scene("50/s", "50ms", SLEEPS, "timeout = \"31ms\"\npool = { max_size = 1 }");
    assert_eq!(story.requests(), [(50, Class::Ok), (71, Class::DeadlineExceeded)]);
    let story = scene("50/s", "70ms", SLEEPS, "timeout = \"8ms\"\npool = { max_size = 1 }");
    // Whoever gives up while it waits leaves its place to the next.
    assert_eq!(
        story.requests(),
        [(28, Class::DeadlineExceeded), (48, Class::DeadlineExceeded), (68, Class::DeadlineExceeded)]
    );
}

#[test]
fn opening_a_connection_is_a_call_that_the_service_feels() {
    let service = "threads = 1\nqueue = { capacity = 9 }\nhandlers.login = [{ work = \"10ms\" }]\nhandler = [{ work = \"30ms\" }]";
    let service = format!("[services.a]\n{service}\n[policies.user]\n");
    let pool = "pool = { min_idle = 0, max_connecting = \"unlimited\", connect = { handler = \"login\" } }";
    let story = tell(&(users("50/s", "50ms") + &service + pool));
    // 20 to 30 the first login, 30 to 60 its request; the login of 40 waits for the thread until 60 and is done at 70. But the connection that is returned at 60 serves its request,
    // which stands behind the login and takes from 70 to 100.
    assert_eq!(story.requests(), [(60, Class::Ok), (100, Class::Ok)]);
    assert_eq!(times(&story, |event| event == PoolEvent::Opened), [30, 70]);
}

/// Ready connections lead to instance 1 and 0; both answer at once.
#[test]
fn the_order_says_which_idle_connection_is_taken() {
    let received = |order: &str| {
        let service = format!("instances = 2\n{QUICK}");
        let policy = format!("pool = {{ max_size = 2, order = \"{order}\" }}");
        let story = scene("50/s", "70ms", &service, &policy);
        story.received("a").into_iter().map(|(_, instance)| instance).collect::<Vec<u32>>()
    };
    assert_eq!(received("lifo"), [0, 0, 0]);
    assert_eq!(received("fifo"), [1, 0, 1]);
}

#[test]
fn a_pool_per_host_picks_for_every_attempt() {
    let service = format!("instances = 2\n{SLEEPS}");
    let story = scene("50/s", "90ms", &service, "pool = { per = \"host\", max_size = 1 }");
    assert_eq!(story.received("a"), [(20, 1), (40, 0), (60, 1), (80, 0)]);
    // Over both hosts together there may be one connection, but the one that is picked may have one, too.
    let pool = "pool = { per = \"host\", min_idle = 0, max_size = 9, max_connections = 1 }";
    let story = scene("100/s", "45ms", &service, pool);
    assert_eq!(story.received("a"), [(10, 1), (20, 0), (40, 1), (50, 0)]);
}

#[test]
fn what_a_firewall_has_forgotten_is_found_out_by_whoever_waits_on_it() {
    let at = |pool: &str| {
        let pool = format!(
            "per_try_timeout = \"50ms\"\npool = {{ max_size = 1, dropped_after_idle = \"100ms\", {pool} }}"
        );
        scene("5/s", "500ms", QUICK, &pool)
    };
    let naked = at("validate_after_idle = \"unlimited\"");
    assert_eq!(naked.requests(), [(250, Class::AttemptTimeout), (450, Class::AttemptTimeout)]);
    assert_eq!(naked.received("a"), [(0, 0); 0], "nothing arrives");
    let kept = at("validate_after_idle = \"unlimited\", keepalive_time = \"60ms\"");
    assert_eq!(kept.requests(), [(205, Class::Ok), (405, Class::Ok)]);
    // Who tries it first waits in vain for 30 ms, and opens another.
    let tried = at("validate_after_idle = \"10ms\", validation_timeout = \"30ms\"");
    assert_eq!(tried.requests(), [(235, Class::Ok), (435, Class::Ok)]);
    assert_eq!(closed(&tried, Closing::Broken), [230, 430]);
    let late =
        at("validate_after_idle = \"10ms\", validation_timeout = \"30ms\", acquire_timeout = \"20ms\"");
    assert_eq!(late.requests(), [(220, Class::LocalReject), (420, Class::LocalReject)]);
}

#[test]
fn the_connection_of_a_caller_that_gave_up_is_closed_drained_or_reused() {
    let sent = |abandoned: &str| {
        let service = "handler = [{ sleep = \"100ms\" }]";
        let policy =
            format!("per_try_timeout = \"50ms\"\npool = {{ max_size = 1, abandoned = \"{abandoned}\" }}");
        let story = scene("50/s", "50ms", service, &policy);
        let opened = times(&story, |event| event == PoolEvent::Opened);
        (story.sent("a"), opened)
    };
    // A connection that is closed is opened anew at once, which is an attempt of its own.
    assert_eq!(sent("close"), (vec![(20, 1), (70, 1), (70, 1), (120, 1)], vec![70, 120]));
    assert_eq!(sent("drain"), (vec![(20, 1), (120, 1)], vec![]));
    assert_eq!(sent("reuse"), (vec![(20, 1), (70, 1)], vec![]));
}

const CRASH: &str = "[faults.crash]\nat = \"30ms\"\nduration = \"100ms\"\ncrash = { service = \"a\" }\n";

/// A connection to a process that is no more is reset by the next one.
#[test]
fn connections_do_not_outlive_the_process_at_the_other_end() {
    let policy =
        format!("pool = {{ max_size = 1, min_idle = 0, validate_after_idle = \"unlimited\" }}\n{CRASH}");
    let story = scene("5/s", "500ms", QUICK, &policy);
    // Nobody has a connection before 200 ms.
    assert_eq!(story.requests(), [(205, Class::Ok), (405, Class::Ok)]);
    let story = scene("5/s", "500ms", QUICK, &policy.replace("min_idle = 0", "min_idle = 1"));
    assert_eq!(story.requests(), [(200, Class::Reset), (405, Class::Ok)]);
    assert_eq!(closed(&story, Closing::Broken), [200]);
}

#[test]
fn what_cannot_be_opened_is_tried_again_while_somebody_waits() {
    let service = format!("{QUICK}\n{}", CRASH.replace("30ms", "10ms").replace("100ms", "500ms"));
    let policy = "pool = { max_size = 1, min_idle = 0, acquire_timeout = \"unlimited\", connect = { backoff = { fixed = { base = \"200ms\" } } } }";
    let text = users("50/s", "30ms") + "[services.a]\nthreads = \"unlimited\"\n" + &service;
    let story = tell(&(text.clone() + "[policies.user]\n" + policy));
    assert_eq!(times(&story, |event| event == PoolEvent::ConnectFailed), [20, 220, 420]);
    assert_eq!(story.requests(), [(625, Class::Ok)]);
    // Nobody waits any more at 220 ms.
    let short = policy.replace("\"unlimited\"", "\"100ms\"");
    let story = tell(&(text + "[policies.user]\n" + &short));
    assert_eq!(times(&story, |event| event == PoolEvent::ConnectFailed), [20]);
    assert_eq!(closed(&story, Closing::GivenUp), [220]);
}

/// Each wait is drawn anew: a fleet that was refused together comes back apart, again and again.
#[test]
fn the_waits_between_tries_are_drawn_one_by_one() {
    let crash = CRASH.replace("30ms", "10ms").replace("100ms", "900ms");
    let policy = "pool = { max_size = 1, min_idle = 0, connect = { backoff = { fixed = { base = \"300ms\", jitter = { ratio = \"50%\" } } } } }";
    let story = scene("50/s", "30ms", QUICK, &format!("{policy}\n{crash}"));
    let tries = times(&story, |event| event == PoolEvent::ConnectFailed);
    let waits: Vec<u64> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.len() >= 2 && waits.iter().all(|wait| (150..=450).contains(wait)), "{waits:?}");
    assert!(waits.windows(2).all(|pair| pair[0] != pair[1]), "{waits:?}");
}

/// The call that opens the next connection may have the slot of the one that is over, whose retry is to be given back.
#[test]
fn a_retry_that_ends_in_a_validation_gives_its_budget_back() {
    let fails = "handler = [{ sleep = \"5ms\" }, { fail = \"100%\" }]";
    let retry = "retry = { max_attempts = 2, backoff = { fixed = { base = \"100ms\" } }, budget = { static = { max_retries = 1 } } }";
    let pool = "pool = { max_size = 1, min_idle = 1, validate_after_idle = \"10ms\", validation_timeout = \"1s\", dropped_after_idle = \"50ms\" }";
    let story = scene("50/s", "30ms", fails, &format!("timeout = \"200ms\"\n{retry}\n{pool}"));
    assert_eq!(story.requests(), [(220, Class::DeadlineExceeded)]);
    assert_eq!(closed(&story, Closing::Broken), [220]);
}

#[test]
fn who_waits_may_hear_that_a_connection_could_not_be_opened() {
    let crash = "[faults.crash]\nat = \"10ms\"\nduration = \"500ms\"\ncrash = { service = \"a\", select = { zone = \"y\" } }\n";
    let service = format!("instances = 2\nzones = [\"x\", \"y\"]\n{QUICK}\n{crash}");
    let text = users("50/s", "30ms") + "[services.a]\nthreads = \"unlimited\"\n" + &service;
    let pool = "pool = { per = \"host\", min_idle = 0, connect = { on_failure = \"fail\" } }";
    let story = tell(&format!("{text}[policies.user]\n{pool}"));
    assert_eq!(story.requests(), [(20, Class::ConnectFailure)]);
    let retry = "retry = { max_attempts = 2, backoff = { fixed = { base = \"10ms\" } } }\n";
    let story = tell(&format!("{text}[policies.user]\n{retry}{pool}"));
    assert_eq!(story.requests(), [(35, Class::Ok)]);
    assert_eq!(story.received("a"), [(30, 0)]);
    // Each of those who wait hears of a failure of its own, though only one connection is opened at a time.
    let text =
        text.replace("20ms", "1ms").replace("50/s", "100/s").replace("zone = \"y\"", "share = \"100%\"");
    let text = text.replace("[services.a]\n", "[network]\ndefault = { latency = \"12ms\" }\n[services.a]\n");
    let story = tell(&format!("{text}[policies.user]\n{pool}"));
    assert_eq!(times(&story, |event| event == PoolEvent::ConnectFailed).len(), 3);
}

#[test]
fn idle_connections_end_by_age_and_by_disuse() {
    let story = scene(
        "50/s",
        "30ms",
        QUICK,
        "pool = { max_size = 2, max_lifetime = \"1s\", max_lifetime_jitter = \"0%\" }",
    );
    assert_eq!(closed(&story, Closing::Expired), [1000, 1000, 2000, 2000]);
    assert_eq!(times(&story, |event| event == PoolEvent::Opened), [1000, 1000, 2000, 2000]);
    let story = scene("50/s", "30ms", QUICK, "pool = { max_size = 2, min_idle = 0, idle_timeout = \"1s\" }");
    assert_eq!(closed(&story, Closing::Unused), [1025]);
}

/// Whoever comes back from a crash has to open all that it keeps ready.
#[test]
fn a_client_that_comes_back_fills_its_pool() {
    let text = users("50/s", "30ms")
        + "[services.a]\nthreads = \"unlimited\"\nhandler = [{ call = { to = \"b\", policy = \"pooled\" } }]\n\
           [services.b]\nthreads = \"unlimited\"\nhandler = [{ sleep = \"200ms\" }]\nhandlers.login = [{ sleep = \"10ms\" }]\n\
           [policies.pooled]\npool = { max_size = 3, connect = { handler = \"login\" } }\n";
    let story = tell(&(text + CRASH));
    assert_eq!(story.requests(), [(30, Class::Reset)]);
    assert_eq!(closed(&story, Closing::Crashed), [30, 30]);
    assert_eq!(closed(&story, Closing::Abandoned), [30]);
    // One at a time, as HikariCP does.
    assert_eq!(times(&story, |event| event == PoolEvent::Opened), [140, 150, 160]);
}
