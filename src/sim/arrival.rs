//! Requests enter the world.

use crate::kernel::calendar::Rank;
use crate::kernel::random::{Bits, Stream, Word};
use crate::mechanism::arrivals::ArrivalProcess;
use crate::observe::{Happening, Observer};
use crate::plan::{Plan, Source, What};

use super::Simulation;
use super::call::Request;
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
            workload.profile.clone(),
            (source.from, source.until),
            source.factor,
            stream(plan, source, seed),
        );
        Self { process, arrived: 0 }
    }

    /// Draws its future from another seed.
    pub(super) fn rekey(&mut self, plan: &Plan, source: &Source, seed: u64) {
        self.process.set_stream(stream(plan, source, seed));
    }
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
        self.begin_call(Request {
            edge: workload.edge,
            handler: workload.handler,
            client,
            caller,
            word,
            baggage: Baggage { priority: workload.priority, ..Baggage::default() },
        });
    }

    /// Whether a load cut takes this arrival away.
    fn is_cut(&self, workload: u32, word: Word) -> bool {
        self.cuts.iter().any(|&change| match self.plan.changes[change as usize].what {
            What::Cut { workload: cut, keep_billionths } if cut == workload => {
                let site = self.plan.changes[change as usize].site;
                !word.at(self.key(site)).chance(keep_billionths)
            }
            _ => false,
        })
    }
}
