//! What can be written about registers.

use serde::{Deserialize, Serialize};

/// `[registers.account]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RegisterSettings {
    /// How many values there are. No default.
    pub scope: RegisterScope,
}

/// How many values there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RegisterScope {
    /// One for each key of the requests: the rows of a table, the items of a bucket.
    Key,
    /// One for everybody: a counter, a configuration, the head of a log.
    Global,
}
