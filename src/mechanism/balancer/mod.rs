//! Balancing: which instance of a service a client sends an attempt to.
//!
//! Round robin gives every instance the same number of attempts, random the same on average; both are blind, and so bad for instances that
//! differ: a slow one keeps getting its full share, and queues behind it. Weights say beforehand how instances differ, and are wrong as soon as one degrades.
//! Counting the attempts in flight notices that by itself: the fewest of all, or of two drawn at random, which is nearly as good and does not make clients
//! that know the same thing choose the same instance (Mitzenmacher, IEEE TPDS 2001). It is bad for instances that fail fast: they always have the fewest.
//! Hashing sends a key to the same instance every time, which is good for what that instance keeps in memory, and bad for a key that many ask for, and for retries.
//! Clients that all start at the first instance would march in step; as in Envoy, each starts at an instance drawn for it.
//!
//! A client knows only of its own attempts. Without health checks a crashed instance stays in rotation. Left out: loads that instances report, zones, subsets.

mod choice;
mod ring;
mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use ring::Ring;
pub use series::COLUMNS;
pub use settings::*;
pub use state::{Balancer, BalancerState, PeerState, Peers};
