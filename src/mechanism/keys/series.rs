//! What keys report.

use crate::mechanism::Column;

/// Nothing of their own: keys show in what is picked, kept or locked by them.
pub const COLUMNS: &[Column] = &[];
