//! What does not fit the type of a field.

use super::{GOOD, changed, check, check_short, load};

#[test]
fn errors_of_types_are_collected_at_every_depth() {
    let text = changed("name = \"checkout\"\n", "")
        .replace("threads = 4\n", "")
        .replace("max_attempts = 2", "num_retries = 3")
        .replace(
            "{ work = \"8ms\" }",
            "{ fail = \"130%\" }, { work = 3 }, { wrok = \"3ms\" }, { call = { policy = 3 } }",
        );
    check_short(
        &text,
        &["run.seed=-1", "services.db.queue=3"],
        &[
            "M011 1:1 the model has no `name`",
            "M011 7:11 `services.db` has no `threads`",
            "M015 9:22 share `130%` is more than everything: a share is at most \"100%\"",
            "M015 9:41 bare number `3`: a duration needs a unit, such as \"3ms\" or \"3s\"",
            "M010 9:48 unknown field `wrok`",
            "M011 9:66 `services.db.handler[3].call` has no `to`",
            "M012 9:84 expected a string, found the number `3`",
            "M010 13:11 unknown field `num_retries`",
            "M012 1:16 expected a whole number from 0 to 18446744073709551615, found the number `-1`",
            "M012 2:25 expected a table with the fields `capacity`, `order`, `when_full`, `timeout`, `reject_cost`, `retry_after`, `congested_after` and `preemptive`, found the number `3`",
        ],
    );
}

#[test]
fn a_foreign_word_gets_advice() {
    check(
        &changed("max_attempts = 2", "num_retries = 3"),
        &[],
        "
error[M010]: unknown field `num_retries`
  --> m.toml:15:11
   |
15 | retry = { num_retries = 3 }
   |           ^^^^^^^^^^^ `policies.db.retry.num_retries`
   |
   = help: `max_attempts` counts the first try: write `max_attempts = num_retries + 1`",
    );
}

#[test]
fn the_words_of_hedging_libraries_get_advice() {
    for (text, advice) in [
        ("policies.db.hedgingPolicy={}", "write `hedge = {"),
        ("policies.db.hedge_on_per_try_timeout=true", "as its `delay`, and no `per_try_timeout`"),
        ("policies.db.hedge={ hedgingDelay = \"1s\" }", "write `delay = { fixed"),
        ("policies.db.hedge={ MaxHedgedAttempts = 1 }", "which counts the first copy too"),
    ] {
        let found = load(GOOD, &[text]).expect_err("it is a word of another tool").to_string();
        assert!(found.contains(advice), "{found}");
    }
}

#[test]
fn the_words_of_rate_limiters_get_advice() {
    let limit = |text: &str| format!("policies.db.rate_limit={text}");
    for (text, advice) in [
        ("{ fixed_window = { limitForPeriod = 5 } }", "the permits of a period are called `limit`"),
        ("{ fixed_window = { limitRefreshPeriod = \"1s\" } }", "write `period = \"1s\"`"),
        ("{ fixed_window = { timeoutDuration = \"1s\" } }", "is called `max_wait`"),
        ("{ token_bucket = { rate = \"1/s\", bucketSize = 5 } }", "is called `burst`"),
    ] {
        let found = load(GOOD, &[&limit(text)]).expect_err("it is a word of another tool").to_string();
        assert!(found.contains(advice), "{found}");
    }
    for (text, advice) in [
        ("provisioned_throughput={}", "write `rate_limit = { token_bucket = {"),
        ("rate_limit={ token_bucket = { tokens_per_fill = 5 } }", "is called `rate`"),
        ("rate_limit={ token_bucket = { nodelay = true } }", "with `max_wait = \"0s\"`"),
        ("rate_limit={ token_bucket = { shared = true } }", "is said by `scope`"),
    ] {
        let text = format!("services.db.{text}");
        let found = load(GOOD, &[&text]).expect_err("it is a word of another tool").to_string();
        assert!(found.contains(advice), "{found}");
    }
}

#[test]
fn choices_say_which_shape_they_have() {
    let backoff = |text: &str| format!("policies.db.retry.backoff={text}");
    for (text, message) in [
        ("exponental", "M013 1:33 unknown choice `exponental`"),
        ("exponential", "M014 1:33 `exponential` needs a value"),
        ("{ none = {} }", "M014 1:33 `none` takes no value"),
        ("{ exponental = {} }", "M013 1:35 unknown choice `exponental`"),
        ("3", "M012 1:33 expected one of `none`, `fixed`, `linear` and `exponential`, found the number `3`"),
        (
            "{ fixed = { base = \"1s\" }, linear = { base = \"1s\" } }",
            "M014 1:33 expected exactly one of `none`, `fixed`, `linear` and `exponential`, found `fixed` and `linear`",
        ),
        (
            "{ fixed = { base = 50 } }",
            "M015 1:52 bare number `50`: a duration needs a unit, such as \"50ms\" or \"50s\"",
        ),
    ] {
        check_short(GOOD, &[&backoff(text)], &[message]);
    }
}
