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
    /// By a moving average of the share that the service accepts: everything but `overloaded` (Finagle's nack admission).
    Nack(NackSettings),
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

/// `nack = { window = "2min" }`. The defaults are Finagle's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NackSettings {
    /// How long outcomes are remembered: the time constant of the average, after which an outcome weighs 1/e of what it did.
    pub window: Duration,
    /// Rejections begin when more than this share of what is sent is turned away.
    pub nack_rate_threshold: Share,
    /// No more than this share is ever rejected here. The rest finds out when the service is well again.
    pub max_rejection_probability: Share,
    /// With fewer requests within the last second, every outcome counts as accepted.
    pub rps_threshold: Rate,
}

impl Default for NackSettings {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(120),
            nack_rate_threshold: Share::percent(50),
            max_rejection_probability: Share::percent(75),
            rps_threshold: Rate::new(5, 1_000_000_000),
        }
    }
}

impl NackSettings {
    fn check(&self, problems: &mut Problems) {
        if self.window.is_zero() {
            problems.at("window", |problems| {
                problems.error("an average over no time is the last outcome", "Finagle has \"2min\"");
            });
        }
        if self.nack_rate_threshold == Share::ZERO || self.nack_rate_threshold == Share::ONE {
            problems.at("nack_rate_threshold", |problems| {
                let message = if self.nack_rate_threshold == Share::ZERO {
                    "at 0 % one rejection is too many, and the throttle never ends"
                } else {
                    "no share is above 100 %, so nothing is ever rejected"
                };
                problems.error(message, "write a share in between, such as Finagle's \"50%\"");
            });
        }
        if self.max_rejection_probability == Share::ONE {
            problems.at("max_rejection_probability", |problems| {
                problems.warning(
                    "a throttle that rejects nearly everything learns nothing, and may never end",
                    "leave some to pass: Finagle has \"75%\"",
                );
            });
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
            Self::Nack(nack) => problems.at("nack", |problems| nack.check(problems)),
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
