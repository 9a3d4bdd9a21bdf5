//! Several runs that belong together. Runs are values in, tables out; nothing here knows of files or terminals.

mod determinism;
mod trial;

pub use determinism::{Comparison, Difference, check_determinism};
pub use trial::{Progress, Stopped, Trial, TrialOptions, simulate};
