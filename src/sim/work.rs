//! Work that takes time, at a speed that may change while it goes on.
//!
//! Where nothing but changes alters the speed, each attempt has its own completion in the calendar, and a change re-schedules those of its instance. Where
//! contention applies throughout, every beginning and end alters the speed of all, so all work of the instance shares one virtual clock.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{LaneId, Rank, Ticket};
use crate::kernel::{Duration, Time};
use crate::observe::{AttemptRef, Happening, Observer, Place};

use super::Simulation;
use super::event::Event;
use super::world::{Attempt, Progress};

impl<O: Observer> Simulation<'_, O> {
    /// An attempt enters a `work` step of this length at speed 1. `lane` is for constant work that nothing slows down.
    #[inline]
    pub(super) fn begin_work(
        &mut self,
        id: Id<Attempt>,
        place: Place,
        demand: Duration,
        lane: Option<LaneId>,
    ) {
        let parameters = self.instances[place.instance as usize].parameters;
        let cpus = self.plan.parameters[parameters as usize].cpus;
        if cpus == u32::MAX || self.takes_cpu(id, place, demand, cpus) {
            self.start_work(id, place, demand, lane);
        }
    }

    /// An attempt that has a CPU, or needs none, begins to work.
    #[inline(always)]
    pub(super) fn start_work(
        &mut self,
        id: Id<Attempt>,
        place: Place,
        demand: Duration,
        lane: Option<LaneId>,
    ) {
        let instance = &self.instances[place.instance as usize];
        let contention = self.plan.parameters[instance.parameters as usize].contention.as_ref();
        let stretch = contention.map_or(1.0, |contention| contention.stretch_at_start(instance.in_work + 1));
        let (demand, lane) = if stretch == 1.0 { (demand, lane) } else { (scaled(demand, stretch), None) };
        self.go_on_working(id, place, demand, lane);
    }

    /// An attempt that was suspended goes on with what is left; what slowed it down at its begin is in there.
    pub(super) fn resume_work(&mut self, id: Id<Attempt>, place: Place, left: Duration) {
        let parameters = self.instances[place.instance as usize].parameters;
        let cpus = self.plan.parameters[parameters as usize].cpus;
        if cpus == u32::MAX || self.takes_cpu(id, place, left, cpus) {
            self.go_on_working(id, place, left, None);
        } else {
            self.attempts[id].suspended = true;
        }
    }

    #[inline(always)]
    pub(super) fn go_on_working(
        &mut self,
        id: Id<Attempt>,
        place: Place,
        demand: Duration,
        lane: Option<LaneId>,
    ) {
        let instance = &mut self.instances[place.instance as usize];
        let parameters = &self.plan.parameters[instance.parameters as usize];
        instance.in_work += 1;
        let progress = match instance.clock() {
            Some(clock) => Progress::Shared(clock.start(self.now, id.index(), demand)),
            None => Progress::Own { since: self.now, left: demand },
        };
        let (is_shared, is_changed) = (instance.has_clock, instance.is_changed);
        let event = Event::WorkEnds(id.index());
        let ticket = match lane {
            _ if is_shared => Ticket::NONE,
            _ if is_changed => self.schedule_changed(place, demand, lane, event),
            Some(lane) => self.calendar.schedule_in_lane(self.now, lane, event),
            None => self.calendar.schedule(self.now + demand, Rank::Completion, event),
        };
        let attempt = &mut self.attempts[id];
        attempt.held.work = true;
        attempt.work_began = self.now;
        attempt.progress = progress;
        attempt.ticket = ticket;
        self.tell(Happening::WorkBegan { attempt: AttemptRef(id.raw()), place });
        if parameters.queue.preemptive {
            let instance = &mut self.instances[place.instance as usize];
            instance.rest.preemptible.push(id);
            instance.has_preemptible = true;
        }
        if is_shared {
            self.reschedule_clock(place.instance);
        }
    }

    /// The end of work on an instance on which changes are in force.
    #[inline(never)]
    fn schedule_changed(
        &mut self,
        place: Place,
        demand: Duration,
        lane: Option<LaneId>,
        event: Event,
    ) -> Ticket {
        let speed = self.instances[place.instance as usize].speed();
        match lane {
            Some(lane) if speed == 1.0 => self.calendar.schedule_in_lane(self.now, lane, event),
            _ => self.schedule_completion(demand, speed, event),
        }
    }

    fn schedule_completion(&mut self, left: Duration, speed: f64, event: Event) -> Ticket {
        if speed == 0.0 {
            return Ticket::NONE;
        }
        let takes = if speed == 1.0 { left } else { scaled(left, 1.0 / speed) };
        self.calendar.schedule(self.now + takes, Rank::Completion, event)
    }

    /// An attempt leaves its `work` step, done or not. `ticket` is of its completion, if that is still to come.
    #[inline(never)]
    pub(super) fn stop_work(&mut self, id: Id<Attempt>, ticket: Ticket) {
        self.forget(ticket);
        self.work_is_over(id);
    }

    /// An attempt leaves its `work` step, and nothing is to come for it.
    #[inline(always)]
    pub(super) fn work_is_over(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        attempt.worked = attempt.worked + self.now.since(attempt.work_began);
        let (place, progress) = (attempt.place, attempt.progress);
        let instance = &mut self.instances[place.instance as usize];
        instance.in_work -= 1;
        if instance.has_preemptible {
            instance.rest.preemptible.retain(|&other| other != id);
            instance.has_preemptible = !instance.rest.preemptible.is_empty();
        }
        if let (Some(clock), Progress::Shared(ticket)) = (instance.clock(), progress) {
            // False if the clock itself said that the work is done.
            clock.remove(self.now, ticket);
            self.reschedule_clock(place.instance);
        }
        self.tell(Happening::WorkStopped { attempt: AttemptRef(id.raw()), place });
        if std::mem::take(&mut self.attempts[id].held.cpu) {
            self.give_cpu_back(place.instance);
        }
    }

    /// The work of an instance with a shared clock goes on at another speed, or another attempt is first.
    pub(super) fn reschedule_clock(&mut self, index: u32) {
        let instance = &mut self.instances[index as usize];
        let parameters = &self.plan.parameters[instance.parameters as usize];
        let contention = parameters.contention.as_ref();
        let (speed, in_work) = (instance.speed(), instance.in_work);
        let Some(clock) = instance.clock() else {
            return;
        };
        let slowed = contention.map_or(1.0, |contention| contention.speed(in_work));
        let shared = parameters.shared_cpus.map_or(1.0, |cpus| cpus.speed(in_work));
        clock.set_speed(self.now, speed * slowed * shared);
        let next = clock.next_completion();
        let stale = std::mem::replace(&mut instance.rest.ticket, Ticket::NONE);
        self.forget(stale);
        if let Some(time) = next {
            let ticket = self.calendar.schedule(time, Rank::Completion, Event::InstanceWorkEnds(index));
            self.instances[index as usize].rest.ticket = ticket;
        }
    }

    /// The first completion by the shared clock of an instance has come.
    pub(super) fn shared_work_ends(&mut self, index: u32, ticket: Ticket) -> bool {
        if self.instances[index as usize].rest.ticket != ticket {
            return false;
        }
        self.instances[index as usize].rest.ticket = Ticket::NONE;
        let done = self.instances[index as usize].clock().and_then(|clock| clock.complete(self.now));
        match done.and_then(|slot| self.attempts.occupant(slot)) {
            Some(attempt) => self.work_ends(attempt),
            None => self.reschedule_clock(index),
        }
        true
    }

    /// The speed of an instance changed from `before`: what is in progress goes on at the new one.
    pub(super) fn respeed(&mut self, instance: u32, present: &[Id<Attempt>], before: f64) {
        self.reschedule_clock(instance);
        let state = &self.instances[instance as usize];
        if state.has_clock {
            return;
        }
        let speed = state.speed();
        for &id in present {
            let Some(attempt) = self.attempts.get_mut(id).filter(|attempt| attempt.held.work) else {
                continue;
            };
            let Progress::Own { since, left } = attempt.progress else {
                continue;
            };
            let left = left.saturating_sub(work_done(self.now, since, before));
            attempt.progress = Progress::Own { since: self.now, left };
            let stale = attempt.ticket;
            self.forget(stale);
            let ticket = self.schedule_completion(left, speed, Event::WorkEnds(id.index()));
            self.attempts[id].ticket = ticket;
        }
    }
}

/// So many times as long, rounded up to the next nanosecond: work is never done early.
pub(super) fn scaled(span: Duration, factor: f64) -> Duration {
    Duration::from_ns((span.as_ns() as f64 * factor).ceil() as u64)
}

/// How much work is done from `since` to `now` at this speed.
pub(super) fn work_done(now: Time, since: Time, speed: f64) -> Duration {
    let elapsed = now.since(since);
    if speed == 1.0 { elapsed } else { Duration::from_ns((elapsed.as_ns() as f64 * speed).floor() as u64) }
}
