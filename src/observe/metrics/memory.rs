//! One meter per service whose memory is limited.

use crate::kernel::Time;
use crate::observe::{MemoryEvent, MemoryRow, MemorySeries};
use crate::plan::PlannedMemory;

use super::level::{Counted, Durations, Level};

/// Measures the memory of one service.
#[derive(Clone, Debug)]
pub(super) struct MemoryMeter {
    row: MemoryRow,
    rows: Vec<MemoryRow>,
    collecting: Level,
    stopped: Level,
    down: Level,
    pause: Durations,
}

impl MemoryMeter {
    pub(super) fn new(planned: &PlannedMemory) -> Self {
        Self {
            row: empty_row(planned.rules.heap().saturating_mul(planned.instances.into()), planned.instances),
            rows: Vec::new(),
            collecting: Level::default(),
            stopped: Level::default(),
            down: Level::default(),
            pause: Durations::default(),
        }
    }

    pub(super) fn happened(&mut self, now: Time, event: MemoryEvent, counted: Counted) {
        let row = &mut self.row;
        match event {
            MemoryEvent::CollectionBegan { stops } => {
                self.collecting.rise(now);
                if stops {
                    self.stopped.rise(now);
                }
            }
            MemoryEvent::Stalled => {
                row.stalls += 1;
                self.stopped.rise(now);
            }
            MemoryEvent::CollectionEnded { pause, freed } => {
                row.collections += 1;
                row.freed = row.freed.saturating_add(freed);
                self.collecting.fall(now);
                if let Some(pause) = pause {
                    self.stopped.fall(now);
                    self.pause.record(pause, counted);
                }
            }
            MemoryEvent::CollectionLost { stopped } => {
                self.collecting.fall(now);
                if stopped {
                    self.stopped.fall(now);
                }
            }
            MemoryEvent::Killed => {
                row.kills += 1;
                self.down.rise(now);
            }
            MemoryEvent::Restarted => self.down.fall(now),
            MemoryEvent::Level { live, occupied } => {
                row.live = row.live.saturating_add(live);
                row.occupied = row.occupied.saturating_add(occupied);
            }
        }
    }

    pub(super) fn close(&mut self, end: Time, all_count: bool) -> &MemoryRow {
        self.row.collecting = self.collecting.close(end);
        self.row.stopped = self.stopped.close(end);
        self.row.down = self.down.close(end);
        self.row.pause = self.pause.close(all_count);
        let next = empty_row(self.row.heap, self.row.instances);
        self.rows.push(std::mem::replace(&mut self.row, next));
        self.rows.last().expect("invariant: a row was just pushed")
    }

    pub(super) fn finish(self, service: String) -> MemorySeries {
        MemorySeries { service, pause: self.pause.total(), rows: self.rows }
    }
}

fn empty_row(heap: u64, instances: u32) -> MemoryRow {
    MemoryRow { heap, instances, ..MemoryRow::default() }
}
