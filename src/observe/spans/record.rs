//! Everything that is done for chosen requests.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::{Chosen, Lost, Mark, MarkKind, RequestTrace, Slots, Span, SpanKind, Step};
use crate::kernel::Time;
use crate::observe::{AttemptRef, CallOrigin, CallRef, Happening, LockEvent, Place};

/// More spans of one request are not kept.
pub const SPANS_PER_REQUEST_MAX: usize = 2000;
/// More spans of all requests are not kept.
pub const SPANS_MAX: usize = 200_000;

/// Where a call is recorded.
#[derive(Clone, Copy, Debug)]
struct CallKnown {
    trace: u32,
    span: u32,
    /// Which copy of an attempt it is.
    copy: u32,
}

/// Where an attempt or a branch is recorded.
#[derive(Clone, Copy, Debug)]
struct AttemptKnown {
    trace: u32,
    /// As its caller sees it; of a branch the branch.
    span: u32,
    /// What its service does with it; of a branch the branch.
    inner: Option<u32>,
}

/// Records some requests.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    chosen: Peekable<IntoIter<Chosen>>,
    entered: u64,
    /// A request has entered, and its call is about to begin.
    entering: Option<u32>,
    calls: Slots<CallKnown>,
    attempts: Slots<AttemptKnown>,
    traces: Vec<RequestTrace>,
    spans: usize,
}

impl Recorder {
    pub(super) fn new(chosen: Vec<Chosen>) -> Self {
        Self {
            chosen: chosen.into_iter().peekable(),
            entered: 0,
            entering: None,
            calls: Slots::new(),
            attempts: Slots::new(),
            traces: Vec::new(),
            spans: 0,
        }
    }

    pub(super) fn finish(self) -> Vec<RequestTrace> {
        self.traces
    }

    pub(super) fn happened(&mut self, now: Time, happening: Happening) {
        match happening {
            Happening::RequestEntered { workload, operation, tenant, extra, is_user_retry } => {
                let number = self.entered;
                self.entered += 1;
                self.entering = self.chosen.next_if(|chosen| chosen.number == number).map(|chosen| {
                    let root = Span { parent: None, begin: now, end: None, kind: SpanKind::Request };
                    self.traces.push(RequestTrace {
                        chosen,
                        workload,
                        operation,
                        tenant,
                        extra,
                        is_user_retry,
                        class: None,
                        late: false,
                        intended: now,
                        spans: vec![root],
                        marks: Vec::new(),
                        left_out: 0,
                    });
                    self.spans += 1;
                    self.traces.len() as u32 - 1
                });
            }
            Happening::RequestEnded { call, class, intended, late, .. } => {
                let Some(known) = self.calls.get(call.0) else { return };
                let trace = &mut self.traces[known.trace as usize];
                (trace.class, trace.late, trace.intended) = (Some(class), late, intended);
                trace.spans[0].end = Some(now);
            }
            Happening::CallBegan { edge, call, origin } => self.call_began(now, edge, call, origin),
            Happening::CallEnded { call, class, .. } => {
                let Some(CallKnown { trace, span, .. }) = self.calls.get(call.0) else { return };
                let span = &mut self.traces[trace as usize].spans[span as usize];
                if let SpanKind::Call { class: ended, .. } = &mut span.kind {
                    *ended = Some(class);
                    span.end = Some(now);
                }
            }
            Happening::CopyBegan { call, copy, number } => {
                if let Some(known) = self.calls.get(call.0) {
                    self.calls.put(copy.0, CallKnown { copy: number, ..known });
                }
            }
            Happening::AttemptSent { edge, attempt, ordinal, call } => {
                let Some(CallKnown { trace, span, copy }) = self.calls.get(call.0) else { return };
                let kind = SpanKind::Attempt { edge, ordinal, copy, class: None, lost: None };
                if let Some(span) = self.add(trace, span, now, kind) {
                    self.attempts.put(attempt.0, AttemptKnown { trace, span, inner: None });
                }
            }
            Happening::AttemptEnded { attempt, class, .. } => {
                if let Some(span) = self.attempt(attempt)
                    && let SpanKind::Attempt { class: ended, .. } = &mut span.kind
                {
                    *ended = Some(class);
                    span.end = Some(now);
                }
            }
            Happening::AttemptLost { attempt, .. } => self.lost(attempt, Lost::Request),
            Happening::AttemptRefused { attempt } => self.lost(attempt, Lost::Refused),
            Happening::ReplyLost { attempt, .. } => self.lost(attempt, Lost::Reply),
            _ => self.happened_at_service(now, happening),
        }
    }

    fn happened_at_service(&mut self, now: Time, happening: Happening) {
        match happening {
            Happening::Received { attempt, place } => {
                let Some(known) = self.attempts.get(attempt.0) else { return };
                let kind = SpanKind::Handling { place, end: None, orphaned: false, wanted: true };
                let inner = self.add(known.trace, known.span, now, kind);
                self.attempts.put(attempt.0, AttemptKnown { inner, ..known });
            }
            Happening::Finished { attempt, end, wanted, .. } => {
                if let Some(span) = self.inner(attempt)
                    && let SpanKind::Handling { end: ended, wanted: is_wanted, .. } = &mut span.kind
                {
                    (*ended, *is_wanted) = (Some(end), wanted);
                    span.end = Some(now);
                }
            }
            Happening::Orphaned { attempt, .. } => {
                self.mark(attempt, now, MarkKind::Orphaned);
                if let Some(Span { kind: SpanKind::Handling { orphaned, .. }, .. }) = self.inner(attempt) {
                    *orphaned = true;
                }
            }
            Happening::FellBack { attempt, .. } => self.mark(attempt, now, MarkKind::FellBack),
            Happening::BranchBegan { branch, attempt, place, purpose } => {
                let Some(AttemptKnown { trace, inner: Some(parent), .. }) = self.attempts.get(attempt.0)
                else {
                    return;
                };
                if let Some(span) =
                    self.add(trace, parent, now, SpanKind::Branch { place, purpose, orphaned: false })
                {
                    self.attempts.put(branch.0, AttemptKnown { trace, span, inner: Some(span) });
                }
            }
            Happening::BranchEnded { branch, wanted, .. } => self.branch_ended(now, branch, wanted),
            Happening::Queued { attempt, place } => self.step_began(now, attempt, place, Step::Queue),
            Happening::LeftQueue { attempt, .. } => self.step_ended(now, attempt, Step::Queue),
            Happening::WorkBegan { attempt, place } => self.step_began(now, attempt, place, Step::Work),
            Happening::WorkStopped { attempt, .. } => self.step_ended(now, attempt, Step::Work),
            Happening::CpuQueued { attempt, place } => self.step_began(now, attempt, place, Step::WaitForCpu),
            Happening::CpuLeftQueue { attempt, .. } => self.step_ended(now, attempt, Step::WaitForCpu),
            Happening::IoBegan { attempt, place } => self.step_began(now, attempt, place, Step::Io),
            Happening::IoStopped { attempt, .. } => self.step_ended(now, attempt, Step::Io),
            Happening::IoQueued { attempt, place } => self.step_began(now, attempt, place, Step::WaitForIo),
            Happening::IoLeftQueue { attempt, .. } => self.step_ended(now, attempt, Step::WaitForIo),
            Happening::PermitQueued { attempt, place } => {
                self.step_began(now, attempt, place, Step::WaitForPermit);
            }
            Happening::PermitLeftQueue { attempt, .. } => self.step_ended(now, attempt, Step::WaitForPermit),
            Happening::Lock { attempt, lock, event, .. } => self.locked(now, attempt, lock, event),
            _ => {}
        }
    }

    fn call_began(&mut self, now: Time, edge: u32, call: CallRef, origin: CallOrigin) {
        let known = match origin {
            CallOrigin::Request => self.entering.take().map(|trace| CallKnown { trace, span: 0, copy: 0 }),
            CallOrigin::Handler(attempt) => {
                let Some(AttemptKnown { trace, inner: Some(parent), .. }) = self.attempts.get(attempt.0)
                else {
                    return;
                };
                let span = self.add(trace, parent, now, SpanKind::Call { edge, class: None });
                span.map(|span| CallKnown { trace, span, copy: 0 })
            }
            CallOrigin::Connection => None,
        };
        if let Some(known) = known {
            self.calls.put(call.0, known);
        }
    }

    /// A span begins, unless there are too many.
    fn add(&mut self, trace: u32, parent: u32, begin: Time, kind: SpanKind) -> Option<u32> {
        let trace = &mut self.traces[trace as usize];
        if trace.spans.len() >= SPANS_PER_REQUEST_MAX || self.spans >= SPANS_MAX {
            trace.left_out += 1;
            return None;
        }
        self.spans += 1;
        trace.spans.push(Span { parent: Some(parent), begin, end: None, kind });
        Some(trace.spans.len() as u32 - 1)
    }

    fn attempt(&mut self, attempt: AttemptRef) -> Option<&mut Span> {
        let AttemptKnown { trace, span, .. } = self.attempts.get(attempt.0)?;
        Some(&mut self.traces[trace as usize].spans[span as usize])
    }

    fn inner(&mut self, attempt: AttemptRef) -> Option<&mut Span> {
        let AttemptKnown { trace, inner, .. } = self.attempts.get(attempt.0)?;
        Some(&mut self.traces[trace as usize].spans[inner? as usize])
    }

    fn lost(&mut self, attempt: AttemptRef, how: Lost) {
        if let Some(Span { kind: SpanKind::Attempt { lost, .. }, .. }) = self.attempt(attempt) {
            *lost = Some(how);
        }
    }

    fn mark(&mut self, attempt: AttemptRef, at: Time, what: MarkKind) {
        if let Some(AttemptKnown { trace, inner: Some(span), .. }) = self.attempts.get(attempt.0) {
            let marks = &mut self.traces[trace as usize].marks;
            if marks.len() < SPANS_PER_REQUEST_MAX {
                marks.push(Mark { span, at, what });
            }
        }
    }

    fn branch_ended(&mut self, now: Time, branch: AttemptRef, wanted: bool) {
        let Some(AttemptKnown { trace, span, .. }) = self.attempts.get(branch.0) else { return };
        let spans = &mut self.traces[trace as usize].spans;
        let parent = spans[span as usize].parent.and_then(|parent| spans[parent as usize].end);
        let span = &mut spans[span as usize];
        span.end = Some(now);
        if let SpanKind::Branch { orphaned, .. } = &mut span.kind {
            *orphaned = !wanted && parent.is_some();
        }
    }

    fn step_began(&mut self, now: Time, attempt: AttemptRef, place: Place, step: Step) {
        if let Some(AttemptKnown { trace, inner: Some(parent), .. }) = self.attempts.get(attempt.0) {
            self.add(trace, parent, now, SpanKind::Step { place, step });
        }
    }

    fn step_ended(&mut self, now: Time, attempt: AttemptRef, which: Step) {
        let Some(AttemptKnown { trace, inner: Some(parent), .. }) = self.attempts.get(attempt.0) else {
            return;
        };
        let is_it = |span: &&mut Span| {
            let is_step = matches!(span.kind, SpanKind::Step { step, .. } if step == which);
            is_step && span.parent == Some(parent) && span.end.is_none()
        };
        if let Some(span) = self.traces[trace as usize].spans.iter_mut().rev().find(is_it) {
            span.end = Some(now);
        }
    }

    fn locked(&mut self, now: Time, attempt: AttemptRef, lock: u32, event: LockEvent) {
        let Some(Span { kind: SpanKind::Handling { place, .. } | SpanKind::Branch { place, .. }, .. }) =
            self.inner(attempt).copied()
        else {
            return;
        };
        match event {
            LockEvent::Queued => self.step_began(now, attempt, place, Step::WaitForLock(lock)),
            LockEvent::Acquired { waited } => {
                if waited.is_some() {
                    self.step_ended(now, attempt, Step::WaitForLock(lock));
                }
                self.step_began(now, attempt, place, Step::Lock(lock));
            }
            LockEvent::TimedOut | LockEvent::Left => {
                self.step_ended(now, attempt, Step::WaitForLock(lock));
            }
            LockEvent::Released { .. } => self.step_ended(now, attempt, Step::Lock(lock)),
        }
    }
}
