//! `[faults.…]`, as far as they concern the rest of the model.

use super::{at_entry, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::arrivals::ArrivalSettings;
use crate::mechanism::fault::{FaultSettings, Role, Select};
use crate::model::codes;
use crate::model::settings::Model;
use crate::model::spelling::counted;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, fault) in &model.faults {
        at_entry("faults", name, problems, |problems| {
            check_times(model, fault, problems);
            check_targets(model, fault, problems);
        });
    }
}

fn check_times(model: &Model, fault: &FaultSettings, problems: &mut Problems) {
    problems.at("at", |problems| {
        if fault.at >= model.run.duration {
            let message = format!("the run ends at {}, before this begins", model.run.duration);
            let help = "write an earlier `at` or a longer `run.duration`";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        } else if fault.role == Role::Trigger && fault.at < model.run.warmup {
            let message =
                format!("a trigger cannot begin before the warm-up of {} is over", model.run.warmup);
            let help = "write a later `at`, a shorter `run.warmup`, or `role = \"background\"`";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        }
    });
}

/// The service of a fault of each kind that has one, with the instances that it strikes.
fn targets(fault: &FaultSettings) -> Vec<(&'static str, &str, Select)> {
    let mut found: Vec<(&'static str, &str, Select)> = Vec::new();
    if let Some(degrade) = &fault.degrade {
        found.push(("degrade", &degrade.service, degrade.select));
    }
    if let Some(pause) = &fault.pause {
        found.push(("pause", &pause.service, pause.select));
    }
    if let Some(crash) = &fault.crash {
        found.push(("crash", &crash.service, crash.select));
    }
    if let Some(injection) = &fault.error_injection {
        found.push(("error_injection", &injection.service, injection.select));
    }
    found
}

fn check_targets(model: &Model, fault: &FaultSettings, problems: &mut Problems) {
    for (kind, service, select) in targets(fault) {
        problems.at(kind, |problems| {
            let Some(settings) = model.services.get(service) else {
                problems.at("service", |problems| {
                    unknown_name("service", service, model.services.keys(), problems);
                });
                return;
            };
            if let Select::Fixed(count) = select
                && count > settings.instances
            {
                problems.at("select", |problems| {
                    let message =
                        format!("`{service}` has {}, not {count}", counted(settings.instances, "instance"));
                    problems.error_with_code(
                        codes::OUT_OF_RANGE,
                        message,
                        "write a smaller number, or `select = \"all\"`",
                    );
                });
            }
        });
    }
    let Some(spike) = &fault.load_spike else { return };
    problems.at("load_spike.workload", |problems| match model.workloads.get(&spike.workload) {
        None => unknown_name("workload", &spike.workload, model.workloads.keys(), problems),
        Some(workload) => match workload.arrivals {
            ArrivalSettings::Open(_) => {}
            ArrivalSettings::Closed(_) | ArrivalSettings::PartlyOpen(_) | ArrivalSettings::Batch(_) => {
                let message =
                    format!("a load spike changes a rate, and `{}` is not an open loop", spike.workload);
                let help =
                    "write another workload for what is added, with a profile that is 0 outside the spike";
                problems.error_with_code(codes::INVALID_TIMES, message, help);
            }
        },
    });
}
