//! Faults: what goes wrong, and what merely changes, during a run.
//!
//! A fault is a change with a begin and perhaps an end: instances become slow, stand still, or die; attempts fail; messages are late, get lost or are cut off;
//! load comes or goes; a configuration is pushed. As a *trigger* it belongs to the question (does the system come back when it is over?), as *background* to
//! the world. It happens once, or again and again at times that are drawn, or when another one does: failures are correlated. The names are those of Chaos
//! Mesh, Toxiproxy and Envoy where these agree; slow instances ("limplock") are from Do et al., Symposium on Cloud Computing 2013; most failures of partial
//! partitions are silent and lasting (Alfatafta et al., OSDI 2020), so a partition may concern only some pairs.
//!
//! The engine carries faults out; here is what can be written, when they happen ([`Timing`]), which instances are hit ([`select_instances`]), who is cut off
//! from whom ([`Side`]), and what is in force on one instance when several overlap ([`Effects`]). Bad for: faults that follow from the state of the system,
//! such as a process that runs out of memory. Left out so far: clocks, disks, name resolution.

mod check;
mod kinds;
mod select;
mod series;
mod settings;
mod side;
mod state;
#[cfg(test)]
mod tests;
mod timing;
#[cfg(test)]
mod timing_tests;

pub use kinds::*;
pub use select::{Select, select_instances};
pub use series::COLUMNS;
pub use settings::*;
pub use side::Side;
pub use state::{Effect, Effects};
pub use timing::{RAMP_STEPS, Timing, ramp_step_at};
