//! What can be written about faults.

use serde::{Deserialize, Serialize};

use super::{
    AllocationSurge, Blackhole, CacheFlush, ConfigPush, CpuStress, Crash, Degrade, ErrorInjection, IoDelay,
    LoadSpike, LockHeld, MemoryStress, NetworkLatency, PacketLoss, Partition, Pause, Select, ZoneOutage,
};
use crate::quantity::{Distribution, Duration, Share};

/// `[faults.db_slow]`: when, for how long, in which role, and exactly one kind.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FaultSettings {
    /// When it begins, from the start of the run. Must be written unless there is `after` or `every`; with `every` it is when it begins first, and absent one
    /// gap after the start of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Duration>,
    /// How long it lasts, drawn for each occurrence; absent: to the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Distribution>,
    /// It happens again and again: the gap from the end of one occurrence to the begin of the next, drawn each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Distribution>,
    /// With `every`: no occurrence begins at this instant or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Duration>,
    /// With `every`: there are at most so many occurrences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// It begins when another fault does, each time that one does; instead of `at`. While it lasts it does not begin again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterSettings>,
    /// How long it takes to reach its full strength, in ten equal steps, of which the first is at its begin. For `degrade`, `latency`, `packet_loss`,
    /// `load_spike`, `memory_stress` and `allocation_surge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp: Option<Duration>,
    /// Whether the twin has it too; `background` by default where `every` is written, and `trigger` elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Work takes `factor` times as long (a limping node, a brown-out).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degrade: Option<Degrade>,
    /// The instances stop and go on where they were (a stop-the-world pause, a VM migration, SIGSTOP).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// The instances lose everything they were doing, and accept again at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Crash>,
    /// More arrivals (or fewer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_spike: Option<LoadSpike>,
    /// A share of the attempts fails on arrival, without work (as Envoy's `fault.abort`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_injection: Option<ErrorInjection>,
    /// Another process takes a share of the CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_stress: Option<CpuStress>,
    /// More of the heap is alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_stress: Option<MemoryStress>,
    /// Attempts allocate more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_surge: Option<AllocationSurge>,
    /// Messages take longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<NetworkLatency>,
    /// Segments get lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet_loss: Option<PacketLoss>,
    /// Messages between two sides do not come through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
    /// Nothing gets into or out of the instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blackhole: Option<Blackhole>,
    /// All instances in a zone crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_outage: Option<ZoneOutage>,
    /// A cache loses entries. It has no `duration`: what fills it again is what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_flush: Option<CacheFlush>,
    /// Every `io` step takes longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_delay: Option<IoDelay>,
    /// Something outside has a lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_held: Option<LockHeld>,
    /// Settings change, and are rolled back at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_push: Option<ConfigPush>,
}

/// Whether a fault belongs to the question or to the world.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What may tip the system: the twin runs without it.
    #[default]
    Trigger,
    /// Part of the world: run and twin both have it.
    Background,
}

/// `after = { fault = "db_slow", delay = "5s", probability = "30%" }`: failures come together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AfterSettings {
    /// The fault that it follows.
    pub fault: String,
    /// How long after the begin of that one it begins.
    #[serde(default)]
    pub delay: Duration,
    /// How often it does, drawn for each occurrence of that one.
    #[serde(default = "always")]
    pub probability: Share,
}

fn always() -> Share {
    Share::ONE
}

/// A kind of fault with its settings.
#[derive(Clone, Copy, Debug)]
pub enum FaultKind<'a> {
    /// `degrade`.
    Degrade(&'a Degrade),
    /// `pause`.
    Pause(&'a Pause),
    /// `crash`.
    Crash(&'a Crash),
    /// `load_spike`.
    LoadSpike(&'a LoadSpike),
    /// `error_injection`.
    ErrorInjection(&'a ErrorInjection),
    /// `cpu_stress`.
    CpuStress(&'a CpuStress),
    /// `memory_stress`.
    MemoryStress(&'a MemoryStress),
    /// `allocation_surge`.
    AllocationSurge(&'a AllocationSurge),
    /// `latency`.
    Latency(&'a NetworkLatency),
    /// `packet_loss`.
    PacketLoss(&'a PacketLoss),
    /// `partition`.
    Partition(&'a Partition),
    /// `blackhole`.
    Blackhole(&'a Blackhole),
    /// `zone_outage`.
    ZoneOutage(&'a ZoneOutage),
    /// `cache_flush`.
    CacheFlush(&'a CacheFlush),
    /// `io_delay`.
    IoDelay(&'a IoDelay),
    /// `lock_held`.
    LockHeld(&'a LockHeld),
    /// `config_push`.
    ConfigPush(&'a ConfigPush),
}

impl FaultKind<'_> {
    /// The names of all kinds, in the order of [`FaultSettings`].
    pub const NAMES: [&'static str; 17] = [
        "degrade",
        "pause",
        "crash",
        "load_spike",
        "error_injection",
        "cpu_stress",
        "memory_stress",
        "allocation_surge",
        "latency",
        "packet_loss",
        "partition",
        "blackhole",
        "zone_outage",
        "cache_flush",
        "io_delay",
        "lock_held",
        "config_push",
    ];

    /// As written in the model: `degrade`, `pause`, …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Degrade(_) => "degrade",
            Self::Pause(_) => "pause",
            Self::Crash(_) => "crash",
            Self::LoadSpike(_) => "load_spike",
            Self::ErrorInjection(_) => "error_injection",
            Self::CpuStress(_) => "cpu_stress",
            Self::MemoryStress(_) => "memory_stress",
            Self::AllocationSurge(_) => "allocation_surge",
            Self::Latency(_) => "latency",
            Self::PacketLoss(_) => "packet_loss",
            Self::Partition(_) => "partition",
            Self::Blackhole(_) => "blackhole",
            Self::ZoneOutage(_) => "zone_outage",
            Self::CacheFlush(_) => "cache_flush",
            Self::IoDelay(_) => "io_delay",
            Self::LockHeld(_) => "lock_held",
            Self::ConfigPush(_) => "config_push",
        }
    }

    /// Whether it can begin slowly.
    pub const fn can_ramp(self) -> bool {
        matches!(
            self,
            Self::Degrade(_)
                | Self::Latency(_)
                | Self::PacketLoss(_)
                | Self::LoadSpike(_)
                | Self::MemoryStress(_)
                | Self::AllocationSurge(_)
        )
    }

    /// Whether it happens at one instant, and has no end of its own.
    pub const fn is_instantaneous(self) -> bool {
        matches!(self, Self::CacheFlush(_))
    }

    /// Whether it is something about messages.
    pub const fn is_about_the_network(self) -> bool {
        matches!(self, Self::Latency(_) | Self::PacketLoss(_) | Self::Partition(_) | Self::Blackhole(_))
    }
}

impl FaultSettings {
    /// Every kind that is written; exactly one in a model that makes sense.
    pub fn kinds(&self) -> impl Iterator<Item = FaultKind<'_>> {
        [
            self.degrade.as_ref().map(FaultKind::Degrade),
            self.pause.as_ref().map(FaultKind::Pause),
            self.crash.as_ref().map(FaultKind::Crash),
            self.load_spike.as_ref().map(FaultKind::LoadSpike),
            self.error_injection.as_ref().map(FaultKind::ErrorInjection),
            self.cpu_stress.as_ref().map(FaultKind::CpuStress),
            self.memory_stress.as_ref().map(FaultKind::MemoryStress),
            self.allocation_surge.as_ref().map(FaultKind::AllocationSurge),
            self.latency.as_ref().map(FaultKind::Latency),
            self.packet_loss.as_ref().map(FaultKind::PacketLoss),
            self.partition.as_ref().map(FaultKind::Partition),
            self.blackhole.as_ref().map(FaultKind::Blackhole),
            self.zone_outage.as_ref().map(FaultKind::ZoneOutage),
            self.cache_flush.as_ref().map(FaultKind::CacheFlush),
            self.io_delay.as_ref().map(FaultKind::IoDelay),
            self.lock_held.as_ref().map(FaultKind::LockHeld),
            self.config_push.as_ref().map(FaultKind::ConfigPush),
        ]
        .into_iter()
        .flatten()
    }

    /// The kind; the first if several are written, which `check` refuses, and `None` if none is.
    pub fn kind(&self) -> Option<FaultKind<'_>> {
        self.kinds().next()
    }

    /// Its role, also where none is written.
    pub fn role(&self) -> Role {
        let default = if self.every.is_some() { Role::Background } else { Role::Trigger };
        self.role.unwrap_or(default)
    }

    /// The service whose instances it hits, and which of them, if it is a fault of instances.
    pub fn instances(&self) -> Option<(&str, &Select)> {
        match self.kind()? {
            FaultKind::Degrade(fault) => Some((&fault.service, &fault.select)),
            FaultKind::Pause(fault) => Some((&fault.service, &fault.select)),
            FaultKind::Crash(fault) => Some((&fault.service, &fault.select)),
            FaultKind::ErrorInjection(fault) => Some((&fault.service, &fault.select)),
            FaultKind::CpuStress(fault) => Some((&fault.service, &fault.select)),
            FaultKind::MemoryStress(fault) => Some((&fault.service, &fault.select)),
            FaultKind::AllocationSurge(fault) => Some((&fault.service, &fault.select)),
            FaultKind::Blackhole(fault) => Some((&fault.service, &fault.select)),
            FaultKind::IoDelay(fault) => Some((&fault.service, &fault.select)),
            FaultKind::Latency(fault) => Some((fault.service.as_deref()?, &fault.select)),
            FaultKind::PacketLoss(fault) => Some((fault.service.as_deref()?, &fault.select)),
            FaultKind::LoadSpike(_)
            | FaultKind::Partition(_)
            | FaultKind::ZoneOutage(_)
            | FaultKind::CacheFlush(_)
            | FaultKind::LockHeld(_)
            | FaultKind::ConfigPush(_) => None,
        }
    }
}
