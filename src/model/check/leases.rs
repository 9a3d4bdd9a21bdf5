//! Leases of caches, and look-ups that take a token and do nothing with it.

use super::at_entry;
use crate::mechanism::Problems;
use crate::model::codes;
use crate::model::settings::{Model, StepAt, StepSettings, collect_steps};

/// What is probably not meant, in a model without errors.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            for (_, path, steps) in service.all_handlers() {
                check_handler(model, &path, steps, problems);
            }
        });
    }
}

/// Whoever misses takes a token, and what the handler or somebody that it calls puts there gives the others something to find.
fn check_handler(model: &Model, path: &str, steps: &[StepSettings], problems: &mut Problems) {
    let mut found = Vec::new();
    collect_steps(path, steps, &mut found);
    for StepAt { path, step } in &found {
        let Some(get) = &step.cache else { continue };
        let is_leased = model.caches.get(&get.get).is_some_and(|cache| cache.lease.is_some());
        let mut inside = Vec::new();
        collect_steps("", &get.on_miss, &mut inside);
        let is_filled = found.iter().any(|at| at.step.put.as_ref() == Some(&get.get))
            || inside.iter().any(|at| at.step.call.is_some());
        if is_leased && !is_filled {
            problems.at(&format!("{path}.cache.get"), |problems| {
                let message = format!(
                    "who misses here takes a token of `{}` and puts nothing there: others wait in vain until it expires",
                    get.get
                );
                let help = format!(
                    "add `{{ put = \"{}\" }}` to the steps of `on_miss`, or remove the `lease`",
                    get.get
                );
                problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
            });
        }
    }
}
