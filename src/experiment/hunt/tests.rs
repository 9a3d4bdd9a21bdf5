//! Goal: the result is a function of the model, the property, the seed and the number of runs, however many threads there are and however often it is stopped.

use std::sync::Mutex;

use super::*;
use crate::model::schedule::Limits;
use crate::model::{Overrides, VerdictName};
use crate::quantity::NoFiles;

const MODEL: &str = r#"name = "shop"
[run]
duration = "100s"
interval = "1s"
[workloads.shoppers]
arrivals = { open = { rate = "25/s" } }
to = "web"
policy = "web"
[policies.web]
per_try_timeout = "500ms"
retry = { max_attempts = 4, backoff = "none", budget = "unlimited" }
[services.web]
threads = 1
queue = { capacity = 60 }
handler = [{ work = "exponential(20ms)" }]
"#;

struct Scene {
    model: Model,
    space: FaultSpace,
}

fn scene(overrides: &[&str]) -> Scene {
    let mut edits = Overrides::new();
    for edit in overrides {
        edits.set(edit);
    }
    let model = Model::parse("shop", MODEL, &edits).unwrap_or_else(|found| panic!("{found}")).model;
    let space = FaultSpace::of(&model, &Limits::default()).expect("there is room");
    Scene { model, space }
}

impl Scene {
    fn hunting(&self, runs: u64) -> Hunting<'_> {
        let property = &Property::Recovers;
        Hunting { model: &self.model, files: &NoFiles, property, space: &self.space, first_seed: 1, runs }
    }

    fn hunted(&self, runs: u64, known: &BTreeMap<u64, Answer>) -> (Hunted, BTreeMap<u64, Answer>) {
        let answers = Mutex::new(BTreeMap::new());
        let note = |index: u64, answer: &Answer| {
            answers.lock().expect("nobody panics").insert(index, answer.clone());
        };
        let hunted = hunt(self.hunting(runs), known, &note, &Progress::default()).expect("no files");
        (hunted, answers.into_inner().expect("nobody panics"))
    }
}

#[test]
fn a_storm_is_found_again_on_any_number_of_threads() {
    let scene = scene(&[]);
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| scene.hunted(80, &BTreeMap::new()))
    };
    let (one, answers) = with_threads(1);
    assert_eq!(with_threads(3), (one.clone(), answers.clone()));
    assert_eq!((one.runs, answers.len()), (80, 80));
    assert_eq!(one.verdicts.values().sum::<u64>(), 80);
    let storm = one.failures.first().unwrap_or_else(|| panic!("nothing was found: {one:?}"));
    assert_eq!(storm.signature, "metastable: retries at web");

    // The simplest example fails by itself, in the way that was said.
    let model = storm.simplest.model(&scene.model);
    let recorded = crate::experiment::record(&model, &NoFiles, &Property::Recovers, &Progress::default());
    let recorded = recorded.expect("it runs");
    assert!(!recorded.judged.holds);
    assert_eq!(recorded.case.record.verdict, VerdictName::Metastable);

    // The first runs are the same however many follow, and whoever goes on asks only what is not known.
    let (fewer, first) = scene.hunted(41, &BTreeMap::new());
    assert_eq!(fewer.runs, 41);
    assert!(first.iter().all(|(index, answer)| answers[index] == *answer));
    let (resumed, more) = scene.hunted(80, &first);
    assert_eq!((&resumed, more.len()), (&one, 39));
}

#[test]
fn what_is_healthy_stays_so() {
    let scene = scene(&["policies.web.retry.max_attempts=1"]);
    let (hunted, _) = scene.hunted(64, &BTreeMap::new());
    assert_eq!(hunted.failures, Vec::new());
    let (_, nearest) = hunted.nearest.expect("some run came nearest");
    assert!(nearest.margin > 0.0 && nearest.margin < 1.0, "{nearest:?}");
}

#[test]
fn a_hunt_that_is_stopped_has_what_is_whole() {
    let scene = scene(&[]);
    let progress = Progress::default();
    let note = |index: u64, _: &Answer| {
        if index == 35 {
            progress.cancel();
        }
    };
    let stopped = hunt(scene.hunting(80), &BTreeMap::new(), &note, &progress).expect("no files");
    assert!((32..80).contains(&stopped.runs), "{} runs", stopped.runs);
    let (same, _) = scene.hunted(stopped.runs, &BTreeMap::new());
    assert_eq!(stopped, same);
}

/// Half of the runs go on from what came near, once something has.
#[test]
fn the_strategies_take_turns() {
    let scene = scene(&[]);
    let hunting = scene.hunting(64);
    let mut memory = Memory::default();
    let first = memory.round(&hunting, 0);
    assert!(first.iter().all(|probe| probe.seed == 1 && !matches!(probe.strategy, Strategy::Guided { .. })));
    for (index, margin) in [(3, 0.5), (7, 0.2)] {
        let answer = Answer { margin, verdict: VerdictName::Recovered, signature: None };
        memory.remember(first[index].clone(), &answer);
    }
    let second = memory.round(&hunting, 32);
    let of =
        |strategy: fn(&Strategy) -> bool| second.iter().filter(|probe| strategy(&probe.strategy)).count();
    assert_eq!(of(|it| *it == Strategy::Uniform), 8);
    assert_eq!(of(|it| *it == Strategy::Swarm), 8);
    assert_eq!(of(|it| *it == Strategy::Guided { parent: 7 }), 8);
    assert_eq!(of(|it| *it == Strategy::Guided { parent: 3 }), 8);
}
