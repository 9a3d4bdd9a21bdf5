//! The engine through the model language, all series on, against simulations written by hand for the same system.
//!
//! `cargo bench --bench engine`: the tables; one number as argument is how many rounds.
//! `cargo bench --bench engine -- once calm`: one run of one case, for a profiler.
//! `cargo bench --bench engine -- digests FILE…`: the run digests of models and a hash over everything in the run, totals included, to
//! compare before and after an optimisation.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod handwritten;
mod measure;

use metastable::experiment::simulate;
use metastable::kernel::random::hash64;
use metastable::model::Model;
use metastable::observe::Run;
use metastable::plan::Plan;
use metastable::quantity::NoFiles;

use self::handwritten::station;
use self::handwritten::storm::{Lanes, OneHeap, Parameters, Schedule, Storm};
use self::measure::{Sample, Stopwatch, Variant, table};

/// A system that is simulated in several ways.
struct Case {
    /// The word for it on the command line.
    name: &'static str,
    title: &'static str,
    instances: usize,
    /// Of each instance.
    threads: usize,
    requests: u64,
    /// Attempts that may wait at each instance; `None`: any number.
    queue_capacity: Option<usize>,
    /// Whether clients time out and try again.
    retries: bool,
    /// What else is in their policy.
    guards: &'static str,
    /// Only what comes after this share of the run is in the check.
    warmup: f64,
}

const SERVICE_NS: f64 = 10e6;
const LOAD: f64 = 0.8;

const CASES: [Case; 4] = [
    Case {
        name: "one",
        title: "(a) M/M/1",
        instances: 1,
        threads: 1,
        requests: 400_000,
        queue_capacity: None,
        retries: false,
        guards: "",
        warmup: 0.0,
    },
    Case {
        name: "eight",
        title: "(b) M/M/8",
        instances: 1,
        threads: 8,
        requests: 400_000,
        queue_capacity: None,
        retries: false,
        guards: "",
        warmup: 0.0,
    },
    Case {
        name: "calm",
        title: "(c) calm: 8 servers, queue bound 16, time-outs, retries",
        instances: 1,
        threads: 8,
        requests: 400_000,
        queue_capacity: Some(16),
        retries: true,
        guards: "",
        warmup: 0.0,
    },
    Case {
        name: "collapsed",
        title: "(c) collapsed: the same without a queue bound",
        instances: 1,
        threads: 8,
        requests: 600_000,
        queue_capacity: None,
        retries: true,
        guards: "",
        // Chance strikes after some seconds or a minute; from then on all runs are alike.
        warmup: 0.5,
    },
];

/// What the policies of callers cost.
const GUARDED: [Case; 2] = [
    Case {
        name: "unguarded",
        title: "without guards, round_robin",
        instances: 2,
        threads: 4,
        requests: 400_000,
        queue_capacity: Some(8),
        retries: true,
        guards: "",
        warmup: 0.0,
    },
    Case {
        name: "guarded",
        title: "retry budget, circuit breaker, least_request",
        instances: 2,
        threads: 4,
        requests: 400_000,
        queue_capacity: Some(8),
        retries: true,
        guards: GUARDS,
        warmup: 0.0,
    },
];

/// The breaker never opens, or the runs would not be alike: at this load there are bursts in which half of the attempts fail.
const GUARDS: &str = r#"
budget = { ratio = {} }

[policies.client.circuit_breaker]
failure_rate_threshold = "100%"
"#;

fn main() {
    let arguments = measure::arguments();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => tables(7),
        ["once", name] => once(name),
        ["digests", ref files @ ..] => digests(files),
        [rounds] => tables(rounds.parse().expect("the number of rounds is a number")),
        _ => panic!("see the head of benches/engine.rs"),
    }
}

fn tables(rounds: usize) {
    println!(
        "load {LOAD}, mean service 10 ms, one row per second; {rounds} rounds in turn, medians; ratios within rounds to the first row"
    );
    for case in &CASES {
        let mut variants = handwritten_variants(case);
        variants.push(Variant {
            name: "metastable, through the language".to_owned(),
            run: Box::new(|| measured(case)),
        });
        print!("{}", table(case.title, "request", rounds, variants));
    }
    let variant =
        |case: &'static Case| Variant { name: case.title.to_owned(), run: Box::new(|| measured(case)) };
    let title = "(d) calm, two instances of 4 servers";
    print!("{}", table(title, "request", rounds, GUARDED.iter().map(variant).collect()));
}

fn once(name: &str) {
    let mut cases = CASES.iter().chain(&GUARDED);
    let case = cases.find(|case| case.name == name).expect("the case is one of those in benches/engine.rs");
    let sample = measured(case);
    println!("{} requests, {} events, {}", sample.units, sample.events, sample.check);
}

fn digests(files: &[&str]) {
    for file in files {
        let text = std::fs::read_to_string(file).expect("the model can be read");
        let run = simulate(&compiled(&text), 1);
        let digest = run.digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let everything = hash64(&format!("{run:?}"));
        println!("{digest} {everything:016x} {} {file}", run.events);
    }
}

/// From the text to the finished run.
fn measured(case: &Case) -> Sample {
    let text = case.document();
    let watch = Stopwatch::start();
    let run = simulate(&compiled(&text), 1);
    let elapsed_ns = watch.elapsed_ns();
    let totals = &run.workloads[0].totals;
    let counted =
        |row: &usize| run.row_start(*row).as_ns() as f64 >= case.warmup * run.duration.as_ns() as f64;
    let rows = 0..run.row_count();
    let attempts: u64 = rows.filter(counted).map(|row| run.edges[0].rows[row].attempts).sum();
    Sample {
        elapsed_ns,
        units: run.workloads[0].rows.iter().map(|row| row.offered).sum(),
        events: run.events,
        check: check(totals.offered, totals.good, attempts, mean_latency_ns(&run)),
    }
}

fn mean_latency_ns(run: &Run) -> f64 {
    run.workloads[0].totals.latency.mean_ns().unwrap_or(f64::NAN)
}

fn compiled(text: &str) -> Plan {
    let model: Model = Model::decode("bench.toml", text).expect("the model can be read");
    Plan::compile(&model, &NoFiles).expect("the model is sound")
}

fn check(offered: u64, good: u64, attempts: u64, mean_ns: f64) -> String {
    let requests = offered as f64;
    format!(
        "good {:.2} %, {:.3} attempts/request, mean {:.2} ms",
        good as f64 / requests * 100.0,
        attempts as f64 / requests,
        mean_ns / 1e6
    )
}

fn handwritten_variants(case: &Case) -> Vec<Variant<'_>> {
    if !case.retries {
        let run = || {
            let watch = Stopwatch::start();
            let outcome = station::simulate(case.requests, case.threads, SERVICE_NS, LOAD, 1);
            let elapsed_ns = watch.elapsed_ns();
            let check = check(case.requests, case.requests, case.requests, outcome.mean_ns);
            Sample { elapsed_ns, units: case.requests, events: outcome.events, check }
        };
        return vec![Variant { name: "by hand, one 4-ary heap".to_owned(), run: Box::new(run) }];
    }
    vec![
        Variant { name: "by hand, one 4-ary heap".to_owned(), run: Box::new(|| storm::<OneHeap>(case)) },
        Variant { name: "by hand, lanes".to_owned(), run: Box::new(|| storm::<Lanes>(case)) },
    ]
}

fn storm<S: Schedule>(case: &Case) -> Sample {
    let parameters = Parameters {
        requests: case.requests,
        servers: case.threads as u32,
        service_ns: SERVICE_NS,
        gap_ns: SERVICE_NS / (LOAD * case.threads as f64),
        timeout_ns: 50_000_000,
        retries: 3,
        backoff_base_ns: 10_000_000,
        backoff_cap_ns: 1_000_000_000,
        queue_capacity: case.queue_capacity.unwrap_or(usize::MAX),
        counted_from_ns: (case.warmup * case.seconds() * 1e9) as u64,
    };
    let watch = Stopwatch::start();
    let storm = Storm::<S>::simulate(parameters, 1);
    let elapsed_ns = watch.elapsed_ns();
    let mean_ns = storm.latency_sum_ns as f64 / storm.good as f64;
    let check = check(storm.offered, storm.good, storm.sent, mean_ns);
    Sample { elapsed_ns, units: case.requests, events: storm.events, check }
}

impl Case {
    fn per_second(&self) -> f64 {
        LOAD * (self.instances * self.threads) as f64 * 1e9 / SERVICE_NS
    }

    fn seconds(&self) -> f64 {
        self.requests as f64 / self.per_second()
    }

    /// The model, as somebody would write it.
    fn document(&self) -> String {
        let capacity =
            self.queue_capacity.map_or("\"unlimited\"".to_owned(), |capacity| capacity.to_string());
        let policy = if self.retries { HURRIED } else { "" };
        let balancer = if self.guards.is_empty() { "round_robin" } else { "least_request" };
        format!(
            r#"
name = "{name}"

[run]
duration = "{seconds}s"
warmup = "{warmup}s"

[workloads.clients]
arrivals = {{ open = {{ rate = "{per_second}/s", process = "poisson" }} }}
to = "server"
policy = "client"
clients = 1

[policies.client]
balancer = "{balancer}"
{policy}{guards}
[services.server]
instances = {instances}
threads = {threads}
queue = {{ capacity = {capacity}, when_full = "reject" }}
abandoned_work = "drop_on_dequeue"
handler = [{{ work = "exponential(10ms)" }}]
"#,
            name = self.name,
            seconds = self.seconds(),
            warmup = self.warmup * self.seconds(),
            per_second = self.per_second(),
            guards = self.guards,
            instances = self.instances,
            threads = self.threads,
        )
    }
}

const HURRIED: &str = r#"
per_try_timeout = "50ms"
late_replies = "ignore"

[policies.client.retry]
max_attempts = 4
backoff = { exponential = { base = "10ms", max = "1s", multiplier = 2, jitter = "full" } }
retry_on = ["overloaded", "attempt_timeout"]
"#;
