//! What can be written about circuit breakers.

use serde::{Deserialize, Serialize};

use crate::mechanism::retry::{BackoffSettings, FixedSettings, JitterSettings};
use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Limit, Share};

/// `[policies.db.circuit_breaker]`: stop calling what fails. Every default is resilience4j's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CircuitBreakerSettings {
    /// Whose defaults stand where nothing is written. `explain` shows what they are.
    #[serde(skip_serializing)]
    pub preset: Option<BreakerPreset>,
    /// What is let through or refused, and counted.
    pub level: Level,
    /// Whether there is one breaker for the whole target, or one for each of its instances.
    pub per: Per,
    /// Which outcomes the rates are of.
    pub window: WindowSettings,
    /// As long as fewer outcomes are in the window, rates say nothing.
    pub minimum_calls: u32,
    /// It opens when at least this share of the outcomes are failures.
    pub failure_rate_threshold: Limit<Share>,
    /// It opens after so many failures in a row (gobreaker, linkerd), whatever the rates are.
    pub consecutive_failures: Limit<u32>,
    /// What took longer is slow.
    pub slow_call_duration_threshold: Duration,
    /// It opens when at least this share of the outcomes are slow.
    pub slow_call_rate_threshold: Limit<Share>,
    /// How long it stays open, by the number of times that it opened since it was last closed; written like a `backoff`.
    pub open_duration: BackoffSettings,
    /// How many calls may pass while it is half-open.
    pub half_open_max_calls: u32,
    /// After this time in half-open it opens again. Without a limit, probes that never end keep it half-open for ever.
    pub half_open_max_wait: Limit<Duration>,
    /// What closes it again.
    pub half_open_success_rule: SuccessRule,
    /// What the outcome of a call counts that was let through before the breaker changed its state.
    pub late_results: LateResults,
    /// Which outcomes are failures.
    pub counts_as_failure: Vec<Class>,
    /// Which outcomes say nothing; everything else is a success.
    pub counts_as_ignored: Vec<Class>,
}

/// Whose settings a breaker has where it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BreakerPreset {
    /// resilience4j: half of the last 100, for 60 s. These are the defaults, too.
    #[serde(rename = "resilience4j")]
    Resilience4j,
    /// Polly v8: a tenth of at least 100 within 30 s, for 5 s; one probe.
    Polly,
    /// Hystrix: half of at least 20 within 10 s, for 5 s; one probe.
    Hystrix,
    /// gobreaker v2: more than five failures in a row, for 60 s; what comes late is not counted.
    Gobreaker,
    /// Finagle's failure accrual: five failures in a row of a host, for 5 s and up to 300 s; one probe.
    Finagle,
}

impl BreakerPreset {
    /// Every preset, in the order of the language.
    pub const ALL: [Self; 5] =
        [Self::Resilience4j, Self::Polly, Self::Hystrix, Self::Gobreaker, Self::Finagle];
}

/// What a breaker looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Inside the retry: every attempt is let through or refused, and is an outcome.
    #[default]
    Attempt,
    /// Outside the retry: a call with all its attempts is one outcome.
    Call,
}

/// What a breaker protects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// The target as a whole.
    #[default]
    Target,
    /// Each instance of the target: the balancer picks among those that their breakers let through (Finagle's failure accrual, linkerd).
    Host,
}

/// Which outcomes are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WindowSettings {
    /// The last so many.
    Count(CountWindowSettings),
    /// Those of the last while.
    Time(TimeWindowSettings),
}

/// `count = { size = 100 }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CountWindowSettings {
    /// How many outcomes.
    pub size: u32,
}

/// `time = { duration = "10s", buckets = 10 }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TimeWindowSettings {
    /// How long.
    pub duration: Duration,
    /// In how many parts it is forgotten.
    #[serde(default = "ten")]
    pub buckets: u32,
}

/// What closes a half-open breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SuccessRule {
    /// Rates below their thresholds over all the calls that may pass, or `minimum_calls` if that is fewer (resilience4j).
    #[default]
    Rate,
    /// So many successes in a row as calls may pass; one failure opens it (gobreaker).
    AllConsecutive,
    /// The first outcome decides (Polly, Hystrix, linkerd).
    First,
}

/// What becomes of the outcomes of calls from before a change of state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LateResults {
    /// They count as what they are now: one that fails late can open a half-open breaker (resilience4j, Polly).
    #[default]
    CurrentState,
    /// Nothing (gobreaker).
    Discard,
}

fn ten() -> u32 {
    10
}

impl Default for CircuitBreakerSettings {
    fn default() -> Self {
        Self {
            preset: None,
            level: Level::Attempt,
            per: Per::Target,
            window: WindowSettings::Count(CountWindowSettings { size: 100 }),
            minimum_calls: 100,
            failure_rate_threshold: Limit::At(Share::percent(50)),
            consecutive_failures: Limit::Unlimited,
            slow_call_duration_threshold: Duration::from_secs(60),
            slow_call_rate_threshold: Limit::At(Share::ONE),
            open_duration: BackoffSettings::Fixed(FixedSettings {
                base: Duration::from_secs(60),
                jitter: JitterSettings::None,
            }),
            half_open_max_calls: 10,
            half_open_max_wait: Limit::Unlimited,
            half_open_success_rule: SuccessRule::Rate,
            late_results: LateResults::CurrentState,
            counts_as_failure: vec![
                Class::ServerError,
                Class::GatewayError,
                Class::Overloaded,
                Class::ConnectFailure,
                Class::RefusedStream,
                Class::Reset,
                Class::AttemptTimeout,
                Class::DeadlineExceeded,
            ],
            counts_as_ignored: vec![Class::Cancelled, Class::AppError, Class::LocalReject],
        }
    }
}

impl CircuitBreakerSettings {
    /// Notes what is wrong with these settings; `problems` is at `circuit_breaker`.
    pub fn check(&self, problems: &mut Problems) {
        self.check_window(problems);
        self.check_triggers(problems);
        problems.at("open_duration", |problems| {
            self.open_duration.check(problems);
            if self.open_duration == BackoffSettings::None {
                problems.error(
                    "a breaker that is open for no time refuses nothing",
                    "write how long, such as `{ fixed = { base = \"60s\" } }`",
                );
            }
        });
        if self.half_open_max_calls == 0 {
            problems.at("half_open_max_calls", |problems| {
                problems.error(
                    "with 0 probes it never closes again",
                    "write at least 1; resilience4j lets 10 pass",
                );
            });
        }
        if self.half_open_max_wait.limited().is_some_and(|wait| wait.as_ns() < 1_000_000) {
            problems.at("half_open_max_wait", |problems| {
                problems.error(
                    "no probe is answered within less than 1 ms",
                    "write a longer time, or `\"unlimited\"`",
                );
            });
        }
        if self.level == Level::Call && self.per == Per::Host {
            problems.at("per", |problems| {
                problems.error(
                    "a call may try several hosts, so it is the outcome of none of them",
                    "write `level = \"attempt\"`, or `per = \"target\"`",
                );
            });
        }
        for (index, class) in self.counts_as_ignored.iter().enumerate() {
            if self.counts_as_failure.contains(class) {
                problems.at_index("counts_as_ignored", index, |problems| {
                    problems.error(
                        format!("`{class}` counts as a failure, too"),
                        "name it in one of the two lists",
                    );
                });
            }
        }
        for (index, class) in self.counts_as_failure.iter().enumerate() {
            if *class == Class::Ok {
                problems.at_index("counts_as_failure", index, |problems| {
                    problems.error("`ok` is a success", "remove it from `counts_as_failure`");
                });
            }
        }
    }

    fn check_window(&self, problems: &mut Problems) {
        problems.at("window", |problems| match self.window {
            WindowSettings::Count(CountWindowSettings { size }) => problems.at("count.size", |problems| {
                if size == 0 || size > 100_000 {
                    problems.error(
                        format!("`{size}` is not between 1 and 100000"),
                        "resilience4j counts the last 100",
                    );
                }
            }),
            WindowSettings::Time(TimeWindowSettings { duration, buckets }) => {
                problems.at("time", |problems| {
                    if buckets == 0 || buckets > 1000 {
                        problems.at("buckets", |problems| {
                            problems.error(
                                format!("`{buckets}` is not between 1 and 1000"),
                                "Hystrix and Polly have 10",
                            );
                        });
                    } else if duration.as_ns() / u64::from(buckets) < 1_000_000 {
                        problems.at("duration", |problems| {
                            problems.error(
                                format!("{buckets} buckets of `{duration}` are shorter than 1 ms each"),
                                "write a longer `duration`, or fewer `buckets`",
                            );
                        });
                    }
                });
            }
        });
        if let WindowSettings::Count(CountWindowSettings { size }) = self.window
            && self.minimum_calls > size
        {
            problems.at("minimum_calls", |problems| {
                problems.warning(
                    format!(
                        "the window holds {size} outcomes, so `minimum_calls` {} means {size}",
                        self.minimum_calls
                    ),
                    "write a larger window, or fewer `minimum_calls`",
                );
            });
        }
        if self.minimum_calls == 0 {
            problems.at("minimum_calls", |problems| {
                problems.error("a rate needs at least one outcome", "write at least 1");
            });
        }
    }

    fn check_triggers(&self, problems: &mut Problems) {
        for (field, threshold) in [
            ("failure_rate_threshold", self.failure_rate_threshold),
            ("slow_call_rate_threshold", self.slow_call_rate_threshold),
        ] {
            if threshold == Limit::At(Share::ZERO) {
                problems.at(field, |problems| {
                    problems.error(
                        "at 0 % it opens without a failure",
                        "write the share at which it opens, or `\"unlimited\"` for never",
                    );
                });
            }
        }
        if self.consecutive_failures == Limit::At(0) {
            problems.at("consecutive_failures", |problems| {
                problems.error("no failures are no reason to open", "write at least 1, or `\"unlimited\"`");
            });
        }
        let never = self.failure_rate_threshold == Limit::Unlimited
            && self.slow_call_rate_threshold == Limit::Unlimited
            && self.consecutive_failures == Limit::Unlimited;
        if never {
            problems.error(
                "nothing ever opens this breaker",
                "write a `failure_rate_threshold`, a `slow_call_rate_threshold` or `consecutive_failures`",
            );
        }
    }
}
