//! Who wants something.

use serde::{Deserialize, Serialize};

use crate::mechanism::Priority;
use crate::mechanism::arrivals::{ArrivalSettings, DiurnalSettings, ProfileStep};
use crate::mechanism::keys::{KeyDrift, KeyDriftSettings, KeySettings};
use crate::quantity::{Distribution, Duration, Share};

use super::policy::default_policy;

/// `[workloads.shoppers]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkloadSettings {
    /// When requests come. No default.
    pub arrivals: ArrivalSettings,
    /// How the rate changes over the run; empty: it does not.
    #[serde(default)]
    pub profile: Vec<ProfileStep>,
    /// How the rate follows the day, instead of a `profile`. Absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diurnal: Option<DiurnalSettings>,
    /// The service that they call.
    pub to: String,
    /// Which of its named handlers they call; absent: its `handler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// How much its requests matter where something is ordered by priority; all that is done for a request has its priority.
    #[serde(default)]
    pub priority: Priority,
    /// How they call it: the name of a policy.
    #[serde(default = "default_policy")]
    pub policy: String,
    /// Kinds of requests, drawn by their shares; empty: they are all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mix: Vec<OperationSettings>,
    /// What the requests are about, for what goes by keys. Absent: they are all about the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeySettings>,
    /// How popularity moves over the run. Absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_drift: Option<KeyDriftSettings>,
    /// Who the requests come from, drawn by their shares; a user who thinks or stays is always the same. Empty: nobody is told apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<TenantSettings>,
    /// How long a user waits for an answer. Later ones are `ok_late`, and not good. Absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Distribution>,
    /// Whether the request is cancelled when the user has lost patience (a closed browser tab), or goes on for nobody.
    #[serde(default)]
    pub cancel_on_abandon: bool,
    /// Whether users ask again by themselves. Absent: they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_retry: Option<UserRetrySettings>,
    /// How many client processes share the load; the state of a policy is kept per client.
    #[serde(default = "hundred")]
    pub clients: u32,
    /// Where the clients stand: client i is in the zone i modulo their number; empty: in no zone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
}

impl WorkloadSettings {
    /// How the rate changes in a run of this length.
    pub fn rate_steps(&self, duration: Duration) -> Vec<ProfileStep> {
        self.diurnal.as_ref().map_or_else(|| self.profile.clone(), |diurnal| diurnal.steps(duration))
    }

    /// How its keys move; `None`: they do not, or there are none.
    pub fn moving_keys(&self) -> Option<KeyDrift> {
        self.key_drift.zip(self.keys.as_ref()).map(|(drift, keys)| KeyDrift::new(&drift, keys))
    }
}

/// One kind of request of `mix = [ { name = "browse", share = "90%" }, … ]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperationSettings {
    /// What it is called in the output.
    pub name: String,
    /// How many of the requests are of this kind. The shares of all kinds make 100 %.
    pub share: Share,
    /// Which of the named handlers of the service it calls; absent: that of the workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// How much it matters where something is ordered by priority; absent: as the workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Whether doing it twice is as good as doing it once (RFC 9110 §9.2.2). If not, every call that was carried out again for such a request is counted, as
    /// `duplicate_executions` of the service.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub idempotent: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

/// One customer, or kind of customers, of `tenants = [ { name = "free", share = "90%", priority = "low" }, … ]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TenantSettings {
    /// What it is called in the output.
    pub name: String,
    /// How many of the requests, or of the users, are this tenant's. The shares of all make 100 %.
    pub share: Share,
    /// How much its requests matter where something is ordered by priority; absent: as the kind of request or the workload says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
}

/// `user_retry = { probability = "50%", delay = "2s", max_retries = 3 }`: the refresh button.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UserRetrySettings {
    /// How likely a user whose request failed, or who lost patience, asks again.
    pub probability: Share,
    /// How long the user waits before that.
    pub delay: Distribution,
    /// How often at most.
    pub max_retries: u32,
}

fn hundred() -> u32 {
    100
}
