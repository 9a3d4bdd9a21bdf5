//! Simulations written by hand for one system each, as fast as safe Rust gets with this effort: what the engine is compared with.
//!
//! They know their system at compile time and keep only the metrics that they need: goodput, attempts, time-outs, the median and the 99th
//! percentile per second. None of their code is the engine's, except for the sampler of exponential numbers.

pub(crate) mod heap;
pub(crate) mod histogram;
pub(crate) mod random;
pub(crate) mod station;
pub(crate) mod storm;
