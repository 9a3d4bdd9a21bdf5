//! Goal: every rule of the engine in one small world of constants, with the exact instants at which things happen.

mod changes;
mod faults;
mod network;
mod order;
mod policies;
mod pushes;
mod scene;
