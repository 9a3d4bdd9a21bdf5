//! Goal: what is in force follows from the faults in force alone; selections are prefixes of one another; mistakes are named.

use proptest::prelude::*;

use super::*;
use crate::kernel::random::{SiteKey, hash64};
use crate::mechanism::{Class, Problem, Problems};
use crate::quantity::{Distribution, Duration, Factor, Share};

fn site(seed: u64) -> SiteKey {
    SiteKey::new(seed, hash64("faults.db_slow"))
}

fn effects() -> impl Strategy<Value = Effect> {
    prop_oneof![
        (0.1_f64..20.0).prop_map(Effect::Degrade),
        (0.1_f64..20.0).prop_map(Effect::DegradeIo),
        (0.1_f64..20.0).prop_map(Effect::Allocate),
        (0_u64..1 << 40).prop_map(Effect::StressMemory),
        (0_u64..1000).prop_map(|ns| Effect::DelayIo(Duration::from_ns(ns))),
        Just(Effect::Pause),
        Just(Effect::Crash),
        (0_u32..3).prop_map(Effect::Parameters),
        (0_u32..=100).prop_map(|percent| Effect::InjectErrors {
            share: Share::percent(percent),
            class: Class::ServerError
        }),
    ]
}

proptest! {
    #[test]
    fn effects_un_stack_in_any_order(script in prop::collection::vec((0_u32..6, prop::option::of(effects())), 0..40)) {
        let mut effects = Effects::new();
        let mut in_force = std::collections::BTreeMap::new();
        for (fault, effect) in script {
            if let Some(effect) = effect {
                effects.begin(fault, effect);
                in_force.insert(fault, effect);
            } else {
                prop_assert_eq!(effects.end(fault), in_force.remove(&fault).is_some());
            }
            let mut afresh = Effects::new();
            for (&fault, &effect) in &in_force {
                afresh.begin(fault, effect);
            }
            prop_assert_eq!(&effects, &afresh);
            let (mut product, mut io_product, mut io_delay) = (1.0, 1.0, Duration::ZERO);
            let (mut allocated, mut stress) = (1.0, 0);
            let mut injections = Vec::new();
            let mut set = None;
            for (&fault, effect) in &in_force {
                match effect {
                    Effect::Degrade(factor) => product *= factor,
                    Effect::DegradeIo(factor) => io_product *= factor,
                    Effect::Allocate(factor) => allocated *= factor,
                    Effect::StressMemory(bytes) => stress += bytes,
                    Effect::DelayIo(delay) => io_delay = io_delay + *delay,
                    Effect::InjectErrors { share, class } => injections.push((fault, *share, *class)),
                    Effect::Parameters(number) => set = Some(*number),
                    Effect::Pause | Effect::Crash => {}
                }
            }
            prop_assert_eq!(effects.work_factor().to_bits(), f64::to_bits(product));
            prop_assert_eq!(effects.io_factor().to_bits(), f64::to_bits(io_product));
            prop_assert_eq!(effects.allocation_factor().to_bits(), f64::to_bits(allocated));
            prop_assert_eq!(effects.memory_stress(), stress);
            prop_assert_eq!(effects.io_delay(), io_delay);
            prop_assert_eq!(effects.parameters(), set);
            prop_assert_eq!(effects.paused(), in_force.values().any(|effect| *effect == Effect::Pause));
            prop_assert_eq!(effects.crashed(), in_force.values().any(|effect| *effect == Effect::Crash));
            prop_assert_eq!(effects.error_injections().collect::<Vec<_>>(), injections);
        }
    }

    #[test]
    fn a_larger_selection_contains_the_smaller(seed: u64, occurrence: u64, count in 1_u32..40) {
        let mut smaller: Vec<u32> = Vec::new();
        for wanted in 1..=count + 1 {
            let selected = select_instances(&Select::Fixed(wanted), &[], site(seed), occurrence, count);
            prop_assert_eq!(selected.len(), wanted.min(count) as usize);
            prop_assert!(selected.is_sorted() && selected.iter().all(|&ordinal| ordinal < count));
            prop_assert!(smaller.iter().all(|ordinal| selected.contains(ordinal)));
            smaller = selected;
        }
        prop_assert_eq!(smaller, select_instances(&Select::All, &[], site(seed), occurrence, count));
    }
}

#[test]
fn every_instance_is_selected_about_equally_often() {
    let mut counts = [0_u32; 5];
    for occurrence in 0..10_000 {
        for ordinal in select_instances(&Select::Fixed(2), &[], site(1), occurrence, 5) {
            counts[ordinal as usize] += 1;
        }
    }
    // Binomial(10 000, 2/5) has a standard deviation of 49; five of them.
    for count in counts {
        assert!(count.abs_diff(4000) < 245, "an instance was hit {count} times in 10 000");
    }
}

fn nothing() -> FaultSettings {
    FaultSettings {
        at: Some(Duration::from_secs(60)),
        duration: Some(Distribution::Constant(Duration::from_secs(10))),
        ..FaultSettings::default()
    }
}

fn factor(value: f64) -> Factor {
    Factor::new(value).expect("a factor")
}

fn degrade(value: f64, select: Select) -> FaultSettings {
    let degrade =
        Degrade { service: "db".to_owned(), factor: factor(value), resource: Resource::Cpu, select };
    FaultSettings { degrade: Some(degrade), ..nothing() }
}

fn pause() -> FaultSettings {
    let pause = Pause { service: "db".to_owned(), select: Select::All };
    FaultSettings { pause: Some(pause), ..nothing() }
}

fn load_spike(value: f64) -> FaultSettings {
    let load_spike = LoadSpike { workload: "shoppers".to_owned(), factor: factor(value) };
    FaultSettings { load_spike: Some(load_spike), ..nothing() }
}

fn error_injection(class: Class) -> FaultSettings {
    let (service, share, select) = ("db".to_owned(), Share::percent(10), Select::All);
    FaultSettings { error_injection: Some(ErrorInjection { service, share, class, select }), ..nothing() }
}

fn problems_of(settings: &FaultSettings) -> Vec<Problem> {
    let mut problems = Problems::new();
    problems.at("faults.it", |problems| settings.check(problems));
    problems.into_found()
}

/// One error is found, at this path below the fault, and its message contains this.
fn check_error(settings: &FaultSettings, path: &str, part: &str) {
    let found = problems_of(settings);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, format!("faults.it{path}"));
    assert!(found[0].is_error && found[0].help.is_some() && found[0].message.contains(part), "{found:?}");
}

#[test]
fn sound_settings_have_no_problems() {
    let sound = [
        degrade(10.0, Select::All),
        FaultSettings { duration: None, ..pause() },
        load_spike(3.0),
        load_spike(0.0),
        error_injection(Class::Overloaded),
    ];
    for settings in sound {
        assert_eq!(problems_of(&settings), [], "{}", name_of(&settings));
    }
}

#[test]
fn mistakes_are_named() {
    check_error(&nothing(), "", "does not say");
    check_error(
        &FaultSettings { pause: pause().pause, ..degrade(2.0, Select::All) },
        "",
        "`degrade`, `pause`",
    );
    check_error(
        &FaultSettings { duration: Some(Distribution::Constant(Duration::ZERO)), ..load_spike(2.0) },
        ".duration",
        "no time",
    );
    check_error(&degrade(0.0, Select::All), ".degrade.factor", "0 times");
    check_error(&degrade(2.0, Select::Fixed(0)), ".degrade.select", "0 instances");
    check_error(&load_spike(1.0), ".load_spike.factor", "changes nothing");
    for class in [Class::Ok, Class::Cancelled, Class::AttemptTimeout] {
        check_error(&error_injection(class), ".error_injection.class", &format!("`{class}`"));
    }
}

fn name_of(settings: &FaultSettings) -> &'static str {
    settings.kind().map_or("none", FaultKind::name)
}

#[test]
fn a_fault_knows_what_it_is_and_whom_it_hits() {
    let settings = degrade(2.0, Select::Fixed(3));
    assert_eq!(name_of(&settings), "degrade");
    assert_eq!(settings.instances(), Some(("db", &Select::Fixed(3))));
    let settings = load_spike(2.0);
    assert_eq!((name_of(&settings), settings.instances()), ("load_spike", None));
    assert_eq!(name_of(&nothing()), "none");
}

#[test]
fn what_repeats_belongs_to_the_world_unless_it_is_said_otherwise() {
    let every = Some(Distribution::Exponential { mean: Duration::from_secs(600) });
    let repeated = FaultSettings { every, ..pause() };
    assert_eq!((pause().role(), repeated.role()), (Role::Trigger, Role::Background));
    assert_eq!(FaultSettings { role: Some(Role::Trigger), ..repeated }.role(), Role::Trigger);
}
