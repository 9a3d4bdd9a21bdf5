//! A ramp of load: where it falls over and comes back, in a sentence, a table and a drawing, and files.

mod files;
mod json;
mod terminal;
#[cfg(test)]
mod tests;

pub use files::write_files;
pub use json::HysteresisSummary;

use crate::analysis::{Hysteresis, MedianEstimate, Way};
use crate::kernel::Duration;
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
            Way::Drains | Way::Lag | Way::Same => "NO HYSTERESIS",
            Way::NeverBegan | Way::NotHeld => "UNCLEAR",
        }
    }

    /// What it rests on.
    pub fn sentence(&self) -> String {
        let hysteresis = self.hysteresis;
        let (fallen, seeds) = (hysteresis.fall_count(), hysteresis.observations.len());
        if hysteresis.way() == Way::NeverBegan {
            return self.why_not_begun();
        }
        let begun = hysteresis.begun_count();
        let without = if begun < seeds as u64 {
            format!(
                "; {} of {seeds} seeds, which are below the level at the foot, are left out",
                seeds as u64 - begun
            )
        } else {
            String::new()
        };
        let Some((falls, back)) = hysteresis.falls_at_per_s().zip(hysteresis.returns_at_per_s()) else {
            return format!(
                "{} carries every load up to {} with all of {begun} seeds{without}",
                self.workload,
                self.load(hysteresis.ramp.high_per_s)
            );
        };
        let some = if fallen < begun { format!(" (with {fallen} of {begun} seeds)") } else { String::new() };
        let back = if back.median == f64::NEG_INFINITY {
            format!("is not back at {}", self.load(hysteresis.ramp.low_per_s))
        } else {
            format!("comes back at {}", self.load(back.median))
        };
        let finding = match hysteresis.way() {
            Way::Hysteresis | Way::Drains => self.held(),
            Way::Lag => "lower, but by no more than a ramp of this speed explains".to_owned(),
            Way::NotHeld => format!(
                "whether a backlog explains that would take too long to see; begin far below {}, or end the range nearer to it",
                self.load(falls.median)
            ),
            Way::NeverBegan | Way::NeverFell | Way::Same => {
                "the seeds do not tell one from the other".to_owned()
            }
        };
        let falls = self.load(falls.median);
        format!(
            "{} falls over at {falls}{some} and {back} (p {}): {finding}{without}",
            self.workload,
            p_value(hysteresis.p_value())
        )
    }

    fn why_not_begun(&self) -> String {
        let ramp = &self.hysteresis.ramp;
        let (hold, seeds) = (self.hold(), self.hysteresis.observations.len());
        if hold > ramp.slope {
            let hold = human::instant(hold.as_ns());
            return format!("a window takes {hold} here, longer than the way up: take a longer `--for`");
        }
        format!(
            "{} is below the level (`judge.threshold`) at the foot already, {}, with all of {seeds} seeds: begin lower",
            self.workload,
            self.load(ramp.low_per_s)
        )
    }

    /// What a load that stays showed.
    fn held(&self) -> String {
        let Some(held) = &self.hysteresis.held else { return String::new() };
        let (down, all) = (held.down_count(), held.observations.len());
        let load = self.load(held.held.load_per_s);
        let length = human::instant(held.held.length.as_ns());
        let p = p_value(held.p_value());
        if self.hysteresis.way() == Way::Hysteresis {
            format!(
                "the way back is not the way there; held at {load} for {length} on the way down, it stays down with {down} of {all} seeds (p {p})"
            )
        } else {
            format!(
                "lower, but held at {load} for {length} on the way down, it stays down with only {down} of {all} seeds (p {p}); a backlog that is worked off explains that"
            )
        }
    }

    /// The length of a window.
    fn hold(&self) -> Duration {
        self.hysteresis.observations.iter().map(|it| it.hold).max().unwrap_or_default()
    }

    /// What a ramp cannot say.
    pub fn caveat(&self) -> String {
        let ramp = &self.hysteresis.ramp;
        let hold = self.hold();
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

    /// The three medians, by name.
    pub(super) fn medians(&self) -> [(&'static str, Option<MedianEstimate>); 3] {
        [
            ("falls over", self.hysteresis.falls_at_per_s()),
            ("comes back", self.hysteresis.returns_at_per_s()),
            ("difference", self.hysteresis.difference_per_s()),
        ]
    }
}

pub(in crate::report) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("= {p:.3}") }
}
