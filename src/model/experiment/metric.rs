//! The words of an experiment: verdicts, metrics, and bounds in their units.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::kernel::Duration;
use crate::model::spelling::closest;
use crate::quantity::{Rate, Share};

/// A verdict by its word; why is said elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerdictName {
    /// Without a trigger the requests succeed.
    Healthy,
    /// Goodput never fell.
    Unaffected,
    /// Goodput fell, and came back for good.
    Recovered,
    /// The run does not tell.
    Undecided,
    /// The trigger is gone, and goodput stays down.
    Metastable,
    /// The system fails without a trigger.
    Unstable,
}

impl VerdictName {
    /// All of them, from good to bad.
    pub const ALL: [Self; 6] =
        [Self::Healthy, Self::Unaffected, Self::Recovered, Self::Undecided, Self::Metastable, Self::Unstable];

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unaffected => "unaffected",
            Self::Recovered => "recovered",
            Self::Undecided => "undecided",
            Self::Metastable => "metastable",
            Self::Unstable => "unstable",
        }
    }

    /// Whether the system works in the end.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Healthy | Self::Unaffected | Self::Recovered)
    }

    /// Whether a run with the verdict `found` meets an expectation of this one: who never fell need not come back.
    pub fn is_met_by(self, found: Self) -> bool {
        self == found || (self == Self::Recovered && found == Self::Unaffected)
    }
}

/// What a metric is measured in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Events per second.
    PerSecond,
    /// A share of 1.
    Ratio,
    /// Seconds.
    Seconds,
    /// A plain number.
    Number,
}

impl Unit {
    /// How a bound in this unit is written.
    pub fn example(self) -> &'static str {
        match self {
            Self::PerSecond => "a rate such as \"1400/s\"",
            Self::Ratio => "a share such as \"90%\"",
            Self::Seconds => "a duration such as \"800ms\"",
            Self::Number => "a number such as 1.5",
        }
    }
}

/// One number per run, over all of its workloads and after its warm-up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Requests per second that succeeded while still wanted.
    Goodput,
    /// The share of the requests that succeeded while still wanted.
    Success,
    /// The median latency of what succeeded; of several workloads that of the slowest.
    P50,
    /// The 99th percentile of the latency of what succeeded; of several workloads that of the slowest.
    P99,
    /// The 99.9th percentile of the latency of what succeeded; of several workloads that of the slowest.
    P999,
    /// From the end of the trigger until goodput was back for good; who is not back counts with all the time that was looked at.
    Recovery,
    /// Attempts per call of the edge that has most of them.
    Amplification,
    /// The share of the work whose result nobody used.
    WastedWork,
    /// Attempts of all edges per request: what it costs.
    Attempts,
}

impl Metric {
    /// All of them, in the order of columns.
    pub const ALL: [Self; 9] = [
        Self::Goodput,
        Self::Success,
        Self::P50,
        Self::P99,
        Self::P999,
        Self::Recovery,
        Self::Amplification,
        Self::WastedWork,
        Self::Attempts,
    ];

    /// How it is written in an experiment.
    pub fn name(self) -> &'static str {
        match self {
            Self::Goodput => "goodput",
            Self::Success => "success",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::P999 => "p999",
            Self::Recovery => "recovery",
            Self::Amplification => "amplification",
            Self::WastedWork => "wasted_work",
            Self::Attempts => "attempts",
        }
    }

    /// What it is called in files, with its unit.
    pub fn column(self) -> &'static str {
        match self {
            Self::Goodput => "goodput_per_s",
            Self::Success => "success_ratio",
            Self::P50 => "latency_p50_s",
            Self::P99 => "latency_p99_s",
            Self::P999 => "latency_p999_s",
            Self::Recovery => "time_to_recovery_s",
            Self::Amplification => "attempts_per_call_worst",
            Self::WastedWork => "wasted_work_ratio",
            Self::Attempts => "attempts_per_request",
        }
    }

    /// What it is measured in.
    pub fn unit(self) -> Unit {
        match self {
            Self::Goodput => Unit::PerSecond,
            Self::Success | Self::WastedWork => Unit::Ratio,
            Self::P50 | Self::P99 | Self::P999 | Self::Recovery => Unit::Seconds,
            Self::Amplification | Self::Attempts => Unit::Number,
        }
    }

    /// Its place in [`Metric::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// A bound as written, with its unit: `"90%"`, `"800ms"`, `"1400/s"`, `1.5`; differences may be negative.
#[derive(Clone, PartialEq, Debug)]
pub struct Bound {
    value: f64,
    unit: Unit,
    text: String,
}

impl Bound {
    /// In the unit: shares of 1, seconds, events per second.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The unit.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    fn number(value: f64) -> Self {
        Self { value, unit: Unit::Number, text: value.to_string() }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (sign, size) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
        let (value, unit) = if size.ends_with('%') {
            (size.parse::<Share>().map_err(|error| error.to_string())?.as_f64(), Unit::Ratio)
        } else if size.contains('/') {
            (size.parse::<Rate>().map_err(|error| error.to_string())?.as_per_s_f64(), Unit::PerSecond)
        } else if let Ok(duration) = size.parse::<Duration>() {
            (duration.as_secs_f64(), Unit::Seconds)
        } else {
            return Err(format!(
                "`{text}` is not a bound: write for example \"90%\", \"800ms\", \"1400/s\" or 1.5"
            ));
        };
        Ok(Self { value: sign * value, unit, text: text.to_owned() })
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Bound;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bound such as \"90%\", \"800ms\", \"1400/s\" or 1.5")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Bound, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Bound, E> {
                Ok(Bound::number(number as f64))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Bound, E> {
                Ok(Bound::number(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Bound, E> {
                let misfit = || E::custom("a bound is a finite number: write for example 1.5");
                number.is_finite().then(|| Bound::number(number)).ok_or_else(misfit)
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Bound {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bound".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A bound in the unit of what it is about: a share, a duration, a rate, a number. That of a difference may be negative.",
            "anyOf": [{ "type": "string", "pattern": "^-?[0-9]" }, { "type": "number" }],
            "examples": ["90%", "800ms", "1400/s", 1.5],
        })
    }
}

/// A metric and how precisely its mean is to be known: `"p99 5%"`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Precision {
    /// The metric.
    pub metric: Metric,
    /// Half the width of the 95 % interval of the mean, as a share of the mean.
    pub share: Share,
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (metric, share) = text
            .split_once(' ')
            .ok_or_else(|| format!("`{text}` is not a metric and a share: write for example \"p99 5%\""))?;
        let names = Metric::ALL.map(Metric::name);
        let metric = Metric::ALL.into_iter().find(|known| known.name() == metric).ok_or_else(|| {
            let meant = closest(metric, &names).unwrap_or("p99");
            format!("there is no metric `{metric}`: write \"{meant} {share}\"")
        })?;
        let share: Share = share.trim_start().parse().map_err(|error| format!("{error}"))?;
        if share == Share::ZERO {
            return Err("nothing is known to 0%: write for example \"p99 5%\"".to_owned());
        }
        Ok(Self { metric, share })
    }
}

impl<'de> Deserialize<'de> for Precision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Precision;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a metric and a share such as \"p99 5%\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Precision, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Written)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Precision {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Precision".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A metric and how precisely its mean is to be known.",
            "type": "string",
            "pattern": format!("^({}) +[0-9]+(\\.[0-9]+)?%$", Metric::ALL.map(Metric::name).join("|")),
            "examples": ["p99 5%", "goodput 1%"],
        })
    }
}
