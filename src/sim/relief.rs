//! A world from which something is taken away, to see whether that kept it down.

use crate::kernel::arena::Id;
use crate::observe::{CacheEvent, Observer};
use crate::plan::{Feedback, Plan};

use super::Simulation;
use super::world::{Attempt, Stage};

impl<'p, O: Observer> Simulation<'p, O> {
    /// From now on this world does without some feedbacks; `plan` is its own [without them](Plan::without_feedbacks). A backlog is turned away once, and a cache that is cold gets what it has after
    /// a warm start, and nothing else comes to it.
    pub fn relieve(&mut self, plan: &'p Plan, removed: &[Feedback]) {
        self.plan = plan;
        for &feedback in removed {
            match feedback {
                Feedback::Backlog(service) => self.turn_backlog_away(service),
                Feedback::ColdCache(cache) => self.warm_cache(cache),
                Feedback::Retries(_)
                | Feedback::Hedges(_)
                | Feedback::UserRetries(_)
                | Feedback::AbandonedWork(_)
                | Feedback::MemoryPressure(_) => {}
            }
        }
    }

    /// Everybody who waits for a thread of a service is turned away, as if the queue had been full.
    fn turn_backlog_away(&mut self, service: u32) {
        let planned = &self.plan.services[service as usize];
        let instances: Vec<u32> =
            (planned.first_instance..planned.first_instance + planned.instances).collect();
        let present = self.attempts_at(&instances);
        let waiting: Vec<Id<Attempt>> = present
            .into_values()
            .flatten()
            .filter(|&id| {
                let attempt = &self.attempts[id];
                attempt.stage == Stage::Queued && attempt.held.queue && !attempt.suspended
            })
            .collect();
        for id in waiting {
            // What was turned away before may have taken it along.
            if self.attempts.get(id).is_some_and(|attempt| attempt.stage == Stage::Queued) {
                self.release(id);
                self.turn_away(id);
            }
        }
    }

    /// A cache gets what it has after a warm start.
    fn warm_cache(&mut self, index: u32) {
        let cache = &self.plan.caches[index as usize];
        let parts = cache.warm_at(self.now, &self.plan.services, &self.keys);
        let mut entries = [0, 0];
        for (part, warm) in (cache.first_part as usize..).zip(parts) {
            entries[1] += warm.len();
            let cold = std::mem::replace(&mut self.caches.parts[part], warm);
            entries[0] += cold.len();
            self.stop_warming(part as u32);
        }
        self.tell_cache(index, CacheEvent::Flushed { entries: entries[0] });
        self.tell_cache(index, CacheEvent::Warmed { entries: entries[1] });
        for part in 0..cache.parts {
            self.tell_size(index, cache.first_part + part);
        }
    }
}
