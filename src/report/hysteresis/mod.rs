//! A ramp of load: where it falls over and comes back, in a sentence, a table and a drawing, and files.

mod files;
mod json;
mod terminal;
#[cfg(test)]
mod tests;

pub use files::write_files;
pub use json::HysteresisSummary;

use crate::analysis::{Hysteresis, MedianEstimate, Way};
use crate::report::human;

/// The version of the schema of `hysteresis.json`.
pub const HYSTERESIS_SCHEMA: &str = "metastable.hysteresis.v1";
/// What the schemas of all versions begin with.
pub const HYSTERESIS_FAMILY: &str = "metastable.hysteresis.";
/// The name of the file.
pub const HYSTERESIS_FILE: &str = "hysteresis.json";

/// What there is to report.
#[derive(Clone, Copy, Debug)]
pub struct HysteresisReport<'a> {
    /// The name of the model.
    pub name: &'a str,
    /// The workload whose load goes up and down.
    pub workload: &'a str,
    /// SHA-256 over the effective model, in hexadecimal.
    pub digest: &'a str,
    /// What was seen.
    pub hysteresis: &'a Hysteresis,
}

impl HysteresisReport<'_> {
    /// The answer in a few words.
    pub fn headline(&self) -> &'static str {
        match self.hysteresis.way() {
            Way::NeverFell => "NEVER FELL",
            Way::Hysteresis => "HYSTERESIS",
            Way::Lag | Way::Same => "NO HYSTERESIS",
        }
    }

    /// What it rests on.
    pub fn sentence(&self) -> String {
        let hysteresis = self.hysteresis;
        let (fallen, seeds) = (hysteresis.fall_count(), hysteresis.observations.len());
        let Some((falls, back)) = hysteresis.falls_at_per_s().zip(hysteresis.returns_at_per_s()) else {
            return format!(
                "{} carries every load up to {} with all of {seeds} seeds",
                self.workload,
                self.load(hysteresis.ramp.high_per_s)
            );
        };
        let some =
            if fallen < seeds as u64 { format!(" (with {fallen} of {seeds} seeds)") } else { String::new() };
        let back = if back.median == f64::NEG_INFINITY {
            format!("is not back at {}", self.load(hysteresis.ramp.low_per_s))
        } else {
            format!("comes back at {}", self.load(back.median))
        };
        let finding = match hysteresis.way() {
            Way::Hysteresis => "the way back is not the way there",
            Way::Lag => "lower, but by no more than a ramp of this speed explains",
            Way::NeverFell | Way::Same => "the seeds do not tell one from the other",
        };
        let falls = self.load(falls.median);
        format!("{} falls over at {falls}{some} and {back}: {finding} (p {})", self.workload, self.p_value())
    }

    /// What a ramp cannot say.
    pub fn caveat(&self) -> String {
        let ramp = &self.hysteresis.ramp;
        let hold = self.hysteresis.observations.iter().map(|it| it.hold).max().unwrap_or_default();
        let length = ramp.foot + ramp.foot + ramp.slope + ramp.slope;
        format!(
            "Thresholds of a ramp depend on its speed: here the load moves by {} in a window of {}, and a difference below twice that is the ramp's own. `--for {}` is half as fast",
            self.load(ramp.speed_per_s() * hold.as_secs_f64()),
            human::instant(hold.as_ns()),
            human::instant(length.as_ns().saturating_mul(2)),
        )
    }

    /// A load for people; what lies outside the ramp is only known to be there.
    fn load(&self, per_s: f64) -> String {
        let ramp = &self.hysteresis.ramp;
        match per_s {
            f64::INFINITY => format!(">{}/s", human::rate(ramp.high_per_s)),
            f64::NEG_INFINITY => format!("<{}/s", human::rate(ramp.low_per_s)),
            _ => format!("{}/s", human::rate(per_s)),
        }
    }

    pub(super) fn p_value(&self) -> String {
        let p = self.hysteresis.p_value();
        if p < 0.001 { "< 0.001".to_owned() } else { format!("= {p:.3}") }
    }

    /// The three medians, by name.
    pub(super) fn medians(&self) -> [(&'static str, Option<MedianEstimate>); 3] {
        [
            ("falls over", self.hysteresis.falls_at_per_s()),
            ("comes back", self.hysteresis.returns_at_per_s()),
            ("difference", self.hysteresis.difference_per_s()),
        ]
    }
}
