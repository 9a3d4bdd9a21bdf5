//! Goal: every rule of the engine in one small world of constants, with the exact instants at which things happen.

mod changes;
mod order;
mod picks;
mod policies;
mod pushes;
mod scene;
