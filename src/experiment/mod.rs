//! Several runs that belong together. Runs are values in, tables out; nothing here knows of files or terminals.

mod determinism;
#[cfg(feature = "cli")]
mod replicates;
mod trial;

pub use determinism::{Comparison, Difference, check_determinism};
#[cfg(feature = "cli")]
pub use replicates::{Replicate, ReplicateWorkload, conduct_replicates};
pub use trial::{Progress, Stopped, Trial, TrialOptions, simulate};
