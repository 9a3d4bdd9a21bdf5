//! Goal: a test that fails is right, is made as small as it gets, and can be seen again to the bit.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::descent::Descent;
use super::*;
use crate::analysis::Property;
use crate::experiment::{Progress, Trial, TrialOptions, replay};
use crate::mechanism::fault::FaultSettings;
use crate::model::Case;
use crate::model::schedule::{FaultSpace, Limits, Schedule, Style};
use crate::plan::Plan;
use crate::quantity::{Distribution, NoFiles};

/// A server whose users try three times, at once: full queues outlast their cause.
const STORM: &str = r#"name = "storm"
[run]
duration = "100s"
[judge]
hold = { intervals = 5, requests = 50 }
[workloads.users]
arrivals = { open = { rate = "40/s", process = "poisson" } }
to = "server"
policy = "impatient"
[policies.impatient]
per_try_timeout = "500ms"
retry = { max_attempts = 3, backoff = "none" }
[services.server]
instances = 2
threads = 1
queue = { capacity = 100 }
handler = [{ work = "exponential(25ms)" }]
[faults.own]
at = "20s"
duration = "1s"
degrade = { service = "server", factor = 1.01 }
"#;

fn storm() -> World {
    World::parse("storm.toml", STORM).unwrap()
}

fn space(world: &World, most_faults: usize) -> FaultSpace {
    world.faults(&Limits { most_faults, ..Limits::default() }).unwrap()
}

/// A folder of its own for a test, which is removed again.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("metastable-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The twin that is kept is the one that a trial runs, so what is judged is the same.
#[test]
fn a_kept_twin_makes_no_difference() {
    let world = storm();
    let quiet_overload = world.with(["workloads.users.arrivals.open.rate=100/s"]).unwrap();
    for world in [world, quiet_overload] {
        let space = space(&world, 4);
        for index in 0..8 {
            let schedule = space.draw(3, index, Style::Swarm);
            let (model, trial) = world.run(&schedule).unwrap();
            let plan = Plan::compile(&model, &NoFiles).unwrap();
            let options = TrialOptions { with_twin: true, check: false };
            let conducted =
                Trial::conduct(&model, &plan, world.seed(), options, &Progress::default()).unwrap();
            assert_eq!(trial.run.digest, conducted.run.digest);
            let digest = |trial: &Trial| trial.twin.as_ref().map(|twin| twin.digest);
            assert_eq!(digest(&trial), digest(&conducted), "{schedule}");
            assert_eq!(
                (trial.judgement, trial.objectives),
                (conducted.judgement, conducted.objectives),
                "{schedule}"
            );
        }
    }
}

#[test]
fn a_storm_is_found_made_small_kept_and_seen_again() {
    let (world, folder) = (storm(), Folder::new("storm"));
    let test = PropertyTest::new(&world, Property::Recovers).cases(40).kept_in(&folder.0);
    let failed = test.run().unwrap_err();
    assert!(failed.schedule.len() <= 2, "{failed}");
    let text = failed.to_string();
    for part in [
        "`recovers` does not hold: metastable",
        "world: storm.toml, seed 1",
        "[faults.",
        "metastable replay ",
    ] {
        assert!(text.contains(part), "`{part}` is missing:\n{text}");
    }
    let files: Vec<PathBuf> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let case = Case::parse("case", &fs::read_to_string(&files[0]).unwrap()).unwrap().case;
    let replayed = replay(&case, &NoFiles, false, &Progress::default()).unwrap();
    assert!(replayed.is_same && !replayed.judged.holds);

    // It is the first thing that is tried the next time, and then again the same.
    let again = test.clone().cases(0).run().unwrap_err();
    assert_eq!(again.judged, failed.judged);
    assert!(again.to_string().contains("a case that was kept"), "{again}");
    // Who has cured it passes, and another model has nothing to do with it.
    let cured = world.with(["policies.impatient.retry.max_attempts=1"]).unwrap();
    let test = |world: &World| PropertyTest::new(world, Property::Recovers).cases(0).kept_in(&folder.0);
    assert_eq!(test(&cured).run().unwrap(), Passed { runs: 1 });
    let other = World::parse("other.toml", &STORM.replace("\"storm\"", "\"other\"")).unwrap();
    assert_eq!(test(&other).run().unwrap(), Passed { runs: 0 });
    // A file that is no case is not passed over.
    fs::write(folder.0.join("broken.case.toml"), "name = 1").unwrap();
    let broken = test(&cured).run().unwrap_err().to_string();
    assert!(broken.contains("broken.case.toml is not a case that can be tried"), "{broken}");
}

#[test]
fn the_triggers_of_the_model_are_those_of_its_file() {
    let world = storm();
    assert!(world.check_own(&Property::Recovers).is_ok());
    let failed = world.check_own(&"queue_bounded(0)".parse().unwrap()).unwrap_err();
    assert_eq!(failed.schedule, Schedule::of(world.model()));
}

#[test]
fn what_makes_no_sense_is_said() {
    let said = |error: &dyn std::fmt::Debug| format!("{error:?}");
    assert!(
        said(&World::load("models/nowhere.toml").unwrap_err()).contains("cannot read models/nowhere.toml")
    );
    assert!(
        said(&storm().with(["policies.impatient.retry.max_atempts=2"]).unwrap_err()).contains("max_attempts")
    );
    let mut elsewhere = Schedule::of(storm().model()).faults().to_vec();
    elsewhere[0].1.degrade.as_mut().unwrap().service = "sever".to_owned();
    let failed = storm().check(&Schedule::new(elsewhere), &Property::Recovers).unwrap_err();
    assert!(
        failed.judged.is_none() && failed.to_string().contains("no service is called `sever`"),
        "{failed}"
    );
    let short = storm().with(["run.duration=25s"]).unwrap();
    let failed = PropertyTest::new(&short, Property::Recovers).run().unwrap_err();
    assert!(failed.to_string().contains("has no room for faults"), "{failed}");
}

/// Walks down with an oracle instead of runs; how many times it was asked.
fn smallest(space: &FaultSpace, first: &Schedule, fails: impl Fn(&Schedule) -> bool) -> (Schedule, u32) {
    let mut descent = Descent::new(space.model(), first.clone());
    let mut asked = 0;
    while let Some(next) = descent.next() {
        asked += 1;
        if fails(&next) {
            descent.accept();
        }
    }
    (descent.best().clone(), asked)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Of many faults exactly those are left that it takes.
    #[test]
    fn only_what_it_takes_is_left(seed: u64, wanted in prop::collection::btree_set(0_usize..50, 0..5)) {
        let space = space(&storm(), 50);
        let drawn = (0..).map(|index| space.draw(seed, index, Style::Swarm));
        let first = drawn.into_iter().find(|schedule| schedule.len() >= 10).unwrap();
        let names: BTreeSet<String> =
            wanted.iter().map(|&index| first.faults()[index % first.len()].0.clone()).collect();
        let (left, _) = smallest(&space, &first, |schedule| names.iter().all(|name| schedule.get(name).is_some()));
        prop_assert_eq!(left.faults().iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), names);
    }
}

/// Fifty faults of which two are needed, at no less than half their length.
#[test]
fn fifty_faults_take_fewer_than_three_hundred_runs() {
    let space = space(&storm(), 50);
    let mut most = 0;
    for seed in 0..20 {
        let drawn = (0..).map(|index| space.draw(seed, index, Style::Uniform));
        let first = drawn.into_iter().find(|schedule| schedule.len() == 50).unwrap();
        let needed: Vec<_> = [7, 31].map(|index| first.faults()[index].clone()).to_vec();
        let length = |fault: &FaultSettings| match fault.duration {
            Some(Distribution::Constant(length)) => length.as_ns(),
            _ => 0,
        };
        let is_half = |schedule: &Schedule, (name, before): &(String, FaultSettings)| {
            schedule.get(name).is_some_and(|now| length(now) * 2 >= length(before))
        };
        let (left, asked) =
            smallest(&space, &first, |schedule| needed.iter().all(|fault| is_half(schedule, fault)));
        assert_eq!(left.len(), 2, "{left}");
        most = most.max(asked);
    }
    assert!(most < 300, "it took {most} runs");
}

mod with_proptest {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// Every setting that is drawn makes a model.
    #[test]
    fn models_take_the_settings_that_are_drawn() {
        let mut runner = TestRunner::deterministic();
        for entry in fs::read_dir("models").unwrap() {
            let path = entry.unwrap().path();
            let world = World::load(&path).unwrap();
            let settings = (strategies::policies(world.model()), strategies::loads(world.model()));
            for _ in 0..8 {
                let (policies, loads) = settings.new_tree(&mut runner).unwrap().current();
                world.with(policies.iter().chain(&loads)).unwrap();
            }
        }
    }

    /// Proptest's own walk, with an oracle, ends where ours does.
    #[test]
    fn proptest_makes_schedules_as_small() {
        let space = space(&storm(), 20);
        let mut runner = TestRunner::deterministic();
        for _ in 0..20 {
            let mut tree = strategies::schedules(&space, Style::Swarm).new_tree(&mut runner).unwrap();
            let first = tree.current();
            let name = first.faults()[first.len() / 2].0.clone();
            let fails = |schedule: &Schedule| schedule.get(&name).is_some();
            let (mut left, mut has_more) = (first.clone(), tree.simplify());
            while has_more {
                let tried = tree.current();
                has_more = if fails(&tried) {
                    left = tried;
                    tree.simplify()
                } else {
                    tree.complicate()
                };
            }
            assert_eq!(tree.current(), left);
            assert_eq!(left, smallest(&space, &first, fails).0);
        }
    }
}
