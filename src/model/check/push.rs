//! Config pushes: whether what they make of the model is a model.

use super::{at_entry, callers, faults};
use crate::mechanism::Problems;
use crate::mechanism::fault::ConfigPush;
use crate::mechanism::retry_budget::RetryBudgetSettings;
use crate::model::diagnostic::Severity;
use crate::model::path::written;
use crate::model::push::{MAY_CHANGE, as_toml, may_change};
use crate::model::settings::Model;

/// Looks at a model in which nothing else is wrong: a push is checked as the whole that it makes.
pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, fault) in &model.faults {
        let Some(push) = &fault.config_push else { continue };
        at_entry("faults", name, problems, |problems| {
            problems.at("config_push", |problems| {
                check_paths(push, problems);
                if !problems.has_errors() {
                    check_result(model, push, problems);
                    check_select(model, push, problems);
                }
            });
        });
    }
}

fn check_paths(push: &ConfigPush, problems: &mut Problems) {
    for path in push.set.keys().filter(|path| !may_change(path)) {
        problems.at("set", |problems| {
            problems.at(&written(path), |problems| {
                let message = format!("`{path}` cannot change while the system runs");
                problems.error(message, MAY_CHANGE);
            });
        });
    }
}

fn check_result(model: &Model, push: &ConfigPush, problems: &mut Problems) {
    let found = match model.pushed(&push.set) {
        Ok(pushed) => return check_budgets(model, &pushed, problems),
        Err(found) => found,
    };
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    for diagnostic in errors {
        let is_about = |path: &&String| {
            diagnostic
                .path
                .as_ref()
                .is_some_and(|at| at.starts_with(path.as_str()) || path.starts_with(at.as_str()))
        };
        let about =
            push.set.keys().find(is_about).or_else(|| push.set.keys().next().filter(|_| push.set.len() == 1));
        let message = match about {
            Some(path) => {
                format!("with `{path}` = `{}`: {}", as_toml(&push.set[path]), diagnostic.message)
            }
            None => format!("after this push: {}", diagnostic.message),
        };
        let help = diagnostic.help.clone().unwrap_or_default();
        problems.at("set", |problems| match about {
            Some(path) => problems
                .at(&written(path), |problems| problems.error_with_code(diagnostic.code, message, help)),
            None => problems.error_with_code(diagnostic.code, message, help),
        });
    }
}

/// What a budget of one kind remembers says nothing to a budget of another.
fn check_budgets(model: &Model, pushed: &Model, problems: &mut Problems) {
    let kind = |model: &Model, name: &str| {
        let budget = model.policies.get(name)?.retry.as_ref()?.budget.as_ref()?;
        (*budget != RetryBudgetSettings::Unlimited).then(|| budget.name())
    };
    for name in model.policies.keys() {
        if let (Some(before), Some(after)) = (kind(model, name), kind(pushed, name))
            && before != after
        {
            problems.at("set", |problems| {
                problems.error(
                    format!(
                        "the budget of the policy `{name}` cannot become `{after}` while it is `{before}`"
                    ),
                    "push other numbers of the same kind, or `\"unlimited\"`",
                );
            });
        }
    }
}

/// Whether everybody whom the push concerns can be selected from.
fn check_select(model: &Model, push: &ConfigPush, problems: &mut Problems) {
    let concerns = |table: &str, name: &str| {
        let prefix = format!("{table}.{}.", written(name));
        push.set.keys().any(|path| path.starts_with(&prefix))
    };
    problems.at("select", |problems| {
        for (name, service) in &model.services {
            let callers = callers(model);
            let is_caller =
                callers.iter().any(|caller| caller.name == name && concerns("policies", caller.policy));
            if is_caller || concerns("services", name) {
                faults::check_select(name, &push.select, service.instances, &service.zones, problems);
            }
        }
        for (name, workload) in &model.workloads {
            if concerns("policies", &workload.policy) {
                faults::check_select(name, &push.select, workload.clients, &workload.zones, problems);
            }
        }
    });
}
