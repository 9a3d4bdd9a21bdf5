//! What happens to the memory of instances, and what is measured of it.

use super::{Gauge, Quantiles};
use crate::kernel::Duration;

/// One thing that happened to the memory of one instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryEvent {
    /// A collection began.
    CollectionBegan {
        /// Nothing else goes on.
        stops: bool,
    },
    /// The collection in progress is too late: from here on nothing else goes on.
    Stalled,
    /// A collection ended.
    CollectionEnded {
        /// How long nothing else went on; `None`: something always did.
        pause: Option<Duration>,
        /// What it freed, in bytes.
        freed: u64,
    },
    /// A collection was given up, because its process is gone.
    CollectionLost {
        /// Nothing else went on.
        stopped: bool,
    },
    /// The process was killed, because there was no room.
    Killed,
    /// It is back.
    Restarted,
    /// At the end of an interval.
    Level {
        /// What is alive, in bytes.
        live: u64,
        /// What is in the heap, in bytes.
        occupied: u64,
    },
}

/// The memory of a service, over all its instances.
#[derive(Clone, PartialEq, Debug)]
pub struct MemorySeries {
    /// The name of the service.
    pub service: String,
    /// One per interval.
    pub rows: Vec<MemoryRow>,
    /// Lengths of the pauses that ended in [warm-up, duration).
    pub pause: Quantiles,
}

/// One interval of the memory of a service.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MemoryRow {
    /// How much there is room for, in bytes.
    pub heap: u64,
    /// How many instances there are.
    pub instances: u32,
    /// What is alive at the end, in bytes.
    pub live: u64,
    /// What is in the heap at the end, in bytes.
    pub occupied: u64,
    /// Collections that ended.
    pub collections: u64,
    /// What they freed, in bytes.
    pub freed: u64,
    /// Concurrent collections that were too late.
    pub stalls: u64,
    /// Instances that collect.
    pub collecting: Gauge,
    /// Instances on which nothing else goes on.
    pub stopped: Gauge,
    /// How long that was.
    pub pause: Quantiles,
    /// Instances that were killed.
    pub kills: u64,
    /// Instances that were killed and are not back yet.
    pub down: Gauge,
}
