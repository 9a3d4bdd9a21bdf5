//! Goal: a search finds where a known probability crosses a level, as surely as it says, and says so where it does not. Method: coins instead of runs.

use proptest::prelude::*;

use super::{BATCH, Counted, Next, Outcome, Probe, Question, Search, Side};
use crate::analysis::{Observation, clopper_pearson};
use crate::kernel::num;
use crate::model::{Along, Metric, Scale, VerdictName};
use crate::quantity::Share;

fn question(range: &str) -> Question {
    Question {
        along: Along::parse(&format!("x={range}")).unwrap(),
        scale: Scale::Linear,
        counted: Counted::Verdict(VerdictName::Metastable),
        level: share("50%"),
        tolerance: share("2%"),
        seeds_max: 60,
    }
}

fn share(text: &str) -> Share {
    text.parse().unwrap()
}

/// A run that is metastable with this probability; the same seed and value give the same one.
fn run(seed: u64, value: f64, probability: f64) -> Observation {
    let mut z =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ value.to_bits().wrapping_mul(0xd129_0b26_88cc_2f6b);
    for _ in 0..2 {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^= z >> 27;
    }
    let is_metastable = ((z >> 11) as f64 / (1_u64 << 53) as f64) < probability;
    Observation {
        seed,
        verdict: if is_metastable { VerdictName::Metastable } else { VerdictName::Recovered },
        reason: None,
        values: [None; Metric::ALL.len()],
        observed_s: None,
        digest: [0; 32],
    }
}

fn searched(question: Question, world: u64, probability: impl Fn(f64) -> f64) -> (Search, Outcome) {
    let mut search = Search::new(question);
    loop {
        match search.next() {
            Next::Run { value, from, until } => {
                assert!(from < until && until - from <= BATCH);
                let seeds = (from..until).map(|seed| seed + 1_000_000 * world);
                search.observe(value, seeds.map(|seed| run(seed, value, probability(value))).collect());
            }
            Next::Done(outcome) => return (search, outcome),
        }
    }
}

/// From 0 to 1 around `at`, over about four times `width`.
fn logistic(value: f64, at: f64, width: f64) -> f64 {
    1.0 / (1.0 + num::exp((at - value) / width))
}

fn bracket(search: &Search, outcome: Outcome) -> (f64, f64) {
    let Outcome::Crossing { below, above } = outcome else { panic!("{outcome:?}") };
    (search.probes()[below].value, search.probes()[above].value)
}

#[test]
fn a_step_is_found_to_the_tolerance() {
    for at in [101.0, 137.5, 150.0, 198.0] {
        let (search, outcome) = searched(question("100/s..200/s"), 1, |value| f64::from(value > at));
        let (below, above) = bracket(&search, outcome);
        assert!(below <= at && at < above && above - below <= 0.02 * above, "{at}: {below} to {above}");
        assert!(search.probes().iter().all(|probe| probe.seed_count() == BATCH), "one batch is enough");
        assert!(search.rises() && search.inversion().is_none());
    }
}

#[test]
fn a_falling_share_is_found_as_well() {
    let (search, outcome) = searched(question("1..64"), 1, |value| f64::from(value <= 10.0));
    assert_eq!(bracket(&search, outcome), (11.0, 10.0));
    assert!(!search.rises());
}

#[test]
fn a_smooth_transition_has_two_edges_and_an_open_middle() {
    let (search, outcome) = searched(question("100/s..200/s"), 1, |value| logistic(value, 150.0, 3.0));
    let (below, above) = bracket(&search, outcome);
    assert!((135.0..150.0).contains(&below) && (150.1..165.0).contains(&above), "{below} to {above}");
    assert!(!search.open_between().is_empty());
    assert!(search.open_between().iter().all(|&value| below < value && value < above));
}

#[test]
fn without_a_crossing_it_says_on_which_side_all_is() {
    assert_eq!(searched(question("1..9"), 1, |_| 0.0).1, Outcome::SameSide(Side::Below));
    assert_eq!(searched(question("1..9"), 1, |_| 1.0).1, Outcome::SameSide(Side::Above));
    let (search, outcome) = searched(question("1..9"), 1, |value| if value > 1.0 { 0.5 } else { 0.0 });
    assert_eq!(outcome, Outcome::OpenEnd(1));
    assert_eq!(search.probes()[1].seed_count(), 60);
}

#[test]
fn a_share_that_rises_and_falls_again_is_noticed() {
    // Few at 150, nobody below 110, and everybody between.
    let course = |value: f64| match value {
        ..110.0 => 0.0,
        ..140.0 => 1.0,
        ..160.0 => 0.17,
        _ => 1.0,
    };
    let question = Question { level: share("30%"), seeds_max: 36, ..question("100/s..200/s") };
    let (search, outcome) = searched(question, 1, course);
    let (below, above) = bracket(&search, outcome);
    assert!(below < 110.0 && above < 140.0, "{below} to {above}");
    let (low, high) = search.inversion().expect("it is seen");
    let value = |index: usize| search.probes()[index].value;
    assert!(value(low) < value(high) && value(high) == 150.0, "{} and {}", value(low), value(high));
}

#[test]
fn too_few_seeds_to_prove_anything_are_known_before() {
    let with = |level, seeds_max| {
        Search::new(Question { level: share(level), seeds_max, ..question("100/s..200/s") })
    };
    let fewest = with("50%", 60).seeds_needed().unwrap();
    assert!(fewest <= BATCH, "{fewest}");
    let needed = with("95%", 60).seeds_needed().unwrap();
    assert!(needed > 100, "{needed}");
    let enough = with("95%", needed);
    assert!(clopper_pearson(needed, needed, enough.confidence_each()).0 > 0.95);
    // It would take thousands of millions.
    assert_eq!(with("0.0000001%", 60).seeds_needed(), None);
}

/// Near 0 every gap is wide for its values: the search ends, and says so.
#[test]
fn a_search_that_ends_early_is_told_from_one_that_is_done() {
    let step = |at: f64| move |value: f64| if value > at { 1.0 } else { 0.0 };
    let (search, outcome) = searched(question("0/s..1000/s"), 1, step(0.01));
    assert!(matches!(outcome, Outcome::Crossing { .. }) && search.is_cut_short(), "{outcome:?}");
    let (search, outcome) = searched(question("100/s..200/s"), 1, step(150.0));
    assert!(matches!(outcome, Outcome::Crossing { .. }) && !search.is_cut_short(), "{outcome:?}");
    let (search, _) = searched(question("1..1000"), 1, step(2.5));
    assert!(!search.is_cut_short(), "between 2 and 3 there is no number");
}

#[test]
fn a_gap_without_a_model_is_the_answer() {
    let (all, _) = searched(question("100/s..200/s"), 1, |value| if value > 150.0 { 1.0 } else { 0.0 });
    let mut search = Search::new(question("100/s..200/s"));
    for probe in &all.probes()[..2] {
        for batch in probe.observations.chunks(BATCH as usize) {
            search.observe(probe.value, batch.to_vec());
        }
    }
    let Next::Run { value, .. } = search.next() else { panic!("there is a middle") };
    search.refuse(value);
    let Next::Done(outcome) = search.next() else { panic!("there is no other middle") };
    assert_eq!(bracket(&search, outcome), (100.0, 200.0));
    assert!(!search.is_cut_short());
}

#[test]
fn as_many_values_as_were_reckoned_with_are_probed_at_most() {
    for (range, scale) in
        [("100/s..200/s", Scale::Linear), ("1/s..1000/s", Scale::Log), ("0/s..5/s", Scale::Linear)]
    {
        for width in [0.001, 0.1, 1.0] {
            let question = Question { scale, ..question(range) };
            let (search, _) =
                searched(question, 3, |value| logistic(value, 120.0_f64.min(search_end(range)), width));
            assert!(search.probes().len() as u64 <= search.probes_max(), "{range} with {width}");
        }
    }
}

fn search_end(range: &str) -> f64 {
    let (low, high) = question(range).along.ends();
    f64::midpoint(low, high)
}

/// The answer is right, and all intervals are, in 95 of 100 cases or more: nearly always, as what is shared among many is seldom used up.
#[test]
fn everything_holds_together_as_often_as_it_says() {
    const WORLDS: u64 = 1000;
    for (at, width) in [(150.0, 2.0), (131.7, 8.0)] {
        let question = Question { tolerance: share("5%"), seeds_max: 36, ..question("100/s..200/s") };
        let is_right = |world: &u64| {
            let (search, outcome) = searched(question.clone(), *world, |value| logistic(value, at, width));
            let (below, above) = bracket(&search, outcome);
            let covers = |probe: &Probe| {
                let truth = logistic(probe.value, at, width);
                probe.interval.0 <= truth && truth <= probe.interval.1
            };
            below < at && at < above && search.probes().iter().all(covers)
        };
        let right = (0..WORLDS).filter(is_right).count() as u64;
        assert!(clopper_pearson(right, WORLDS, 0.999).1 >= 0.95, "{right} of {WORLDS}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_values_of_the_answer_are_proven(at in 90.0f64..210.0, width in 0.01f64..20.0, world in 0u64..1000, is_log: bool) {
        let scale = if is_log { Scale::Log } else { Scale::Linear };
        let question = Question { scale, tolerance: share("3%"), ..question("100/s..200/s") };
        let (search, outcome) = searched(question, world, |value| logistic(value, at, width));
        if let Outcome::Crossing { below, above } = outcome {
            prop_assert_eq!(search.probes()[below].side, Side::Below);
            prop_assert_eq!(search.probes()[above].side, Side::Above);
            let edges = [search.probes()[below].value, search.probes()[above].value];
            let inside = search.probes().iter().filter(|probe| edges[0] < probe.value && probe.value < edges[1]);
            prop_assert!(inside.clone().all(|probe| probe.side == Side::Open));
            prop_assert_eq!(inside.count(), search.open_between().len());
        }
        let mut values: Vec<f64> = search.probes().iter().map(|probe| probe.value).collect();
        values.sort_by(f64::total_cmp);
        prop_assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "no value is probed twice: {:?}", values);
    }
}
