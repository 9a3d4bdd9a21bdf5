//! Queues: where attempts wait for a thread.
//!
//! A queue turns a short burst into delay instead of failure. It is bad for a long one: what waits longer than its caller is served for nobody,
//! and a first-in-first-out queue that is longer than the callers' patience serves *only* such attempts, at full speed, for as long as the load lasts
//! (Huang et al., OSDI'22). A bound turns waiting into failure; last in, first out serves those who are still there at the cost of those who came
//! first (Maurer, "Fail at Scale", ACM Queue 2015).
//!
//! By priority, what matters least waits for everything else, and may wait for ever; adaptive last in, first out does the same to whoever came first in a congestion. A limit on the
//! time in the queue turns waiting into failure where the wait is long, whatever the length of the line.
//!
//! [`Queue`] knows no deadlines: whoever takes an attempt out looks at these, and sets the timer of the limit. Left out: controlled delay, fairness among tenants.

mod line;
mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Full, Queue, Ticket};
