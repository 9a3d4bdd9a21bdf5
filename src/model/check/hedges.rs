//! What hedging does together with the timers and the retries of its policy.

use super::at_entry;
use crate::mechanism::Problems;
use crate::mechanism::hedge::{HedgeDelaySettings, HedgeSettings, OnHedgeFailure};
use crate::model::codes;
use crate::model::settings::{Model, PolicySettings};
use crate::quantity::Limit;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, policy) in &model.policies {
        let Some(hedge) = &policy.hedge else { continue };
        at_entry("policies", name, problems, |problems| {
            check_budget_is_shared(policy, hedge, problems);
            check_copies_are_sent(policy, hedge, problems);
        });
    }
}

/// Retries and copies multiply where nothing bounds both together.
pub(super) fn lacks_shared_budget(policy: &PolicySettings) -> bool {
    let retry = policy.retry.as_ref();
    policy.hedge.is_some() && retry.is_some_and(|it| it.max_attempts != Limit::At(1) && it.budget.is_none())
}

fn check_budget_is_shared(policy: &PolicySettings, hedge: &HedgeSettings, problems: &mut Problems) {
    let Some(retry) = policy.retry.as_ref().filter(|_| lacks_shared_budget(policy)) else { return };
    let copies = hedge.max_attempts;
    let message = match retry.max_attempts {
        Limit::At(attempts) => format!(
            "retries and hedges without a budget that they share: {attempts} attempts of {copies} copies each make {} of one call",
            u64::from(attempts) * u64::from(copies)
        ),
        Limit::Unlimited => format!(
            "retries and hedges without a budget that they share: every one of any number of attempts has up to {copies} copies"
        ),
    };
    let help = "write a `budget` in `retry`, from which hedges are taken too, such as `budget = { ratio = { percent = \"20%\" } }`, or `retry = { max_attempts = 1 }`";
    problems.at("hedge", |problems| {
        problems.warning_with_code(codes::HEDGES_MULTIPLY_RETRIES, message, help);
    });
}

fn check_copies_are_sent(policy: &PolicySettings, hedge: &HedgeSettings, problems: &mut Problems) {
    let delay = match &hedge.delay {
        HedgeDelaySettings::Fixed(delay) => *delay,
        HedgeDelaySettings::Percentile(percentile) => percentile.min,
    };
    let over = |timer: Limit<_>| timer.limited().filter(|timer| delay >= *timer);
    let (timer, end) = match (over(policy.timeout), over(policy.per_try_timeout)) {
        (Some(timeout), _) => ("timeout", timeout),
        // Otherwise a copy that has timed out is followed by the next.
        (None, Some(per_try)) if hedge.on_failure == OnHedgeFailure::Wait => ("per_try_timeout", per_try),
        _ => return,
    };
    let message = format!("no hedge is ever sent: after {delay} the `{timer}` of {end} is over");
    problems.at("hedge.delay", |problems| {
        problems.warning_with_code(codes::HEDGES_TOO_LATE, message, "write a shorter `delay`");
    });
}
