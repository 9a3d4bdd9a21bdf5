//! What a model becomes by a config push: it is written out, edited as by `--set`, and read again, so a push gets the same messages as a document.

use std::collections::BTreeMap;

use super::diagnostic::Severity;
use super::path::{Path, Step, written};
use super::{Diagnostics, Model, Overrides};
use crate::mechanism::Problem;
use crate::mechanism::fault::ConfigPush;

/// What may change while the system runs, for messages.
pub(crate) const MAY_CHANGE: &str = "of a service `threads`, `queue`, `contention`, `abandoned_work` and the lengths of its steps may change; of a policy `timeout`, `per_try_timeout` and `retry`";

/// Whether the value at a path may change while the system runs: whatever leaves the components, who calls whom, and the steps of handlers as they are.
pub(crate) fn may_change(path: &str) -> bool {
    let Ok(parsed) = Path::parse(path) else { return false };
    if parsed.end < path.len() {
        return false;
    }
    let steps = parsed.into_steps();
    let key = |index: usize| match steps.get(index) {
        Some(Step::Key(key)) => key.as_str(),
        Some(Step::Index(_)) | None => "",
    };
    match (key(0), key(2)) {
        ("services", "threads" | "queue" | "contention" | "abandoned_work")
        | ("policies", "timeout" | "per_try_timeout" | "retry") => true,
        ("services", "handler" | "handlers") => {
            steps.len() > 4 && matches!(key(steps.len() - 1), "work" | "sleep" | "fail" | "io")
        }
        _ => false,
    }
}

impl Model {
    /// The model with these values at these paths.
    ///
    /// # Errors
    /// If it is none, or makes no sense.
    pub(crate) fn pushed(&self, set: &BTreeMap<String, serde_json::Value>) -> Result<Self, Diagnostics> {
        let mut base = self.clone();
        // Pushes do not push pushes, and what follows them is looked at as if it happened at any time.
        base.faults.retain(|_, fault| fault.config_push.is_none());
        for fault in base.faults.values_mut().filter(|fault| fault.after.is_some()) {
            fault.role = Some(fault.role());
            fault.after = None;
            fault.at = Some(base.run.warmup);
        }
        let mut overrides = Overrides::new();
        for (path, value) in set {
            overrides.set(&format!("{path}={}", as_toml(value)));
        }
        Self::parse(&self.name, &base.effective_toml(), &overrides).map(|loaded| loaded.model)
    }

    /// The model that a push of the fault `name` makes.
    ///
    /// # Errors
    /// Those of [`Model::pushed`], at the push.
    pub(crate) fn with_push(&self, name: &str, push: &ConfigPush) -> Result<Self, Vec<Problem>> {
        self.pushed(&push.set).map_err(|found| {
            let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            let problem = |diagnostic: &super::Diagnostic| Problem {
                is_error: true,
                code: Some(diagnostic.code),
                path: format!("faults.{}.config_push.set", written(name)),
                message: diagnostic.message.clone(),
                help: diagnostic.help.clone(),
            };
            errors.map(problem).collect()
        })
    }
}

/// A value as `--set` reads it.
pub(crate) fn as_toml(value: &serde_json::Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}
