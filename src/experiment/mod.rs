//! Several runs that belong together. Runs are values in, tables out; nothing here knows of files or terminals.

mod against;
#[cfg(feature = "cli")]
mod campaign;
#[cfg(feature = "cli")]
mod compare;
mod determinism;
mod diagnose;
mod explicit;
mod forest;
#[cfg(feature = "cli")]
mod hunt;
#[cfg(feature = "cli")]
mod hysteresis;
mod parallel;
mod property;
mod replay;
#[cfg(feature = "cli")]
mod replicates;
mod shrink;
mod traces;
mod trial;

pub use against::Twin;
#[cfg(feature = "cli")]
pub use campaign::{Layout, Outcome};
#[cfg(feature = "cli")]
pub use compare::{observe_variants, simulated_per_seed};
pub use determinism::{Comparison, Difference, check_determinism, first_difference};
pub use diagnose::{Action, Aftermath, Diagnosis, Finding, Remedy, Removal, Undiagnosed, diagnose};
pub use explicit::with_explicit_faults;
#[cfg(feature = "cli")]
pub use hunt::{Answer, Failure, Hunted, Hunting, Probe, ROUND, Strategy, hunt};
#[cfg(feature = "cli")]
pub use hysteresis::{observe_held, observe_ramp};
pub use replay::{Recorded, Replay, ReplayError, VERSION, record, replay};
#[cfg(feature = "cli")]
pub use replicates::{Replicate, ReplicateWorkload, conduct_replicates};
pub use shrink::{ShrinkError, Shrinking, Shrunk, Size, shrink, story};
pub use traces::{TRACE_RUNS, trace_requests};
pub use trial::{Progress, Stopped, Trial, TrialOptions, Variant, simulate};

/// Which state of the source this program was built from: two with the same mark give the same results. A change of the source changes it, whether results change or not.
pub const BUILD: &str = env!("METASTABLE_BUILD");
