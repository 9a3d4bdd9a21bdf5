//! Contention: work slows down when there is more of it at once.
//!
//! Threads share caches, locks, memory bandwidth and the run queue, so an instance with twice the attempts in `work` does less than twice the
//! work. That makes capacity fall just when it is needed: beyond some concurrency more load means less throughput, the sustaining effect of
//! congestive collapse (M. Brooker, "Simple collapse simulation"; Gunther, "Guerrilla Capacity Planning", on the universal scalability law).
//! The linear form is a rough fit: it has no plateau, and measured systems bend differently. The universal scalability law has two parameters to bend it with; fitted to
//! measurements below the peak it says little about what lies beyond.
//!
//! [`Contention`] says how fast work goes; [`WorkClock`] keeps track of work that goes at one common speed that changes.
//! CPUs as a number, and what it costs to switch between threads, are a [resource](super::resource).

mod clock;
mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use clock::{WorkClock, WorkTicket};
pub use series::COLUMNS;
pub use settings::*;
pub use state::Contention;
