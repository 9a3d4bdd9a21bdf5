//! What people write with a unit: durations, rates, sizes, shares, distributions.
//!
//! Every quantity is a string with a unit (`"250ms"`, `"1200/s"`, `"20%"`), is parsed exactly (no float on the way), and its
//! `Display` parses back to the same value. A bare number where a unit belongs is an error that shows the right spelling.
//! Nothing here knows what a quantity is used for; ranges that depend on the use are checked by the settings that hold it.

mod bandwidth;
mod bytes;
mod decimal;
mod distribution;
mod duration;
mod factor;
mod files;
mod limit;
mod rate;
mod room;
mod scalar;
#[cfg(feature = "schema")]
mod schema;
mod share;
mod text;

pub use bandwidth::Bandwidth;
pub use bytes::Bytes;
pub use distribution::{Amount, Distribution, SizeDistribution};
pub use factor::Factor;
pub use files::{Files, NoFiles, ReadAt};
pub use limit::{Limit, LimitValue};
pub use rate::Rate;
pub use room::Room;
pub use scalar::{Dimension, Scalar};
pub use share::Share;
pub use text::ParseError;

pub use crate::kernel::Duration;

#[cfg(test)]
mod tests;
