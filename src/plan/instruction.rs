//! The steps of handlers.

use crate::kernel::Duration;
use crate::kernel::calendar::LaneId;
use crate::kernel::sampler::Sampler;
use crate::mechanism::cache::Operation;
use crate::mechanism::lock::LockMode;

use super::SiteId;

/// One step of a handler.
#[derive(Clone, PartialEq, Debug)]
pub enum Instruction {
    /// Needs a CPU for so long.
    Work {
        /// How long at speed 1.
        span: Span,
        /// Where it is drawn.
        site: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Needs an I/O channel for so long.
    Io {
        /// How long.
        span: Span,
        /// Where it is drawn.
        site: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Only time passes.
    Sleep {
        /// How long.
        span: Span,
        /// Where it is drawn.
        site: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Asks another service, and waits for the answer.
    Call {
        /// Along which edge.
        edge: u32,
        /// Which handler of the target.
        handler: u16,
        /// Which repetition of the step this is.
        iteration: u32,
        /// Tells the calls of one handler apart.
        step: u64,
    },
    /// Looks up in a cache what the request is about. Where it is missed, it is loaded, or the handler goes on at the next instruction.
    Get {
        /// Which cache.
        cache: u32,
        /// Where the handler goes on once it has it.
        hit: u32,
        /// The first instruction of the load; [`Instruction::NO_LOAD`]: there is none.
        load: u32,
        /// Where the latency is drawn.
        site: SiteId,
        /// Where it is drawn whether an entry expires early.
        early: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Puts into a cache what the request is about.
    Put {
        /// Which cache.
        cache: u32,
        /// It was missed there, and whoever puts it there needs a token.
        fills: bool,
        /// It is stored later, if there is room for that, and the handler goes on elsewhere; otherwise it goes on at the next instruction.
        behind: Option<Behind>,
        /// Where the latency is drawn.
        site: SiteId,
        /// Where the time to live is drawn, and who has to go.
        entry: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Takes out of a cache what the request is about.
    Invalidate {
        /// Which cache.
        cache: u32,
        /// Where the latency is drawn.
        site: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Asks the service that a cache is in. Where a look-up has found nothing, and where it has failed and that is as good as a miss, the handler goes on at the next instruction.
    Ask {
        /// Which cache.
        cache: u32,
        /// What for.
        operation: Operation,
        /// Along which edge.
        edge: u32,
        /// Which handler of the service: one that ends with [`Instruction::Answer`].
        handler: u16,
        /// Which repetition of the step this is.
        iteration: u32,
        /// Tells the calls of one handler apart.
        step: u64,
        /// Where the handler goes on once it has what it looked up.
        hit: u32,
    },
    /// The handler of a service in which a cache is has done its steps: now the cache is looked at or changed.
    Answer {
        /// Which cache.
        cache: u32,
        /// What it is asked for.
        operation: Operation,
        /// Where the time to live is drawn, and who has to go.
        entry: SiteId,
    },
    /// A load is done: what it was for is put into the cache.
    Loaded {
        /// Which cache.
        cache: u32,
        /// Where the time to live is drawn, and who has to go.
        entry: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// What a cache is written to for is stored.
    Write(Writing),
    /// Gets a lock, or waits for it.
    Acquire {
        /// Which.
        lock: u32,
        /// Alone, or together with others.
        mode: LockMode,
    },
    /// Gives the lock back that was acquired last.
    Release,
    /// Notes the version of this register.
    Read(u32),
    /// Writes this register, if nobody else has since.
    CompareAndSet(u32),
    /// Fails with `server_error`.
    Fail {
        /// With this probability, in billionths.
        billionths: u32,
        /// Where it is drawn.
        site: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Goes on at one of several instructions.
    Choose {
        /// The first of its ways in [`super::Plan::ways`].
        first: u32,
        /// How many ways there are.
        count: u32,
        /// Where it is drawn.
        site: SiteId,
        /// Which repetition of the step this is.
        iteration: u32,
    },
    /// Goes on elsewhere.
    Jump(u32),
    /// Begins several branches, and waits for enough of them.
    Fork {
        /// The first of its branches in [`super::Plan::branches`].
        first: u32,
        /// How many branches there are.
        count: u32,
        /// How many of them must succeed.
        needed: u32,
        /// Whether those that are not waited for any more are stopped.
        cancel_losers: bool,
    },
    /// A branch is done.
    Join,
    /// What was tried has failed; from here on it is done otherwise.
    Otherwise,
    /// The attempt is turned away.
    Reject,
    /// The handler is done.
    Reply,
}

impl Instruction {
    /// In [`Instruction::Get`]: what is missed is for the handler to see to.
    pub const NO_LOAD: u32 = u32::MAX;
}

/// A step on the way of what is put into a cache to where it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writing {
    /// It begins to be stored, and is not there yet.
    Begins {
        /// In which cache.
        cache: u32,
    },
    /// That has failed: the handler fails as it did.
    Fails {
        /// Which cache.
        cache: u32,
    },
    /// It is there, and waits until it is stored.
    Waits {
        /// In which cache.
        cache: u32,
    },
    /// It was there, and is stored now.
    Ends,
}

/// What is stored later, and by whom not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Behind {
    /// The first instruction of what is done later.
    pub first: u32,
    /// Where the handler goes on that has put it there.
    pub next: u32,
}

/// One way of a choice.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Way {
    /// It is taken if the draw, in billionths, is below this and not below that of the way before.
    pub below_billionths: u32,
    /// Its first instruction.
    pub instruction: u32,
}

/// A constant or drawn span of time.
#[derive(Clone, PartialEq, Debug)]
pub enum Span {
    /// Always the same; not zero.
    Constant(Delay),
    /// No time at all.
    Zero,
    /// Drawn afresh each time.
    Drawn(Sampler),
}

/// A constant delay and the lane of the calendar that it has to itself.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Delay {
    /// How long; not zero.
    pub length: Duration,
    /// Where its timers wait.
    pub lane: LaneId,
}
