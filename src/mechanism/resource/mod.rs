//! Resources: the CPUs and the I/O channels of an instance, which its attempts share.
//!
//! Threads say how many attempts are inside a handler, CPUs how many of them can work at a time. An instance with more threads than CPUs takes on more than it can
//! do, and everybody's work takes longer: that is what a pool of threads that is too large costs. First come, first served lets long work stand in front of short work;
//! processor sharing, which is what time slices of an operating system amount to, lets short work pass, and mean times then do not depend on how work is
//! distributed but for its mean (Kleinrock, "Queueing Systems II", 1976). Bad for: what depends on single time slices, such as a scheduler's latency or a CPU quota.
//!
//! Sharing is not free: with more runnable threads than CPUs each time slice ends with a switch, which costs its own time and what the next thread has to fetch into the caches again (C. Li, C. Ding, K. Shen,
//! "Quantifying the cost of context switch", ExpCS 2007: 3.8 us directly on their machine, and up to more than 1 ms with what has to be fetched). [`SharedCpus`] takes that off the speed of all.
//!
//! [`Station`] is servers and a line before them; the sharing of processors is a speed, and so a matter of the clock of [contention](super::contention).

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Entry, SharedCpus, Station};
