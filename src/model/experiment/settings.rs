//! What an experiment can say: variants of one model, under how many seeds, and what is expected of them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::metric::{Bound, Metric, Precision, VerdictName};
use super::sweep::{AxisSettings, DesignSettings};

/// Variants of one model, run under the same seeds and compared.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// The model that is varied: a path from the folder of the experiment.
    pub model: String,
    /// What the experiment is to show, in a sentence.
    #[serde(default)]
    pub claim: String,
    /// Under how many seeds each variant runs, or how precise the result is to be.
    pub seeds: SeedSettings,
    /// The first seed; the others follow it.
    #[serde(default = "first_seed")]
    pub first_seed: u64,
    /// The variant that the others are compared with; by default the one that stands first.
    #[serde(default)]
    pub baseline: Option<String>,
    /// What is compared: changes of the model, by name.
    #[serde(default)]
    pub variants: Named<VariantSettings>,
    /// What is varied, by its path in quotes; `metastable sweep` runs every combination.
    #[serde(default)]
    pub sweep: Named<AxisSettings>,
    /// How the values of the axes are put together.
    #[serde(default)]
    pub design: DesignSettings,
    /// What has to be so for the claim to hold, by name.
    #[serde(default)]
    pub expect: Named<ExpectSettings>,
}

fn first_seed() -> u64 {
    1
}

/// A table whose entries are named by the user, in the order of the text: people put first what they think of first.
#[derive(Clone, PartialEq, Debug)]
pub struct Named<T>(Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    /// The entries with their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names.
    pub fn names(&self) -> Vec<&str> {
        self.iter().map(|(name, _)| name).collect()
    }

    /// Where the entry of this name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.iter().position(|(other, _)| other == name)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Named(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        std::collections::BTreeMap::<String, T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        std::collections::BTreeMap::<String, T>::json_schema(generator)
    }
}

/// Under how many seeds each variant runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum SeedSettings {
    /// Under so many.
    Count(u64),
    /// Until the result is precise enough.
    Until(UntilSettings),
}

/// Seeds are added in batches of a fixed size until the result is precise enough.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UntilSettings {
    /// A metric and a share: the 95 % interval of its mean reaches no further than this share of the mean to either side, for every variant.
    pub until: Precision,
    /// Never more seeds than this.
    pub at_most: u64,
}

impl SeedSettings {
    /// The largest number of seeds that each variant may run under.
    pub fn at_most(self) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Until(until) => until.at_most,
        }
    }
}

const SEEDS_EXPECTED: &str =
    "a number of seeds such as `20`, or a precision such as `{ until = \"p99 5%\", at_most = 200 }`";

impl<'de> Deserialize<'de> for SeedSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seeds;
        impl<'de> Visitor<'de> for Seeds {
            type Value = SeedSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SEEDS_EXPECTED)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<SeedSettings, E> {
                let refused = |_| E::invalid_value(serde::de::Unexpected::Signed(number), &self);
                u64::try_from(number).map(SeedSettings::Count).map_err(refused)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<SeedSettings, E> {
                Ok(SeedSettings::Count(number))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SeedSettings, A::Error> {
                UntilSettings::deserialize(MapAccessDeserializer::new(map)).map(SeedSettings::Until)
            }
        }
        deserializer.deserialize_any(Seeds)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for SeedSettings {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SeedSettings".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "How many seeds each variant runs under, or how precise the result is to be.",
            "anyOf": [{ "type": "integer", "minimum": 2 }, generator.subschema_for::<UntilSettings>()],
        })
    }
}

/// What a variant changes in the model; nothing: the model as it is.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VariantSettings {
    /// Values by their paths in quotes, as behind `--set`: `{ "policies.db.retry.max_attempts" = 1 }`.
    #[serde(default)]
    pub set: Assignments,
    /// Paths that are removed, as behind `--unset`, before anything is set.
    #[serde(default)]
    pub unset: Vec<String>,
}

/// The paths of a variant's `set`; their values stay in the document until they are put into the model.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Assignments(Vec<String>);

impl Assignments {
    /// The paths, in the order of the text.
    pub fn paths(&self) -> &[String] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Assignments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Named::<IgnoredAny>::deserialize(deserializer)?;
        Ok(Self(entries.0.into_iter().map(|(path, _)| path).collect()))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Assignments {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Assignments".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "Values by their paths in the model.", "type": "object" })
    }
}

/// One thing that has to be so for the claim to hold: how often a verdict comes, how large the mean of a metric is, or along which axis of a sweep a verdict comes more often.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExpectSettings {
    /// The variant that it is about; with `rises_with` or `falls_with` all of them if none is named.
    #[serde(default)]
    pub variant: String,
    /// A verdict; the bounds are about the share of the seeds that it comes with. `recovered` is met by `unaffected` too.
    #[serde(default)]
    pub verdict: Option<VerdictName>,
    /// A metric; the bounds are about its mean over the seeds.
    #[serde(default)]
    pub metric: Option<Metric>,
    /// Another variant; the bounds are then about the metric of `variant` less that of this one, seed by seed.
    #[serde(default)]
    pub versus: Option<String>,
    /// An axis of the sweep along which the verdict comes more and more often.
    #[serde(default)]
    pub rises_with: Option<String>,
    /// An axis of the sweep along which the verdict comes less and less often.
    #[serde(default)]
    pub falls_with: Option<String>,
    /// The lower bound.
    #[serde(default)]
    pub at_least: Option<Bound>,
    /// The upper bound.
    #[serde(default)]
    pub at_most: Option<Bound>,
}
