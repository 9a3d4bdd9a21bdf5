//! Fair comparison on a busy machine: all variants run in turn, A B C A B C, and ratios are taken inside a round.

use std::fmt::Write as _;
use std::time::Instant;

/// How long something took, on this thread's CPU where the system says so.
///
/// CPU time leaves out the time that other processes hold the core, but not what they do to its caches.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu_ns: Option<u64>,
}

impl Stopwatch {
    /// Starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "a benchmark measures real time; nothing simulated depends on it"
    )]
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu_ns: thread_cpu_ns() }
    }

    /// Nanoseconds since the start.
    pub(crate) fn elapsed_ns(&self) -> u64 {
        match (self.cpu_ns, thread_cpu_ns()) {
            (Some(begin), Some(end)) => end - begin,
            _ => self.wall.elapsed().as_nanos() as u64,
        }
    }
}

/// CPU time of this thread on Linux, which updates it at every tick of its scheduler (1 to 10 ms).
fn thread_cpu_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// One of several programs that do the same work.
pub(crate) struct Variant<'a> {
    /// What it is called in the table.
    pub(crate) name: String,
    /// Does the work once.
    pub(crate) run: Box<dyn FnMut() -> Sample + 'a>,
}

/// What one execution of a variant gave.
#[derive(Clone, Default, Debug)]
pub(crate) struct Sample {
    /// How long the measured part took.
    pub(crate) elapsed_ns: u64,
    /// Units of work done in it.
    pub(crate) units: u64,
    /// Events executed in it; 0 if that is not counted.
    pub(crate) events: u64,
    /// Results that must agree between the variants.
    pub(crate) check: String,
}

impl Sample {
    /// Nanoseconds per unit of work.
    fn ns_per_unit(&self) -> f64 {
        self.elapsed_ns as f64 / self.units as f64
    }
}

/// Executes all variants `rounds` times in turn; the samples of variant v are `samples[v]`.
pub(crate) fn in_turn(rounds: usize, variants: &mut [Variant<'_>]) -> Vec<Vec<Sample>> {
    let mut samples = vec![Vec::new(); variants.len()];
    for _ in 0..rounds {
        for (variant, samples) in variants.iter_mut().zip(&mut samples) {
            samples.push((variant.run)());
        }
    }
    samples
}

/// A table of all variants; ratios are to the first one.
pub(crate) fn table(title: &str, unit: &str, rounds: usize, mut variants: Vec<Variant<'_>>) -> String {
    let samples = in_turn(rounds, &mut variants);
    let mut text = format!("\n## {title}\n\n");
    _ = writeln!(
        text,
        "| variant | ns/{unit} | min | max | events/s | ns/event | ratio | min | max | check |"
    );
    _ = writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
    for (variant, own) in variants.iter().zip(&samples) {
        let ns = Spread::of(own.iter().map(Sample::ns_per_unit));
        let ns_per_event =
            Spread::of(own.iter().map(|sample| sample.elapsed_ns as f64 / sample.events as f64));
        let ratio = Spread::of(own.iter().zip(&samples[0]).map(|(a, b)| a.ns_per_unit() / b.ns_per_unit()));
        let check = own.last().map_or("", |sample| &sample.check);
        _ = writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.1} | {:.1} M | {:.1} | {:.2} | {:.2} | {:.2} | {check} |",
            variant.name,
            ns.median,
            ns.min,
            ns.max,
            1e3 / ns_per_event.median,
            ns_per_event.median,
            ratio.median,
            ratio.min,
            ratio.max,
        );
    }
    text
}

/// Where a handful of figures lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    /// The one in the middle; of two, the higher.
    pub(crate) median: f64,
    /// The lowest.
    pub(crate) min: f64,
    /// The highest.
    pub(crate) max: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(crate) fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.collect();
        sorted.sort_by(f64::total_cmp);
        Self { median: sorted[sorted.len() / 2], min: sorted[0], max: sorted[sorted.len() - 1] }
    }
}

/// The arguments of `cargo bench … -- arguments`, without the flag that cargo adds.
pub(crate) fn arguments() -> Vec<String> {
    std::env::args().skip(1).filter(|argument| argument != "--bench").collect()
}
