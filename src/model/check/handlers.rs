//! The steps of handlers.

use std::collections::BTreeSet;

use super::{at_entry, check_count, is_good_name};
use crate::mechanism::Problems;
use crate::model::codes;
use crate::model::settings::{
    ChoiceSettings, Model, ParallelSettings, ServiceSettings, StepAt, StepSettings, collect_steps,
};
use crate::quantity::Share;

/// What is repeated or copied is written out when a model is compiled; longer handlers than this are a slip of the hand.
const STEPS_MAX: u64 = 100_000;

pub(super) fn check(model: &Model, problems: &mut Problems) {
    for (name, service) in &model.services {
        at_entry("services", name, problems, |problems| check_service(service, problems));
    }
}

fn check_service(service: &ServiceSettings, problems: &mut Problems) {
    if service.handler.is_empty() && service.handlers.is_empty() {
        let help = "write what is done for an attempt: `handler = [ { work = \"5ms\" } ]`";
        problems.at("handler", |problems| {
            problems.error_with_code(codes::INVALID_STEP, "a handler needs a step", help);
        });
    }
    for (name, steps) in &service.handlers {
        at_entry("handlers", name, problems, |problems| {
            if !is_good_name(name) {
                let message = "a name consists of letters, digits, `_` and `-`, at most 100 of them";
                problems.error_with_code(
                    codes::INVALID_NAME,
                    message,
                    "paths and sweeps are built from names",
                );
            }
            if steps.is_empty() {
                let help = "write what it does: `[ { work = \"5ms\" } ]`";
                problems.error_with_code(codes::INVALID_STEP, "a handler needs a step", help);
            }
        });
    }
    for (_, path, steps) in service.all_handlers() {
        let length = written_out(steps);
        if length > STEPS_MAX {
            let message = format!("written out, this handler has {length} steps, more than {STEPS_MAX}");
            problems.at(&path, |problems| {
                problems.error_with_code(codes::OUT_OF_RANGE, message, "lower `times` or `copies`");
            });
        }
        let mut found = Vec::new();
        collect_steps(&path, steps, &mut found);
        let mut names = BTreeSet::new();
        for StepAt { path, step } in found {
            problems.at(&path, |problems| check_step(step, &mut names, problems));
        }
    }
}

/// How many steps these are when what is repeated is written out.
fn written_out(steps: &[StepSettings]) -> u64 {
    let of_step = |step: &StepSettings| {
        let times = step.repeat.as_ref().map_or(1, |repeat| u64::from(repeat.times));
        let copies = step.parallel.as_ref().map_or(1, |parallel| u64::from(parallel.copies));
        let inner = step.inner().into_iter().map(|(_, steps)| written_out(steps));
        let inner = inner.fold(0_u64, u64::saturating_add);
        inner.saturating_mul(times).saturating_mul(copies).saturating_add(1)
    };
    steps.iter().map(of_step).fold(0, u64::saturating_add)
}

fn check_step<'a>(step: &'a StepSettings, names: &mut BTreeSet<&'a str>, problems: &mut Problems) {
    let kinds: Vec<&str> = step.kinds().collect();
    if kinds.is_empty() {
        let help = "a step is one of `work`, `io`, `sleep`, `call`, `cache`, `put`, `invalidate`, `lock`, `read`, `compare_and_set`, `fail`, `sequence`, `parallel`, `choose`, `try` and `repeat`";
        problems.error_with_code(codes::INVALID_STEP, "this step does nothing", help);
    } else if kinds.len() > 1 {
        let message = format!("a step is one thing, here it is {}", super::listed(&kinds));
        problems.error_with_code(codes::INVALID_STEP, message, "write one step for each, in their order");
    }
    for (path, steps) in step.inner() {
        if steps.is_empty() && path != "try.otherwise" && !path.starts_with("choose") {
            let message = "there is no step in here";
            problems.at(&path, |problems| {
                problems.error_with_code(
                    codes::INVALID_STEP,
                    message,
                    "write at least one step, such as `{ work = \"5ms\" }`",
                );
            });
        }
    }
    if let Some(parallel) = &step.parallel {
        problems.at("parallel", |problems| check_parallel(parallel, problems));
    }
    if let Some(ways) = &step.choose {
        problems.at("choose", |problems| check_choose(ways, problems));
    }
    if let Some(repeat) = &step.repeat {
        let max = STEPS_MAX as u32;
        problems.at("repeat.times", |problems| check_count(repeat.times, max, problems));
    }
    let Some(name) = &step.name else { return };
    problems.at("name", |problems| {
        let help = "the random numbers of a step belong to its name";
        if !is_good_name(name) {
            let message = "a name consists of letters, digits, `_` and `-`, at most 100 of them";
            problems.error_with_code(codes::INVALID_NAME, message, help);
        } else if !names.insert(name) {
            let message = format!("an earlier step of this handler is called `{name}`, too");
            problems.error_with_code(codes::INVALID_NAME, message, help);
        }
    });
}

fn check_parallel(parallel: &ParallelSettings, problems: &mut Problems) {
    let max = STEPS_MAX as u32;
    problems.at("copies", |problems| check_count(parallel.copies, max, problems));
    let branches = parallel.steps.len() as u64 * u64::from(parallel.copies);
    problems.at("wait", |problems| parallel.wait.check(branches, problems));
}

fn check_choose(ways: &[ChoiceSettings], problems: &mut Problems) {
    let sum: u64 = ways.iter().map(|way| u64::from(way.share.billionths())).sum();
    if sum != u64::from(Share::percent(100).billionths()) {
        let percent = sum as f64 / 1e7;
        let message = format!("the shares of these ways make {percent} %, not 100 %");
        let help = "one of the ways is taken each time: write one without steps for \"nothing\"";
        problems.error_with_code(codes::INVALID_STEP, message, help);
    }
}
