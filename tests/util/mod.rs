//! What the suites against theory and against published incidents share: models from text or of the project, checked runs, seeds side by side.

mod watch;

use std::{fs, thread};

use metastable::model::{Model, Overrides};
use metastable::observe::{Facts, Run};
use metastable::plan::Plan;
use metastable::quantity::NoFiles;
use metastable::sim::Simulation;

use watch::{Also, Watch};

/// The model that a text describes.
pub(crate) fn model(text: &str) -> Model {
    match Model::parse("test", text, &Overrides::new()) {
        Ok(loaded) => loaded.model,
        Err(found) => panic!("{}\n{text}", found.render(false)),
    }
}

/// A model of the project, with these changes.
pub(crate) fn model_of(name: &str, changes: &[&str]) -> Model {
    let path = format!("{}/models/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("the model is there");
    let mut overrides = Overrides::new();
    for change in changes {
        overrides.set(change);
    }
    Model::parse(name, &text, &overrides).unwrap_or_else(|found| panic!("{found}")).model
}

/// The plan of a model.
pub(crate) fn plan(model: &Model) -> Plan {
    Plan::compile(model, &NoFiles)
        .unwrap_or_else(|problems| panic!("the model does not compile: {problems:?}"))
}

/// One size for the quick run and one for the deep run (`METASTABLE_DEEP=1`), which has the standard errors and numbers of
/// seeds of the reference cases themselves.
pub(crate) fn by_depth<T>(quick: T, deep: T) -> T {
    if is_deep() { deep } else { quick }
}

#[expect(clippy::disallowed_methods, reason = "it sizes the tests; no run depends on it")]
fn is_deep() -> bool {
    std::env::var("METASTABLE_DEEP").is_ok_and(|value| value == "1")
}

/// Simulates a plan; nothing may appear from nowhere or get lost.
pub(crate) fn run(plan: &Plan, seed: u64) -> Run {
    watch(plan, seed, ()).0
}

/// Simulates a plan under one more observer.
pub(crate) fn watch<O: Also>(plan: &Plan, seed: u64, also: O) -> (Run, O) {
    let mut simulation = Simulation::new(plan, seed, Watch::new(plan, also));
    simulation.run();
    let facts = Facts { seed, faults: simulation.faults(), events: simulation.events() };
    let (metrics, checker, also) = simulation.into_observer().into_parts();
    assert_eq!(checker.violations(), [], "conservation, seed {seed} of `{}`", plan.name);
    (metrics.into_run(plan, facts), also)
}

/// What a function gives for the seeds `1..=seeds`, in their order, worked out on every core.
pub(crate) fn for_seeds<T: Send>(seeds: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = |worker: usize| (1..=seeds).skip(worker).step_by(workers);
    let mut results: Vec<(u64, T)> = thread::scope(|scope| {
        let work = &work;
        let start =
            |worker| scope.spawn(move || share(worker).map(|seed| (seed, work(seed))).collect::<Vec<_>>());
        let handles: Vec<_> = (0..workers).map(start).collect();
        let results = handles
            .into_iter()
            .flat_map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        results.collect()
    });
    results.sort_by_key(|&(seed, _)| seed);
    results.into_iter().map(|(_, result)| result).collect()
}
