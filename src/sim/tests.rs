//! Goal: every rule of the engine in one small world of constants, with the exact instants at which things happen.

mod balancers;
mod changes;
mod order;
mod policies;
mod pushes;
mod scene;
