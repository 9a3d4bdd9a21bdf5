//! Goal: every rule of the engine in one small world of constants, with the exact instants at which things happen.

mod baggage;
mod branches;
mod caches;
mod cancellations;
mod changes;
mod faults;
mod guards;
mod handlers;
mod hedges;
mod intake;
mod locks;
mod memory;
mod network;
mod order;
mod outliers;
mod picks;
mod policies;
mod pools;
mod priorities;
mod pushes;
mod rate_limits;
mod registers;
mod resources;
mod scene;
mod users;
