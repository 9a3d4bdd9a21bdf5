//! Retries against independent failures: geometric sums, products along a chain, and two published examples.

use metastable::observe::{EdgeSeries, Run};
use metastable::plan::Plan;

use crate::estimate::{Estimate, LOOSE, TIGHT};
use crate::station::run_section;
use crate::util::{self, by_depth};

/// The calls of the only workload.
fn edge(run: &Run) -> &EdgeSeries {
    run.edges.iter().find(|edge| edge.caller_is_workload).expect("invariant: the workload calls somebody")
}

/// Requests, attempts for them, and requests that failed, over these rows. Nothing here takes time, so a row has all of its requests.
fn counts(run: &Run, first_row: usize) -> [f64; 3] {
    let requests: u64 = run.workloads[0].rows[first_row..].iter().map(|row| row.offered).sum();
    let good: u64 = run.workloads[0].rows[first_row..].iter().map(|row| row.good).sum();
    let attempts: u64 = edge(run).rows[first_row..].iter().map(|row| row.attempts).sum();
    [requests as f64, attempts as f64, (requests - good) as f64]
}

/// A server that fails this share of the attempts, called with these settings of retries; `run` is the section of that name.
fn flaky(run: &str, rate_per_s: u64, share: &str, retry: &str) -> Plan {
    let model = util::model(&format!(
        r#"
        name = "flaky"
        {run}
        [workloads.clients]
        arrivals = {{ open = {{ rate = "{rate_per_s}/s", process = "poisson" }} }}
        to = "server"
        policy = "client"
        clients = 100

        [policies.client]
        retry = {{ {retry} }}

        [services.server]
        threads = "unlimited"
        handler = [{{ fail = "{share}" }}]
        "#
    ));
    util::plan(&model)
}

/// Failures of probability p, R retries: (1 - p^(R+1)) / (1 - p) attempts, and p^(R+1) fail for good.
fn check_arithmetic(share: &str, retries: u32, attempts: f64, failure: f64) {
    let plan = flaky(
        &run_section(by_depth(500_000, 2_000_000), 1000),
        1000,
        share,
        &format!("max_attempts = {}", retries + 1),
    );
    let run = util::run(&plan, 1);
    let rows = || (1..run.row_count()).map(|row| (&run.workloads[0].rows[row], &edge(&run).rows[row]));
    let sent = rows().map(|(requests, calls)| (calls.attempts as f64, requests.offered as f64));
    Estimate::of_ratio(sent).assert_is("attempts per request", attempts, TIGHT);
    let failed =
        rows().map(|(requests, _)| ((requests.offered - requests.good) as f64, requests.offered as f64));
    Estimate::of_ratio(failed).assert_is("final failure", failure, LOOSE);
}

#[test]
fn three_retries_of_half_that_fail() {
    check_arithmetic("50%", 3, 1.875, 0.0625);
}

#[test]
fn three_retries_of_nine_tenths_that_fail() {
    check_arithmetic("90%", 3, 3.439, 0.6561);
}

/// Three layers of three retries each on a dead bottom: 4 x 4 x 4 attempts per request, every time.
#[test]
fn retries_of_layers_multiply() {
    let model = util::model(
        r#"
        name = "layers"
        run = { duration = "10s" }

        [workloads.users]
        arrivals = { open = { rate = "100/s", process = "poisson" } }
        to = "top"
        policy = "stubborn"

        [policies.stubborn]
        retry = { max_attempts = 4, backoff = "none" }

        [services.top]
        threads = "unlimited"
        handler = [{ call = { to = "middle", policy = "stubborn" } }]

        [services.middle]
        threads = "unlimited"
        handler = [{ call = { to = "bottom", policy = "stubborn" } }]

        [services.bottom]
        threads = "unlimited"
        handler = [{ fail = "100%" }]
        "#,
    );
    let run = util::run(&util::plan(&model), 1);
    let received = |name: &str| -> u64 {
        let service = run.services.iter().find(|service| service.name == name);
        service.expect("invariant: it is in the model").rows.iter().map(|row| row.received).sum()
    };
    let [requests, attempts, failed] = counts(&run, 0);
    assert!(requests > 500.0, "{requests} requests");
    assert_eq!(failed, requests);
    assert_eq!(attempts, 4.0 * requests);
    assert_eq!(received("middle") as f64, 16.0 * requests);
    assert_eq!(received("bottom") as f64, 64.0 * requests);
}

const NO_RETRY: &str = "{ max_attempts = 1 }";
const THREE_RETRIES: &str = "{ max_attempts = 4 }";
const BUCKET: &str = "{ max_attempts = 4, budget = { bucket = { capacity = 5, per_call = 0.1 } } }";
const BREAKER: &str = "{ max_attempts = 4, budget = { failure_rate = { threshold = \"10%\" } } }";

/// M. Brooker, "Fixing retries with token buckets and circuit breakers" (2022-02-28), `retry_sim`: 100 clients send 10/s each for 10 s; 50 runs.
/// The clients are instances of a service, called in turn: as in the source, each makes exactly its share of the calls.
fn check_strategy(share: &str, retry: &str, success: f64, load: f64) {
    let (strategy, fail) =
        (format!("policies.client.retry={retry}"), format!("services.server.handler[0].fail={share}"));
    // The last of 10 000 requests comes at 10 s.
    let model = util::model_of("flaky-server", &["run.duration=10.0005s", &strategy, &fail]);
    let plan = util::plan(&model);
    let runs = util::for_seeds(50, |seed| {
        let run = util::run(&plan, seed);
        let [requests, _, failed] = counts(&run, 0);
        let edge = run.edges.iter().find(|edge| !edge.caller_is_workload).expect("invariant: clients call");
        let attempts: u64 = edge.rows.iter().map(|row| row.attempts).sum();
        [requests, attempts as f64, failed]
    });
    let succeeded = runs.iter().map(|&[requests, _, failed]| (requests - failed, requests));
    Estimate::of_ratio(succeeded).assert_is_like("success", success, 5e-5);
    if retry == NO_RETRY {
        assert!(runs.iter().all(|[requests, attempts, _]| requests == attempts), "nobody tries twice");
        return;
    }
    let sent = runs.iter().map(|&[requests, attempts, _]| (attempts, requests));
    Estimate::of_ratio(sent).assert_is_like("load", load, 5e-4);
}

#[test]
fn no_retries_of_a_tenth_that_fails() {
    check_strategy("10%", NO_RETRY, 0.9, 1.0);
}

#[test]
fn no_retries_of_half_that_fails() {
    check_strategy("50%", NO_RETRY, 0.5, 1.0);
}

#[test]
fn up_to_three_retries_of_a_tenth_that_fails() {
    check_strategy("10%", THREE_RETRIES, 0.9999, 1.111);
}

#[test]
fn up_to_three_retries_of_half_that_fails() {
    check_strategy("50%", THREE_RETRIES, 0.9375, 1.875);
}

#[test]
fn a_bucket_of_retries_when_a_tenth_fails() {
    check_strategy("10%", BUCKET, 0.9921, 1.103);
}

#[test]
fn a_bucket_of_retries_when_half_fails() {
    check_strategy("50%", BUCKET, 0.5690, 1.140);
}

#[test]
fn retries_that_stop_at_a_failure_rate_when_a_tenth_fails() {
    check_strategy("10%", BREAKER, 0.9281, 1.031);
}

#[test]
fn retries_that_stop_at_a_failure_rate_when_half_fails() {
    check_strategy("50%", BREAKER, 0.5001, 1.000);
}

/// B. Beyer et al., Site Reliability Engineering (2016), chapter 22: 1 % too much load, and a retry after 1 s without limit. The
/// offered load grows by 100/s every second. For the first second the queue of the backend takes what is too much.
#[test]
fn unlimited_retries_grow_without_end() {
    let model = util::model_of("retry-growth", &["run.duration=30s"]);
    let run = util::run(&util::plan(&model), 1);
    let offered: Vec<u64> = edge(&run).rows.iter().map(|row| row.attempts).collect();
    // The first arrival is one period after the start, and the one at the end of a second belongs to the next.
    assert!(offered[0].abs_diff(10_100) <= 1, "{offered:?}");
    for second in 2..offered.len() {
        let growth = offered[second] - offered[second - 1];
        assert!(growth.abs_diff(100) <= 1, "second {second}: grown by {growth}, {offered:?}");
    }
    let served: Vec<u64> = run.workloads[0].rows.iter().map(|row| row.good).collect();
    assert!(served[1..].iter().all(|&good| good.abs_diff(10_000) <= 1), "{served:?}");
}
