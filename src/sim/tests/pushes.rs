//! Changes of parameters. The language cannot write them yet, so the plans are completed by hand.

use super::scene::{plan, tell_of, users};
use crate::kernel::Time;
use crate::kernel::sampler::Sampler;
use crate::mechanism::Class;
use crate::mechanism::contention::{Applies, Contention, ContentionSettings, Counts, LinearSettings};
use crate::mechanism::fault::{Effect, Role, Select, Timing};
use crate::mechanism::queue::Order;
use crate::plan::{Change, Parameters, Plan, What};
use crate::quantity::{Limit, Share};

/// One thread with work of 100 ms, and users at 20 ms, 40 ms and 60 ms; the handler of `other` is there to be pushed.
fn one_thread() -> Plan {
    let services = r#"
[services.a]
threads = 1
queue = { capacity = "unlimited" }
handler = [{ work = "100ms" }]
[services.other]
threads = 1
queue = { capacity = 0 }
handler = [{ sleep = "10ms" }]
"#;
    plan(&(users("50/s", "70ms") + services))
}

/// Pushes what `change` makes of the parameters of service `a`.
fn push(
    plan: &mut Plan,
    name: &str,
    (at_ms, end_ms): (u64, Option<u64>),
    change: impl FnOnce(&mut Parameters),
) {
    let instant = |ms: u64| Time::from_ns(ms * 1_000_000);
    let mut parameters = plan.parameters[plan.services[0].parameters as usize].clone();
    change(&mut parameters);
    let set = plan.parameters.len() as u32;
    plan.parameters.push(parameters);
    plan.changes.push(Change {
        name: name.to_owned(),
        kind: "config_push",
        target: "a".to_owned(),
        timing: Timing {
            at: Some(instant(at_ms)),
            duration: end_ms.map(|end| Sampler::constant(instant(end).since(instant(at_ms)))),
            ..Timing::default()
        },
        after: None,
        ramp: None,
        role: Role::Background,
        what: What::Instances { service: 0, select: Select::All, effect: Effect::Parameters(set) },
        site: plan.edges[0].balancer_site,
        gap_site: plan.edges[0].balancer_site,
        duration_site: plan.edges[0].balancer_site,
    });
}

/// Work takes twice as long for an attempt that is alone, if it counts itself.
fn contention(counts: Counts) -> Contention {
    let linear = LinearSettings { per_request: Share::ONE, counts, applies: Applies::Throughout };
    Contention::new(&ContentionSettings::Linear(linear))
}

#[test]
fn more_threads_help_at_once_and_fewer_shrink_by_attrition() {
    let mut plan = one_thread();
    push(&mut plan, "push", (50, Some(100)), |parameters| parameters.threads = 2);
    let story = tell_of(plan);
    assert_eq!(story.threads_taken("a"), [(20, 0), (50, 10), (150, 90)]);
    assert_eq!(story.requests(), [(120, Class::Ok), (150, Class::Ok), (250, Class::Ok)]);
}

#[test]
fn an_attempt_finishes_the_handler_that_it_started() {
    let mut plan = one_thread();
    let other = plan.parameters[plan.services[1].parameters as usize].first_handler;
    push(&mut plan, "push", (50, None), |parameters| parameters.first_handler = other);
    assert_eq!(tell_of(plan).requests(), [(120, Class::Ok), (130, Class::Ok), (140, Class::Ok)]);
}

#[test]
fn pushes_un_stack_in_any_order() {
    let mut plan = one_thread();
    push(&mut plan, "a", (30, Some(130)), |parameters| parameters.threads = 3);
    push(&mut plan, "b", (35, Some(45)), |parameters| parameters.threads = 1);
    // Until 45 ms the last push by name allows one thread, and then the first one three.
    assert_eq!(tell_of(plan).threads_taken("a"), [(20, 0), (45, 5), (60, 0)]);
}

#[test]
fn a_smaller_queue_keeps_who_is_in_it() {
    let mut plan = one_thread();
    push(&mut plan, "push", (50, None), |parameters| parameters.queue.capacity = Limit::At(0));
    assert_eq!(tell_of(plan).requests(), [(60, Class::Overloaded), (120, Class::Ok), (220, Class::Ok)]);
}

/// A regression: of the settings of a queue only the capacity was pushed.
#[test]
fn the_order_of_a_queue_is_pushed_too() {
    let mut plan = one_thread();
    push(&mut plan, "push", (70, None), |parameters| parameters.queue.order = Order::Lifo);
    assert_eq!(tell_of(plan).threads_taken("a"), [(20, 0), (120, 60), (220, 180)]);
}

/// A regression: contention that only a push brings was ignored, and a change of contention waited for the next attempt.
#[test]
fn pushed_contention_slows_work_in_progress() {
    let alone = |plan: &mut Plan| plan.parameters[0].queue.capacity = Limit::At(0);
    let mut plan = one_thread();
    alone(&mut plan);
    push(&mut plan, "push", (50, Some(90)), |parameters| {
        parameters.contention = Some(contention(Counts::WithSelf));
    });
    // 30 ms at full speed, 20 ms of work in the 40 ms until 90 ms, and the last 50 ms at full speed.
    assert_eq!(tell_of(plan).requests()[2], (140, Class::Ok));

    let mut plan = one_thread();
    alone(&mut plan);
    plan.parameters[0].contention = Some(contention(Counts::WithSelf));
    push(&mut plan, "push", (40, Some(80)), |parameters| {
        parameters.contention = Some(contention(Counts::Others));
    });
    // 10 ms of work until 40 ms, 40 ms at full speed until 80 ms, and the last 50 ms at half of it.
    assert_eq!(tell_of(plan).requests()[2], (180, Class::Ok));
}
