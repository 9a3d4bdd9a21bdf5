//! Generated locks and registers: steps of a model are done under locks, or between a read and a write of the same thing, and something outside holds a lock for a while.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use metastable::mechanism::fault::{FaultSettings, LockHeld, Role};
use metastable::mechanism::lock::{LockMode, LockScope, LockSettings};
use metastable::mechanism::register::{RegisterScope, RegisterSettings};
use metastable::model::{LockStepSettings, Model, ServiceSettings, StepSettings};
use metastable::quantity::{Distribution, Limit};

use super::models::milliseconds;

/// A lock or a register, and what is put under it or between.
#[derive(Clone, Debug)]
pub(crate) struct SharedDraft {
    scope: Index,
    /// Registers have none.
    lock: Option<LockDraft>,
    places: Vec<(Index, Index, LockMode)>,
}

#[derive(Clone, Debug)]
struct LockDraft {
    wait_timeout: Limit<u64>,
    held: Option<(u64, LockMode, Option<u32>, Role)>,
}

pub(crate) fn shared() -> BoxedStrategy<SharedDraft> {
    let mode = || prop_oneof![3 => Just(LockMode::Exclusive), 1 => Just(LockMode::Shared)];
    let role = prop_oneof![Just(Role::Trigger), Just(Role::Background)];
    let wait_timeout =
        prop_oneof![3 => (0_u64..=40).prop_map(|step| Limit::At(step * 5)), 1 => Just(Limit::Unlimited)];
    let held = option::of((0_u64..=40, mode(), option::of(0_u32..3), role));
    let lock = (wait_timeout, held).prop_map(|(wait_timeout, held)| LockDraft { wait_timeout, held });
    let places = prop::collection::vec((any::<Index>(), any::<Index>(), mode()), 1..=2);
    (any::<Index>(), option::weighted(0.7, lock), places)
        .prop_map(|(scope, lock, places)| SharedDraft { scope, lock, places })
        .boxed()
}

/// The model with these; those of several that are around the same step stand inside one another.
pub(crate) fn with_shared(mut model: Model, drafts: &[SharedDraft]) -> Model {
    for (draft, name) in drafts.iter().zip(["latch", "row"]) {
        if let Some(lock) = &draft.lock {
            add_lock(&mut model, name, draft, lock);
            continue;
        }
        let scope = *draft.scope.get(&[RegisterScope::Key, RegisterScope::Global]);
        model.registers.insert(name.to_owned(), RegisterSettings { scope });
        for &(service, step, _) in &draft.places {
            around(&mut model, service, step, |behind| {
                let read = StepSettings { read: Some(name.to_owned()), ..StepSettings::default() };
                let set = StepSettings { compare_and_set: Some(name.to_owned()), ..StepSettings::default() };
                StepSettings { sequence: Some(vec![read, behind, set]), ..StepSettings::default() }
            });
        }
    }
    model
}

fn add_lock(model: &mut Model, name: &str, draft: &SharedDraft, lock: &LockDraft) {
    let scope = *draft.scope.get(&[LockScope::Key, LockScope::Instance, LockScope::Global]);
    // A lock at several places may be waited for in a circle, through calls: nobody waits there for ever.
    let wait_timeout = match lock.wait_timeout {
        Limit::Unlimited if model.locks.is_empty() && draft.places.len() == 1 => Limit::Unlimited,
        Limit::Unlimited => Limit::At(milliseconds(100)),
        Limit::At(ms) => Limit::At(milliseconds(ms)),
    };
    model.locks.insert(name.to_owned(), LockSettings { scope, wait_timeout });
    for &(service, step, mode) in &draft.places {
        around(model, service, step, |behind| {
            let lock = LockStepSettings { acquire: name.to_owned(), mode, steps: vec![behind] };
            StepSettings { lock: Some(lock), ..StepSettings::default() }
        });
    }
    if let Some((at, mode, key, role)) = lock.held {
        let key = key.filter(|_| scope == LockScope::Key);
        let fault = FaultSettings {
            at: Some(milliseconds(at * 100)),
            duration: Some(Distribution::Constant(milliseconds(at * 50 + 5))),
            role: Some(role),
            lock_held: Some(LockHeld { lock: name.to_owned(), key, mode }),
            ..FaultSettings::default()
        };
        model.faults.insert(format!("hold_{name}"), fault);
    }
}

fn around(model: &mut Model, service: Index, step: Index, into: impl FnOnce(StepSettings) -> StepSettings) {
    let names: Vec<String> = model.services.keys().cloned().collect();
    let handler = &mut model.services.get_mut(service.get(&names)).expect("it is one of them").handler;
    let index = step.index(handler.len());
    let behind = std::mem::take(&mut handler[index]);
    handler[index] = into(behind);
}

/// The model without them: what happens to one request does not depend on others by them.
pub(crate) fn without_shared(mut model: Model) -> Model {
    for ServiceSettings { handler, .. } in model.services.values_mut() {
        let steps = std::mem::take(handler);
        handler.extend(steps.into_iter().map(bare));
    }
    model.locks.clear();
    model.registers.clear();
    model.faults.retain(|_, fault| fault.lock_held.is_none());
    model
}

/// What such a step is around.
fn bare(step: StepSettings) -> StepSettings {
    let is_version = |step: &StepSettings| step.register_used().is_some();
    match (step.lock, step.sequence) {
        (Some(lock), _) => lock.steps.into_iter().next().map(bare).unwrap_or_default(),
        (None, Some(steps)) if steps.first().is_some_and(is_version) => {
            steps.into_iter().nth(1).map(bare).unwrap_or_default()
        }
        (lock, sequence) => StepSettings { lock, sequence, ..step },
    }
}
