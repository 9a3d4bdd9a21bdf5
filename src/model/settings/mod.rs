//! The whole of what can be written, as plain values with every default filled in.
//!
//! Parsing writes the defaults out, so a [`Model`] is always *effective*: serialising it shows everything that is in force. One file per section of the
//! document; what belongs to a mechanism stands in its folder.

mod network;
mod objectives;
mod policy;
mod run;
mod service;
mod step;
mod workload;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mechanism::arrivals::ArrivalSettings;
use crate::mechanism::cache::CacheSettings;
use crate::mechanism::fault::FaultSettings;
use crate::mechanism::lock::LockSettings;
use crate::mechanism::register::RegisterSettings;

pub use network::{
    LinkEntrySettings, LinkOverride, LinkSettings, NetworkSettings, Transport, ZonePairSettings,
};
pub use objectives::{LatencyObjectiveSettings, ObjectiveSettings};
pub use policy::{DeadlineSettings, LateReplies, PolicyPreset, PolicySettings, Scope};
pub use run::{HoldSettings, JudgeSettings, RunSettings};
pub use service::{AbandonedWork, ServiceSettings};
pub(in crate::model) use step::collect_steps;
pub use step::{
    CallSettings, ChoiceSettings, GetSettings, LockStepSettings, ParallelSettings, RepeatSettings, StepAt,
    StepSettings, TrySettings,
};
pub use workload::{OperationSettings, TenantSettings, UserRetrySettings, WorkloadSettings};

/// A system, its workloads and its faults.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Names the output directory.
    pub name: String,
    /// What is modelled, in a sentence.
    #[serde(default)]
    pub description: String,
    /// How long, how fine, which seed.
    pub run: RunSettings,
    /// How the verdict is reached.
    #[serde(default)]
    pub judge: JudgeSettings,
    /// What it is to keep up.
    #[serde(default, skip_serializing_if = "ObjectiveSettings::is_empty")]
    pub objectives: ObjectiveSettings,
    /// Who wants something.
    #[serde(default)]
    pub workloads: BTreeMap<String, WorkloadSettings>,
    /// Who does it.
    #[serde(default)]
    pub services: BTreeMap<String, ServiceSettings>,
    /// What is kept of answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub caches: BTreeMap<String, CacheSettings>,
    /// What only one may do at a time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locks: BTreeMap<String, LockSettings>,
    /// What is written only if nobody else has written it since.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registers: BTreeMap<String, RegisterSettings>,
    /// How callers call.
    #[serde(default)]
    pub policies: BTreeMap<String, PolicySettings>,
    /// What lies between them.
    #[serde(default)]
    pub network: NetworkSettings,
    /// What goes wrong.
    #[serde(default)]
    pub faults: BTreeMap<String, FaultSettings>,
}

impl Model {
    /// Whether any request is about a key of its own.
    pub fn has_keys(&self) -> bool {
        let has_keys = |workload: &WorkloadSettings| {
            workload.keys.is_some() || matches!(workload.arrivals, ArrivalSettings::Trace(_))
        };
        self.workloads.values().any(has_keys)
    }

    /// How many keys the workloads draw from: those of the one that has most; `None`: none does.
    pub fn key_count(&self) -> Option<u32> {
        let keys = self.workloads.values().filter_map(|workload| workload.keys.as_ref());
        keys.map(|keys| keys.count().limited().unwrap_or(u32::MAX)).max()
    }
}
