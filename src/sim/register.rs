//! Registers: who has seen which version, and who comes too late to write.
//!
//! An answer brings along which versions were seen for it, and a call takes along those that its caller has seen: so a handler may read in one call and write in the next, and what is
//! tried again as a whole begins without having seen anything.

use crate::kernel::arena::Id;
use crate::mechanism::register::{RegisterScope, Write};
use crate::observe::{Happening, Observer, RegisterEvent};

use super::Simulation;
use super::world::{Attempt, Call, CallerOf};

impl<O: Observer> Simulation<'_, O> {
    fn value(&self, id: Id<Attempt>, register: u32) -> (u32, u32) {
        match self.plan.registers[register as usize].scope {
            RegisterScope::Key => (register, self.attempts[id].baggage.key),
            RegisterScope::Global => (register, 0),
        }
    }

    /// A handler notes the version of a register.
    pub(super) fn read_register(&mut self, id: Id<Attempt>, register: u32) {
        let value = self.value(id, register);
        self.registers.read(id.index(), value);
        self.tell(Happening::Register { register, event: RegisterEvent::Read });
    }

    /// A handler writes a register. False: it came too late, and the step fails.
    pub(super) fn set_register(&mut self, id: Id<Attempt>, register: u32) -> bool {
        let value = self.value(id, register);
        let event = match self.registers.compare_and_set(id.index(), value) {
            Write::Done => RegisterEvent::Written,
            Write::Blind => RegisterEvent::WrittenBlindly,
            Write::Conflict => RegisterEvent::Conflict,
        };
        self.tell(Happening::Register { register, event });
        event != RegisterEvent::Conflict
    }

    /// The attempt that waits for a call, if one does.
    fn reader_of(&self, call: Id<Call>) -> Option<Id<Attempt>> {
        match self.calls.get(call)?.caller {
            CallerOf::Attempt(parent) => Some(parent),
            CallerOf::Hedged(call) => self.reader_of(call),
            CallerOf::Request { .. } | CallerOf::Connection(_) | CallerOf::Nobody => None,
        }
    }

    /// An attempt of a call begins: it has seen what the caller has.
    #[cold]
    pub(super) fn begin_reading(&mut self, id: Id<Attempt>, call: Id<Call>) {
        let from = self.reader_of(call).map(Id::index);
        self.registers.begin(id.index(), from);
    }

    /// A branch begins: it has seen what the attempt has.
    #[cold]
    pub(super) fn begin_reading_apart(&mut self, id: Id<Attempt>, of: Id<Attempt>) {
        self.registers.begin(id.index(), Some(of.index()));
    }

    /// A good answer is back: its caller has seen what was seen for it.
    #[cold]
    pub(super) fn tell_caller_what_was_read(&mut self, id: Id<Attempt>, call: Id<Call>) {
        if let Some(parent) = self.reader_of(call) {
            self.registers.tell(id.index(), parent.index());
        }
    }

    /// A branch is done: its attempt has seen what it has.
    #[cold]
    pub(super) fn tell_owner_what_was_read(&mut self, id: Id<Attempt>, owner: Id<Attempt>) {
        self.registers.tell(id.index(), owner.index());
    }
}
