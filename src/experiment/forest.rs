//! Runs of several plans under one seed: what they have in common is simulated once.
//!
//! The runs are a tree. Its trunk is simulated under any of the plans, up to the first instant at which two of them part; there the world is copied,
//! and each copy goes on under a plan of its own. The bytes are those of separate runs.

use super::parallel::each;
use super::{Progress, Stopped};
use crate::kernel::{Duration, Time};
use crate::observe::{Facts, Observer};
use crate::plan::Plan;
use crate::sim::Simulation;

/// What a run was, and what watched it.
pub(super) type Watched<O> = (Facts, O);

/// Simulates plans under a seed, each from begin to end, and gives the runs in the order of the plans.
///
/// # Errors
/// If `progress` was told to cancel, or a trace was changed while it was replayed.
pub(super) fn simulate_plans<O: Observer + Clone + Send>(
    plans: &[&Plan],
    seed: u64,
    observer: impl Fn(&Plan) -> O + Sync,
    progress: &Progress,
) -> Result<Vec<Watched<O>>, Stopped> {
    let grown = each(families(plans), |family| {
        let plan = plans[family[0]];
        let simulation = Simulation::new(plan, seed, observer(plan));
        Growth { plans, seed, progress }.grow(simulation, family)
    })?;
    let mut runs: Vec<Option<Watched<O>>> = plans.iter().map(|_| None).collect();
    for (index, run) in grown.into_iter().flatten() {
        runs[index] = Some(run);
    }
    Ok(runs.into_iter().map(|run| run.expect("invariant: every plan is in one family")).collect())
}

/// The positions of the plans that have something in common.
pub(super) fn families(plans: &[&Plan]) -> Vec<Vec<usize>> {
    let mut families: Vec<Vec<usize>> = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        match families.iter_mut().find(|family| plan.is_kin(plans[family[0]])) {
            Some(family) => family.push(index),
            None => families.push(vec![index]),
        }
    }
    families
}

/// The runs of plans, by their positions.
type Grown<O> = Vec<(usize, Watched<O>)>;

#[derive(Clone, Copy)]
struct Growth<'p, 'a> {
    plans: &'a [&'p Plan],
    seed: u64,
    progress: &'a Progress,
}

impl<'p> Growth<'p, '_> {
    /// Goes on with a world that follows the first of these plans, and is that of all of them up to now.
    fn grow<O: Observer + Clone + Send>(
        self,
        mut simulation: Simulation<'p, O>,
        members: Vec<usize>,
    ) -> Result<Grown<O>, Stopped> {
        let plan = self.plans[members[0]];
        let end = Time::ZERO + plan.duration;
        let until = |member: usize| plan.same_until(self.plans[member], self.seed).unwrap_or(Time::ZERO);
        let parting = members.iter().map(|&member| until(member)).min().unwrap_or(Time::MAX);
        let slice = Duration::from_ns(plan.duration.as_ns().div_ceil(100).max(1));
        advance(&mut simulation, parting.min(end), slice, members.len() as u64, self.progress)?;
        if parting >= end {
            return self.ended(simulation, &members);
        }
        let mut groups: Vec<Vec<usize>> = vec![Vec::new()];
        for member in members {
            let same = |group: &&mut Vec<usize>| {
                group.first().is_none_or(|&first| {
                    let shared = self.plans[first].same_until(self.plans[member], self.seed);
                    shared.is_some_and(|shared| shared > parting)
                })
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.push(member),
                None => groups.push(vec![member]),
            }
        }
        let forks: Vec<_> = groups
            .into_iter()
            .map(|group| {
                let mut fork = simulation.clone();
                fork.follow(self.plans[group[0]]);
                (fork, group)
            })
            .collect();
        drop(simulation);
        Ok(each(forks, |(fork, group)| self.grow(fork, group))?.into_iter().flatten().collect())
    }

    fn ended<O: Observer + Clone>(
        self,
        simulation: Simulation<'p, O>,
        members: &[usize],
    ) -> Result<Grown<O>, Stopped> {
        if let Some((workload, error)) = simulation.trace_error() {
            return Err(Stopped::Trace(workload.to_owned(), error.clone()));
        }
        let facts = Facts { seed: self.seed, faults: simulation.faults(), events: simulation.events() };
        let observer = simulation.into_observer();
        Ok(members.iter().map(|&member| (member, (facts.clone(), observer.clone()))).collect())
    }
}

/// Simulates up to an instant, in slices between which progress, that of so many runs, is told and asked for.
pub(super) fn advance<O: Observer>(
    simulation: &mut Simulation<'_, O>,
    until: Time,
    slice: Duration,
    runs: u64,
    progress: &Progress,
) -> Result<(), Stopped> {
    loop {
        if progress.is_cancelled() {
            return Err(Stopped::Cancelled);
        }
        let now = simulation.now();
        if now >= until {
            return Ok(());
        }
        let next = (now + slice).min(until);
        simulation.run_until(next);
        progress.simulated_more(next.since(now), runs);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::experiment::simulate;
    use crate::model::{Model, Overrides};
    use crate::observe::{Metrics, Run};
    use crate::quantity::NoFiles;

    /// A shop in which everything that a fault touches is in use.
    const SHOP: &str = r#"name = "shop"
[run]
duration = "20s"
warmup = "1s"
[workloads.users]
arrivals = { open = { rate = "60/s" } }
to = "front"
policy = "query"
clients = 3
[policies.query]
timeout = "2s"
per_try_timeout = "300ms"
retry = { max_attempts = 3 }
[services.front]
instances = 3
threads = 8
queue = { capacity = 40 }
handler = [{ work = "exponential(5ms)" }, { call = { to = "db", policy = "query" } }]
[services.db]
instances = 2
threads = 2
queue = { capacity = 40 }
handler = [{ work = "exponential(30ms)" }]
[faults.beat]
every = "exponential(3s)"
duration = "uniform(100ms, 400ms)"
pause = { service = "db", select = { fixed = 1 } }
"#;

    /// Faults that differ in when, how long and how strong, with the same names in all plans.
    fn faults() -> impl Strategy<Value = String> {
        let at = || prop_oneof![1 => Just(4u64), 3 => 2u64..19];
        let length = || prop_oneof![Just(2u64), 1u64..8];
        let strength = || prop_oneof![Just(3u64), 2u64..6];
        (at(), length(), strength(), at(), length(), at(), length(), strength()).prop_map(
            |(slow, slow_for, factor, crash, crash_for, rush, rush_for, rush_factor)| {
                format!(
                    "[faults.slow]\nat = \"{slow}s\"\nduration = \"{slow_for}s\"\ndegrade = {{ service = \"db\", factor = {factor} }}\n\
                     [faults.echo]\nafter = {{ fault = \"slow\", delay = \"{length}ms\" }}\nduration = \"500ms\"\nblackhole = {{ service = \"front\", select = {{ fixed = 1 }} }}\n\
                     [faults.gone]\nat = \"{crash}s\"\nduration = \"{crash_for}s\"\ncrash = {{ service = \"db\", select = {{ fixed = 1 }} }}\n\
                     [faults.rush]\nat = \"{rush}s\"\nduration = \"{rush_for}s\"\nload_spike = {{ workload = \"users\", factor = {rush_factor} }}\n\
                     [faults.rushes]\nat = \"3s\"\nevery = \"exponential({rush_factor}s)\"\nduration = \"300ms\"\nrole = \"trigger\"\nload_spike = {{ workload = \"users\", factor = 2 }}\n",
                    length = slow_for * 100,
                )
            },
        )
    }

    fn plan(faults: &str) -> Plan {
        let loaded = Model::parse("shop", &format!("{SHOP}{faults}"), &Overrides::new());
        let loaded = loaded.unwrap_or_else(|found| panic!("{found}"));
        Plan::compile(&loaded.model, &NoFiles).expect("a model without files")
    }

    fn together(plans: &[&Plan], seed: u64) -> Vec<Run> {
        let watched =
            simulate_plans(plans, seed, Metrics::new, &Progress::default()).expect("nobody stops it");
        let runs = plans.iter().zip(watched).map(|(plan, (facts, metrics))| metrics.into_run(plan, facts));
        runs.collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn what_is_shared_changes_nothing(faults in prop::collection::vec(faults(), 1..5), seed in 0u64..50) {
            let mut plans: Vec<Plan> = faults.iter().map(|faults| plan(faults)).collect();
            plans.extend(plans.iter().map(Plan::without_triggers).collect::<Vec<_>>());
            let plans: Vec<&Plan> = plans.iter().collect();
            for pair in plans.windows(2) {
                prop_assert!(pair[0].is_kin(pair[1]));
            }
            let apart: Vec<Run> = plans.iter().map(|plan| simulate(plan, seed)).collect();
            prop_assert_eq!(together(&plans, seed), apart);
        }
    }

    #[test]
    fn plans_part_when_the_first_of_their_changes_begins() {
        let faults = |begin: &str, factor: u32| {
            format!(
                "[faults.slow]\nat = \"{begin}\"\nduration = \"2s\"\ndegrade = {{ service = \"db\", factor = {factor} }}\n"
            )
        };
        let early = plan(&faults("5s", 2));
        let second = |count| Some(Time::ZERO + Duration::from_secs(count));
        assert_eq!(early.same_until(&plan(&faults("9s", 2)), 1), second(5));
        assert_eq!(early.same_until(&plan(&faults("5s", 3)), 1), second(5));
        assert_eq!(early.same_until(&early.without_triggers(), 1), second(5));
        let (twin, other) = (early.without_triggers(), plan(&faults("7s", 9)).without_triggers());
        assert_eq!(twin.same_until(&other, 1), Some(Time::MAX));
        assert_eq!(early.same_until(&plan(""), 1), None);
    }

    #[test]
    fn what_is_shared_is_simulated_once() {
        let at = |second: u64| {
            plan(&format!(
                "[faults.slow]\nat = \"{second}s\"\nduration = \"2s\"\ndegrade = {{ service = \"db\", factor = 2 }}\n"
            ))
        };
        let mut plans: Vec<Plan> = (0..4).map(|index| at(10 + index)).collect();
        plans.extend(plans.iter().map(Plan::without_triggers).collect::<Vec<_>>());
        let plans: Vec<&Plan> = plans.iter().collect();
        let count = std::sync::atomic::AtomicUsize::new(0);
        let observer = |plan: &Plan| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Metrics::new(plan)
        };
        let progress = Progress::default();
        let runs = simulate_plans(&plans, 1, observer, &progress).expect("nobody stops it");
        assert_eq!((runs.len(), count.into_inner()), (8, 1));
        assert_eq!(progress.simulated(), Duration::from_secs(8 * 20));
    }
}
