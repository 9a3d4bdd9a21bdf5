//! Several things at once: fork and join, and what is rare for one but common for many.

use crate::estimate::{Estimate, LOOSE, TIGHT};
use crate::station::{UNIT_NS, run_section};
use crate::util::{self, by_depth, for_seeds};

/// Fork and join over two M/M/1 queues: the mean is (12 - rho) / 8 times that of one queue (R. Nelson, A. Tantawi, IEEE TC 1988; exact for two).
#[test]
fn fork_and_join_over_two_stations() {
    let run = run_section(by_depth(1_000_000, 5_000_000), 80);
    let model = util::model(&format!(
        r#"
        name = "fork-join"
        {run}
        [workloads.customers]
        arrivals = {{ open = {{ rate = "80/s", process = "poisson" }} }}
        to = "front"
        clients = 1

        [services.front]
        threads = "unlimited"
        handler = [{{ parallel = {{ steps = [{{ call = {{ to = "a" }} }}, {{ call = {{ to = "b" }} }}] }} }}]

        [services.a]
        threads = 1
        queue = {{ capacity = "unlimited" }}
        handler = [{{ work = "exponential(10ms)" }}]

        [services.b]
        threads = 1
        queue = {{ capacity = "unlimited" }}
        handler = [{{ work = "exponential(10ms)" }}]
        "#
    ));
    let run = util::run(&util::plan(&model), 1);
    let rows = run.workloads[0].rows[1..].iter();
    let mean =
        Estimate::of_ratio(rows.map(|row| (row.latency.sum_ns as f64 / UNIT_NS, row.latency.count as f64)));
    mean.assert_is("mean response", 7.0, LOOSE);
}

/// Two worlds are twice as soon over.
const SEEDS: u64 = 2;

/// J. Dean, L. Barroso, "The Tail at Scale", CACM 2013: of requests that wait for n leaves, 1 - (1 - p)^n are slow if a share p of the leaves is.
fn slow_requests(copies: u64, slow_leaves: &str, fast_leaves: &str, requests: u64) -> Estimate {
    let run = run_section(requests / SEEDS, 100);
    let model = util::model(&format!(
        r#"
        name = "tail-at-scale"
        {run}
        [workloads.searches]
        arrivals = {{ open = {{ rate = "100/s", process = "constant" }} }}
        to = "root"
        policy = "impatient"
        clients = 1

        [services.root]
        threads = "unlimited"
        handler = [{{ parallel = {{ steps = [{{ call = {{ to = "leaf" }} }}], copies = {copies} }} }}]

        [services.leaf]
        threads = "unlimited"
        handler = [{{ sleep = "mixture({fast_leaves}: 1ms, {slow_leaves}: 1s)" }}]

        [policies.impatient]
        timeout = "500ms"
        "#
    ));
    let plan = util::plan(&model);
    let runs = for_seeds(SEEDS, |seed| util::run(&plan, seed));
    let rows = runs.iter().flat_map(|run| &run.workloads[0].rows[1..]);
    Estimate::of_ratio(rows.map(|row| {
        let slow: u64 = row.failed.iter().sum();
        (slow as f64, (row.good + slow) as f64)
    }))
}

#[test]
fn one_slow_leaf_in_a_hundred_makes_most_requests_slow() {
    let slow = slow_requests(100, "1%", "99%", by_depth(8_000, 40_000));
    slow.assert_is("slow with 100 leaves", 0.633_967_658_726_77, TIGHT);
}

#[test]
fn one_slow_leaf_in_ten_thousand_is_seen_by_every_fifth_request() {
    let slow = slow_requests(2000, "0.01%", "99.99%", by_depth(12_000, 60_000));
    slow.assert_is("slow with 2000 leaves", 0.181_277_434_734_45, LOOSE);
}
