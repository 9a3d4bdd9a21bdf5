//! What can be written about contention.

use serde::{Deserialize, Serialize};

use crate::quantity::Share;

/// `contention = { linear = { per_request = "1%", counts = "with_self", applies = "throughout" } }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContentionSettings {
    /// Work takes longer by a constant share for each attempt in `work` on the same instance.
    Linear(LinearSettings),
}

/// The fields of `linear`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinearSettings {
    /// By how much each counted attempt stretches the work.
    pub per_request: Share,
    /// Whether the attempt itself is counted.
    #[serde(default)]
    pub counts: Counts,
    /// When the number of attempts is looked at.
    #[serde(default)]
    pub applies: Applies,
}

/// Which attempts in `work` are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// All of the instance, the one in question included.
    #[default]
    WithSelf,
    /// All of the instance but the one in question.
    Others,
}

/// When the number of attempts in `work` decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// At every moment: whoever joins slows those who are there already.
    #[default]
    Throughout,
    /// Once, when the work begins.
    AtStart,
}
