//! Requests enter the world.

use crate::kernel::Time;
use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::random::{Bits, SiteKey, Stream, Word, mix};
use crate::mechanism::arrivals::{
    ArrivalProcess, BatchProcess, Profile, TraceError, TraceProcess, TraceRecord,
};
use crate::mechanism::fault::RAMP_STEPS;
use crate::observe::{Happening, Observer};
use crate::plan::{Plan, Source, What, Workload};

use super::Simulation;
use super::call::Request;
use super::event::Event;
use super::ledger::LedgerId;
use super::world::{Baggage, Call, CallerOf, Session};

/// One stream of arrivals.
#[derive(Clone, Debug)]
pub(super) struct SourceState {
    arrivals: Arrivals,
    /// Of its first arrival, whether there is one or not.
    first: Ticket,
    /// How many of its requests have come.
    arrived: u64,
    /// What is known of the next one.
    next: Given,
}

/// What a trace says of a request; the rest is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Given {
    key: Option<u32>,
    operation: Option<u8>,
    tenant: Option<u16>,
}

#[derive(Clone, Debug)]
enum Arrivals {
    Process(Box<ArrivalProcess>),
    Batch(Box<BatchProcess>),
    Trace(Box<TraceProcess>),
}

/// A request that enters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) workload: u32,
    pub(super) extra: bool,
    pub(super) word: Word,
    /// What the request is like is drawn for this word: a user's repetition is the same request again.
    pub(super) first: Word,
    /// Who it comes from is drawn for this one.
    pub(super) user: Word,
    pub(super) given: Given,
    /// The user's, if users of this workload have any.
    pub(super) session: Id<Session>,
    pub(super) is_user_retry: bool,
}

impl SourceState {
    pub(super) fn new(plan: &Plan, source: &Source, seed: u64) -> Self {
        let workload = &plan.workloads[source.workload as usize];
        let key = |site: crate::plan::SiteId| SiteKey::new(seed, plan.sites[site.index()].hash);
        if let Some((batch, site)) = &workload.batch {
            return Self::of(Arrivals::Batch(Box::new(BatchProcess::new(batch.clone(), key(*site)))));
        }
        if let Some(trace) = &workload.trace {
            return Self::of(Arrivals::Trace(Box::new(trace.arrivals())));
        }
        let process = ArrivalProcess::new(
            workload.rate,
            workload.process,
            profile(workload, source, source.from),
            (source.from, source.until),
            source.factor,
            stream(plan, source, seed),
        );
        let process = match &workload.modulation {
            Some((modulation, site)) => process.modulated(modulation.clone(), key(*site)),
            None => process,
        };
        Self::of(Arrivals::Process(Box::new(process)))
    }

    fn of(arrivals: Arrivals) -> Self {
        Self { arrivals, first: Ticket::NONE, arrived: 0, next: Given::default() }
    }

    /// Begins anew with a window that was not known before; each occurrence has a stream of its own.
    fn restart(&mut self, plan: &Plan, source: &Source, seed: u64, window: (Time, Time), occurrence: u64) {
        let workload = &plan.workloads[source.workload as usize];
        self.arrivals = Arrivals::Process(Box::new(ArrivalProcess::new(
            workload.rate,
            workload.process,
            profile(workload, source, window.0),
            window,
            source.factor,
            Stream::new(seed, mix(plan.sites[source.site.index()].hash, occurrence)),
        )));
    }

    /// Draws its future from another seed.
    pub(super) fn rekey(&mut self, plan: &Plan, source: &Source, seed: u64) {
        let Workload { modulation, batch, .. } = &plan.workloads[source.workload as usize];
        let key = |site: crate::plan::SiteId| SiteKey::new(seed, plan.sites[site.index()].hash);
        match &mut self.arrivals {
            Arrivals::Process(process) => {
                process.set_stream(stream(plan, source, seed));
                if let Some((_, site)) = modulation {
                    process.set_modulation_site(key(*site));
                }
            }
            Arrivals::Batch(process) => {
                if let Some((_, site)) = batch {
                    process.set_site(key(*site));
                }
            }
            // What was recorded is the same in every future.
            Arrivals::Trace(_) => {}
        }
    }

    #[inline]
    fn next(&mut self) -> Option<Time> {
        match &mut self.arrivals {
            Arrivals::Process(process) => process.next(),
            Arrivals::Batch(process) => process.next(),
            Arrivals::Trace(process) => {
                let TraceRecord { at, key, operation, tenant } = process.next()?;
                self.next = Given { key, operation, tenant };
                Some(at)
            }
        }
    }

    /// What stopped a trace before its end.
    pub(super) fn error(&self) -> Option<&TraceError> {
        match &self.arrivals {
            Arrivals::Trace(process) => process.error(),
            Arrivals::Process(_) | Arrivals::Batch(_) => None,
        }
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
    pub(super) fn schedule_first_arrivals(&mut self) {
        for source in 0..self.sources.len() {
            let ticket = self.calendar.ticket();
            self.schedule_first_arrival(source, ticket);
        }
    }

    /// A source that has not begun becomes what the plan says.
    pub(super) fn begin_source_anew(&mut self, source: usize) {
        let ticket = self.sources[source].first;
        self.sources[source] = SourceState::new(self.plan, &self.plan.sources[source], self.seed);
        self.schedule_first_arrival(source, ticket);
    }

    fn schedule_first_arrival(&mut self, source: usize, ticket: Ticket) {
        self.sources[source].first = ticket;
        let arrival = |time| (time, Rank::Arrival, Event::Arrival(source as u32));
        let next = self.sources[source].next().map(arrival);
        self.calendar.reset_register(source, ticket, next);
    }

    #[inline(always)]
    pub(super) fn schedule_next_arrival(&mut self, source: usize) {
        if let Some(time) = self.sources[source].next() {
            self.calendar.set_register(source, time, Rank::Arrival, Event::Arrival(source as u32));
        }
    }

    #[inline]
    pub(super) fn arrive(&mut self, index: usize) {
        let source = &self.plan.sources[index];
        let word = Word::root(self.key(source.site), self.sources[index].arrived);
        self.sources[index].arrived += 1;
        let given = self.sources[index].next;
        self.schedule_next_arrival(index);
        if !self.cuts.is_empty() && self.is_cut(source.workload, word) {
            return;
        }
        let (workload, extra) = (source.workload, source.is_extra);
        if self.plan.workloads[workload as usize].has_users {
            self.begin_session(workload, extra, word, given);
        } else {
            let (first, user, session) = (word, word, Id::NONE);
            self.enter(Arrival { workload, extra, word, first, user, given, session, is_user_retry: false });
        }
    }

    /// A request enters, and its call begins.
    #[inline(always)]
    pub(super) fn enter(&mut self, arrival: Arrival) -> Id<Call> {
        let Arrival { workload: index, extra, word, first, session, is_user_retry, .. } = arrival;
        let workload = &self.plan.workloads[index as usize];
        let (baggage, handler) = if workload.are_alike {
            let key = arrival.given.key.unwrap_or_default();
            (Baggage { key, priority: workload.priority, ..Baggage::default() }, workload.handler)
        } else {
            let Arrival { first, user, given, session, .. } = arrival;
            self.described(workload, first, user, given, session)
        };
        let Baggage { operation, tenant, .. } = baggage;
        let is_idempotent =
            workload.are_alike || workload.mix.get(usize::from(operation)).is_none_or(|kind| kind.idempotent);
        let ledger = if is_idempotent { LedgerId::default() } else { self.ledger_of(session) };
        let baggage = Baggage { ledger, ..baggage };
        self.tell(Happening::RequestEntered { workload: index, operation, tenant, extra, is_user_retry });
        let client = match workload.clients {
            1 => 0,
            clients => first.at(self.key(workload.client_site)).below(u64::from(clients)) as u32,
        };
        let caller = CallerOf::Request { workload: index, extra, abandoned: false, session };
        let call =
            self.begin_call_here(Request { edge: workload.edge, handler, client, caller, word, baggage });
        self.ledgers.release(ledger);
        call
    }

    /// The ledger of a request that must not be done twice, held once more: that of the first click, if the user may click again.
    fn ledger_of(&mut self, session: Id<Session>) -> LedgerId {
        let Some(session) = self.sessions.get_mut(session) else { return self.ledgers.open() };
        if session.ledger.is_none() {
            session.ledger = self.ledgers.open();
        }
        self.ledgers.hold(session.ledger);
        session.ledger
    }

    /// What a request is about, whose it is and of which kind, and the handler that it asks for.
    #[inline(never)]
    fn described(
        &self,
        workload: &Workload,
        first: Word,
        user: Word,
        given: Given,
        session: Id<Session>,
    ) -> (Baggage, u16) {
        let mut baggage = Baggage { priority: workload.priority, ..Baggage::default() };
        let mut handler = workload.handler;
        if !workload.mix.is_empty() {
            let drawn =
                || self.drawn_share(&workload.mix, first, workload.mix_site, |kind| kind.below_billionths);
            let position = given.operation.map_or_else(drawn, usize::from);
            let operation = &workload.mix[position];
            (baggage.operation, baggage.priority) = (position as u8, operation.priority);
            handler = operation.handler;
        }
        if !workload.tenants.is_empty() {
            let drawn = || {
                self.drawn_share(&workload.tenants, user, workload.tenant_site, |tenant| {
                    tenant.below_billionths
                })
            };
            let position = given.tenant.map_or_else(drawn, usize::from);
            baggage.tenant = position as u16;
            baggage.priority = workload.tenants[position].priority.unwrap_or(baggage.priority);
        }
        let drawn = || {
            let (popularity, site) = workload.keys.as_ref()?;
            let key = popularity.draw(&mut first.at(self.key(*site)));
            let Some(drift) = &workload.key_drift else { return Some(key) };
            // Whoever asks again asks for the same.
            let asked = self.sessions.get(session).map_or(self.now, |session| session.intended);
            Some(drift.moved(key, asked))
        };
        baggage.key = given.key.or_else(drawn).unwrap_or_default();
        (baggage, handler)
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
