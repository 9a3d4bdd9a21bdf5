//! One meter per lock.

use crate::kernel::{Duration, Time};
use crate::observe::{LockEvent, LockRow, LockSeries};

use super::level::{Counted, Durations, Level};

/// Measures one lock.
#[derive(Clone, Debug, Default)]
pub(super) struct LockMeter {
    row: LockRow,
    rows: Vec<LockRow>,
    waiting: Level,
    holding: Level,
    wait: Durations,
    hold: Durations,
}

impl LockMeter {
    pub(super) fn happened(&mut self, now: Time, event: LockEvent, counted: Counted) {
        let row = &mut self.row;
        match event {
            LockEvent::Queued => self.waiting.rise(now),
            LockEvent::Acquired { waited } => {
                row.acquired += 1;
                if waited.is_some() {
                    row.contended += 1;
                    self.waiting.fall(now);
                }
                self.holding.rise(now);
                self.wait.record(waited.unwrap_or(Duration::ZERO), counted);
            }
            LockEvent::TimedOut => {
                row.timed_out += 1;
                self.waiting.fall(now);
            }
            LockEvent::Left => {
                row.left += 1;
                self.waiting.fall(now);
            }
            LockEvent::Released { held } => {
                self.holding.fall(now);
                self.hold.record(held, counted);
            }
        }
    }

    pub(super) fn close(&mut self, end: Time, all_count: bool) -> &LockRow {
        self.row.waiting = self.waiting.close(end);
        self.row.holding = self.holding.close(end);
        self.row.wait = self.wait.close(all_count);
        self.row.hold = self.hold.close(all_count);
        self.rows.push(std::mem::take(&mut self.row));
        self.rows.last().expect("invariant: a row was just pushed")
    }

    pub(super) fn finish(self, name: String) -> LockSeries {
        LockSeries { name, wait: self.wait.total(), hold: self.hold.total(), rows: self.rows }
    }
}
