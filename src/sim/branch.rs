//! Branches of a handler, and waiting for them.
//!
//! A branch is kept like an attempt: it has a place, an instruction, perhaps work or a call of its own. But it has no thread (it shares that of the attempt), nobody
//! sent it, and nobody gets a reply. Once enough branches have ended the handler goes on; the others are stopped, or go on for nobody and outlive the attempt.

use crate::kernel::Duration;
use crate::kernel::arena::Id;
use crate::mechanism::Class;
use crate::mechanism::parallel::{Progress as Tallied, Tally};
use crate::observe::{AttemptRef, BranchPurpose, Happening, Observer};
use crate::plan::Instruction;

use super::Simulation;
use super::event::Event;
use super::world::{Attempt, Fork, Held, Stage, WaitsFor};

impl<O: Observer> Simulation<'_, O> {
    /// Begins the branches of the step that a handler is at. Each begins as a hop of its own, so that one without work does not end before the others have begun.
    pub(super) fn begin_branches(&mut self, owner: Id<Attempt>) {
        let plan = self.plan;
        let parent = self.attempts[owner];
        let Instruction::Fork { first, count, needed, cancel_losers } =
            plan.instructions[parent.instruction as usize]
        else {
            unreachable!("the handler is at a step with branches")
        };
        let list = self.take_list();
        let waits = WaitsFor::Handler { owner, tally: Tally::new(count, needed), cancel_losers };
        let fork = self.forks.insert_with(|| Fork { waits, list });
        self.attempts[owner].fork = fork;
        for &instruction in &plan.branches[first as usize..(first + count) as usize] {
            let branch = self.begin_branch(owner, &parent, fork, instruction);
            self.branch_lists[list as usize].push(branch);
        }
    }

    /// Begins a branch of an attempt, or of a branch; it is what `parent` is, but for what nobody has in common with it.
    pub(super) fn begin_branch(
        &mut self,
        of: Id<Attempt>,
        parent: &Attempt,
        fork: Id<Fork>,
        instruction: u32,
    ) -> Id<Attempt> {
        let ticket = self.calendar.ticket();
        let branch = self.attempts.insert_with(|| Attempt {
            call: Id::NONE,
            child: Id::NONE,
            fork: Id::NONE,
            branch_of: fork,
            instruction,
            held: Held::default(),
            ticket,
            timer: ticket,
            worked: Duration::ZERO,
            ..*parent
        });
        self.ledgers.hold(parent.baggage.ledger);
        if self.registers.are_there() {
            self.begin_reading_apart(branch, of);
        }
        let (attempt, branch_ref) = (AttemptRef(of.raw()), AttemptRef(branch.raw()));
        let purpose = match self.forks.get(fork).map(|fork| fork.waits) {
            Some(WaitsFor::Cache { .. }) => BranchPurpose::Load,
            Some(WaitsFor::Store { .. }) => BranchPurpose::Store,
            Some(WaitsFor::Handler { .. }) | None => BranchPurpose::Handler,
        };
        self.tell(Happening::BranchBegan { branch: branch_ref, attempt, place: parent.place, purpose });
        self.hops.push((Event::Start(branch.index()), ticket));
        branch
    }

    /// A branch is done, or has failed.
    pub(super) fn branch_ends(&mut self, id: Id<Attempt>, class: Class) {
        let fork = self.attempts[id].branch_of;
        if self.registers.are_there()
            && class == Class::Ok
            && let Some(WaitsFor::Handler { owner, .. }) = self.forks.get(fork).map(|fork| fork.waits)
        {
            self.tell_owner_what_was_read(id, owner);
        }
        self.remove_branch(id);
        match self.forks.get_mut(fork).map(|fork| &mut fork.waits) {
            None | Some(WaitsFor::Store { .. }) => {}
            Some(WaitsFor::Cache { .. }) => self.load_ends(fork, class),
            Some(WaitsFor::Handler { tally, .. }) => match tally.branch_ended(class == Class::Ok) {
                Tallied::Undecided => {}
                Tallied::Succeeded => self.branches_return(fork, Class::Ok),
                Tallied::Failed => self.branches_return(fork, class),
            },
        }
    }

    /// A branch has failed, and nobody has provided for that.
    pub(super) fn branch_fails(&mut self, id: Id<Attempt>, class: Class) {
        match self.forks.get(self.attempts[id].branch_of).map(|fork| fork.waits) {
            Some(WaitsFor::Store { .. }) => self.store_ends(id, false),
            _ => self.branch_ends(id, class),
        }
    }

    /// What a handler waited for is decided.
    fn branches_return(&mut self, id: Id<Fork>, class: Class) {
        let Fork { waits: WaitsFor::Handler { owner, cancel_losers, .. }, list } = self.forks.remove(id)
        else {
            unreachable!("a load has no handler that waits for branches")
        };
        if cancel_losers {
            self.cancel_branches(list);
        }
        self.give_list_back(list);
        let attempt = &mut self.attempts[owner];
        attempt.fork = Id::NONE;
        if attempt.stage == Stage::Aborting {
            return;
        }
        if class == Class::Ok {
            attempt.instruction += 1;
            self.run_handler(owner);
        } else {
            self.fail_step(owner, class);
        }
    }

    /// The handler of an attempt ends before its call or its branches do: they are stopped.
    pub(super) fn stop_waiting(&mut self, id: Id<Attempt>) {
        let attempt = &mut self.attempts[id];
        let child = std::mem::replace(&mut attempt.child, Id::NONE);
        let fork = std::mem::replace(&mut attempt.fork, Id::NONE);
        if !child.is_none() {
            self.cancel_call(child);
        }
        if !fork.is_none() {
            // The fork is there until all are gone: what they have worked is added to the attempt.
            let list = self.forks[fork].list;
            self.cancel_branches(list);
            self.give_list_back(list);
            self.forks.remove(fork);
        }
    }

    fn cancel_branches(&mut self, list: u32) {
        if self.locks.are_there {
            self.leave_lines_of(list);
        }
        for position in 0..self.branch_lists[list as usize].len() {
            let branch = self.branch_lists[list as usize][position];
            if self.attempts.get(branch).is_some() {
                self.cancel_branch(branch);
            }
        }
    }

    /// A branch is stopped, with all that it waits for.
    pub(super) fn cancel_branch(&mut self, id: Id<Attempt>) {
        self.stop_waiting(id);
        self.remove_branch(id);
    }

    /// Forgets a branch. Its work counts as the attempt's, or as wasted if nobody waits for the branch any more; that of a load counts as such.
    pub(super) fn remove_branch(&mut self, id: Id<Attempt>) {
        self.release(id);
        let Attempt { branch_of, place, worked, .. } = self.attempts[id];
        self.remove_attempt(id);
        let waits = self.forks.get(branch_of).map(|fork| fork.waits);
        let worked = if let Some(WaitsFor::Handler { owner, .. }) = waits {
            let owner = &mut self.attempts[owner];
            owner.worked = owner.worked + worked;
            Duration::ZERO
        } else {
            worked
        };
        let wanted = waits.is_some();
        self.tell(Happening::BranchEnded { branch: AttemptRef(id.raw()), place, worked, wanted });
    }

    pub(super) fn take_list(&mut self) -> u32 {
        self.spare_lists.pop().unwrap_or_else(|| {
            self.branch_lists.push(Vec::new());
            self.branch_lists.len() as u32 - 1
        })
    }

    pub(super) fn give_list_back(&mut self, list: u32) {
        self.branch_lists[list as usize].clear();
        self.spare_lists.push(list);
    }
}
