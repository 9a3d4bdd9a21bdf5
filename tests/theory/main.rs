//! The simulator against closed forms.
//!
//! Each expectation is a number from queueing theory or plain arithmetic, never one that the simulator printed. A mean or a probability must lie within four
//! standard errors of the exact value, and these are themselves bounded, so that no test passes for want of data.

mod backoff;
mod balancing;
mod caches;
mod estimate;
mod hedging;
mod locks;
mod many_servers;
mod memory;
mod moments;
mod parallel;
mod patience;
mod rate_limits;
mod retries;
mod sharing;
mod single_server;
mod station;
mod steady;
mod tandem;
mod users;
#[path = "../util/mod.rs"]
mod util;
