//! What fills the heap of one process, and what is done about it.

use super::{CollectorSettings, MemorySettings};
use crate::kernel::{Duration, Time};
use crate::quantity::Bytes;

/// So many collections in a row over the limit are too many (HotSpot's `GCOverheadLimitThreshold`).
const TOO_MANY: u8 = 5;

/// A collection that leaves less than one part in so many of the heap free has not helped (HotSpot's `GCHeapFreeLimit` of 2 %).
const FREE_PART: u64 = 50;

/// Who has run for so long is not restarted for the failures of before (Kubernetes' back-off reset).
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);

/// The memory of one process, ready to be asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Memory {
    settings: MemorySettings,
    /// From how much on the collector begins, or the process is killed.
    limit: u64,
}

/// What is in the heap, and what is being done about it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MemoryState {
    /// What is live, and what was not collected yet.
    occupied: u64,
    connections: u32,
    /// Something that belongs to nobody here: a leak, another process.
    stress: u64,
    phase: Phase,
    /// Collections in a row over the limit.
    over_limit: u8,
    /// When the last collection ended, or the process began.
    collected_at: Time,
    began_at: Time,
    /// How often it was killed since it last ran for long.
    kills: u32,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Phase {
    /// There is room.
    Idle,
    /// A collection goes on.
    Collecting {
        began: Time,
        /// What was alive then.
        live: u64,
        /// And what was there.
        occupied: u64,
        /// Since when nothing else goes on.
        stopped: Option<Time>,
    },
    /// It was killed, and is not back yet.
    Down,
}

/// What has to be done because the heap is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Response {
    /// Nothing: it is not, or something is being done.
    Nothing,
    /// A collection begins, and takes this long.
    Collect(Duration),
    /// The collection in progress is too late: everybody waits for it.
    Stall,
    /// What is alive does not fit: it is killed.
    Kill,
}

/// What a collection has brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Collected {
    /// How long nothing else went on.
    pub stopped: Duration,
    /// What is free again, in bytes.
    pub freed: u64,
    /// It was for nothing, and the process is to be killed.
    pub out_of_memory: bool,
}

/// What that means for the work of the process.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Impact {
    /// Nothing.
    None,
    /// It takes so many times as long.
    Slowed(f64),
    /// It stands still.
    Stopped,
    /// It is gone.
    Down,
}

impl Memory {
    /// From what is written.
    pub fn new(settings: &MemorySettings) -> Self {
        let heap = settings.heap.get();
        let limit = match settings.collector {
            Some(CollectorSettings::Concurrent(collector)) => {
                let limit = u128::from(heap) * u128::from(collector.starts_at.billionths()) / 1_000_000_000;
                u64::try_from(limit).unwrap_or(heap)
            }
            Some(CollectorSettings::StopTheWorld(_)) | None => heap,
        };
        Self { settings: *settings, limit }
    }

    /// The same with all the room that there can be.
    pub fn without_limit(&self) -> Self {
        Self { settings: MemorySettings { heap: Bytes::new(u64::MAX), ..self.settings }, limit: u64::MAX }
    }

    /// How much there is room for, in bytes.
    pub const fn heap(&self) -> u64 {
        self.settings.heap.get()
    }

    /// A process that begins now.
    pub const fn begin(&self, now: Time) -> MemoryState {
        MemoryState {
            occupied: self.settings.base_live.get(),
            connections: 0,
            stress: 0,
            phase: Phase::Idle,
            over_limit: 0,
            collected_at: now,
            began_at: now,
            kills: 0,
        }
    }

    /// What is alive, in bytes, with so many attempts on threads and in the queue.
    pub fn live(&self, state: &MemoryState, on_threads: u32, queued: u32) -> u64 {
        let MemorySettings { base_live, live_per_request, live_per_queued, live_per_connection, .. } =
            self.settings;
        let all = [
            (base_live, 1),
            (live_per_request, on_threads),
            (live_per_queued, queued),
            (live_per_connection, state.connections),
        ];
        let live = |sum: u64, (each, count): (crate::quantity::Bytes, u32)| {
            sum.saturating_add(each.get().saturating_mul(count.into()))
        };
        all.into_iter().fold(state.stress, live)
    }

    /// What is in the heap, in bytes, while so much of it is alive.
    pub const fn occupied(&self, state: &MemoryState, live: u64) -> u64 {
        match self.settings.collector {
            Some(_) => state.occupied,
            None => live,
        }
    }

    /// An attempt that got a thread allocates what it needs, or `factor` times as much.
    pub fn allocate_request(&self, state: &mut MemoryState, factor: f64) {
        let bytes = self.settings.allocated_per_request().get();
        let bytes = if factor == 1.0 { bytes } else { (bytes as f64 * factor).round() as u64 };
        state.allocate(bytes);
    }

    /// An attempt has begun to wait for a thread.
    pub const fn allocate_queued(&self, state: &mut MemoryState) {
        state.allocate(self.settings.live_per_queued.get());
    }

    /// A connection was opened.
    pub const fn open_connection(&self, state: &mut MemoryState) {
        state.connections += 1;
        state.allocate(self.settings.live_per_connection.get());
    }

    /// A connection of this process was closed; what it kept alive is there until it is collected.
    pub const fn close_connection(&self, state: &mut MemoryState) {
        state.connections -= 1;
    }

    /// So much is alive besides. Whether that is more than before.
    pub const fn set_stress(&self, state: &mut MemoryState, bytes: u64) -> bool {
        let more = bytes.saturating_sub(state.stress);
        state.allocate(more);
        state.stress = bytes;
        more > 0
    }

    /// Whether something has to be done; cheap, and asked after each allocation.
    #[inline]
    pub fn is_pressed(&self, state: &MemoryState, on_threads: u32, queued: u32) -> bool {
        match (self.settings.collector, state.phase) {
            (Some(_), Phase::Idle) => state.occupied >= self.limit,
            (Some(_), Phase::Collecting { stopped: None, .. }) => state.occupied >= self.heap(),
            (None, Phase::Idle) => self.live(state, on_threads, queued) >= self.limit,
            (_, Phase::Collecting { .. } | Phase::Down) => false,
        }
    }

    /// Whether nothing can be allocated any more. A collection that has just ended is followed by another one only then; otherwise whoever allocates next sees to it, so that a process that does
    /// nothing does not collect either.
    pub fn is_full(&self, state: &MemoryState) -> bool {
        state.occupied >= self.heap()
    }

    /// Does something about a heap that is [pressed](Self::is_pressed), with so much of it alive.
    pub fn respond(&self, state: &mut MemoryState, now: Time, live: u64) -> Response {
        let is_full = self.is_full(state);
        match (self.settings.collector, &mut state.phase) {
            (None, Phase::Idle) => Response::Kill,
            (Some(collector), phase @ Phase::Idle) => {
                let stops = matches!(collector, CollectorSettings::StopTheWorld(_));
                *phase = Phase::Collecting {
                    began: now,
                    live,
                    occupied: state.occupied,
                    stopped: stops.then_some(now),
                };
                Response::Collect(collection(collector, live))
            }
            (Some(_), Phase::Collecting { stopped: stopped @ None, .. }) if is_full => {
                *stopped = Some(now);
                Response::Stall
            }
            (_, Phase::Collecting { .. } | Phase::Down) => Response::Nothing,
        }
    }

    /// The collection is over.
    pub fn collected(&self, state: &mut MemoryState, now: Time) -> Collected {
        let Phase::Collecting { began, live, occupied, stopped } = state.phase else {
            unreachable!("invariant: what is over was going on")
        };
        state.phase = Phase::Idle;
        let freed = occupied.saturating_sub(live);
        state.occupied -= freed;
        let took = now.since(began);
        let since = now.since(state.collected_at);
        state.collected_at = now;
        if self.is_over_limit(state.occupied, took, since) {
            state.over_limit = state.over_limit.saturating_add(1);
        } else {
            state.over_limit = 0;
        }
        Collected {
            stopped: stopped.map_or(Duration::ZERO, |stopped| now.since(stopped)),
            freed,
            out_of_memory: live >= self.heap() || state.over_limit >= TOO_MANY,
        }
    }

    fn is_over_limit(&self, occupied: u64, took: Duration, since: Duration) -> bool {
        let Some(CollectorSettings::StopTheWorld(collector)) = self.settings.collector else { return false };
        let Some(limit) = collector.overhead_limit else { return false };
        let is_long = u128::from(took.as_ns()) * 1_000_000_000
            > u128::from(since.as_ns()) * u128::from(limit.billionths());
        is_long && self.heap().saturating_sub(occupied) < self.heap() / FREE_PART
    }

    /// The process is killed, and comes back after this time.
    pub fn kill(&self, state: &mut MemoryState, now: Time) -> Duration {
        if now.since(state.began_at) >= FORGIVEN_AFTER {
            state.kills = 0;
        }
        let rules = self.settings.out_of_memory;
        let doubled = 1_u64.checked_shl(state.kills).unwrap_or(u64::MAX);
        let away = rules.restart_after.as_ns().saturating_mul(doubled);
        state.kills += 1;
        state.phase = Phase::Down;
        Duration::from_ns(away).min(rules.restart_max)
    }

    /// A process is gone, and another one takes its place: at once, or later if it was killed. How often it was killed is remembered.
    pub const fn begin_anew(&self, state: &mut MemoryState, now: Time) {
        let MemoryState { stress, kills, phase, .. } = *state;
        let phase = if matches!(phase, Phase::Down) { Phase::Down } else { Phase::Idle };
        *state = MemoryState { stress, phase, kills, ..self.begin(now) };
        state.allocate(stress);
    }

    /// A process that was killed is back; who has got through to it meanwhile is connected.
    pub const fn come_back(&self, state: &mut MemoryState, now: Time) {
        state.phase = Phase::Idle;
        state.collected_at = now;
        state.began_at = now;
    }

    /// What that means for the work of the process.
    pub fn impact(&self, state: &MemoryState) -> Impact {
        match (state.phase, self.settings.collector) {
            (Phase::Down, _) => Impact::Down,
            (Phase::Collecting { stopped: Some(_), .. }, _) => Impact::Stopped,
            (Phase::Collecting { .. }, Some(CollectorSettings::Concurrent(collector))) => {
                Impact::Slowed(1.0 / (1.0 - collector.cpu_share.as_f64()))
            }
            (Phase::Idle | Phase::Collecting { .. }, _) => Impact::None,
        }
    }
}

impl MemoryState {
    const fn allocate(&mut self, bytes: u64) {
        self.occupied = self.occupied.saturating_add(bytes);
    }
}

/// How long a collection takes that finds so much alive: never no time at all, so that time goes on.
fn collection(collector: CollectorSettings, live: u64) -> Duration {
    let (speed, base) = match collector {
        CollectorSettings::StopTheWorld(collector) => (collector.speed, collector.base_pause),
        CollectorSettings::Concurrent(collector) => (collector.speed, Duration::ZERO),
    };
    let ns = u128::from(live) * 1_000_000_000 / u128::from(speed.bytes_per_s());
    let traced = Duration::from_ns(u64::try_from(ns).unwrap_or(u64::MAX).max(1));
    base + traced
}
