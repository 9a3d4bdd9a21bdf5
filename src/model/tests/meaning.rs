//! What is written correctly and makes no sense, or probably none.

use super::{GOOD, changed, check_short, load};

#[test]
fn the_whole_must_make_sense() {
    let fault = "[faults.x]\nat = \"0s\"\npause = { service = \"db\", select = { fixed = 2 } }\n";
    let text = format!("{GOOD}{fault}");
    check_short(
        &text,
        &["run.warmup=1.5s", "faults.x.at=1s"],
        &[
            "M022 18:27 `db` has 1 instance, not 2",
            "M023 1:18 a warm-up of 1.5s is not a whole number of intervals of 1s",
            "M023 2:19 a trigger cannot begin before the warm-up of 1.5s is over",
        ],
    );
    for (overrides, expected) in [
        (&["name=../x"][..], "M021 1:12 this is not a name for a model"),
        (&["run.duration=0s"], "M023 1:20 nothing can happen in no time"),
        (
            &["run.interval=1ns"],
            "M023 1:20 900000000000 rows for each of 3 workloads, edges and services are more than 5000000",
        ),
        (&["run.interval=16min"], "M023 1:20 an interval of 16min is longer than the run of 15min"),
        (&["run.warmup=15min"], "M023 1:18 a warm-up of 15min leaves nothing of the run of 15min"),
        (&["judge.relapse=95%"], "M027 1:21 `relapse` 95% is above `threshold` 90%"),
        (&["services.db.threads=0"], "M022 1:27 `0` is not between 1 and 1000000"),
        (&["services.db.instances=0"], "M022 1:29 `0` is not between 1 and 1000000"),
        (&["services.db.handler=[]"], "M024 1:19 a handler needs a step"),
        (&["--unset services.db.handler[0].work"], "M024 11:13 this step does nothing"),
        (
            &["services.db.handler[0].sleep=1ms"],
            "M024 11:13 a step is one thing, here it is `work` and `sleep`",
        ),
        (
            &["--unset services.db.queue"],
            "M025 8:11 where attempts wait for one of the `threads` is not written",
        ),
        (
            &["policies.db.retry.max_attempts=0"],
            "M030 1:38 `max_attempts` counts the first try, so with 0 the call would never be made",
        ),
        (&["--unset workloads"], "M011 1:1 the model has no workload: nothing would happen"),
    ] {
        check_short(GOOD, overrides, &[expected]);
    }
}

#[test]
fn doubtful_timers_and_leftovers_are_warnings() {
    for (overrides, expected) in [
        (
            &["--unset policies.db.per_try_timeout"][..],
            "M101 15:1 nothing is retried after a time-out: `timeout` ends the whole call",
        ),
        (
            &["policies.db.per_try_timeout=4s"],
            "M102 1:35 `per_try_timeout` 4s is not shorter than `timeout` 4s",
        ),
        (
            &[
                "policies.db.per_try_timeout=1500ms",
                "policies.db.retry.backoff={ fixed = { base = \"1500ms\" } }",
            ],
            "M102 15:26 only 1 of 2 attempts are sure to fit into `timeout` 4s: 2 x 1.5s and 1.5s of backoff are 4.5s",
        ),
        (
            &[
                "policies.db.timeout=1min",
                "policies.db.retry.max_attempts=11",
                "policies.db.retry.budget={ static = {} }",
            ],
            "M103 7:10 one request can become 11 attempts: 11 to `db`",
        ),
        (
            &["services.db.queue.capacity=unlimited"],
            "M104 1:34 this queue keeps every attempt, also those whose callers have given up",
        ),
        (&["policies.spare={}"], "M105 1:16 no call uses the policy `spare`"),
    ] {
        assert!(load(GOOD, overrides).is_ok(), "{overrides:?}");
        check_short(GOOD, overrides, &[expected]);
    }
}

#[test]
fn a_rate_limit_of_a_service_has_permits() {
    let limit = |text: &str| format!("services.db.rate_limit={{ token_bucket = {{ {text} }} }}");
    let zero = limit("rate = \"0/s\", burst = 0");
    check_short(
        GOOD,
        &[&zero],
        &[
            "M030 1:56 at this rate nothing is ever taken on once the burst is over",
            "M030 1:71 a bucket that holds no permit never has one",
        ],
    );
    check_short(GOOD, &[&limit("rate = \"10/s\", scope = \"service\"")], &[]);
}

/// Where nobody waits for a thread, the queue still says what turning away costs.
#[test]
fn a_queue_without_waiting_says_something_to_a_rate_limit() {
    let threads = "services.db.threads=unlimited";
    let limit = "services.db.rate_limit={ token_bucket = { rate = \"10/s\" } }";
    let cost = "services.db.queue.reject_cost=1ms";
    let nobody_waits = "M105 10:1 nobody ever waits in this queue: `threads` is `\"unlimited\"`";
    check_short(GOOD, &[threads, cost], &[nobody_waits]);
    check_short(GOOD, &[threads, limit], &[nobody_waits]);
    check_short(GOOD, &[threads, limit, cost], &[]);
}

#[test]
fn switches_between_threads_that_never_happen_are_doubted() {
    let service = |settings: &str| {
        let text = changed(
            "handler = [ { work = \"8ms\" } ]\n",
            &format!("handler = [ {{ work = \"8ms\" }} ]\n{settings}\n"),
        );
        let found = load(&text, &[]).map_or_else(|found| found, |loaded| loaded.warnings);
        found
            .iter()
            .map(|it| format!("{} {}", it.code, it.path.clone().unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let shared = "cpus = 2\ncpu_sharing = \"processor_sharing\"\n";
    assert_eq!(service(&format!("{shared}context_switch = {{ cost = \"5us\" }}")), Vec::<String>::new());
    assert_eq!(service("cpus = 2\ncontext_switch = { cost = \"5us\" }"), ["M105 services.db.context_switch"]);
    assert_eq!(
        service(&format!("{shared}context_switch = {{ cost = \"5us\", quantum = \"0s\" }}")),
        ["M030 services.db.context_switch.quantum"]
    );
}
