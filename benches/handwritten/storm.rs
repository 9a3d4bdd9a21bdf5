//! Case (c): Poisson arrivals into c servers with a bounded queue; clients time out, wait at random, and try again.
//!
//! An attempt is queued or served at once, and its timer is armed when it is sent; success cancels the timer. At a time-out the attempt is abandoned: dropped
//! when a server takes it from the queue, wasted if it is in service already. An attempt that finds the queue full is rejected at once. After either, the client waits
//! uniform(0, min(cap, base · 2^k)) and tries again.

use std::collections::VecDeque;

use super::heap::{Heap, Key, NEVER, key, time_of};
use super::histogram::Histogram;
use super::random::Xoshiro;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameters {
    pub(crate) requests: u64,
    pub(crate) servers: u32,
    pub(crate) service_ns: f64,
    pub(crate) gap_ns: f64,
    pub(crate) timeout_ns: u64,
    pub(crate) retries: u8,
    pub(crate) backoff_base_ns: u64,
    pub(crate) backoff_cap_ns: u64,
    pub(crate) queue_capacity: usize,
    /// Only requests that arrive from then on are in the results.
    pub(crate) counted_from_ns: u64,
}

const INTERVAL_NS: u64 = 1_000_000_000;

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(crate) enum Kind {
    Arrival,
    Done,
    Timeout,
    Retry,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Arrival, Self::Done, Self::Timeout, Self::Retry];
    const SHIFT: u32 = 30;

    #[inline]
    fn with(self, slot: u32) -> u32 {
        (self as u32) << Self::SHIFT | slot
    }

    #[inline]
    fn parse(payload: u32) -> (Self, u32) {
        (Self::ALL[(payload >> Self::SHIFT) as usize], slot_of(payload))
    }
}

#[inline]
fn slot_of(payload: u32) -> u32 {
    payload & ((1 << Kind::SHIFT) - 1)
}

/// One try of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    began_ns: u64,
    /// The sequence number of its timer; 0 once that is cancelled.
    timer: u32,
    retries: u8,
    abandoned: bool,
}

/// How events are kept.
pub(crate) trait Schedule {
    fn new() -> Self;
    fn at(&mut self, time: u64, kind: Kind, slot: u32);
    /// Arms a timer and gives its sequence number.
    fn arm(&mut self, time: u64, slot: u32) -> u32;
    fn pop(&mut self, attempts: &[Attempt]) -> Option<(u64, Kind, u32)>;
}

/// Everything in one heap; cancelled timers stay in it and are skipped when they come up.
#[derive(Debug)]
pub(crate) struct OneHeap {
    heap: Heap,
    sequence: u32,
}

impl OneHeap {
    #[inline]
    fn push(&mut self, time: u64, kind: Kind, slot: u32) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.heap.push(key(time, self.sequence, kind.with(slot)));
        self.sequence
    }
}

impl Schedule for OneHeap {
    fn new() -> Self {
        Self { heap: Heap::new(), sequence: 0 }
    }

    #[inline]
    fn at(&mut self, time: u64, kind: Kind, slot: u32) {
        self.push(time, kind, slot);
    }

    #[inline]
    fn arm(&mut self, time: u64, slot: u32) -> u32 {
        self.push(time, Kind::Timeout, slot)
    }

    #[inline]
    fn pop(&mut self, attempts: &[Attempt]) -> Option<(u64, Kind, u32)> {
        loop {
            let next = self.heap.pop()?;
            let (kind, slot) = Kind::parse(next as u32);
            if kind != Kind::Timeout || attempts[slot as usize].timer == (next >> 32) as u32 {
                return Some((time_of(next), kind, slot));
            }
        }
    }
}

/// The next arrival in a register, timers in a queue (all have the same delay), the rest in a heap whose first key is kept outside.
#[derive(Debug)]
pub(crate) struct Lanes {
    sequence: u32,
    arrival: Key,
    timers: VecDeque<Key>,
    first: Key,
    rest: Heap,
}

impl Schedule for Lanes {
    fn new() -> Self {
        Self {
            sequence: 0,
            arrival: NEVER,
            timers: VecDeque::with_capacity(64),
            first: NEVER,
            rest: Heap::new(),
        }
    }

    #[inline]
    fn at(&mut self, time: u64, kind: Kind, slot: u32) {
        self.sequence = self.sequence.wrapping_add(1);
        let key = key(time, self.sequence, kind.with(slot));
        if kind == Kind::Arrival {
            self.arrival = key;
        } else if key < self.first {
            let second = std::mem::replace(&mut self.first, key);
            if second != NEVER {
                self.rest.push(second);
            }
        } else {
            self.rest.push(key);
        }
    }

    #[inline]
    fn arm(&mut self, time: u64, slot: u32) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.timers.push_back(key(time, self.sequence, Kind::Timeout.with(slot)));
        self.sequence
    }

    #[inline]
    fn pop(&mut self, attempts: &[Attempt]) -> Option<(u64, Kind, u32)> {
        let is_cancelled =
            |timer: Key| attempts[slot_of(timer as u32) as usize].timer != (timer >> 32) as u32;
        while self.timers.front().is_some_and(|&timer| is_cancelled(timer)) {
            self.timers.pop_front();
        }
        let timer = self.timers.front().copied().unwrap_or(NEVER);
        let next = self.arrival.min(timer).min(self.first);
        if next == NEVER {
            return None;
        }
        if next == self.arrival {
            self.arrival = NEVER;
        } else if next == timer {
            self.timers.pop_front();
        } else {
            self.first = self.rest.pop().unwrap_or(NEVER);
        }
        let (kind, slot) = Kind::parse(next as u32);
        Some((time_of(next), kind, slot))
    }
}

/// One second of the output.
#[derive(Clone, Copy, Default, Debug)]
struct Row {
    good: u32,
    attempts: u32,
    timeouts: u32,
    latency: [usize; 2],
}

/// A run in progress, and what it counted.
#[derive(Debug)]
pub(crate) struct Storm<S> {
    parameters: Parameters,
    schedule: S,
    gaps: Xoshiro,
    services: Xoshiro,
    backoffs: Xoshiro,
    attempts: Vec<Attempt>,
    free: Vec<u32>,
    queue: VecDeque<u32>,
    idle: u32,
    arrived: u64,
    interval_end: u64,
    row: Row,
    rows: Vec<Row>,
    latency: Histogram,
    total: Vec<u64>,
    /// Events executed.
    pub(crate) events: u64,
    /// Requests that count.
    pub(crate) offered: u64,
    /// Of those, the ones that succeeded.
    pub(crate) good: u64,
    /// Attempts sent for them.
    pub(crate) sent: u64,
    /// The latencies of those that succeeded.
    pub(crate) latency_sum_ns: u128,
}

impl<S: Schedule> Storm<S> {
    /// Simulates until every request has ended.
    pub(crate) fn simulate(parameters: Parameters, seed: u64) -> Self {
        let mut storm = Self {
            parameters,
            schedule: S::new(),
            gaps: Xoshiro::new(seed, 0),
            services: Xoshiro::new(seed, 1),
            backoffs: Xoshiro::new(seed, 2),
            attempts: Vec::new(),
            free: Vec::new(),
            queue: VecDeque::new(),
            idle: parameters.servers,
            arrived: 0,
            interval_end: INTERVAL_NS,
            row: Row::default(),
            rows: Vec::new(),
            latency: Histogram::new(),
            total: Histogram::total(),
            events: 0,
            offered: 0,
            good: 0,
            sent: 0,
            latency_sum_ns: 0,
        };
        let first = storm.gaps.exponential(parameters.gap_ns);
        storm.schedule.at(first, Kind::Arrival, 0);
        storm.run();
        storm
    }

    fn run(&mut self) {
        while let Some((now, kind, slot)) = self.schedule.pop(&self.attempts) {
            self.events += 1;
            if now >= self.interval_end {
                self.close_intervals(now);
            }
            match kind {
                Kind::Arrival => self.arrive(now),
                Kind::Done => self.done(now, slot),
                Kind::Timeout => {
                    self.row.timeouts += 1;
                    let attempt = &mut self.attempts[slot as usize];
                    attempt.abandoned = true;
                    let (began_ns, retries) = (attempt.began_ns, attempt.retries);
                    self.retry(now, began_ns, retries);
                }
                Kind::Retry => self.send(now, slot),
            }
        }
        std::hint::black_box(&self.rows);
    }

    #[inline]
    fn arrive(&mut self, now: u64) {
        self.arrived += 1;
        self.offered += u64::from(now >= self.parameters.counted_from_ns);
        if self.arrived < self.parameters.requests {
            let gap = self.gaps.exponential(self.parameters.gap_ns);
            self.schedule.at(now + gap, Kind::Arrival, 0);
        }
        let slot = self.insert(now, 0);
        self.send(now, slot);
    }

    #[inline]
    fn insert(&mut self, began_ns: u64, retries: u8) -> u32 {
        let attempt = Attempt { began_ns, timer: 0, retries, abandoned: false };
        if let Some(slot) = self.free.pop() {
            self.attempts[slot as usize] = attempt;
            return slot;
        }
        self.attempts.push(attempt);
        self.attempts.len() as u32 - 1
    }

    #[inline]
    fn send(&mut self, now: u64, slot: u32) {
        let Attempt { began_ns, retries, .. } = self.attempts[slot as usize];
        self.row.attempts += 1;
        self.sent += u64::from(began_ns >= self.parameters.counted_from_ns);
        if self.idle == 0 && self.queue.len() >= self.parameters.queue_capacity {
            self.free.push(slot);
            self.retry(now, began_ns, retries);
            return;
        }
        if self.idle > 0 {
            self.idle -= 1;
            self.serve(now, slot);
        } else {
            self.queue.push_back(slot);
        }
        let timer = self.schedule.arm(now + self.parameters.timeout_ns, slot);
        self.attempts[slot as usize].timer = timer;
    }

    #[inline]
    fn serve(&mut self, now: u64, slot: u32) {
        let service = self.services.exponential(self.parameters.service_ns);
        self.schedule.at(now + service, Kind::Done, slot);
    }

    #[inline]
    fn done(&mut self, now: u64, slot: u32) {
        let attempt = &mut self.attempts[slot as usize];
        if !attempt.abandoned {
            attempt.timer = 0;
            let latency_ns = now - attempt.began_ns;
            self.row.good += 1;
            self.latency.record(latency_ns >> 10);
            if attempt.began_ns >= self.parameters.counted_from_ns {
                self.good += 1;
                self.latency_sum_ns += u128::from(latency_ns);
            }
        }
        self.free.push(slot);
        while let Some(next) = self.queue.pop_front() {
            if !self.attempts[next as usize].abandoned {
                self.serve(now, next);
                return;
            }
            self.free.push(next);
        }
        self.idle += 1;
    }

    #[inline]
    fn retry(&mut self, now: u64, began_ns: u64, retries: u8) {
        if retries >= self.parameters.retries {
            return;
        }
        let bound = (self.parameters.backoff_base_ns << retries).min(self.parameters.backoff_cap_ns);
        let wait = self.backoffs.uniform(bound);
        let slot = self.insert(began_ns, retries + 1);
        self.schedule.at(now + wait, Kind::Retry, slot);
    }

    #[cold]
    fn close_intervals(&mut self, now: u64) {
        while now >= self.interval_end {
            self.row.latency = self.latency.flush(&mut self.total);
            self.rows.push(std::mem::take(&mut self.row));
            self.interval_end += INTERVAL_NS;
        }
    }
}
