//! A rate that follows the day.

use super::{DiurnalSettings, ProfileStep};
use crate::kernel::num;
use crate::mechanism::Problems;
use crate::quantity::{Duration, Factor};

/// A wave is drawn with so many straight pieces: nowhere more than 0.054 % of the amplitude beside the cosine, (2π / 96)² / 8.
const PIECES: u64 = 96;

/// A run has at most so many waves.
const WAVES_MAX: u64 = 10_000;

impl DiurnalSettings {
    /// The steps of a profile that follows this wave until `duration`.
    pub fn steps(&self, duration: Duration) -> Vec<ProfileStep> {
        let mut steps =
            vec![ProfileStep { at: Duration::ZERO, scale: self.scale_at(0), ramp: Duration::ZERO }];
        let piece =
            |index: u64| (u128::from(self.period.as_ns()) * u128::from(index) / u128::from(PIECES)) as u64;
        for index in 0.. {
            // No two steps begin at the same instant: the first piece begins a nanosecond late.
            let (from, to) = (piece(index).max(1), piece(index + 1));
            if from >= duration.as_ns() || to <= from {
                break;
            }
            let (at, ramp) = (Duration::from_ns(from), Duration::from_ns(to - from));
            steps.push(ProfileStep { at, scale: self.scale_at(to), ramp });
        }
        steps
    }

    fn scale_at(&self, ns: u64) -> Factor {
        let waves = (ns as f64 - self.peak.as_ns() as f64) / self.period.as_ns() as f64;
        let scale = 1.0 + self.amplitude.as_f64() * num::cos(2.0 * std::f64::consts::PI * waves);
        Factor::new(scale.max(0.0)).expect("invariant: the scale is finite")
    }

    /// Notes what is wrong with these settings in a run of this length; `problems` is at `diurnal`.
    pub fn check(&self, duration: Duration, problems: &mut Problems) {
        let waves = duration.as_ns() / self.period.as_ns().max(1);
        if self.period.as_ns() < 1_000_000 || waves > WAVES_MAX {
            problems.at("period", |problems| {
                problems.error(
                    format!("a period of {} is too short for a run of {duration}", self.period),
                    format!("write at least 1ms, and a {WAVES_MAX}th of the run; fast ups and downs are a `modulation`"),
                );
            });
        }
    }
}
