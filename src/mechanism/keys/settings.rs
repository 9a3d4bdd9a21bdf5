//! What can be written about keys.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::{Duration, Factor, Limit, Share};

/// `keys = { zipf = { exponent = 0.99, count = 1_000_000 } }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KeySettings {
    /// The i-th most popular key is asked for in proportion to `1 / i^exponent` (Zipf's law): a few very often, most hardly ever.
    Zipf(ZipfSettings),
    /// All alike.
    Uniform(UniformSettings),
    /// A few get a fixed share, alike among themselves, and the others the rest (YCSB's hot spot).
    HotSpot(HotSpotSettings),
}

/// `{ exponent = 0.99, count = 1_000_000 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ZipfSettings {
    /// How steep: 0 is uniform; web pages were found between 0.64 and 0.83 (Breslau et al., INFOCOM 1999), YCSB takes 0.99.
    #[serde(default = "ycsb")]
    pub exponent: Factor,
    /// How many keys there are. `"unlimited"`: without end, so that some are always asked for the first time; this needs an exponent above 1.
    pub count: Limit<u32>,
}

/// `{ count = 1_000_000 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UniformSettings {
    /// How many keys there are.
    pub count: u32,
}

/// `{ count = 1_000_000, hot = 1000, share = "80%" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HotSpotSettings {
    /// How many keys there are.
    pub count: u32,
    /// How many of them are hot.
    pub hot: u32,
    /// How much of the requests goes to those.
    pub share: Share,
}

/// `key_drift = { every = "10s", by = 100 }`: what is popular moves on over a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyDriftSettings {
    /// How often, counted from the begin of the run.
    pub every: Duration,
    /// By how many keys: what was asked about the key n is then asked about the key n + `by`, and about the first after the last.
    pub by: u32,
}

fn ycsb() -> Factor {
    Factor::new(0.99).expect("invariant: 0.99 is a factor")
}

/// Steeper than this, and one key is all there is.
const EXPONENT_MAX: f64 = 20.0;

impl KeyDriftSettings {
    /// Notes what is wrong with these settings for requests about these keys; `problems` is at `key_drift`.
    pub fn check(&self, keys: Option<&KeySettings>, problems: &mut Problems) {
        if self.every.is_zero() {
            problems.at("every", |problems| {
                problems.error("it would never stand still", "write how often it moves, such as \"10s\"");
            });
        }
        let help = "remove `key_drift`, or write `keys` some of which are more popular than others";
        match keys {
            None => problems.warning("nothing drifts: all requests are about the same", help),
            Some(KeySettings::Uniform(_)) => problems.warning("nothing drifts: all keys are alike", help),
            Some(keys) => {
                let is_back = |count: u32| count > 0 && self.by.is_multiple_of(count);
                if self.by == 0 || keys.count().limited().is_some_and(is_back) {
                    problems.at("by", |problems| {
                        problems.warning(
                            "nothing drifts: a step ends where it began",
                            "write by how many keys, fewer than there are",
                        );
                    });
                }
            }
        }
    }
}

impl KeySettings {
    /// How many keys there are.
    pub const fn count(&self) -> Limit<u32> {
        match self {
            Self::Zipf(zipf) => zipf.count,
            Self::Uniform(uniform) => Limit::At(uniform.count),
            Self::HotSpot(hot_spot) => Limit::At(hot_spot.count),
        }
    }

    /// Notes what is wrong with these settings; `problems` is at `keys`.
    pub fn check(&self, problems: &mut Problems) {
        match self {
            Self::Zipf(zipf) => problems.at("zipf", |problems| {
                match zipf.count {
                    Limit::At(count) => check_count(count, problems),
                    Limit::Unlimited => check_has_sum(zipf.exponent.get(), problems),
                }
                if zipf.exponent.get() > EXPONENT_MAX {
                    problems.at("exponent", |problems| {
                        problems.error(
                            format!("an exponent of {} is above {EXPONENT_MAX}", zipf.exponent.get()),
                            "write a number such as 0.99; above 2 hardly any key but the first is asked for",
                        );
                    });
                }
            }),
            Self::Uniform(uniform) => problems.at("uniform", |problems| check_count(uniform.count, problems)),
            Self::HotSpot(hot_spot) => problems.at("hot_spot", |problems| {
                check_count(hot_spot.count, problems);
                if hot_spot.hot == 0 || hot_spot.hot >= hot_spot.count {
                    problems.at("hot", |problems| {
                        problems.error(
                            format!("`{}` is not between 1 and the other keys", hot_spot.hot),
                            "write how many of the `count` keys are hot: at least one, and not all",
                        );
                    });
                }
            }),
        }
    }
}

/// The popularities of all keys are shares of their sum.
fn check_has_sum(exponent: f64, problems: &mut Problems) {
    if exponent <= 1.0 {
        problems.at("exponent", |problems| {
            problems.error(
                format!(
                    "with an exponent of {exponent} the popularities of unlimited keys have no sum, so that any key would be asked for hardly ever"
                ),
                "write an exponent above 1, such as 1.3, or how many keys there are as `count`",
            );
        });
    }
}

fn check_count(count: u32, problems: &mut Problems) {
    if count == 0 {
        problems.at("count", |problems| problems.error("there is no key", "write at least 1"));
    }
}
