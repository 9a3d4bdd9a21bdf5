//! `[registers.…]`, and the steps that use them.

use std::collections::BTreeSet;

use super::{at_entry, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::register::RegisterScope;
use crate::model::codes;
use crate::model::settings::{Model, ServiceSettings, StepAt};

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            for StepAt { path, step } in service.all_steps() {
                let Some((field, name)) = step.register_used() else { continue };
                if !model.registers.contains_key(name) {
                    problems.at(&format!("{path}.{field}"), |problems| {
                        unknown_name("register", name, model.registers.keys(), problems);
                    });
                }
            }
        });
    }
}

/// What is probably not meant, in a model without errors.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    let steps: Vec<StepAt<'_>> = model.services.values().flat_map(ServiceSettings::all_steps).collect();
    let read: BTreeSet<&str> = steps.iter().filter_map(|at| at.step.read.as_deref()).collect();
    let set: BTreeSet<&str> = steps.iter().filter_map(|at| at.step.compare_and_set.as_deref()).collect();
    for (name, register) in &model.registers {
        at_entry("registers", name, problems, |problems| {
            if !set.contains(name.as_str()) {
                let message = format!("nobody writes `{name}`, so nobody can come too late");
                let help = format!("write it in a handler: `{{ compare_and_set = \"{name}\" }}`");
                problems.warning_with_code(codes::UNUSED, message, help);
            } else if !read.contains(name.as_str()) {
                let message = format!("nobody reads `{name}`: every write of it succeeds");
                let help = format!("add a step `{{ read = \"{name}\" }}` before what is done with it");
                problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
            } else if register.scope == RegisterScope::Key && !model.has_keys() {
                problems.at("scope", |problems| {
                    let message = "all requests are about the same key: everybody writes the same value";
                    let help =
                        "write `keys = { zipf = { count = 100_000 } }` for the workloads, or `scope = \"global\"`";
                    problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
                });
            }
        });
    }
}
