//! Nothing appears from nowhere, nothing gets lost, and time is accounted for to the nanosecond.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use metastable::mechanism::Class;
use metastable::mechanism::Problems;
use metastable::mechanism::arrivals::check_profile;
use metastable::mechanism::connection_pool::OnConnectFailure;
use metastable::mechanism::rate_limit::RateLimitLevel;
use metastable::model::{Model, PolicySettings, ServiceSettings, StepSettings};
use metastable::observe::{
    Checker, EdgeSeries, HedgeRow, PolicySeries, Run, ServiceEnd, ServiceSeries, WorkloadSeries,
};
use metastable::plan::Plan;

use super::models::{draining_model, model};
use super::worlds::{Network, TimeKeeper, TimeSpent, begin, compile, config, results, run};

proptest! {
    #![proptest_config(config(1))]

    /// Every part by its own check. The whole may break a rule of `Model::check` that is about judging and not about running: faults that begin
    /// during the warm-up or after the end, names that nobody calls.
    #[test]
    fn the_parts_of_generated_models_are_valid(model in model()) {
        let problems = problems_of(&model);
        prop_assert!(!problems.has_errors(), "{:?}", problems.into_found());
        compile(&model);
    }

    #[test]
    fn every_row_balances(model in model()) {
        let plan = compile(&model);
        let (run, checker, network) = run(&plan, model.run.seed, Network::new(&plan));
        no_violation(&checker)?;
        for workload in &run.workloads {
            workload_balances(workload)?;
        }
        for (index, edge) in run.edges.iter().enumerate() {
            // Connections are opened under policies that nobody has written.
            let policy = model.policies.get(&edge.policy);
            let fails_unsent = |it: &PolicySettings| {
                it.pool.as_ref().is_some_and(|pool| pool.connect.on_failure == OnConnectFailure::Fail)
            };
            let may_end_unsent = |it: &PolicySettings| {
                let is_limited = it.rate_limit.is_some_and(|limit| limit.level() == RateLimitLevel::Attempt);
                it.deadline.propagate || it.bulkhead.is_some() || it.pool.is_some() || is_limited
            };
            let hedges = PolicySeries::of(&run.guards.hedges, index).map(|it| &*it.rows);
            let losers_go_on =
                |it: &PolicySettings| it.hedge.as_ref().is_some_and(|hedge| !hedge.cancel_losers);
            let ends = (
                policy.is_some_and(may_end_unsent),
                policy.is_some_and(fails_unsent),
                policy.is_some_and(losers_go_on),
            );
            edge_balances(edge, ends, hedges)?;
        }
        for service in &run.services {
            service_balances(service, &model.services[&service.name])?;
        }
        requests_are_the_calls_of_workloads(&run)?;
        attempts_reach_services(&plan, &run, &network)?;
    }

    #[test]
    fn everything_held_is_given_back(model in draining_model()) {
        let plan = compile(&model);
        let mut simulation = begin(&plan, model.run.seed, ());
        simulation.run();
        prop_assert_eq!(simulation.in_flight(), (0, 0));
        prop_assert_eq!(simulation.threads_held(), 0);
        prop_assert_eq!(simulation.guards_held(), 0);
        prop_assert_eq!(simulation.attempts_counted(), 0);
        let (_, mut checker, ()) = results(&plan, model.run.seed, simulation);
        checker.check_drained();
        no_violation(&checker)?;
    }

    /// Little's law without a limit to go to: over a run that begins and ends empty, the integral of how many are inside is the sum of how long each
    /// was inside (Stidham, Operations Research 1974). The same holds for the queue, the threads (the utilisation law) and the work.
    #[test]
    fn levels_integrate_to_what_each_attempt_spent(model in draining_model()) {
        let plan = compile(&model);
        let (run, _, keeper) = run(&plan, model.run.seed, TimeKeeper::default());
        for (index, service) in run.services.iter().enumerate() {
            let spent = keeper.services.get(&(index as u32)).copied().unwrap_or_default();
            let integrals = TimeSpent {
                inside: service.rows.iter().map(|row| row.inside.integral).sum(),
                queued: service.rows.iter().map(|row| row.queued.integral).sum(),
                thread: service.rows.iter().map(|row| row.busy.integral).sum(),
                work: service.rows.iter().map(|row| row.working.integral).sum(),
            };
            prop_assert_eq!(integrals, spent, "service {}", service.name);
        }
    }
}

fn problems_of(model: &Model) -> Problems {
    let mut problems = Problems::new();
    for workload in model.workloads.values() {
        workload.arrivals.check(&mut problems);
        check_profile(&workload.profile, &mut problems);
    }
    for fault in model.faults.values() {
        fault.check(&mut problems);
    }
    for policy in model.policies.values() {
        policy.retry.iter().for_each(|retry| retry.check(&mut problems));
        policy.adaptive_throttle.iter().for_each(|throttle| throttle.check(&mut problems));
        policy.hedge.iter().for_each(|hedge| hedge.check(&mut problems));
        policy.rate_limit.iter().for_each(|limit| limit.check(&mut problems));
        policy.outlier_detection.iter().for_each(|detection| detection.check(&mut problems));
        policy.bulkhead.iter().for_each(|bulkhead| bulkhead.check(&mut problems));
        policy.circuit_breaker.iter().for_each(|breaker| breaker.check(&mut problems));
    }
    for at in model.services.values().flat_map(ServiceSettings::all_steps) {
        for distribution in at.step.work.iter().chain(&at.step.sleep) {
            if let Err(reason) = distribution.check() {
                problems.error(reason, "");
            }
        }
    }
    problems
}

pub(crate) fn no_violation(checker: &Checker) -> TestCaseResult {
    prop_assert!(checker.violations().is_empty(), "{:#?}", checker.violations());
    Ok(())
}

fn workload_balances(workload: &WorkloadSeries) -> TestCaseResult {
    let (mut inside, mut extra_inside) = (0, 0);
    for row in &workload.rows {
        let ended = row.good + row.ok_late + row.failed.iter().sum::<u64>();
        prop_assert_eq!(inside + row.offered, ended + row.inside, "{}: {:?}", workload.name, row);
        let extra_ended = row.extra_good + row.extra_failed;
        prop_assert_eq!(
            extra_inside + row.extra_offered,
            extra_ended + row.extra_inside,
            "{}: {:?}",
            workload.name,
            row
        );
        (inside, extra_inside) = (row.inside, row.extra_inside);
    }
    let totals = &workload.totals;
    let ended = totals.good + totals.ok_late + totals.failed.iter().sum::<u64>();
    prop_assert_eq!(totals.offered, ended + totals.unfinished, "{}: {:?}", workload.name, totals);
    Ok(())
}

pub(crate) fn edge_balances(
    edge: &EdgeSeries,
    (may_be_too_late, fails_unsent, losers_go_on): (bool, bool, bool),
    hedges: Option<&[HedgeRow]>,
) -> TestCaseResult {
    let (mut calls_inside, mut attempts_inside) = (0, 0);
    let (mut calls, mut firsts, mut without) = (0, 0, 0);
    let (mut copies, mut retries) = (0, 0);
    for (index, row) in edge.rows.iter().enumerate() {
        copies += hedges.map_or(0, |rows| rows[index].hedges);
        // Another copy, or a late reply, may win against a retry, which goes on if losers do.
        retries += if losers_go_on { row.retries } else { 0 };
        let calls_ended: u64 = row.call_ended.iter().sum();
        prop_assert_eq!(calls_inside + row.calls, calls_ended + row.calls_inside, "{:?}", row);
        let attempts_ended: u64 = row.attempt_ended.iter().sum();
        prop_assert_eq!(attempts_inside + row.attempts, attempts_ended + row.attempts_inside, "{:?}", row);
        // A call is over without an attempt if nobody has time for it, or what its policy remembers refuses it; and one that waits for a place or a permit has none yet.
        (calls, firsts) = (calls + row.calls, firsts + row.attempts - row.retries);
        without += row.call_ended[Class::LocalReject.index()];
        without += row.call_ended[Class::Cancelled.index()];
        if may_be_too_late {
            without += row.call_ended[Class::DeadlineExceeded.index()];
        }
        // An attempt that found no connection may have failed before it was sent.
        let known = calls.saturating_sub((without + row.calls_inside).saturating_sub(row.attempts_inside));
        let least = if fails_unsent || hedges.is_some() { 0 } else { known };
        prop_assert!(
            (least..=calls + copies).contains(&firsts),
            "every call begins with an attempt, and every hedge is one: {:?}",
            row
        );
        prop_assert!(
            row.attempts_inside <= row.calls_inside + copies + retries,
            "a call waits for one attempt at a time, or several copies of it: {:?}",
            row
        );
        (calls_inside, attempts_inside) = (row.calls_inside, row.attempts_inside);
    }
    Ok(())
}

fn service_balances(service: &ServiceSeries, settings: &ServiceSettings) -> TestCaseResult {
    let is_branch = |step: &StepSettings| {
        let is_loaded = step.cache.as_ref().is_some_and(|get| !get.load.is_empty());
        step.parallel.is_some() || is_loaded || !step.store.is_empty()
    };
    let has_branches = settings.all_steps().iter().any(|at| is_branch(at.step));
    let rejecting_is_work = settings.queue.as_ref().is_some_and(|queue| queue.reject_cost.is_some());
    let mut inside = 0;
    for row in &service.rows {
        let ended: u64 = row.ended.iter().sum();
        prop_assert_eq!(inside + row.received, ended + row.inside.last, "{}: {:?}", service.name, row);
        // Whoever is inside waits for a permit or a thread or has one, at every moment in which time passes, or is being turned away.
        let places = [&row.waiting_for_permit, &row.queued, &row.busy];
        let known: (u64, u128) =
            (places.iter().map(|it| it.last).sum(), places.iter().map(|it| it.integral).sum());
        if rejecting_is_work {
            prop_assert!(row.inside.last >= known.0 && row.inside.integral >= known.1, "{row:?}");
        } else {
            prop_assert_eq!((row.inside.last, row.inside.integral), known, "{}: {:?}", service.name, row);
        }
        // Branches share a thread, and may outlive it.
        if !has_branches && !rejecting_is_work {
            prop_assert!(row.working.integral <= row.busy.integral, "who works has a thread: {:?}", row);
        }
        if let Some(threads) = service.threads {
            prop_assert!(row.busy.max <= threads, "{} of {threads} threads: {:?}", service.name, row);
        }
        prop_assert!(
            settings.rate_limit.is_some() || (row.rate_limited, row.waiting_for_permit.max) == (0, 0)
        );
        prop_assert!(row.rate_limited <= row.ended[ServiceEnd::Overloaded.index()] || rejecting_is_work);
        inside = row.inside.last;
    }
    Ok(())
}

/// A request is the call that its workload makes: they enter and end together, and alike.
fn requests_are_the_calls_of_workloads(run: &Run) -> TestCaseResult {
    for workload in &run.workloads {
        let opens = |edge: &EdgeSeries| edge.policy.ends_with(".connect");
        let is_its =
            |edge: &&EdgeSeries| edge.caller_is_workload && edge.caller == workload.name && !opens(edge);
        let edge = run.edges.iter().find(is_its).expect("a workload has an edge");
        for (requests, calls) in workload.rows.iter().zip(&edge.rows) {
            prop_assert_eq!(requests.offered + requests.extra_offered, calls.calls);
            let failed: u64 = requests.failed.iter().sum();
            let ended =
                requests.good + requests.ok_late + failed + requests.extra_good + requests.extra_failed;
            prop_assert_eq!(ended, calls.call_ended.iter().sum::<u64>());
            // A request that is too late for its user may have succeeded all the same; an added one is then among the failed.
            let (in_time, ok) = (requests.good + requests.extra_good, calls.call_ended[0]);
            prop_assert!(in_time <= ok && ok <= in_time + requests.ok_late + requests.extra_failed);
        }
    }
    Ok(())
}

/// What callers sent is what services received, what was refused, what was lost on the network, and what is still underway.
pub(crate) fn attempts_reach_services(plan: &Plan, run: &Run, network: &Network) -> TestCaseResult {
    for (index, service) in run.services.iter().enumerate() {
        let mut in_transit = 0;
        for (number, row) in service.rows.iter().enumerate() {
            let edges = plan.edges.iter().zip(&run.edges).filter(|(edge, _)| edge.target as usize == index);
            let sent: u64 = edges.map(|(_, series)| series.rows[number].attempts).sum();
            let arrived = network.rows[number][index];
            prop_assert_eq!(row.received, arrived.received);
            prop_assert_eq!(
                in_transit + sent,
                arrived.received + arrived.refused + arrived.lost + arrived.in_transit,
                "{}",
                service.name
            );
            in_transit = arrived.in_transit;
        }
    }
    Ok(())
}
