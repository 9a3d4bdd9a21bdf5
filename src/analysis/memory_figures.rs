//! What summaries say of memory.

use serde::Serialize;

use super::figures::{Spread, Stretch, per_second, ratio};
use crate::observe::{MemoryRow, MemorySeries};

/// The memory of a service, over all its instances.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MemoryFigures {
    /// The service.
    pub service: String,
    /// How much there is room for, in bytes.
    pub heap_bytes: u64,
    /// The most that was alive at the end of an interval, in bytes.
    pub live_bytes_max: u64,
    /// What is alive at the end, in bytes.
    pub live_bytes: u64,
    /// The same as a share of the heaps.
    pub live_ratio: Option<f64>,
    /// Collections that ended.
    pub collections: u64,
    /// The same per second.
    pub collections_per_s: f64,
    /// Concurrent collections that were too late.
    pub allocation_stalls: u64,
    /// Which share of the time of the instances is lost in pauses.
    pub stopped_ratio: Option<f64>,
    /// How long these are.
    pub pause: Spread,
    /// Instances that were killed because there was no room.
    pub out_of_memory: u64,
}

impl MemoryFigures {
    pub(super) fn new(series: &MemorySeries, stretch: Stretch) -> Self {
        let (rows, span) = (stretch.rows(&series.rows), stretch.length());
        let sum = |of: fn(&MemoryRow) -> u64| rows.iter().map(of).sum::<u64>();
        let last = rows.last();
        let (heap, live) = last.map_or((0, 0), |row| (row.heap, row.live));
        let instances = last.map_or(0, |row| u128::from(row.instances));
        let stopped: u128 = rows.iter().map(|row| row.stopped.integral).sum();
        let collections = sum(|row| row.collections);
        Self {
            service: series.service.clone(),
            heap_bytes: heap,
            live_bytes_max: rows.iter().map(|row| row.live).max().unwrap_or(0),
            live_bytes: live,
            live_ratio: ratio(live, heap),
            collections,
            collections_per_s: per_second(collections, span),
            allocation_stalls: sum(|row| row.stalls),
            stopped_ratio: ratio(stopped, instances * u128::from(span.as_ns())),
            pause: stretch.spread(&series.pause),
            out_of_memory: sum(|row| row.kills),
        }
    }
}
