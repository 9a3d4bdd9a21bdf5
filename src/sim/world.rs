//! The things in the world: calls, attempts, instances.

use crate::kernel::arena::Id;
use crate::kernel::calendar::Ticket;
use crate::kernel::random::Word;
use crate::kernel::{Duration, Time};
use crate::mechanism::contention::{Applies, WorkClock, WorkTicket};
use crate::mechanism::fault::Effects;
use crate::mechanism::queue::{self, Queue};
use crate::mechanism::retry::BackoffState;
use crate::mechanism::{Class, Priority};
use crate::observe::Place;
use crate::plan::{Instance, Parameters, Plan};

use super::event::Event;

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
    /// The attempt that it waits for.
    pub(super) attempt: Id<Attempt>,
    pub(super) backoff: BackoffState,
}

/// What a request brings along: everything that is done for it carries it (OpenTelemetry's word).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Baggage {
    /// Which of the workload's keys it is about.
    pub(super) key: u32,
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
    Request { workload: u32, extra: bool },
    /// A handler.
    Attempt(Id<Attempt>),
}

/// One try of a call, from sending it until both sides are done with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// The call that it belongs to; nobody once the caller does not care any more.
    pub(super) call: Id<Call>,
    /// The call that its handler waits for.
    pub(super) child: Id<Call>,
    pub(super) word: Word,
    pub(super) baggage: Baggage,
    pub(super) edge: u32,
    pub(super) place: Place,
    /// The instruction that its handler is at.
    pub(super) instruction: u32,
    pub(super) stage: Stage,
    pub(super) held: Held,
    /// The caller has given up.
    pub(super) abandoned: bool,
    /// What the reply says.
    pub(super) outcome: Class,
    /// The one event that moves it on.
    pub(super) ticket: Ticket,
    /// The per-try timer.
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
    assert!(size_of::<Attempt>() <= 144 && size_of::<Call>() <= 96, "calls and attempts have grown");

impl Attempt {
    /// Whether the service has it.
    pub(super) const fn is_inside(&self) -> bool {
        matches!(self.stage, Stage::Queued | Stage::Handling)
    }
}

/// Where an attempt is on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// On the network, towards the service.
    Outbound,
    /// Waiting for a thread.
    Queued,
    /// In its handler.
    Handling,
    /// The reply is on the network.
    Replying,
    /// The service dropped it in silence; its caller still waits.
    Lost,
}

/// How far the `work` step of an attempt is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// At `since` this much was left, at speed 1.
    Own { since: Time, left: Duration },
    /// The clock of the instance knows.
    Shared(WorkTicket),
}

/// What an attempt holds of its instance. Everything that can be held is listed here, and given back by [`super::Simulation::release`] on every way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Held {
    /// A thread, from admission to reply.
    pub(super) thread: bool,
    /// A place among the attempts in `work`.
    pub(super) work: bool,
    /// A place in the queue.
    pub(super) queue: bool,
}

/// One process.
#[derive(Clone, Debug)]
pub(super) struct InstanceState {
    /// Its parameter set.
    pub(super) parameters: u32,
    pub(super) threads_busy: u32,
    pub(super) queue: Queue<Id<Attempt>>,
    /// Attempts in `work`.
    pub(super) in_work: u32,
    /// How fast work goes on, contention left aside.
    pub(super) speed: f64,
    /// The changes in force.
    pub(super) effects: Effects,
    pub(super) is_paused: bool,
    pub(super) is_crashed: bool,
    /// What came due while it was paused, in that order.
    pub(super) deferred: Vec<(Event, Ticket)>,
    /// Where contention applies throughout, or may come to do so by a change of parameters, all work shares one clock.
    pub(super) clock: Option<WorkClock>,
    /// The next completion by that clock.
    pub(super) ticket: Ticket,
}

impl InstanceState {
    pub(super) fn new(plan: &Plan, instance: &Instance) -> Self {
        let index = plan.services[instance.service as usize].parameters;
        let parameters = &plan.parameters[index as usize];
        Self {
            parameters: index,
            threads_busy: 0,
            queue: Queue::new(parameters.queue),
            in_work: 0,
            speed: 1.0,
            effects: Effects::default(),
            is_paused: false,
            is_crashed: false,
            deferred: Vec::new(),
            clock: plan.parameter_sets(instance.service).any(has_shared_clock).then(WorkClock::new),
            ticket: Ticket::NONE,
        }
    }
}

fn has_shared_clock(parameters: &Parameters) -> bool {
    parameters.contention.as_ref().is_some_and(|contention| contention.applies() == Applies::Throughout)
}
