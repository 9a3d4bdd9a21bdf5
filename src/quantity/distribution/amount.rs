//! What may be distributed.

use std::fmt;
use std::str::FromStr;

use crate::quantity::{Bytes, Duration, ParseError};

/// An amount that is a whole number of some unit.
pub trait Amount: Copy + Ord + fmt::Display + FromStr<Err = ParseError> {
    /// What one of them is called; the header of a file of them.
    const NOUN: &'static str;
    /// One of them.
    const EXAMPLE: &'static str;

    /// How many units it is.
    fn whole(self) -> u64;

    /// The example of a form that is about this kind of amount.
    fn example(examples: &Examples) -> &'static str;
}

/// How one form looks, for each kind of amount.
#[derive(Debug)]
pub struct Examples {
    pub(super) durations: &'static str,
    pub(super) sizes: &'static str,
}

impl Amount for Duration {
    const NOUN: &'static str = "duration";
    const EXAMPLE: &'static str = "5ms";

    fn whole(self) -> u64 {
        self.as_ns()
    }

    fn example(examples: &Examples) -> &'static str {
        examples.durations
    }
}

impl Amount for Bytes {
    const NOUN: &'static str = "size";
    const EXAMPLE: &'static str = "4KiB";

    fn whole(self) -> u64 {
        self.get()
    }

    fn example(examples: &Examples) -> &'static str {
        examples.sizes
    }
}
