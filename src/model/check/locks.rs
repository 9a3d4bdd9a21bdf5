//! `[locks.…]`, the steps that need them, and the order in which these are acquired.
//!
//! A load of a cache that others may wait for is like a lock that the load has: whoever looks the same thing up waits for its end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{at_entry, unknown_name};
use crate::mechanism::Problems;
use crate::mechanism::cache::Coalesce;
use crate::mechanism::fault::LockHeld;
use crate::mechanism::lock::LockScope;
use crate::model::settings::{LockStepSettings, Model, ServiceSettings, StepSettings};
use crate::model::{ServiceGraph, codes};

/// What somebody may have to wait for until somebody else is done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Awaited<'a> {
    Lock(&'a str),
    /// What this cache is loading.
    Load(&'a str),
}

impl fmt::Display for Awaited<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(name) => f.write_str(name),
            Self::Load(name) => write!(f, "the load of `{name}`"),
        }
    }
}

impl<'a> Awaited<'a> {
    /// What a step may wait for itself, the steps inside it left aside.
    fn by(model: &Model, step: &'a StepSettings) -> Option<Self> {
        if let Some(lock) = &step.lock {
            return Some(Self::Lock(&lock.acquire));
        }
        let get = step.cache.as_ref().filter(|get| !get.load.is_empty())?;
        let is_joint = model.caches.get(&get.get).is_some_and(|cache| cache.coalesce != Coalesce::None);
        is_joint.then_some(Self::Load(&get.get))
    }

    /// Where it stands in the step.
    const fn field(self) -> &'static str {
        match self {
            Self::Lock(_) => "lock.acquire",
            Self::Load(_) => "cache.get",
        }
    }

    /// Whether others wait for it while these steps inside the step are done.
    fn lasts(self, inner: &str) -> bool {
        match self {
            Self::Lock(_) => true,
            Self::Load(_) => inner == "cache.load",
        }
    }

    /// Whether each instance has one of its own.
    fn is_of_instance(self, model: &Model) -> bool {
        match self {
            Self::Lock(name) => model.locks[name].scope == LockScope::Instance,
            Self::Load(name) => model.caches[name].coalesce == Coalesce::Instance,
        }
    }
}

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| {
            for (_, path, steps) in service.all_handlers() {
                check_steps(model, &path, steps, &mut Vec::new(), problems);
            }
        });
    }
}

/// `held` is what others wait for here, from outside in.
fn check_steps<'a>(
    model: &Model,
    list: &str,
    steps: &'a [StepSettings],
    held: &mut Vec<Awaited<'a>>,
    problems: &mut Problems,
) {
    for (index, step) in steps.iter().enumerate() {
        let path = format!("{list}[{index}]");
        let awaited = Awaited::by(model, step);
        if let Some(awaited) = awaited {
            problems.at(&format!("{path}.{}", awaited.field()), |problems| match &step.lock {
                Some(lock) => check_acquire(model, lock, held, problems),
                None => check_look_up(awaited, held, problems),
            });
        }
        for (inner, steps) in step.inner() {
            let depth = held.len();
            held.extend(awaited.filter(|awaited| awaited.lasts(&inner)));
            check_steps(model, &format!("{path}.{inner}"), steps, held, problems);
            held.truncate(depth);
        }
    }
}

fn check_look_up(load: Awaited<'_>, held: &[Awaited<'_>], problems: &mut Problems) {
    if held.contains(&load) {
        let message = format!("this is done in {load}, and would wait for the end of that");
        let help = "remove this look-up: what it looks for is what is loaded here; or write `coalesce = \"none\"` for the cache";
        problems.error_with_code(codes::INVALID_STEP, message, help);
    }
}

fn check_acquire(model: &Model, lock: &LockStepSettings, held: &[Awaited<'_>], problems: &mut Problems) {
    let name = &lock.acquire;
    if !model.locks.contains_key(name) {
        unknown_name("lock", name, model.locks.keys(), problems);
    } else if held.contains(&Awaited::Lock(name)) {
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

/// Locks, and loads, that are waited for in a circle: some who have one may wait for those who have the next.
fn check_order(model: &Model, problems: &mut Problems) {
    let mut orders = Orders { model, known: BTreeMap::new(), found: BTreeMap::new() };
    for (name, service) in &model.services {
        for (handler, path, steps) in service.all_handlers() {
            orders.awaited_by(name, handler);
            orders.walk(name, &format!("services.{name}.{path}"), steps, &mut Vec::new());
        }
    }
    let found = orders.found;
    let both: BTreeSet<Awaited<'_>> = found.keys().flat_map(|&(outer, inner)| [outer, inner]).collect();
    let all: Vec<Awaited<'_>> = both.into_iter().collect();
    let names: Vec<String> = all.iter().map(Awaited::to_string).collect();
    let position = |awaited: Awaited<'_>| all.iter().position(|&other| other == awaited).unwrap_or_default();
    let pairs: Vec<(usize, usize)> =
        found.keys().map(|&(outer, inner)| (position(outer), position(inner))).collect();
    let graph = ServiceGraph::new(names.iter().cloned(), pairs);
    for cycle in graph.cycles() {
        let way: Vec<Awaited<'_>> = cycle
            .iter()
            .filter_map(|&name| Some(all[names.iter().position(|other| other == name)?]))
            .collect();
        let ends = |awaited: &Awaited<'_>| matches!(awaited, Awaited::Lock(name) if model.locks[*name].wait_timeout.limited().is_some());
        if way.iter().any(ends) {
            continue;
        }
        let Some(place) = found.get(&(way[0], way[1])) else { continue };
        let (what, help) = if way.iter().all(|awaited| matches!(awaited, Awaited::Lock(_))) {
            (
                "these locks are acquired in a circle",
                "acquire them in the same order everywhere, or write a `wait_timeout` for one of them",
            )
        } else {
            (
                "these are waited for in a circle",
                "look nothing up under a lock that its `load` needs; or write a `wait_timeout` for a lock among them, or `coalesce = \"none\"` for a cache",
            )
        };
        let message =
            format!("{what}, so that requests may wait for one another for ever: {}", cycle.join(" -> "));
        problems.at(place, |problems| problems.warning_with_code(codes::LOCK_ORDER, message, help));
    }
}

/// What is waited for while others wait for something else.
struct Orders<'a> {
    model: &'a Model,
    /// By service and handler: what it waits for, itself or through those that it calls.
    known: BTreeMap<(&'a str, Option<&'a str>), BTreeSet<Awaited<'a>>>,
    /// The outer lock and the inner one, and where the inner one is acquired, or called for.
    found: BTreeMap<(Awaited<'a>, Awaited<'a>), String>,
}

impl<'a> Orders<'a> {
    fn awaited_by(&mut self, service: &'a str, handler: Option<&'a str>) -> BTreeSet<Awaited<'a>> {
        if let Some(known) = self.known.get(&(service, handler)) {
            return known.clone();
        }
        // Nobody calls in circles, or the model would have been refused.
        self.known.insert((service, handler), BTreeSet::new());
        let mut awaited = BTreeSet::new();
        let settings = self.model.services.get(service);
        let handlers = settings.map(ServiceSettings::all_handlers).unwrap_or_default();
        let steps = handlers.into_iter().find(|(name, ..)| *name == handler).map_or(&[][..], |found| found.2);
        self.collect(steps, &mut awaited);
        self.known.insert((service, handler), awaited.clone());
        awaited
    }

    fn collect(&mut self, steps: &'a [StepSettings], into: &mut BTreeSet<Awaited<'a>>) {
        for step in steps {
            into.extend(Awaited::by(self.model, step));
            if let Some(call) = self.model.call_of(step) {
                into.extend(self.awaited_by(call.to, call.handler));
            }
            for (_, steps) in step.inner() {
                self.collect(steps, into);
            }
        }
    }

    fn walk(&mut self, service: &str, list: &str, steps: &'a [StepSettings], held: &mut Vec<Awaited<'a>>) {
        for (index, step) in steps.iter().enumerate() {
            let path = format!("{list}[{index}]");
            let awaited = Awaited::by(self.model, step);
            if let Some(awaited) = awaited {
                for &outer in held.iter() {
                    self.note(outer, awaited, format!("{path}.{}", awaited.field()));
                }
            }
            if let Some(call) = self.model.call_of(step) {
                let field = step.cache_used().map_or("call", |(field, _)| field);
                for inner in self.awaited_by(call.to, call.handler) {
                    // Another instance has another one.
                    let is_other = call.to != service && inner.is_of_instance(self.model);
                    for &outer in held.iter().filter(|&&outer| outer != inner || !is_other) {
                        self.note(outer, inner, format!("{path}.{field}"));
                    }
                }
            }
            for (inner, steps) in step.inner() {
                let depth = held.len();
                held.extend(awaited.filter(|awaited| awaited.lasts(&inner)));
                self.walk(service, &format!("{path}.{inner}"), steps, held);
                held.truncate(depth);
            }
        }
    }

    fn note(&mut self, outer: Awaited<'a>, inner: Awaited<'a>, place: String) {
        self.found.entry((outer, inner)).or_insert(place);
    }
}
