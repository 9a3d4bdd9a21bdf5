//! CPUs and I/O channels: who has one, who waits for one; and threads that more important attempts take away.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::kernel::{Duration, Time};
use crate::mechanism::fault::Effects;
use crate::mechanism::resource::Entry;
use crate::observe::{AttemptRef, Happening, Observer, Place};
use crate::plan::{SiteId, Span};

use super::event::Event;
use super::work::scaled;
use super::world::{Attempt, Progress, Resource, Stage};
use super::{Simulation, Wait};

/// What I/O takes under these effects.
#[cold]
fn slowed(demand: Duration, effects: &Effects) -> Duration {
    scaled(demand, effects.io_factor()) + effects.io_delay()
}

impl<O: Observer> Simulation<'_, O> {
    /// Whether an attempt gets a CPU for this much work now. If not, it waits in line.
    pub(super) fn takes_cpu(&mut self, id: Id<Attempt>, place: Place, demand: Duration, cpus: u32) -> bool {
        match self.instances[place.instance as usize].rest.cpu.enter(self.now, cpus, id) {
            Entry::Served => {
                self.attempts[id].held.cpu = true;
                true
            }
            Entry::Waits(waiting) => {
                let attempt = &mut self.attempts[id];
                attempt.waiting = waiting;
                attempt.held.line = Some(Resource::Cpu);
                attempt.progress = Progress::Own { since: self.now, left: demand };
                self.tell(Happening::CpuQueued { attempt: AttemptRef(id.raw()), place });
                false
            }
        }
    }

    /// An attempt has stopped working: its CPU is free.
    pub(super) fn give_cpu_back(&mut self, instance: u32) {
        self.instances[instance as usize].rest.cpu.leave();
        self.dispatch_cpus(instance);
    }

    /// Gives free CPUs to those who wait for one.
    pub(super) fn dispatch_cpus(&mut self, index: u32) {
        loop {
            let instance = &mut self.instances[index as usize];
            let cpus = self.plan.parameters[instance.parameters as usize].cpus;
            // In a crash everybody leaves, one after the other.
            if instance.is_crashed {
                return;
            }
            let Some(id) = instance.rest.cpu.next(self.now, cpus) else { return };
            let attempt = &mut self.attempts[id];
            attempt.held.line = None;
            attempt.held.cpu = true;
            let Progress::Own { left, .. } = attempt.progress else {
                unreachable!("invariant: who waits for a CPU knows what for")
            };
            let (place, was_begun) = (attempt.place, std::mem::take(&mut attempt.suspended));
            self.tell(Happening::CpuLeftQueue { attempt: AttemptRef(id.raw()), place });
            if was_begun {
                self.go_on_working(id, place, left, None);
            } else {
                self.start_work(id, place, left, None);
            }
        }
    }

    /// An attempt enters an `io` step.
    pub(super) fn begin_io(&mut self, id: Id<Attempt>, demand: Duration) {
        let place = self.attempts[id].place;
        let instance = &self.instances[place.instance as usize];
        let demand = if instance.is_changed { slowed(demand, &instance.rest.effects) } else { demand };
        let channels = self.parameters(id).io_channels;
        match self.instances[place.instance as usize].rest.io.enter(self.now, channels, id) {
            Entry::Served => self.start_io(id, place, demand),
            Entry::Waits(waiting) => {
                let attempt = &mut self.attempts[id];
                attempt.waiting = waiting;
                attempt.held.line = Some(Resource::Io);
                attempt.progress = Progress::Own { since: self.now, left: demand };
                self.tell(Happening::IoQueued { attempt: AttemptRef(id.raw()), place });
            }
        }
    }

    fn start_io(&mut self, id: Id<Attempt>, place: Place, demand: Duration) {
        let ticket = self.schedule_after(Wait::For(demand), Rank::Completion, Event::IoEnds(id.index()));
        let attempt = &mut self.attempts[id];
        attempt.held.io = true;
        attempt.ticket = ticket;
        self.tell(Happening::IoBegan { attempt: AttemptRef(id.raw()), place });
    }

    pub(super) fn io_ends(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        attempt.held.io = false;
        attempt.instruction += 1;
        let place = attempt.place;
        self.give_channel_back(id, place);
        self.run_handler(id);
    }

    fn give_channel_back(&mut self, id: Id<Attempt>, place: Place) {
        self.tell(Happening::IoStopped { attempt: AttemptRef(id.raw()), place });
        self.instances[place.instance as usize].rest.io.leave();
        self.dispatch_io(place.instance);
    }

    /// Gives free channels to those who wait for one.
    pub(super) fn dispatch_io(&mut self, index: u32) {
        loop {
            let instance = &mut self.instances[index as usize];
            let channels = self.plan.parameters[instance.parameters as usize].io_channels;
            if instance.is_crashed {
                return;
            }
            let Some(id) = instance.rest.io.next(self.now, channels) else { return };
            let attempt = &mut self.attempts[id];
            attempt.held.line = None;
            let Progress::Own { left, .. } = attempt.progress else {
                unreachable!("invariant: who waits for a channel knows what for")
            };
            let place = attempt.place;
            self.tell(Happening::IoLeftQueue { attempt: AttemptRef(id.raw()), place });
            self.start_io(id, place, left);
        }
    }

    /// An attempt leaves the line before a resource, or gives its channel back.
    pub(super) fn release_resource(&mut self, id: Id<Attempt>, place: Place, line: Option<Resource>) {
        let (waiting, attempt) = (self.attempts[id].waiting, AttemptRef(id.raw()));
        let instance = &mut self.instances[place.instance as usize];
        let (was_there, happening) = match line {
            Some(Resource::Cpu) => {
                (instance.rest.cpu.give_up(waiting), Happening::CpuLeftQueue { attempt, place })
            }
            Some(Resource::Io) => {
                (instance.rest.io.give_up(waiting), Happening::IoLeftQueue { attempt, place })
            }
            // Its time was reserved, and passes unused.
            Some(Resource::Permit) => (true, Happening::PermitLeftQueue { attempt, place }),
            None => return self.give_channel_back(id, place),
        };
        debug_assert!(was_there, "invariant: who holds a place in a line is in it");
        self.tell(happening);
    }

    /// Sets the timer of an attempt that waits for a thread.
    pub(super) fn set_queue_timer(&mut self, id: Id<Attempt>, timeout: &Span, site: SiteId) {
        let wait = self.wait(timeout, site, self.attempts[id].word);
        let ticket = self.schedule_after(wait, Rank::Timer, Event::QueueTimer(id.index()));
        self.attempts[id].ticket = ticket;
    }

    /// An attempt has waited too long for a thread: it is turned away.
    pub(super) fn waited_too_long(&mut self, id: Id<Attempt>) {
        let place = self.attempts[id].place;
        self.tell(Happening::QueueTimedOut { place });
        self.release(id);
        self.turn_away(id);
    }

    /// Takes the thread of the least important attempt in `work` without a lock, of several that of the last one to begin, if it is less important than the attempt `id`. That one goes
    /// back to the front of the queue, with the rest of its work.
    pub(super) fn preempt(&mut self, place: Place, id: Id<Attempt>) -> bool {
        let instance = &self.instances[place.instance as usize];
        if instance.is_paused {
            return false;
        }
        // Who waits for a lock keeps its thread, so whoever has one keeps its own: it might get none back until the others have got the lock.
        let candidates = instance.rest.preemptible.iter().filter(|&&id| {
            let held = self.attempts[id].held;
            held.thread && !held.locks
        });
        let Some(&victim) = candidates.max_by_key(|&&id| self.attempts[id].baggage.priority) else {
            return false;
        };
        if self.attempts[victim].baggage.priority <= self.attempts[id].baggage.priority {
            return false;
        }
        self.suspend(victim, place);
        true
    }

    fn suspend(&mut self, id: Id<Attempt>, place: Place) {
        let (progress, ticket) = (self.attempts[id].progress, self.attempts[id].ticket);
        let instance = &mut self.instances[place.instance as usize];
        let speed = instance.speed();
        let left = match (progress, instance.clock()) {
            (Progress::Shared(ticket), Some(clock)) => clock.remaining(self.now, ticket).unwrap_or_default(),
            (Progress::Own { since, left }, _) => {
                left.saturating_sub(super::work::work_done(self.now, since, speed))
            }
            (Progress::Shared(_), None) => unreachable!("invariant: shared work has a clock"),
            (Progress::Waits { .. }, _) => unreachable!("invariant: who waits for a cache does not work"),
        };
        self.attempts[id].held.work = false;
        self.stop_work(id, ticket);
        let now = self.now;
        let attempt = &mut self.attempts[id];
        attempt.ticket = Ticket::NONE;
        attempt.stage = Stage::Queued;
        attempt.suspended = true;
        attempt.held.thread = false;
        attempt.held.queue = true;
        attempt.work_began = now;
        attempt.progress = Progress::Own { since: Time::ZERO, left };
        let priority = attempt.baggage.priority;
        let instance = &mut self.instances[place.instance as usize];
        instance.threads_busy -= 1;
        attempt.waiting = instance.rejoin_queue(now, priority, id);
        self.tell(Happening::ThreadReleased { attempt: AttemptRef(id.raw()), place });
        self.tell(Happening::Queued { attempt: AttemptRef(id.raw()), place });
    }

    /// An attempt that got a thread begins its handler, or goes on where it was suspended.
    pub(super) fn start(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        if !std::mem::take(&mut attempt.suspended) {
            self.begin_handler(id);
            return;
        }
        let Progress::Own { left, .. } = attempt.progress else {
            unreachable!("invariant: who was suspended knows what is left")
        };
        let place = attempt.place;
        self.resume_work(id, place, left);
    }
}
