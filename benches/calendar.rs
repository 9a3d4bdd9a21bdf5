//! The calendar against one 4-ary heap, and the smallest parts of the kernel.
//!
//! `cargo bench --bench calendar`; one number as argument is how many rounds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

#[path = "handwritten/heap.rs"]
mod heap;
mod measure;

use std::hint::black_box;

use metastable::kernel::calendar::{Calendar, LaneId, Rank, Ticket};
use metastable::kernel::histogram::Histogram;
use metastable::kernel::random::{Bits, SiteKey, Stream, Word};
use metastable::kernel::sampler::{Sampler, unit_exponential};
use metastable::kernel::{Duration, Time};

use self::heap::{Heap, key, time_of};
use self::measure::{Sample, Stopwatch, Variant, table};

fn main() {
    let rounds = measure::arguments()
        .first()
        .map_or(5, |rounds| rounds.parse().expect("the number of rounds is a number"));
    for pending in [100, 1_000, 10_000, 100_000, 1_000_000] {
        let title = format!("hold: {pending} pending, each step takes the first and puts it back later");
        let variants = vec![
            variant("one 4-ary heap", move || hold_heap(pending)),
            variant("calendar, general list", move || hold_calendar(pending)),
        ];
        print!("{}", table(&title, "step", rounds, variants));
    }
    for (in_flight, timeout) in [(100, 10), (10_000, 10), (10_000, 100), (1_000_000, 4)] {
        let title = format!(
            "time-outs: {in_flight} in flight, time-out {timeout} x mean service; 2 inserts, 1 pop, 1 cancel"
        );
        let timeout_ns = timeout * SERVICE_NS as u64;
        let variants = vec![
            variant("one 4-ary heap, lazy deletion", move || timeouts_heap(in_flight, timeout_ns)),
            variant("calendar, all in the general list", move || {
                timeouts_calendar(in_flight, timeout_ns, false)
            }),
            variant("calendar, timers in a lane", move || timeouts_calendar(in_flight, timeout_ns, true)),
        ];
        print!("{}", table(&title, "request", rounds, variants));
    }
    print!("{}", table("parts of the kernel", "operation", rounds, kernel()));
}

const SERVICE_NS: f64 = 1e6;

fn variant(name: &str, run: impl FnMut() -> Sample + 'static) -> Variant<'static> {
    Variant { name: name.to_owned(), run: Box::new(run) }
}

fn sample(watch: &Stopwatch, units: u64, check: u64) -> Sample {
    Sample { elapsed_ns: watch.elapsed_ns(), units, events: units, check: format!("{check:016x}") }
}

/// Increments of the hold model, drawn beforehand; their mean grows with the number of pending events, so that the density is the same for all.
struct Increments {
    drawn_ns: Vec<u64>,
    next: usize,
}

impl Increments {
    fn new(pending: u64) -> Self {
        let mut bits = stream();
        let mean_ns = pending as f64 * 1000.0;
        let drawn_ns = (0..4096).map(|_| (unit_exponential(&mut bits) * mean_ns) as u64).collect();
        Self { drawn_ns, next: 0 }
    }

    #[inline]
    fn next(&mut self) -> u64 {
        // A step that is prime to the length and visits the numbers in no order that a processor could learn.
        self.next = (self.next + 2741) % 4096;
        self.drawn_ns[self.next]
    }
}

fn stream() -> Stream {
    Stream::new(1, 1)
}

fn hold_steps(pending: u64) -> u64 {
    (pending * 2).max(500_000)
}

fn hold_heap(pending: u64) -> Sample {
    let mut increments = Increments::new(pending);
    let mut heap = Heap::new();
    let mut sequence = 0_u32;
    for event in 0..pending {
        sequence += 1;
        heap.push(key(increments.next(), sequence, event as u32));
    }
    let mut run = |steps: u64| {
        let mut check = 0_u64;
        for _ in 0..steps {
            let first = heap.pop().expect("as many are put back as are taken");
            sequence = sequence.wrapping_add(1);
            heap.push(key(time_of(first) + increments.next(), sequence, first as u32));
            check = check.rotate_left(1) ^ time_of(first);
        }
        check
    };
    run(pending * 2);
    let watch = Stopwatch::start();
    let check = run(hold_steps(pending));
    sample(&watch, hold_steps(pending), check)
}

fn hold_calendar(pending: u64) -> Sample {
    let mut increments = Increments::new(pending);
    let mut calendar = Calendar::new(0, &[], 0_u32);
    for event in 0..pending {
        calendar.schedule(Time::from_ns(increments.next()), Rank::Completion, event as u32);
    }
    let mut run = |steps: u64| {
        let mut check = 0_u64;
        for _ in 0..steps {
            let due = calendar.pop_before(Time::MAX, |_, _| true).expect("as many are put back as are taken");
            calendar.schedule(due.time + Duration::from_ns(increments.next()), Rank::Completion, due.event);
            check = check.rotate_left(1) ^ due.time.as_ns();
        }
        check
    };
    run(pending * 2);
    let watch = Stopwatch::start();
    let check = run(hold_steps(pending));
    sample(&watch, hold_steps(pending), check)
}

/// The payload of a timer is that of its work, with this bit set.
const TIMER: u32 = 1 << 31;

fn requests(in_flight: u32) -> u64 {
    u64::from(in_flight).max(500_000) * 2
}

fn timeouts_heap(in_flight: u32, timeout_ns: u64) -> Sample {
    let mut bits = stream();
    let mut heap = Heap::new();
    let mut sequence = 0_u32;
    let mut timers = vec![0_u32; in_flight as usize];
    let mut start = |heap: &mut Heap, timers: &mut [u32], now: u64, slot: u32| {
        let service_ns = (unit_exponential(&mut bits) * SERVICE_NS) as u64 + 1;
        heap.push(key(now + service_ns, sequence, slot));
        sequence += 2;
        heap.push(key(now + timeout_ns, sequence, slot | TIMER));
        timers[slot as usize] = sequence;
    };
    for slot in 0..in_flight {
        start(&mut heap, &mut timers, 0, slot);
    }
    let watch = Stopwatch::start();
    let (mut ended, mut fired, mut check) = (0, 0, 0_u64);
    while ended < requests(in_flight) {
        let first = heap.pop().expect("something is always in flight");
        let (now, slot) = (time_of(first), first as u32 & !TIMER);
        if first as u32 & TIMER == 0 {
            ended += 1;
            check = check.rotate_left(1) ^ now;
            start(&mut heap, &mut timers, now, slot);
        } else if timers[slot as usize] == (first >> 32) as u32 {
            // The request goes on without a timer.
            fired += 1;
            timers[slot as usize] = 0;
        }
    }
    black_box(fired);
    sample(&watch, ended, check)
}

fn timeouts_calendar(in_flight: u32, timeout_ns: u64, with_lane: bool) -> Sample {
    let mut bits = stream();
    let timeout = Duration::from_ns(timeout_ns);
    let mut calendar = Calendar::new(0, &[(timeout, Rank::Timer)], 0_u32);
    let mut timers = vec![Ticket::NONE; in_flight as usize];
    let mut start = |calendar: &mut Calendar<u32>, now: Time, slot: u32| {
        let service = Duration::from_ns((unit_exponential(&mut bits) * SERVICE_NS) as u64 + 1);
        calendar.schedule(now + service, Rank::Completion, slot);
        if with_lane {
            calendar.schedule_in_lane(now, LaneId::new(0), slot | TIMER)
        } else {
            calendar.schedule(now + timeout, Rank::Timer, slot | TIMER)
        }
    };
    for slot in 0..in_flight {
        timers[slot as usize] = start(&mut calendar, Time::ZERO, slot);
    }
    let watch = Stopwatch::start();
    let (mut ended, mut fired, mut check) = (0, 0, 0_u64);
    while ended < requests(in_flight) {
        let is_live = |event: u32, ticket| event & TIMER == 0 || timers[(event & !TIMER) as usize] == ticket;
        let due = calendar.pop_before(Time::MAX, is_live).expect("something is always in flight");
        let slot = due.event & !TIMER;
        if due.event & TIMER == 0 {
            ended += 1;
            check = check.rotate_left(1) ^ due.time.as_ns();
            let cancelled = std::mem::replace(&mut timers[slot as usize], Ticket::NONE);
            if !cancelled.is_none() && calendar.note_cancelled() {
                calendar
                    .sweep(|event, ticket| event & TIMER == 0 || timers[(event & !TIMER) as usize] == ticket);
            }
            timers[slot as usize] = start(&mut calendar, due.time, slot);
        } else if timers[slot as usize] == due.ticket {
            fired += 1;
            timers[slot as usize] = Ticket::NONE;
        } else {
            calendar.note_skipped();
        }
    }
    black_box(fired);
    sample(&watch, ended, check)
}

const OPERATIONS: u64 = 4_000_000;

fn kernel() -> Vec<Variant<'static>> {
    let site = SiteKey::new(1, 1);
    vec![
        variant("64 bits at a site for a word", move || {
            repeated(|ordinal| Word::root(site, ordinal).at(site).next_u64())
        }),
        variant("64 bits of a ChaCha8 stream", || {
            let mut bits = stream();
            repeated(|_| bits.next_u64())
        }),
        variant("exponential, at a site for a word", move || {
            let sampler = Sampler::exponential(10e6);
            repeated(|ordinal| sampler.sample(&mut Word::root(site, ordinal).at(site)).as_ns())
        }),
        variant("exponential, from a stream", || {
            let mut bits = stream();
            repeated(|_| unit_exponential(&mut bits).to_bits())
        }),
        variant("recording in a histogram, with the draw at a site", move || {
            let sampler = Sampler::exponential(10e6);
            let mut histogram = Histogram::new();
            repeated(|ordinal| {
                histogram.record(sampler.sample(&mut Word::root(site, ordinal).at(site)).as_ns());
                histogram.count()
            })
        }),
    ]
}

fn repeated(mut operation: impl FnMut(u64) -> u64) -> Sample {
    let watch = Stopwatch::start();
    let check = (0..OPERATIONS).fold(0_u64, |check, ordinal| check.rotate_left(1) ^ operation(ordinal));
    sample(&watch, OPERATIONS, black_box(check))
}
