//! The kinds of faults, as they are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Select;
use crate::mechanism::Class;
use crate::mechanism::lock::LockMode;
use crate::quantity::{Bytes, Duration, Factor, Share};

/// `degrade = { service = "db", factor = 10 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Degrade {
    /// The service.
    pub service: String,
    /// How many times as long it takes: `work` in progress too, `io` from the next step on.
    pub factor: Factor,
    /// What is slow.
    #[serde(default)]
    pub resource: Resource,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// What an instance has less of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// `work` takes longer: a CPU that is throttled, a limping node (Do et al., "Limplock", ACM Symposium on Cloud Computing 2013).
    #[default]
    Cpu,
    /// `io` takes longer: a disk that is dying or shared.
    Io,
}

/// `pause = { service = "db" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The service.
    pub service: String,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `crash = { service = "db", select = { fixed = 1 } }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// The service.
    pub service: String,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `load_spike = { workload = "shoppers", factor = 3 }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LoadSpike {
    /// The workload.
    pub workload: String,
    /// Above 1: adds `factor - 1` times the current rate. Below 1: keeps each arrival with this probability.
    pub factor: Factor,
}

/// `error_injection = { service = "db", share = "10%", class = "server_error" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorInjection {
    /// The service.
    pub service: String,
    /// Which share of the attempts.
    pub share: Share,
    /// What the caller hears.
    #[serde(default = "server_error")]
    pub class: Class,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `cpu_stress = { service = "db", load = "50%" }`: another process takes this share of the CPU (`StressChaos` of Chaos Mesh).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CpuStress {
    /// The service.
    pub service: String,
    /// Which share of the CPU is gone: work goes on at the speed 1 - `load`.
    pub load: Share,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `memory_stress = { service = "app", bytes = "1GiB" }`: so much more is alive (`StressChaos` of Chaos Mesh); with a `ramp` it is a leak.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MemoryStress {
    /// The service; it must have a `memory`.
    pub service: String,
    /// How much more of the heap is alive.
    pub bytes: Bytes,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `allocation_surge = { service = "app", factor = 10 }`: attempts allocate more for the same work (a verbose log level, a serializer that copies, larger answers).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AllocationSurge {
    /// The service; it must have a `memory` with a `collector`.
    pub service: String,
    /// How many times as much `allocated_per_request` is.
    pub factor: Factor,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `cache_flush = { cache = "redis", share = "50%" }`: a cache loses entries, at one instant (`FLUSHALL`, a node that is replaced, keys that change their names in a deployment).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CacheFlush {
    /// The cache.
    pub cache: String,
    /// How likely each entry goes.
    #[serde(default = "all")]
    pub share: Share,
    /// Of a local cache: in which instances of its service.
    #[serde(default)]
    pub select: Select,
}

fn all() -> Share {
    Share::ONE
}

/// `io_delay = { service = "db", delay = "50ms" }`: every `io` step that begins takes so much longer (`IOChaos` of Chaos Mesh with `latency`): a volume on the network, a disk that tries again. A step whose time is 0 is no I/O, and is not delayed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IoDelay {
    /// The service.
    pub service: String,
    /// How much longer.
    pub delay: Duration,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `lock_held = { lock = "row", key = 0 }`: something outside has a lock, from those who come from now on: a migration that holds a table, a transaction that somebody has left open, a backup. Whoever has the
/// lock already keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LockHeld {
    /// The lock.
    pub lock: String,
    /// Of a lock with `scope = "key"`: which key; absent: all of them. 0 is the most popular one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<u32>,
    /// Alone, or shared with those who read.
    #[serde(default)]
    pub mode: LockMode,
}

/// `latency = { from = "web", to = "db", delay = "50ms", jitter = "10ms" }`: messages take longer (`NetworkChaos` of Chaos Mesh, `latency` of Toxiproxy).
/// Either `service` and `select`, for everything into and out of these instances, or `from` and `to`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NetworkLatency {
    /// One end: a workload, a service, a zone or a region; absent: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The other end; absent: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Everything into and out of this service, instead of `from` and `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
    /// Which messages: `to`, those that go from `from` to `to`; `from`, those that come back; `both`.
    #[serde(default)]
    pub direction: Direction,
    /// How much longer each of these messages takes.
    pub delay: Duration,
    /// Added to or taken from the delay, uniformly up to this much, never below 0.
    #[serde(default)]
    pub jitter: Duration,
}

/// `packet_loss = { service = "db", loss = "5%" }`: segments get lost, besides what the link itself loses (`NetworkChaos` of Chaos Mesh). What that means
/// is a matter of the link's `transport`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PacketLoss {
    /// One end: a workload, a service, a zone or a region; absent: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The other end; absent: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Everything into and out of this service, instead of `from` and `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
    /// Which messages: `to`, those that go from `from` to `to`; `from`, those that come back; `both`.
    #[serde(default)]
    pub direction: Direction,
    /// The probability that a segment is lost.
    pub loss: Share,
}

/// `partition = { between = ["web", "db"], mode = "drop" }`: messages between two sides do not come through (`NetworkChaos` of Chaos Mesh). A message is
/// judged at the instant at which it is sent: what is under way when the partition begins still arrives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Two sides: names of workloads, services, zones or regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<String>,
    /// One side, such as a region, and everybody else; instead of `between`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolate: Option<String>,
    /// Which messages: `to`, those from the first side to the second one; `from`, those from the second to the first; `both`.
    #[serde(default)]
    pub direction: Direction,
    /// What becomes of them.
    #[serde(default)]
    pub mode: PartitionMode,
    /// A partial partition: only this share of the pairs of processes is cut, drawn from the seed for each pair.
    #[serde(default = "everything")]
    pub share: Share,
}

/// Which messages between two sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// All of them.
    #[default]
    Both,
    /// From the first side to the second one: the requests of the first and its answers.
    To,
    /// From the second side to the first one.
    From,
}

/// What becomes of a message that a partition stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PartitionMode {
    /// It vanishes: the caller only sees its timer, and must have one.
    #[default]
    Drop,
    /// It is turned back at once, as by a firewall that answers: the caller hears `connect_failure` instead of its request being sent, and `reset` instead of the
    /// reply.
    Reject,
}

/// `blackhole = { service = "db", select = { fixed = 1 } }`: nothing gets into or out of the instances, and nobody is told (Gremlin's blackhole, AWS FIS).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Blackhole {
    /// The service.
    pub service: String,
    /// Which of its instances.
    #[serde(default)]
    pub select: Select,
}

/// `zone_outage = { zone = "eu-a" }`: all instances of all services in the zone crash, and accept again at the end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ZoneOutage {
    /// The zone.
    pub zone: String,
}

/// `config_push = { set = { "services.db.threads" = 8 }, select = { share = "10%" } }`: settings change while the system runs; at the end of the fault they
/// are rolled back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfigPush {
    /// Paths as for `--set`, with their new values. May change: of services `threads`, `queue`, `rate_limit`, `contention`, `abandoned_work` and the lengths in handlers;
    /// of policies `timeout`, `per_try_timeout` and `retry`.
    pub set: BTreeMap<String, serde_json::Value>,
    /// Which instances of the services, and which callers of the policies: their instances or clients.
    #[serde(default)]
    pub select: Select,
}

fn server_error() -> Class {
    Class::ServerError
}

fn everything() -> Share {
    Share::ONE
}
