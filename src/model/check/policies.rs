//! What policies of callers do together, and to the traffic that they see: retries that nothing bounds, timers that outlive those who wait, breakers that never act.

use super::hedges::lacks_shared_budget;
use super::{Caller, at_entry, callers, policy_named};
use crate::mechanism::Problems;
use crate::mechanism::arrivals::{ArrivalSettings, ProfileStep};
use crate::mechanism::circuit_breaker::{
    CircuitBreakerSettings, Per, SuccessRule, TimeWindowSettings, WindowSettings,
};
use crate::model::codes;
use crate::model::settings::{Model, PolicySettings, Scope, WorkloadSettings};
use crate::quantity::{Duration, Limit};

/// Up to so many attempts of a call are nobody's worry.
const ATTEMPTS_WITHOUT_BUDGET: u32 = 2;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, policy) in &model.policies {
        at_entry("policies", name, problems, |problems| {
            check_retries_are_bounded(policy, problems);
            check_probes_end(policy, problems);
        });
    }
    let callers = callers(model);
    check_outliers_are_ejected(model, &callers, problems);
    for caller in &callers {
        check_outliving_calls(model, caller, &callers, problems);
    }
    for (name, workload) in &model.workloads {
        if let Some(breaker) = model.policies.get(&workload.policy).and_then(|it| it.circuit_breaker.as_ref())
        {
            check_breaker_sees_enough(model, name, workload, breaker, problems);
        }
    }
}

/// Nothing but `max_attempts` keeps a service that fails for everybody from getting that many times the load.
fn check_retries_are_bounded(policy: &PolicySettings, problems: &mut Problems) {
    let Some(retry) = &policy.retry else { return };
    let (times, is_many) = match retry.max_attempts {
        Limit::At(attempts) => (format!("{attempts} times"), attempts > ATTEMPTS_WITHOUT_BUDGET),
        Limit::Unlimited => ("without limit".to_owned(), true),
    };
    let is_bounded = retry.budget.is_some() || policy.circuit_breaker.is_some();
    if is_many && !is_bounded && !lacks_shared_budget(policy) {
        let message = format!("retries without a budget: when everything fails, each call is tried {times}");
        let help = "write a budget for all calls together, such as `budget = { ratio = { percent = \"20%\" } }`, or `budget = \"unlimited\"` if that is meant";
        problems.at("retry", |problems| problems.warning_with_code(codes::NO_RETRY_BUDGET, message, help));
    }
}

fn check_probes_end(policy: &PolicySettings, problems: &mut Problems) {
    let Some(breaker) = &policy.circuit_breaker else { return };
    let has_timer = policy.timeout.limited().or(policy.per_try_timeout.limited()).is_some();
    if breaker.half_open_max_wait == Limit::Unlimited && !has_timer {
        let message = "probes have no timer: one that hangs keeps the breaker half-open for ever";
        let help = "write `half_open_max_wait`, or `per_try_timeout` in this policy";
        problems.at("circuit_breaker", |problems| {
            problems.warning_with_code(codes::BREAKER_GETS_STUCK, message, help);
        });
    }
}

/// One of few instances is more than the share that may be ejected.
fn check_outliers_are_ejected(model: &Model, callers: &[Caller<'_>], problems: &mut Problems) {
    for (name, policy) in &model.policies {
        let Some(detection) = &policy.outlier_detection else { continue };
        let mut targets = callers.iter().filter(|caller| caller.policy == name);
        let spared = targets.find_map(|caller| {
            let instances = model.services.get(caller.to)?.instances;
            detection.spares_all_of(instances).then_some((caller.to, instances))
        });
        let Some((target, instances)) = spared else { continue };
        let share = detection.max_ejection_percent;
        let message = if instances == 1 {
            format!("`{target}` has one instance, so nobody is ever ejected")
        } else {
            format!(
                "one of the {instances} instances of `{target}` is more than {share}, so nobody is ever ejected"
            )
        };
        let help = "write a larger `max_ejection_percent`, or `always_eject_one_host = true` as in gRPC";
        at_entry("policies", name, problems, |problems| {
            problems.at("outlier_detection.max_ejection_percent", |problems| {
                problems.warning_with_code(codes::OUTLIERS_STAY, message, help);
            });
        });
    }
}

/// The time after which an attempt under a policy is certainly given up.
fn patience(policy: &PolicySettings) -> Option<Duration> {
    match (policy.timeout.limited(), policy.per_try_timeout.limited()) {
        (Some(timeout), Some(per_try)) => Some(timeout.min(per_try)),
        (timeout, per_try) => timeout.or(per_try),
    }
}

/// A handler that calls for longer than its own caller waits does the rest for nobody.
fn check_outliving_calls(model: &Model, inner: &Caller<'_>, callers: &[Caller<'_>], problems: &mut Problems) {
    let Some(policy) = policy_named(model, inner.policy) else { return };
    let Limit::At(timeout) = policy.timeout else { return };
    if policy.deadline.propagate || inner.is_load {
        return;
    }
    let outers = callers.iter().filter(|outer| outer.to == inner.name);
    let waits = outers.filter_map(|outer| Some((patience(&policy_named(model, outer.policy)?)?, outer.name)));
    let Some((shortest, name)) = waits.min() else { return };
    let waits = policy.rate_limit.map_or(Limit::At(Duration::ZERO), |limit| limit.wait_before_timeout());
    let longest = waits.limited().map(|wait| wait + timeout);
    if longest.is_none_or(|longest| longest > shortest) {
        let goes_on = longest.map_or_else(
            || "until it has a permit, however long that takes".to_owned(),
            |longest| format!("for {longest}"),
        );
        let message = format!(
            "`{name}` gives up on `{}` after {shortest}, but this call may go on {goes_on}: the rest is done for nobody",
            inner.name
        );
        let help = format!(
            "write `deadline = {{ propagate = true }}` or a shorter `timeout` in `[policies.{}]`",
            inner.policy
        );
        inner.at("policy", problems, |problems| {
            problems.warning_with_code(codes::OUTLIVES_CALLER, message, help);
        });
    }
}

/// A breaker that only acts on rates needs enough calls in its window, and one that was open enough probes in its time.
fn check_breaker_sees_enough(
    model: &Model,
    name: &str,
    workload: &WorkloadSettings,
    breaker: &CircuitBreakerSettings,
    problems: &mut Problems,
) {
    let (ArrivalSettings::Open(open), Some(policy)) =
        (&workload.arrivals, model.policies.get(&workload.policy))
    else {
        return;
    };
    let clients = if policy.scope == Scope::Instance { workload.clients } else { 1 };
    let hosts = match breaker.per {
        Per::Target => 1,
        Per::Host => model.services.get(&workload.to).map_or(1, |service| service.instances),
    };
    let largest = |scale: f64, step: &ProfileStep| scale.max(step.scale.get());
    let scale = if workload.profile.is_empty() { 1.0 } else { workload.profile.iter().fold(0.0, largest) };
    let per_s = open.rate.as_per_s_f64() * scale / f64::from(clients) / f64::from(hosts);
    let shared = match (clients, hosts) {
        (1, 1) => String::new(),
        (_, 1) => format!("; the load of `{name}` is shared by {clients} clients, each with its own"),
        _ => format!("; there are {clients} clients with a breaker for each of {hosts} hosts"),
    };
    check_it_can_close(workload, breaker, per_s, &shared, problems);
    let WindowSettings::Time(TimeWindowSettings { duration, .. }) = breaker.window else { return };
    if breaker.consecutive_failures != Limit::Unlimited {
        return;
    }
    let attempts = policy.retry.as_ref().map_or(1, |retry| retry.max_attempts.limited().unwrap_or(1000));
    let seen = per_s * duration.as_secs_f64() * f64::from(attempts);
    if seen < f64::from(breaker.minimum_calls) {
        let message = format!(
            "this breaker never acts: each sees about {seen:.1} outcomes in a window of {duration}, and `minimum_calls` is {}",
            breaker.minimum_calls
        );
        let help = format!("write fewer `minimum_calls`, a longer window, or `consecutive_failures`{shared}");
        at_entry("policies", &workload.policy, problems, |problems| {
            problems.at("circuit_breaker.minimum_calls", |problems| {
                problems.warning_with_code(codes::BREAKER_NEVER_ACTS, message, help);
            });
        });
    }
}

/// A half-open breaker whose probes do not come in time opens again, though none of them fails.
fn check_it_can_close(
    workload: &WorkloadSettings,
    breaker: &CircuitBreakerSettings,
    per_s: f64,
    shared: &str,
    problems: &mut Problems,
) {
    let Limit::At(wait) = breaker.half_open_max_wait else { return };
    let needed = match breaker.half_open_success_rule {
        SuccessRule::Rate => breaker.half_open_max_calls.min(breaker.minimum_calls),
        SuccessRule::AllConsecutive => breaker.half_open_max_calls,
        SuccessRule::First => 1,
    };
    let seen = per_s * wait.as_secs_f64();
    if seen < f64::from(needed) {
        let message = format!(
            "this breaker hardly closes again: it needs {needed} probes within `half_open_max_wait` {wait}, and sees about {seen:.1} calls"
        );
        let help = format!("write a longer `half_open_max_wait`, or fewer `half_open_max_calls`{shared}");
        at_entry("policies", &workload.policy, problems, |problems| {
            problems.at("circuit_breaker.half_open_max_wait", |problems| {
                problems.warning_with_code(codes::BREAKER_DOES_NOT_CLOSE, message, help);
            });
        });
    }
}
