//! The whole of what can be written, as plain values with every default filled in.
//!
//! Parsing writes the defaults out, so a [`Model`] is always *effective*: serialising it shows everything that is in force.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mechanism::arrivals::{ArrivalSettings, ProfileStep};
use crate::mechanism::balancer::BalancerSettings;
use crate::mechanism::contention::ContentionSettings;
use crate::mechanism::fault::FaultSettings;
use crate::mechanism::queue::QueueSettings;
use crate::mechanism::retry::RetrySettings;
use crate::quantity::{Distribution, Duration, Limit, Share};

/// A system, its workloads and its faults.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
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
    /// Who wants something.
    #[serde(default)]
    pub workloads: BTreeMap<String, WorkloadSettings>,
    /// Who does it.
    #[serde(default)]
    pub services: BTreeMap<String, ServiceSettings>,
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

/// `[run]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// Simulated time; nothing acts at this instant or later.
    pub duration: Duration,
    /// Left out of summaries.
    #[serde(default)]
    pub warmup: Duration,
    /// One row of every time series per interval.
    #[serde(default = "one_second")]
    pub interval: Duration,
    /// The run is a pure function of this, the model and the version.
    #[serde(default = "one")]
    pub seed: u64,
}

fn one_second() -> Duration {
    Duration::from_secs(1)
}

fn one() -> u64 {
    1
}

/// `[judge]`: the thresholds of the verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JudgeSettings {
    /// How long goodput must hold to count.
    pub hold: HoldSettings,
    /// How much of the end of the run decides.
    pub final_window: Duration,
    /// At or above this share of the twin's goodput the system is back.
    pub threshold: Share,
    /// Below this share it has fallen again.
    pub relapse: Share,
}

/// `hold = { intervals = 10, requests = 100 }`: the longer of the two.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HoldSettings {
    /// At least so many intervals.
    pub intervals: u32,
    /// At least so many requests offered to the twin, at its mean rate.
    pub requests: u32,
}

/// `[workloads.shoppers]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadSettings {
    /// When requests come. No default.
    pub arrivals: ArrivalSettings,
    /// How the rate changes over the run; empty: it does not.
    #[serde(default)]
    pub profile: Vec<ProfileStep>,
    /// The service that they call.
    pub to: String,
    /// How they call it: the name of a policy.
    #[serde(default = "default_policy")]
    pub policy: String,
    /// How many client processes share the load; the state of a policy is kept per client.
    #[serde(default = "hundred")]
    pub clients: u32,
}

fn default_policy() -> String {
    "default".to_owned()
}

fn hundred() -> u32 {
    100
}

/// `[services.db]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
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

/// One step of a handler: exactly one of the kinds, and perhaps a name.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSettings {
    /// Keeps the step's random numbers when other steps are added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Needs a CPU: slowed by `degrade` and `contention`, stopped by `pause`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Distribution>,
    /// Only time passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<Distribution>,
    /// Asks another service, and waits for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallSettings>,
    /// Fails with `server_error`, with this probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Share>,
}

/// `call = { to = "db", policy = "db" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallSettings {
    /// The service that is called.
    pub to: String,
    /// How: the name of a policy.
    #[serde(default = "default_policy")]
    pub policy: String,
}

/// `[policies.db]`: how a caller calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySettings {
    /// The whole call, retries and backoff included.
    pub timeout: Limit<Duration>,
    /// One attempt.
    pub per_try_timeout: Limit<Duration>,
    /// Absent: one attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetrySettings>,
    /// What the reply to an attempt that timed out is worth.
    pub late_replies: LateReplies,
    /// How an instance is picked.
    pub balancer: BalancerSettings,
}

/// What the reply to an attempt that timed out is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateReplies {
    /// Nothing: the connection or stream is gone.
    #[default]
    Ignore,
    /// It completes the call, if that is still open (message-based clients).
    Accept,
}

/// `[network]`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// Between any two components.
    pub default: LinkSettings,
}

/// `default = { latency = "250us" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// One way; request and reply are drawn separately.
    pub latency: Distribution,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self { latency: Distribution::Constant(Duration::ZERO) }
    }
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            timeout: Limit::Unlimited,
            per_try_timeout: Limit::Unlimited,
            retry: None,
            late_replies: LateReplies::Ignore,
            balancer: BalancerSettings::RoundRobin,
        }
    }
}

impl Default for JudgeSettings {
    fn default() -> Self {
        Self {
            hold: HoldSettings::default(),
            final_window: Duration::from_secs(300),
            threshold: Share::percent(90),
            relapse: Share::percent(80),
        }
    }
}

impl Default for HoldSettings {
    fn default() -> Self {
        Self { intervals: 10, requests: 100 }
    }
}
