//! Steps that put something into a cache and store it elsewhere.

use std::collections::BTreeSet;

use super::at_entry;
use crate::mechanism::Problems;
use crate::model::codes;
use crate::model::settings::{Model, ServiceSettings, StepAt, StepSettings};

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            for StepAt { path, step } in service.all_steps() {
                if !step.store.is_empty() {
                    problems.at(&path, |problems| {
                        problems.at("store", |problems| check_store(model, step, problems));
                    });
                }
            }
        });
    }
}

fn check_store(model: &Model, step: &StepSettings, problems: &mut Problems) {
    let Some(name) = &step.put else {
        let help = "write `{ put = \"redis\", store = [ … ] }`, or these steps by themselves";
        problems.error_with_code(codes::INVALID_STEP, "it is a `put` that has a `store`", help);
        return;
    };
    if let Some(owner) = model.caches.get(name).and_then(|cache| cache.service()) {
        let message = format!("`{owner}` is a server that is asked: `{name}` stores nothing by itself");
        let help = format!(
            "write the steps before the `put`; or give `{owner}` a cache of its own with `placement = {{ local = \"{owner}\" }}` and a `store`, and `call` it"
        );
        problems.error_with_code(codes::INVALID_STEP, message, help);
    }
}

/// What is probably not meant, in a model without errors.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    let steps: Vec<StepAt<'_>> = model.services.values().flat_map(ServiceSettings::all_steps).collect();
    let stores = steps.iter().filter(|at| !at.step.store.is_empty());
    let stored: BTreeSet<&str> = stores.filter_map(|at| at.step.put.as_deref()).collect();
    for (name, cache) in &model.caches {
        if cache.write_behind.is_none() || stored.contains(name.as_str()) {
            continue;
        }
        at_entry("caches", name, problems, |problems| {
            problems.at("write_behind", |problems| {
                let message = format!("no `put` into `{name}` has anything to store");
                let help =
                    format!("write it as `{{ put = \"{name}\", store = [{{ call = {{ to = … }} }}] }}`");
                problems.warning_with_code(codes::UNUSED, message, help);
            });
        });
    }
}

/// Whether the step at this path of a service is done when whoever wrote something has gone on.
pub(super) fn is_done_later(model: &Model, service: &ServiceSettings, path: &str) -> bool {
    let outer = path.match_indices(".store[").map(|(end, _)| &path[..end]);
    let steps = service.all_steps();
    let mut puts = outer.filter_map(|outer| steps.iter().find(|at| at.path == outer)?.step.put.as_ref());
    puts.any(|name| model.caches.get(name).is_some_and(|cache| cache.write_behind.is_some()))
}
