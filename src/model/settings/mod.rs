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

use super::load::DEFAULT_POLICY;
use crate::mechanism::arrivals::ArrivalSettings;
use crate::mechanism::cache::CacheSettings;
use crate::mechanism::fault::FaultSettings;
use crate::mechanism::keys::KeyDrift;
use crate::mechanism::lock::LockSettings;
use crate::mechanism::register::RegisterSettings;
use crate::quantity::Bytes;

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

/// The call that a step makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepCall<'a> {
    /// The service that is called.
    pub to: &'a str,
    /// The policy that it is called with.
    pub policy: &'a str,
    /// Which of its named handlers.
    pub handler: Option<&'a str>,
    /// How much is sent, and how much comes back.
    pub sizes: (Bytes, Bytes),
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

    /// How the keys of each workload move that has any.
    pub fn key_drifts(&self) -> impl Iterator<Item = Option<KeyDrift>> {
        self.workloads.values().filter(|workload| workload.keys.is_some()).map(WorkloadSettings::moving_keys)
    }

    /// What a step calls: by itself, or because the cache that it uses is in a service.
    pub fn call_of<'a>(&'a self, step: &'a StepSettings) -> Option<StepCall<'a>> {
        if let Some(call) = &step.call {
            let CallSettings { to, policy, handler, request_size, response_size } = call;
            let sizes = (*request_size, *response_size);
            return Some(StepCall { to, policy, handler: handler.as_deref(), sizes });
        }
        let (operation, name) = step.cache_operation()?;
        let cache = self.caches.get(name)?;
        let to = cache.service()?;
        let calls = cache.calls.as_ref();
        let policy = calls.map_or(DEFAULT_POLICY, |calls| &calls.policy);
        let handler = calls.and_then(|calls| calls.handler(operation));
        Some(StepCall { to, policy, handler, sizes: <(Bytes, Bytes)>::default() })
    }
}
