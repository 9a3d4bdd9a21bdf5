//! The engine: the only place where mechanisms, the calendar and randomness meet.
//!
//! A [`Simulation`] is one value: it can be stepped, paused and cloned. It opens no file, reads no clock, and knows nothing of
//! the document that its [`Plan`] came from. One file per thing that happens:
//!
//! | file | what happens there |
//! |---|---|
//! | `inspect` | what can be asked of a run, and a second one with the same past |
//! | `arrival` | requests enter the world |
//! | `user` | users who think, stay, lose patience and ask again |
//! | `call` | a caller's side: attempts, timers, retries |
//! | `client` | which instance an attempt goes to |
//! | `guard` | what clients remember of how calls ended, and may do next |
//! | `breaker` | what circuit breakers refuse |
//! | `outlier` | instances that clients leave out |
//! | `hedge`, `tied` | attempts that are made of several copies; copies that take each other out of queues |
//! | `throttle` | what clients turn away themselves |
//! | `pool` | who takes which connection and who waits for one |
//! | `connection` | how connections are opened, how long they live, how they end |
//! | `rate_limit` | who has a permit and who waits for one |
//! | `bulkhead` | who has a place and who waits for one, on the side of the caller |
//! | `service` | a server's side: admission, queue, threads, the end of an attempt |
//! | `intake` | who has a permit of the service, and who waits for one |
//! | `handler` | the steps of a handler |
//! | `branch` | branches of a handler, and waiting for them |
//! | `cache` | look-ups in caches, and loads of what is missed |
//! | `lock`, `register` | locks, and waiting for them; versions, and coming too late |
//! | `ask` | caches that are called, and leases |
//! | `propagation` | invalidations on their way |
//! | `write_behind` | what was put into caches and is stored later |
//! | `warming` | caches that are filled from elsewhere |
//! | `work` | work that takes time, at a speed that may change |
//! | `resource` | CPUs and I/O channels, and waiting for them; threads that are taken away |
//! | `abandon` | what happens to attempts that nobody waits for |
//! | `network` | messages, where the network is more than a latency |
//! | `memory` | heaps that fill up, and what is done about it |
//! | `ledger` | what was done for requests that must not be done twice |
//! | `change` | faults and other changes to the running world |
//! | `push` | config pushes |
//! | `relief` | what kept a system down, taken away |
//!
//! The order of events is that of the [calendar](crate::kernel::calendar). A hop that takes no time is no event: it is executed inside the event that caused it,
//! depth-first, after that event's own doings and in the order in which the hops were made.

#![expect(
    clippy::inline_always,
    reason = "what every request comes by is part of the one loop: a call of its own would cost as much as half of what is done"
)]

mod abandon;
mod arrival;
mod ask;
mod branch;
mod breaker;
mod bulkhead;
mod cache;
mod call;
mod change;
mod client;
mod connection;
mod event;
mod guard;
mod handler;
mod hedge;
mod inspect;
mod intake;
mod ledger;
mod lock;
mod memory;
mod network;
mod outlier;
mod pool;
mod propagation;
mod push;
mod rate_limit;
mod register;
mod relief;
mod resource;
mod service;
mod throttle;
mod tied;
mod user;
mod warming;
mod work;
mod world;
mod write_behind;

#[cfg(test)]
mod tests;

use crate::kernel::Time;
use crate::kernel::arena::{Arena, Id};
use crate::kernel::calendar::{Calendar, Due, LaneId, Rank, Ticket};
use crate::kernel::random::SiteKey;
use crate::mechanism::balancer::{BalancerState, PeerState};
use crate::mechanism::network::Pipe;
use crate::mechanism::rate_limit::RateLimitState;
use crate::mechanism::register::RegisterTable;
use crate::observe::{Happening, Observer};
use crate::plan::{Plan, SiteId};

use self::arrival::SourceState;
use self::cache::Caches;
use self::change::ChangeState;
use self::event::{Event, Wait, is_awaited};
use self::guard::Guards;
use self::ledger::Ledgers;
use self::lock::Locks;
use self::memory::Heaps;
use self::propagation::Propagations;
use self::push::PolicyPush;
use self::warming::Warmings;
use self::world::{Attempt, Call, Fork, InstanceState, Session};

/// A run in progress.
#[derive(Clone, Debug)]
pub struct Simulation<'p, O> {
    plan: &'p Plan,
    keys: Vec<SiteKey>,
    now: Time,
    calendar: Calendar<Event>,
    /// What happens at this instant, inside the event in progress; the next is the last.
    hops: Vec<(Event, Ticket)>,
    sources: Vec<SourceState>,
    calls: Arena<Call>,
    attempts: Arena<Attempt>,
    /// Users who do more than wait.
    sessions: Arena<Session>,
    ledgers: Ledgers,
    forks: Arena<Fork>,
    /// The branches of each fork.
    branch_lists: Vec<Vec<Id<Attempt>>>,
    /// Lists of branches that no fork has at the moment: the next one takes one of them instead of a new one.
    spare_lists: Vec<u32>,
    caches: Caches,
    propagations: Propagations,
    warmings: Warmings,
    heaps: Heaps,
    locks: Locks,
    registers: RegisterTable,
    instances: Vec<InstanceState>,
    /// The permits that services and their instances have given; empty: none has a rate limit.
    permits: Vec<RateLimitState>,
    /// Policy state per client, by [`crate::plan::Edge::first_state`].
    clients: Vec<BalancerState>,
    /// What clients remember of instances, by [`crate::plan::Edge::peers`].
    peers: Vec<PeerState>,
    /// What clients remember of how calls ended.
    guards: Guards,
    /// Whether anybody remembers anything of attempts.
    watches_attempts: bool,
    /// Load cuts in force, as positions in [`Plan::changes`].
    cuts: Vec<u32>,
    /// One per change of the plan.
    changes: Vec<ChangeState>,
    /// Network faults in force, as positions in [`Plan::changes`], in ascending order.
    disturbances: Vec<u32>,
    /// Pushes of policies in force, by change.
    policy_pushes: Vec<PolicyPush>,
    /// Both directions of each link of the plan.
    pipes: Vec<Pipe>,
    seed: u64,
    paused_instances: u32,
    interval_end: Time,
    events: u64,
    observer: O,
}

impl<'p, O: Observer> Simulation<'p, O> {
    /// The system at time zero, under this seed.
    pub fn new(plan: &'p Plan, seed: u64, observer: O) -> Self {
        let keys: Vec<SiteKey> = plan.sites.iter().map(|site| SiteKey::new(seed, site.hash)).collect();
        let (clients, peers) = client::new_clients(plan, &keys);
        let guards = Guards::new(plan);
        let mut simulation = Self {
            plan,
            watches_attempts: guards.are_there || !peers.is_empty(),
            guards,
            now: Time::ZERO,
            calendar: Calendar::new(plan.sources.len(), &plan.lanes, Event::Idle),
            hops: Vec::new(),
            sources: plan.sources.iter().map(|source| SourceState::new(plan, source, seed)).collect(),
            calls: Arena::new(),
            attempts: Arena::new(),
            sessions: Arena::new(),
            ledgers: Ledgers::default(),
            forks: Arena::new(),
            branch_lists: Vec::new(),
            spare_lists: Vec::new(),
            caches: Caches::new(plan, &keys),
            propagations: Propagations::new(plan),
            warmings: Warmings::new(plan),
            heaps: Heaps::new(plan),
            locks: Locks::new(plan),
            registers: RegisterTable::new(plan.registers.len()),
            instances: plan.instances.iter().map(|instance| InstanceState::new(plan, instance)).collect(),
            permits: vec![RateLimitState::new(Time::ZERO); plan.service_limits as usize],
            clients,
            peers,
            cuts: Vec::new(),
            changes: vec![ChangeState::new(); plan.changes.len()],
            disturbances: Vec::new(),
            policy_pushes: Vec::new(),
            pipes: vec![Pipe::default(); 2 * plan.links.len()],
            seed,
            paused_instances: 0,
            interval_end: (Time::ZERO + plan.interval).min(Time::ZERO + plan.duration),
            events: 0,
            keys,
            observer,
        };
        simulation.schedule_first_arrivals();
        simulation.begin_closed_loops();
        simulation.begin_pools();
        simulation.tell_warm_caches();
        simulation.warm_cold_caches();
        simulation.schedule_changes();
        simulation
    }

    /// Executes the next event, with the hops that it makes. False at the end of the run: nothing acts at `duration` or later.
    pub fn step(&mut self) -> bool {
        let end = Time::ZERO + self.plan.duration;
        let is_there = self.execute(end, true);
        if !is_there {
            self.run_until(end);
        }
        is_there
    }

    /// Executes everything before `end`, or to the end of the run if that is earlier.
    pub fn run_until(&mut self, end: Time) {
        let end = end.min(Time::ZERO + self.plan.duration);
        self.execute(end, false);
        self.close_intervals(end);
        self.now = self.now.max(end);
    }

    /// Executes everything that is left.
    pub fn run(&mut self) {
        self.run_until(Time::ZERO + self.plan.duration);
    }

    /// Forgets an attempt or a branch.
    #[inline(always)]
    fn remove_attempt(&mut self, id: Id<Attempt>) {
        let Attempt { baggage, stage, .. } = self.attempts.remove(id);
        self.ledgers.release(baggage.ledger);
        if self.guards.bulkheads.keep_workers {
            self.free_worker(id.index());
        }
        if self.guards.pools.are_there {
            self.drained(id.index(), stage);
        }
    }

    /// Executes what comes before `end`: everything, or `only_one` event with the hops that it makes. False if nothing is left. The loop stands here and nowhere else, so
    /// that all that it does can be part of it.
    #[inline(never)]
    fn execute(&mut self, end: Time, only_one: bool) -> bool {
        while self.advance(end) {
            if only_one && self.hops.is_empty() {
                return true;
            }
        }
        false
    }

    /// Executes the next hop of the event in progress or, when there is none left, the next event before `end`. Hops are executed in the order in
    /// which they were made.
    #[inline(always)]
    fn advance(&mut self, end: Time) -> bool {
        let (event, ticket, is_hop) = match self.hops.pop() {
            Some((event, ticket)) => (event, ticket, true),
            None => match self.next_due(end) {
                Some(due) => (due.event, due.ticket, false),
                None => return false,
            },
        };
        let first_hop = self.hops.len();
        let was_live = self.dispatch(event, ticket);
        if self.hops.len() > first_hop + 1 {
            self.hops[first_hop..].reverse();
        }
        if was_live {
            self.events += u64::from(!is_hop);
        } else if !is_hop {
            self.calendar.note_skipped();
        }
        true
    }

    /// Takes the next event from the calendar and moves on to its time.
    #[inline]
    fn next_due(&mut self, end: Time) -> Option<Due<Event>> {
        let Self { calendar, calls, attempts, sessions, instances, guards, .. } = self;
        let connections = &guards.pools.connections;
        let due = calendar.pop_before(end, |event, ticket| match event {
            // Nearly all that is cancelled in the middle of a lane: a match over all kinds costs more than the rest.
            Event::AttemptTimer(index) => attempts.at(index).is_some_and(|attempt| attempt.timer == ticket),
            _ => is_awaited(calls, attempts, sessions, connections, instances, event, ticket),
        })?;
        if due.time >= self.interval_end {
            self.close_intervals(due.time);
        }
        debug_assert!(due.time >= self.now, "time moves forward");
        self.now = due.time;
        Some(due)
    }

    /// Ends every interval that lies before or at `time`.
    #[cold]
    fn close_intervals(&mut self, time: Time) {
        let end_of_run = Time::ZERO + self.plan.duration;
        while self.interval_end <= time && self.interval_end < Time::MAX {
            if self.guards.are_there {
                self.tell_guards(self.interval_end);
            }
            if self.heaps.are_there() {
                self.tell_heaps(self.interval_end);
            }
            self.observer.interval_ended(self.interval_end);
            if self.interval_end >= end_of_run {
                self.interval_end = Time::MAX;
            } else {
                self.interval_end = (self.interval_end + self.plan.interval).min(end_of_run);
            }
        }
    }

    /// Executes an event, unless its ticket was given up.
    #[inline(always)]
    fn dispatch(&mut self, event: Event, ticket: Ticket) -> bool {
        match event {
            Event::Arrival(source) => self.arrive(source as usize),
            Event::Reach(_) => return self.progress(event, ticket, Self::reach),
            Event::Admit(_) => return self.progress(event, ticket, Self::permit_comes),
            Event::Start(_) => return self.progress(event, ticket, Self::start),
            Event::WorkEnds(_) => return self.progress(event, ticket, Self::work_ends),
            Event::SleepEnds(_) => return self.progress(event, ticket, Self::sleep_ends),
            Event::LoadEnds(_) => return self.progress(event, ticket, Self::load_returns),
            Event::IoEnds(_) => return self.progress(event, ticket, Self::io_ends),
            Event::QueueTimer(_) => return self.progress(event, ticket, Self::waited_too_long),
            Event::LockWaitEnds(_) => return self.progress(event, ticket, Self::lock_wait_ends),
            Event::Reply(_) => return self.progress(event, ticket, Self::reply_arrives),
            Event::Abort(_) => return self.progress(event, ticket, Self::abort),
            Event::AttemptTimer(index) => {
                let Some(attempt) = self.attempts.occupant(index) else { return false };
                if self.attempts[attempt].timer != ticket {
                    return false;
                }
                self.attempt_times_out(attempt, ticket);
            }
            Event::Cancel(index) => {
                let Some(attempt) = self.attempts.occupant(index) else { return false };
                if self.attempts[attempt].timer != ticket {
                    return false;
                }
                self.cancellation_arrives(attempt);
            }
            Event::CallTimer(index) => {
                let Some(call) = self.calls.occupant(index) else { return false };
                if self.calls[call].timer != ticket {
                    return false;
                }
                self.call_times_out(call, ticket);
            }
            Event::Send(index)
            | Event::Permit(index)
            | Event::Refuse(index)
            | Event::GiveUp(index)
            | Event::Hedge(index) => {
                let Some(call) = self.calls.occupant(index) else { return false };
                if self.calls[call].ticket != ticket {
                    return false;
                }
                match event {
                    Event::Send(_) => self.backoff_ends(call, ticket),
                    Event::Permit(_) => self.turn_comes(call, ticket),
                    Event::GiveUp(_) => self.has_waited(call, ticket),
                    Event::Hedge(_) => self.hedge_comes_due(call, ticket),
                    _ => self.refusal_arrives(call),
                }
            }
            Event::Click(index) | Event::Patience(index) => {
                let Some(session) = self.sessions.occupant(index) else { return false };
                if self.sessions[session].ticket != ticket {
                    return false;
                }
                match event {
                    Event::Click(_) => self.click(session),
                    _ => self.patience_ends(session),
                }
            }
            Event::Untie(index) => self.untie(index, ticket),
            Event::Invalidation(index) => self.invalidation_arrives(index, ticket),
            Event::Warming(part) => self.warming_comes_due(part, ticket),
            Event::Connection(index) => return self.connection_comes_due(index, ticket),
            Event::InstanceWorkEnds(instance) => return self.shared_work_ends(instance, ticket),
            Event::HeapFull(instance) => self.heap_is_full(instance),
            Event::MemoryTimer(instance) => return self.memory_timer(instance, ticket),
            Event::ChangeBegins(change) => self.change_begins(change),
            Event::ChangeSteps(change) => self.change_steps(change),
            Event::ChangeEnds(change) => self.change_ends(change),
            Event::Sweep(edge) => self.sweep_outliers(edge),
            Event::Idle => unreachable!("an empty register has no event"),
        }
        true
    }

    /// What concerns the way of an attempt: there is at most one such event per attempt, and its ticket is in the attempt.
    #[inline(always)]
    fn progress(&mut self, event: Event, ticket: Ticket, go_on: impl FnOnce(&mut Self, Id<Attempt>)) -> bool {
        let Some((id, attempt)) = self.attempts.occupant_mut(event.index()) else { return false };
        if attempt.ticket != ticket {
            return false;
        }
        if self.paused_instances == 0 {
            attempt.ticket = Ticket::NONE;
        } else if self.is_deferred(event, id, ticket) {
            return true;
        } else {
            self.attempts[id].ticket = Ticket::NONE;
        }
        go_on(self, id);
        true
    }

    #[inline]
    fn key(&self, site: SiteId) -> SiteKey {
        self.keys[site.index()]
    }

    #[inline(always)]
    fn tell(&mut self, happening: Happening) {
        self.observer.happened(self.now, happening);
    }

    /// Says that nobody waits for a scheduled event any more.
    #[inline]
    fn forget(&mut self, ticket: Ticket) {
        if !ticket.is_none() && self.calendar.note_cancelled() {
            self.sweep_calendar();
        }
    }

    #[cold]
    fn sweep_calendar(&mut self) {
        let Self { calendar, calls, attempts, sessions, instances, guards, .. } = self;
        let connections = &guards.pools.connections;
        calendar.sweep(|event, ticket| {
            is_awaited(calls, attempts, sessions, connections, instances, event, ticket)
        });
    }

    /// Schedules `event` after a drawn or constant span; a span of zero becomes a hop. The ticket is for whom the event concerns.
    #[inline]
    fn schedule_after(&mut self, span: Wait, rank: Rank, event: Event) -> Ticket {
        match span {
            Wait::None => {
                let ticket = self.calendar.ticket();
                self.hops.push((event, ticket));
                ticket
            }
            Wait::Lane(lane) => self.schedule_in_lane(lane, event),
            Wait::For(duration) => self.schedule(self.now + duration, rank, event),
        }
    }

    #[inline(never)]
    fn schedule_in_lane(&mut self, lane: LaneId, event: Event) -> Ticket {
        self.calendar.schedule_in_lane(self.now, lane, event)
    }

    #[inline(never)]
    fn schedule(&mut self, time: Time, rank: Rank, event: Event) -> Ticket {
        self.calendar.schedule(time, rank, event)
    }
}
