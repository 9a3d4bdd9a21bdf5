//! Balancing: which instance of a service a client sends an attempt to.
//!
//! Round robin gives every instance the same number of attempts, random the same on average; both are blind, and so bad for instances that
//! differ: a slow one keeps getting its full share, and queues behind it (Mitzenmacher, IEEE TPDS 2001, on what looking at two of them is worth).
//! Clients that all start at the first instance would march in step; as in Envoy, each starts at an instance drawn for it.
//!
//! Without health checks a crashed instance stays in rotation. Left out: weights, loads, zones, subsets.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Balancer, BalancerState};
