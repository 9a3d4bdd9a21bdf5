//! Words that are nearly ours, and words of other tools.

use super::*;

#[test]
fn a_near_miss_is_found_and_a_far_one_is_not() {
    assert_eq!(closest("rety", &["retry", "timeout"]), Some("retry"));
    assert_eq!(closest("perTryTimeout", &["per_try_timeout", "timeout"]), Some("per_try_timeout"));
    assert_eq!(closest("cache", &["retry", "timeout"]), None);
    assert_eq!(closest("", &["retry"]), None);
}

#[test]
fn a_foreign_word_gets_advice_only_where_the_field_is_possible() {
    assert!(foreign("MaxRetryAttempts", &["max_attempts"]).unwrap().contains("num_retries + 1"));
    assert!(foreign("num_retries", &["retry", "timeout"]).unwrap().contains("retry = {"));
    assert!(foreign("timeoutDuration", &["limit", "rejects"]).unwrap().contains("`max_wait`"));
    assert!(foreign("acquire", &["work", "lock"]).unwrap().contains("lock = {"));
    assert!(foreign("If-Match", &["compare_and_set"]).unwrap().contains("read"));
    assert_eq!(foreign("replicas", &["threads"]), None);
}

#[test]
fn every_foreign_spelling_can_match() {
    for entry in FOREIGN.iter().chain(FOREIGN_STATE).chain(FOREIGN_STEPS) {
        for spelling in entry.spellings {
            assert_eq!(plain(spelling), *spelling, "a spelling is compared without case, `_` and `-`");
        }
    }
}

#[test]
fn a_list_reads_like_a_sentence() {
    assert_eq!(listed(&["a"]), "`a`");
    assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    assert!(listed(&["x"; 38]).ends_with("and 6 more"));
}
