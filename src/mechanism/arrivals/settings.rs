//! What can be written about arrivals.

use serde::{Deserialize, Serialize};

use crate::kernel::Time;
use crate::mechanism::Problems;
use crate::quantity::{Duration, Factor, Rate};

/// `arrivals = { open = { … } }`. There is no default: open or closed decides more than any tuning (Schroeder et al., NSDI'06).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ArrivalSettings {
    /// An open loop: users do not wait for one another.
    Open(OpenSettings),
}

/// `{ rate = "800/s", process = "poisson" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenSettings {
    /// Mean arrivals per time where the profile's scale is 1.
    pub rate: Rate,
    /// How the gaps are distributed.
    #[serde(default)]
    pub process: Process,
}

/// How the gaps between arrivals are distributed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// Exponential gaps: many independent users.
    #[default]
    Poisson,
    /// Equal gaps: a load generator, a cron job, a sensor.
    Constant,
}

/// One step of `profile = [ { at = "2min", scale = 1.2, ramp = "30s" } ]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileStep {
    /// When the change begins.
    pub at: Duration,
    /// The rate from then on, as a multiple of `rate`.
    pub scale: Factor,
    /// How long the rate takes to get there, in a straight line; `0s` is a step.
    #[serde(default)]
    pub ramp: Duration,
}

impl ArrivalSettings {
    /// Notes what is wrong with these settings; `problems` is at `arrivals`.
    pub fn check(&self, problems: &mut Problems) {
        let Self::Open(open) = self;
        if open.rate.count() == 0 {
            problems.at("open", |problems| {
                problems.at("rate", |problems| {
                    problems.warning(
                        "a rate of 0 brings no request at all",
                        "write a rate above 0, such as `\"100/s\"`",
                    );
                });
            });
        }
    }
}

/// Notes what is wrong with a profile; `problems` is at the workload that has it.
pub fn check_profile(profile: &[ProfileStep], problems: &mut Problems) {
    for (index, pair) in profile.windows(2).enumerate() {
        let (earlier, later) = (&pair[0], &pair[1]);
        let earlier_end = Time::ZERO + earlier.at + earlier.ramp;
        problems.at_index("profile", index + 1, |problems| {
            problems.at("at", |problems| {
                if later.at <= earlier.at {
                    problems.error(
                        "the steps of a profile are not in the order of their `at`",
                        "sort the steps by `at`, and write each instant once",
                    );
                } else if Time::ZERO + later.at < earlier_end {
                    problems.error(
                        "this step begins before the `ramp` of the step before it has ended",
                        "begin it later, or shorten the `ramp` before it",
                    );
                }
            });
        });
    }
}
