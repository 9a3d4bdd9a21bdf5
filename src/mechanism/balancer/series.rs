//! What balancers report.

use crate::mechanism::Column;

/// Nothing of its own: what a balancer does is seen in what the instances receive, which `services.csv` sums over the service.
pub const COLUMNS: &[Column] = &[];
