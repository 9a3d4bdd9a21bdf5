//! The generator of the hand-written simulations: one sequential stream per purpose, the cheapest there is.

use metastable::kernel::random::{Bits, mix};
use metastable::kernel::sampler::unit_exponential;

/// `xoshiro256++` (Blackman and Vigna, ACM TOMS 2021).
#[derive(Clone, Debug)]
pub(crate) struct Xoshiro([u64; 4]);

impl Xoshiro {
    /// A stream of its own for each seed and ordinal.
    pub(crate) fn new(seed: u64, ordinal: u64) -> Self {
        Self([0, 1, 2, 3].map(|word| mix(mix(seed, ordinal), word)))
    }

    /// An exponentially distributed number of nanoseconds.
    #[inline]
    pub(crate) fn exponential(&mut self, mean_ns: f64) -> u64 {
        (unit_exponential(self) * mean_ns) as u64
    }

    /// Uniform on `0..end`.
    #[inline]
    pub(crate) fn uniform(&mut self, end: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(end)) >> 64) as u64
    }
}

impl Bits for Xoshiro {
    #[inline]
    fn next_u64(&mut self) -> u64 {
        let Self(state) = self;
        let output = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        output
    }
}
