//! `[workloads.…]` and `[services.…]`.

use super::{Caller, at_entry, callers, check_count, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::resource::CpuSharing;
use crate::model::codes;
use crate::model::load::DEFAULT_POLICY;
use crate::model::settings::{Model, ServiceSettings};
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
    // What a cache says of whom it calls is looked at there, once.
    for caller in callers(model).into_iter().filter(|caller| !caller.is_for_cache) {
        match model.services.get(caller.to) {
            None => caller.at("to", problems, |problems| {
                unknown_name("service", caller.to, model.services.keys(), problems);
            }),
            Some(service) => check_handler_exists(&caller, service, problems),
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
    if let Limit::At(cpus) = service.cpus {
        problems.at("cpus", |problems| check_count(cpus, COUNT_MAX, problems));
    } else if service.cpu_sharing != CpuSharing::default() {
        let message = "`cpu_sharing` says nothing: `cpus` is `\"unlimited\"`";
        problems.at("cpu_sharing", |problems| {
            problems.warning_with_code(
                codes::UNUSED,
                message,
                "write a number as `cpus`, such as `cpus = 4`",
            );
        });
    }
    if service.context_switch.is_some() && service.cpu_sharing != CpuSharing::ProcessorSharing {
        let message =
            "`context_switch` says nothing: nobody takes turns where who comes first is served first";
        let help = "write `cpu_sharing = \"processor_sharing\"`, and a number as `cpus`";
        problems.at("context_switch", |problems| {
            problems.warning_with_code(codes::UNUSED, message, help);
        });
    }
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
        // It is also where it stands what it takes to turn attempts away, and what they are told.
        (Limit::Unlimited, Some(queue))
            if service.rate_limit.is_some()
                && (queue.reject_cost.is_some() || queue.retry_after.is_some()) => {}
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
}

fn check_handler_exists(caller: &Caller<'_>, service: &ServiceSettings, problems: &mut Problems) {
    match caller.handler {
        Some(handler) if !service.handlers.contains_key(handler) => {
            caller.at("handler", problems, |problems| {
                unknown_name("handler", handler, service.handlers.keys(), problems);
            });
        }
        None if service.handler.is_empty() && !service.handlers.is_empty() => {
            let names: Vec<&str> = service.handlers.keys().map(String::as_str).collect();
            let message = format!("`{}` has no handler without a name", caller.to);
            let help =
                format!("say which one with `handler = \"{}\"`: it has {}", names[0], super::listed(&names));
            caller.at("to", problems, |problems| {
                problems.error_with_code(codes::UNKNOWN_NAME, message, help);
            });
        }
        Some(_) | None => {}
    }
}
