//! Arrivals: when requests come.
//!
//! In an open loop users do not wait for one another, so a slow system gets as much new work as a fast one; that is what lets a backlog stand.
//! The distinction decides more than any tuning (Schroeder, Wierman, Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI'06).
//! Poisson arrivals stand for many independent users (Palm–Khinchin); constant gaps for a load generator or a timer. Both are bad models of
//! bursts and sessions, where one arrival makes the next more likely: a rate that goes up and down at random (a Markov-modulated Poisson process; Fischer and
//! Meier-Hellstern, Performance Evaluation 1993) and partly open sessions are better there, and batches where a clock starts many at once.
//!
//! In a closed loop a fixed number of users wait for their answers and think in between: it can never have more requests inside than users, which is why load tests with a closed loop
//! see no collapse. Who the users are and what they do next is a matter of the engine; here stands only what can be written.
//!
//! A trace replays what really happened. It is the best model of one day, and of no other: it has no seed, so replicates of it differ only in what the system does;
//! and as it does not wait for answers, it cannot show what users would have done had the system been slow.
//!
//! The rate may change over the run ([`Profile`]). [`ArrivalProcess`] draws gaps of a process of rate 1 and maps them through the inverse of the
//! cumulative rate (Çinlar, "Introduction to Stochastic Processes", 1975), not by thinning: so the k-th gap belongs to the k-th arrival, whatever the rate.
//! A load spike is a second process over its own window and with its own stream; taking it away renumbers nobody.

mod batch;
mod diurnal;
mod modulation;
mod profile;
mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod trace;
#[cfg(test)]
mod trace_tests;

pub use batch::{Batch, BatchProcess};
pub use modulation::Modulation;
pub use profile::Profile;
pub use series::COLUMNS;
pub use settings::*;
pub use state::ArrivalProcess;
pub use trace::{Trace, TraceError, TraceNames, TraceProcess, TraceRecord};
