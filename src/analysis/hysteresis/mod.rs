//! A load that rises and falls again, and where a system falls over and comes back on the way.
//!
//! Both thresholds are of one level, `threshold`, on the hold windows of the verdict: a workload *falls over* in the first window on the way up in which less of what is offered is good, and is *back* behind the last
//! such window on the way down. Each is the load that the ramp has in the middle of that window. One is the other with time reversed: what has no memory falls over as often above as below where it comes back, which is
//! what the sign test takes for granted. Over the seeds they are medians with exact intervals, and whether one is above the other is counted seed by seed.
//!
//! A ramp finds its own thresholds: a queue takes time to fill and to drain, and meanwhile the load moves on, up on the way up and down on the way down. So a difference is only a candidate when
//! it is more than twice what the load moves in a window; and it is only called hysteresis if a load that stops between the thresholds and stays there leaves it down (`held.rs`).

mod held;
mod ramp;
#[cfg(test)]
mod tests;

pub use held::{Held, HeldObservation, HeldRamp};
pub use ramp::{CellCounts, Ramp, RampObservation};

use ramp::CELLS;

use super::CONFIDENCE;
use super::statistics::{MedianEstimate, sign_test};

/// What was observed of a ramp under several seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct Hysteresis {
    /// How the load went.
    pub ramp: Ramp,
    /// One per seed, in the order of the seeds.
    pub observations: Vec<RampObservation>,
    /// What a load that stays shows, if it was asked for.
    pub held: Option<Held>,
}

/// Whether the way back is the way there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It is not good at the foot of the ramp, or no window fits on a slope, under any seed.
    NeverBegan,
    /// It never fell over.
    NeverFell,
    /// It comes back at a lower load than it fell over at, by more than the ramp explains, and stays down if the load stays.
    Hysteresis,
    /// It comes back at a lower load, by more than the ramp explains, but also comes back if the load stays: a backlog that was worked off.
    Drains,
    /// It comes back at a lower load, by more than the ramp explains, and whether it would if the load stayed was not seen.
    NotHeld,
    /// It comes back at a lower load, but by no more than the ramp explains.
    Lag,
    /// It comes back where it fell over, as far as the seeds tell.
    Same,
}

impl Hysteresis {
    /// Under how many seeds it fell over.
    pub fn fall_count(&self) -> u64 {
        self.fallen().count() as u64
    }

    /// Under how many it fell over and did not come back.
    pub fn lost_count(&self) -> u64 {
        self.fallen().filter(|(_, back)| back.is_none()).count() as u64
    }

    /// Under how many it was good at the foot, without which nothing can fall.
    pub fn begun_count(&self) -> u64 {
        self.begun().count() as u64
    }

    fn begun(&self) -> impl Iterator<Item = &RampObservation> + '_ {
        self.observations.iter().filter(|it| it.begins_good)
    }

    fn fallen(&self) -> impl Iterator<Item = (f64, Option<f64>)> + '_ {
        self.begun().filter_map(|it| it.falls_at_per_s.map(|falls| (falls, it.returns_at_per_s)))
    }

    /// The load at which it falls over; infinite where it does not.
    pub fn falls_at_per_s(&self) -> Option<MedianEstimate> {
        let loads: Vec<f64> = self.begun().map(|it| it.falls_at_per_s.unwrap_or(f64::INFINITY)).collect();
        MedianEstimate::of(&loads, CONFIDENCE)
    }

    /// The load at which it comes back, of the seeds under which it fell; below everything where it does not.
    pub fn returns_at_per_s(&self) -> Option<MedianEstimate> {
        let loads: Vec<f64> = self.fallen().map(|(_, back)| back.unwrap_or(f64::NEG_INFINITY)).collect();
        MedianEstimate::of(&loads, CONFIDENCE)
    }

    /// How much lower it comes back than it fell over, of the seeds under which it fell; infinite where it does not come back.
    pub fn difference_per_s(&self) -> Option<MedianEstimate> {
        let loads = self.fallen().map(|(falls, back)| back.map_or(f64::INFINITY, |back| falls - back));
        MedianEstimate::of(&loads.collect::<Vec<_>>(), CONFIDENCE)
    }

    /// The probability that the seeds favour one side as much if neither threshold is above the other.
    pub fn p_value(&self) -> f64 {
        let count = |is_so: fn(f64, f64) -> bool| {
            self.fallen().filter(|(falls, back)| is_so(*falls, back.unwrap_or(f64::NEG_INFINITY))).count()
                as u64
        };
        sign_test(count(|falls, back| falls > back), count(|falls, back| falls < back))
    }

    /// What the ramp explains by itself: twice what the load moves in a window.
    pub fn resolution_per_s(&self) -> f64 {
        let hold_s = self.observations.iter().map(|it| it.hold.as_secs_f64()).fold(0.0, f64::max);
        2.0 * self.ramp.speed_per_s() * hold_s
    }

    /// Whether it comes back at a lower load than it fell over at.
    fn is_lower(&self) -> bool {
        self.difference_per_s().is_some_and(|it| it.median > 0.0) && self.p_value() <= 1.0 - CONFIDENCE
    }

    /// Whether that is by more than the ramp explains.
    fn is_candidate(&self) -> bool {
        let low = self.difference_per_s().and_then(|it| it.interval).map(|(low, _)| low);
        self.is_lower() && low.is_some_and(|low| low > self.resolution_per_s())
    }

    /// The ramp that tells a state that lasts from a backlog; `None` if there is nothing to tell apart, or it would take too long.
    pub fn next(&self) -> Option<HeldRamp> {
        let (falls, returns) = (self.falls_at_per_s()?, self.returns_at_per_s()?);
        if !self.is_candidate() {
            return None;
        }
        HeldRamp::between(self.ramp, falls.median, returns.median, self.resolution_per_s())
    }

    /// Whether the way back is the way there.
    pub fn way(&self) -> Way {
        if self.begun_count() == 0 {
            return Way::NeverBegan;
        }
        if self.fall_count() == 0 {
            return Way::NeverFell;
        }
        match &self.held {
            _ if !self.is_lower() => Way::Same,
            _ if !self.is_candidate() => Way::Lag,
            Some(held) if held.stays_down() => Way::Hysteresis,
            Some(_) => Way::Drains,
            None => Way::NotHeld,
        }
    }

    /// What was offered and good at each load, over all seeds: on the way up, and on the way down.
    pub fn course(&self) -> [Vec<CellCounts>; 2] {
        let mut sums = [vec![CellCounts::default(); CELLS], vec![CellCounts::default(); CELLS]];
        for observation in &self.observations {
            for (sums, cells) in sums.iter_mut().zip(&observation.course) {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    sum.offered += cell.offered;
                    sum.good += cell.good;
                }
            }
        }
        sums
    }
}
