//! What can be written about adaptive throttling.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::{Duration, Factor, Rate, Share};

/// `adaptive_throttle = { sre = {} }`: reject calls on the side of the client while the service rejects them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AdaptiveThrottleSettings {
    /// By the share that the service accepts: everything but `overloaded` (Google's client-side throttling).
    Sre(SreSettings),
    /// By the share that succeeds (Envoy's admission control).
    AdmissionControl(AdmissionControlSettings),
}

/// `sre = { k = 2, window = "2min" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SreSettings {
    /// Rejections begin when requests reach so many times the accepts. Smaller is stricter; 1.1 where a rejection costs the service nearly as much as an answer.
    pub k: Factor,
    /// Which requests are looked at.
    pub window: Duration,
}

impl Default for SreSettings {
    fn default() -> Self {
        Self { k: Factor::from(2_u32), window: Duration::from_secs(120) }
    }
}

/// `admission_control = { sr_threshold = "95%" }`. The defaults are Envoy's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AdmissionControlSettings {
    /// Rejections begin when a smaller share succeeds.
    pub sr_threshold: Share,
    /// Above 1 the probability rises earlier and more steeply; at least 1.
    pub aggression: Factor,
    /// No more than this share is ever rejected.
    pub max_rejection_probability: Share,
    /// Which requests are looked at.
    pub sampling_window: Duration,
    /// With fewer requests in the window than this rate means, nothing is rejected.
    pub rps_threshold: Rate,
}

impl Default for AdmissionControlSettings {
    fn default() -> Self {
        Self {
            sr_threshold: Share::percent(95),
            aggression: Factor::from(1_u32),
            max_rejection_probability: Share::percent(80),
            sampling_window: Duration::from_secs(30),
            rps_threshold: Rate::new(0, 1_000_000_000),
        }
    }
}

impl AdaptiveThrottleSettings {
    /// Notes what is wrong with these settings; `problems` is at `adaptive_throttle`.
    pub fn check(&self, problems: &mut Problems) {
        match self {
            Self::Sre(sre) => problems.at("sre", |problems| {
                check_window("window", sre.window, problems);
                if sre.k.get() < 1.0 {
                    problems.at("k", |problems| {
                        problems.error(
                            "below 1 it rejects though everything is accepted",
                            "write at least 1; the book has 2",
                        );
                    });
                }
            }),
            Self::AdmissionControl(control) => problems.at("admission_control", |problems| {
                check_window("sampling_window", control.sampling_window, problems);
                if control.sr_threshold == Share::ZERO {
                    problems.at("sr_threshold", |problems| {
                        problems.error(
                            "no share is below 0 %, so nothing is ever rejected",
                            "write a share such as Envoy's \"95%\"",
                        );
                    });
                }
                if control.aggression.get() < 1.0 {
                    problems.at("aggression", |problems| {
                        problems.error(
                            "`aggression` is at least 1",
                            "write 1 for a probability that rises evenly",
                        );
                    });
                }
            }),
        }
    }
}

fn check_window(field: &str, window: Duration, problems: &mut Problems) {
    if window < Duration::from_secs(1) {
        problems.at(field, |problems| {
            problems.error(
                "outcomes are kept by the second, so a window is at least 1 s",
                "the book has \"2min\", Envoy \"30s\"",
            );
        });
    }
}
