//! What can be written about memory.

use serde::{Deserialize, Serialize};

use crate::mechanism::Problems;
use crate::quantity::{Bandwidth, Bytes, Duration, Share};

/// `memory = { heap = "4GiB", base_live = "800MiB", live_per_request = "200KiB", collector = { stop_the_world = { speed = "1GiB/s" } } }`, of one instance.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MemorySettings {
    /// How much there is room for, such as `-Xmx` of a JVM. No default.
    pub heap: Bytes,
    /// What is always alive: code, settings, whatever is kept between requests.
    #[serde(default)]
    pub base_live: Bytes,
    /// What an attempt keeps alive while it has a thread.
    #[serde(default)]
    pub live_per_request: Bytes,
    /// What an attempt keeps alive while it waits for a thread.
    #[serde(default)]
    pub live_per_queued: Bytes,
    /// What a connection that a `pool` of callers has opened keeps alive.
    #[serde(default)]
    pub live_per_connection: Bytes,
    /// What is allocated for an attempt in all, from when it gets a thread, `live_per_request` included; absent: that much. The more it is, the more often something has to be collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocated_per_request: Option<Bytes>,
    /// How what nobody uses any more is found; absent: it is gone at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collector: Option<CollectorSettings>,
    /// What happens when what is alive does not fit.
    #[serde(default)]
    pub out_of_memory: OutOfMemorySettings,
}

/// `collector = { stop_the_world = { speed = "1GiB/s" } }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CollectorSettings {
    /// When the heap is full, nothing goes on until it has been collected.
    StopTheWorld(StopTheWorldSettings),
    /// It collects while work goes on, as long as there is room.
    Concurrent(ConcurrentSettings),
}

/// `stop_the_world = { speed = "1GiB/s", base_pause = "2ms" }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StopTheWorldSettings {
    /// How much of what is alive all threads of the collector trace and copy per time. No default; 0.5 to 2 GiB/s per core is common.
    pub speed: Bandwidth,
    /// What each pause takes besides: stopping threads, looking at stacks.
    #[serde(default)]
    pub base_pause: Duration,
    /// The process is killed if for five collections in a row they took more than this share of the time since the one before and left less than 2 % of the heap free (98 % in HotSpot's Parallel
    /// collector); absent: it goes on as long as what is alive fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead_limit: Option<Share>,
}

/// `concurrent = { speed = "1GiB/s", starts_at = "45%", cpu_share = "25%" }`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConcurrentSettings {
    /// How much of what is alive the collector traces per time, beside the work. No default.
    pub speed: Bandwidth,
    /// It begins when this share of the heap is filled (45 % in G1, `InitiatingHeapOccupancyPercent`).
    #[serde(default = "almost_half")]
    pub starts_at: Share,
    /// Which share of the CPU it takes from the work (25 % in Go).
    #[serde(default = "a_quarter")]
    pub cpu_share: Share,
}

/// `out_of_memory = { restart_after = "10s", restart_max = "5min" }`: the process is killed, loses everything, and begins anew. The defaults are those of Kubernetes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct OutOfMemorySettings {
    /// How long it is away the first time; each time after that twice as long, until it has run for 10 min.
    pub restart_after: Duration,
    /// But not longer than this.
    pub restart_max: Duration,
}

impl Default for OutOfMemorySettings {
    fn default() -> Self {
        Self { restart_after: Duration::from_secs(10), restart_max: Duration::from_secs(300) }
    }
}

fn almost_half() -> Share {
    Share::percent(45)
}

fn a_quarter() -> Share {
    Share::percent(25)
}

impl MemorySettings {
    /// What is allocated for an attempt from when it gets a thread.
    pub fn allocated_per_request(&self) -> Bytes {
        self.allocated_per_request.unwrap_or(self.live_per_request)
    }

    /// Notes what is wrong with these settings; `problems` is at `memory`.
    pub fn check(&self, problems: &mut Problems) {
        if self.heap.is_zero() {
            problems.at("heap", |problems| {
                problems.error("there is no room for anything", "write how much there is, such as \"4GiB\"");
            });
            return;
        }
        if self.base_live >= self.heap {
            problems.at("base_live", |problems| {
                problems.error(
                    format!(
                        "{} is alive from the begin, and there is room for {}",
                        self.base_live, self.heap
                    ),
                    "write less than `heap`, or give it more",
                );
            });
            return;
        }
        let (allocated, room) = (self.allocated_per_request(), self.heap.get() - self.base_live.get());
        if allocated < self.live_per_request {
            problems.at("allocated_per_request", |problems| {
                problems.error(
                    format!(
                        "an attempt allocates {allocated}, and keeps {} of it alive",
                        self.live_per_request
                    ),
                    "write at least `live_per_request`, or leave it out",
                );
            });
        }
        let at_once = [
            ("live_per_request", self.live_per_request),
            ("live_per_queued", self.live_per_queued),
            ("live_per_connection", self.live_per_connection),
            ("allocated_per_request", self.allocated_per_request.unwrap_or_default()),
        ];
        for (field, bytes) in at_once {
            if bytes.get() >= room {
                problems.at(field, |problems| {
                    problems.error(
                        format!(
                            "{bytes} for one fills all that `base_live` leaves of the heap, {}",
                            Bytes::new(room)
                        ),
                        "write less, or give `heap` more",
                    );
                });
            }
        }
        match &self.collector {
            Some(CollectorSettings::StopTheWorld(collector)) => collector.check(problems),
            Some(CollectorSettings::Concurrent(collector)) => collector.check(problems),
            None => {}
        }
        problems.at("out_of_memory", |problems| self.out_of_memory.check(problems));
    }
}

impl StopTheWorldSettings {
    fn check(&self, problems: &mut Problems) {
        if self.overhead_limit.is_some_and(|limit| limit.billionths() == 0) {
            problems.at("collector.stop_the_world.overhead_limit", |problems| {
                problems.error(
                    "every collection would count against the limit",
                    "write a large share, such as \"98%\", or leave it out",
                );
            });
        }
    }
}

impl ConcurrentSettings {
    fn check(&self, problems: &mut Problems) {
        if self.starts_at.billionths() == 0 {
            problems.at("collector.concurrent.starts_at", |problems| {
                problems.error(
                    "it would never rest",
                    "write the share of the heap that is filled first, such as \"45%\"",
                );
            });
        }
        if self.cpu_share == Share::ONE {
            problems.at("collector.concurrent.cpu_share", |problems| {
                problems.error(
                    "nothing is left for the work",
                    "write less than \"100%\"; a collector that stops the work is `stop_the_world`",
                );
            });
        }
    }
}

impl OutOfMemorySettings {
    fn check(&self, problems: &mut Problems) {
        if self.restart_after.is_zero() {
            problems.at("restart_after", |problems| {
                problems.error(
                    "a process that is killed is not back at once",
                    "write how long a restart takes, such as \"10s\"",
                );
            });
        }
        if self.restart_max < self.restart_after {
            problems.at("restart_max", |problems| {
                problems.error(
                    format!("it is away for {} at first, which is longer", self.restart_after),
                    "write at least `restart_after`",
                );
            });
        }
    }
}
