//! What faults report.

use crate::mechanism::Column;

/// Nothing by interval: `summary.json` lists every occurrence as it happened, and what it did is seen in the series of what it hit.
pub const COLUMNS: &[Column] = &[];
