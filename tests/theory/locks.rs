//! Locks: a row that everybody needs is a server, however many threads there are.

use metastable::observe::{LockRow, Run};

use crate::estimate::{Estimate, LOOSE};
use crate::station::{UNIT_NS, open_station, run_section};
use crate::util::{self, by_depth};

fn of_rows(run: &Run, parts: impl Fn(&LockRow) -> (f64, f64)) -> Estimate {
    Estimate::of_ratio(run.locks[0].rows[1..].iter().map(parts))
}

/// One row, held for an exponential time with the mean 10 ms, at load .8: M/M/1, in which Wq is 4, Lq 3.2, and .8 of all wait.
#[test]
fn a_hot_row_is_a_single_server() {
    let settings = "threads = \"unlimited\"\nhandler = [{ lock = { acquire = \"row\", steps = [{ sleep = \"exponential(10ms)\" }] } }]\n[locks.row]\nscope = \"global\"";
    let run = util::run(&open_station(80, by_depth(1_500_000, 8_000_000), settings), 1);
    let interval = run.interval.as_ns() as f64;
    of_rows(&run, |row| (row.wait.sum_ns as f64 / UNIT_NS, row.acquired as f64)).assert_is("Wq", 4.0, LOOSE);
    of_rows(&run, |row| (row.hold.sum_ns as f64 / UNIT_NS, row.hold.count as f64)).assert_is("S", 1.0, LOOSE);
    of_rows(&run, |row| (row.contended as f64, row.acquired as f64)).assert_is("waiting", 0.8, LOOSE);
    of_rows(&run, |row| (row.waiting.integral as f64, interval)).assert_is("Lq", 3.2, LOOSE);
    of_rows(&run, |row| (row.holding.integral as f64, interval)).assert_is("rho", 0.8, LOOSE);
}

/// Rows that are as popular as one another are M/M/1 queues of their own: at load .5 each, Wq is 1.
#[test]
fn every_row_is_a_server_of_its_own() {
    let run = run_section(by_depth(1_000_000, 5_000_000), 200);
    let text = format!(
        r#"
        name = "rows"
        {run}
        [workloads.customers]
        arrivals = {{ open = {{ rate = "200/s", process = "poisson" }} }}
        keys = {{ uniform = {{ count = 4 }} }}
        to = "db"
        [services.db]
        threads = "unlimited"
        handler = [{{ lock = {{ acquire = "row", steps = [{{ sleep = "exponential(10ms)" }}] }} }}]
        [locks.row]
        scope = "key"
        "#
    );
    let run = util::run(&util::plan(&util::model(&text)), 1);
    of_rows(&run, |row| (row.wait.sum_ns as f64 / UNIT_NS, row.acquired as f64)).assert_is("Wq", 1.0, LOOSE);
}

/// Users who come back at once: one row lets 1 / (hold time) of them through, and the round trip of a call that is made under it belongs to the hold time.
#[test]
fn throughput_is_one_over_the_hold_time() {
    for (under, hold_ms) in
        [("{ sleep = \"10ms\" }", 10.0), ("{ sleep = \"5ms\" }, { call = { to = \"client\" } }", 12.0)]
    {
        let text = format!(
            r#"
            name = "convoy"
            run = {{ duration = "200s", warmup = "10s", interval = "10s" }}
            [workloads.users]
            arrivals = {{ closed = {{ users = 50, think = "1ms" }} }}
            to = "db"
            [services.db]
            threads = "unlimited"
            handler = [{{ lock = {{ acquire = "row", steps = [{under}] }} }}]
            [services.client]
            threads = "unlimited"
            handler = [{{ sleep = "3ms" }}]
            [locks.row]
            scope = "global"
            [network]
            links = [{{ from = "db", to = "client", latency = "2ms" }}]
            "#
        );
        let run = util::run(&util::plan(&util::model(&text)), 1);
        let acquired: u64 = run.locks[0].rows[1..].iter().map(|row| row.acquired).sum();
        let expected = 190_000.0 / hold_ms;
        // Nothing is drawn here: one more or less for what began before the first row, or ends after the last.
        assert!(
            (acquired as f64 - expected).abs() <= 1.0,
            "{acquired} instead of {expected}, {hold_ms} ms each"
        );
    }
}
