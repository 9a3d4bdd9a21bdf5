//! Laws that hold for every model: conservation, Little's law, determinism, and that randomness belongs to a place.
//!
//! Each is a property over generated models ([`models`]); none is statistical, so none has a tolerance. `METASTABLE_DEEP=1` tries many more models.

mod caches;
mod conservation;
mod crowds;
mod determinism;
mod independence;
mod locks;
mod memory;
mod models;
mod networks;
mod policies;
#[path = "../util/watch.rs"]
mod watch;
mod worlds;
