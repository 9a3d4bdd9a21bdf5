//! Who goes first.

use serde::{Deserialize, Serialize};

/// How much a request matters, where something is ordered by it. Four levels are what most systems that have any tell apart (Google SRE book, chapter 21:
/// `CRITICAL_PLUS`, `CRITICAL`, `SHEDDABLE_PLUS`, `SHEDDABLE`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Priority {
    /// Before everything else.
    Critical,
    /// Before what is normal.
    High,
    /// What most requests are.
    #[default]
    Normal,
    /// After everything else: batch work, prefetching.
    Low,
}

impl Priority {
    /// How many levels there are.
    pub const COUNT: usize = 4;

    /// 0 for the most important.
    pub const fn level(self) -> u8 {
        self as u8
    }
}
