//! Hedges under load: what the header of the model says is so, under its seeds.

use metastable::analysis::Verdict::{self, Metastable, Recovered};

use crate::systems::verdict;

#[track_caller]
fn check(expected: Verdict, variants: &[&[&str]]) {
    for changes in variants {
        assert_eq!(verdict("hedging-under-load", changes), expected, "{changes:?}");
    }
}

#[test]
fn hedges_that_nothing_bounds_keep_their_own_reason() {
    let reserve = r#"policies.query.retry={ max_attempts = 1, budget = { ratio = { percent = "10%" } } }"#;
    check(
        Metastable,
        &[
            &[],
            &[reserve],
            &[r#"policies.query.hedge.delay={ fixed = "200ms" }"#],
            &["policies.query.timeout=200ms"],
            &["workloads.users.arrivals.open.rate=850/s"],
        ],
    );
}

#[test]
fn hedges_that_are_bounded_or_not_done_in_vain_do_not() {
    let budget = r#"policies.query.retry={ max_attempts = 1, budget = { ratio = { percent = "10%", min_retries_per_second = 0 } } }"#;
    check(
        Recovered,
        &[
            &["policies.query.hedge.max_extra_load=10%"],
            &[budget],
            &[r#"policies.query.hedge.delay={ percentile = { percentile = "95%" } }"#],
            &["services.search.abandoned_work=remove_from_queue"],
            &["services.search.abandoned_work=drop_on_dequeue"],
            &["services.search.queue.capacity=30"],
            &["policies.query.hedge.tied=true"],
            &["workloads.users.arrivals.open.rate=750/s"],
        ],
    );
}
