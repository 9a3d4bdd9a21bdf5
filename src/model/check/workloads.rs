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
            if let Some(drift) = &workload.key_drift {
                problems.at("key_drift", |problems| drift.check(workload.keys.as_ref(), problems));
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
    let parts = Parts {
        field: "mix",
        one: "kind of request",
        several: "kinds of requests",
        max: OPERATIONS_MAX,
        whole: "every request is of one kind",
    };
    let shares: Vec<_> = workload.mix.iter().map(|operation| (&*operation.name, operation.share)).collect();
    parts.check(&shares, problems);
    let Some(target) = model.services.get(&workload.to) else { return };
    for (index, operation) in workload.mix.iter().enumerate() {
        if let Some(handler) = operation.handler.as_ref().filter(|it| !target.handlers.contains_key(*it)) {
            problems.at_index("mix", index, |problems| {
                problems.at("handler", |problems| {
                    unknown_name("handler", handler, target.handlers.keys(), problems);
                });
            });
        }
    }
}

fn check_tenants(workload: &WorkloadSettings, problems: &mut Problems) {
    let parts = Parts {
        field: "tenants",
        one: "tenant",
        several: "tenants",
        max: TENANTS_MAX,
        whole: "every request is somebody's",
    };
    let shares: Vec<_> = workload.tenants.iter().map(|tenant| (&*tenant.name, tenant.share)).collect();
    parts.check(&shares, problems);
}

/// A list that divides the requests of a workload, and how messages speak of it.
struct Parts {
    field: &'static str,
    one: &'static str,
    several: &'static str,
    max: usize,
    whole: &'static str,
}

impl Parts {
    /// Each has a name of its own, and all together are everything.
    fn check(&self, parts: &[(&str, Share)], problems: &mut Problems) {
        let Self { field, one, several, max, whole } = self;
        let mut names = BTreeSet::new();
        for (index, (name, _)) in parts.iter().enumerate() {
            if !is_good_name(name) || !names.insert(name) {
                problems.at_index(field, index, |problems| {
                    problems.at("name", |problems| {
                        let message = format!("`{name}` is not a name that no other {one} has");
                        let help = "letters, digits, `_` and `-`, at most 100 of them, and each name once";
                        problems.error_with_code(codes::INVALID_NAME, message, help);
                    });
                });
            }
        }
        let sum: u64 = parts.iter().map(|(_, share)| u64::from(share.billionths())).sum();
        problems.at(field, |problems| {
            if !parts.is_empty() && sum != u64::from(Share::ONE.billionths()) {
                let message = format!("the shares of the {several} make {} %, not 100 %", sum as f64 / 1e7);
                problems.error_with_code(codes::OUT_OF_RANGE, message, *whole);
            } else if parts.len() > *max {
                let message = format!("{} {several} are more than {max}", parts.len());
                problems.error_with_code(codes::OUT_OF_RANGE, message, "put together what behaves alike");
            }
        });
    }
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
