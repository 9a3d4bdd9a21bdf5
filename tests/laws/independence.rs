//! Randomness belongs to a place and not to a moment: a change to one part of a model leaves what the others draw as it was.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use metastable::kernel::Time;
use metastable::mechanism::Class;
use metastable::mechanism::fault::{FaultSettings, Role};
use metastable::model::Model;
use metastable::observe::Run;

use super::models::{constant_speed_model, model, retry, set_retries};
use super::worlds::{Requests, compile, config, drew_the_same, run, run_model};

proptest! {
    #![proptest_config(config(3))]

    #[test]
    fn what_is_unrelated_changes_nothing(model in model()) {
        let mut larger = model.clone();
        let other: Model = Model::decode("unrelated.toml", UNRELATED).expect("the unrelated model is valid");
        // Names before, between and after all others, so that every position in every list moves.
        larger.workloads.extend(other.workloads);
        larger.services.extend(other.services);
        larger.policies.extend(other.policies);
        larger.caches.extend(other.caches);
        larger.locks.extend(other.locks);
        larger.registers.extend(other.registers);
        larger.faults.extend(other.faults);
        let (small, large) = (run_model(&model), run_model(&larger));
        prop_assert!(large.services.iter().any(|service| service.name == "zebra" && service.rows.iter().any(|row| row.received > 0)));
        contains(&large, &small)?;
    }

    #[test]
    fn a_retry_policy_changes_no_arrival_and_no_first_attempt(
        mut model in constant_speed_model(),
        retries in vec(retry(), 3),
    ) {
        let mut other = model.clone();
        set_retries(&mut other, &retries);
        // The timers that unlimited attempts need are no part of the change: both have them.
        for (policy, changed) in model.policies.values_mut().zip(other.policies.values()) {
            policy.timeout = changed.timeout;
        }
        let (one, two) = (requests(&model), requests(&other));
        for (one, two) in one.workloads.iter().zip(&two.workloads) {
            prop_assert_eq!(one.len(), two.len());
            for (one, two) in one.iter().zip(two) {
                prop_assert!(drew_the_same(one, two), "{:?} and {:?}", one, two);
            }
        }
    }

    #[test]
    fn a_load_spike_adds_its_own_arrivals_and_no_other_change(mut model in constant_speed_model()) {
        let is_spike = |factor: f64| factor > 1.0;
        // What a trigger adds is marked, and so can be told from the rest.
        model.faults.values_mut().for_each(|fault| fault.role = Some(Role::Trigger));
        let mut without = model.clone();
        without.faults.retain(|_, fault| fault.load_spike.as_ref().is_none_or(|spike| !is_spike(spike.factor.get())));
        let (with, without) = (requests(&model), requests(&without));
        for index in 0..model.workloads.len() {
            prop_assert!(without.workloads[index].iter().all(|request| !request.extra));
            let (own, alone) = (with.own(index), without.own(index));
            prop_assert_eq!(own.len(), alone.len());
            for (own, alone) in own.iter().zip(&alone) {
                prop_assert!(drew_the_same(own, alone), "{:?} and {:?}", own, alone);
            }
        }
    }

    #[test]
    fn what_a_background_fault_adds_belongs_to_the_world(model in model()) {
        let twin = compile(&model).without_triggers();
        let (twin, _, ()) = run(&twin, model.run.seed, ());
        for row in twin.workloads.iter().flat_map(|workload| &workload.rows) {
            prop_assert_eq!((row.extra_offered, row.extra_inside), (0, 0));
        }
    }

    #[test]
    fn a_load_cut_takes_arrivals_away_and_moves_none(model in constant_speed_model()) {
        let mut without = model.clone();
        without.faults.retain(|_, fault| fault.load_spike.is_none());
        let mut cut = model.clone();
        cut.faults.retain(|_, fault| fault.load_spike.as_ref().is_none_or(|spike| spike.factor.get() < 1.0));
        let (cut, without) = (requests(&cut), requests(&without));
        for (cut, all) in cut.workloads.iter().zip(&without.workloads) {
            let mut all = all.iter();
            for request in cut {
                let same = all.find(|other| other.at == request.at);
                prop_assert!(same.is_some_and(|other| drew_the_same(request, other)), "{:?} and {:?}", request, same);
            }
        }
    }

    #[test]
    fn the_twin_is_the_model_without_its_triggers(model in model()) {
        let mut without = model.clone();
        without.faults.retain(|_, fault| fault.role() == Role::Background);
        let plan = compile(&model);
        let (twin, ..) = run(&plan.without_triggers(), model.run.seed, ());
        prop_assert_eq!(twin, run_model(&without));
        prop_assert_eq!(plan.has_triggers(), without.faults.len() < model.faults.len());
    }

    #[test]
    fn a_fault_after_the_end_does_not_happen(model in model()) {
        let mut without = model.clone();
        let end = Time::ZERO + model.run.duration;
        let is_late = |fault: &FaultSettings| fault.at.is_none_or(|at| Time::ZERO + at >= end);
        without.faults.retain(|_, fault| !is_late(fault));
        let mut late = model.clone();
        for fault in late.faults.values_mut().filter(|fault| is_late(fault)) {
            fault.at = Some(model.run.duration);
        }
        prop_assert_eq!(run_model(&late), run_model(&without));
    }

    #[test]
    fn without_retries_every_call_is_one_attempt(mut model in model()) {
        model.policies.values_mut().for_each(|policy| policy.pool = None);
        // The connection of a call may be what an instance is killed for, before there is an attempt.
        model.services.values_mut().for_each(|service| service.memory = None);
        let mut plan = compile(&model).with_single_attempts();
        // A call of somebody who has no time left is over without any attempt.
        // And one that waits for a place in a bulkhead, for a permit, or for a connection, may be over before it has one.
        for policy in &mut plan.policies {
            (policy.deadline_margin, policy.bulkhead, policy.rate_limit) = (None, None, None);
        }
        let (run, checker, ()) = run(&plan, model.run.seed, ());
        prop_assert!(checker.violations().is_empty(), "{:?}", checker.violations());
        for edge in &run.edges {
            for row in &edge.rows {
                // What a circuit breaker refuses is over without an attempt, too.
                let refused = row.call_ended[Class::LocalReject.index()];
                let found = (row.attempts + refused, row.retries);
                prop_assert_eq!(found, (row.calls, 0), "{} -> {}: {:?}", edge.caller, edge.target, row);
            }
        }
    }
}

const UNRELATED: &str = r#"
name = "unrelated"
run = { duration = "1s" }
[workloads.aardvark]
arrivals = { open = { rate = "37/s" } }
to = "ant"
policy = "insect"
[services.ant]
instances = 2
threads = 1
queue = { capacity = 3 }
handler = [{ work = "exponential(20ms)" }, { call = { to = "zebra", policy = "insect" } }, { cache = { get = "nest", load = [{ sleep = "1ms" }] } }, { cache = { get = "hoard", on_miss = [{ put = "hoard" }] } }, { read = "age" }, { lock = { acquire = "door", steps = [{ sleep = "1ms" }] } }, { compare_and_set = "age" }]
[registers.age]
scope = "key"
[locks.door]
scope = "global"
[caches.nest]
capacity = 3
[caches.hoard]
placement = { service = "zebra" }
calls = { policy = "insect" }
capacity = 3
[services.zebra]
threads = "unlimited"
contention = { linear = { per_request = "50%" } }
handler = [{ work = "10ms" }, { fail = "20%" }]
[policies.insect]
timeout = "200ms"
per_try_timeout = "30ms"
retry = { max_attempts = 3, backoff = { fixed = { base = "10ms", jitter = "full" } } }
[faults.ache]
at = "300ms"
duration = "1s"
load_spike = { workload = "aardvark", factor = 2 }
[faults.zap]
at = "500ms"
duration = "200ms"
crash = { service = "zebra" }
[faults.gust]
at = "700ms"
duration = "200ms"
pause = { service = "ant", select = { fixed = 1 } }
"#;

fn requests(model: &Model) -> Requests {
    let plan = compile(model);
    run(&plan, model.run.seed, Requests::new(&plan)).2
}

/// Whether every component of the smaller run has the same numbers in the larger one.
fn contains(large: &Run, small: &Run) -> TestCaseResult {
    for workload in &small.workloads {
        prop_assert!(large.workloads.contains(workload), "workload {}", workload.name);
    }
    for edge in &small.edges {
        prop_assert!(large.edges.contains(edge), "edge {} -> {}", edge.caller, edge.target);
    }
    for service in &small.services {
        prop_assert!(large.services.contains(service), "service {}", service.name);
    }
    for fault in &small.faults {
        prop_assert!(large.faults.contains(fault), "fault {}", fault.name);
    }
    Ok(())
}

/// The laws above compare what both runs came to draw; here is a world in which every request does.
#[test]
fn the_draws_of_first_attempts_are_seen() {
    let model: Model = Model::decode("seen.toml", SEEN).expect("the model is valid");
    let seen = requests(&model);
    assert!(seen.workloads[0].len() > 300, "{} requests", seen.workloads[0].len());
    let finished = seen.workloads[0].iter().filter(|request| request.worked.is_some()).count();
    assert!(finished + 20 > seen.workloads[0].len(), "the work of {finished} was seen");
}

const SEEN: &str = r#"
name = "seen"
run = { duration = "10s" }
[workloads.users]
arrivals = { open = { rate = "40/s" } }
to = "a"
[services.a]
threads = "unlimited"
handler = [{ work = "exponential(50ms)" }]
"#;
