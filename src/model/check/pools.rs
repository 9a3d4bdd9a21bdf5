//! Connection pools: whether what opens connections is there, and whether timers and sizes fit what is around them.

use std::collections::BTreeMap;

use super::{Caller, at_entry, callers, policy_named, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::circuit_breaker::Per;
use crate::mechanism::connection_pool::PoolSettings;
use crate::model::codes;
use crate::model::settings::{Model, PolicySettings};
use crate::quantity::Limit;

/// More connections that are kept ready than this are a slip of the hand: each takes memory.
const CONNECTIONS_MAX: u64 = 2_000_000;

/// What keeps a model with pools from making sense.
pub(super) fn check(model: &Model, problems: &mut Problems) {
    let callers = callers(model);
    for (name, policy) in &model.policies {
        let Some(pool) = &policy.pool else { continue };
        at_entry("policies", name, problems, |problems| {
            problems.at("pool", |problems| {
                check_handler(model, name, pool, &callers, problems);
                check_who_picks(policy, pool, problems);
            });
        });
    }
    check_number(model, &callers, problems);
}

/// What is probably not meant.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    for (name, policy) in &model.policies {
        let Some(pool) = &policy.pool else { continue };
        at_entry("policies", name, problems, |problems| {
            problems.at("pool", |problems| check_patience(policy, pool, problems));
        });
    }
    check_room(model, &callers(model), problems);
}

fn check_handler(
    model: &Model,
    name: &str,
    pool: &PoolSettings,
    callers: &[Caller<'_>],
    problems: &mut Problems,
) {
    let Some(handler) = &pool.connect.handler else { return };
    let targets = callers.iter().filter(|caller| caller.policy == name);
    for target in targets.filter_map(|caller| model.services.get(caller.to)) {
        if !target.handlers.contains_key(handler) {
            problems.at("connect.handler", |problems| {
                unknown_name("handler", handler, target.handlers.keys(), problems);
            });
            return;
        }
    }
}

/// Who is called over a connection that is there already is not picked.
fn check_who_picks(policy: &PolicySettings, pool: &PoolSettings, problems: &mut Problems) {
    if pool.per == Per::Host {
        return;
    }
    let breaker = policy.circuit_breaker.as_ref();
    if breaker.is_some_and(|breaker| breaker.per == Per::Host) {
        problems.at("per", |problems| {
            problems.error(
                "a circuit breaker per host cannot choose among connections that lead where they lead",
                "write `per = \"host\"` for the pool, too, or `per = \"target\"` for the breaker",
            );
        });
    }
    if policy.outlier_detection.is_some() {
        problems.at("per", |problems| {
            problems.error(
                "outlier detection cannot choose among connections that lead where they lead",
                "write `per = \"host\"` for the pool, so that an instance is picked for each attempt",
            );
        });
    }
}

/// How many clients call so.
fn clients(model: &Model, caller: &Caller<'_>) -> u32 {
    let workload = model.workloads.get(caller.name).map(|workload| workload.clients);
    workload.or_else(|| model.services.get(caller.name).map(|service| service.instances)).unwrap_or(0)
}

/// Of each caller, target and policy with a pool: how many pools there are, and the policy.
fn pools<'a>(model: &'a Model, callers: &[Caller<'a>]) -> BTreeMap<(&'a str, &'a str, &'a str), u64> {
    let mut pools = BTreeMap::new();
    for caller in callers {
        let pool = model.policies.get(caller.policy).and_then(|policy| policy.pool.as_ref());
        let (Some(pool), Some(target)) = (pool, model.services.get(caller.to)) else { continue };
        let each = if pool.per == Per::Host { target.instances } else { 1 };
        let count = u64::from(clients(model, caller)) * u64::from(each);
        pools.insert((caller.name, caller.to, caller.policy), count);
    }
    pools
}

fn check_number(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    let kept = |policy: &str| {
        let pool = model.policies.get(policy).and_then(|policy| policy.pool.as_ref());
        pool.map_or(0, |pool| u64::from(pool.min_idle().max(1)))
    };
    let pools = pools(model, callers);
    let total: u64 = pools.iter().map(|((_, _, policy), count)| count.saturating_mul(kept(policy))).sum();
    let largest = pools.iter().max_by_key(|((_, _, policy), count)| **count * kept(policy));
    let Some((&(_, _, policy), _)) = largest else { return };
    if total > CONNECTIONS_MAX {
        at_entry("policies", policy, problems, |problems| {
            problems.at("pool", |problems| {
                let message =
                    format!("{total} connections that are kept ready are more than {CONNECTIONS_MAX}");
                let help =
                    "write a smaller `min_idle`, fewer `clients` or `instances`, or `per = \"target\"`";
                problems.error_with_code(codes::OUT_OF_RANGE, message, help);
            });
        });
    }
}

/// A call that is over before the pool gives up never hears from it: it fails as a slow service would make it fail.
fn check_patience(policy: &PolicySettings, pool: &PoolSettings, problems: &mut Problems) {
    let Limit::At(timeout) = policy.timeout else { return };
    if pool.acquire_timeout >= Limit::At(timeout) {
        let acquire = match pool.acquire_timeout {
            Limit::At(time) => format!("waits {time} for a connection"),
            Limit::Unlimited => "waits for a connection without a limit".to_owned(),
        };
        problems.at("acquire_timeout", |problems| {
            let message = format!("this pool {acquire}, but its calls are over after {timeout}: it never says that it is empty");
            let help = "write an `acquire_timeout` below the `timeout` of the policy, so that who waits in vain is told so";
            problems.warning_with_code(codes::POOL_OUTWAITS_CALL, message, help);
        });
    }
}

/// How many connections so many pools under a policy may have together.
fn connections(model: &Model, policy: &str, pools: u64, instances: u32) -> u64 {
    let Some(pool) = policy_named(model, policy).and_then(|policy| policy.pool) else { return 0 };
    let each = pools.saturating_mul(u64::from(pool.max_size));
    let hosts = if pool.per == Per::Host { u64::from(instances) } else { 1 };
    match pool.max_connections {
        Limit::At(most) => each.min(pools / hosts.max(1) * u64::from(most)),
        Limit::Unlimited => each,
    }
}

/// Pools that may have more connections together than their target has room for make it turn calls away that they were to hold back.
fn check_room(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    let pools = pools(model, callers);
    for (name, service) in &model.services {
        let (Limit::At(threads), Some(queue)) = (service.threads, &service.queue) else { continue };
        let Limit::At(capacity) = queue.capacity else { continue };
        let here = pools.iter().filter(|((_, target, _), _)| target == name);
        let (mut total, mut largest) = (0, (0, ""));
        for ((_, _, policy), count) in here {
            let most = connections(model, policy, *count, service.instances);
            total += most;
            largest = largest.max((most, policy));
        }
        let room = (u64::from(threads) + u64::from(capacity)) * u64::from(service.instances);
        if total > room {
            at_entry("policies", largest.1, problems, |problems| {
                problems.at("pool.max_size", |problems| {
                    let message = format!(
                        "the pools that lead to `{name}` may have {total} connections together, and it has room for {room} attempts"
                    );
                    let help = "size pools by what the target can take divided by the number of clients, or the target's `queue` for what they send";
                    problems.warning_with_code(codes::POOLS_EXCEED_TARGET, message, help);
                });
            });
        }
    }
}
