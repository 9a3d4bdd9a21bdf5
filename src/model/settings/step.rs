//! What is done for an attempt, step by step.

use serde::{Deserialize, Serialize};

use crate::mechanism::cache::Operation;
use crate::mechanism::lock::LockMode;
use crate::mechanism::parallel::Wait;
use crate::quantity::{Bytes, Distribution, Share};

use super::policy::default_policy;

/// One step of a handler: exactly one of the kinds, and perhaps a name.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StepSettings {
    /// Keeps the step's random numbers when other steps are added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Needs a CPU: slowed by `degrade` and `contention`, stopped by `pause`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Distribution>,
    /// Needs an I/O channel of the instance for so long: a disk, a log, a device. Neither CPUs nor what slows work down matter to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io: Option<Distribution>,
    /// Only time passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep: Option<Distribution>,
    /// Asks another service, and waits for the answer. If it fails, the handler fails, unless the step is inside `try`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallSettings>,
    /// Looks up in a cache what the request is about, by its key, and does something about a miss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<GetSettings>,
    /// Puts into this cache what the request is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put: Option<String>,
    /// Of a `put`: what is done to store it elsewhere, before it is there (write-through) or, where the cache has `write_behind`, later. If that fails before, it is not put there, and the handler fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub store: Vec<Self>,
    /// Takes out of this cache what the request is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalidate: Option<String>,
    /// Steps for which a lock is needed: it is acquired, waited for if need be, and given back when they are done, or have failed, or were stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockStepSettings>,
    /// Notes which version of this register is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// Writes this register, or fails with `conflict` if somebody else has written it since its version was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_and_set: Option<String>,
    /// Fails with `server_error`, with this probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<Share>,
    /// Several steps, one after the other: a branch of `parallel` that is more than one step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Vec<Self>>,
    /// Several steps at once; they share the thread of the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<ParallelSettings>,
    /// One of several ways, drawn by their shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choose: Option<Vec<ChoiceSettings>>,
    /// Steps that may fail, and what is done then: a fallback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#try: Option<TrySettings>,
    /// The same steps several times, one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<RepeatSettings>,
}

/// `call = { to = "db", policy = "db" }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CallSettings {
    /// The service that is called.
    pub to: String,
    /// How: the name of a policy.
    #[serde(default = "default_policy")]
    pub policy: String,
    /// Which of its named handlers; absent: its `handler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// How much is sent; matters where the network has a `bandwidth`.
    #[serde(default, skip_serializing_if = "Bytes::is_zero")]
    pub request_size: Bytes,
    /// How much comes back; matters where the network has a `bandwidth`.
    #[serde(default, skip_serializing_if = "Bytes::is_zero")]
    pub response_size: Bytes,
}

/// `cache = { get = "redis", on_miss = [ { call = { to = "db" } }, { put = "redis" } ] }`. One of `on_miss` and `load`, or neither: a miss is then as good as a hit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GetSettings {
    /// The cache.
    pub get: String,
    /// What the handler does where it finds nothing (look-aside, cache-aside). What it gets is in the cache when it has come to a step `put`: not if it failed or was stopped before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_miss: Vec<StepSettings>,
    /// What the cache does where nothing is found (read-through). What it gets is in the cache when these steps are done, and the handler goes on. They are done for the cache: without a deadline, and to the end
    /// when the handler has given up. Where they fail, the handler fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub load: Vec<StepSettings>,
}

/// `lock = { acquire = "row", steps = [ … ] }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LockStepSettings {
    /// The lock.
    pub acquire: String,
    /// Alone, or together with others who share it.
    #[serde(default)]
    pub mode: LockMode,
    /// What is done under it, calls included.
    pub steps: Vec<StepSettings>,
}

/// `parallel = { steps = [ … ], wait = "all" }`: each of the steps is a branch.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ParallelSettings {
    /// The branches.
    pub steps: Vec<StepSettings>,
    /// Begins each branch so many times: `copies = 100` with one `call` is a fan-out to a hundred.
    #[serde(default = "once")]
    pub copies: u32,
    /// How many branches must succeed before the handler goes on: `"all"`, `"any"` or a number. It fails as soon as that is out of reach.
    #[serde(default)]
    pub wait: Wait,
    /// What happens to branches that are not waited for any more: `false`, they go on for nobody; `true`, they are stopped, and their calls cancelled.
    #[serde(default)]
    pub cancel_losers: bool,
}

/// One way of `choose = [ { share = "90%", steps = [ … ] }, … ]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChoiceSettings {
    /// How often it is taken. The shares of all ways make 100 %.
    pub share: Share,
    /// What is done then; empty: nothing.
    pub steps: Vec<StepSettings>,
}

/// `try = { steps = [ … ], otherwise = [ … ] }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrySettings {
    /// What is tried. Where one of these steps fails, the rest of them is left out.
    pub steps: Vec<StepSettings>,
    /// What is done if it fails: a cached or degraded answer. Empty: the failure is ignored. A failure in here fails the handler.
    #[serde(default)]
    pub otherwise: Vec<StepSettings>,
}

/// `repeat = { times = 3, steps = [ … ] }`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RepeatSettings {
    /// How often.
    pub times: u32,
    /// What is repeated.
    pub steps: Vec<StepSettings>,
}

fn once() -> u32 {
    1
}

impl StepSettings {
    /// The kind, as written in the model: `work`, `call`, …; the first if several are written, which `check` refuses, and `None` if none is.
    pub fn kind(&self) -> Option<&'static str> {
        self.kinds().next()
    }

    /// Every kind that is written; exactly one in a model that makes sense.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        [
            ("work", self.work.is_some()),
            ("io", self.io.is_some()),
            ("sleep", self.sleep.is_some()),
            ("call", self.call.is_some()),
            ("cache", self.cache.is_some()),
            ("put", self.put.is_some()),
            ("invalidate", self.invalidate.is_some()),
            ("lock", self.lock.is_some()),
            ("read", self.read.is_some()),
            ("compare_and_set", self.compare_and_set.is_some()),
            ("fail", self.fail.is_some()),
            ("sequence", self.sequence.is_some()),
            ("parallel", self.parallel.is_some()),
            ("choose", self.choose.is_some()),
            ("try", self.r#try.is_some()),
            ("repeat", self.repeat.is_some()),
        ]
        .into_iter()
        .filter_map(|(kind, is_written)| is_written.then_some(kind))
    }

    /// The cache that the step uses, and the field that says so.
    pub fn cache_used(&self) -> Option<(&'static str, &str)> {
        let (operation, cache) = self.cache_operation()?;
        let field = match operation {
            Operation::Get => "cache.get",
            Operation::Put | Operation::Fill => "put",
            Operation::Invalidate => "invalidate",
        };
        Some((field, cache))
    }

    /// What the step does with which cache.
    pub fn cache_operation(&self) -> Option<(Operation, &str)> {
        let get = self.cache.as_ref().map(|get| (Operation::Get, get.get.as_str()));
        let put = self.put.as_deref().map(|cache| (Operation::Put, cache));
        get.or(put).or(self.invalidate.as_deref().map(|cache| (Operation::Invalidate, cache)))
    }

    /// The register that the step uses, and the field that says so.
    pub fn register_used(&self) -> Option<(&'static str, &str)> {
        let read = self.read.as_deref().map(|register| ("read", register));
        read.or(self.compare_and_set.as_deref().map(|register| ("compare_and_set", register)))
    }

    /// The lists of steps inside this one, each with its path from here.
    pub fn inner(&self) -> Vec<(String, &[Self])> {
        let mut inner: Vec<(String, &[Self])> = Vec::new();
        if let Some(steps) = &self.sequence {
            inner.push(("sequence".to_owned(), steps));
        }
        if let Some(get) = &self.cache {
            for (path, steps) in [("cache.on_miss", &get.on_miss), ("cache.load", &get.load)] {
                if !steps.is_empty() {
                    inner.push((path.to_owned(), steps));
                }
            }
        }
        if !self.store.is_empty() {
            inner.push(("store".to_owned(), &self.store));
        }
        if let Some(lock) = &self.lock {
            inner.push(("lock.steps".to_owned(), &lock.steps));
        }
        if let Some(parallel) = &self.parallel {
            inner.push(("parallel.steps".to_owned(), &parallel.steps));
        }
        for (index, choice) in self.choose.iter().flatten().enumerate() {
            inner.push((format!("choose[{index}].steps"), &choice.steps));
        }
        if let Some(attempt) = &self.r#try {
            inner.push(("try.steps".to_owned(), &attempt.steps));
            inner.push(("try.otherwise".to_owned(), &attempt.otherwise));
        }
        if let Some(repeat) = &self.repeat {
            inner.push(("repeat.steps".to_owned(), &repeat.steps));
        }
        inner
    }
}

/// A step of a handler and its path from the service: `handlers.read[0].parallel.steps[1]`.
#[derive(Clone, Debug)]
pub struct StepAt<'a> {
    /// Where it is written.
    pub path: String,
    /// The step.
    pub step: &'a StepSettings,
}

impl StepAt<'_> {
    /// Whether it is done for a cache, and not for the attempt.
    pub fn is_in_load(&self) -> bool {
        self.path.contains(".cache.load[")
    }
}

/// These steps and all that are inside them, in the order of the document; `list` is the path of the list.
pub(in crate::model) fn collect_steps<'a>(list: &str, steps: &'a [StepSettings], into: &mut Vec<StepAt<'a>>) {
    for (index, step) in steps.iter().enumerate() {
        let path = format!("{list}[{index}]");
        into.push(StepAt { path: path.clone(), step });
        for (inner, steps) in step.inner() {
            collect_steps(&format!("{path}.{inner}"), steps, into);
        }
    }
}
