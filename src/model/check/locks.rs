//! `[locks.…]`, the steps that need them, and the order in which these are acquired.

use std::collections::{BTreeMap, BTreeSet};

use super::{at_entry, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::fault::LockHeld;
use crate::mechanism::lock::LockScope;
use crate::model::settings::{LockStepSettings, Model, ServiceSettings, StepSettings};
use crate::model::{ServiceGraph, codes};

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            for (_, path, steps) in service.all_handlers() {
                check_steps(model, &path, steps, &mut Vec::new(), problems);
            }
        });
    }
}

/// `held` are the locks that are held here, from outside in.
fn check_steps<'a>(
    model: &Model,
    list: &str,
    steps: &'a [StepSettings],
    held: &mut Vec<&'a str>,
    problems: &mut Problems,
) {
    for (index, step) in steps.iter().enumerate() {
        let path = format!("{list}[{index}]");
        if let Some(lock) = &step.lock {
            problems
                .at(&format!("{path}.lock.acquire"), |problems| check_acquire(model, lock, held, problems));
            held.push(&lock.acquire);
        }
        for (inner, steps) in step.inner() {
            check_steps(model, &format!("{path}.{inner}"), steps, held, problems);
        }
        if step.lock.is_some() {
            held.pop();
        }
    }
}

fn check_acquire(model: &Model, lock: &LockStepSettings, held: &[&str], problems: &mut Problems) {
    let name = &lock.acquire;
    if !model.locks.contains_key(name) {
        unknown_name("lock", name, model.locks.keys(), problems);
    } else if held.contains(&name.as_str()) {
        let message = format!("`{name}` is held here already, and would be waited for by the one who has it");
        let help = "remove this `lock`, and write its steps in its place";
        problems.error_with_code(codes::INVALID_STEP, message, help);
    }
}

/// What a fault holds; `problems` is at `lock_held`.
pub(super) fn check_held(model: &Model, fault: &LockHeld, problems: &mut Problems) {
    let Some(lock) = model.locks.get(&fault.lock) else {
        problems.at("lock", |problems| unknown_name("lock", &fault.lock, model.locks.keys(), problems));
        return;
    };
    if fault.key.is_some() && lock.scope != LockScope::Key {
        problems.at("key", |problems| {
            let message = format!("`{}` is not a lock of keys", fault.lock);
            let help = "remove `key`, or write `scope = \"key\"` for the lock";
            problems.error_with_code(codes::INVALID_SETTING, message, help);
        });
    }
}

/// What is probably not meant, in a model without errors.
pub(super) fn check_doubtful(model: &Model, problems: &mut Problems) {
    let steps = model.services.values().flat_map(ServiceSettings::all_steps);
    let used: BTreeSet<&str> = steps.filter_map(|at| Some(at.step.lock.as_ref()?.acquire.as_str())).collect();
    for (name, lock) in &model.locks {
        at_entry("locks", name, problems, |problems| {
            if !used.contains(name.as_str()) {
                let message = format!("nobody acquires `{name}`");
                let help =
                    format!("use it in a handler: `{{ lock = {{ acquire = \"{name}\", steps = [ … ] }} }}`");
                problems.warning_with_code(codes::UNUSED, message, help);
            } else if lock.scope == LockScope::Key && !model.has_keys() {
                problems.at("scope", |problems| {
                    let message = "all requests are about the same key: everybody needs the same lock";
                    let help = "write `keys = { zipf = { count = 100_000 } }` for the workloads, or `scope = \"global\"`";
                    problems.warning_with_code(codes::DOUBTFUL_SETTING, message, help);
                });
            }
        });
    }
    check_order(model, problems);
}

/// Locks that are acquired in a circle: some who have one may wait for those who have the next.
fn check_order(model: &Model, problems: &mut Problems) {
    let mut orders = Orders { model, known: BTreeMap::new(), found: BTreeMap::new() };
    for (name, service) in &model.services {
        for (handler, path, steps) in service.all_handlers() {
            orders.locks_of(name, handler);
            orders.walk(name, &format!("services.{name}.{path}"), steps, &mut Vec::new());
        }
    }
    let names: Vec<&String> = model.locks.keys().collect();
    let position = |name: &str| names.iter().position(|&other| other == name).unwrap_or_default();
    let pairs: Vec<(usize, usize)> =
        orders.found.keys().map(|&(outer, inner)| (position(outer), position(inner))).collect();
    let graph = ServiceGraph::new(names.iter().map(|&name| name.clone()), pairs);
    for cycle in graph.cycles() {
        if cycle.iter().any(|name| model.locks[*name].wait_timeout.limited().is_some()) {
            continue;
        }
        let Some(place) = orders.found.get(&(cycle[0], cycle[1])) else { continue };
        let message = format!(
            "these locks are acquired in a circle, so that requests may wait for one another for ever: {}",
            cycle.join(" -> ")
        );
        let help = "acquire them in the same order everywhere, or write a `wait_timeout` for one of them";
        problems.at(place, |problems| problems.warning_with_code(codes::LOCK_ORDER, message, help));
    }
}

/// Which locks are acquired while others are held.
struct Orders<'a> {
    model: &'a Model,
    /// By service and handler: the locks that it acquires, itself or through those that it calls.
    known: BTreeMap<(&'a str, Option<&'a str>), BTreeSet<&'a str>>,
    /// The outer lock and the inner one, and where the inner one is acquired, or called for.
    found: BTreeMap<(&'a str, &'a str), String>,
}

impl<'a> Orders<'a> {
    fn locks_of(&mut self, service: &'a str, handler: Option<&'a str>) -> BTreeSet<&'a str> {
        if let Some(known) = self.known.get(&(service, handler)) {
            return known.clone();
        }
        // Nobody calls in circles, or the model would have been refused.
        self.known.insert((service, handler), BTreeSet::new());
        let mut locks = BTreeSet::new();
        let settings = self.model.services.get(service);
        let handlers = settings.map(ServiceSettings::all_handlers).unwrap_or_default();
        let steps = handlers.into_iter().find(|(name, ..)| *name == handler).map_or(&[][..], |found| found.2);
        self.collect(steps, &mut locks);
        self.known.insert((service, handler), locks.clone());
        locks
    }

    fn collect(&mut self, steps: &'a [StepSettings], into: &mut BTreeSet<&'a str>) {
        for step in steps {
            if let Some(lock) = &step.lock {
                into.insert(&lock.acquire);
            }
            if let Some(call) = &step.call {
                into.extend(self.locks_of(&call.to, call.handler.as_deref()));
            }
            for (_, steps) in step.inner() {
                self.collect(steps, into);
            }
        }
    }

    fn walk(&mut self, service: &str, list: &str, steps: &'a [StepSettings], held: &mut Vec<&'a str>) {
        for (index, step) in steps.iter().enumerate() {
            let path = format!("{list}[{index}]");
            if let Some(lock) = &step.lock {
                for &outer in held.iter() {
                    self.note(outer, &lock.acquire, format!("{path}.lock.acquire"));
                }
                held.push(&lock.acquire);
            }
            if let Some(call) = &step.call {
                for inner in self.locks_of(&call.to, call.handler.as_deref()) {
                    // Another instance has another lock.
                    let is_other = call.to != service && self.model.locks[inner].scope == LockScope::Instance;
                    for &outer in held.iter().filter(|&&outer| outer != inner || !is_other) {
                        self.note(outer, inner, format!("{path}.call"));
                    }
                }
            }
            for (inner, steps) in step.inner() {
                self.walk(service, &format!("{path}.{inner}"), steps, held);
            }
            if step.lock.is_some() {
                held.pop();
            }
        }
    }

    fn note(&mut self, outer: &'a str, inner: &'a str, place: String) {
        self.found.entry((outer, inner)).or_insert(place);
    }
}
