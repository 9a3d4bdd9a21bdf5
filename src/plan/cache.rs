//! Caches, and who uses which part of them.

use crate::kernel::Duration;
use crate::kernel::random::{Bits, SiteKey, Word};
use crate::mechanism::cache::{self, CacheState, Coalesce, Size};

use super::{Delay, Service, SiteId, Span};

/// A cache of the model.
#[derive(Clone, Debug)]
pub struct Cache {
    /// The name in the model.
    pub name: String,
    /// Its rules.
    pub rules: cache::Cache,
    /// The first of its parts, counted over all caches.
    pub first_part: u32,
    /// How many parts there are: one for everybody, or one in each instance of a service.
    pub parts: u32,
    /// The service in whose instances it is, for itself or for those who call it; `None`: it is for everybody.
    pub local_to: Option<u32>,
    /// Whether a step fails whose call to that service has failed.
    pub fails: bool,
    /// How long it takes to look something up, or to change it.
    pub latency: Span,
    /// Who waits for a load that is under way.
    pub coalesce: Coalesce,
    /// Whether one of those who miss a key may fill it, and the others wait.
    pub lease: Option<Lease>,
    /// How large the values of keys are; `None`: it does not matter.
    pub sizes: Option<Sizes>,
    /// Which keys have no value; `None`: each has one.
    pub absent: Option<Absent>,
    /// How long an `invalidate` is on its way to parts that are elsewhere; `None`: what is elsewhere is not told.
    pub propagation: Option<Propagation>,
    /// How many of the most popular keys are in it when the run begins, as far as there is room.
    pub warm_keys: u32,
    /// Whether each part has only those of them that those who call are sent there for.
    pub is_sharded: bool,
    /// Where ages and times to live of these are drawn.
    pub site: SiteId,
}

/// How large the values of keys are.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// What they are drawn from.
    pub of: cache::Sizes,
    /// Where; the same for all caches, so that a key is as large in one as in the other.
    pub site: SiteId,
}

impl Sizes {
    /// The size of a key's value; `site` is the key of the site.
    pub fn of_key(&self, key: u32, site: SiteKey) -> Size {
        self.of.draw(&mut Word::root(site, u64::from(key)).at(site))
    }
}

/// Which keys have no value.
#[derive(Clone, Copy, Debug)]
pub struct Absent {
    /// So many in a billion.
    pub billionths: u32,
    /// Where that is drawn; the same for all caches.
    pub site: SiteId,
}

impl Absent {
    /// Whether a key has no value; `site` is the key of the site.
    pub fn is_key(&self, key: u32, site: SiteKey) -> bool {
        Word::root(site, u64::from(key)).at(site).chance(self.billionths)
    }
}

/// How long an `invalidate` is on its way.
#[derive(Clone, Debug)]
pub struct Propagation {
    /// So long, to each part by itself.
    pub span: Span,
    /// Where that is drawn.
    pub site: SiteId,
}

/// How long there is no other token for a key.
#[derive(Clone, Debug)]
pub struct Lease {
    /// So long, and so long anybody waits at most.
    pub ttl: Duration,
    /// How long to wait before looking again.
    pub retry: Option<Delay>,
}

impl Cache {
    /// The part that is used in this instance of a service.
    pub const fn part(&self, ordinal: u32) -> u32 {
        if self.local_to.is_some() { self.first_part + ordinal } else { self.first_part }
    }

    /// The part with this number as it is when the run begins; `keys` are those of all sites.
    pub fn start(&self, part: u32, services: &[Service], keys: &[SiteKey]) -> CacheState {
        let site = keys[self.site.index()];
        let word = Word::root(site, u64::from(part));
        let bits = |key: u32| word.child(u64::from(key)).at(site);
        let sizes = |key: u32| {
            self.sizes.as_ref().map_or(Size::ONE, |sizes| sizes.of_key(key, keys[sizes.site.index()]))
        };
        let is_there =
            |&key: &u32| self.absent.is_none_or(|absent| !absent.is_key(key, keys[absent.site.index()]));
        let warm = (0..self.warm_keys).filter(is_there);
        let ring = self.local_to.map(|service| &services[service as usize].ring);
        match ring.filter(|_| self.is_sharded) {
            Some(ring) => self.rules.start_warm(warm.filter(|&key| ring.owner(key) == part), sizes, bits),
            None => self.rules.start_warm(warm, sizes, bits),
        }
    }
}
