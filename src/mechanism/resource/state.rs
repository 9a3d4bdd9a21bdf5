//! Servers, and a line before them.

use crate::kernel::{Duration, Time};
use crate::mechanism::Priority;
use crate::mechanism::queue::{Full, Order, Queue, QueueRules, Ticket, WhenFull};
use crate::quantity::Limit;

/// Equal servers and one line, first come, first served; `T` is who comes (an index, small and `Copy`).
///
/// How many servers there are is said with every question, since it may change: who has one keeps it.
#[derive(Clone, Debug)]
pub struct Station<T> {
    busy: u32,
    line: Queue<T>,
}

/// What happens to who comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A server is free, and is theirs.
    Served,
    /// They wait; the ticket is for leaving the line early.
    Waits(Ticket),
}

/// CPUs that all who work share at the same time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SharedCpus {
    /// How many there are.
    pub cpus: u32,
    /// Which share of their time is left for work while there are more threads than CPUs.
    pub efficiency: f64,
}

impl SharedCpus {
    /// How fast each of so many goes on: alone on a CPU at full speed, and with an equal share of what the CPUs get done as soon as they have to take turns.
    #[inline]
    pub fn speed(self, working: u32) -> f64 {
        if working > self.cpus { f64::from(self.cpus) * self.efficiency / f64::from(working) } else { 1.0 }
    }
}

impl<T: Copy> Station<T> {
    /// Nobody is here.
    pub fn new() -> Self {
        let rules = QueueRules {
            capacity: Limit::Unlimited,
            order: Order::Fifo,
            when_full: WhenFull::Reject,
            congested_after: Duration::ZERO,
            preemptive: false,
        };
        Self { busy: 0, line: Queue::new(rules) }
    }

    /// Servers that are busy.
    pub const fn busy(&self) -> u32 {
        self.busy
    }

    /// Whether somebody waits.
    pub const fn has_line(&self) -> bool {
        !self.line.is_empty()
    }

    /// Somebody comes, and finds `servers`.
    pub fn enter(&mut self, now: Time, servers: u32, who: T) -> Entry {
        if self.busy < servers && self.line.is_empty() {
            self.busy += 1;
            return Entry::Served;
        }
        match self.line.push(now, Priority::Normal, who) {
            Ok(ticket) => Entry::Waits(ticket),
            Err(Full) => unreachable!("invariant: the line has no limit"),
        }
    }

    /// Somebody gives their server back.
    pub const fn leave(&mut self) {
        self.busy -= 1;
    }

    /// Who is served next, if there is somebody, and a free one of the `servers` for them. To be asked until nobody is.
    pub fn next(&mut self, now: Time, servers: u32) -> Option<T> {
        if self.busy >= servers {
            return None;
        }
        let next = self.line.pop(now, |_| 0)?;
        self.busy += 1;
        Some(next)
    }

    /// Somebody leaves the line without having been served; false if they are not in it.
    pub fn give_up(&mut self, ticket: Ticket) -> bool {
        self.line.remove(ticket)
    }
}

impl<T: Copy> Default for Station<T> {
    fn default() -> Self {
        Self::new()
    }
}
