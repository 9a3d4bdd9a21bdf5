//! What a model becomes by a config push: it is written out, edited as by `--set`, and read again, so a push gets the same messages as a document.

use std::collections::BTreeMap;

use super::decode::decode;
use super::diagnostic::Severity;
use super::document::Kind;
use super::path::{Path, Step, written};
use super::wording::worded;
use super::{Diagnostic, Diagnostics, Document, Model, Overrides};
use crate::mechanism::Problem;
use crate::mechanism::fault::ConfigPush;

/// What may change while the system runs, for messages.
pub(crate) const MAY_CHANGE: &str = "of a service `threads`, `queue`, `rate_limit`, `contention`, `abandoned_work` and the lengths of its steps may change; of a policy `timeout`, `per_try_timeout` and `retry`";

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
        ("services", "threads" | "queue" | "rate_limit" | "contention" | "abandoned_work")
        | ("policies", "timeout" | "per_try_timeout" | "retry") => true,
        ("services", "handler" | "handlers") => {
            steps.len() > 4 && matches!(key(steps.len() - 1), "work" | "sleep" | "fail" | "io")
        }
        _ => false,
    }
}

impl Model {
    /// The model with these values at these paths, where it makes sense.
    ///
    /// # Errors
    /// If it is none, or makes none.
    pub(crate) fn pushed(&self, set: &BTreeMap<String, serde_json::Value>) -> Result<Self, Diagnostics> {
        let (text, overrides) = self.without_pushes(set);
        Self::parse(&self.name, &text, &overrides).map(|loaded| loaded.model)
    }

    /// The text of the model without its pushes, and the overrides that make one of them.
    fn without_pushes(&self, set: &BTreeMap<String, serde_json::Value>) -> (String, Overrides) {
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
        (base.effective_toml(), overrides)
    }

    /// The model that a push of the fault `name` makes; whether it makes sense was looked at before.
    ///
    /// # Errors
    /// If what is pushed has the wrong type, at the push.
    pub(crate) fn with_push(&self, name: &str, push: &ConfigPush) -> Result<Self, Vec<Problem>> {
        let (text, overrides) = self.without_pushes(&push.set);
        let (document, mut found) = Document::read(&self.name, &text, &overrides, Kind::Model);
        if let Some(mut document) = document {
            let (model, errors) = decode(document.root_mut());
            found.extend(errors.iter().map(|error| worded(error, &document)));
            if let Some(model) = model.filter(|_| !found.has_errors()) {
                return Ok(model);
            }
        }
        let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let problem = |diagnostic: &Diagnostic| Problem {
            is_error: true,
            code: Some(diagnostic.code),
            path: format!("faults.{}.config_push.set", written(name)),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        };
        Err(errors.map(problem).collect())
    }
}

/// A value as `--set` reads it.
pub(crate) fn as_toml(value: &serde_json::Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}
