//! Who does it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mechanism::contention::ContentionSettings;
use crate::mechanism::memory::MemorySettings;
use crate::mechanism::queue::QueueSettings;
use crate::mechanism::rate_limit::ServiceRateLimitSettings;
use crate::mechanism::resource::{ContextSwitchSettings, CpuSharing, IoSettings};
use crate::quantity::Limit;

use super::step::{StepAt, StepSettings, collect_steps};

/// `[services.db]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// How many processes, each with its own threads and queue.
    #[serde(default = "one_instance")]
    pub instances: u32,
    /// Where the instances stand: instance i is in the zone i modulo their number; empty: in no zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// How much each instance counts for callers whose `balancer` weighs, in their order; empty: all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<u32>,
    /// Attempts that one instance handles at a time; each holds a thread from start to reply. No default.
    pub threads: Limit<u32>,
    /// Where attempts wait for a thread. Must be written unless `threads` is `"unlimited"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueSettings>,
    /// How many attempts are taken on per time; what is more is turned away with `overloaded` (HTTP 429), before it gets a thread or a place in the queue. Absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<ServiceRateLimitSettings>,
    /// CPUs of one instance, shared by the attempts in `work`; `"unlimited"`: no work is slowed down by other work.
    #[serde(default)]
    pub cpus: Limit<u32>,
    /// Who gets the CPUs when more attempts are in `work` than there are.
    #[serde(default)]
    pub cpu_sharing: CpuSharing,
    /// What it costs that threads take turns on the CPUs; absent: nothing. For `processor_sharing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_switch: Option<ContextSwitchSettings>,
    /// What the `io` steps of one instance share; absent: they never wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io: Option<IoSettings>,
    /// What one instance has room for, and what it takes to make room; absent: for everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemorySettings>,
    /// What is done for an attempt, step by step. May be left out if there are named `handlers`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handler: Vec<StepSettings>,
    /// Other things that it can do, by name; a call says which (`call = { to = "db", handler = "read" }`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub handlers: BTreeMap<String, Vec<StepSettings>>,
    /// How work slows down when there is more of it; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contention: Option<ContentionSettings>,
    /// What happens to an attempt whose caller has given up.
    #[serde(default)]
    pub abandoned_work: AbandonedWork,
}

impl ServiceSettings {
    /// Every handler: the one without a name first, if it is written, then by name, each with its path from the service.
    pub fn all_handlers(&self) -> Vec<(Option<&str>, String, &[StepSettings])> {
        let unnamed = (!self.handler.is_empty()).then(|| (None, "handler".to_owned(), &self.handler[..]));
        let named = self
            .handlers
            .iter()
            .map(|(name, steps)| (Some(name.as_str()), format!("handlers.{name}"), &steps[..]));
        unnamed.into_iter().chain(named).collect()
    }

    /// Every step of every handler, those inside other steps included.
    pub fn all_steps(&self) -> Vec<StepAt<'_>> {
        let mut found = Vec::new();
        for (_, path, steps) in self.all_handlers() {
            collect_steps(&path, steps, &mut found);
        }
        found
    }
}

fn one_instance() -> u32 {
    1
}

/// What a service does with an attempt whose caller has given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AbandonedWork {
    /// It does not know, and does all the work for nobody.
    #[default]
    Finish,
    /// It looks at the deadline when it takes an attempt from the queue, and drops what has expired. An attempt that finds a free thread is not looked at.
    DropOnDequeue,
    /// The caller's cancellation takes the attempt out of the queue; work in progress is finished.
    RemoveFromQueue,
    /// The caller's cancellation also stops work in progress.
    Abort,
}
