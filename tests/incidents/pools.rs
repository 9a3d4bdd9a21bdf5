//! Pools of connections: what the headers of their models say is so, under their seeds.

use metastable::analysis::Unstable::Overload;
use metastable::analysis::Verdict::{Metastable, Recovered, Unaffected, Unstable};
use metastable::kernel::Duration;

use crate::callers::check;
use crate::systems::conduct;

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

#[test]
fn the_morning_waits_for_the_kernel_to_give_up() {
    for seed in ["run.seed=1", "run.seed=2"] {
        let judgement = conduct("idle-firewall", &[seed]).judgement.expect("there is a judgement");
        assert_eq!(judgement.workloads[0].time_to_recovery, Some(Duration::from_secs(924)), "{seed}");
    }
}

#[test]
fn connections_that_are_used_or_closed_in_time_survive_the_night() {
    let idle = "policies.query.pool.idle_timeout=5min";
    let validation = "policies.query.pool.validate_after_idle=500ms";
    check(
        "idle-firewall",
        &[
            (&["policies.query.pool.keepalive_time=2min"], Unaffected),
            (&["policies.query.pool.max_lifetime=5min"], Unaffected),
            (&[idle, "policies.query.pool.min_idle=0"], Unaffected),
            (&["policies.query.pool.order=fifo"], Unaffected),
            (&[validation], Recovered),
            (&[validation, "policies.query.pool.validation_timeout=250ms"], Unaffected),
            (&["policies.query.timeout=10s"], Recovered),
            (&["policies.query.timeout=unlimited"], Metastable),
        ],
    );
    for vain in [idle, "services.app.threads=200"] {
        let judgement = conduct("idle-firewall", &[vain]).judgement.expect("there is a judgement");
        let back = judgement.workloads[0].time_to_recovery;
        assert!(back >= Some(Duration::from_secs(924)), "{vain}: {back:?}");
    }
}

#[test]
fn the_connection_that_came_back_last_is_that_over_the_slowest_link() {
    let in_turn = "policies.query.pool.order=fifo";
    check(
        "link-imbalance",
        &[
            (&[], Metastable),
            (&["run.seed=2"], Metastable),
            (&["run.seed=3"], Metastable),
            (&[in_turn], Unaffected),
            (&[in_turn, "run.seed=2"], Unaffected),
            (&["policies.query.pool.max_lifetime=10s"], Recovered),
            (&["policies.query.pool.idle_timeout=1s", "policies.query.pool.min_idle=0"], Recovered),
            (&["policies.query.timeout=100ms"], Recovered),
        ],
    );
}

#[test]
fn bursts_and_load_make_links_unequal_and_more_connections_do_not_help() {
    let without_bursts = "services.cache.handler[0].choose[1].steps[0].parallel.copies=4";
    check(
        "link-imbalance",
        &[
            (&[without_bursts], Unaffected),
            (&["workloads.users.arrivals.open.rate=200/s"], Recovered),
            (&["network.default.bandwidth=25MB/s"], Unaffected),
            (&["policies.query.pool.max_size=96"], Metastable),
            (&["workloads.users.arrivals.open.rate=360/s"], Unstable(Overload)),
        ],
    );
}
