//! What the calendar holds: a kind and whom it concerns, in eight bytes.

use crate::kernel::Duration;
use crate::kernel::arena::Arena;
use crate::kernel::calendar::{LaneId, Ticket};

use super::connection::Connection;
use super::world::{Attempt, Call, InstanceState, Session};

/// An event; the number is the slot of the attempt or call, or the position of the source, instance or change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// Fills empty registers; never executed.
    Idle,
    /// A source's next request enters.
    Arrival(u32),
    /// A user asks, again or for the first time.
    Click(u32),
    /// A user has lost patience.
    Patience(u32),
    /// An attempt reaches its instance.
    Reach(u32),
    /// An attempt has a permit of its instance, or of the service, for which it has waited.
    Admit(u32),
    /// An attempt that got a thread begins its handler.
    Start(u32),
    /// An attempt's work is done.
    WorkEnds(u32),
    /// The work that is done first on an instance with a shared clock is done.
    InstanceWorkEnds(u32),
    /// An attempt's I/O is done.
    IoEnds(u32),
    /// An attempt has waited too long for a thread.
    QueueTimer(u32),
    /// An attempt waits no longer for a lock.
    LockWaitEnds(u32),
    /// An attempt's sleep is over.
    SleepEnds(u32),
    /// The load that an attempt waits for is over, or it is the turn of a branch to store something.
    LoadEnds(u32),
    /// The reply to an attempt reaches its caller.
    Reply(u32),
    /// A cancelled attempt stops.
    Abort(u32),
    /// The cancellation of an attempt reaches its service.
    Cancel(u32),
    /// An attempt took too long.
    AttemptTimer(u32),
    /// A call took too long.
    CallTimer(u32),
    /// A call's backoff is over: it sends its next attempt.
    Send(u32),
    /// The permit comes that a call or its attempt waits for.
    Permit(u32),
    /// A call is not let through.
    Refuse(u32),
    /// A call has waited for a place as long as it may.
    GiveUp(u32),
    /// A call sends another copy of its attempt.
    Hedge(u32),
    /// An attempt's instance hears that another copy of it is being handled.
    Untie(u32),
    /// An invalidation reaches a part of a cache.
    Invalidation(u32),
    /// A key comes to a part of a cache that is warmed.
    Warming(u32),
    /// The heap of an instance is full.
    HeapFull(u32),
    /// A collection is over, or an instance that ran out of memory is back.
    MemoryTimer(u32),
    /// A connection is to be looked at.
    Connection(u32),
    /// The clients of an edge look for instances to eject, and for such to return.
    Sweep(u32),
    /// A change takes effect.
    ChangeBegins(u32),
    /// A change that comes slowly gets stronger.
    ChangeSteps(u32),
    /// A change is taken back.
    ChangeEnds(u32),
}

impl Event {
    #[inline]
    pub(super) const fn index(self) -> u32 {
        match self {
            Self::Idle => u32::MAX,
            Self::Arrival(index)
            | Self::Reach(index)
            | Self::Click(index)
            | Self::Patience(index)
            | Self::Admit(index)
            | Self::Start(index)
            | Self::WorkEnds(index)
            | Self::InstanceWorkEnds(index)
            | Self::SleepEnds(index)
            | Self::LoadEnds(index)
            | Self::IoEnds(index)
            | Self::QueueTimer(index)
            | Self::LockWaitEnds(index)
            | Self::Reply(index)
            | Self::Abort(index)
            | Self::Cancel(index)
            | Self::AttemptTimer(index)
            | Self::CallTimer(index)
            | Self::Send(index)
            | Self::Permit(index)
            | Self::Refuse(index)
            | Self::GiveUp(index)
            | Self::Hedge(index)
            | Self::Untie(index)
            | Self::Invalidation(index)
            | Self::Warming(index)
            | Self::HeapFull(index)
            | Self::MemoryTimer(index)
            | Self::Connection(index)
            | Self::Sweep(index)
            | Self::ChangeBegins(index)
            | Self::ChangeSteps(index)
            | Self::ChangeEnds(index) => index,
        }
    }
}

/// Whether anybody still holds the ticket of this event.
#[inline]
pub(super) fn is_awaited(
    calls: &Arena<Call>,
    attempts: &Arena<Attempt>,
    sessions: &Arena<Session>,
    connections: &Arena<Connection>,
    instances: &[InstanceState],
    event: Event,
    ticket: Ticket,
) -> bool {
    match event {
        Event::Reach(index)
        | Event::Admit(index)
        | Event::Start(index)
        | Event::WorkEnds(index)
        | Event::SleepEnds(index)
        | Event::LoadEnds(index)
        | Event::IoEnds(index)
        | Event::QueueTimer(index)
        | Event::LockWaitEnds(index)
        | Event::Reply(index)
        | Event::Abort(index) => attempts.at(index).is_some_and(|attempt| attempt.ticket == ticket),
        Event::AttemptTimer(index) | Event::Cancel(index) => {
            attempts.at(index).is_some_and(|attempt| attempt.timer == ticket)
        }
        Event::Click(index) | Event::Patience(index) => {
            sessions.at(index).is_some_and(|session| session.ticket == ticket)
        }
        Event::CallTimer(index) => calls.at(index).is_some_and(|call| call.timer == ticket),
        Event::Send(index)
        | Event::Permit(index)
        | Event::Refuse(index)
        | Event::GiveUp(index)
        | Event::Hedge(index) => calls.at(index).is_some_and(|call| call.ticket == ticket),
        Event::Connection(index) => {
            connections.at(index).is_some_and(|connection| connection.ticket == ticket)
        }
        Event::InstanceWorkEnds(instance) => instances[instance as usize].rest.ticket == ticket,
        Event::MemoryTimer(instance) => instances[instance as usize].rest.memory_ticket == ticket,
        // A message arrives, whatever it is worth by then.
        Event::Arrival(_)
        | Event::Untie(_)
        | Event::Invalidation(_)
        | Event::Warming(_)
        | Event::HeapFull(_)
        | Event::Sweep(_)
        | Event::ChangeBegins(_)
        | Event::ChangeSteps(_)
        | Event::ChangeEnds(_)
        | Event::Idle => true,
    }
}

/// How long to wait, and by which way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    /// Not at all.
    None,
    /// For the constant delay of a lane.
    Lane(LaneId),
    /// For this long; not zero.
    For(Duration),
}

impl Wait {
    /// For as long as this, which may be no time.
    pub(super) const fn of(span: Duration) -> Self {
        if span.is_zero() { Self::None } else { Self::For(span) }
    }
}
