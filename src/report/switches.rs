//! The switches that change a result more than any tuning, with the values in force.
//!
//! Most of them are defaults that nobody wrote down, and that differ between one paper, library or simulator and the next:
//! whether abandoned work is finished, whether a full queue answers, whether the first try counts. A result is only comparable
//! with these beside it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::mechanism::arrivals::{ArrivalSettings, Process};
use crate::mechanism::balancer::BalancerSettings;
use crate::mechanism::contention::ContentionSettings;
use crate::mechanism::lock::{LockScope, LockSettings};
use crate::mechanism::queue::{Order, WhenFull};
use crate::model::{AbandonedWork, LateReplies, Model, PolicySettings, ServiceSettings, WorkloadSettings};
use crate::quantity::{Duration, Limit};

/// The switches of all components, by name.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Switches {
    /// By name of the workload.
    pub workloads: BTreeMap<String, WorkloadSwitches>,
    /// By name of the service.
    pub services: BTreeMap<String, ServiceSwitches>,
    /// By name of the policy; a policy that is used but not written has its defaults.
    pub policies: BTreeMap<String, PolicySwitches>,
    /// By name of the lock; left out if there are none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub locks: BTreeMap<String, LockSwitches>,
}

/// The switches of a workload.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WorkloadSwitches {
    /// `open`: users do not wait for one another.
    pub arrivals: &'static str,
    /// How the gaps between arrivals are distributed.
    pub process: Option<Process>,
}

/// The switches of a service.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ServiceSwitches {
    /// Who goes next when a thread becomes free; null: nobody ever waits.
    pub queue_order: Option<Order>,
    /// What happens to an attempt that finds the queue full; null: there is no queue.
    pub when_full: Option<WhenFull>,
    /// What happens to an attempt whose caller has given up.
    pub abandoned_work: AbandonedWork,
    /// Which work a fault slows or stops; always `work_in_progress_too`.
    pub capacity_faults: &'static str,
    /// How work slows down when there is more of it, and when that is looked at; null: it does not.
    pub contention: Option<ContentionSettings>,
}

/// The switches of a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LockSwitches {
    /// Who gets into each other's way.
    pub scope: LockScope,
    /// How long it is waited for; null: for ever.
    pub wait_timeout: Option<Duration>,
}

/// The switches of a policy.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PolicySwitches {
    /// How often a call is tried, the first try included; null: without limit.
    pub max_attempts: Option<u32>,
    /// What the reply to an attempt that timed out is worth.
    pub late_replies: LateReplies,
    /// How an instance is picked.
    pub balancer: BalancerSettings,
    /// Who shares the state of the policy; always `client_instance`.
    pub state_scope: &'static str,
}

impl Switches {
    /// The switches in force in a model.
    pub fn new(model: &Model) -> Self {
        let defaults = PolicySettings::default();
        let policies = used_policies(model).map(|name| {
            let settings = model.policies.get(name).unwrap_or(&defaults);
            (name.to_owned(), PolicySwitches::new(settings))
        });
        Self {
            workloads: model
                .workloads
                .iter()
                .map(|(name, it)| (name.clone(), WorkloadSwitches::new(it)))
                .collect(),
            services: model
                .services
                .iter()
                .map(|(name, it)| (name.clone(), ServiceSwitches::new(it)))
                .collect(),
            policies: policies.collect(),
            locks: model.locks.iter().map(|(name, it)| (name.clone(), LockSwitches::new(*it))).collect(),
        }
    }
}

impl WorkloadSwitches {
    fn new(settings: &WorkloadSettings) -> Self {
        let process = match &settings.arrivals {
            ArrivalSettings::Open(open) => Some(open.process),
            ArrivalSettings::Closed(_)
            | ArrivalSettings::PartlyOpen(_)
            | ArrivalSettings::Batch(_)
            | ArrivalSettings::Trace(_) => None,
        };
        Self { arrivals: settings.arrivals.kind_name(), process }
    }
}

impl ServiceSwitches {
    fn new(settings: &ServiceSettings) -> Self {
        Self {
            queue_order: settings.queue.as_ref().map(|queue| queue.order),
            when_full: settings.queue.as_ref().map(|queue| queue.when_full),
            abandoned_work: settings.abandoned_work,
            capacity_faults: "work_in_progress_too",
            contention: settings.contention,
        }
    }
}

impl LockSwitches {
    fn new(settings: LockSettings) -> Self {
        Self { scope: settings.scope, wait_timeout: settings.wait_timeout.limited() }
    }
}

impl PolicySwitches {
    fn new(settings: &PolicySettings) -> Self {
        let max_attempts = settings.retry.as_ref().map_or(Limit::At(1), |retry| retry.max_attempts);
        Self {
            max_attempts: max_attempts.limited(),
            late_replies: settings.late_replies,
            balancer: settings.balancer,
            state_scope: "client_instance",
        }
    }
}

fn used_policies(model: &Model) -> impl Iterator<Item = &str> {
    let by_workloads = model.workloads.values().map(|workload| &*workload.policy);
    let calls =
        model.services.values().flat_map(ServiceSettings::all_steps).filter_map(|at| model.call_of(at.step));
    by_workloads.chain(calls.map(|call| call.policy)).chain(model.policies.keys().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_that_matters_is_named() {
        let text = r#"
name = "m"
run = { duration = "1s" }
[services.web]
threads = 2
queue = { capacity = 5, order = "lifo", when_full = "drop" }
handler = [ { call = { to = "db", policy = "quick" } } ]
[locks.row]
scope = "key"
[locks.table]
scope = "global"
wait_timeout = "50s"
"#;
        let model: Model = Model::decode("test.toml", text).expect("the model of a test can be read");
        let expected = serde_json::json!({
            "workloads": {},
            "services": { "web": {
                "queue_order": "lifo", "when_full": "drop", "abandoned_work": "finish",
                "capacity_faults": "work_in_progress_too", "contention": null,
            } },
            "policies": { "quick": {
                "max_attempts": 1, "late_replies": "ignore", "balancer": "round_robin", "state_scope": "client_instance",
            } },
            "locks": {
                "row": { "scope": "key", "wait_timeout": null },
                "table": { "scope": "global", "wait_timeout": "50s" },
            },
        });
        assert_eq!(serde_json::to_value(Switches::new(&model)).expect("plain data"), expected);
    }
}
