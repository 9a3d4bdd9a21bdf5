//! What the users of `[workloads.…]` do.

use std::collections::BTreeSet;

use super::{at_entry, is_good_name, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::arrivals::ArrivalSettings;
use crate::model::codes;
use crate::model::settings::{Model, WorkloadSettings};
use crate::quantity::Share;

/// So many kinds of requests can be told apart.
const OPERATIONS_MAX: usize = 100;

/// So many tenants can: each has a row per interval.
const TENANTS_MAX: usize = 1000;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, workload) in &model.workloads {
        at_entry("workloads", name, problems, |problems| {
            check_profile_fits(workload, problems);
            check_diurnal(model, workload, problems);
            check_mix(model, workload, problems);
            check_tenants(workload, problems);
            if let Some(keys) = &workload.keys {
                problems.at("keys", |problems| keys.check(problems));
            }
            check_patience(workload, problems);
        });
    }
}

/// A profile changes a rate; not everything has one.
fn check_profile_fits(workload: &WorkloadSettings, problems: &mut Problems) {
    let has_rate = matches!(workload.arrivals, ArrivalSettings::Open(_) | ArrivalSettings::PartlyOpen(_));
    if !has_rate && !workload.profile.is_empty() {
        let message =
            format!("a profile changes a rate, and `{}` arrivals have none", workload.arrivals.kind_name());
        let help = "remove `profile`; to change the load over time, write several workloads, or an open loop";
        problems.at("profile", |problems| problems.error_with_code(codes::INVALID_TIMES, message, help));
    }
}

fn check_diurnal(model: &Model, workload: &WorkloadSettings, problems: &mut Problems) {
    let Some(diurnal) = &workload.diurnal else { return };
    problems.at("diurnal", |problems| {
        let has_rate = matches!(workload.arrivals, ArrivalSettings::Open(_) | ArrivalSettings::PartlyOpen(_));
        if !has_rate {
            let message =
                format!("the day changes a rate, and `{}` arrivals have none", workload.arrivals.kind_name());
            problems.error_with_code(
                codes::INVALID_TIMES,
                message,
                "remove `diurnal`, or write an open loop",
            );
        } else if !workload.profile.is_empty() {
            let message = "the rate follows a `profile` and the day";
            let help = "write one of them; what else changes the load can be a workload of its own";
            problems.error_with_code(codes::INVALID_TIMES, message, help);
        }
        diurnal.check(model.run.duration, problems);
    });
}

fn check_mix(model: &Model, workload: &WorkloadSettings, problems: &mut Problems) {
    if workload.mix.is_empty() {
        return;
    }
    let mut names = BTreeSet::new();
    for (index, operation) in workload.mix.iter().enumerate() {
        problems.at_index("mix", index, |problems| {
            problems.at("name", |problems| {
                if !is_good_name(&operation.name) || !names.insert(&operation.name) {
                    let message =
                        format!("`{}` is not a name that no other kind of request has", operation.name);
                    let help = "letters, digits, `_` and `-`, at most 100 of them, and each name once";
                    problems.error_with_code(codes::INVALID_NAME, message, help);
                }
            });
            let target = model.services.get(&workload.to);
            if let (Some(handler), Some(target)) = (&operation.handler, target)
                && !target.handlers.contains_key(handler)
            {
                problems.at("handler", |problems| {
                    unknown_name("handler", handler, target.handlers.keys(), problems);
                });
            }
        });
    }
    let sum: u64 = workload.mix.iter().map(|operation| u64::from(operation.share.billionths())).sum();
    problems.at("mix", |problems| {
        if sum != u64::from(Share::ONE.billionths()) {
            let message = format!("the shares of the mix make {} %, not 100 %", sum as f64 / 1e7);
            problems.error_with_code(codes::OUT_OF_RANGE, message, "every request is of one kind");
        } else if workload.mix.len() > OPERATIONS_MAX {
            let message = format!("{} kinds of requests are more than {OPERATIONS_MAX}", workload.mix.len());
            problems.error_with_code(codes::OUT_OF_RANGE, message, "put together what behaves alike");
        }
    });
}

fn check_tenants(workload: &WorkloadSettings, problems: &mut Problems) {
    if workload.tenants.is_empty() {
        return;
    }
    let mut names = BTreeSet::new();
    for (index, tenant) in workload.tenants.iter().enumerate() {
        problems.at_index("tenants", index, |problems| {
            problems.at("name", |problems| {
                if !is_good_name(&tenant.name) || !names.insert(&tenant.name) {
                    let message = format!("`{}` is not a name that no other tenant has", tenant.name);
                    let help = "letters, digits, `_` and `-`, at most 100 of them, and each name once";
                    problems.error_with_code(codes::INVALID_NAME, message, help);
                }
            });
        });
    }
    let sum: u64 = workload.tenants.iter().map(|tenant| u64::from(tenant.share.billionths())).sum();
    problems.at("tenants", |problems| {
        if sum != u64::from(Share::ONE.billionths()) {
            let message = format!("the shares of the tenants make {} %, not 100 %", sum as f64 / 1e7);
            problems.error_with_code(codes::OUT_OF_RANGE, message, "every request is somebody's");
        } else if workload.tenants.len() > TENANTS_MAX {
            let message = format!("{} tenants are more than {TENANTS_MAX}", workload.tenants.len());
            problems.error_with_code(codes::OUT_OF_RANGE, message, "put together those who behave alike");
        }
    });
}

fn check_patience(workload: &WorkloadSettings, problems: &mut Problems) {
    if workload.cancel_on_abandon && workload.patience.is_none() {
        let message = "`cancel_on_abandon` says nothing: users have `patience` for ever";
        problems.at("cancel_on_abandon", |problems| {
            problems.warning_with_code(
                codes::UNUSED,
                message,
                "write `patience`, such as `\"10s\"`, or remove it",
            );
        });
    }
}
