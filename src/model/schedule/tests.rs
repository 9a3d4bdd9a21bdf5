//! Goal: whatever is drawn, varied or made smaller is a schedule that the model takes, within its limits, and the same each time. Method: all models of the project, and what a
//! user of the program would do next: write the model out, read it again, compile it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::simpler::instances;
use super::value::length;
use super::*;
use crate::mechanism::fault::{FaultKind, FaultSettings, Role, Select};
use crate::model::{Model, Overrides};
use crate::plan::Plan;
use crate::quantity::{Duration, NoFiles};

fn parsed(name: &str, text: &str, overrides: &[&str]) -> Model {
    let mut all = Overrides::new();
    for assignment in overrides {
        all.set(assignment);
    }
    Model::parse(name, text, &all).unwrap_or_else(|found| panic!("{found}")).model
}

fn model(name: &str) -> Model {
    let text = fs::read_to_string(format!("models/{name}.toml")).unwrap();
    parsed(name, &text, &[])
}

/// Every model of the project that runs for 70 s or longer: shorter ones have no room for faults.
static MODELS: LazyLock<BTreeMap<String, Model>> = LazyLock::new(|| {
    let entries = fs::read_dir(Path::new("models")).unwrap().map(|entry| entry.unwrap().path());
    let models = entries.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let named = models.map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name.clone(), model(&name))
    });
    let long: BTreeMap<String, Model> =
        named.filter(|(_, model)| model.run.duration >= Duration::from_secs(70)).collect();
    assert!(long.len() >= 30, "{} models", long.len());
    long
});

/// The space of every model.
static SPACES: LazyLock<Vec<FaultSpace>> = LazyLock::new(|| {
    let space = |(name, model): (&String, &Model)| {
        FaultSpace::of(model, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    MODELS.iter().map(space).collect()
});

/// Asserts that the model with these faults is one, as a user would find out.
fn check_taken(schedule: &Schedule, model: &Model) {
    let changed = schedule.apply(model);
    let text = changed.effective_toml();
    let again = Model::parse("m.toml", &text, &Overrides::new());
    let again =
        again.unwrap_or_else(|found| panic!("{}:\n{found}\n{}", model.name, schedule.to_toml())).model;
    assert_eq!(again, changed, "{}", schedule.to_toml());
    let plan = Plan::compile(&again, &NoFiles).unwrap_or_else(|found| panic!("{}: {found:?}", model.name));
    assert_eq!(plan.changes.len(), changed.faults.len());
}

/// Asserts that all faults lie where the limits want them.
fn check_within(schedule: &Schedule, space: &FaultSpace) {
    assert!(!schedule.is_empty() && schedule.len() <= space.most_faults, "{schedule}");
    assert!(schedule.end().is_some_and(|end| end <= space.latest()), "{schedule}");
    for (name, fault) in schedule.faults() {
        assert!(schedule.begin(name).is_some_and(|begin| begin >= space.earliest()), "{schedule}");
        assert_eq!(fault.role(), Role::Trigger);
        assert!(name.starts_with(fault.kind().map_or("none", FaultKind::name)), "{name}");
    }
}

/// What becomes less from one schedule to a simpler one, the first of them that changes at all.
fn complexity(schedule: &Schedule, model: &Model) -> (usize, u32, u64, Vec<u64>) {
    let plain = |fault: &FaultSettings| {
        let jitter = fault.latency.as_ref().is_some_and(|latency| !latency.jitter.is_zero());
        usize::from(fault.after.is_some()) + usize::from(fault.ramp.is_some()) + usize::from(jitter)
    };
    let hit = |fault: &FaultSettings| match fault.instances() {
        Some((service, Select::Zone(zone))) => {
            let service = &model.services[service];
            let is_here = |ordinal: &u32| service.zones[*ordinal as usize % service.zones.len()] == *zone;
            (0..service.instances).filter(is_here).count() as u32
        }
        Some((service, select)) => select.most_of(model.services[service].instances),
        None => match (instances(fault, model), &fault.cache_flush) {
            (Some((_, count)), Some(flush)) => flush.select.most_of(count),
            _ => 0,
        },
    };
    let faults = || schedule.faults().iter().map(|(_, fault)| fault);
    let lengths = faults().filter_map(length).map(Duration::as_ns).sum();
    let numbers = faults().filter_map(super::dial::strength).map(f64::to_bits).collect();
    (faults().map(plain).sum(), faults().map(hit).sum(), lengths, numbers)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_model_takes_whatever_is_drawn_varied_and_made_simpler(
        which in any::<prop::sample::Index>(),
        (seed, index) in (any::<u64>(), any::<u64>()),
        is_swarm: bool,
        mutations in 0_u64..4,
        steps in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let space = which.get(&SPACES);
        let style = if is_swarm { Style::Swarm } else { Style::Uniform };
        let mut schedule = space.draw(seed, index, style);
        check_within(&schedule, space);
        check_taken(&schedule, &space.model);
        for index in 0..mutations {
            schedule = space.mutate(&schedule, seed, index);
            check_within(&schedule, space);
        }
        check_taken(&schedule, &space.model);
        for step in steps {
            let simpler = schedule.simpler(&space.model);
            let Some(next) = (!simpler.is_empty()).then(|| step.get(&simpler).clone()) else { break };
            prop_assert_ne!(&next, &schedule);
            prop_assert_eq!(next.len(), schedule.len());
            prop_assert!(next.end() <= schedule.end());
            let (before, after) = (complexity(&schedule, &space.model), complexity(&next, &space.model));
            prop_assert!((after.0, after.1, after.2) <= (before.0, before.1, before.2), "{schedule}\n\n{next}");
            schedule = next;
        }
        check_taken(&schedule, &space.model);
    }

    /// Whoever follows a fault that is taken away happens when it would have happened.
    #[test]
    fn to_take_faults_away_moves_no_other(which in any::<prop::sample::Index>(), seed: u64, index: u64, from: usize, count: usize) {
        let space = which.get(&SPACES);
        let whole = space.draw(seed, index, Style::Swarm);
        let from = from % whole.len();
        let until = from + 1 + count % (whole.len() - from);
        let rest = whole.without(from..until);
        prop_assert_eq!(rest.len(), whole.len() - (until - from));
        for (name, fault) in rest.faults() {
            prop_assert_eq!(rest.begin(name), whole.begin(name));
            let before = whole.get(name).unwrap();
            let same_but_for_begin = FaultSettings { at: before.at, after: before.after.clone(), ..fault.clone() };
            prop_assert_eq!(&same_but_for_begin, before);
        }
        if !rest.is_empty() {
            check_taken(&rest, &space.model);
        }
    }

    #[test]
    fn numbers_with_two_digits_are_near(number in 1e-6_f64..1e12) {
        let rounded = super::dial::two_digits(number);
        prop_assert!((rounded / number - 1.0).abs() <= 0.0501, "{number} became {rounded}");
        let text = format!("{rounded}");
        let digits = text.trim_start_matches(['0', '.']).replace('.', "");
        prop_assert!(digits.trim_end_matches('0').len() <= 2, "{text}");
    }
}

/// A shrinker that always finds the first simpler schedule just as bad comes to an end, with the simplest of all.
#[test]
fn what_becomes_simpler_comes_to_an_end() {
    for (number, space) in SPACES.iter().enumerate() {
        let mut schedule = space.draw(7, number as u64, Style::Swarm);
        let mut steps = 0;
        while let Some(next) = schedule.simpler(&space.model).into_iter().next() {
            schedule = next;
            steps += 1;
            assert!(steps < 1000, "{}: still at\n{schedule}", space.model.name);
        }
        for (_, fault) in schedule.faults() {
            assert!(fault.after.is_none() && fault.ramp.is_none(), "{schedule}");
        }
    }
}

#[test]
fn the_same_number_gives_the_same_schedule_and_another_one_another() {
    let space = FaultSpace::of(&model("three-tier"), &Limits::default()).unwrap();
    for style in [Style::Uniform, Style::Swarm] {
        let drawn = |seed| (0..200).map(|index| space.draw(seed, index, style)).collect::<Vec<_>>();
        let (one, other) = (drawn(1), drawn(2));
        assert_eq!(one, drawn(1));
        assert!(one.iter().zip(&other).all(|(one, other)| one != other));
        let texts: BTreeSet<String> = one.iter().map(Schedule::to_toml).collect();
        assert_eq!(texts.len(), 200);
        let varied: BTreeSet<String> =
            (0..200).map(|index| space.mutate(&one[0], 1, index).to_toml()).collect();
        assert!(varied.len() > 150 && !varied.contains(&one[0].to_toml()), "{}", varied.len());
    }
}

/// Every kind of fault can hit something in some model, and is drawn about as often as any other.
#[test]
fn all_kinds_are_drawn() {
    let kinds: BTreeSet<&str> =
        SPACES.iter().flat_map(FaultSpace::kinds).map(|(kind, count)| (kind, assert!(count > 0)).0).collect();
    assert_eq!(kinds, BTreeSet::from(FaultKind::NAMES));
    let space =
        FaultSpace::of(&model("three-tier"), &Limits { most_faults: 1, ..Limits::default() }).unwrap();
    let kinds = space.kinds();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let draws = 10_000;
    for index in 0..draws {
        let schedule = space.draw(1, index, Style::Uniform);
        *counts.entry(schedule.faults()[0].1.kind().unwrap().name()).or_default() += 1;
    }
    let mean = draws as f64 / kinds.len() as f64;
    for (kind, _) in &kinds {
        let count = f64::from(counts[kind]);
        // Binomial; five standard deviations.
        assert!((count - mean).abs() < 5.0 * mean.sqrt(), "{kind} was drawn {count} times, not about {mean}");
    }
}

#[test]
fn what_a_fault_is_called_and_how_it_is_written() {
    let space = FaultSpace::of(&model("three-tier"), &Limits::default()).unwrap();
    let schedule = space.draw(1, 1, Style::Swarm);
    insta::assert_snapshot!(format!("{schedule}\n\n{}", schedule.to_toml()), @r#"
    blackhole_gateway_1: at 72.5s, for 3.1s: nothing gets into or out of one instance of `gateway`
    crash_gateway_1: at 72.5s, for 3.4s: one instance of `gateway` is down
    load_spike_users_cut_1: at 72.5s, for 30s: `users` has 0.55 times its load
    partition_gateway_catalogue_1: at 72.5s, for 40s: nothing between `gateway` and `catalogue` comes through

    [faults.blackhole_gateway_1]
    at = "72.5s"
    duration = "3.1s"
    blackhole = { service = "gateway", select = { fixed = 1 } }

    [faults.crash_gateway_1]
    at = "72.5s"
    duration = "3.4s"
    crash = { service = "gateway", select = { fixed = 1 } }

    [faults.load_spike_users_cut_1]
    at = "72.5s"
    duration = "30s"
    load_spike = { workload = "users", factor = 0.55 }

    [faults.partition_gateway_catalogue_1]
    at = "72.5s"
    duration = "40s"
    partition = { between = ["gateway", "catalogue"], direction = "both", mode = "drop", share = "100%" }
    "#);
}

#[test]
fn limits_are_kept() {
    let only = Limits {
        earliest: Some(Duration::from_secs(100)),
        quiet: Some(Duration::from_secs(200)),
        longest: Some(Duration::from_secs(5)),
        most_faults: 2,
        only: vec!["pause".to_owned(), "crash".to_owned()],
        never: vec!["crash".to_owned()],
    };
    let space = FaultSpace::of(&model("three-tier"), &only).unwrap();
    assert_eq!(space.kinds(), [("pause", 5)]);
    assert_eq!((space.earliest(), space.latest()), (Duration::from_secs(100), Duration::from_secs(160)));
    for index in 0..200 {
        let schedule = space.draw(3, index, Style::Swarm);
        check_within(&schedule, &space);
        assert!(schedule.faults().iter().all(|(_, fault)| length(fault) <= Some(Duration::from_secs(5))));
    }
    let said = |limits: Limits| FaultSpace::of(&model("three-tier"), &limits).unwrap_err().to_string();
    insta::assert_snapshot!(said(Limits { only: vec!["puase".to_owned()], ..Limits::default() }), @"no kind of fault is called `puase`: did you mean `pause`?");
    insta::assert_snapshot!(said(Limits { only: vec!["lock_held".to_owned()], ..Limits::default() }), @"none of the kinds of faults that are allowed can hit anything in this model: allow more of them");
    insta::assert_snapshot!(said(Limits { most_faults: 0, ..Limits::default() }), @"schedules of at most 0 faults have none: write at least 1");
    insta::assert_snapshot!(said(Limits { quiet: Some(Duration::from_secs(345)), ..Limits::default() }), @"a run of 6min has no room for faults: 10s come before the first one, 345s after the last one, and they need 10s in between; write `run.duration` of 365s or longer");
}

/// The message about a run that is too short says how long it must be, and so long is enough.
#[test]
fn a_run_that_is_too_short_is_told_how_long_it_must_be() {
    let text = fs::read_to_string("models/three-tier.toml").unwrap();
    let short = parsed("m", &text, &["run.duration=\"50s\"", "faults.brownout.at=\"20s\""]);
    let Err(NoSpace::TooShort { before, least, quiet, .. }) = FaultSpace::of(&short, &Limits::default())
    else {
        panic!("it has room")
    };
    let duration = before + least + quiet;
    let long = parsed("m", &text, &[&format!("run.duration=\"{duration}\""), "faults.brownout.at=\"20s\""]);
    FaultSpace::of(&long, &Limits::default()).unwrap();
}
