//! Leases: who may fill what, while everybody else waits.
//!
//! With look-aside each handler that misses a key fetches it, so a popular key that is gone is fetched by all at once; and a handler that has fetched it before somebody else changed it puts the old value there
//! afterwards. A token that a look-up takes when it finds nothing, at most one per key in a while, is against both: whoever has none waits and looks again, and what is put there without a valid
//! one is refused (Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1).

use std::collections::BTreeMap;

use crate::kernel::{Duration, Time};

/// The tokens that one part of a cache has handed out, each to a holder. One is valid until it is used, voided, or replaced by the next one for its key.
#[derive(Clone, Debug)]
pub struct Leases<H> {
    /// By key. Bounded by the keys that were missed and never filled.
    tokens: BTreeMap<u32, Token<H>>,
}

#[derive(Clone, Copy, Debug)]
struct Token<H> {
    holder: H,
    /// From then on somebody else may have the next one.
    until: Time,
}

impl<H: Copy> Default for Leases<H> {
    fn default() -> Self {
        Self { tokens: BTreeMap::new() }
    }
}

impl<H: Copy> Leases<H> {
    /// A look-up has found nothing. Whether its maker gets a token, which is the only one for so long.
    pub fn missed(&mut self, key: u32, holder: H, now: Time, ttl: Duration) -> bool {
        if self.tokens.get(&key).is_some_and(|token| now < token.until) {
            return false;
        }
        self.tokens.insert(key, Token { holder, until: now + ttl });
        true
    }

    /// Who has the valid token for a key.
    pub fn holder(&self, key: u32) -> Option<H> {
        self.tokens.get(&key).map(|token| token.holder)
    }

    /// The token for a key does not reach whom it was handed out to: it is out, and this one has it.
    pub fn hand_over(&mut self, key: u32, from: H, to: H)
    where
        H: PartialEq,
    {
        if let Some(token) = self.tokens.get_mut(&key).filter(|token| token.holder == from) {
            token.holder = to;
        }
    }

    /// The token for a key is used, or the key was changed: whoever has it has nothing any more.
    pub fn void(&mut self, key: u32) {
        self.tokens.remove(&key);
    }

    /// The same of all these keys.
    pub fn void_if(&mut self, mut is_lost: impl FnMut(u32) -> bool) {
        self.tokens.retain(|&key, _| !is_lost(key));
    }
}
