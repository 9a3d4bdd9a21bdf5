//! Retry budgets, waits that services ask for, circuit breakers, bulkheads, throttles.

use super::scene::{Story, tell, users};
use crate::mechanism::Class;
use crate::observe::{
    AdaptiveThrottleEvent, BulkheadEvent, CircuitBreakerEvent, GuardEvent, RetryBudgetEvent, ServiceEnd,
};

/// Users who come at 20 ms, 40 ms, … until an instant to a service that does this.
fn scene(until: &str, service: &str, policy: &str) -> Story {
    let service = format!("[services.a]\nthreads = \"unlimited\"\n{service}\n[policies.user]\n{policy}");
    tell(&(users("50/s", until) + &service))
}

const FAILS: &str = "handler = [{ sleep = \"5ms\" }, { fail = \"100%\" }]";

#[test]
fn a_static_budget_lets_so_many_retries_be_in_progress() {
    let retry = |budget: &str| {
        format!("retry = {{ max_attempts = 2, backoff = {{ fixed = {{ base = \"30ms\" }} }}{budget} }}")
    };
    let sent = |budget: &str| scene("70ms", FAILS, &retry(budget)).sent("a");
    assert_eq!(sent(""), [(20, 1), (40, 1), (55, 2), (60, 1), (75, 2), (95, 2)]);
    // The retry that is decided on at 25 ms is in progress until 60 ms, the one of 45 ms is denied.
    let limited = sent(", budget = { static = { max_retries = 1 } }");
    assert_eq!(limited, [(20, 1), (40, 1), (55, 2), (60, 1), (95, 2)]);
}

#[test]
fn a_denied_retry_ends_the_call_at_once_with_the_failure_that_it_had() {
    let policy = "retry = { max_attempts = 3, backoff = { fixed = { base = \"1s\" } }, budget = { bucket = { capacity = 2, per_call = 0 } } }";
    let story = scene("50ms", FAILS, policy);
    assert_eq!(story.requests(), [(45, Class::ServerError), (1030, Class::ServerError)]);
    assert_eq!(story.guarded(|it| matches!(it, GuardEvent::RetryBudget(RetryBudgetEvent::Granted))), [25]);
    assert_eq!(
        story.guarded(|it| matches!(it, GuardEvent::RetryBudget(RetryBudgetEvent::Denied))),
        [45, 1030]
    );
}

/// Two callers of two instances each: what they share decides how many of four first retries there are.
#[test]
fn a_budget_belongs_to_whom_the_scope_says() {
    let granted = |scope: &str| {
        let services = format!(
            r#"
[services.a]
threads = "unlimited"
handler = [{{ call = {{ to = "x" }} }}, {{ call = {{ to = "y" }} }}]
[services.x]
threads = "unlimited"
instances = 2
handler = [{{ try = {{ steps = [{{ call = {{ to = "z", policy = "p" }} }}] }} }}]
[services.y]
threads = "unlimited"
instances = 2
handler = [{{ try = {{ steps = [{{ call = {{ to = "z", policy = "p" }} }}] }} }}]
[services.z]
threads = "unlimited"
handler = [{{ fail = "100%" }}]
[policies.user]
[policies.p]
scope = "{scope}"
retry = {{ max_attempts = 2, budget = {{ bucket = {{ capacity = 2, per_call = 0 }} }} }}
"#
        );
        let story = tell(&(users("50/s", "90ms") + &services));
        story.guarded(|it| matches!(it, GuardEvent::RetryBudget(RetryBudgetEvent::Granted))).len()
    };
    assert_eq!((granted("instance"), granted("service"), granted("global")), (4, 2, 1));
}

#[test]
fn what_a_crashed_instance_knew_of_its_budget_is_lost() {
    let services = r#"
[services.a]
threads = "unlimited"
handler = [{ call = { to = "b", policy = "p" } }]
[services.b]
threads = "unlimited"
handler = [{ fail = "100%" }]
[policies.user]
[policies.p]
retry = { max_attempts = 2, budget = { bucket = { capacity = 2, per_call = 0 } } }
"#;
    let crash = "[faults.crash]\nat = \"50ms\"\nduration = \"5ms\"\ncrash = { service = \"a\" }\n";
    let granted = |fault: &str| {
        let story = tell(&(users("50/s", "90ms") + services + fault));
        story.guarded(|it| matches!(it, GuardEvent::RetryBudget(RetryBudgetEvent::Granted)))
    };
    assert_eq!(granted(""), [20]);
    assert_eq!(granted(crash), [20, 60]);
}

#[test]
fn who_is_asked_to_come_back_later_does_if_it_listens_and_believes_it() {
    let turned_away = |retry_after: &str| {
        let service = "[services.a]\nthreads = 1\nqueue = { capacity = 0, retry_after = \"70ms\" }\nhandler = [{ work = \"50ms\" }]\n";
        let policy = format!(
            "[policies.user]\nretry = {{ max_attempts = 2, backoff = {{ fixed = {{ base = \"30ms\" }} }}{retry_after} }}"
        );
        tell(&(users("50/s", "50ms") + service + &policy)).sent("a")
    };
    assert_eq!(turned_away(""), [(20, 1), (40, 1), (70, 2)], "it does not listen");
    assert_eq!(turned_away(", retry_after = { jitter = \"0%\" }"), [(20, 1), (40, 1), (110, 2)]);
    let disbelieved = ", retry_after = { jitter = \"0%\", max_interval = \"69ms\" }";
    assert_eq!(turned_away(disbelieved), [(20, 1), (40, 1), (70, 2)]);
}

/// Opens after two failures in a row, for 50 ms; one probe decides.
fn breaker(more: &str) -> String {
    format!(
        "[policies.user.circuit_breaker]\nconsecutive_failures = 2\nopen_duration = {{ fixed = {{ base = \"50ms\" }} }}\nhalf_open_max_calls = 1\nhalf_open_success_rule = \"first\"\n{more}\n"
    )
}

#[test]
fn an_open_breaker_refuses_at_once_and_a_probe_closes_it() {
    let errors = "[faults.errors]\nduration = \"75ms\"\nat = \"10ms\"\nerror_injection = { service = \"a\", share = \"100%\" }\n";
    let story = scene("210ms", "handler = [{ sleep = \"5ms\" }]", &(breaker("") + errors));
    // Errors come at arrival, at 20 and 40 ms; strictly after 90 ms the next is let through.
    let expected = [
        (20, Class::ServerError),
        (40, Class::ServerError),
        (60, Class::LocalReject),
        (80, Class::LocalReject),
        (105, Class::Ok),
        (125, Class::Ok),
    ];
    assert_eq!(story.requests()[..6], expected);
    assert_eq!(
        story.guarded(|it| matches!(
            it,
            GuardEvent::CircuitBreaker(CircuitBreakerEvent::Opened { was_half_open: false })
        )),
        [40]
    );
    assert_eq!(
        story.guarded(|it| matches!(it, GuardEvent::CircuitBreaker(CircuitBreakerEvent::HalfOpened))),
        [100]
    );
    assert_eq!(
        story.guarded(|it| matches!(it, GuardEvent::CircuitBreaker(CircuitBreakerEvent::Closed))),
        [105]
    );
}

#[test]
fn a_breaker_sees_attempts_or_calls() {
    let retry = "retry = { max_attempts = 2, backoff = \"none\" }\n";
    let attempts = |level: &str| {
        let policy = retry.to_owned() + &breaker(&format!("level = \"{level}\""));
        scene("70ms", FAILS, &policy).sent("a")
    };
    // With attempts the second failure opens it at 30 ms; with calls that of the second call, at 50 ms.
    assert_eq!(attempts("attempt"), [(20, 1), (25, 2)]);
    assert_eq!(attempts("call"), [(20, 1), (25, 2), (40, 1), (45, 2)]);
}

#[test]
fn a_retry_that_is_refused_ends_its_call() {
    let policy = "retry = { max_attempts = 5, backoff = \"none\" }\n".to_owned() + &breaker("");
    let story = scene("30ms", FAILS, &policy);
    assert_eq!(story.sent("a"), [(20, 1), (25, 2)]);
    assert_eq!(story.requests(), [(30, Class::LocalReject)]);
}

#[test]
fn a_breaker_per_host_takes_the_host_out_of_the_choice() {
    let bad = "[faults.bad]\nat = \"1ms\"\nduration = \"190ms\"\nerror_injection = { service = \"a\", share = \"100%\", select = { fixed = 1 } }\n";
    let service = "instances = 3\nhandler = [{ sleep = \"5ms\" }]";
    for balancer in ["round_robin", "random", "least_request", "power_of_two", "weighted_round_robin"] {
        let policy = format!("balancer = \"{balancer}\"\n") + &breaker("per = \"host\"") + bad;
        let story = scene("2s", service, &policy);
        let failures: Vec<_> =
            story.finished("a").into_iter().filter(|(_, end)| *end == ServiceEnd::ServerError).collect();
        // Two open it, and each probe until 190 ms is one more.
        assert!((2..=5).contains(&failures.len()), "{balancer}: {failures:?}");
        assert!(story.requests().iter().all(|(_, class)| *class != Class::LocalReject), "{balancer}");
        // When it is well again it is asked again.
        let later = story.received("a").into_iter().filter(|(at, _)| *at > 300);
        let hosts: std::collections::BTreeSet<u32> = later.map(|(_, host)| host).collect();
        assert_eq!(hosts.len(), 3, "{balancer}");
    }
}

#[test]
fn when_every_host_is_shut_calls_are_refused() {
    let policy = breaker("per = \"host\"");
    let story = scene("130ms", &format!("instances = 2\n{FAILS}"), &policy);
    // Each opens at its second failure, at 65 and 85 ms.
    let classes: Vec<Class> = story.requests().into_iter().map(|(_, class)| class).collect();
    assert_eq!(classes[..4], [Class::ServerError; 4]);
    assert_eq!(classes[4], Class::LocalReject);
}

#[test]
fn a_bulkhead_refuses_whom_it_has_no_place_for() {
    let policy = "bulkhead = { semaphore = { max_concurrent = 2 } }";
    let story = scene("90ms", "handler = [{ sleep = \"50ms\" }]", policy);
    let expected = [(60, Class::LocalReject), (70, Class::Ok), (90, Class::Ok), (130, Class::Ok)];
    assert_eq!(story.requests(), expected);
    assert_eq!(story.sent("a"), [(20, 1), (40, 1), (80, 1)]);
}

#[test]
fn who_waits_for_a_place_gets_it_in_turn_or_gives_up() {
    let policy = |wait: &str| {
        format!(
            "timeout = \"200ms\"\nbulkhead = {{ semaphore = {{ max_concurrent = 1, max_wait = \"{wait}\" }} }}"
        )
    };
    let story = |wait: &str| scene("70ms", "handler = [{ sleep = \"50ms\" }]", &policy(wait));
    // They come at 20, 40 and 60 ms, and each takes 50 ms.
    assert_eq!(story("100ms").sent("a"), [(20, 1), (70, 1), (120, 1)]);
    assert_eq!(story("100ms").requests(), [(70, Class::Ok), (120, Class::Ok), (170, Class::Ok)]);
    let short = story("40ms");
    assert_eq!(short.sent("a"), [(20, 1), (70, 1)]);
    assert_eq!(short.requests(), [(70, Class::Ok), (100, Class::LocalReject), (120, Class::Ok)]);
    assert_eq!(short.guarded(|it| matches!(it, GuardEvent::Bulkhead(BulkheadEvent::TimedOut))), [100]);
}

#[test]
fn the_time_of_the_call_goes_on_while_it_waits_for_a_place() {
    let policy =
        "timeout = \"60ms\"\nbulkhead = { thread_pool = { threads = 1, cancel_frees_worker = true } }";
    let story = scene("50ms", "handler = [{ sleep = \"200ms\" }]", policy);
    // The second is let in when the first gives up at 80 ms, and has 20 ms left.
    assert_eq!(story.sent("a"), [(20, 1), (80, 1)]);
    assert_eq!(story.requests(), [(80, Class::DeadlineExceeded), (100, Class::DeadlineExceeded)]);
}

#[test]
fn a_worker_that_nobody_interrupts_waits_for_the_answer() {
    let policy = "timeout = \"60ms\"\nbulkhead = { thread_pool = { threads = 1, queue_capacity = 0 } }";
    let story = scene("170ms", "handler = [{ sleep = \"100ms\" }]", policy);
    // The worker of 20 ms is free at 120 ms, when that of 120 ms finds it.
    assert_eq!(story.sent("a"), [(20, 1), (120, 1)]);
    let refused = story.requests().into_iter().filter(|(_, class)| *class == Class::LocalReject);
    assert_eq!(refused.count(), 6);
    assert_eq!(
        story.guarded(|it| matches!(it, GuardEvent::Bulkhead(BulkheadEvent::WorkerFreed))),
        [120, 220]
    );
}

#[test]
fn a_probe_that_found_no_place_may_be_made_again() {
    let policy = "[policies.user.circuit_breaker]\nconsecutive_failures = 2\nopen_duration = { fixed = { base = \"50ms\" } }\nhalf_open_max_calls = 3\n[policies.user.bulkhead.semaphore]\nmax_concurrent = 2\n";
    let errors = "[faults.errors]\nat = \"10ms\"\nduration = \"40ms\"\nerror_injection = { service = \"a\", share = \"100%\" }\n";
    let story = scene("370ms", "handler = [{ sleep = \"300ms\" }]", &format!("{policy}{errors}"));
    // Opened at 40 ms. Two of three probes, of 100 and 120 ms, have the places until 400 ms; the third finds none, and so does everybody who comes after it: none of them uses the probe up.
    let full = story.guarded(|it| matches!(it, GuardEvent::Bulkhead(BulkheadEvent::Refused)));
    assert_eq!(full, (140..370).step_by(20).collect::<Vec<u64>>());
    assert_eq!(
        story.guarded(|it| matches!(
            it,
            GuardEvent::CircuitBreaker(CircuitBreakerEvent::Refused { is_half_open: true })
        )),
        [0; 0]
    );
}

/// A service `a` with two instances in front of `b`, which fails, under a policy with a breaker that is open for 1 s, more or less.
const FRONT: &str = r#"
[services.a]
threads = "unlimited"
instances = 2
handler = [{ call = { to = "b", policy = "p" } }]
[services.b]
threads = "unlimited"
handler = [{ fail = "100%" }]
[policies.user]
[policies.p.circuit_breaker]
consecutive_failures = 1
open_duration = { fixed = { base = "200ms", jitter = { ratio = "50%" } } }
"#;

/// A crash takes a breaker away that is open, and what is there instead is closed.
#[test]
fn a_breaker_is_forgotten_in_a_crash_and_nothing_is_left_open() {
    let crash = "[faults.crash]\nat = \"65ms\"\nduration = \"5ms\"\ncrash = { service = \"a\" }\n";
    let story = tell(&(users("50/s", "70ms") + FRONT + crash));
    let opened =
        story.guarded(|it| matches!(it, GuardEvent::CircuitBreaker(CircuitBreakerEvent::Opened { .. })));
    assert_eq!(opened, [20, 40], "one of each instance");
    assert_eq!(
        story.guarded(|it| matches!(
            it,
            GuardEvent::CircuitBreaker(CircuitBreakerEvent::Forgotten { was_half_open: false })
        )),
        [65, 65]
    );
}

#[test]
fn how_long_a_breaker_is_open_does_not_depend_on_the_breakers_of_others() {
    let others = r#"
[workloads.early]
arrivals = { open = { rate = "10/s", process = "constant" } }
profile = [{ at = "1s", scale = 0 }]
to = "aa"
policy = "p"
[services.aa]
threads = "unlimited"
instances = 3
handler = [{ sleep = "1ms" }]
"#;
    let half_opened = |others: &str| {
        let story = tell(&(users("50/s", "2500ms") + FRONT + others));
        story.guarded(|it| matches!(it, GuardEvent::CircuitBreaker(CircuitBreakerEvent::HalfOpened)))
    };
    assert!(half_opened("").len() > 4);
    assert_eq!(half_opened(""), half_opened(others));
}

/// One request comes each millisecond to a service that takes 10 ms for each and turns away whom it cannot take at once. Let through with probability q, one is accepted every
/// 9 + 1/q ms. By the book q is twice the accepts in all requests: q = 2 / (9 + 1/q), or 1/9. Throttled so, the service gets 111/s instead of 1000/s. For Finagle it is twice
/// the accepts in what is sent, q = 2 / (9q + 1). Its average weighs an outcome by the time since the one before, which is 1/q ms on average whatever the outcome.
#[test]
fn a_throttle_keeps_most_of_what_would_be_rejected_anyway_from_the_service() {
    let sent = |policy: &str| {
        let text = format!(
            r#"
name = "scene"
run = {{ duration = "500s" }}
[workloads.user]
arrivals = {{ open = {{ rate = "1000/s", process = "constant" }} }}
profile = [{{ at = "490s", scale = 0 }}]
to = "a"
policy = "user"
clients = 1
[services.a]
threads = 1
queue = {{ capacity = 0 }}
handler = [{{ work = "10ms" }}]
[policies.user]
{policy}"#
        );
        let mut batches = [0.0; 38];
        for (at, _) in tell(&text).sent("a") {
            if let Some(batch) = (at / 10_000).checked_sub(10).and_then(|it| batches.get_mut(it as usize)) {
                *batch += 0.1;
            }
        }
        let mean = batches.iter().sum::<f64>() / 38.0;
        let squares: f64 = batches.iter().map(|batch| (batch - mean) * (batch - mean)).sum();
        (mean, (squares / 37.0 / 38.0).sqrt())
    };
    let (unthrottled, _) = sent("");
    assert!((unthrottled - 1000.0).abs() < 1e-6, "{unthrottled}/s");
    // Four standard errors of batch means: two-sided 99.97 % by Student's t with 37 degrees of freedom, fixed seed.
    let (mean, error) = sent("adaptive_throttle = { sre = { k = 2, window = \"30s\" } }");
    assert!((mean - 1000.0 / 9.0).abs() < 4.0 * error, "{mean}/s, standard error {error}");
    assert!(error < 1.2, "{error}");
    let (mean, error) = sent("adaptive_throttle = { nack = { window = \"10s\" } }");
    let expected = 1000.0 * (73.0_f64.sqrt() - 1.0) / 18.0;
    assert!(
        (mean - expected).abs() < 4.0 * error,
        "{mean}/s instead of {expected}/s, standard error {error}"
    );
    assert!(error < 1.2, "{error}");
}

#[test]
fn what_a_client_rejects_itself_is_a_local_reject_that_nothing_else_sees() {
    let policy = "adaptive_throttle = { admission_control = { sr_threshold = \"100%\", max_rejection_probability = \"100%\" } }\nretry = { max_attempts = 2, budget = { token = { max_tokens = 1000, token_ratio = 1 } } }";
    let story = scene("600ms", FAILS, policy);
    let rejected =
        story.guarded(|it| matches!(it, GuardEvent::AdaptiveThrottle(AdaptiveThrottleEvent::Rejected))).len();
    let local = story.requests().into_iter().filter(|(_, class)| *class == Class::LocalReject).count();
    assert!(rejected > 5, "{rejected}");
    assert_eq!(local, rejected);
    assert_eq!(story.sent("a").len() + 2 * rejected, 2 * story.requests().len());
}
