//! Peak memory of a run, on Linux: it must grow with what is in flight, and not with what has been.
//!
//! `cargo bench --bench memory`. The peak is that of the process, so the cases come in the order of what they should need.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use metastable::kernel::Time;
use metastable::model::Model;
use metastable::observe::Metrics;
use metastable::plan::Plan;
use metastable::quantity::NoFiles;
use metastable::sim::Simulation;

fn main() {
    println!("peak at start: {} MB", peak_mb());
    for requests in [1_000_000, 10_000_000] {
        let duration = requests / 10_000;
        let in_flight = measure(&document(&format!("{duration}s"), "10000/s", "1s", "10s"));
        println!("{requests} requests, {in_flight} in flight at the end: peak {} MB", peak_mb());
    }
    // Nothing ends before the run does.
    let in_flight = measure(&document("1000s", "1000/s", "2000s", "3000s"));
    println!(
        "{in_flight} in flight, each with a call timer, an attempt timer and a sleep: peak {} MB",
        peak_mb()
    );
}

/// Simulates a model to its end and says how many attempts there are then.
fn measure(document: &str) -> usize {
    let model: Model = Model::decode("bench.toml", document).expect("the model can be read");
    let plan = Plan::compile(&model, &NoFiles).expect("the model is sound");
    let mut simulation = Simulation::new(&plan, 1, Metrics::new(&plan));
    simulation.run_until(Time::ZERO + plan.duration);
    simulation.in_flight().0
}

/// A service in which everything sleeps, and callers with timers.
fn document(duration: &str, rate: &str, sleep: &str, timeout: &str) -> String {
    format!(
        r#"
name = "memory"

[run]
duration = "{duration}"
interval = "10s"

[workloads.clients]
arrivals = {{ open = {{ rate = "{rate}", process = "poisson" }} }}
to = "server"
policy = "patient"

[policies.patient]
timeout = "{timeout}"
per_try_timeout = "2500s"

[services.server]
threads = "unlimited"
handler = [{{ sleep = "uniform({sleep}, {timeout})" }}]
"#
    )
}

/// The highest resident set of this process so far.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.map_or(0, |kibibytes| kibibytes * 1024 / 1_000_000)
}
