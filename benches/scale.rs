//! What an event costs in a small system and in a large one.
//!
//! `cargo bench --bench scale`; one number as argument is how many rounds. `cargo bench --bench scale -- once 1000`: one run, for a profiler; with one more number, of
//! so many requests, for one that is slow.
//!
//! Services stand in chains of five, ten instances each, every chain with a workload of its own. The requests per second are the same in all, so that as many are in flight
//! and only the system is larger.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod measure;

use std::fmt::Write as _;

use metastable::experiment::simulate;
use metastable::model::Model;
use metastable::plan::Plan;
use metastable::quantity::NoFiles;

use self::measure::{Sample, Stopwatch, Variant, table};

const CHAIN: usize = 5;
const REQUESTS: u64 = 1_500_000;
/// Of all chains together.
const PER_S: u64 = 2400;
const SIZES: [usize; 3] = [10, 100, 1000];

fn main() {
    let arguments = measure::arguments();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => tables(5),
        ["once", services] => once(services, REQUESTS),
        ["once", services, requests] => {
            once(services, requests.parse().expect("the number of requests is a number"));
        }
        [rounds] => tables(rounds.parse().expect("the number of rounds is a number")),
        _ => panic!("see the head of benches/scale.rs"),
    }
}

fn once(services: &str, requests: u64) {
    let sample = measured(services.parse().expect("the number of services is a number"), requests);
    println!("{} events, {}", sample.events, sample.check);
}

fn tables(rounds: usize) {
    let variant = |services| Variant {
        name: format!("{services} services, {} instances", 10 * services),
        run: Box::new(move || measured(services, REQUESTS)),
    };
    print!("{}", table("by size of the system", "event", rounds, SIZES.map(variant).into()));
}

fn measured(services: usize, requests: u64) -> Sample {
    let model: Model = toml::from_str(&document(services, requests)).expect("the model can be read");
    let plan = Plan::compile(&model, &NoFiles).expect("the model is sound");
    let watch = Stopwatch::start();
    let run = simulate(&plan, 1);
    let elapsed_ns = watch.elapsed_ns();
    let good: u64 = run.workloads.iter().map(|workload| workload.totals.good).sum();
    let offered: u64 = run.workloads.iter().map(|workload| workload.totals.offered).sum();
    let check = format!("good {:.0} %", good as f64 / offered as f64 * 100.0);
    Sample { elapsed_ns, units: run.events, events: run.events, check }
}

fn document(services: usize, requests: u64) -> String {
    let chains = services / CHAIN;
    let duration_ms = requests * 1000 / PER_S;
    let per_s = PER_S / chains as u64;
    let mut text = format!(
        "name = \"scale\"\n[run]\nduration = \"{duration_ms}ms\"\ninterval = \"{duration_ms}ms\"\n[policies.default]\ntimeout = \"10s\"\n"
    );
    for chain in 0..chains {
        let _ = write!(
            text,
            "[workloads.w{chain}]\narrivals = {{ open = {{ rate = \"{per_s}/s\" }} }}\nto = \"s{chain}-0\"\n"
        );
        for place in 0..CHAIN {
            let next = if place + 1 < CHAIN {
                format!(", {{ call = {{ to = \"s{chain}-{}\" }} }}", place + 1)
            } else {
                String::new()
            };
            // A thread is held while those behind it work: the first needs the most.
            let threads = 2 * (CHAIN - place) as u32;
            let _ = write!(
                text,
                "[services.s{chain}-{place}]\ninstances = 10\nthreads = {threads}\nqueue = {{ capacity = 64 }}\nhandler = [{{ work = \"exponential(10ms)\" }}{next}]\n"
            );
        }
    }
    text
}
