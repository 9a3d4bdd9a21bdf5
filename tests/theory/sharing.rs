//! Processors that are shared, and who goes first: what does and what does not depend on how work is distributed.

use metastable::observe::{Run, ServiceRow};

use crate::estimate::{Estimate, LOOSE, TIGHT};
use crate::station::{UNIT_NS, open_station, run_section};
use crate::util::{self, by_depth};

/// A service with these settings at this load in tenths; the mean work is 10 ms.
fn measure(load_tenths: u64, customers: u64, settings: &str) -> Run {
    util::run(&open_station(load_tenths * 10, customers, settings), 1)
}

fn mean(run: &Run, value: impl Fn(&ServiceRow) -> (f64, f64)) -> Estimate {
    Estimate::of_ratio(run.services[0].rows[1..].iter().map(value))
}

fn response(run: &Run) -> Estimate {
    mean(run, |row| (row.time_in_service.sum_ns as f64 / UNIT_NS, row.time_in_service.count as f64))
}

fn wait(run: &Run) -> Estimate {
    mean(run, |row| (row.time_in_queue.sum_ns as f64 / UNIT_NS, row.time_in_queue.count as f64))
}

/// M/G/1 under processor sharing: the mean is 1 / (1 - rho) whatever the distribution (Kleinrock 1976, §4.4).
#[test]
fn shared_processors_do_not_care_how_work_is_distributed() {
    for work in
        ["10ms", "exponential(10ms)", "hyperexponential(mean=10ms, cv=2)", "lognormal(mean=10ms, cv=1.5)"]
    {
        for (load_tenths, exact, error, customers) in
            [(5, 2.0, TIGHT, by_depth(300_000, 2_000_000)), (8, 5.0, LOOSE, by_depth(1_500_000, 8_000_000))]
        {
            let settings = format!(
                "threads = \"unlimited\"\ncpus = 1\ncpu_sharing = \"processor_sharing\"\nhandler = [{{ work = \"{work}\" }}]"
            );
            let run = measure(load_tenths, customers, &settings);
            response(&run).assert_is(&format!("{work} at load .{load_tenths}"), exact, error);
        }
    }
}

/// M/M/2 with processor sharing has the number in system of M/M/2: W = 1 / (1 - rho^2), rho = .8.
#[test]
fn two_shared_processors_are_two_servers() {
    let settings = "threads = \"unlimited\"\ncpus = 2\ncpu_sharing = \"processor_sharing\"\nhandler = [{ work = \"exponential(10ms)\" }]";
    let run = measure(16, by_depth(800_000, 5_000_000), settings);
    response(&run).assert_is("W", 2.777_777_777_8, LOOSE);
}

/// CPUs under first come, first served are the servers of M/M/c, however many threads there are: Erlang C for 10 servers and load 8 gives Wq .204590075.
#[test]
fn cpus_are_servers() {
    let settings = "threads = \"unlimited\"\ncpus = 10\nhandler = [{ work = \"exponential(10ms)\" }]";
    let run = measure(80, by_depth(2_000_000, 10_000_000), settings);
    response(&run).assert_is("W", 1.204_590_075, LOOSE);
    let waiting = mean(&run, |row| (row.waiting_for_cpu.integral as f64, run.interval.as_ns() as f64));
    waiting.assert_is("Lq", 1.636_720_60, LOOSE);
}

/// I/O channels are servers too.
#[test]
fn io_channels_are_servers() {
    let settings =
        "threads = \"unlimited\"\nio = { channels = 2 }\nhandler = [{ io = \"exponential(10ms)\" }]";
    let run = measure(16, by_depth(800_000, 5_000_000), settings);
    let waiting = mean(&run, |row| (row.waiting_for_io.integral as f64, run.interval.as_ns() as f64));
    waiting.assert_is("Lq", 2.844_444_44, LOOSE);
}

/// Kleinrock's conservation law: who is next without looking at the work does not change the mean wait; load .5 and .8.
#[test]
fn the_order_of_service_does_not_change_the_mean_wait() {
    for order in ["fifo", "lifo", "random", "adaptive_lifo"] {
        for (load_tenths, exact, customers) in
            [(5, 1.0, by_depth(400_000, 3_000_000)), (8, 4.0, by_depth(1_500_000, 8_000_000))]
        {
            let settings = format!(
                "threads = 1\nqueue = {{ capacity = \"unlimited\", order = \"{order}\" }}\nhandler = [{{ work = \"exponential(10ms)\" }}]"
            );
            let run = measure(load_tenths, customers, &settings);
            wait(&run).assert_is(&format!("{order} at load .{load_tenths}"), exact, LOOSE);
        }
    }
}

/// Two workloads of different priority at one server: .2 of high and .6 of low load.
fn by_priority(preemptive: bool) -> (Estimate, Estimate) {
    let run = run_section(by_depth(2_000_000, 10_000_000), 80);
    let model = util::model(&format!(
        r#"
        name = "priorities"
        {run}
        [workloads.high]
        arrivals = {{ open = {{ rate = "20/s", process = "poisson" }} }}
        to = "station"
        clients = 1
        priority = "high"

        [workloads.low]
        arrivals = {{ open = {{ rate = "60/s", process = "poisson" }} }}
        to = "station"
        clients = 1
        priority = "low"

        [services.station]
        threads = 1
        queue = {{ capacity = "unlimited", order = "priority", preemptive = {preemptive} }}
        handler = [{{ work = "exponential(10ms)" }}]
        "#
    ));
    let run = util::run(&util::plan(&model), 1);
    let response = |workload: usize| {
        let rows = run.workloads[workload].rows[1..].iter();
        Estimate::of_ratio(rows.map(|row| (row.latency.sum_ns as f64 / UNIT_NS, row.latency.count as f64)))
    };
    (response(0), response(1))
}

/// A. Cobham, Operations Research 1954: the waits are 1 and 5, and so the responses 2 and 6.
#[test]
fn priorities_without_preemption() {
    let (high, low) = by_priority(false);
    high.assert_is("high", 2.0, LOOSE);
    low.assert_is("low", 6.0, LOOSE);
}

/// Preemptive resume: T1 = 1 / (1 - .2) = 1.25; T2 = 1 / ((1 - .2) (1 - .8)) = 6.25 (Kleinrock 1976, §3.4).
#[test]
fn priorities_with_preemption() {
    let (high, low) = by_priority(true);
    high.assert_is("high", 1.25, LOOSE);
    low.assert_is("low", 6.25, LOOSE);
}

/// M/M/1+M: customers with exponential patience of mean 2 who leave the queue, load 1.2 (C. Palm; Mandelbaum and Zeltyn 2007).
#[test]
fn who_waits_with_exponential_patience_leaves_as_often_as_erlang_a_says() {
    let settings = "threads = 1\nqueue = { capacity = \"unlimited\", timeout = \"exponential(20ms)\" }\nhandler = [{ work = \"exponential(10ms)\" }]";
    let run = measure(12, by_depth(600_000, 3_000_000), settings);
    let left = mean(&run, |row| (row.queue_timeouts as f64, row.received as f64));
    left.assert_is("P(abandon)", 0.366_204_211, LOOSE);
}

/// M/M/1+D: patience of exactly 3 with load 1.2, and of exactly 2 with load .8 (Barrer, Operations Research 1957); who is in service finishes and counts.
#[test]
fn a_limit_on_the_time_in_the_queue_serves_as_many_as_the_closed_form() {
    for (load_tenths, limit, served, left) in
        [(12, "30ms", 0.876_836, None), (8, "20ms", 0.649_734_340, Some(0.187_832_074))]
    {
        let settings = format!(
            "threads = 1\nqueue = {{ capacity = \"unlimited\", timeout = \"{limit}\" }}\nhandler = [{{ work = \"exponential(10ms)\" }}]"
        );
        let run = measure(load_tenths, by_depth(1_000_000, 5_000_000), &settings);
        let units = run.interval.as_ns() as f64 / UNIT_NS;
        mean(&run, |row| (row.ended[0] as f64, units)).assert_is("served", served, LOOSE);
        // What is not served has left.
        let share = left.unwrap_or(1.0 - served / (load_tenths as f64 / 10.0));
        mean(&run, |row| (row.queue_timeouts as f64, row.received as f64)).assert_is(
            "P(timeout)",
            share,
            LOOSE,
        );
    }
}

/// Switches take a fifth of the time as soon as two share the CPU: births at .6, deaths at 1 with one and at .8 with more. With r = .6 / .8, p0 = 1 / (1 + .6 / (1 - r)) and L = .6 p0 / (1 - r)^2, so W = p0 / (1 - r)^2.
#[test]
fn taking_turns_costs_what_the_switches_take() {
    let settings = "threads = \"unlimited\"\ncpus = 1\ncpu_sharing = \"processor_sharing\"\ncontext_switch = { cost = \"750us\", quantum = \"3ms\" }\nhandler = [{ work = \"exponential(10ms)\" }]";
    let run = measure(6, by_depth(800_000, 5_000_000), settings);
    response(&run).assert_is("W", 4.705_882_353, LOOSE);
}
