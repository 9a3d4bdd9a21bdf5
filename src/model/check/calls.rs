//! How the timers and retries of callers fit together, along a policy and along the way of a request.

use std::collections::{BTreeMap, BTreeSet};

use super::{Caller, at_entry, callers, policy_named};
use crate::mechanism::Problems;
use crate::mechanism::queue::WhenFull;
use crate::mechanism::retry::{BackoffSettings, RetrySettings};
use crate::model::settings::{AbandonedWork, Model, PolicySettings};
use crate::model::{ServiceGraph, codes};
use crate::quantity::{Duration, Limit};

/// A request that can become more attempts than this is worth a warning.
const AMPLIFICATION_MAX: u64 = 10;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    let callers = callers(model);
    for caller in &callers {
        check_it_ends(model, caller, problems);
    }
    for (name, policy) in &model.policies {
        at_entry("policies", name, problems, |problems| check_timers(policy, problems));
    }
    check_queues(model, problems);
    check_cycles(model, &callers, problems);
    // Where a name is wrong, what seems unused is only a consequence.
    if !problems.has_errors() {
        check_use(model, &callers, problems);
        check_amplification(model, &callers, problems);
    }
}

/// A full queue that drops says nothing; without a timer the caller waits for ever.
fn check_it_ends(model: &Model, caller: &Caller<'_>, problems: &mut Problems) {
    let Some(policy) = policy_named(model, caller.policy) else { return };
    let Some(service) = model.services.get(caller.to) else { return };
    let Some(queue) = &service.queue else { return };
    let is_silent = queue.when_full == WhenFull::Drop && queue.capacity.limited().is_some();
    let has_timer = policy.timeout.limited().or(policy.per_try_timeout.limited()).is_some();
    if is_silent && !has_timer {
        let message = format!(
            "a call from `{}` that `{}` drops would never end: `services.{}.queue.when_full` is `\"drop\"` and the policy `{}` has no timer",
            caller.name, caller.to, caller.to, caller.policy
        );
        let help = format!(
            "write `timeout` or `per_try_timeout` in `[policies.{}]`, or `when_full = \"reject\"`",
            caller.policy
        );
        caller.at("policy", problems, |problems| {
            problems.error_with_code(codes::CALL_NEVER_ENDS, message, help);
        });
    }
}

/// Every handler makes all its calls, so a circle of calls never ends.
fn check_cycles(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    for cycle in ServiceGraph::of(model).cycles() {
        let is_first_call = |caller: &&Caller<'_>| caller.name == cycle[0] && caller.to == cycle[1];
        let Some(caller) = callers.iter().find(is_first_call) else { continue };
        let message = format!("these calls never end: {}", cycle.join(" -> "));
        let help = "every attempt would make another one for ever: remove one of these calls, or split a service in two";
        caller.at("to", problems, |problems| problems.error_with_code(codes::CALL_CYCLE, message, help));
    }
}

fn check_timers(policy: &PolicySettings, problems: &mut Problems) {
    for (field, timer) in [("timeout", policy.timeout), ("per_try_timeout", policy.per_try_timeout)] {
        if timer == Limit::At(Duration::ZERO) {
            let message = "a timer of 0 would end every call before it begins";
            let help = "write how long it waits, such as `\"500ms\"`; no limit is written `\"unlimited\"`";
            problems.at(field, |problems| problems.error_with_code(codes::OUT_OF_RANGE, message, help));
        }
    }
    let attempts = policy.retry.as_ref().map_or(Limit::At(1), |retry| retry.max_attempts);
    if let (Limit::At(timeout), Limit::At(per_try)) = (policy.timeout, policy.per_try_timeout) {
        if per_try >= timeout {
            let message = format!("`per_try_timeout` {per_try} is not shorter than `timeout` {timeout}");
            let help = "the timer of the whole call always fires first";
            problems.at("per_try_timeout", |problems| {
                problems.warning_with_code(codes::ATTEMPTS_DO_NOT_FIT, message, help);
            });
        } else if let (Some(retry), Limit::At(attempts)) = (&policy.retry, attempts) {
            check_attempts_fit(retry, attempts, per_try, timeout, problems);
        }
    }
    let is_retrying = attempts != Limit::At(1) && policy.retry.is_some();
    if is_retrying && policy.timeout.limited().is_some() && policy.per_try_timeout.limited().is_none() {
        let message = "nothing is retried after a time-out: `timeout` ends the whole call";
        let help = "write `per_try_timeout`, the time of one attempt";
        problems
            .at("retry", |problems| problems.warning_with_code(codes::NO_RETRY_ON_TIMEOUT, message, help));
    }
}

fn check_attempts_fit(
    retry: &RetrySettings,
    attempts: u32,
    per_try: Duration,
    timeout: Duration,
    problems: &mut Problems,
) {
    // More attempts than that are an error of their own; following all of them would only take long.
    if attempts > 1000 {
        return;
    }
    let mut needed = Duration::ZERO;
    let mut fitting = 0;
    let mut waits = Duration::ZERO;
    for attempt in 1..=attempts {
        if attempt > 1 {
            waits = waits + wait_before_jitter(&retry.backoff, attempt - 1);
        }
        needed = Duration::from_ns(per_try.as_ns().saturating_mul(u64::from(attempt))) + waits;
        if needed <= timeout {
            fitting = attempt;
        }
    }
    if needed > timeout {
        let message = format!(
            "only {fitting} of {attempts} attempts are sure to fit into `timeout` {timeout}: {attempts} x {per_try} and {waits} of backoff are {needed}"
        );
        let help = "write a longer `timeout`, a shorter `per_try_timeout`, or fewer `max_attempts`";
        problems.at("retry.max_attempts", |problems| {
            problems.warning_with_code(codes::ATTEMPTS_DO_NOT_FIT, message, help);
        });
    }
}

/// The wait before the `n`-th retry, without jitter.
fn wait_before_jitter(backoff: &BackoffSettings, n: u32) -> Duration {
    let capped = |wait: Duration, max: Limit<Duration>| max.limited().map_or(wait, |max| wait.min(max));
    match backoff {
        BackoffSettings::None => Duration::ZERO,
        BackoffSettings::Fixed(fixed) => fixed.base,
        BackoffSettings::Linear(linear) => {
            capped(Duration::from_ns(linear.base.as_ns().saturating_mul(u64::from(n))), linear.max)
        }
        BackoffSettings::Exponential(exponential) => {
            let factor = (1..n).fold(1.0, |factor, _| factor * exponential.multiplier.get());
            // The conversion saturates, which is what a cap is for.
            capped(Duration::from_ns((exponential.base.as_ns() as f64 * factor) as u64), exponential.max)
        }
    }
}

fn check_queues(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        let is_unbounded = service
            .queue
            .as_ref()
            .is_some_and(|queue| queue.capacity == Limit::Unlimited && queue.timeout.is_none());
        let is_finite = service.threads.limited().is_some();
        if is_unbounded && is_finite && service.abandoned_work == AbandonedWork::Finish {
            let message = "this queue keeps every attempt, also those whose callers have given up";
            let help = "write a number as `capacity`, or let `abandoned_work` remove what nobody waits for";
            at_entry("services", name, problems, |problems| {
                problems.at("queue.capacity", |problems| {
                    problems.warning_with_code(codes::UNBOUNDED_QUEUE, message, help);
                });
            });
        }
    }
}

fn check_use(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    let used: BTreeSet<&str> = callers.iter().map(|caller| caller.policy).collect();
    for name in model.policies.keys().filter(|name| !used.contains(name.as_str())) {
        at_entry("policies", name, problems, |problems| {
            let message = format!("no call uses the policy `{name}`");
            problems.warning_with_code(
                codes::UNUSED,
                message,
                "name it as `policy` where something is called",
            );
        });
    }
    let reached = ServiceGraph::of(model).reached_from(0..model.workloads.len());
    let services = model.services.keys().zip(&reached[model.workloads.len()..]);
    for (name, _) in services.filter(|&(_, is_reached)| !is_reached) {
        at_entry("services", name, problems, |problems| {
            let message = format!("no request ever reaches the service `{name}`");
            problems.warning_with_code(codes::UNUSED, message, "call it from a handler, or remove it");
        });
    }
}

/// The most attempts that one request can become at a service, and on which way.
#[derive(Clone)]
struct Way {
    attempts: u64,
    /// The factors along the way, with the services that are called.
    hops: Vec<(u64, String)>,
    place: String,
}

fn check_amplification(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    let Some(worst) = worst_way(model, callers) else { return };
    let factors: Vec<String> =
        worst.hops.iter().map(|(attempts, to)| format!("{attempts} to `{to}`")).collect();
    let message = format!("one request can become {} attempts: {}", worst.attempts, factors.join(" x "));
    let help = "retry at one place along the way only, or lower `max_attempts`";
    problems.at(&worst.place, |problems| {
        problems.warning_with_code(codes::AMPLIFICATION, message, help);
    });
}

/// The way with the most attempts, if they are too many. There are no circles here.
fn worst_way(model: &Model, callers: &[Caller<'_>]) -> Option<Way> {
    let names: Vec<&String> = model.workloads.keys().chain(model.services.keys()).collect();
    let layers = ServiceGraph::of(model).layers();
    let layer =
        |caller: &&Caller<'_>| names.iter().position(|&name| name == caller.name).map(|index| layers[index]);
    let mut from_the_top: Vec<&Caller<'_>> = callers.iter().collect();
    from_the_top.sort_by_key(layer);
    let mut ways: BTreeMap<&str, Way> = BTreeMap::new();
    for caller in from_the_top {
        let policy = policy_named(model, caller.policy)?;
        let hedge = policy.hedge.as_ref().filter(|hedge| hedge.max_extra_load == Limit::Unlimited);
        let copies = hedge.map_or(1, |hedge| u64::from(hedge.max_attempts));
        let attempts = match policy.retry.as_ref().map_or(Limit::At(1), |retry| retry.max_attempts) {
            Limit::At(attempts) => u64::from(attempts.max(1)) * copies,
            // How often it really is tried depends on time; as long as it says nothing, the warning says nothing.
            Limit::Unlimited => return None,
        };
        let (before, mut hops) = match ways.get(caller.name) {
            Some(way) => (way.attempts, way.hops.clone()),
            None if model.workloads.contains_key(caller.name) => (1, Vec::new()),
            None => continue,
        };
        let total = before.saturating_mul(attempts);
        if ways.get(caller.to).is_none_or(|way| way.attempts < total) {
            hops.push((attempts, caller.to.to_owned()));
            let place = caller.path("policy");
            ways.insert(caller.to, Way { attempts: total, hops, place });
        }
    }
    let worst =
        ways.into_values().reduce(|worst, way| if way.attempts > worst.attempts { way } else { worst })?;
    (worst.attempts > AMPLIFICATION_MAX).then_some(worst)
}
