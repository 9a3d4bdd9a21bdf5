//! The ground floor: time, the calendar, arenas, randomness, samplers, the histogram, numerics.
//!
//! Nothing here knows of services or requests; everything here is exact, deterministic and tested alone.
//! Randomness is unreachable without a seed and a site ([`random`]); transcendental functions come only from [`num`].

pub mod arena;
pub mod calendar;
pub mod histogram;
pub mod num;
pub mod random;
pub mod sampler;
pub mod time;

pub use time::{Duration, Time};
