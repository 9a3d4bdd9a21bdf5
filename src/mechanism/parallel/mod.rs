//! Parallel branches: several things at once, and how many of them must succeed.
//!
//! Waiting for all is scatter and gather: the slowest branch decides, so what is rare for one branch is common for the whole (Dean and Barroso, "The
//! Tail at Scale", CACM 2013: if one in a hundred answers is slow, 63 % of the requests with a hundred branches are). Waiting for some of them is the remedy and
//! its price: the others were work for nobody.
//!
//! [`Tally`] counts the branches of one step. It fails as soon as success is out of reach, as structured concurrency does (Java's `StructuredTaskScope`,
//! Go's `errgroup`, JavaScript's `Promise.all` and `any`).
//! Bad for: branches that must not be begun before another has ended; that is what a sequence of steps is for.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Progress, Tally};
