//! What happened to single requests: for each a tree of spans, from the user's click to the last work that was done for it.
//!
//! The same world is run twice. In the first run it is seen how requests end, and some are chosen; in the second these are recorded, and no others. So the choice knows how everything
//! came out, and memory holds what is kept and nothing else.

mod choice;
mod record;
#[cfg(test)]
mod tests;

use super::{BranchPurpose, Happening, Observer, Place, ServiceEnd};
use crate::kernel::Time;
use crate::mechanism::Class;
use crate::plan::Plan;

use choice::Chooser;
use record::Recorder;

pub use record::{SPANS_MAX, SPANS_PER_REQUEST_MAX};

/// Why a request is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// Chance, which has drawn its number: the same for all requests of a workload.
    Sampled,
    /// Of those that succeeded it was one of the slowest of its workload.
    Slowest,
    /// It was one of the first of its workload that came to this end, which is no good one.
    Failed,
    /// It was one of the first of its workload after the begin of the first trigger.
    TriggerBegan,
    /// It was one of the first of its workload after the end of the last trigger.
    TriggerEnded,
    /// It was still in progress when the run ended, and one of the oldest of its workload.
    Unfinished,
}

impl Reason {
    /// The word in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Slowest => "slowest",
            Self::Failed => "failed",
            Self::TriggerBegan => "trigger_began",
            Self::TriggerEnded => "trigger_ended",
            Self::Unfinished => "unfinished",
        }
    }
}

/// A request that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// How many requests, of all workloads, had entered before it.
    pub number: u64,
    /// Why; at least one, and each once.
    pub reasons: Vec<Reason>,
}

/// A request with all that was done for it.
#[derive(Clone, PartialEq, Debug)]
pub struct RequestTrace {
    /// Which it is, and why it was kept.
    pub chosen: Chosen,
    /// Whose: index into [`Plan::workloads`].
    pub workload: u32,
    /// Which kind of request it is, if the workload has several; otherwise 0.
    pub operation: u8,
    /// Which tenant's it is, if the workload has any; otherwise 0.
    pub tenant: u16,
    /// Whether a trigger added it.
    pub extra: bool,
    /// Whether the user repeated an earlier one.
    pub is_user_retry: bool,
    /// How it ended; `None`: not before the run did.
    pub class: Option<Class>,
    /// Whether its user had lost patience before.
    pub late: bool,
    /// When the user clicked first.
    pub intended: Time,
    /// The request itself, and what was done for it in the order in which that began.
    pub spans: Vec<Span>,
    /// What happened at one instant, in order.
    pub marks: Vec<Mark>,
    /// Spans that were not kept, because there are too many.
    pub left_out: u64,
}

/// Something that took time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Span {
    /// What it was done for, by its position; `None` for the request itself.
    pub parent: Option<u32>,
    /// When it began.
    pub begin: Time,
    /// When it ended; `None`: not before the run did.
    pub end: Option<Time>,
    /// What it was.
    pub kind: SpanKind,
}

/// What a span is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum SpanKind {
    /// The request, from its begin to its end for the user.
    Request,
    /// A call that a handler makes. That of a workload is the request itself.
    Call {
        /// Index into [`Plan::edges`].
        edge: u32,
        /// How it ended.
        class: Option<Class>,
    },
    /// An attempt, as its caller sees it.
    Attempt {
        /// Index into [`Plan::edges`].
        edge: u32,
        /// 1 for the first of its call.
        ordinal: u32,
        /// Which copy of it: 0, or a hedge from 1.
        copy: u32,
        /// How it ended.
        class: Option<Class>,
        /// What became of its message, if that was not handled, or its answer never came.
        lost: Option<Lost>,
    },
    /// What a service does with an attempt, from its arrival.
    Handling {
        /// Where.
        place: Place,
        /// How it ended.
        end: Option<ServiceEnd>,
        /// Its caller gave up while the service had it.
        orphaned: bool,
        /// Whether somebody up to the user still waited when it ended.
        wanted: bool,
    },
    /// A branch of a handler, a load of what a cache did not have, or a store of what was put there.
    Branch {
        /// Where.
        place: Place,
        /// What for.
        purpose: BranchPurpose,
        /// Nobody waited for it any more when it ended.
        orphaned: bool,
    },
    /// A part of what a service does.
    Step {
        /// Where.
        place: Place,
        /// What.
        step: Step,
    },
}

/// What a handler does, or waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Waits for a thread.
    Queue,
    /// Waits for a permit of the rate limit of its service.
    WaitForPermit,
    /// Works.
    Work,
    /// Waits for a CPU.
    WaitForCpu,
    /// Has an I/O channel.
    Io,
    /// Waits for one.
    WaitForIo,
    /// Has a lock: index into [`Plan::locks`].
    Lock(u32),
    /// Waits for one.
    WaitForLock(u32),
}

/// Why there is no handling of an attempt, or no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// Its request was lost on the network, or turned back there.
    Request,
    /// Nobody was there to receive it, or who was did not know the connection.
    Refused,
    /// The reply was lost.
    Reply,
}

/// What happened at one instant of a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The position of the span.
    pub span: u32,
    /// When.
    pub at: Time,
    /// What.
    pub what: MarkKind,
}

/// What can happen at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// The caller gave up.
    Orphaned,
    /// What the handler tried has failed, and it goes on otherwise.
    FellBack,
}

impl MarkKind {
    /// The word in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orphaned => "orphaned",
            Self::FellBack => "fell_back",
        }
    }
}

/// Which requests are looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wish {
    /// It is to be found out which are worth it: so many for each reason and workload.
    Choose(u32),
    /// These, in the order of their numbers.
    Record(Vec<Chosen>),
}

/// An observer that chooses requests, or records them.
#[derive(Clone, Debug)]
pub struct Tracer(Pass);

#[derive(Clone, Debug)]
enum Pass {
    Choose(Box<Chooser>),
    Record(Box<Recorder>),
}

impl Tracer {
    /// For the components of a plan, which runs under this seed.
    pub fn new(plan: &Plan, seed: u64, wish: Wish) -> Self {
        Self(match wish {
            Wish::Choose(count) => Pass::Choose(Box::new(Chooser::new(plan, seed, count as usize))),
            Wish::Record(chosen) => Pass::Record(Box::new(Recorder::new(chosen))),
        })
    }

    /// Those that are worth it, in the order of their numbers; none, if it was asked to record.
    pub fn into_chosen(self) -> Vec<Chosen> {
        match self.0 {
            Pass::Choose(chooser) => chooser.finish(),
            Pass::Record(_) => Vec::new(),
        }
    }

    /// What was recorded, in the order of the numbers; nothing, if it was asked to choose.
    pub fn into_traces(self) -> Vec<RequestTrace> {
        match self.0 {
            Pass::Choose(_) => Vec::new(),
            Pass::Record(recorder) => recorder.finish(),
        }
    }
}

impl Observer for Tracer {
    // Not inlined: the engine is there once more for it, and is to be small.
    #[inline(never)]
    fn happened(&mut self, now: Time, happening: Happening) {
        match &mut self.0 {
            Pass::Choose(chooser) => chooser.happened(now, happening),
            Pass::Record(recorder) => recorder.happened(now, happening),
        }
    }

    fn interval_ended(&mut self, _: Time) {}
}

/// What is known of occupants of an arena, by their slots. Who comes later into a slot takes the place.
#[derive(Clone, Debug)]
struct Slots<T>(Vec<Option<(u64, T)>>);

impl<T: Copy> Slots<T> {
    const fn new() -> Self {
        Self(Vec::new())
    }

    /// The slot is the lower half of what names its occupant.
    const fn slot(raw: u64) -> usize {
        raw as u32 as usize
    }

    fn put(&mut self, raw: u64, value: T) {
        let slot = Self::slot(raw);
        if self.0.len() <= slot {
            self.0.resize(slot + 1, None);
        }
        self.0[slot] = Some((raw, value));
    }

    fn get(&self, raw: u64) -> Option<T> {
        let entry = self.0.get(Self::slot(raw)).copied().flatten();
        entry.filter(|(occupant, _)| *occupant == raw).map(|(_, value)| value)
    }

    fn take(&mut self, raw: u64) -> Option<T> {
        let value = self.get(raw)?;
        self.0[Self::slot(raw)] = None;
        Some(value)
    }

    fn values(&self) -> impl Iterator<Item = T> {
        self.0.iter().flatten().map(|(_, value)| *value)
    }
}
