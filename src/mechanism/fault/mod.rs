//! Faults: what goes wrong, and what merely changes, during a run.
//!
//! A fault is a change with a begin and perhaps an end: instances become slow, stand still, or die; attempts fail; load comes or goes. As a *trigger* it
//! belongs to the question (does the system come back when it is over?), as *background* to the world. The names are those of Chaos Mesh, Toxiproxy and
//! Envoy where these agree; slow instances ("limplock") are from Do et al., Symposium on Cloud Computing 2013.
//!
//! The engine carries faults out; here is what can be written, which instances are hit ([`select_instances`]), and what is in force on one instance when
//! several overlap ([`Effects`]). Bad for: faults that follow from the state of the system, such as a process that runs out of memory.
//! Left out so far: ramps, random repetition, partitions, zones.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Effect, Effects, select_instances};
