//! How callers pick instances, and whether what they look at is there.

use std::collections::BTreeMap;

use super::{Caller, at_entry, callers, policy_named};
use crate::mechanism::Problems;
use crate::mechanism::balancer::{Balancer, BalancerSettings, check_weights};
use crate::mechanism::circuit_breaker::Per;
use crate::model::codes;
use crate::model::settings::{Model, PolicySettings, Scope};

/// More pairs of client and instance than this are a slip of the hand: each takes memory.
const PAIRS_MAX: u64 = 10_000_000;
/// The same of circuit breakers and of outlier detection, which know more of an instance.
const BREAKERS_MAX: u64 = 1_000_000;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    let callers = callers(model);
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            problems.at("weights", |problems| {
                check_weights(&service.weights, service.instances, problems);
                if !service.weights.is_empty() && !is_weighed(model, &callers, name) {
                    let message = format!("nobody who calls `{name}` looks at these weights");
                    let help = "write `balancer = \"weighted_round_robin\"` in the policy of a caller, or remove `weights`";
                    problems.warning_with_code(codes::UNUSED, message, help);
                }
            });
        });
    }
    check_weighing(model, &callers, problems);
    check_pairs(model, &callers, problems);
}

fn is_weighed(model: &Model, callers: &[Caller<'_>], service: &str) -> bool {
    let mut policies = callers.iter().filter(|caller| caller.to == service).map(|caller| caller.policy);
    policies.any(|policy| policy_named(model, policy).is_some_and(|policy| policy.balancer.weighs()))
}

/// A policy of weighted turns that is only used where all weigh the same.
fn check_weighing(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    let weighing = BalancerSettings::WeightedRoundRobin;
    for (name, _) in model.policies.iter().filter(|(_, policy)| policy.balancer == weighing) {
        let targets = callers.iter().filter(|caller| caller.policy == name);
        let mut targets = targets.filter_map(|caller| model.services.get(caller.to)).peekable();
        if targets.peek().is_none() || targets.any(|service| !service.weights.is_empty()) {
            continue;
        }
        at_entry("policies", name, problems, |problems| {
            let message = "no service that is called so has `weights`: all instances weigh the same";
            let help = "write how much each instance counts, for example `weights = [3, 1]`, in the service";
            problems.at("balancer", |problems| problems.warning(message, help));
        });
    }
}

/// Some balancers remember something of each instance for each client, and some circuit breakers are for one instance and one client.
fn check_pairs(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    let per_host = |policy: &PolicySettings| {
        let breaker = policy.circuit_breaker.as_ref();
        breaker.is_some_and(|breaker| breaker.per == Per::Host && policy.scope == Scope::Instance)
    };
    let remembers =
        |policy: &PolicySettings, instances| Balancer::new(policy.balancer).remembers_peers(instances);
    let help = "write fewer `clients` or `instances`, or another balancer";
    check_number(model, callers, ("balancer", PAIRS_MAX, help), remembers, problems);
    let help = "write fewer `clients` or `instances`, or `per = \"target\"`";
    let limit = ("circuit_breaker.per", BREAKERS_MAX, help);
    check_number(model, callers, limit, |policy, _| per_host(policy), problems);
    let watches =
        |policy: &PolicySettings| policy.outlier_detection.is_some() && policy.scope == Scope::Instance;
    let help = "write fewer `clients` or `instances`";
    let limit = ("outlier_detection", BREAKERS_MAX, help);
    check_number(model, callers, limit, |policy, _| watches(policy), problems);
}

/// Notes it if there are too many pairs of a client and an instance under the policies of which something is remembered.
fn check_number(
    model: &Model,
    callers: &[Caller<'_>],
    (field, most, help): (&str, u64, &str),
    is_remembered: impl Fn(&PolicySettings, u32) -> bool,
    problems: &mut Problems,
) {
    let mut pairs: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for caller in callers {
        let Some(policy) = policy_named(model, caller.policy) else { continue };
        let Some(instances) = model.services.get(caller.to).map(|service| service.instances) else {
            continue;
        };
        let clients = model.workloads.get(caller.name).map(|workload| workload.clients);
        let clients = clients.or_else(|| model.services.get(caller.name).map(|service| service.instances));
        if is_remembered(&policy, instances) {
            let count = u64::from(clients.unwrap_or(0)) * u64::from(instances);
            pairs.insert((caller.name, caller.to, caller.policy), count);
        }
    }
    let total: u64 = pairs.values().sum();
    let Some((&(_, _, policy), _)) = pairs.iter().max_by_key(|(_, count)| **count) else { return };
    if total > most {
        at_entry("policies", policy, problems, |problems| {
            let message = format!("each client remembers each instance: {total} pairs are more than {most}");
            problems.at(field, |problems| problems.error_with_code(codes::OUT_OF_RANGE, message, help));
        });
    }
}
