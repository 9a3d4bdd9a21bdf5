//! Queues: where attempts wait for a thread.
//!
//! A queue turns a short burst into delay instead of failure. It is bad for a long one: what waits longer than its caller is served for nobody,
//! and a first-in-first-out queue that is longer than the callers' patience serves *only* such attempts, at full speed, for as long as the load lasts
//! (Huang et al., OSDI'22). A bound turns waiting into failure; last in, first out serves those who are still there at the cost of those who came
//! first (Maurer, "Fail at Scale", ACM Queue 2015).
//!
//! [`Queue`] knows neither time nor deadlines: whoever takes an attempt out looks at these. Left out: priorities, controlled delay, limits of the time in queue.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Full, Queue, Ticket};
