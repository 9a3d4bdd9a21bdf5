//! A load that rises and falls again, and where a system falls over and comes back on the way.
//!
//! The two thresholds are found by the rules of the verdict, on the same hold windows: a workload *falls over* in the first window in which less than `relapse` of what is offered is good, and is *back* with
//! the first window at or above `threshold` after the last one that had fallen. Each is the load that the ramp has in the middle of that window. Over the seeds they are medians with exact intervals, and whether
//! one is above the other is counted seed by seed.
//!
//! A ramp finds its own thresholds: a queue takes time to fill and to drain, and meanwhile the load moves on, up on the way up and down on the way down. So a difference is only called hysteresis when
//! it is more than twice what the load moves in a window, and the speed is said.

mod ramp;
#[cfg(test)]
mod tests;

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
}

/// Whether the way back is the way there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It never fell over.
    NeverFell,
    /// It comes back at a lower load than it fell over at, and by more than the ramp explains.
    Hysteresis,
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

    fn fallen(&self) -> impl Iterator<Item = (f64, Option<f64>)> + '_ {
        self.observations.iter().filter_map(|it| it.falls_at_per_s.map(|falls| (falls, it.returns_at_per_s)))
    }

    /// The load at which it falls over; infinite where it does not.
    pub fn falls_at_per_s(&self) -> Option<MedianEstimate> {
        let loads: Vec<f64> =
            self.observations.iter().map(|it| it.falls_at_per_s.unwrap_or(f64::INFINITY)).collect();
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

    /// Whether the way back is the way there.
    pub fn way(&self) -> Way {
        let Some(difference) = self.difference_per_s() else { return Way::NeverFell };
        let is_lower = difference.median > 0.0 && self.p_value() <= 1.0 - CONFIDENCE;
        match difference.interval {
            Some((low, _)) if is_lower && low > self.resolution_per_s() => Way::Hysteresis,
            _ if is_lower => Way::Lag,
            _ => Way::Same,
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
