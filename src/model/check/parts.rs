//! `[workloads.…]`, `[services.…]` and the steps of handlers.

use super::{at_entry, callers, check_count, is_good_name, unknown_name};
use crate::mechanism::Problems;
use crate::model::codes;
use crate::model::load::DEFAULT_POLICY;
use crate::model::settings::{Model, ServiceSettings, StepSettings};
use crate::quantity::Limit;

/// Larger numbers of instances, threads or clients are a slip of the hand.
const COUNT_MAX: u32 = 1_000_000;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, workload) in &model.workloads {
        at_entry("workloads", name, problems, |problems| {
            problems.at("clients", |problems| check_count(workload.clients, COUNT_MAX, problems));
        });
    }
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| check_service(service, problems));
    }
    for caller in callers(model) {
        if !model.services.contains_key(caller.to) {
            caller.at("to", problems, |problems| {
                unknown_name("service", caller.to, model.services.keys(), problems);
            });
        }
        if !model.policies.contains_key(caller.policy) && caller.policy != DEFAULT_POLICY {
            caller.at("policy", problems, |problems| {
                unknown_name("policy", caller.policy, model.policies.keys(), problems);
            });
        }
    }
}

fn check_service(service: &ServiceSettings, problems: &mut Problems) {
    problems.at("instances", |problems| check_count(service.instances, COUNT_MAX, problems));
    match (service.threads, &service.queue) {
        (Limit::At(threads), queue) => {
            problems.at("threads", |problems| check_count(threads, COUNT_MAX, problems));
            if queue.is_none() {
                let message = "where attempts wait for one of the `threads` is not written";
                let help =
                    "write `queue = { capacity = 256 }`, or `capacity = \"unlimited\"`; it is a decision";
                problems.at("queue", |problems| problems.error_with_code(codes::NO_CAPACITY, message, help));
            }
        }
        (Limit::Unlimited, Some(_)) => {
            let message = "nobody ever waits in this queue: `threads` is `\"unlimited\"`";
            problems.at("queue", |problems| {
                problems.warning_with_code(
                    codes::UNUSED,
                    message,
                    "remove `queue`, or give `threads` a number",
                );
            });
        }
        (Limit::Unlimited, None) => {}
    }
    if service.handler.is_empty() {
        let help = "write what is done for an attempt: `handler = [ { work = \"5ms\" } ]`";
        problems.at("handler", |problems| {
            problems.error_with_code(codes::INVALID_STEP, "a handler needs a step", help);
        });
    }
    for (index, step) in service.handler.iter().enumerate() {
        let earlier = &service.handler[..index];
        problems.at_index("handler", index, |problems| check_step(step, earlier, problems));
    }
}

fn check_step(step: &StepSettings, earlier: &[StepSettings], problems: &mut Problems) {
    let kinds = [
        ("work", step.work.is_some()),
        ("sleep", step.sleep.is_some()),
        ("call", step.call.is_some()),
        ("fail", step.fail.is_some()),
    ];
    let present: Vec<&str> =
        kinds.iter().filter(|(_, is_present)| *is_present).map(|(kind, _)| *kind).collect();
    if present.is_empty() {
        let help = "a step is one of `work`, `sleep`, `call` and `fail`";
        problems.error_with_code(codes::INVALID_STEP, "this step does nothing", help);
    } else if present.len() > 1 {
        let message = format!("a step is one thing, here it is {}", super::listed(&present));
        problems.error_with_code(codes::INVALID_STEP, message, "write one step for each, in their order");
    }
    let Some(name) = &step.name else { return };
    problems.at("name", |problems| {
        if !is_good_name(name) {
            let message = "a name consists of letters, digits, `_` and `-`, at most 100 of them";
            problems.error_with_code(
                codes::INVALID_NAME,
                message,
                "the random numbers of a step belong to its name",
            );
        } else if earlier.iter().any(|other| other.name.as_ref() == Some(name)) {
            let message = format!("an earlier step of this handler is called `{name}`, too");
            problems.error_with_code(
                codes::INVALID_NAME,
                message,
                "the random numbers of a step belong to its name",
            );
        }
    });
}
