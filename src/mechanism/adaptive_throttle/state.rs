//! The recent past of a client, and the probability that follows from it.

use std::collections::VecDeque;

use super::AdaptiveThrottleSettings;
use super::average::{Average, NackRule};
use crate::kernel::random::{Bits, Draws};
use crate::kernel::{Duration, Time, num};
use crate::mechanism::Class;

/// How long a slot is.
const SLOT: Duration = Duration::from_ns(1_000_000_000);

/// A throttle, ready to be asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AdaptiveThrottle {
    window: Duration,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Sre { k: f64 },
    AdmissionControl { threshold: f64, aggression: f64, max: f64, requests_min: f64 },
    Nack(NackRule),
}

/// Requests, and those of them that came through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    requests: u64,
    accepts: u64,
}

/// What a throttle remembers. Each kind uses a part of it.
#[derive(Clone, PartialEq, Debug)]
pub struct AdaptiveThrottleState {
    slots: VecDeque<(Time, Counts)>,
    sum: Counts,
    average: Average,
}

impl AdaptiveThrottleState {
    /// What a client remembers that begins now.
    pub fn new(now: Time) -> Self {
        Self { slots: VecDeque::new(), sum: Counts::default(), average: Average::new(now) }
    }

    /// Forgets what is too old, and begins a slot if it is time.
    fn advance(&mut self, window: Duration, now: Time) {
        while let Some(&(began, counts)) = self.slots.front()
            && now.since(began) >= window
        {
            self.sum.requests -= counts.requests;
            self.sum.accepts -= counts.accepts;
            self.slots.pop_front();
        }
        if self.slots.back().is_none_or(|(began, _)| now.since(*began) >= SLOT) {
            self.slots.push_back((now, Counts::default()));
        }
    }

    fn add(&mut self, requests: u64, accepts: u64) {
        if let Some((_, counts)) = self.slots.back_mut() {
            counts.requests += requests;
            counts.accepts += accepts;
        }
        self.sum.requests += requests;
        self.sum.accepts += accepts;
    }

    fn seen_at(&self, window: Duration, now: Time) -> Counts {
        let recent = self.slots.iter().filter(|(began, _)| now.since(*began) < window);
        recent.fold(Counts::default(), |sum, (_, counts)| Counts {
            requests: sum.requests + counts.requests,
            accepts: sum.accepts + counts.accepts,
        })
    }
}

impl AdaptiveThrottle {
    /// Compiles settings that [`AdaptiveThrottleSettings::check`] found no error in.
    pub fn new(settings: &AdaptiveThrottleSettings) -> Self {
        match settings {
            AdaptiveThrottleSettings::Sre(sre) => {
                Self { window: sre.window, kind: Kind::Sre { k: sre.k.get() } }
            }
            AdaptiveThrottleSettings::AdmissionControl(control) => Self {
                window: control.sampling_window,
                kind: Kind::AdmissionControl {
                    threshold: control.sr_threshold.as_f64(),
                    aggression: control.aggression.get(),
                    max: control.max_rejection_probability.as_f64(),
                    requests_min: control.rps_threshold.as_per_s_f64()
                        * control.sampling_window.as_secs_f64(),
                },
            },
            AdaptiveThrottleSettings::Nack(nack) => {
                Self { window: nack.window, kind: Kind::Nack(NackRule::new(nack)) }
            }
        }
    }

    /// The probability by what is in the window; that of a moving average needs nothing of it.
    fn probability(&self, seen: Counts, average: &Average) -> f64 {
        let (requests, accepts) = (seen.requests as f64, seen.accepts as f64);
        match self.kind {
            Kind::Sre { k } => ((requests - k * accepts) / (requests + 1.0)).max(0.0),
            Kind::AdmissionControl { requests_min, .. } if requests < requests_min => 0.0,
            Kind::AdmissionControl { threshold, aggression, max, .. } => {
                let plain = ((requests - accepts / threshold) / (requests + 1.0)).max(0.0);
                let raised = if aggression == 1.0 { plain } else { num::pow(plain, 1.0 / aggression) };
                raised.min(max)
            }
            Kind::Nack(rule) => rule.probability(average),
        }
    }

    /// With which probability a call would be rejected now.
    pub fn rejection_probability(&self, state: &AdaptiveThrottleState, now: Time) -> f64 {
        self.probability(state.seen_at(self.window, now), &state.average)
    }

    /// Lets a call through, or not. `draws` is not called where nothing is rejected.
    pub fn admit(&self, state: &mut AdaptiveThrottleState, now: Time, draws: impl FnOnce() -> Draws) -> bool {
        match self.kind {
            Kind::Sre { .. } | Kind::AdmissionControl { .. } => state.advance(self.window, now),
            Kind::Nack(_) => state.average.asked(now),
        }
        let probability = self.probability(state.sum, &state.average);
        let is_admitted = probability <= 0.0 || draws().unit() >= probability;
        if let Kind::Sre { .. } = self.kind {
            state.add(1, 0);
        }
        is_admitted
    }

    /// A call that was let through has ended.
    pub fn record(&self, state: &mut AdaptiveThrottleState, now: Time, class: Class) {
        match self.kind {
            Kind::Sre { .. } => {
                state.advance(self.window, now);
                state.add(0, u64::from(class != Class::Overloaded));
            }
            Kind::AdmissionControl { .. } => {
                state.advance(self.window, now);
                // Whoever went away says nothing about the service.
                if class != Class::Cancelled {
                    state.add(1, u64::from(class == Class::Ok));
                }
            }
            Kind::Nack(rule) => rule.ended(&mut state.average, now, class != Class::Overloaded),
        }
    }
}
