//! Keys: what a request is about, and how popular each thing is.
//!
//! A key is its rank: 0 is the most popular one. Where things are spread by their keys (a ring of instances, shards), the rank is hashed first, so neighbours in popularity
//! are no neighbours anywhere else. Popularity decides what a cache is worth and which shard is hot: of a million keys by Zipf's law with
//! exponent 0.99 the first 1 % get 66 % of the requests.
//!
//! What is popular may move over a run (YCSB's `latest`, the hot sets of caching papers that shift): the ranks then go over the keys in steps.
//!
//! Bad for: popularity that rises and falls key by key, and requests that follow one another (a page and its images); a trace has both.

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{FOLDED, KeyDrift, Popularity};
