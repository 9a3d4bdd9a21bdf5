//! The steps of handlers.

use crate::kernel::Duration;
use crate::kernel::calendar::LaneId;
use crate::kernel::sampler::Sampler;

use super::SiteId;

/// One step of a handler.
#[derive(Clone, Debug)]
pub enum Instruction {
    /// Needs a CPU for so long.
    Work {
        /// How long at speed 1.
        span: Span,
        /// Where it is drawn.
        site: SiteId,
    },
    /// Only time passes.
    Sleep {
        /// How long.
        span: Span,
        /// Where it is drawn.
        site: SiteId,
    },
    /// Asks another service, and waits for the answer.
    Call {
        /// Along which edge.
        edge: u32,
        /// Tells the calls of one handler apart.
        step: u64,
    },
    /// Fails with `server_error`.
    Fail {
        /// With this probability, in billionths.
        billionths: u32,
        /// Where it is drawn.
        site: SiteId,
    },
    /// The handler is done.
    Reply,
}

/// A constant or drawn span of time.
#[derive(Clone, Debug)]
pub enum Span {
    /// Always the same; not zero.
    Constant(Delay),
    /// No time at all.
    Zero,
    /// Drawn afresh each time.
    Drawn(Sampler),
}

/// A constant delay and the lane of the calendar that it has to itself.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    /// How long; not zero.
    pub length: Duration,
    /// Where its timers wait.
    pub lane: LaneId,
}
