//! Randomness belongs to a place, not to a moment.
//!
//! A number is drawn *at* a site (`services.db.handler.work.0`) *for* a word (the request, call or attempt that it concerns), and depends on nothing
//! else: not on how many numbers were drawn before, nor in which order. So changing a retry policy leaves every arrival and every first-attempt demand as it was, and removing a
//! component leaves all others alone. There is no way to make a generator without a seed and a site.
//!
//! The finaliser is David Stafford's "Mix13" (the one of `SplitMix64`; Steele, Lea, Flood, OOPSLA 2014).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

#[cfg(test)]
mod tests;

/// 2^64 divided by the golden ratio, made odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of 64 random bits at a time.
pub trait Bits {
    /// The next 64 bits.
    fn next_u64(&mut self) -> u64;

    /// Uniform on `[0, 1)`, a multiple of 2^-53.
    fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform on `(0, 1]`, a multiple of 2^-53.
    fn unit_open(&mut self) -> f64 {
        ((self.next_u64() >> 11) + 1) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform on `0..n`, without bias (Lemire, ACM TOMACS 2019). `n` must not be 0.
    fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a number below 0 was asked for");
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// True with a probability of `billionths` in a billion.
    fn chance(&mut self, billionths: u32) -> bool {
        self.below(1_000_000_000) < u64::from(billionths)
    }
}

/// A bijection of 64-bit words in which every input bit moves every output bit with probability close to one half.
#[inline]
pub const fn finalise(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Mixes two words into one; for either word held fixed it is a bijection of the other.
#[inline]
pub const fn mix(a: u64, b: u64) -> u64 {
    finalise(finalise(a.wrapping_add(GOLDEN)) ^ b.wrapping_mul(GOLDEN))
}

/// A stable 64-bit hash of a path of names (FNV-1a, finalised).
pub const fn hash64(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    finalise(hash)
}

/// A place at which numbers are drawn, within one seed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SiteKey(u64);

impl SiteKey {
    /// The key of the site with this [`hash64`] under this seed.
    #[inline]
    pub const fn new(seed: u64, site_hash: u64) -> Self {
        Self(mix(seed, site_hash))
    }

    /// The key as a number, from which words of the site's own subjects are made.
    #[inline]
    pub const fn raw(self) -> u64 {
        self.0
    }
}

/// Whom a number concerns: a request, a call, an attempt, an occurrence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Word(u64);

impl Word {
    /// The `ordinal`-th subject that begins at a site: the n-th request of a workload, the n-th occurrence of a fault.
    #[inline]
    pub const fn root(site: SiteKey, ordinal: u64) -> Self {
        Self(mix(site.0, ordinal))
    }

    /// The `ordinal`-th subject that comes from this one: the k-th attempt of a call.
    #[inline]
    pub const fn child(self, ordinal: u64) -> Self {
        Self(mix(self.0, ordinal))
    }

    /// The draws at a site for this subject.
    #[inline]
    pub const fn at(self, site: SiteKey) -> Draws {
        Draws { base: mix(self.0, site.0), next: 0 }
    }

    /// The word as a number.
    #[inline]
    pub const fn raw(self) -> u64 {
        self.0
    }
}

/// The numbers 0, 1, 2, … drawn at one site for one word. A sampler may use as many as it likes: nothing outside sees how many.
#[derive(Clone, Debug)]
pub struct Draws {
    base: u64,
    next: u64,
}

impl Bits for Draws {
    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.next = self.next.wrapping_add(GOLDEN);
        finalise(self.base.wrapping_add(self.next))
    }
}

/// A long stream of numbers for one site: the gaps of an arrival process. `ChaCha8` (RFC 8439 with 8 rounds), key from the seed, stream number from
/// the site; the stream is chosen here and never later.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of the site with this [`hash64`] under this seed.
    pub fn new(seed: u64, site_hash: u64) -> Self {
        let mut key = [0; 32];
        for (index, chunk) in key.chunks_exact_mut(8).enumerate() {
            chunk.copy_from_slice(&mix(seed, index as u64).to_le_bytes());
        }
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(site_hash);
        Self(generator)
    }
}

impl Bits for Stream {
    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
