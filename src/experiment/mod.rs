//! Several runs that belong together. Runs are values in, tables out; nothing here knows of files or terminals.

#[cfg(feature = "cli")]
mod campaign;
#[cfg(feature = "cli")]
mod compare;
mod determinism;
#[cfg(feature = "cli")]
mod hysteresis;
#[cfg(feature = "cli")]
mod replicates;
mod trial;

#[cfg(feature = "cli")]
pub use campaign::{Layout, Outcome, caught};
#[cfg(feature = "cli")]
pub use compare::{Variant, observe_variants, simulated_per_seed};
pub use determinism::{Comparison, Difference, check_determinism};
#[cfg(feature = "cli")]
pub use hysteresis::{observe_held, observe_ramp};
#[cfg(feature = "cli")]
pub use replicates::{Replicate, ReplicateWorkload, conduct_replicates};
pub use trial::{Progress, Stopped, Trial, TrialOptions, simulate};

/// Which state of the source this program was built from: two with the same mark give the same results. A change of the source changes it, whether results change or not.
pub const BUILD: &str = env!("METASTABLE_BUILD");
