//! Consistent hashing: keys and instances on one ring.

use crate::kernel::random::{hash64, mix};

/// At least so many points are on a ring (Envoy's `minimum_ring_size`).
const POINTS_MIN: u64 = 1024;
/// At most so many are (Envoy's `maximum_ring_size`).
const POINTS_MAX: u64 = 8 * 1024 * 1024;

/// Points on a circle of 64-bit numbers, each of one instance; a key belongs to the first point at or after its hash (Karger et al., STOC 1997; ketama).
///
/// The numbers of points are those of Envoy's `RingHashLoadBalancer`: in proportion to the weights, and so many that the lightest instance has its share of 1024. The
/// hash is that of the sites of this program, and not Envoy's xxHash; the seed of a run has no part in it, as which key is whose belongs to the world.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ring(Vec<(u64, u32)>);

impl Ring {
    /// The ring of a service with so many instances, of these weights; without weights all weigh the same.
    pub fn new(service: &str, instances: u32, weights: &[u32]) -> Self {
        let weight = |instance: u32| weights.get(instance as usize).map_or(1, |&weight| u64::from(weight));
        let total: u64 = (0..instances).map(weight).sum();
        let lightest = (0..instances).map(weight).min().unwrap_or(1);
        // As a fraction: points per unit of weight.
        let fewest = (lightest * POINTS_MIN).div_ceil(total.max(1));
        let (points, per_weight) =
            if fewest * total > POINTS_MAX * lightest { (POINTS_MAX, total) } else { (fewest, lightest) };
        let (mut ring, mut weighed) = (Vec::new(), 0);
        for instance in 0..instances {
            weighed += weight(instance);
            let target = (weighed * points).div_ceil(per_weight) as usize;
            for copy in 0..target - ring.len() {
                ring.push((hash64(&format!("{service}.{instance}_{copy}")), instance));
            }
        }
        ring.sort_unstable();
        Self(ring)
    }

    /// Whose key this is; instance 0 if the ring is empty.
    pub fn owner(&self, key: u32) -> u32 {
        self.owner_among(key, |_| true)
    }

    /// Whose it is if only these instances are there: that of the next point of one of them; instance 0 if there is none.
    pub(super) fn owner_among(&self, key: u32, is_there: impl Fn(u32) -> bool) -> u32 {
        let hash = Self::hash_of(key);
        let next = self.0.partition_point(|&(point, _)| point < hash);
        let mut from_there = self.0[next..].iter().chain(&self.0[..next]).map(|&(_, instance)| instance);
        from_there.find(|&instance| is_there(instance)).unwrap_or(0)
    }

    /// Where a key is on the ring.
    pub(super) const fn hash_of(key: u32) -> u64 {
        mix(hash64("key"), key as u64)
    }

    /// Every point with its instance; what a test looks at.
    #[cfg(test)]
    pub(super) fn points(&self) -> &[(u64, u32)] {
        &self.0
    }
}
