//! Whether a model makes sense as a whole: names, times, bounds, and how the timers of callers fit what they call.
//!
//! What concerns one mechanism alone is checked by its settings.

mod balancers;
mod caches;
mod calls;
mod faults;
mod handlers;
mod hedges;
mod leases;
mod locks;
mod memory;
mod network;
mod parts;
mod policies;
mod pools;
mod push;
mod registers;
mod run;
mod volume;
mod warming;
mod workloads;
mod writes;

pub(super) use volume::expected;

use super::codes;
use super::load::DEFAULT_POLICY;
use super::path::{is_name, written};
use super::settings::{Model, PolicySettings, StepCall};
use super::spelling::{closest, listed};
use crate::mechanism::Problems;
use crate::mechanism::arrivals::check_profile;
use crate::quantity::Bytes;

/// A name longer than this is no name any more, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 100;

impl Model {
    /// Notes everything that keeps the model from making sense, and what is probably not meant.
    pub fn check(&self, problems: &mut Problems) {
        check_names(self, problems);
        run::check(self, problems);
        parts::check(self, problems);
        handlers::check(self, problems);
        workloads::check(self, problems);
        network::check(self, problems);
        faults::check(self, problems);
        caches::check(self, problems);
        writes::check(self, problems);
        warming::check(self, problems);
        locks::check(self, problems);
        registers::check(self, problems);
        check_mechanisms(self, problems);
        balancers::check(self, problems);
        pools::check(self, problems);
        calls::check(self, problems);
        if !problems.has_errors() {
            volume::check(self, problems);
            policies::check(self, problems);
            hedges::check(self, problems);
            pools::check_doubtful(self, problems);
            push::check(self, problems);
            caches::check_doubtful(self, problems);
            memory::check_doubtful(self, problems);
            leases::check_doubtful(self, problems);
            writes::check_doubtful(self, problems);
            warming::check_doubtful(self, problems);
            locks::check_doubtful(self, problems);
            registers::check_doubtful(self, problems);
        }
    }
}

/// Somebody who calls a service.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    /// The table in which `to` and `policy` stand, as steps for [`Problems::at`]; of the use of a cache, what names the cache.
    pub(super) place: Vec<String>,
    /// The service or workload that calls.
    pub(super) name: &'a str,
    /// The service that is called.
    pub(super) to: &'a str,
    /// Which of its named handlers.
    pub(super) handler: Option<&'a str>,
    /// The policy that it is called with.
    pub(super) policy: &'a str,
    /// How much is sent, and how much comes back.
    pub(super) sizes: (Bytes, Bytes),
    /// It is made for a cache, which keeps what comes of it, or stores what it has: nobody gives up on it.
    pub(super) is_load: bool,
    /// It is made because a cache is in the service that is called.
    pub(super) is_for_cache: bool,
}

impl Caller<'_> {
    /// Runs `inside` at the place of the field `field` of this caller.
    fn at(&self, field: &str, problems: &mut Problems, inside: impl FnOnce(&mut Problems)) {
        problems.at(&self.path(field), inside);
    }

    /// Where this field stands, or what decides it.
    fn path(&self, field: &str) -> String {
        let place = self.place.join(".");
        if self.is_for_cache { place } else { format!("{place}.{field}") }
    }
}

/// Everybody who calls, workloads first.
pub(super) fn callers(model: &Model) -> Vec<Caller<'_>> {
    let mut found = Vec::new();
    for (name, workload) in &model.workloads {
        let place = vec!["workloads".to_owned(), written(name)];
        let handler = workload.handler.as_deref();
        let sizes = <(Bytes, Bytes)>::default();
        let (to, policy) = (&*workload.to, &*workload.policy);
        let (is_load, is_for_cache) = (false, false);
        found.push(Caller { place, name, to, handler, policy, sizes, is_load, is_for_cache });
    }
    for (name, service) in &model.services {
        for at in service.all_steps() {
            if let Some(StepCall { to, policy, handler, sizes }) = model.call_of(at.step) {
                let is_load = at.is_in_load() || writes::is_done_later(model, service, &at.path);
                let cache = at.step.cache_used();
                let field = cache.map_or("call", |(field, _)| field).to_owned();
                let place = vec!["services".to_owned(), written(name), at.path, field];
                let is_for_cache = cache.is_some();
                found.push(Caller { place, name, to, handler, policy, sizes, is_load, is_for_cache });
            }
        }
    }
    found
}

/// The policy with this name; the built-in one needs no table.
fn policy_named(model: &Model, name: &str) -> Option<PolicySettings> {
    let written = model.policies.get(name).cloned();
    written.or_else(|| (name == DEFAULT_POLICY).then(PolicySettings::default))
}

fn check_names(model: &Model, problems: &mut Problems) {
    problems.at("name", |problems| {
        if !is_good_name(&model.name) || model.name.starts_with('-') {
            let help = "it names the output directory: letters, digits, `_` and `-`, for example `checkout`";
            problems.error_with_code(codes::INVALID_NAME, "this is not a name for a model", help);
        }
    });
    check_keys("workloads", model.workloads.keys(), problems);
    check_keys("services", model.services.keys(), problems);
    check_keys("policies", model.policies.keys(), problems);
    check_keys("caches", model.caches.keys(), problems);
    check_keys("locks", model.locks.keys(), problems);
    check_keys("registers", model.registers.keys(), problems);
    check_keys("faults", model.faults.keys(), problems);
    for name in model.workloads.keys().filter(|name| model.services.contains_key(*name)) {
        at_entry("workloads", name, problems, |problems| {
            let message = format!("`{name}` is the name of a service, too");
            problems.error_with_code(
                codes::INVALID_NAME,
                message,
                "tables and messages tell callers by name: rename one",
            );
        });
    }
}

fn check_keys<'a>(table: &str, names: impl Iterator<Item = &'a String>, problems: &mut Problems) {
    for name in names.filter(|name| !is_good_name(name)) {
        at_entry(table, name, problems, |problems| {
            let message = "a name consists of letters, digits, `_` and `-`, at most 100 of them";
            let help = "paths, tables and sweeps are built from names";
            problems.error_with_code(codes::INVALID_NAME, message, help);
        });
    }
}

fn is_good_name(name: &str) -> bool {
    is_name(name) && name.len() <= NAME_CHARS_MAX
}

/// Notes that `name` is the name of no `kind`.
fn unknown_name<'a>(
    kind: &str,
    name: &str,
    names: impl Iterator<Item = &'a String>,
    problems: &mut Problems,
) {
    let names: Vec<&str> = names.map(String::as_str).collect();
    let help = match closest(name, &names) {
        Some(close) => format!("did you mean `{close}`?"),
        None if names.is_empty() => format!("the model has no {kind}"),
        None => format!("the model has {}", listed(&names)),
    };
    let message = format!("no {kind} is called `{}`", super::diagnostic::quotable(name));
    problems.error_with_code(codes::UNKNOWN_NAME, message, help);
}

/// The one place where the settings of the mechanisms check themselves: one line per mechanism, each at its path.
fn check_mechanisms(model: &Model, problems: &mut Problems) {
    for (name, workload) in &model.workloads {
        at_entry("workloads", name, problems, |problems| {
            problems.at("arrivals", |problems| workload.arrivals.check(problems));
            check_profile(&workload.profile, problems);
        });
    }
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            if let Some(queue) = &service.queue {
                let rejects_too = service.rate_limit.is_some();
                problems.at("queue", |problems| queue.check(rejects_too, problems));
            }
            if let Some(limit) = &service.rate_limit {
                problems.at("rate_limit", |problems| limit.check(problems));
            }
            if let Some(memory) = &service.memory {
                problems.at("memory", |problems| memory.check(problems));
            }
            if let Some(io) = service.io {
                problems.at("io", |problems| io.check(problems));
            }
            if let Some(switch) = service.context_switch {
                problems.at("context_switch", |problems| switch.check(problems));
            }
        });
    }
    for (name, cache) in &model.caches {
        at_entry("caches", name, problems, |problems| cache.check(problems));
    }
    for (name, policy) in &model.policies {
        at_entry("policies", name, problems, |problems| {
            if let Some(retry) = &policy.retry {
                problems.at("retry", |problems| retry.check(problems));
            }
            if let Some(throttle) = &policy.adaptive_throttle {
                problems.at("adaptive_throttle", |problems| throttle.check(problems));
            }
            if let Some(limit) = &policy.rate_limit {
                problems.at("rate_limit", |problems| limit.check(problems));
            }
            if let Some(detection) = &policy.outlier_detection {
                problems.at("outlier_detection", |problems| detection.check(problems));
            }
            if let Some(hedge) = &policy.hedge {
                problems.at("hedge", |problems| hedge.check(problems));
            }
            if let Some(bulkhead) = &policy.bulkhead {
                problems.at("bulkhead", |problems| bulkhead.check(problems));
            }
            if let Some(pool) = &policy.pool {
                problems.at("pool", |problems| pool.check(problems));
            }
            if let Some(breaker) = &policy.circuit_breaker {
                problems.at("circuit_breaker", |problems| breaker.check(problems));
            }
        });
    }
    for (name, fault) in &model.faults {
        at_entry("faults", name, problems, |problems| fault.check(problems));
    }
}

/// Runs `inside` at the entry `name` of one of the tables whose entries have names.
fn at_entry(table: &str, name: &str, problems: &mut Problems, inside: impl FnOnce(&mut Problems)) {
    problems.at(table, |problems| problems.at(&written(name), inside));
}

/// Notes a number outside `1..=max` at the current place.
fn check_count(value: u32, max: u32, problems: &mut Problems) {
    if value == 0 || value > max {
        let message = format!("`{value}` is not between 1 and {max}");
        problems.error_with_code(codes::OUT_OF_RANGE, message, "");
    }
}
