//! `memory` of services, and the faults that fill it.

use super::{at_entry, callers, policy_named};
use crate::mechanism::Problems;
use crate::mechanism::memory::MemorySettings;
use crate::model::codes;
use crate::model::settings::{Model, ServiceSettings};
use crate::quantity::{Bytes, Limit};

/// A fault that concerns the memory of a service hits one that has any.
pub(super) fn check_fault(model: &Model, name: &str, needs_collector: bool, problems: &mut Problems) {
    // That it is not there is said elsewhere.
    let Some(service) = model.services.get(name) else { return };
    match &service.memory {
        None => problems.at("service", |problems| {
            problems.error(
                format!("the memory of `{name}` is not limited, so nothing can fill it"),
                format!("add `memory = {{ heap = \"4GiB\", … }}` to `[services.{name}]`"),
            );
        }),
        Some(memory) if needs_collector && memory.collector.is_none() => problems.at("service", |problems| {
            problems.error(
                format!("nothing is collected in `{name}`: what nobody uses any more is gone at once, however much it was"),
                format!("add a `collector` to `services.{name}.memory`, or write `memory_stress`"),
            );
        }),
        Some(_) => {}
    }
}

/// What is probably not meant, in a model without errors.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        let Some(memory) = &service.memory else { continue };
        let has_pool = callers(model).iter().any(|caller| {
            caller.to == name && policy_named(model, caller.policy).is_some_and(|it| it.pool.is_some())
        });
        at_entry("services", name, problems, |problems| {
            problems.at("memory", |problems| check_memory(service, memory, has_pool, problems));
        });
    }
}

fn check_memory(service: &ServiceSettings, memory: &MemorySettings, has_pool: bool, problems: &mut Problems) {
    if !memory.live_per_connection.is_zero() && !has_pool {
        problems.at("live_per_connection", |problems| {
            problems.warning_with_code(
                codes::UNUSED,
                "nobody keeps connections to this service",
                "write a `pool` in the policies of its callers, or add it to `live_per_request`",
            );
        });
    }
    if !memory.live_per_queued.is_zero() && service.threads == Limit::Unlimited {
        problems.at("live_per_queued", |problems| {
            problems.warning_with_code(
                codes::UNUSED,
                "nobody ever waits in the queue: `threads` is `\"unlimited\"`",
                "leave it out, or give `threads` a number",
            );
        });
    }
    if memory.collector.is_none() && memory.allocated_per_request.is_some() {
        problems.at("allocated_per_request", |problems| {
            problems.warning_with_code(
                codes::UNUSED,
                "without a `collector` what nobody uses any more is gone at once, however much it was",
                "leave it out, or write a `collector`",
            );
        });
    }
    check_full_house(service, memory, problems);
}

/// Where everything that may be inside at a time does not fit, a stall ends in a kill.
fn check_full_house(service: &ServiceSettings, memory: &MemorySettings, problems: &mut Problems) {
    let Limit::At(threads) = service.threads else { return };
    let Some(Limit::At(capacity)) = service.queue.as_ref().map(|queue| queue.capacity) else { return };
    let of = |each: Bytes, count: u32| u128::from(each.get()) * u128::from(count);
    let full = u128::from(memory.base_live.get())
        + of(memory.live_per_request, threads)
        + of(memory.live_per_queued, capacity);
    if full < u128::from(memory.heap.get()) {
        return;
    }
    let full = Bytes::new(u64::try_from(full).unwrap_or(u64::MAX));
    problems.at("heap", |problems| {
        problems.warning_with_code(
            codes::HEAP_TOO_SMALL,
            format!(
                "with all {threads} threads busy and {capacity} attempts in the queue {full} are alive, and there is room for {}",
                memory.heap
            ),
            "give it a larger `heap`, or fewer `threads` and a shorter `queue`: what stalls it kills it",
        );
    });
}
