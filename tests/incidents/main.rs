//! Published metastable failures: the known trigger must collapse the model, and the known remedy must save it.
//!
//! Every case asserts the count of good requests in the window that its source looks at, and the verdict that the program prints. Always: nothing appears from
//! nowhere or gets lost, the same seed gives the same run, and the twin without the trigger is healthy from begin to end.

mod caches;
mod callers;
mod congestive_collapse;
mod database_stall;
mod defaults;
mod deterministic_stall;
mod diagnosis;
mod hedging;
mod locks;
mod memory;
mod pools;
mod queue_bound;
mod systems;
mod trial;
#[path = "../util/mod.rs"]
mod util;
