//! What the rate limits of services may let pass: in no stretch of time more than the burst and what comes in it.

use crate::kernel::Time;
use crate::plan::{Plan, What};
use crate::quantity::Rate;

use super::Place;

/// Books of what was taken on under rate limits, by bucket.
#[derive(Clone, Debug)]
pub(super) struct Permits {
    /// By instance: the bucket that it takes from. `None`: it has no limit, or not always the same.
    of_instance: Vec<Option<usize>>,
    buckets: Vec<Bucket>,
    /// By change of the plan: whether instances may crash with it.
    crashes: Vec<bool>,
}

/// As a bucket that leaks: every attempt pours `rate.per_ns()` in, and `rate.count()` runs out per nanosecond.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    rate: Rate,
    burst: u32,
    /// Whether a crash of an instance empties it.
    is_own: bool,
    level: u128,
    at: Time,
}

impl Permits {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut buckets: Vec<Bucket> = Vec::new();
        let mut shared = vec![None; plan.services.len()];
        let of_instance = plan.instances.iter().map(|instance| {
            // Under a push instances of one service may have several limits.
            if plan.parameter_sets(instance.service).count() > 1 {
                return None;
            }
            let service = instance.service as usize;
            let parameters = &plan.parameters[plan.services[service].parameters as usize];
            let (limit, states) = parameters.rate_limit?;
            let (rate, burst) = limit.bucket()?;
            if states.are_shared && shared[service].is_some() {
                return shared[service];
            }
            shared[service] = Some(buckets.len());
            buckets.push(Bucket { rate, burst, is_own: !states.are_shared, level: 0, at: Time::ZERO });
            shared[service]
        });
        let of_instance = of_instance.collect();
        let may_crash = |what: &What| matches!(what, What::Instances { .. } | What::ZoneOutage { .. });
        let crashes = plan.changes.iter().map(|change| may_crash(&change.what)).collect();
        Self { of_instance, buckets, crashes }
    }

    /// An attempt is taken on. Whether it may be.
    pub(super) fn take(&mut self, now: Time, place: Place) -> bool {
        let Some(bucket) = self.of_instance[place.instance as usize] else { return true };
        let Bucket { rate, burst, level, at, .. } = &mut self.buckets[bucket];
        let (count, per_ns) = (u128::from(rate.count()), u128::from(rate.per_ns()));
        let leaked = u128::from(now.since(*at).as_ns()) * count;
        (*level, *at) = (level.saturating_sub(leaked) + per_ns, now);
        // Who waits goes on at the first whole nanosecond, and the next one's time runs from before that.
        *level <= u128::from(*burst) * per_ns + count
    }

    /// A change took effect: after a crash instances begin anew, with all their permits.
    pub(super) fn change_began(&mut self, change: u32) {
        if self.crashes[change as usize] {
            self.instances_begin_anew();
        }
    }

    /// Some instances begin anew, with all their permits.
    pub(super) fn instances_begin_anew(&mut self) {
        self.buckets.iter_mut().filter(|bucket| bucket.is_own).for_each(|bucket| bucket.level = 0);
    }
}
