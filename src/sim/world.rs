//! The things in the world: calls, attempts, instances.

use crate::kernel::arena::Id;
use crate::kernel::calendar::Ticket;
use crate::kernel::random::{Bits, SiteKey, Word};
use crate::kernel::{Duration, Time};
use crate::mechanism::contention::{Applies, WorkClock, WorkTicket};
use crate::mechanism::fault::Effects;
use crate::mechanism::parallel::Tally;
use crate::mechanism::queue::{self, Full, Queue};
use crate::mechanism::resource::Station;
use crate::mechanism::retry::BackoffState;
use crate::mechanism::{Class, Priority};
use crate::observe::Place;
use crate::plan::{Instance, Parameters, Plan};

use super::arrival::Given;
use super::cache::LoadKey;
use super::connection::Connection;
use super::event::Event;
use super::ledger::LedgerId;

/// One edge of the tree of a request, with what its policy remembers. The call of a workload is the request itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) caller: CallerOf,
    pub(super) edge: u32,
    /// The policy that it follows: that of its edge, or what a push made of it.
    pub(super) policy: u16,
    /// The client whose policy state it shares, in [`super::Simulation::clients`].
    pub(super) client: u32,
    pub(super) word: Word,
    pub(super) baggage: Baggage,
    pub(super) began: Time,
    /// When the call as a whole times out; [`Time::MAX`]: never.
    pub(super) deadline: Time,
    pub(super) timer: Ticket,
    /// The end of the backoff.
    pub(super) ticket: Ticket,
    pub(super) attempts_made: u32,
    /// Which handler of its target it asks for.
    pub(super) handler: u16,
    /// The attempt that it waits for.
    pub(super) attempt: Id<Attempt>,
    pub(super) backoff: BackoffState,
}

/// What a request brings along: everything that is done for it carries it (OpenTelemetry's word).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Baggage {
    /// Which of the workload's keys it is about.
    pub(super) key: u32,
    /// What was done for it, if it must not be done twice.
    pub(super) ledger: LedgerId,
    /// The entry there of the call that carries it.
    pub(super) entry: u16,
    /// Which of the workload's tenants it belongs to.
    pub(super) tenant: u16,
    /// Which of the workload's operations it is.
    pub(super) operation: u8,
    /// Who goes first where something is ordered by it.
    pub(super) priority: Priority,
}

/// Who waits for a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CallerOf {
    /// A user.
    Request {
        workload: u32,
        extra: bool,
        /// The user has lost patience, and it goes on for nobody.
        abandoned: bool,
        /// What the user does next, if anything.
        session: Id<Session>,
    },
    /// A handler.
    Attempt(Id<Attempt>),
    /// A pool that opens this connection.
    Connection(Id<Connection>),
    /// This call, whose attempts are made of copies.
    Hedged(Id<Call>),
    /// It was one of these copies, and another one has succeeded.
    Nobody,
}

/// A user who does more than wait for one answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) workload: u32,
    pub(super) extra: bool,
    /// What a trace says of the first request.
    pub(super) given: Given,
    /// What the words of the user's requests are made of.
    pub(super) user: Word,
    /// Requests before this one, the user's own repetitions left aside.
    pub(super) requests: u64,
    /// The word of the request that the user repeats, if it is repeated.
    pub(super) first_click: Word,
    /// That of the request in progress, or of the next one.
    pub(super) word: Word,
    /// How often the user has repeated it.
    pub(super) retries: u32,
    /// What was done for the request that the user repeats.
    pub(super) ledger: LedgerId,
    /// When the user clicked first.
    pub(super) intended: Time,
    /// The request in progress.
    pub(super) call: Id<Call>,
    /// The end of the patience, or the next click.
    pub(super) ticket: Ticket,
}

/// One try of a call, from sending it until both sides are done with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// The call that it belongs to; nobody once the caller does not care any more.
    pub(super) call: Id<Call>,
    /// The call that its handler waits for.
    pub(super) child: Id<Call>,
    /// The branches that its handler waits for.
    pub(super) fork: Id<Fork>,
    /// What it is a branch of; [`Id::NONE`] for an attempt as such.
    pub(super) branch_of: Id<Fork>,
    pub(super) word: Word,
    pub(super) baggage: Baggage,
    pub(super) edge: u32,
    pub(super) place: Place,
    /// Which handler it asks for.
    pub(super) handler: u16,
    /// The instruction that its handler is at.
    pub(super) instruction: u32,
    pub(super) stage: Stage,
    pub(super) held: Held,
    /// A more important attempt took its thread while it was in `work`, and it has not gone on since: it waits for a thread, or with one for a CPU.
    pub(super) suspended: bool,
    /// The caller has given up.
    pub(super) abandoned: bool,
    /// The service has heard that.
    pub(super) cancelled: bool,
    /// What a look-up has found in a cache whose service was called: of the attempt there, what its reply says; of the one that called, what it has heard.
    pub(super) answer: Answer,
    /// What the reply says.
    pub(super) outcome: Class,
    /// The one event that moves it on.
    pub(super) ticket: Ticket,
    /// The per-try timer; once the caller has given up, the cancellation on its way; of a branch, which has neither, the ticket with which it began.
    pub(super) timer: Ticket,
    pub(super) waiting: queue::Ticket,
    pub(super) sent: Time,
    pub(super) received: Time,
    /// When its caller gives up at the latest.
    pub(super) expiry: Time,
    /// When the `work` step in progress began.
    pub(super) work_began: Time,
    /// How far that step is.
    pub(super) progress: Progress,
    /// Time in `work` steps before this one.
    pub(super) worked: Duration,
}

/// With their timers, a million calls and attempts are to fit into 400 MB.
const _: () =
    assert!(size_of::<Attempt>() <= 176 && size_of::<Call>() <= 104, "calls and attempts have grown");

impl Attempt {
    /// Whether the service has it.
    pub(super) const fn is_inside(&self) -> bool {
        matches!(self.stage, Stage::Queued | Stage::Handling | Stage::Aborting)
    }

    /// What attempts at one instance are in the order of, that of their arrival: it does not depend on anything elsewhere, as their ids do. An attempt comes before its branches, which have come
    /// with it.
    pub(super) const fn order(&self) -> (Time, Word, Ticket) {
        (self.received, self.word, if self.is_branch() { self.timer } else { Ticket::NONE })
    }

    /// Whether it is a branch of another one, and not an attempt as such.
    pub(super) const fn is_branch(&self) -> bool {
        !self.branch_of.is_none()
    }
}

/// Branches that somebody waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fork {
    /// Who waits for them, and for what.
    pub(super) waits: WaitsFor,
    /// All that were begun, those that have ended included, in [`super::Simulation::branch_lists`]; of a load, those who wait for it.
    pub(super) list: u32,
}

/// Who waits for branches, and for what.
#[derive(Clone, Copy, Debug)]
pub(super) enum WaitsFor {
    /// The handler of an attempt, or of a branch, for enough of them.
    Handler {
        owner: Id<Attempt>,
        tally: Tally,
        /// Whether branches that are not waited for any more are stopped.
        cancel_losers: bool,
    },
    /// A cache, for the one branch that stores a key which was put into this part of it.
    Store { cache: u32, part: u32, first: u32 },
    /// A cache, for the one branch that loads something.
    Cache {
        cache: u32,
        /// What others would have to miss to wait for it, too; `None`: nobody may.
        load: Option<LoadKey>,
        /// What it loads anew in the background; `None`: somebody has missed it.
        refresh: Option<LoadKey>,
        began: Time,
        /// Where and for which key it was begun, and the word for what is drawn if it fails; `None`: that it failed says nothing of the key.
        of: Option<(Place, u32, Word)>,
    },
}

/// Where an attempt is on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// On the network, towards the service.
    Outbound,
    /// Waiting for a permit or a thread.
    Queued,
    /// In its handler.
    Handling,
    /// Stopped: it ends within this instant, and nothing that its handler waits for moves it on any more.
    Aborting,
    /// The reply is on the network.
    Replying,
    /// The service dropped it in silence; its caller still waits.
    Lost,
}

/// How far the step of an attempt is that takes several goes: `work` for the most part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// At `since` this much was left, at speed 1.
    Own { since: Time, left: Duration },
    /// The clock of the instance knows.
    Shared(WorkTicket),
    /// It is in no such step: it waits for what somebody else is to put into a cache, and has looked so often. Between two looks nothing is under way.
    Waits { since: Time, looks: u32, is_between: bool },
}

/// What a cache says whose service was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Answer {
    /// There is nothing.
    #[default]
    Missed,
    /// There is something.
    Hit,
    /// There is nothing, and somebody else has the token.
    Busy,
}

/// What an attempt holds of its instance. Everything that can be held is listed here, and given back by [`super::Simulation::release`] on every way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that is held or not")]
pub(super) struct Held {
    /// A thread, from admission to reply.
    pub(super) thread: bool,
    /// A place among the attempts in `work`.
    pub(super) work: bool,
    /// A CPU, while it is in `work`.
    pub(super) cpu: bool,
    /// A place in the queue.
    pub(super) queue: bool,
    /// A place in the line before the CPUs or the I/O channels, or a permit of later.
    pub(super) line: Option<Resource>,
    /// An I/O channel.
    pub(super) io: bool,
    /// Locks, and at most one place in the line before a lock; which, is in [`super::lock::Locks`].
    pub(super) locks: bool,
}

/// What attempts of one instance share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Resource {
    Cpu,
    Io,
    /// The rate at which attempts are taken on.
    Permit,
}

/// One process: what nearly every attempt looks at, two of them in one line of the cache. In a large system instances are far from the processor.
#[derive(Clone, Debug)]
#[repr(align(32))]
pub(super) struct InstanceState {
    /// Its parameter set.
    pub(super) parameters: u32,
    /// Which of the instances of its service it is.
    pub(super) ordinal: u32,
    pub(super) threads_busy: u32,
    /// Attempts in `work`; those that wait for a CPU are in the line of `rest.cpu`.
    pub(super) in_work: u32,
    pub(super) is_paused: bool,
    pub(super) is_crashed: bool,
    /// Whether any change is in force.
    pub(super) is_changed: bool,
    /// Whether there is anybody in `rest.preemptible`.
    pub(super) has_preemptible: bool,
    /// Whether there is anybody in `rest.queue`.
    pub(super) has_queue: bool,
    /// Whether there is a `rest.clock`.
    pub(super) has_clock: bool,
    pub(super) rest: Box<InstanceRest>,
}

const _: () = assert!(size_of::<InstanceState>() == 32, "two instances are one line of the cache");

/// What few attempts look at.
#[derive(Clone, Debug)]
pub(super) struct InstanceRest {
    /// The changes in force.
    pub(super) effects: Effects,
    /// How fast work goes on under these, contention left aside; 1 without any.
    pub(super) speed: f64,
    pub(super) queue: Queue<Id<Attempt>>,
    /// Where contention applies throughout, or may come to do so by a change of parameters, and where memory is limited, all work shares one clock.
    pub(super) clock: Option<Box<WorkClock>>,
    /// The next completion by the clock of the instance.
    pub(super) ticket: Ticket,
    /// The attempts in `work`, in the order of their begin, where more important ones may take their threads.
    pub(super) preemptible: Vec<Id<Attempt>>,
    /// How many picks a random order of service has made.
    pub(super) picks: u64,
    pub(super) cpu: Station<Id<Attempt>>,
    pub(super) io: Station<Id<Attempt>>,
    /// What came due while it was paused, in that order.
    pub(super) deferred: Vec<(Event, Ticket)>,
    /// How often it has crashed.
    pub(super) crashes: u32,
    /// The end of the collection in progress, or of the time that it is away for want of memory.
    pub(super) memory_ticket: Ticket,
    /// Its heap is full, and is about to be seen to.
    pub(super) heap_is_full: bool,
}

impl InstanceState {
    pub(super) fn new(plan: &Plan, instance: &Instance) -> Self {
        let index = plan.services[instance.service as usize].parameters;
        let parameters = &plan.parameters[index as usize];
        // What a collection stops or slows down is all work at once.
        let has_memory = plan.services[instance.service as usize].memory.is_some();
        let has_clock = has_memory || plan.parameter_sets(instance.service).any(has_shared_clock);
        Self {
            parameters: index,
            ordinal: instance.ordinal,
            threads_busy: 0,
            in_work: 0,
            is_paused: false,
            is_crashed: false,
            is_changed: false,
            has_preemptible: false,
            has_queue: false,
            has_clock,
            rest: Box::new(InstanceRest {
                effects: Effects::default(),
                speed: 1.0,
                queue: Queue::new(parameters.queue),
                clock: has_clock.then(|| Box::new(WorkClock::new())),
                ticket: Ticket::NONE,
                preemptible: Vec::new(),
                picks: 0,
                cpu: Station::new(),
                io: Station::new(),
                deferred: Vec::new(),
                crashes: 0,
                memory_ticket: Ticket::NONE,
                heap_is_full: false,
            }),
        }
    }
}

impl InstanceState {
    /// How fast work goes on, contention left aside.
    #[inline]
    pub(super) fn speed(&self) -> f64 {
        if self.is_changed { self.rest.speed } else { 1.0 }
    }

    /// The clock that all work shares, if it does.
    #[inline]
    pub(super) fn clock(&mut self) -> Option<&mut WorkClock> {
        if self.has_clock { self.rest.clock.as_deref_mut() } else { None }
    }

    /// Somebody begins to wait at the end of the queue.
    #[inline]
    pub(super) fn join_queue(
        &mut self,
        now: Time,
        priority: Priority,
        id: Id<Attempt>,
    ) -> Result<queue::Ticket, Full> {
        let ticket = self.rest.queue.push(now, priority, id)?;
        self.has_queue = true;
        Ok(ticket)
    }

    /// Somebody who had a thread goes back to the front of the queue.
    pub(super) fn rejoin_queue(&mut self, now: Time, priority: Priority, id: Id<Attempt>) -> queue::Ticket {
        self.has_queue = true;
        self.rest.queue.push_front(now, priority, id)
    }

    /// Somebody leaves the queue who was not called; false if nobody has this ticket.
    pub(super) fn leave_queue(&mut self, ticket: queue::Ticket) -> bool {
        let was_there = self.rest.queue.remove(ticket);
        self.has_queue = !self.rest.queue.is_empty();
        was_there
    }

    /// Who is next in the queue, if anybody is there; `key` says where a random order of service is drawn.
    #[inline]
    pub(super) fn call_from_queue(&mut self, now: Time, key: impl Fn() -> SiteKey) -> Option<Id<Attempt>> {
        let InstanceRest { queue, picks, .. } = &mut *self.rest;
        let called = queue.pop(now, |below| {
            let key = key();
            *picks += 1;
            Word::root(key, u64::from(self.ordinal)).child(*picks).at(key).below(below)
        });
        self.has_queue = !queue.is_empty();
        called
    }
}

fn has_shared_clock(parameters: &Parameters) -> bool {
    parameters.shared_cpus.is_some()
        || parameters
            .contention
            .as_ref()
            .is_some_and(|contention| contention.applies() == Applies::Throughout)
}
