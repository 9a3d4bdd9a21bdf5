//! How long, how fine, which seed; and how the verdict is reached.

use serde::{Deserialize, Serialize};

use crate::quantity::{Duration, Share};

/// `[run]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// Simulated time; nothing acts at this instant or later.
    pub duration: Duration,
    /// Left out of summaries.
    #[serde(default)]
    pub warmup: Duration,
    /// One row of every time series per interval.
    #[serde(default = "one_second")]
    pub interval: Duration,
    /// The run is a pure function of this, the model and the version.
    #[serde(default = "one")]
    pub seed: u64,
}

fn one_second() -> Duration {
    Duration::from_secs(1)
}

fn one() -> u64 {
    1
}

/// `[judge]`: the thresholds of the verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct JudgeSettings {
    /// How long goodput must hold to count.
    pub hold: HoldSettings,
    /// How much of the end of the run decides.
    pub final_window: Duration,
    /// At or above this share of the twin's goodput the system is back.
    pub threshold: Share,
    /// Below this share it has fallen again.
    pub relapse: Share,
}

/// `hold = { intervals = 10, requests = 100 }`: the longer of the two.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HoldSettings {
    /// At least so many intervals.
    pub intervals: u32,
    /// At least so many requests offered to the twin, at its mean rate.
    pub requests: u32,
}

impl Default for JudgeSettings {
    fn default() -> Self {
        Self {
            hold: HoldSettings::default(),
            final_window: Duration::from_secs(300),
            threshold: Share::percent(90),
            relapse: Share::percent(80),
        }
    }
}

impl Default for HoldSettings {
    fn default() -> Self {
        Self { intervals: 10, requests: 100 }
    }
}
