//! What can be written about contention.

use serde::{Deserialize, Serialize};

use crate::quantity::{Factor, Share};

/// `contention = { linear = { per_request = "1%", counts = "with_self", applies = "throughout" } }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContentionSettings {
    /// Work takes longer by a constant share for each attempt in `work` on the same instance.
    Linear(LinearSettings),
    /// The universal scalability law: work takes longer for what is shared (σ) and for what must be agreed on with all others (κ).
    Usl(UslSettings),
}

/// The fields of `usl`: with n attempts in `work` each goes at `1 / (1 + σ·(n-1) + κ·n·(n-1))` (Gunther, "Guerrilla Capacity Planning", 2007). Throughput peaks at
/// n = √((1-σ)/κ) and falls from there on.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UslSettings {
    /// Contention: the share of the work that only one can do at a time.
    pub sigma: Share,
    /// Coherency: what each pair costs, as a multiple of the work.
    pub kappa: Factor,
    /// When the number of attempts is looked at.
    #[serde(default)]
    pub applies: Applies,
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
