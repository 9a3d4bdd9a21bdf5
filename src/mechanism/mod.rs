//! Mechanisms: small state machines that know nothing of the simulator.
//!
//! Each takes `now` and an input, returns a decision, and can be tested in a page without an event list. Everything about a
//! mechanism lives in its folder: why it exists and its source (`mod.rs`), what can be written and what it means
//! (`settings.rs`), how it behaves (`state.rs`), what it reports (`series.rs`), and its tests (`tests.rs`). A test keeps the parts complete.

pub mod adaptive_throttle;
pub mod arrivals;
pub mod balancer;
pub mod bulkhead;
pub mod cache;
pub mod circuit_breaker;
pub mod connection_pool;
pub mod contention;
pub mod fault;
pub mod hedge;
pub mod keys;
pub mod lock;
pub mod memory;
pub mod network;
pub mod outlier_detection;
pub mod parallel;
pub mod queue;
pub mod rate_limit;
pub mod register;
pub mod resource;
pub mod retry;
pub mod retry_budget;

mod class;
mod column;
mod line;
mod priority;
mod problem;

pub use class::Class;
pub use column::{Column, Kind};
pub use priority::Priority;
pub use problem::{Problem, Problems};
