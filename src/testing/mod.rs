//! Property tests over worlds: whatever happens to a system, does it come back?
//!
//! A [`World`] is a model with a seed. A [`PropertyTest`] draws schedules of faults that could hit it, runs each, and asks of every run whether a [`Property`] holds.
//! Where it does not, the faults are made fewer, shorter and weaker until none can be spared, and the message tells the rest. It is a plain value and needs no
//! framework:
//!
//! ```
//! use metastable::analysis::Property;
//! use metastable::testing::{PropertyTest, World};
//!
//! let world = World::load("models/queue-bound.toml")?.with(["services.server.queue.capacity=10"])?;
//! PropertyTest::new(&world, Property::Recovers).cases(2).assert();
//! # Ok::<(), metastable::testing::WorldError>(())
//! ```
//!
//! With the feature `proptest` there are strategies for [proptest](https://docs.rs/proptest) besides, in [`strategies`]: schedules, settings of policies, load. They can be combined with
//! strategies of one's own.
//!
//! What is shrunk is the structure (faults, settings), never the seed: the luck of the world stays as it is, so that what is left explains the same failure.
//!
//! [`Property`]: crate::analysis::Property
#![cfg_attr(not(feature = "proptest"), doc = "\n[`strategies`]: https://docs.rs/metastable")]

mod descent;
mod failed;
mod kept;
mod search;
#[cfg(any(test, feature = "proptest"))]
pub mod strategies;
#[cfg(test)]
mod tests;
mod world;

pub use failed::Failed;
pub use search::{Passed, PropertyTest};
pub use world::{World, WorldError};
