//! Plans of the same system that differ in what changes while it runs, and how long they are the same.

use crate::kernel::Time;
use crate::kernel::random::SiteKey;

use super::{Plan, Source};

impl Plan {
    /// Until when this plan and another one do the same under a seed, which includes nothing that happens at that instant: [`Time::MAX`] if they never part.
    /// `None` if they are not of the same system, whose changes have the same names.
    pub fn same_until(&self, other: &Self, seed: u64) -> Option<Time> {
        self.is_kin(other).then(|| {
            let changes =
                (0..self.changes.len()).filter(|&index| self.changes[index] != other.changes[index]);
            let sources = self.sources.iter().zip(&other.sources).filter(|(source, twin)| source != twin);
            let of_sources = sources.filter_map(|(source, _)| source.change).map(|change| change as usize);
            let parts = |index| [self.first_begin(index, seed), other.first_begin(index, seed)];
            changes.chain(of_sources).flat_map(parts).flatten().min().unwrap_or(Time::MAX)
        })
    }

    /// Whether the plans differ in nothing but in what their changes do, and when.
    pub fn is_kin(&self, other: &Self) -> bool {
        // All fields are named, so that a new one is thought of here.
        let Self {
            name: _,
            duration,
            warmup,
            interval,
            workloads,
            sources,
            services,
            instances,
            parameters,
            instructions,
            rescues,
            lock_depths,
            handlers,
            ways,
            branches,
            caches,
            memories,
            locks,
            registers,
            edges,
            budgets,
            throttles,
            rate_limits,
            service_limits,
            pools,
            bulkheads,
            links,
            policies,
            lanes,
            sites,
            changes,
            // It is what the edges say.
            graph: _,
        } = self;
        let same_counts = (*budgets, *throttles, *rate_limits, *service_limits, *pools, *bulkheads)
            == (
                other.budgets,
                other.throttles,
                other.rate_limits,
                other.service_limits,
                other.pools,
                other.bulkheads,
            );
        let same_times = (*duration, *warmup, *interval) == (other.duration, other.warmup, other.interval);
        let same_code = *instructions == other.instructions
            && *rescues == other.rescues
            && *lock_depths == other.lock_depths
            && *handlers == other.handlers
            && *ways == other.ways
            && *branches == other.branches;
        let same_parts = *workloads == other.workloads
            && *services == other.services
            && *instances == other.instances
            && *parameters == other.parameters
            && *caches == other.caches
            && *memories == other.memories
            && *locks == other.locks
            && *registers == other.registers
            && *edges == other.edges
            && *links == other.links
            && *policies == other.policies
            && *lanes == other.lanes
            && *sites == other.sites;
        let same_changes = changes.len() == other.changes.len()
            && changes.iter().zip(&other.changes).all(|(change, twin)| change.name == twin.name);
        let same_sources = sources.len() == other.sources.len()
            && sources.iter().zip(&other.sources).all(|(source, twin)| is_same_stream(source, twin));
        same_times && same_counts && same_code && same_changes && same_sources && same_parts
    }

    /// When a change begins for the first time, or what it follows does; `None`: never.
    fn first_begin(&self, index: usize, seed: u64) -> Option<Time> {
        let change = &self.changes[index];
        match change.after {
            // No circle: the model would have been refused.
            Some(after) => self.first_begin(after.change as usize, seed),
            None => change.timing.first(SiteKey::new(seed, self.sites[change.gap_site.index()].hash)),
        }
    }
}

/// Whether two sources are the same, or arrivals that one change adds.
fn is_same_stream(source: &Source, twin: &Source) -> bool {
    let stream = |source: &Source| (source.workload, source.change, source.is_extra, source.site);
    stream(source) == stream(twin) && (source.change.is_some() || source == twin)
}
