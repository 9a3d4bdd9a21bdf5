//! Pools of connections: what the headers of their models say is so, under their seeds.

use metastable::analysis::Verdict::{Metastable, Recovered, Unaffected};

use crate::callers::check;

#[test]
fn who_waits_for_a_connection_for_longer_than_a_user_is_served_in_vain() {
    let own_pool = [
        "policies.reports={ pool = { max_size = 2 } }",
        "services.app.handlers.report[1].call.policy=reports",
    ];
    check(
        "pool-exhaustion",
        &[
            (&[], Metastable),
            (&["run.seed=2"], Metastable),
            (&["policies.sql.pool.acquire_timeout=500ms"], Recovered),
            (&["policies.sql.pool.max_pending=200"], Recovered),
            (&["policies.sql.timeout=1s"], Recovered),
            (&["policies.sql.deadline={propagate=true}"], Recovered),
            (&["policies.sql.bulkhead={ semaphore = { max_concurrent = 10 } }"], Recovered),
            (&own_pool, Unaffected),
        ],
    );
}

#[test]
fn an_exhausted_pool_clears_if_users_ask_for_less_than_it_can_do() {
    check(
        "pool-exhaustion",
        &[
            (&["policies.browser.retry.max_attempts=2"], Recovered),
            (&["policies.browser.retry.max_attempts=1"], Recovered),
            (&["policies.sql.pool.max_size=20"], Recovered),
            (&["policies.sql.pool.acquire_timeout=5s"], Metastable),
            (&["policies.sql.pool.max_size=12"], Metastable),
            (&["faults.plan_flip.duration=3s"], Metastable),
        ],
    );
}
