//! Stations in series: what leaves an M/M/1 queue is a Poisson process (P. Burke, 1956), so each of them is one of its own.

use metastable::observe::{Run, ServiceRow, WorkloadRow};

use crate::estimate::{Estimate, LOOSE, assert_within};
use crate::station::{UNIT_NS, run_section};
use crate::util::{self, by_depth};

/// Asks one station after the other, and has a thread for everybody: no station is kept busy by those that wait at the next.
fn tandem(customers: u64) -> Run {
    let run = run_section(customers, 70);
    // Service rates 1, .9 and .8 per unit of 10 ms.
    let model = util::model(&format!(
        r#"
        name = "tandem"
        {run}
        [workloads.customers]
        arrivals = {{ open = {{ rate = "70/s", process = "poisson" }} }}
        to = "front"
        clients = 1

        [services.front]
        threads = "unlimited"
        handler = [{{ call = {{ to = "a" }} }}, {{ call = {{ to = "b" }} }}, {{ call = {{ to = "c" }} }}]

        [services.a]
        threads = 1
        queue = {{ capacity = "unlimited" }}
        handler = [{{ work = "exponential(10ms)" }}]

        [services.b]
        threads = 1
        queue = {{ capacity = "unlimited" }}
        handler = [{{ work = "exponential(11111111ns)" }}]

        [services.c]
        threads = 1
        queue = {{ capacity = "unlimited" }}
        handler = [{{ work = "exponential(12500us)" }}]
        "#
    ));
    util::run(&util::plan(&model), 1)
}

fn rows<'a>(run: &'a Run, service: &str) -> &'a [ServiceRow] {
    let series = run.services.iter().find(|series| series.name == service);
    &series.expect("invariant: the service is in the model").rows[1..]
}

fn inside(run: &Run, service: &str) -> Estimate {
    let interval = run.interval.as_ns() as f64;
    Estimate::of_ratio(rows(run, service).iter().map(|row| (row.inside.integral as f64, interval)))
}

#[test]
fn three_stations_in_series() {
    let run = tandem(by_depth(2_000_000, 8_000_000));
    let latency = |row: &WorkloadRow| (row.latency.sum_ns as f64 / UNIT_NS, row.latency.count as f64);
    let time = Estimate::of_ratio(run.workloads[0].rows[1..].iter().map(latency));
    time.assert_is("W", 18.333_333_3, LOOSE);
    inside(&run, "front").assert_is("L", 12.833_333_3, LOOSE);
    // Each station by itself is M/M/1: load / (1 - load).
    inside(&run, "a").assert_is("L of the first station", 0.7 / 0.3, LOOSE);
    inside(&run, "b").assert_is("L of the second station", 7.0 / 2.0, LOOSE);
    inside(&run, "c").assert_is("L of the third station", 7.0, LOOSE);
    let served_per_unit: u64 = run.workloads[0].rows[1..].iter().map(|row| row.good).sum();
    let units = run.interval.as_ns() as f64 / UNIT_NS * rows(&run, "front").len() as f64;
    assert_within(
        "Little's law",
        inside(&run, "front").value,
        served_per_unit as f64 / units * time.value,
        0.01,
    );
}
