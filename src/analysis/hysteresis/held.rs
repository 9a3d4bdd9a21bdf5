//! A ramp that stops on the way down and stays there: whether what came over the top stays down.
//!
//! Whatever has a queue comes back late: while the load falls, the queue is still worked off. However slow the ramp, that backlog is as slow, so no ramp tells it from a state that lasts.
//! A load that stays does: a backlog is worked off in the end, a state that lasts is not.

use super::ramp::{Ramp, Windows};
use super::{CONFIDENCE, sign_test};
use crate::kernel::{Duration, Time};
use crate::model::JudgeSettings;
use crate::observe::{Run, WorkloadSeries};

/// How many times as long as a backlog takes it is waited.
const PATIENCE: f64 = 2.0;
/// It is not waited longer than so many slopes.
const SLOPES_MAX: f64 = 8.0;
/// What the wait is rounded up to.
const STEP_NS: u64 = 1_000_000_000;

/// A ramp whose load on the way down stops at this one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HeldRamp {
    /// The ramp.
    pub ramp: Ramp,
    /// The load at which it stops.
    pub load_per_s: f64,
    /// How long it stays there.
    pub length: Duration,
}

/// One seed under a load that stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeldObservation {
    /// The seed.
    pub seed: u64,
    /// Whether it was good at this load on the way up.
    pub was_good: bool,
    /// Whether it is good in the last window, after it was over the top.
    pub is_good: bool,
    /// The digest of the run.
    pub digest: [u8; 32],
}

/// What was observed of it under several seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct Held {
    /// How the load went.
    pub held: HeldRamp,
    /// One per seed, in the order of the seeds.
    pub observations: Vec<HeldObservation>,
}

impl HeldRamp {
    /// Between two thresholds, nearer to the lower one, and as long as a queue takes that is worked off at the speed at which the system fell over, and then as long again. `None` if that is too long.
    ///
    /// The load is above that speed, f, for as long on the way down as on the way up. With a range r, a slope s, the top h above f and the load that stays m below it, what has gathered is `h^2 s / r`, and m is left
    /// over to work it off: `h^2 s / (r m)` at most. That it falls over is seen late: f is taken to be lower by what the ramp explains.
    pub(super) fn between(
        ramp: Ramp,
        falls_at_per_s: f64,
        returns_at_per_s: f64,
        resolution_per_s: f64,
    ) -> Option<Self> {
        let falls_at_per_s = falls_at_per_s.clamp(ramp.low_per_s, ramp.high_per_s);
        let returns_at_per_s = returns_at_per_s.max(ramp.low_per_s);
        let load_per_s = returns_at_per_s + (falls_at_per_s - returns_at_per_s) / 3.0;
        let (range, slope_s) = (ramp.high_per_s - ramp.low_per_s, ramp.slope.as_secs_f64());
        let speed = falls_at_per_s - resolution_per_s;
        let (above, below) = (ramp.high_per_s - speed, speed - load_per_s);
        let length_s = (PATIENCE * above * above * slope_s / (range * below)).max(slope_s);
        let ns = (length_s * 1e9) as u64;
        (below > 0.0 && length_s <= SLOPES_MAX * slope_s).then(|| Self {
            ramp,
            load_per_s,
            length: Duration::from_ns(ns.div_ceil(STEP_NS) * STEP_NS),
        })
    }

    /// How long the load falls.
    fn fall(&self) -> Duration {
        let ramp = &self.ramp;
        let share = (ramp.high_per_s - self.load_per_s) / (ramp.high_per_s - ramp.low_per_s);
        Duration::from_ns((ramp.slope.as_ns() as f64 * share) as u64)
    }

    /// How long all of it takes.
    pub fn duration(&self) -> Duration {
        self.ramp.top().since(Time::ZERO) + self.fall() + self.length
    }

    /// The same as the profile of a workload whose rate is that at the top.
    pub fn profile(&self) -> String {
        self.ramp.profile_down_to(self.load_per_s, self.fall())
    }
}

impl HeldObservation {
    /// What a run shows of a workload whose load went so; without a whole window nothing has come back.
    pub fn new(held: &HeldRamp, run: &Run, workload: &WorkloadSeries, judge: &JudgeSettings) -> Self {
        let windows = Windows::of_run(run, workload, judge);
        let (was_good, is_good) = windows.up_and_last(&held.ramp, held.load_per_s).unwrap_or((false, false));
        Self { seed: run.seed, was_good, is_good, digest: run.digest }
    }
}

impl Held {
    /// Under how many seeds it was good on the way up and is not after the top.
    pub fn down_count(&self) -> u64 {
        self.observations.iter().filter(|it| it.was_good && !it.is_good).count() as u64
    }

    /// The probability that as many are good on one side only if the way there does not matter: the exact sign test.
    pub fn p_value(&self) -> f64 {
        let risen = self.observations.iter().filter(|it| !it.was_good && it.is_good).count() as u64;
        sign_test(self.down_count(), risen)
    }

    /// Whether it is proven to be worse after the top than before, at the same load, and is so under most seeds.
    pub(super) fn stays_down(&self) -> bool {
        2 * self.down_count() > self.observations.len() as u64 && self.p_value() <= 1.0 - CONFIDENCE
    }
}
