//! From runs to a judgement.

use std::collections::BTreeMap;

use super::*;
use crate::analysis::{Evidence, MissingRun, judge};
use crate::mechanism::fault::{FaultSettings, LoadSpike, Role};
use crate::observe::{
    FaultOccurrence, Gauge, GuardSeries, Run, ServiceRow, ServiceSeries, ServiceTotals, WorkloadRow,
    WorkloadSeries, WorkloadTotals,
};
use crate::quantity::Factor;

/// A run of one second per row: offered 100, and good as given; `backlog` attempts inside each of two services.
pub(super) fn run(good: &[u64], backlog: u64, faults: Vec<FaultOccurrence>) -> Run {
    let row = |&good: &u64| WorkloadRow {
        offered: 100,
        good,
        extra_offered: 7,
        extra_good: 3,
        ..WorkloadRow::default()
    };
    let inside = Gauge { integral: u128::from(backlog) * 1_000_000_000, max: backlog, last: backlog };
    let service = |name: &str| ServiceSeries {
        name: name.to_owned(),
        threads: Some(4),
        rows: vec![ServiceRow { inside, ..ServiceRow::default() }; good.len()],
        totals: ServiceTotals::default(),
    };
    Run {
        operations: Vec::new(),
        guards: GuardSeries::default(),
        caches: Vec::new(),
        memories: Vec::new(),
        locks: Vec::new(),
        registers: Vec::new(),
        tenants: Vec::new(),
        seed: 1,
        duration: secs(good.len() as u64),
        warmup: Duration::ZERO,
        interval: secs(1),
        workloads: vec![WorkloadSeries {
            name: "users".to_owned(),
            rows: good.iter().map(row).collect(),
            totals: WorkloadTotals::default(),
        }],
        edges: Vec::new(),
        services: vec![service("api"), service("db")],
        faults,
        events: 0,
        digest: [0; 32],
    }
}

fn fault(name: &str, role: Role, begin: u64, end: Option<u64>) -> FaultOccurrence {
    FaultOccurrence {
        name: name.to_owned(),
        kind: "load_spike",
        role,
        at: at(begin),
        end: end.map(at),
        target: "users".to_owned(),
        instances: Vec::new(),
    }
}

fn spike(factor: f64) -> BTreeMap<String, FaultSettings> {
    let factor = Factor::new(factor).expect("a factor");
    let settings = FaultSettings {
        at: Some(Duration::ZERO),
        load_spike: Some(LoadSpike { workload: "users".to_owned(), factor }),
        ..FaultSettings::default()
    };
    BTreeMap::from([("spike".to_owned(), settings)])
}

fn course_of(actual: &Run, twin: &Run, faults: &BTreeMap<String, FaultSettings>) -> Course {
    Course::new(&Evidence { faults, run: actual, twin: Some(twin), single_attempt_twin: None })
        .expect("the twin is there")
}

#[test]
fn the_trigger_lasts_from_the_first_begin_to_the_last_end() {
    let twin = run(&[100; 300], 0, Vec::new());
    let trigger = |faults: Vec<FaultOccurrence>| {
        course_of(&run(&[100; 300], 0, faults), &twin, &BTreeMap::new()).trigger
    };
    let (early, late) = (fault("a", Role::Trigger, 50, Some(90)), fault("b", Role::Trigger, 60, Some(70)));
    let background = fault("c", Role::Background, 10, None);
    let both = Trigger { begin: at(50), end: Some(at(90)) };
    assert_eq!(trigger(vec![early.clone(), late, background.clone()]), Some(both));
    assert_eq!(trigger(vec![background]), None);
    let endless = fault("d", Role::Trigger, 60, None);
    assert_eq!(trigger(vec![early, endless]), Some(Trigger { begin: at(50), end: None }));
}

#[test]
fn extra_requests_are_left_out() {
    let course =
        course_of(&run(&[90; 300], 0, Vec::new()), &run(&[100; 300], 0, Vec::new()), &BTreeMap::new());
    assert_eq!(course.workloads[0].good, vec![90; 300]);
    assert_eq!(course.workloads[0].twin.offered, vec![100; 300]);
}

#[test]
fn the_backlog_is_what_is_inside_all_services() {
    let course =
        course_of(&run(&[100; 30], 8, Vec::new()), &run(&[100; 30], 0, Vec::new()), &BTreeMap::new());
    assert_eq!(course.backlog, backlog(&[(30, 16)]));
}

#[test]
fn only_a_trigger_that_takes_load_away_is_a_load_cut() {
    let twin = run(&[100; 300], 0, Vec::new());
    let cuts = |factor, role| {
        let actual = run(&[100; 300], 0, vec![fault("spike", role, 50, Some(60))]);
        course_of(&actual, &twin, &spike(factor)).workloads[0].load_cuts.len()
    };
    assert_eq!(cuts(0.5, Role::Trigger), 1);
    assert_eq!(cuts(3.0, Role::Trigger), 0);
    assert_eq!(cuts(0.5, Role::Background), 0);
}

#[test]
fn a_run_is_judged_in_rounds_that_ask_for_what_is_missing() {
    let good: Vec<u64> = (0..400).map(|second| if second < 60 { 100 } else { 0 }).collect();
    let actual = run(&good, 30, vec![fault("spike", Role::Trigger, 60, Some(70))]);
    let (healthy, sick) = (run(&[100; 400], 0, Vec::new()), run(&[10; 400], 0, Vec::new()));
    let settings = JudgeSettings::default();
    let faults = spike(3.0);
    let evidence = Evidence { faults: &faults, run: &actual, twin: None, single_attempt_twin: None };
    assert_eq!(judge(&settings, &evidence), Err(MissingRun::Twin));
    let with_twin = Evidence { twin: Some(&healthy), ..evidence };
    assert_eq!(judge(&settings, &with_twin).map(|judgement| judgement.verdict), Ok(Verdict::Metastable));
    let with_sick_twin = Evidence { twin: Some(&sick), ..evidence };
    assert_eq!(judge(&settings, &with_sick_twin), Err(MissingRun::SingleAttemptTwin));
    let with_all = Evidence { single_attempt_twin: Some(&healthy), ..with_sick_twin };
    assert_eq!(judge(&settings, &with_all).map(|judgement| judgement.verdict.name()), Ok("unstable"));
}
