//! Locks: who has one, who waits for one.

use crate::kernel::arena::Id;
use crate::kernel::calendar::{Rank, Ticket};
use crate::mechanism::Class;
use crate::mechanism::lock::{Given, HoldId, Holds, LockMode, LockScope, LockTable};
use crate::observe::{AttemptRef, Happening, LockEvent, Observer};
use crate::plan::{LockPatience, Plan};

use super::event::Event;
use super::world::{Attempt, Stage};
use super::{Simulation, Wait};

/// All locks.
#[derive(Clone, Debug)]
pub(super) struct Locks {
    /// Whether there is any.
    pub(super) are_there: bool,
    table: LockTable<Id<Attempt>>,
    /// What each attempt has, by its slot.
    holds: Vec<Holds>,
    /// Those who have just got one: kept for the room that it has.
    given: Vec<Given<Id<Attempt>>>,
    /// The places whose lines somebody has just left: kept likewise.
    left: Vec<(u32, u32)>,
}

impl Locks {
    pub(super) fn new(plan: &Plan) -> Self {
        let are_there = !plan.locks.is_empty();
        Self {
            are_there,
            table: LockTable::new(plan.locks.len()),
            holds: Vec::new(),
            given: Vec::new(),
            left: Vec::new(),
        }
    }
}

impl<O: Observer> Simulation<'_, O> {
    fn holds(&self, id: Id<Attempt>) -> Holds {
        let is_known = self.attempts[id].held.locks;
        if is_known { self.locks.holds[id.index() as usize] } else { Holds::default() }
    }

    fn set_holds(&mut self, id: Id<Attempt>, holds: Holds) {
        let slot = id.index() as usize;
        if slot >= self.locks.holds.len() {
            self.locks.holds.resize(slot + 1, Holds::default());
        }
        self.locks.holds[slot] = holds;
        self.attempts[id].held.locks = !holds.is_empty();
    }

    fn tell_lock(&mut self, id: Id<Attempt>, (lock, place): (u32, u32), mode: LockMode, event: LockEvent) {
        self.tell(Happening::Lock { attempt: AttemptRef(id.raw()), lock, place, mode, event });
    }

    /// Places of locks that somebody has or waits for.
    #[cfg(test)]
    pub(super) fn locks_in_use(&self) -> usize {
        self.locks.table.places_in_use()
    }

    /// A handler comes to steps that need a lock. Whether it goes on at once; if not, it waits, and keeps its thread.
    pub(super) fn acquire_lock(&mut self, id: Id<Attempt>, lock: u32, mode: LockMode) -> bool {
        let Attempt { place, baggage, .. } = self.attempts[id];
        let planned = &self.plan.locks[lock as usize];
        let at = match planned.scope {
            LockScope::Key => baggage.key,
            LockScope::Instance => place.instance,
            LockScope::Global => 0,
        };
        let wait = match planned.patience {
            LockPatience::None if !self.locks.table.is_free((lock, at), mode) => {
                self.tell_lock(id, (lock, at), mode, LockEvent::Queued);
                self.tell_lock(id, (lock, at), mode, LockEvent::TimedOut);
                return self.step_fails(id, Class::Conflict);
            }
            LockPatience::AtMost(delay) => Some(Wait::Lane(delay.lane)),
            LockPatience::None | LockPatience::Unlimited => None,
        };
        let outer = self.holds(id);
        let (is_given, holds) = self.locks.table.acquire(self.now, (lock, at), mode, id, outer);
        self.set_holds(id, holds);
        if is_given {
            self.attempts[id].instruction += 1;
            self.tell_lock(id, (lock, at), mode, LockEvent::Acquired { waited: None });
            return true;
        }
        self.tell_lock(id, (lock, at), mode, LockEvent::Queued);
        if let Some(wait) = wait {
            let ticket = self.schedule_after(wait, Rank::Timer, Event::LockWaitEnds(id.index()));
            self.attempts[id].ticket = ticket;
        }
        false
    }

    /// An attempt has the lock that it waited for, or has waited as long as it may.
    pub(super) fn lock_wait_ends(&mut self, id: Id<Attempt>) {
        let Some(hold) = self.holds(id).last() else { unreachable!("the attempt waits for a lock") };
        if self.locks.table.waits(hold) {
            self.set_holds(id, self.locks.table.outer(hold));
            self.give_back(id, hold, LockEvent::TimedOut);
            self.fail_step(id, Class::Conflict);
        } else {
            self.attempts[id].instruction += 1;
            self.run_handler(id);
        }
    }

    /// The steps are done that needed the lock that was acquired last.
    pub(super) fn release_lock(&mut self, id: Id<Attempt>) {
        let Some(hold) = self.holds(id).last() else { unreachable!("the handler has a lock") };
        self.set_holds(id, self.locks.table.outer(hold));
        self.give_back(id, hold, LockEvent::Left);
    }

    /// Gives all locks of an attempt back but the first `kept`, from the inside out.
    #[cold]
    pub(super) fn release_locks(&mut self, id: Id<Attempt>, kept: u8) {
        let mut holds = self.locks.holds[id.index() as usize];
        for _ in usize::from(kept)..self.locks.table.depth(holds) {
            let Some(hold) = holds.last() else { break };
            holds = self.locks.table.outer(hold);
            self.give_back(id, hold, LockEvent::Left);
        }
        self.set_holds(id, holds);
    }

    /// These and all their branches are about to be stopped: they leave the lines that they are in before anybody gives something back, which is for those who stay.
    pub(super) fn leave_lines(&mut self, stopped: impl IntoIterator<Item = Id<Attempt>>) {
        for id in stopped {
            self.leave_lock_line(id);
        }
        self.serve_lines();
    }

    /// The same of these branches.
    pub(super) fn leave_lines_of(&mut self, list: u32) {
        self.branches_leave_lines(list);
        self.serve_lines();
    }

    fn serve_lines(&mut self) {
        let mut given = std::mem::take(&mut self.locks.given);
        for place in self.locks.left.drain(..) {
            self.locks.table.serve(self.now, place, &mut given);
        }
        self.hand_locks_over(given);
    }

    fn leave_lock_line(&mut self, id: Id<Attempt>) {
        let Some(&Attempt { held, fork, ticket, .. }) = self.attempts.get(id) else { return };
        if held.locks
            && let Some(hold) = self.holds(id).last()
            && self.locks.table.waits(hold)
        {
            self.set_holds(id, self.locks.table.outer(hold));
            self.attempts[id].ticket = Ticket::NONE;
            self.forget(ticket);
            let (at, mode) = (self.locks.table.place_of(hold), self.locks.table.mode(hold));
            self.tell_lock(id, at, mode, LockEvent::Left);
            self.locks.table.leave_line(hold);
            self.locks.left.push(at);
        }
        if !fork.is_none() {
            self.branches_leave_lines(self.forks[fork].list);
        }
    }

    fn branches_leave_lines(&mut self, list: u32) {
        for position in 0..self.branch_lists[list as usize].len() {
            self.leave_lock_line(self.branch_lists[list as usize][position]);
        }
    }

    /// Gives one back; `unserved` is what it is to leave a line.
    fn give_back(&mut self, id: Id<Attempt>, hold: HoldId, unserved: LockEvent) {
        let table = &self.locks.table;
        let (at, mode) = (table.place_of(hold), table.mode(hold));
        let event = if table.waits(hold) {
            unserved
        } else {
            LockEvent::Released { held: self.now.since(table.since(hold)) }
        };
        self.tell_lock(id, at, mode, event);
        let mut given = std::mem::take(&mut self.locks.given);
        self.locks.table.release(self.now, hold, &mut given);
        self.hand_locks_over(given);
    }

    /// Those who got what they waited for go on, each as a hop of its own.
    fn hand_locks_over(&mut self, mut given: Vec<Given<Id<Attempt>>>) {
        for Given { who, lock, place, mode, since } in given.drain(..) {
            let waited = Some(self.now.since(since));
            self.tell_lock(who, (lock, place), mode, LockEvent::Acquired { waited });
            debug_assert!(
                self.attempts[who].stage == Stage::Handling,
                "invariant: who is stopped has left the line"
            );
            let ticket = self.calendar.ticket();
            let stale: Ticket = std::mem::replace(&mut self.attempts[who].ticket, ticket);
            self.forget(stale);
            self.hops.push((Event::LockWaitEnds(who.index()), ticket));
        }
        self.locks.given = given;
    }

    /// Something outside takes a lock.
    pub(super) fn hold_lock_outside(&mut self, lock: u32, key: Option<u32>, mode: LockMode) {
        self.locks.table.hold_outside(lock, key, mode);
    }

    /// Something outside gives a lock back.
    pub(super) fn release_lock_outside(&mut self, lock: u32, key: Option<u32>, mode: LockMode) {
        let mut given = std::mem::take(&mut self.locks.given);
        self.locks.table.release_outside(self.now, lock, key, mode, &mut given);
        self.hand_locks_over(given);
    }
}
