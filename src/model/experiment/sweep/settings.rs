//! What the `sweep` of an experiment can say: one axis for each path that is varied, and how their values are put together.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::quantity::Scalar;

/// The values of one path. Exactly one of `values`, `range` and `column`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AxisSettings {
    /// What the column of the results is called; by default the path.
    #[serde(default)]
    pub name: Option<String>,
    /// Each of these: `["1s", "3s", "10s"]`.
    #[serde(default)]
    pub values: Option<Values>,
    /// From one number to another.
    #[serde(default)]
    pub range: Option<RangeSettings>,
    /// The column of the design matrix that has the values.
    #[serde(default)]
    pub column: Option<String>,
    /// The unit of that column, if its numbers have none: `"ms"`, `"/s"`, `"%"`.
    #[serde(default)]
    pub unit: Option<String>,
}

/// How many values an axis has; what they are stays in the document until it is put into the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Values(pub usize);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<IgnoredAny>::deserialize(deserializer).map(|values| Self(values.len()))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Values {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Values".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "array", "minItems": 1 })
    }
}

/// From one number to another, both included.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RangeSettings {
    /// The first value.
    pub from: Scalar,
    /// The last one, in a unit of the same kind.
    pub to: Scalar,
    /// How many values a grid takes, the first and the last among them.
    #[serde(default)]
    pub steps: Option<u64>,
    /// How the values lie between the two.
    #[serde(default)]
    pub scale: Scale,
}

/// How values lie between two others: in equal steps, or in equal ratios.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Each by as much above the last.
    #[default]
    Linear,
    /// Each so many times the last.
    Log,
}

impl Scale {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Log => "log",
        }
    }
}

/// How the values of the axes are put together.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DesignSettings {
    /// Every value of each axis with every value of the others; the last axis changes fastest.
    #[default]
    Grid,
    /// As many values of each axis as there are points, one in each of as many equal parts, in random order (McKay, Beckman and Conover 1979).
    LatinHypercube(LatinHypercubeSettings),
    /// The first points of the sequence of Sobol (1967), with the direction numbers of Joe and Kuo (2008).
    Sobol(SobolSettings),
    /// A CSV file with a row for each point, and a line of column names: a path from the folder of the experiment.
    Matrix(String),
}

/// A Latin hypercube.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LatinHypercubeSettings {
    /// How many points.
    pub points: u64,
    /// Another seed, other points.
    #[serde(default = "seed")]
    pub seed: u64,
}

fn seed() -> u64 {
    1
}

/// Points of a Sobol sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SobolSettings {
    /// How many points, a power of two: only those are spread evenly.
    pub points: u64,
}
