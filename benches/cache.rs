//! What a look-up in a cache costs, with the insertion and the eviction that follow a miss, by eviction policy.
//!
//! `cargo bench --bench cache`; one number as argument is how many rounds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod measure;

use std::hint::black_box;

use metastable::kernel::random::{SiteKey, Stream, Word};
use metastable::mechanism::cache::eviction::{Eviction, Store};
use metastable::mechanism::keys::{KeySettings, Popularity, ZipfSettings};
use metastable::quantity::{Factor, Limit};

use self::measure::{Sample, Stopwatch, Variant, table};

const KEYS: u32 = 1_000_000;
const CAPACITY: u64 = 100_000;
/// Look-ups before the clock starts: the store is full after about half of them.
const WARMUP: usize = 1_000_000;
const LOOKUPS: usize = 3_000_000;

fn main() {
    let rounds = measure::arguments()
        .first()
        .map_or(5, |rounds| rounds.parse().expect("the number of rounds is a number"));
    let trace = &trace()[..];
    for capacity in [CAPACITY, CAPACITY / 100] {
        let title = format!("cache lookup: Zipf 0.99, {KEYS} keys, capacity {capacity}");
        let variants = Eviction::ALL
            .iter()
            .map(|&eviction| Variant {
                name: eviction.name().to_owned(),
                run: Box::new(move || lookups(eviction, capacity, trace)),
            })
            .collect();
        print!("{}", table(&title, "look-up", rounds, variants));
    }
}

/// Drawn beforehand, so that the draws are not measured.
fn trace() -> Vec<u32> {
    let exponent = Factor::new(0.99).expect("invariant: 0.99 is a factor");
    let popularity = Popularity::new(&KeySettings::Zipf(ZipfSettings { exponent, count: Limit::At(KEYS) }));
    let mut bits = Stream::new(1, 1);
    (0..WARMUP + LOOKUPS).map(|_| popularity.draw(&mut bits)).collect()
}

fn lookups(eviction: Eviction, capacity: u64, trace: &[u32]) -> Sample {
    let mut store = Store::new(eviction, Some(capacity));
    let site = SiteKey::new(1, 1);
    let mut pass = |keys: &[u32]| {
        let (mut hits, mut evictions) = (0_u64, 0_u64);
        for (&key, number) in keys.iter().zip(0..) {
            if store.get(key).is_some() {
                hits += 1;
            } else {
                store.insert(key, 1, &mut Word::root(site, number).at(site), |_, _| evictions += 1);
            }
        }
        black_box(evictions);
        hits
    };
    pass(&trace[..WARMUP]);
    let watch = Stopwatch::start();
    let hits = pass(&trace[WARMUP..]);
    let elapsed_ns = watch.elapsed_ns();
    let check = format!("{:.2} % hits", hits as f64 / LOOKUPS as f64 * 100.0);
    Sample { elapsed_ns, units: LOOKUPS as u64, events: LOOKUPS as u64, check }
}
