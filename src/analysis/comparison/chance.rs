//! Goal: chance alone rarely makes a winner. Method: a thousand comparisons of variants between which there is no difference, with a fixed seed; how often one is called the best is
//! itself judged by an exact interval.

use super::*;
use crate::analysis::statistics::clopper_pearson;
use crate::analysis::statistics::coverage::{REPETITIONS, Uniform};

const SEEDS: u64 = 20;

/// A run of a variant that survives with this probability; goodput and cost vary by themselves.
fn run(seed: u64, survives: f64, uniform: &mut Uniform) -> Observation {
    let is_good = uniform.next() <= survives;
    let mut values = [None; Metric::ALL.len()];
    values[Metric::Goodput.index()] = Some(100.0 + uniform.normal());
    values[Metric::Attempts.index()] = Some(2.0 + 0.1 * uniform.normal());
    Observation {
        seed,
        verdict: if is_good { VerdictName::Recovered } else { VerdictName::Metastable },
        reason: None,
        values,
        observed_s: Some(100.0),
        digest: [0; 32],
    }
}

/// In how many comparisons of so many variants that are all the same one is the best alone.
fn winners(variants: usize, survives: f64) -> u64 {
    let mut uniform = Uniform(17);
    let names: Vec<String> = (0..variants).map(|variant| variant.to_string()).collect();
    let mut is_decided = |_| {
        let observed =
            (0..variants).map(|_| (0..SEEDS).map(|seed| run(seed, survives, &mut uniform)).collect());
        let compared = Comparison::new(names.clone(), 0, observed.collect());
        u64::from(compared.answer().ties.is_empty())
    };
    (0..REPETITIONS).map(&mut is_decided).sum()
}

/// With 95 % for each of the three levels it would be about 10 % of two variants that always survive.
#[test]
fn chance_makes_a_winner_in_no_more_than_5_of_100_cases() {
    for (variants, survives) in [(2, 1.0), (2, 0.7), (3, 1.0)] {
        let winners = winners(variants, survives);
        let (low, _) = clopper_pearson(winners, REPETITIONS, 0.999);
        assert!(
            low <= 0.05,
            "{winners} of {REPETITIONS} with {variants} variants that survive with {survives}"
        );
    }
}
