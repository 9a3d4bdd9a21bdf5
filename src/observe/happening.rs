//! The closed list of what can happen in a run, as the engine tells it.

use crate::kernel::{Duration, Time};
use crate::mechanism::Class;
use crate::mechanism::lock::LockMode;

use super::{CacheEvent, GuardEvent, LockEvent, MemoryEvent, RegisterEvent, ServiceEnd};

/// Names one attempt for as long as anybody speaks of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AttemptRef(pub u64);

/// Names one call for as long as anybody speaks of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CallRef(pub u64);

/// What a branch is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BranchPurpose {
    /// A part of what a handler does, which waits for it.
    Handler,
    /// It loads what a cache did not have, and that is kept for whoever asks next.
    Load,
    /// It stores what was put into a cache, as was promised.
    Store,
}

/// Who makes a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallOrigin {
    /// A user: it is the request that was told last.
    Request,
    /// The handler of an attempt, or a branch of one.
    Handler(AttemptRef),
    /// A pool, to open a connection.
    Connection,
}

/// Where an attempt is: indices into [`crate::plan::Plan::services`] and the instances of all services.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Which service.
    pub service: u32,
    /// Which instance, counted over all services.
    pub instance: u32,
}

/// One thing that happened.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Happening {
    /// A request entered the world.
    RequestEntered {
        /// Whose.
        workload: u32,
        /// Which kind of request it is, if the workload has several; otherwise 0.
        operation: u8,
        /// Which tenant's it is, if the workload has any; otherwise 0.
        tenant: u16,
        /// Whether a trigger added it.
        extra: bool,
        /// Whether the user repeats an earlier one.
        is_user_retry: bool,
    },
    /// A request ended; it does so once.
    RequestEnded {
        /// The call that it was.
        call: CallRef,
        /// Whose.
        workload: u32,
        /// Which kind of request it is, if the workload has several; otherwise 0.
        operation: u8,
        /// Which tenant's it is, if the workload has any; otherwise 0.
        tenant: u16,
        /// Whether a trigger added it.
        extra: bool,
        /// How.
        class: Class,
        /// When it entered.
        began: Time,
        /// When the user clicked first: earlier, if this is a repetition by the user.
        intended: Time,
        /// Whether the user had lost patience before.
        late: bool,
    },
    /// A call began.
    CallBegan {
        /// On which edge.
        edge: u32,
        /// Which.
        call: CallRef,
        /// Who makes it.
        origin: CallOrigin,
    },
    /// An attempt of a call gets a copy, which is sent like a call of its own.
    CopyBegan {
        /// The call.
        call: CallRef,
        /// The copy: in all that is told of its attempt it stands where the call does.
        copy: CallRef,
        /// 0 for the attempt itself, and from 1 for those that hedge it.
        number: u32,
    },
    /// A call ended.
    CallEnded {
        /// On which edge.
        edge: u32,
        /// Which.
        call: CallRef,
        /// How.
        class: Class,
        /// When it began.
        began: Time,
    },
    /// Something that a caller's policy decided.
    Guard {
        /// On which edge; of what several edges share, the first of them.
        edge: u32,
        /// What.
        event: GuardEvent,
    },
    /// An attempt was sent.
    AttemptSent {
        /// On which edge.
        edge: u32,
        /// Which.
        attempt: AttemptRef,
        /// 1 for the first of its call.
        ordinal: u32,
        /// Of which call, or copy.
        call: CallRef,
    },
    /// An attempt ended for its caller, which waits for it no longer.
    AttemptEnded {
        /// On which edge.
        edge: u32,
        /// Which.
        attempt: AttemptRef,
        /// How.
        class: Class,
        /// When it was sent.
        sent: Time,
    },
    /// An attempt will never reach its instance: its request was lost on the network, or turned back there.
    AttemptLost {
        /// On which edge.
        edge: u32,
        /// Which.
        attempt: AttemptRef,
    },
    /// The reply to an attempt, which its service is done with, was lost on the network.
    ReplyLost {
        /// On which edge.
        edge: u32,
        /// Which.
        attempt: AttemptRef,
    },
    /// An attempt reached an instance that is down, or knows nothing of its connection, or was to open one that the kernel accepts: the service did not receive it.
    AttemptRefused {
        /// Which.
        attempt: AttemptRef,
    },
    /// An attempt reached an instance.
    Received {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt began to wait for a thread.
    Queued {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt waits no longer: it got a thread, or it was taken away.
    LeftQueue {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt got a thread.
    ThreadTaken {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
        /// How long after its arrival.
        waited: Duration,
    },
    /// An attempt gave its thread back.
    ThreadReleased {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt entered a `work` step.
    WorkBegan {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt left a `work` step, done or not.
    WorkStopped {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt in a `work` step began to wait for a CPU.
    CpuQueued {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt waits no longer for a CPU.
    CpuLeftQueue {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt got an I/O channel.
    IoBegan {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt gave its I/O channel back.
    IoStopped {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt in an `io` step began to wait for a channel.
    IoQueued {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt waits no longer for an I/O channel.
    IoLeftQueue {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt began to wait for a permit of the rate limit of its service.
    PermitQueued {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt waits no longer for a permit.
    PermitLeftQueue {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// An attempt is turned away, because the rate limit of its service has no permit for it.
    RateLimited {
        /// Which.
        attempt: AttemptRef,
        /// By whom.
        place: Place,
    },
    /// An attempt is turned away, which is work.
    Rejecting {
        /// Which.
        attempt: AttemptRef,
        /// By whom.
        place: Place,
    },
    /// A service has carried out a call that must not be carried out twice, and had done so before.
    DuplicateExecution {
        /// Where, now.
        place: Place,
    },
    /// An attempt is turned away, because it has waited too long for a thread.
    QueueTimedOut {
        /// Where.
        place: Place,
    },
    /// A handler began a branch: it works and calls like an attempt, on the thread of the attempt or branch that it belongs to.
    BranchBegan {
        /// Which; in all that follows it stands where an attempt does.
        branch: AttemptRef,
        /// Whose.
        attempt: AttemptRef,
        /// Where.
        place: Place,
        /// What it is for.
        purpose: BranchPurpose,
    },
    /// A branch ended, waited for or not.
    BranchEnded {
        /// Which.
        branch: AttemptRef,
        /// Where.
        place: Place,
        /// How long it was in `work` steps, if nobody waited for it any more, or if it was a load. Otherwise its work counts as that of its attempt, and this is 0.
        worked: Duration,
        /// Whether that was of any use: what is loaded is kept for others.
        wanted: bool,
    },
    /// What a handler tried has failed, and it goes on otherwise.
    FellBack {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// A service is done with an attempt.
    Finished {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
        /// How.
        end: ServiceEnd,
        /// When it had been received.
        received: Time,
        /// How long it was in `work` steps.
        worked: Duration,
        /// Whether somebody up to the user still waited for the result.
        wanted: bool,
    },
    /// The caller of an attempt gave up while the service had it.
    Orphaned {
        /// Which.
        attempt: AttemptRef,
        /// Where.
        place: Place,
    },
    /// Something happened to the memory of an instance.
    Memory {
        /// Index into [`crate::plan::Plan::memories`].
        memory: u32,
        /// What.
        event: MemoryEvent,
    },
    /// Something happened to a cache.
    Cache {
        /// Index into [`crate::plan::Plan::caches`].
        cache: u32,
        /// What.
        event: CacheEvent,
    },
    /// Something happened to a lock.
    Lock {
        /// Who.
        attempt: AttemptRef,
        /// Index into [`crate::plan::Plan::locks`].
        lock: u32,
        /// Which key of it, or which instance; 0 if there is one for all.
        place: u32,
        /// How it is held, or waited for.
        mode: LockMode,
        /// What.
        event: LockEvent,
    },
    /// Something happened to a register.
    Register {
        /// Index into [`crate::plan::Plan::registers`].
        register: u32,
        /// What.
        event: RegisterEvent,
    },
    /// A change took effect.
    ChangeBegan {
        /// Index into [`crate::plan::Plan::changes`].
        change: u32,
    },
    /// A change was taken back.
    ChangeEnded {
        /// Index into [`crate::plan::Plan::changes`].
        change: u32,
    },
}

/// Is told of everything that happens, in order. Observers never steer.
pub trait Observer {
    /// Something happened at `now`.
    fn happened(&mut self, now: Time, happening: Happening);

    /// An interval ended at `end`; nothing that happens at `end` or later was told yet.
    fn interval_ended(&mut self, end: Time);
}

/// Watches nothing.
impl Observer for () {
    #[inline]
    fn happened(&mut self, _: Time, _: Happening) {}

    #[inline]
    fn interval_ended(&mut self, _: Time) {}
}

/// Two observers side by side.
impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline]
    fn happened(&mut self, now: Time, happening: Happening) {
        self.0.happened(now, happening);
        self.1.happened(now, happening);
    }

    #[inline]
    fn interval_ended(&mut self, end: Time) {
        self.0.interval_ended(end);
        self.1.interval_ended(end);
    }
}
