//! Requests enter the world.

use crate::kernel::Time;
use crate::kernel::calendar::Rank;
use crate::kernel::random::{Bits, Stream, Word, mix};
use crate::mechanism::arrivals::{ArrivalProcess, Profile};
use crate::mechanism::fault::RAMP_STEPS;
use crate::observe::{Happening, Observer};
use crate::plan::{Plan, Source, What, Workload};

use super::Simulation;
use super::event::Event;
use super::world::{Baggage, CallerOf};

/// One stream of arrivals.
#[derive(Clone, Debug)]
pub(super) struct SourceState {
    process: ArrivalProcess,
    /// How many of its requests have come.
    arrived: u64,
}

impl SourceState {
    pub(super) fn new(plan: &Plan, source: &Source, seed: u64) -> Self {
        let workload = &plan.workloads[source.workload as usize];
        let process = ArrivalProcess::new(
            workload.rate,
            workload.process,
            profile(workload, source, source.from),
            (source.from, source.until),
            source.factor,
            stream(plan, source, seed),
        );
        Self { process, arrived: 0 }
    }

    /// Begins anew with a window that was not known before; each occurrence has a stream of its own.
    fn restart(&mut self, plan: &Plan, source: &Source, seed: u64, window: (Time, Time), occurrence: u64) {
        let workload = &plan.workloads[source.workload as usize];
        self.process = ArrivalProcess::new(
            workload.rate,
            workload.process,
            profile(workload, source, window.0),
            window,
            source.factor,
            Stream::new(seed, mix(plan.sites[source.site.index()].hash, occurrence)),
        );
    }

    /// Draws its future from another seed.
    pub(super) fn rekey(&mut self, plan: &Plan, source: &Source, seed: u64) {
        self.process.set_stream(stream(plan, source, seed));
    }
}

/// How the rate changes: as that of the workload does, and more slowly at first if the source has a ramp.
fn profile(workload: &Workload, source: &Source, from: Time) -> Profile {
    if source.ramp.is_zero() || from == Time::MAX {
        return workload.profile.clone();
    }
    workload.profile.with_ramp(from, source.ramp, RAMP_STEPS)
}

fn stream(plan: &Plan, source: &Source, seed: u64) -> Stream {
    Stream::new(seed, plan.sites[source.site.index()].hash)
}

impl<O: Observer> Simulation<'_, O> {
    pub(super) fn schedule_next_arrival(&mut self, source: usize) {
        if let Some(time) = self.sources[source].process.next() {
            self.calendar.set_register(source, time, Rank::Arrival, Event::Arrival(source as u32));
        }
    }

    #[inline]
    pub(super) fn arrive(&mut self, index: usize) {
        let source = &self.plan.sources[index];
        let word = Word::root(self.key(source.site), self.sources[index].arrived);
        self.sources[index].arrived += 1;
        self.schedule_next_arrival(index);
        if !self.cuts.is_empty() && self.is_cut(source.workload, word) {
            return;
        }
        let extra = source.is_extra;
        self.tell(Happening::RequestEntered { workload: source.workload, extra });
        let workload = &self.plan.workloads[source.workload as usize];
        let client = match workload.clients {
            1 => 0,
            clients => word.at(self.key(workload.client_site)).below(u64::from(clients)) as u32,
        };
        let caller = CallerOf::Request { workload: source.workload, extra };
        self.begin_call(workload.edge, client, caller, word, Baggage::default());
    }

    /// A load spike begins of which it was not known before when it would.
    pub(super) fn begin_spike(&mut self, change: u32, end: Option<Time>) {
        let Some(index) = self.plan.sources.iter().position(|source| source.change == Some(change)) else {
            return;
        };
        let occurrence = self.changes[change as usize].begun - 1;
        let window = (self.now, end.unwrap_or(Time::MAX));
        self.sources[index].restart(self.plan, &self.plan.sources[index], self.seed, window, occurrence);
        self.schedule_next_arrival(index);
    }

    /// Whether a load cut takes this arrival away.
    fn is_cut(&self, workload: u32, word: Word) -> bool {
        self.cuts.iter().any(|&change| match self.plan.changes[change as usize].what {
            What::Cut { workload: cut, keep_billionths } if cut == workload => {
                let site = self.plan.changes[change as usize].site;
                let strength = u32::from(self.changes[change as usize].strength);
                let taken = (1_000_000_000 - keep_billionths) / u32::from(RAMP_STEPS) * strength;
                let keep =
                    if strength < u32::from(RAMP_STEPS) { 1_000_000_000 - taken } else { keep_billionths };
                !word.at(self.key(site)).chance(keep)
            }
            _ => false,
        })
    }
}
