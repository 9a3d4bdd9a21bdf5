//! What can be asked of a run in progress, and a second one that has the same past.

use crate::kernel::Time;
use crate::kernel::random::{SiteKey, mix};
use crate::mechanism::arrivals::TraceError;
use crate::observe::Observer;
use crate::plan::Plan;

use super::Simulation;

impl<'p, O: Observer> Simulation<'p, O> {
    /// The instant of the last event.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The workload whose trace ended before its end, because the file has changed since it was checked, and what is wrong there.
    pub fn trace_error(&self) -> Option<(&str, &TraceError)> {
        let sources = self.plan.sources.iter().zip(&self.sources);
        let mut errors = sources.filter_map(|(planned, state)| Some((planned.workload, state.error()?)));
        errors.next().map(|(workload, error)| (&*self.plan.workloads[workload as usize].name, error))
    }

    /// How many events were executed.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What watches.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Ends the run and gives back what watched it.
    pub fn into_observer(self) -> O {
        self.observer
    }

    /// Attempts, with their branches, and calls that exist now; both are 0 once everything was answered and nothing arrives.
    pub fn in_flight(&self) -> (usize, usize) {
        (self.attempts.len(), self.calls.len())
    }

    /// Threads held now, over all instances.
    pub fn threads_held(&self) -> u64 {
        self.instances.iter().map(|instance| u64::from(instance.threads_busy)).sum()
    }

    /// A second world that has the same past as this one. With `Some(branch)` its future draws other numbers; what was drawn already stays.
    pub fn fork(&self, seed: u64, branch: Option<u64>) -> Self
    where
        O: Clone,
    {
        let mut fork = self.clone();
        if let Some(branch) = branch {
            let seed = mix(seed, branch);
            fork.seed = seed;
            fork.keys = self.plan.sites.iter().map(|site| SiteKey::new(seed, site.hash)).collect();
            for (state, source) in fork.sources.iter_mut().zip(&self.plan.sources) {
                state.rekey(self.plan, source, seed);
            }
        }
        fork
    }

    /// From now on what happens is what this plan says, in place of the one so far. The past is that of both, and so is all that follows from it: what comes
    /// is what it would have been under this plan from the begin.
    ///
    /// # Panics
    ///
    /// If they have parted already: [`Plan::same_until`] tells when.
    pub fn follow(&mut self, plan: &'p Plan) {
        let until = self.plan.same_until(plan, self.seed);
        assert!(until.is_some_and(|until| self.now <= until), "the plans part before {:?}", self.now);
        let before = std::mem::replace(&mut self.plan, plan);
        for (index, (old, new)) in before.changes.iter().zip(&plan.changes).enumerate() {
            if old != new && self.changes[index].begun == 0 {
                self.calendar.withdraw(self.changes[index].first);
                self.schedule_first(index as u32);
            }
        }
        for (index, (old, new)) in before.sources.iter().zip(&plan.sources).enumerate() {
            if old != new {
                self.begin_source_anew(index);
            }
        }
    }
}
