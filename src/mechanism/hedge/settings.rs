//! What can be written about hedging.

use serde::{Deserialize, Serialize};

use crate::mechanism::retry::default_retry_on;
use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Limit, Share};

/// `hedge = { delay = { fixed = "50ms" } }`: a second copy of an attempt that takes long.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HedgeSettings {
    /// How long to wait for an answer before the next copy is sent.
    pub delay: HedgeDelaySettings,
    /// How many copies of an attempt there may be, the first included (gRPC's `maxAttempts`, which is at most 5 there; Polly's `MaxHedgedAttempts` + 1).
    #[serde(default = "two")]
    pub max_attempts: u32,
    /// How many copies beyond the first there may be, as a share of the attempts of a client in the last 10 s (Finagle). Unlimited, every attempt of a slow service gets all of its copies.
    #[serde(default)]
    pub max_extra_load: Limit<Share>,
    /// So many more that each client may send in any case; with an unlimited `max_extra_load` there is nothing to add to. Finagle has 10.
    #[serde(default)]
    pub min_hedges_per_second: u32,
    /// After which failures of a copy the others count (gRPC's `nonFatalStatusCodes`). After any other the attempt has failed, and the other copies are cancelled.
    #[serde(default = "default_retry_on")]
    pub non_fatal: Vec<Class>,
    /// What such a failure is followed by.
    #[serde(default)]
    pub on_failure: OnHedgeFailure,
    /// Whether the other copies are given up when one has succeeded (Finagle's `sendInterrupts`). Otherwise their answers are waited for, with all that they hold of the client, though nobody wants them.
    #[serde(default = "yes")]
    pub cancel_losers: bool,
    /// Whether a copy avoids the instances at which others are, if there is another one. Where connections stay with an instance, the connection decides.
    #[serde(default = "yes")]
    pub distinct_hosts: bool,
    /// Whether the copy that begins to be handled takes the others out of the queues that they are in ("tied requests").
    #[serde(default)]
    pub tied: bool,
}

/// How long to wait for an answer before the next copy is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HedgeDelaySettings {
    /// Always as long (gRPC's `hedgingDelay`, Polly's `Delay`). With `"0s"` all copies are sent at once.
    Fixed(Duration),
    /// As long as most take (Finagle).
    Percentile(HedgePercentileSettings),
}

/// `percentile = { percentile = "95%" }`: how long most copies take that succeed, time out or are overtaken by another one. The defaults are Finagle's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HedgePercentileSettings {
    /// How many take no longer. Finagle: 1 - `max_extra_load`.
    pub percentile: Share,
    /// How far back it looks, in three windows of which only full ones count: before the first of them there is no hedging.
    #[serde(default = "half_a_minute")]
    pub window: Duration,
    /// The shortest delay.
    #[serde(default = "a_millisecond")]
    pub min: Duration,
    /// With a delay of this or more there is no hedging.
    #[serde(default = "two_seconds")]
    pub max: Limit<Duration>,
}

/// What a failure that is not fatal is followed by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnHedgeFailure {
    /// The next copy, at once or when the service asked for it (gRPC, Polly).
    #[default]
    SendNext,
    /// Nothing: the copies that are under way decide, and without any the attempt has failed (Finagle).
    Wait,
}

fn two() -> u32 {
    2
}

fn yes() -> bool {
    true
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

fn a_millisecond() -> Duration {
    Duration::from_ns(1_000_000)
}

fn two_seconds() -> Limit<Duration> {
    Limit::At(Duration::from_secs(2))
}

impl HedgeSettings {
    /// The largest `max_attempts`.
    pub const MAX_ATTEMPTS: u32 = 10;

    /// Notes what is wrong with these settings; `problems` is at `hedge`.
    pub fn check(&self, problems: &mut Problems) {
        if !(2..=Self::MAX_ATTEMPTS).contains(&self.max_attempts) {
            problems.at("max_attempts", |problems| {
                problems.error(
                    format!("`{}` is not between 2 and {}", self.max_attempts, Self::MAX_ATTEMPTS),
                    "it counts the first copy: write `2` for one hedge; without `hedge` there is none",
                );
            });
        }
        problems.at("delay", |problems| self.delay.check(problems));
        if self.max_extra_load == Limit::At(Share::ZERO) && self.min_hedges_per_second == 0 {
            problems.at("max_extra_load", |problems| {
                problems.error("no copy is ever sent", "write a share above 0, such as \"5%\"");
            });
        }
        if self.max_extra_load == Limit::Unlimited && self.min_hedges_per_second > 0 {
            problems.at("min_hedges_per_second", |problems| {
                problems.error(
                    "`max_extra_load` is unlimited: there is nothing to add to",
                    "write `max_extra_load`, such as \"1%\", or remove this",
                );
            });
        }
        for (index, &class) in self.non_fatal.iter().enumerate() {
            problems.at_index("non_fatal", index, |problems| check_class(class, problems));
        }
        self.check_tied(problems);
    }

    fn check_tied(&self, problems: &mut Problems) {
        if self.tied && !self.cancel_losers {
            problems.at("tied", |problems| {
                problems.error(
                    "tied copies take each other away, and with `cancel_losers = false` they do not",
                    "remove one of them",
                );
            });
        }
    }
}

impl HedgeDelaySettings {
    fn check(&self, problems: &mut Problems) {
        let Self::Percentile(percentile) = self else { return };
        problems.at("percentile", |problems| {
            if percentile.percentile == Share::ZERO || percentile.percentile == Share::percent(100) {
                problems.at("percentile", |problems| {
                    problems.error(
                        format!("`{}` is not the latency of most", percentile.percentile),
                        "write a share between 0 and 100 %, such as \"95%\"",
                    );
                });
            }
            if percentile.window < Duration::from_ns(3_000_000) {
                problems.at("window", |problems| {
                    problems.error(
                        "a window this short is over before anything is known",
                        "Finagle looks back `\"30s\"`",
                    );
                });
            }
            if percentile.max.limited().is_some_and(|max| max <= percentile.min) {
                problems.at("max", |problems| {
                    problems.error(
                        format!("no delay is at least `{}` and below this", percentile.min),
                        "write a `max` above `min`, or `\"unlimited\"`",
                    );
                });
            }
        });
    }
}

fn check_class(class: Class, problems: &mut Problems) {
    match class {
        Class::Ok => {
            problems.error("`ok` is a success", "remove `ok` from `non_fatal`");
        }
        Class::DeadlineExceeded | Class::Cancelled | Class::LocalReject => {
            problems.error(
                format!("`{class}` is of the whole call, or of the client itself"),
                format!("remove `{class}` from `non_fatal`"),
            );
        }
        Class::AppError
        | Class::ServerError
        | Class::GatewayError
        | Class::Overloaded
        | Class::ConnectFailure
        | Class::RefusedStream
        | Class::Reset
        | Class::AttemptTimeout
        | Class::Conflict => {}
    }
}
