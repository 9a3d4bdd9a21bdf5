//! What can be written about locks.

use serde::{Deserialize, Serialize};

use crate::quantity::{Duration, Limit};

/// `[locks.row]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LockSettings {
    /// Who gets into each other's way. No default: it decides more than anything else.
    pub scope: LockScope,
    /// How long an attempt waits at most; then the step fails with `conflict`. `"0s"`: it does not wait (`NOWAIT`, `tryLock`). As in PostgreSQL (`lock_timeout`), it is unlimited by default; InnoDB's is 50 s.
    #[serde(default = "for_ever")]
    pub wait_timeout: Limit<Duration>,
}

/// Who gets into each other's way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LockScope {
    /// Those whose requests are about the same key, wherever they are: a row.
    Key,
    /// Those in the same instance: a mutex.
    Instance,
    /// Everybody: a table, a leader, a lock in a coordination service.
    Global,
}

/// How a lock is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// By one alone: to write.
    #[default]
    Exclusive,
    /// Together with others who share it: to read. Whoever comes after somebody who waits to write waits behind that one.
    Shared,
}

fn for_ever() -> Limit<Duration> {
    Limit::Unlimited
}
