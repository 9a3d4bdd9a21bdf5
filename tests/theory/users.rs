//! Users who wait for their answers, and those who do not.

use metastable::observe::Run;

use crate::estimate::{Estimate, LOOSE, TIGHT, assert_percentile};
use crate::station::{UNIT_NS, run_section};
use crate::util::{self, by_depth};

fn measure(customers: u64, rate_per_s: u64, arrivals: &str, threads: &str, handler: &str) -> Run {
    let run = run_section(customers, rate_per_s);
    let model = util::model(&format!(
        r#"
        name = "users"
        {run}
        [workloads.customers]
        arrivals = {arrivals}
        to = "station"
        clients = 1

        [services.station]
        threads = {threads}
        queue = {{ capacity = "unlimited" }}
        handler = {handler}
        "#
    ));
    util::run(&util::plan(&model), 1)
}

/// Exact mean value analysis (Reiser and Lavenberg, JACM 1980): 10 users who think for 5, and one station of mean 1.
#[test]
fn a_closed_network_follows_mean_value_analysis() {
    let arrivals = r#"{ closed = { users = 10, think = "exponential(50ms)" } }"#;
    let run = measure(by_depth(800_000, 4_000_000), 98, arrivals, "1", r#"[{ work = "exponential(10ms)" }]"#);
    let rows = || run.workloads[0].rows[1..].iter();
    let response =
        Estimate::of_ratio(rows().map(|row| (row.latency.sum_ns as f64 / UNIT_NS, row.latency.count as f64)));
    response.assert_is("R", 5.187_288_93, LOOSE);
    let units = run.interval.as_ns() as f64 / UNIT_NS;
    let throughput = Estimate::of_ratio(rows().map(|row| (row.good as f64, units)));
    throughput.assert_is("X", 0.981_615_430, TIGHT);
}

/// M. Brooker, "Open and Closed, Omission and Collapse", 2023: a server that is slow once in a thousand times. Its one closed-loop client sees the tail of the service; open arrivals at
/// load .8 see the queue behind it. The mean work is .1099 ms, and Pollaczek and Khinchine give the mean time in system.
#[test]
fn a_closed_loop_does_not_see_what_open_arrivals_see() {
    let handler = r#"[{ work = "mixture(99.9%: exponential(100us), 0.1%: exponential(10ms))" }]"#;
    let closed = r#"{ closed = { users = 1, think = "0s" } }"#;
    let run = measure(by_depth(1_000_000, 4_000_000), 9099, closed, "1", handler);
    assert_percentile("closed p99", run.workloads[0].totals.latency.p99_ns as f64 / 1e6, 0.470);
    // Load .8 of .1099 ms: 7279.34 per second.
    let open = r#"{ open = { rate = "727934/100s" } }"#;
    let run = measure(by_depth(6_000_000, 40_000_000), 7279, open, "1", handler);
    let rows = run.workloads[0].rows[1..].iter();
    let mean =
        Estimate::of_ratio(rows.map(|row| (row.latency.sum_ns as f64 / 1e6, row.latency.count as f64)));
    mean.assert_is("open mean", 4.113, by_depth(0.02, 0.01));
}

/// M/M/inf: the number inside is Poisson with mean 10; its time average must be that.
#[test]
fn without_a_limit_the_number_inside_is_the_load() {
    let open = r#"{ open = { rate = "500/s" } }"#;
    let run = measure(
        by_depth(500_000, 2_000_000),
        500,
        open,
        "\"unlimited\"",
        r#"[{ work = "exponential(20ms)" }]"#,
    );
    let rows = run.services[0].rows[1..].iter();
    let inside =
        Estimate::of_ratio(rows.map(|row| (row.inside.integral as f64, run.interval.as_ns() as f64)));
    inside.assert_is("L", 10.0, TIGHT);
}

/// Sessions of 1 / (1 - .8) = 5 requests on average (Schroeder et al., NSDI 2006).
#[test]
fn sessions_have_as_many_requests_as_users_stay() {
    let partly_open = r#"{ partly_open = { rate = "20/s", think = "exponential(10ms)", stay = "80%" } }"#;
    let run =
        measure(by_depth(500_000, 2_000_000), 100, partly_open, "\"unlimited\"", r#"[{ work = "1ms" }]"#);
    let seconds = run.interval.as_secs_f64();
    let rows = run.workloads[0].rows[1..].iter();
    let offered = Estimate::of_ratio(rows.map(|row| (row.offered as f64, seconds)));
    offered.assert_is("requests per second", 100.0, LOOSE);
}
