//! What can be written about retries.

use serde::{Deserialize, Serialize};

use super::Backoff;
use crate::mechanism::retry_budget::RetryBudgetSettings;
use crate::mechanism::{Class, Problems};
use crate::quantity::{Duration, Factor, Limit, Share};

/// `retry = { max_attempts = 3, backoff = { … } }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RetrySettings {
    /// How often the call is tried, the first try included (as gRPC, resilience4j and the AWS SDKs count): 1 to 1000, or `"unlimited"`.
    pub max_attempts: Limit<u32>,
    /// How long to wait before each retry.
    #[serde(default)]
    pub backoff: BackoffSettings,
    /// Which outcomes of an attempt are tried again; never `ok`, `app_error`, `deadline_exceeded`, `cancelled`, `local_reject`.
    #[serde(default = "default_retry_on")]
    pub retry_on: Vec<Class>,
    /// How many retries all calls of a client may make together. Absent: as many as they like, as in most stacks; `check` asks whether that is meant, and `"unlimited"` says that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<RetryBudgetSettings>,
    /// Whether to wait as long as a service that turns callers away asks for. Absent: whatever `backoff` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfterSettings>,
}

/// `retry_after = { max_interval = "300s", jitter = "50%" }`: the `Retry-After` of a service takes the place of the backoff, for the retry after that answer alone. It does not make an
/// outcome one that is tried again (Envoy's `rate_limited_retry_back_off`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RetryAfterSettings {
    /// What asks for more is not believed, and `backoff` is waited for.
    pub max_interval: Limit<Duration>,
    /// Up to so much longer, uniformly, so that those who were turned away together do not come back together. gRPC's pushback has none.
    pub jitter: Share,
}

impl Default for RetryAfterSettings {
    fn default() -> Self {
        Self { max_interval: Limit::At(Duration::from_secs(300)), jitter: Share::percent(50) }
    }
}

/// The outcomes that are tried again unless `retry_on` says otherwise.
pub fn default_retry_on() -> Vec<Class> {
    vec![
        Class::ConnectFailure,
        Class::RefusedStream,
        Class::Reset,
        Class::GatewayError,
        Class::ServerError,
        Class::Overloaded,
        Class::AttemptTimeout,
    ]
}

/// How long to wait before each retry.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BackoffSettings {
    /// No wait.
    #[default]
    None,
    /// The same wait each time (resilience4j, Polly `Constant`).
    Fixed(FixedSettings),
    /// `base · n`, at most `max` (Polly `Linear`).
    Linear(LinearBackoffSettings),
    /// `base · multiplier^(n-1)`, at most `max`.
    Exponential(ExponentialSettings),
}

/// `fixed = { base = "500ms" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FixedSettings {
    /// The wait.
    pub base: Duration,
    /// How the wait is spread.
    #[serde(default)]
    pub jitter: JitterSettings,
}

/// `linear = { base = "1s", max = "10s" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinearBackoffSettings {
    /// The first wait, and what each further one adds.
    pub base: Duration,
    /// The longest wait.
    #[serde(default)]
    pub max: Limit<Duration>,
    /// How the wait is spread.
    #[serde(default)]
    pub jitter: JitterSettings,
}

/// `exponential = { base = "50ms", max = "1s", multiplier = 2, jitter = "full" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExponentialSettings {
    /// The first wait, before jitter.
    pub base: Duration,
    /// The longest wait, before jitter where the formula says so; without a limit Envoy's formula takes 10 × `base`.
    #[serde(default)]
    pub max: Limit<Duration>,
    /// By how much each wait is longer than the one before; at least 1, and 2 where the formula itself doubles or triples.
    #[serde(default = "two")]
    pub multiplier: Factor,
    /// How the wait is spread.
    #[serde(default)]
    pub jitter: JitterSettings,
}

fn two() -> Factor {
    Factor::new(2.0).expect("2 is a factor")
}

/// How a wait is spread, so that clients that failed together do not come back together.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum JitterSettings {
    /// Not at all.
    #[default]
    None,
    /// `U(0, v)`, v the capped wait (AWS Architecture Blog 2015; AWS SDKs; Envoy's documentation).
    Full,
    /// `v/2 + U(0, v/2)` (AWS Architecture Blog 2015).
    Equal,
    /// `min(max, U(base, 3 · previous))` (AWS Architecture Blog 2015).
    Decorrelated,
    /// `v · U(1-r, 1+r)`, after the cap (gRPC: 20 %; Polly constant and linear: 25 %).
    Ratio(Share),
    /// Envoy's code: whole milliseconds of `[0, B_n)`, `B` doubling until about half of `max`, then `max`.
    Envoy,
    /// resilience4j's randomised wait: `max(1 ms, v(1-f) + U · (2fv + 1 ms))`.
    Resilience4j(Share),
    /// Polly v8's exponential "decorrelated jitter v2".
    PollyV2,
    /// tower: `min(max, v + U(0, j · v))`.
    Tower(Share),
    /// Finagle `equalJittered`: first wait `base`, then `min(max, h + U(0, h))`, `h = min(max, base · 2^(k-1))`.
    FinagleEqual,
    /// Finagle `decorrelatedJittered`: `U(previous, 3 · previous)`, capped.
    FinagleDecorrelated,
}

/// What `fixed` can be combined with: every formula that needs no growth.
const FIXED_JITTER: &[&str] = &["none", "full", "equal", "ratio", "resilience4j"];

/// What `linear` can be combined with.
const LINEAR_JITTER: &[&str] = &["none", "full", "equal", "ratio"];

impl RetrySettings {
    /// The largest `max_attempts` that is a number; more is a mistake, or should say `"unlimited"`.
    pub const MAX_ATTEMPTS: u32 = 1000;

    /// Notes what is wrong with these settings; `problems` is at `retry`.
    pub fn check(&self, problems: &mut Problems) {
        problems.at("max_attempts", |problems| self.check_max_attempts(problems));
        problems.at("backoff", |problems| self.backoff.check(problems));
        problems.at("budget", |problems| self.budget.iter().for_each(|budget| budget.check(problems)));
        for (index, &class) in self.retry_on.iter().enumerate() {
            problems.at_index("retry_on", index, |problems| check_class(class, problems));
        }
    }

    fn check_max_attempts(&self, problems: &mut Problems) {
        match self.max_attempts {
            Limit::At(0) => problems.error(
                "`max_attempts` counts the first try, so with 0 the call would never be made",
                "write `1` for a call without retries",
            ),
            Limit::At(number) if number > Self::MAX_ATTEMPTS => problems.error(
                format!("`max_attempts` is {number}, more than {}", Self::MAX_ATTEMPTS),
                format!("write at most `{}`, or `\"unlimited\"`", Self::MAX_ATTEMPTS),
            ),
            Limit::Unlimited
                if Backoff::new(&self.backoff).can_be_zero()
                    && !self.budget.as_ref().is_some_and(RetryBudgetSettings::is_spent_by_retries) =>
            {
                problems.error(
                    "unlimited attempts with a backoff that can be 0 could go on for ever at one instant",
                    "limit `max_attempts`, write a `budget` that retries spend, or a wait that is never 0: `backoff = { fixed = { base = \"1s\" } }`, or `jitter = \"equal\"`",
                );
            }
            Limit::At(_) | Limit::Unlimited => {}
        }
    }
}

fn check_class(class: Class, problems: &mut Problems) {
    match class {
        Class::Ok => {
            problems.error("`ok` is a success and is never tried again", "remove `ok` from `retry_on`");
        }
        Class::AppError | Class::DeadlineExceeded | Class::Cancelled | Class::LocalReject => {
            let allowed = default_retry_on().into_iter().chain([Class::Conflict]);
            let allowed: Vec<String> = allowed.map(|class| format!("`{class}`")).collect();
            problems.error(
                format!("`{class}` is never tried again"),
                format!("`retry_on` can name {}", allowed.join(", ")),
            );
        }
        Class::ServerError
        | Class::Conflict
        | Class::GatewayError
        | Class::Overloaded
        | Class::ConnectFailure
        | Class::RefusedStream
        | Class::Reset
        | Class::AttemptTimeout => {}
    }
}

impl BackoffSettings {
    /// Notes what is wrong with these settings; `problems` is at `backoff`.
    pub fn check(&self, problems: &mut Problems) {
        match self {
            Self::None => {}
            Self::Fixed(fixed) => problems.at("fixed", |problems| {
                check_range(fixed.base, Limit::Unlimited, problems);
                check_combination("fixed", FIXED_JITTER, &fixed.jitter, problems);
            }),
            Self::Linear(linear) => problems.at("linear", |problems| {
                check_range(linear.base, linear.max, problems);
                check_combination("linear", LINEAR_JITTER, &linear.jitter, problems);
            }),
            Self::Exponential(exponential) => {
                problems.at("exponential", |problems| exponential.check(problems));
            }
        }
    }
}

fn check_range(base: Duration, max: Limit<Duration>, problems: &mut Problems) {
    if base.is_zero() {
        problems.at("base", |problems| {
            problems.warning("a wait of 0 is no wait", "write `backoff = \"none\"`, or a `base` above 0");
        });
    }
    if max.limited().is_some_and(|max| max < base) {
        problems.at("max", |problems| {
            problems
                .error("`max` is shorter than `base`, the first wait", "write a `max` of at least `base`");
        });
    }
}

fn check_combination(growth: &str, allowed: &[&str], jitter: &JitterSettings, problems: &mut Problems) {
    if allowed.contains(&jitter.name()) {
        return;
    }
    let allowed: Vec<String> = allowed.iter().map(|name| format!("`{name}`")).collect();
    problems.at("jitter", |problems| {
        problems.error(
            format!("`jitter = \"{}\"` has no meaning with `{growth}`", jitter.name()),
            format!("`{growth}` takes {}; `exponential` takes every jitter", allowed.join(", ")),
        );
    });
}

impl ExponentialSettings {
    fn check(&self, problems: &mut Problems) {
        check_range(self.base, self.max, problems);
        let multiplier = self.multiplier.get();
        if multiplier < 1.0 {
            problems.at("multiplier", |problems| {
                problems.error(
                    format!("`multiplier` is {multiplier}: waits would become shorter"),
                    "write a `multiplier` of at least 1; 2 doubles the wait each time",
                );
            });
        } else if multiplier != 2.0 && self.jitter.has_growth_of_its_own() {
            problems.at("multiplier", |problems| {
                problems.error(
                    format!("`multiplier` has no meaning with `jitter = \"{}\"`, whose growth is part of the formula", self.jitter.name()),
                    "remove `multiplier`",
                );
            });
        }
        if self.jitter == JitterSettings::Envoy {
            problems.at("base", |problems| check_milliseconds(self.base, problems));
            if let Limit::At(max) = self.max {
                problems.at("max", |problems| check_milliseconds(max, problems));
            }
        }
    }
}

/// Envoy counts in whole milliseconds and needs at least one.
fn check_milliseconds(span: Duration, problems: &mut Problems) {
    if span.is_zero() || !span.as_ns().is_multiple_of(1_000_000) {
        problems.error(
            "Envoy's backoff counts in whole milliseconds, at least 1",
            "write whole milliseconds, such as `\"25ms\"`",
        );
    }
}

impl JitterSettings {
    /// The name in the model language.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Full => "full",
            Self::Equal => "equal",
            Self::Decorrelated => "decorrelated",
            Self::Ratio(_) => "ratio",
            Self::Envoy => "envoy",
            Self::Resilience4j(_) => "resilience4j",
            Self::PollyV2 => "polly_v2",
            Self::Tower(_) => "tower",
            Self::FinagleEqual => "finagle_equal",
            Self::FinagleDecorrelated => "finagle_decorrelated",
        }
    }

    /// Whether the formula fixes by itself how the wait grows, so that `multiplier` says nothing.
    const fn has_growth_of_its_own(&self) -> bool {
        match self {
            Self::Decorrelated
            | Self::Envoy
            | Self::PollyV2
            | Self::FinagleEqual
            | Self::FinagleDecorrelated => true,
            Self::None
            | Self::Full
            | Self::Equal
            | Self::Ratio(_)
            | Self::Resilience4j(_)
            | Self::Tower(_) => false,
        }
    }
}
