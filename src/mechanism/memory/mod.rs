//! Memory: what a process keeps, what it throws away, and what it costs to tell the two apart.
//!
//! What is slow is alive for longer, so latency becomes memory; and what is alive has to be traced by every collection, so memory becomes latency. As long as there is room, nobody notices:
//! with a heap of size M, of which L is live, an allocation rate g and a collector of speed s, collecting costs g L / (s (M - L)) of the time in which work is done. It is a hyperbola: flat where L is
//! small, and without end where L comes near M. So a short stall that lets requests pile up can lift a process onto its steep part, where it is too slow for what arrives, so that they stay piled up, after
//! the stall is gone. Only a restart, or much less load than before, leads back.
//!
//! | collector | when | what it does meanwhile |
//! |---|---|---|
//! | none | what nobody uses is gone at once (reference counting, `free`) | nothing |
//! | `stop_the_world` | the heap is full | nothing goes on for `base_pause` and as long as the live set takes at `speed` (HotSpot's Serial and Parallel collectors) |
//! | `concurrent` | the heap is filled up to `starts_at` | work goes on at the speed 1 - `cpu_share`; if the heap is full before it is done, nothing goes on until it is (an allocation stall of ZGC; a failed concurrent cycle of G1 and CMS) |
//!
//! A collection frees everything that was not alive when it began; what is allocated while it goes on stays until the next one ("floating garbage", snapshot at the beginning).
//! If what was live when it began does not fit into the heap, the process is killed, and comes back empty: by the runtime (`OutOfMemoryError`), by the container's limit, by the kernel.
//!
//! Good for: sizing a heap against a stall instead of against the average; seeing why a queue without bound is not free. Bad for: telling collectors of one family apart. There are no generations: a
//! young collection that copies little costs little, and is not modelled; what counts here is the live set that a full cycle has to trace. A handler allocates at its begin what it allocates in all.
//! Swapping, fragmentation and the memory that a process does not give back are not modelled either.
//!
//! Sources: Kirisame, Shenoy, Panchekha, "Optimal heap limits for reducing browser memory use", OOPSLA 2022 (MemBalancer: the cost of collecting, and the square-root rule for sizing a heap);
//! Jones, Hosking, Moss, "The garbage collection handbook" (2012) chapters 1 and 16; HotSpot `gc_globals.hpp` (`GCTimeLimit`, `GCHeapFreeLimit`, `GCOverheadLimitThreshold`);
//! Go's `runtime/mgcpacer.go` (a quarter of the CPU); Kubernetes, "Pod lifecycle" (restarts: 10 s, twice as long each time, up to 5 min, reset after 10 min).

mod series;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use series::COLUMNS;
pub use settings::*;
pub use state::{Collected, Impact, Memory, MemoryState, Response};
