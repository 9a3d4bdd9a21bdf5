//! Finagle's memory: a moving average of what the service accepts.

use super::NackSettings;
use crate::kernel::{Duration, Time, num};
use crate::mechanism::retry_budget::Implementation;
use crate::mechanism::retry_budget::slots::{Cut, Slots};

/// Requests are counted over the last second, in ten slots.
const REQUESTS: Cut = Cut::new(Duration::from_ns(1_000_000_000), Implementation::Finagle);

/// What follows from the average.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct NackRule {
    window_ns: f64,
    /// Below it calls are rejected.
    accepted_min: f64,
    max: f64,
    requests_min: f64,
}

/// How much the service accepts, and how much it is asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Average {
    accepted: f64,
    /// When that last changed.
    changed: Time,
    requests: Slots,
}

impl Average {
    /// Of a client that begins now: as if everything were accepted.
    pub(super) const fn new(now: Time) -> Self {
        Self { accepted: 1.0, changed: now, requests: Slots::new(now) }
    }

    /// A call begins, whether it will pass or not.
    pub(super) fn asked(&mut self, now: Time) {
        self.requests.add(REQUESTS, now, 1);
    }
}

impl NackRule {
    pub(super) fn new(settings: &NackSettings) -> Self {
        Self {
            window_ns: settings.window.as_ns() as f64,
            accepted_min: 1.0 - settings.nack_rate_threshold.as_f64(),
            max: settings.max_rejection_probability.as_f64(),
            requests_min: settings.rps_threshold.as_per_s_f64(),
        }
    }

    pub(super) fn probability(&self, average: &Average) -> f64 {
        if average.accepted < self.accepted_min {
            (1.0 - average.accepted / self.accepted_min).min(self.max)
        } else {
            0.0
        }
    }

    /// A call that passed has ended.
    pub(super) fn ended(&self, average: &mut Average, now: Time, is_accepted: bool) {
        // In the source, looking at the count begins slots, too.
        average.requests.advance(REQUESTS, now);
        let is_busy = average.requests.sum(REQUESTS, now) as f64 >= self.requests_min;
        let outcome = f64::from(u8::from(is_accepted || !is_busy));
        let kept = num::exp(-(now.since(average.changed).as_ns() as f64) / self.window_ns);
        average.accepted = outcome * (1.0 - kept) + average.accepted * kept;
        average.changed = now;
    }
}
