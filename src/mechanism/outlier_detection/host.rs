//! What is known of an instance.

use super::state::Volume;
use crate::kernel::{Duration, Time};
use crate::mechanism::Class;

pub(super) const BILLION: u64 = 1_000_000_000;
/// The latency of who answered nothing.
const NO_ANSWER: u64 = u64::MAX;

/// Outcomes of one kind within an interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) total: u64,
    pub(super) successes: u64,
}

impl Tally {
    pub(super) fn add(&mut self, is_success: bool) {
        self.total += 1;
        self.successes += u64::from(is_success);
    }

    /// In billionths.
    pub(super) fn success_rate(self) -> u64 {
        self.successes * BILLION / self.total
    }
}

/// How long attempts took within an interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Waits {
    pub(super) attempts: u64,
    pub(super) answers: u64,
    pub(super) sum_ns: u64,
}

impl Waits {
    pub(super) fn note(&mut self, class: Class, took: Duration) {
        let is_answer = match class {
            Class::Ok | Class::AppError => true,
            Class::AttemptTimeout | Class::DeadlineExceeded | Class::Cancelled => false,
            // They say nothing of time: whoever fails fast is not fast.
            Class::ServerError
            | Class::GatewayError
            | Class::Overloaded
            | Class::ConnectFailure
            | Class::RefusedStream
            | Class::Reset
            | Class::LocalReject
            | Class::Conflict => return,
        };
        self.attempts += 1;
        self.answers += u64::from(is_answer);
        self.sum_ns = self.sum_ns.saturating_add(took.as_ns());
    }

    /// Time per answer. An attempt that was given up is a bound from below: it adds its time, and no answer.
    pub(super) fn latency(self) -> u64 {
        self.sum_ns.checked_div(self.answers).unwrap_or(NO_ANSWER)
    }
}

/// What happened at an instance within an interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Bucket {
    /// What is counted where nothing is counted apart; otherwise the answers.
    pub(super) external: Tally,
    /// Whether there was an answer.
    pub(super) local: Tally,
    pub(super) waits: Waits,
}

/// What is known of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Host {
    pub(super) in_a_row_5xx: u32,
    pub(super) in_a_row_gateway: u32,
    pub(super) in_a_row_local_origin: u32,
    pub(super) current: Bucket,
    /// The interval before, during a sweep.
    pub(super) previous: Bucket,
    /// Whether it was not ejected when the sweep in progress came to the rules that it is at.
    pub(super) is_judged: bool,
    pub(super) ejected_at: Option<Time>,
    pub(super) returned_at: Option<Time>,
    /// How many times the base it is ejected for.
    pub(super) multiplier: u64,
    pub(super) jitter_ns: u64,
}

impl Host {
    /// What a rule looks at, if there is enough of it.
    pub(super) fn volume(&self, tally: &impl Fn(&Bucket) -> Tally, asked: Volume) -> Option<Tally> {
        let tally = tally(&self.previous);
        (self.is_judged && tally.total >= asked.requests).then_some(tally)
    }
}
