//! Registers: values with a version, which may be written only if nobody else has written them since they were read.
//!
//! Optimistic concurrency control locks nothing: who reads notes the version, and the write says which version it is of (H. T. Kung, J. T. Robinson, "On optimistic methods for concurrency control", ACM TODS
//! 6(2), 1981; `If-Match` of HTTP, DynamoDB's `ConditionExpression`, a column `version`, etcd's `mod_revision`, compare-and-swap). As long as few want the same thing it costs nothing. When many do, one of
//! them wins each round and all others have worked for nothing: n clients need about n² / 2 writes, and the load on the row is what keeps them from getting done. Waiting at random is the cure
//! (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
//!
//! What a value is does not matter, only how often it was written: a version is a number that never comes back, so there is no ABA problem here.
//!
//! Bad for: transactions over several values that are validated together, snapshots, merging of writes, several replicas that have different versions.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{RegisterTable, Write};
