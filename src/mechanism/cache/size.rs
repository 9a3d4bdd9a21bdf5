//! How large an entry is.

use crate::kernel::random::Bits;
use crate::kernel::sampler::Sampler;

/// When so many keys in a row are too large for a cache, there is no use in looking at more of them.
pub(super) const TOO_LARGE_MAX: u32 = 10_000;

/// What an entry takes, of whatever the capacity of its cache is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size(u32);

impl Size {
    /// An entry is an entry.
    pub const ONE: Self = Self(1);
    /// 4 GiB or more, which no cache admits. (Redis: at most 512 MiB; memcached: 1 MiB, unless told otherwise.)
    pub const ENDLESS: Self = Self(u32::MAX);

    /// So many bytes; nothing is as large as one.
    pub fn bytes(bytes: u64) -> Self {
        Self(u32::try_from(bytes.max(1)).unwrap_or(u32::MAX))
    }

    /// How many.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Where sizes come from: one for each key.
#[derive(Clone, PartialEq, Debug)]
pub struct Sizes(Sampler);

impl Sizes {
    /// Sizes like this; each nanosecond of what is drawn stands for a byte.
    pub const fn new(sampler: Sampler) -> Self {
        Self(sampler)
    }

    /// The size that is drawn from the bits of a key.
    pub fn draw(&self, bits: &mut impl Bits) -> Size {
        Size::bytes(self.0.sample(bits).as_ns())
    }

    /// How large they are on average.
    pub fn mean(&self) -> f64 {
        self.0.mean_ns()
    }
}
