//! The columns of what memory reports.

use super::{Cell, Field, Interval};
use crate::mechanism::{Column, memory};
use crate::observe::MemoryRow;

/// The columns of `memory.csv` after the keys.
pub const MEMORY: &[&[Field<MemoryRow>]] = &[mechanism_fields! { MemoryRow, memory::COLUMNS, |row, interval|
    "live_bytes" => Cell::Count(row.live);
    "occupied_bytes" => Cell::Count(row.occupied);
    "live_ratio" => Cell::Quotient { numerator: row.live.into(), denominator: row.heap.into() };
    "collections" => Cell::Count(row.collections);
    "freed_bytes" => Cell::Count(row.freed);
    "allocation_stalls" => Cell::Count(row.stalls);
    "collecting_mean" => Cell::mean(&row.collecting, interval);
    "stopped_mean" => Cell::mean(&row.stopped, interval);
    "stopped_ratio" => Cell::utilisation(&row.stopped, Interval { threads: Some(row.instances.into()), ..interval });
    "pause_p50_s" => Cell::quantile(&row.pause, row.pause.p50_ns);
    "pause_p99_s" => Cell::quantile(&row.pause, row.pause.p99_ns);
    "pause_max_s" => Cell::quantile(&row.pause, row.pause.max_ns);
    "out_of_memory" => Cell::Count(row.kills);
    "down_mean" => Cell::mean(&row.down, interval);
}];
