//! What happens to locks, and what is measured of them.

use super::{Gauge, Quantiles};
use crate::kernel::Duration;

/// One thing that happened to a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockEvent {
    /// Somebody began to wait.
    Queued,
    /// Somebody got it.
    Acquired {
        /// How long after they began to wait; `None`: they did not have to.
        waited: Option<Duration>,
    },
    /// Somebody has waited as long as they may.
    TimedOut,
    /// Somebody waits no longer, for another reason.
    Left,
    /// Somebody gave it back.
    Released {
        /// How long they had it.
        held: Duration,
    },
}

/// One lock of the model, with all its keys or instances.
#[derive(Clone, PartialEq, Debug)]
pub struct LockSeries {
    /// The name in the model.
    pub name: String,
    /// One per interval.
    pub rows: Vec<LockRow>,
    /// How long those had waited that got it in [warm-up, duration).
    pub wait: Quantiles,
    /// How long those had it that gave it back then.
    pub hold: Quantiles,
}

/// One interval of a lock. Those that waited before + those that began to = `contended` + `timed_out` + `left` + those that wait at its end.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LockRow {
    /// Attempts that got it.
    pub acquired: u64,
    /// Of these, those that had to wait.
    pub contended: u64,
    /// Attempts that waited in vain, as long as they may.
    pub timed_out: u64,
    /// Attempts that left the line for another reason.
    pub left: u64,
    /// Attempts that wait.
    pub waiting: Gauge,
    /// Attempts that have it.
    pub holding: Gauge,
    /// How long those had waited that got it.
    pub wait: Quantiles,
    /// How long those had it that gave it back.
    pub hold: Quantiles,
}
