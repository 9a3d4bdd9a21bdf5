//! Locks, and registers that nobody locks.

use crate::mechanism::lock::LockScope;
use crate::mechanism::register::RegisterScope;

use super::Delay;

/// A lock of the model.
#[derive(Clone, PartialEq, Debug)]
pub struct Lock {
    /// The name in the model.
    pub name: String,
    /// Who gets into each other's way.
    pub scope: LockScope,
    /// How long it is waited for.
    pub patience: LockPatience,
}

/// A register of the model.
#[derive(Clone, PartialEq, Debug)]
pub struct Register {
    /// The name in the model.
    pub name: String,
    /// How many values there are.
    pub scope: RegisterScope,
}

/// How long somebody waits for a lock.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum LockPatience {
    /// Not at all.
    None,
    /// So long.
    AtMost(Delay),
    /// As long as it takes.
    Unlimited,
}
