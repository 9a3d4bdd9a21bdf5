//! Customers who give up: what they cost when the server notices, and when it does not.

use metastable::observe::{ServiceEnd, WorkloadRow};
use metastable::plan::Plan;

use crate::estimate::{Estimate, LOOSE};
use crate::station::{UNIT_NS, run_section};
use crate::util::{self, by_depth};

/// M/M/1 with 1.2 customers per unit of 10 ms, who wait for 3 units and come once.
fn impatient(run: &str, abandoned_work: &str) -> Plan {
    let model = util::model(&format!(
        r#"
        name = "impatient"
        {run}
        [workloads.customers]
        arrivals = {{ open = {{ rate = "120/s", process = "poisson" }} }}
        to = "station"
        policy = "impatient"
        clients = 1

        [policies.impatient]
        timeout = "30ms"

        [services.station]
        threads = 1
        queue = {{ capacity = "unlimited" }}
        abandoned_work = "{abandoned_work}"
        handler = [{{ work = "exponential(10ms)" }}]
        "#
    ));
    util::plan(&model)
}

/// Who has waited for 3 units is dropped when its turn comes, so that as many are served as under a limit on the time in the
/// queue; but of those many are in service when their patience ends, and served in vain. Both are rates per unit of time.
#[test]
fn expired_work_is_dropped_at_dequeue() {
    let run = util::run(&impatient(&run_section(by_depth(1_000_000, 4_000_000), 120), "drop_on_dequeue"), 1);
    let units = run.interval.as_ns() as f64 / UNIT_NS;
    let served =
        run.services[0].rows[1..].iter().map(|row| (row.ended[ServiceEnd::Ok.index()] as f64, units));
    Estimate::of_ratio(served).assert_is("served", 0.876_836, LOOSE);
    let good = run.workloads[0].rows[1..].iter().map(|row| (row.good as f64, units));
    Estimate::of_ratio(good).assert_is("goodput", 0.607_533, LOOSE);
}

/// A server that does not notice finishes everything, later and later: judged after 200 units, nobody is served in time.
#[test]
fn zombie_work_leaves_nothing() {
    let plan = impatient("run = { duration = \"100s\" }", "finish");
    let runs = util::for_seeds(by_depth(20, 80), |seed| {
        let run = util::run(&plan, seed);
        let rows = &run.workloads[0].rows;
        let sum = |count: fn(&WorkloadRow) -> u64| rows[2..].iter().map(count).sum::<u64>();
        let last_half: u64 = rows[50..].iter().map(|row| row.good).sum();
        assert_eq!(last_half, 0, "seed {seed}: the backlog only grows");
        (sum(|row| row.good), sum(|row| row.offered))
    });
    let (good, offered) = runs.iter().fold((0, 0), |total, run| (total.0 + run.0, total.1 + run.1));
    assert!(good * 50 <= offered, "{good} of {offered} were served in time");
}

/// B. Beyer et al., Site Reliability Engineering (2016), chapter 22: 1000 threads and no queue, 1000/s at 100 ms, of which 5 % hang until a deadline of
/// 100 s. The book says that 19.6 % are served; by Erlang's formula, which does not care how holding times are distributed, 80.3777 % are turned away.
#[test]
fn a_few_that_hang_take_all_threads() {
    let batch_s = by_depth(50, 200);
    let duration_s = 400 + 32 * batch_s;
    // A slow start, so that those that hang are spread over the 100 s that they last, as they are in the long run.
    let model = util::model(&format!(
        r#"
        name = "bimodal"
        run = {{ duration = "{duration_s}s", warmup = "400s", interval = "{batch_s}s" }}

        [workloads.clients]
        arrivals = {{ open = {{ rate = "1000/s", process = "poisson" }} }}
        profile = [{{ at = "0s", scale = 0.2 }}, {{ at = "100s", scale = 1 }}]
        to = "server"
        policy = "client"
        clients = 1

        [policies.client]
        timeout = "100s"

        [services.server]
        threads = 1000
        queue = {{ capacity = 0, when_full = "reject" }}
        abandoned_work = "abort"
        handler = [{{ work = "mixture(95%: 100ms, 5%: 1000s)" }}]
        "#
    ));
    let run = util::run(&util::plan(&model), 1);
    let rows = &run.services[0].rows[400 / batch_s..];
    let turned_away =
        rows.iter().map(|row| (row.ended[ServiceEnd::Overloaded.index()] as f64, row.received as f64));
    Estimate::of_ratio(turned_away).assert_is("turned away", 0.803_777_047, LOOSE);
}
