//! Locks and registers.

use crate::kernel::calendar::Rank;
use crate::plan::{Lock, LockPatience, Register};
use crate::quantity::Limit;

use super::Compiler;

impl Compiler<'_> {
    pub(super) fn locks(&mut self) -> Vec<Lock> {
        let mut locks = Vec::new();
        for (name, settings) in &self.model.locks {
            let patience = match settings.wait_timeout {
                Limit::Unlimited => LockPatience::Unlimited,
                Limit::At(longest) => {
                    self.lanes.delay(longest, Rank::Timer).map_or(LockPatience::None, LockPatience::AtMost)
                }
            };
            locks.push(Lock { name: name.clone(), scope: settings.scope, patience });
        }
        locks
    }

    pub(super) fn registers(&self) -> Vec<Register> {
        let registers = self.model.registers.iter();
        registers.map(|(name, settings)| Register { name: name.clone(), scope: settings.scope }).collect()
    }

    /// The number of a register.
    pub(super) fn register_number(&self, name: &str) -> u32 {
        let position = self.model.registers.keys().position(|other| other == name);
        position.map_or(0, |position| position as u32)
    }

    /// The number of a lock.
    pub(super) fn lock_number(&self, name: &str) -> u32 {
        self.model.locks.keys().position(|other| other == name).map_or(0, |position| position as u32)
    }
}
