//! Who does it.

use serde::{Deserialize, Serialize};

use crate::mechanism::contention::ContentionSettings;
use crate::mechanism::queue::QueueSettings;
use crate::quantity::Limit;

use super::step::StepSettings;

/// `[services.db]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// How many processes, each with its own threads and queue.
    #[serde(default = "one_instance")]
    pub instances: u32,
    /// Attempts that one instance handles at a time; each holds a thread from start to reply. No default.
    pub threads: Limit<u32>,
    /// Where attempts wait for a thread. Must be written unless `threads` is `"unlimited"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueSettings>,
    /// What is done for an attempt, step by step.
    pub handler: Vec<StepSettings>,
    /// How work slows down when there is more of it; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contention: Option<ContentionSettings>,
    /// What happens to an attempt whose caller has given up.
    #[serde(default)]
    pub abandoned_work: AbandonedWork,
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
