//! Conservation: nothing appears from nowhere, and nothing gets lost.
//!
//! The checker keeps books of its own, from nothing but what happens, and so notices a mechanism that forgets an attempt, counts it twice, or keeps a thread. It is on in every test.

use std::collections::BTreeMap;

use crate::kernel::Time;
use crate::mechanism::Priority;
use crate::mechanism::lock::LockMode;
use crate::plan::{Instance, Parameters, Plan, What};

use super::books::{Books, CacheBooks, LockBooks, MemoryBooks};
use super::permits::Permits;
use super::{
    AttemptRef, CacheEvent, GuardEvent, Happening, HedgeEvent, LockEvent, MemoryEvent, Observer, Place,
    RetryBudgetEvent, ServiceEnd,
};

/// A law that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// When.
    pub at: Time,
    /// Which law, and with which numbers.
    pub law: String,
}

/// What is known of an attempt that is somewhere.
#[expect(clippy::struct_excessive_bools, reason = "each is an entry of its own in the books")]
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Its caller waits for it.
    awaited: bool,
    /// It has reached its instance, or was refused there.
    arrived: bool,
    /// The service that has it.
    inside: Option<Place>,
    /// It was taken on: it got a thread or a place in the queue.
    admitted: bool,
    queued: bool,
    thread: bool,
    /// It is being turned away, for which it needs no thread.
    rejected: bool,
    working: bool,
}

/// Checks the laws of conservation while a run goes on.
#[derive(Clone, Debug)]
pub struct Checker {
    attempts: BTreeMap<AttemptRef, Known>,
    /// Branches of handlers, and whether they are in a `work` step.
    branches: BTreeMap<AttemptRef, bool>,
    /// Per workload: entered, ended, in progress.
    requests: Vec<Books>,
    /// Per edge, of calls.
    calls: Vec<Books>,
    /// Per edge, of attempts as their callers see them.
    sent: Vec<Books>,
    /// Per service, of attempts received.
    received: Vec<Books>,
    /// Per edge under a retry budget: retries granted that were not sent yet.
    retries: Vec<Option<u64>>,
    threads_busy: Vec<u32>,
    thread_limits: Vec<u32>,
    waiting: Vec<u32>,
    queue_limits: Vec<u32>,
    caches: Vec<CacheBooks>,
    memories: Vec<MemoryBooks>,
    locks: LockBooks,
    lines: Lines,
    permits: Permits,
    now: Time,
    violations: Vec<Violation>,
}

/// Who is where before and in the resources of instances.
#[derive(Clone, Debug, Default)]
struct Lines {
    permit_queued: Counts,
    cpu_queued: Counts,
    io_queued: Counts,
    io: Counts,
}

/// How many, per instance.
#[derive(Clone, Debug, Default)]
struct Counts(BTreeMap<u32, u32>);

impl Counts {
    fn enter(&mut self, place: Place) {
        *self.0.entry(place.instance).or_default() += 1;
    }

    fn leave(&mut self, place: Place) -> bool {
        let count = self.0.get_mut(&place.instance);
        let was_there = count.as_ref().is_some_and(|count| **count > 0);
        if let Some(count) = count.filter(|_| was_there) {
            *count -= 1;
        }
        was_there
    }

    fn total(&self) -> u32 {
        self.0.values().sum()
    }
}

/// More violations than this are not collected: they all say the same.
const ENOUGH: usize = 100;

impl Checker {
    /// Books for the components of a plan.
    pub fn new(plan: &Plan) -> Self {
        // The largest that any parameter set allows: after a push, what is above a smaller limit shrinks by attrition.
        let limits = |limit: &dyn Fn(&Parameters) -> u32| {
            let largest = |instance: &Instance| {
                plan.parameter_sets(instance.service).map(limit).max().unwrap_or(u32::MAX)
            };
            plan.instances.iter().map(largest).collect()
        };
        Self {
            attempts: BTreeMap::new(),
            branches: BTreeMap::new(),
            requests: vec![Books::default(); plan.workloads.len()],
            calls: vec![Books::default(); plan.edges.len()],
            sent: vec![Books::default(); plan.edges.len()],
            received: vec![Books::default(); plan.services.len()],
            retries: plan
                .edges
                .iter()
                .map(|edge| {
                    // A push may give a budget to an edge that has none, or the other way round, call by call.
                    let is_pushed = plan.changes.iter().any(|change| matches!(change.what, What::Push(_)));
                    (edge.budgets.is_some() && !is_pushed).then_some(0)
                })
                .collect(),
            threads_busy: vec![0; plan.instances.len()],
            thread_limits: limits(&|parameters| parameters.threads),
            waiting: vec![0; plan.instances.len()],
            queue_limits: limits(&|parameters| {
                let capacity = parameters.queue.capacity.limited().unwrap_or(u32::MAX);
                // Whose thread was taken away waits too, whether there is room or not: of each thread one per level but the highest.
                if parameters.queue.preemptive {
                    capacity.saturating_add(parameters.threads.saturating_mul(Priority::COUNT as u32 - 1))
                } else {
                    capacity
                }
            }),
            caches: plan.caches.iter().map(CacheBooks::new).collect(),
            memories: plan.memories.iter().map(MemoryBooks::new).collect(),
            locks: LockBooks::default(),
            lines: Lines::default(),
            permits: Permits::new(plan),
            now: Time::ZERO,
            violations: Vec::new(),
        }
    }

    /// The laws that did not hold, in order; at most a hundred.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The laws of the end of a run that was left to drain: nobody is inside anything, nothing is held.
    pub fn check_drained(&mut self) {
        let books = [&self.requests, &self.calls, &self.sent, &self.received];
        let inside: u64 = books.into_iter().flatten().map(|books| books.inside).sum();
        let held: u32 = self.threads_busy.iter().chain(&self.waiting).sum();
        let Lines { permit_queued, cpu_queued, io_queued, io } = &self.lines;
        let held = held + permit_queued.total() + cpu_queued.total() + io_queued.total() + io.total();
        let left = self.attempts.len() + self.branches.len();
        let loading: u64 = self.caches.iter().map(CacheBooks::under_way).sum();
        self.require(inside == 0, || {
            format!("after draining, {inside} requests, calls or attempts are still inside")
        });
        self.require(held == 0, || {
            format!("after draining, {held} threads, channels or places in lines are still held")
        });
        self.require(loading == 0, || {
            format!("after draining, {loading} loads or stores are still under way")
        });
        let locked = self.locks.in_use();
        self.require(locked == 0, || format!("after draining, {locked} locks are held or waited for"));
        self.require(left == 0, || {
            format!("after draining, {left} attempts or branches were never finished with")
        });
    }

    fn require(&mut self, holds: bool, law: impl FnOnce() -> String) {
        if !holds && self.violations.len() < ENOUGH {
            self.violations.push(Violation { at: self.now, law: law() });
        }
    }

    /// Looks an attempt up, changes what is known of it, and requires that the change was lawful.
    fn step(&mut self, attempt: AttemptRef, what: &str, change: impl FnOnce(&mut Known) -> bool) {
        let lawful = self.attempts.get_mut(&attempt).is_some_and(change);
        self.require(lawful, || format!("{attempt:?} {what}, but where it was, that cannot happen"));
        let is_gone = |known: &Known| !known.awaited && known.arrived && known.inside.is_none();
        if self.attempts.get(&attempt).is_some_and(is_gone) {
            self.attempts.remove(&attempt);
        }
    }

    fn leave(&mut self, place: Place, what: &str, line: impl FnOnce(&mut Lines) -> &mut Counts) {
        let was_there = line(&mut self.lines).leave(place);
        self.require(was_there, || {
            format!("more attempts left {what} at instance {} than were there", place.instance)
        });
    }

    /// A reply is lost after the service was done; where the caller had given up, the attempt is forgotten already.
    fn reply_lost(&mut self, attempt: AttemptRef) {
        let lawful = self.attempts.get(&attempt).is_none_or(|known| known.arrived && known.inside.is_none());
        self.require(lawful, || format!("the reply to {attempt:?} was lost before there was one"));
    }

    fn finished(&mut self, attempt: AttemptRef, place: Place, end: ServiceEnd) {
        let left = self.received[place.service as usize].leave();
        self.require(left, || format!("service {} finished more attempts than it received", place.service));
        self.step(attempt, end.name(), |known| {
            known.inside.take() == Some(place) && !known.queued && !known.thread && !known.working
        });
    }

    /// An attempt gets a thread or a place in the queue; for the first of these it needs a permit.
    fn admitted(&mut self, attempt: AttemptRef, place: Place) {
        let known = self.attempts.get_mut(&attempt);
        if known.is_some_and(|known| !std::mem::replace(&mut known.admitted, true)) {
            let lawful = self.permits.take(self.now, place);
            self.require(lawful, || {
                format!("instance {} takes on more than its rate limit lets pass", place.instance)
            });
        }
    }

    fn rate_limited(&mut self, attempt: AttemptRef, place: Place) {
        self.step(attempt, "was turned away by a rate limit", |known| {
            known.inside == Some(place) && !known.admitted && !known.rejected
        });
    }

    fn thread_taken(&mut self, attempt: AttemptRef, place: Place) {
        self.admitted(attempt, place);
        let index = place.instance as usize;
        self.threads_busy[index] += 1;
        let (busy, limit) = (self.threads_busy[index], self.thread_limits[index]);
        self.require(busy <= limit, || format!("instance {index} holds {busy} of {limit} threads"));
        self.step(attempt, "took a thread", |known| {
            known.inside == Some(place) && !known.queued && !std::mem::replace(&mut known.thread, true)
        });
    }

    fn cached(&mut self, cache: u32, event: CacheEvent) {
        let is_possible = self.caches[cache as usize].happened(event);
        let CacheBooks { entries, room, .. } = self.caches[cache as usize];
        self.require(is_possible, || {
            format!("{event:?} at cache {cache}, which has {entries} entries and room for {room}")
        });
    }

    fn locked(&mut self, place: (u32, u32), mode: LockMode, event: LockEvent) {
        let (is_possible, there) = self.locks.happened(place, mode, event);
        self.require(is_possible, || {
            format!("{event:?} ({mode:?}) at lock {place:?}, where there are {there:?}")
        });
    }

    fn branch_began(&mut self, branch: AttemptRef, attempt: AttemptRef) {
        let has_thread = self.attempts.get(&attempt).is_some_and(|known| known.thread);
        let is_known = has_thread || self.branches.contains_key(&attempt);
        self.require(is_known, || format!("{attempt:?} began a branch without a thread"));
        let before = self.branches.insert(branch, false);
        self.require(before.is_none(), || format!("{branch:?} began twice"));
    }

    fn received(&mut self, attempt: AttemptRef, place: Place) {
        self.received[place.service as usize].enter();
        self.step(attempt, "was received", |known| {
            known.inside = Some(place);
            !std::mem::replace(&mut known.arrived, true)
        });
    }

    fn thread_released(&mut self, attempt: AttemptRef, place: Place) {
        let busy = &mut self.threads_busy[place.instance as usize];
        *busy = busy.wrapping_sub(1);
        self.step(attempt, "gave its thread back", |known| std::mem::replace(&mut known.thread, false));
    }

    fn branch_ended(&mut self, branch: AttemptRef) {
        let working = self.branches.remove(&branch);
        self.require(working == Some(false), || format!("{branch:?} ended while working or twice"));
    }

    fn rejecting(&mut self, attempt: AttemptRef, place: Place) {
        self.step(attempt, "was turned away", |known| {
            let is_free = known.inside == Some(place) && !known.thread && !known.queued;
            is_free && !std::mem::replace(&mut known.rejected, true)
        });
    }

    fn sent(&mut self, edge: u32, attempt: AttemptRef, ordinal: u32) {
        self.sent[edge as usize].enter();
        if ordinal > 1 {
            self.retried(edge);
        }
        let known = Known { awaited: true, ..Known::default() };
        let before = self.attempts.insert(attempt, known);
        self.require(before.is_none(), || format!("{attempt:?} was sent twice"));
    }

    fn retried(&mut self, edge: u32) {
        let Some(granted) = self.retries[edge as usize] else { return };
        self.require(granted > 0, || {
            format!("edge {edge} sent a retry or a hedge that its budget did not grant")
        });
        self.retries[edge as usize] = Some(granted.saturating_sub(1));
    }

    fn queued(&mut self, attempt: AttemptRef, place: Place) {
        self.admitted(attempt, place);
        let index = place.instance as usize;
        self.waiting[index] += 1;
        let (waiting, limit) = (self.waiting[index], self.queue_limits[index]);
        self.require(waiting <= limit, || {
            format!("{waiting} attempts wait in the queue of instance {index}, which holds {limit}")
        });
        self.step(attempt, "was queued", |known| {
            known.inside == Some(place) && !known.thread && !std::mem::replace(&mut known.queued, true)
        });
    }
}

impl Observer for Checker {
    fn happened(&mut self, now: Time, happening: Happening) {
        let forward = now >= self.now;
        self.now = self.now.max(now);
        self.require(forward, || "time went backwards".to_owned());
        match happening {
            Happening::RequestEntered { workload, .. } => self.requests[workload as usize].enter(),
            Happening::RequestEnded { workload, .. } => {
                let left = self.requests[workload as usize].leave();
                self.require(left, || format!("workload {workload} ended more requests than entered"));
            }
            Happening::CallBegan { edge, .. } => self.calls[edge as usize].enter(),
            Happening::CallEnded { edge, .. } => {
                let left = self.calls[edge as usize].leave();
                self.require(left, || format!("edge {edge} ended more calls than began"));
            }
            Happening::AttemptSent { edge, attempt, ordinal, .. } => self.sent(edge, attempt, ordinal),
            Happening::AttemptEnded { edge, attempt, .. } => {
                let left = self.sent[edge as usize].leave();
                self.require(left, || format!("edge {edge} ended more attempts than were sent"));
                self.step(attempt, "ended for its caller", |known| {
                    std::mem::replace(&mut known.awaited, false)
                });
            }
            Happening::AttemptLost { attempt, .. } => {
                self.step(attempt, "was lost", |known| !std::mem::replace(&mut known.arrived, true));
            }
            Happening::ReplyLost { attempt, .. } => self.reply_lost(attempt),
            Happening::AttemptRefused { attempt } => {
                self.step(attempt, "was refused", |known| !std::mem::replace(&mut known.arrived, true));
            }
            Happening::Received { attempt, place } => self.received(attempt, place),
            Happening::Queued { attempt, place } => self.queued(attempt, place),
            Happening::LeftQueue { attempt, place } => {
                self.waiting[place.instance as usize] = self.waiting[place.instance as usize].wrapping_sub(1);
                self.step(attempt, "left the queue", |known| std::mem::replace(&mut known.queued, false));
            }
            Happening::ThreadTaken { attempt, place, .. } => self.thread_taken(attempt, place),
            Happening::ThreadReleased { attempt, place } => self.thread_released(attempt, place),
            Happening::BranchBegan { branch, attempt, .. } => self.branch_began(branch, attempt),
            Happening::Cache { cache, event } => self.cached(cache, event),
            Happening::Memory { memory, event } => {
                if event == MemoryEvent::Killed {
                    self.permits.instances_begin_anew();
                }
                let is_possible = self.memories[memory as usize].happened(event);
                self.require(is_possible, || {
                    format!("{event:?} at memory {memory}: too many, or none to end")
                });
            }
            Happening::Lock { lock, place, mode, event, .. } => self.locked((lock, place), mode, event),
            Happening::BranchEnded { branch, .. } => self.branch_ended(branch),
            Happening::WorkBegan { attempt, .. } if self.branches.contains_key(&attempt) => {
                let before = self.branches.insert(attempt, true);
                self.require(before == Some(false), || format!("{attempt:?} began to work twice"));
            }
            Happening::WorkStopped { attempt, .. } if self.branches.contains_key(&attempt) => {
                let before = self.branches.insert(attempt, false);
                self.require(before == Some(true), || format!("{attempt:?} stopped without working"));
            }
            Happening::WorkBegan { attempt, .. } => {
                self.step(attempt, "began to work", |known| {
                    (known.thread || known.rejected) && !std::mem::replace(&mut known.working, true)
                });
            }
            Happening::Rejecting { attempt, place } => self.rejecting(attempt, place),
            Happening::RateLimited { attempt, place } => self.rate_limited(attempt, place),
            Happening::PermitQueued { place, .. } => self.lines.permit_queued.enter(place),
            Happening::PermitLeftQueue { place, .. } => {
                self.leave(place, "the line before its rate limit", |lines| &mut lines.permit_queued);
            }
            Happening::ChangeBegan { change } => self.permits.change_began(change),
            Happening::WorkStopped { attempt, .. } => {
                self.step(attempt, "stopped working", |known| std::mem::replace(&mut known.working, false));
            }
            Happening::Finished { attempt, place, end, .. } => self.finished(attempt, place, end),
            Happening::Orphaned { attempt, place } => {
                self.step(attempt, "was orphaned", |known| known.inside == Some(place) && !known.awaited);
            }
            Happening::CpuQueued { place, .. } => self.lines.cpu_queued.enter(place),
            Happening::CpuLeftQueue { place, .. } => {
                self.leave(place, "the line before its CPUs", |lines| &mut lines.cpu_queued);
            }
            Happening::IoQueued { place, .. } => self.lines.io_queued.enter(place),
            Happening::IoLeftQueue { place, .. } => {
                self.leave(place, "the line before its channels", |lines| &mut lines.io_queued);
            }
            Happening::IoBegan { place, .. } => self.lines.io.enter(place),
            Happening::IoStopped { place, .. } => self.leave(place, "its I/O", |lines| &mut lines.io),
            Happening::Guard { edge, event: GuardEvent::RetryBudget(RetryBudgetEvent::Granted) } => {
                self.retries[edge as usize] = self.retries[edge as usize].map(|granted| granted + 1);
            }
            Happening::Guard { edge, event: GuardEvent::Hedge(HedgeEvent::Sent) } => self.retried(edge),
            Happening::Guard { .. }
            | Happening::Register { .. }
            | Happening::DuplicateExecution { .. }
            | Happening::QueueTimedOut { .. }
            | Happening::FellBack { .. }
            | Happening::CopyBegan { .. }
            | Happening::ChangeEnded { .. } => {}
        }
    }

    fn interval_ended(&mut self, end: Time) {
        self.now = self.now.max(end);
        let kinds = [
            ("workload", &self.requests),
            ("edge", &self.calls),
            ("edge", &self.sent),
            ("service", &self.received),
        ];
        let find = |&(kind, books): &(&'static str, &Vec<Books>)| {
            books.iter().position(|books| !books.balance()).map(|index| (kind, index, books[index]))
        };
        if let Some((kind, index, Books { entered, ended, inside })) = kinds.iter().find_map(find) {
            self.require(false, || {
                format!("{kind} {index}: {entered} entered, {ended} ended, {inside} are inside")
            });
        }
    }
}
