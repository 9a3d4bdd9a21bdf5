//! What parallel branches report.

use crate::mechanism::Column;

/// Nothing of their own: calls of branches are counted by their edges, work of branches by their service, work of branches that nobody waited for as wasted.
pub const COLUMNS: &[Column] = &[];
